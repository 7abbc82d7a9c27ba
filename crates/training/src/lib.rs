//! Trains Hourglass models: batches, engines, optimisers, checkpoints and the record of a run
