//! The contract of Hourglass: what an experiment file may say, and what a run leaves on disk.

pub mod catalogue;
mod claim;
mod error;
mod load;
mod lower;
pub mod measures;
pub mod record;
mod resolved;
pub mod seal;
mod source;
pub mod spec;
pub mod storage;
pub mod streams;
mod suggestion;
mod wire;

pub use claim::{Check, Claim, Metric, Place};
pub use error::Error;
pub use load::read_run;
pub use source::Override;
pub use spec::{Experiment, Run};
