//! What an experiment file may say, and what it means: from TOML to validated runs.

mod baselines;
pub mod catalogue;
mod claim;
mod error;
mod experiment;
pub mod figures;
mod load;
mod lower;
pub mod measures;
mod names;
mod resolved;
mod source;
pub mod subject;
mod suggestion;
mod tasks;
mod wire;

pub use claim::{Check, Claim, Metric, Place};
pub use error::Error;
pub use experiment::*;
pub use source::Override;
