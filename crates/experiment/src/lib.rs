//! The contract of Hourglass: what an experiment file may say, and what a run leaves on disk.

pub mod catalogue;
mod claim;
mod error;
pub mod interrupt;
mod load;
mod lower;
pub mod measures;
pub mod ranges;
pub mod record;
mod resolved;
pub mod seal;
mod source;
pub mod spec;
pub mod storage;
pub mod streams;
mod suggestion;
pub mod terminal;
mod wire;

pub use claim::{Check, Claim, Metric, Place};
pub use error::Error;
pub use load::read_run;
pub use source::Override;
pub use spec::{Experiment, Run};
