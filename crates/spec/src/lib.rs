//! What an experiment file may say, and what it means: from TOML to validated runs.

pub mod catalogue;
mod claim;
mod error;
mod experiment;
mod load;
pub mod measures;
pub mod network;
mod resolved;
mod rules;
mod shape;
mod source;
mod stages;
pub mod subject;
mod suggestion;
mod wire;

pub use claim::{Check, Claim, Metric, Place};
pub use error::Error;
pub use experiment::*;
pub use network::{Form, Network};
pub use shape::Shape;
pub use source::Override;
pub use stages::{Stage, Trains};
