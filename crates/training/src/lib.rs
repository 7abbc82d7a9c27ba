//! The training runner: batches, the loop, optimisers, greedy pretraining and the record of a run.

mod batches;
mod checkpoint;
mod environment;
mod error;
mod fit;
mod optimiser;
mod progress;
mod run;
mod stages;

pub use error::Error;
pub use run::{Options, train};
