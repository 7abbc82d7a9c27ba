//! What an experiment file may say, and what it means: from TOML to validated runs.

mod baselines;
pub mod catalogue;
mod claim;
pub mod datasets;
mod error;
mod experiment;
pub mod figures;
mod kind;
mod load;
pub mod measures;
mod names;
mod needs;
pub mod network;
mod overrides;
pub mod own;
pub mod raw;
mod resolved;
mod rules;
mod shape;
mod source;
mod stages;
pub mod subject;
mod suggestion;
mod tasks;
mod training;
mod wire;

pub use claim::{Check, Claim, Metric, Place};
pub use error::Error;
pub use experiment::*;
pub use kind::Form;
pub use needs::Need;
pub use network::Network;
pub use overrides::Override;
pub use shape::Shape;
pub use stages::{Stage, Trains};
pub use training::*;
