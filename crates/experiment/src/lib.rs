//! The contract of Hourglass: what an experiment file may say, and what a run leaves on disk.

pub mod catalogue;
mod claim;
mod error;
pub mod record;
pub mod spec;
pub mod streams;
mod suggestion;

pub use claim::Claim;
pub use error::Error;
pub use spec::{Experiment, Run};
