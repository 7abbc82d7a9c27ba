//! The training runner: batches, the loop, optimisers, greedy pretraining and the record of a run.

pub mod batches;
mod checkpoint;
pub mod engine;
mod environment;
mod error;
mod fit;
mod initialisation;
pub mod optimiser;
pub mod program;
mod progress;
mod run;
mod stages;

pub use checkpoint::Checkpoint;
pub use error::Error;
pub use run::{Options, train};
