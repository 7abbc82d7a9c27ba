//! Experiment files: what a file may say and what it means, from TOML to validated runs.
//!
//! [`Experiment::load`] reads a file and checks every rule; the error names file, line and column. An [`Experiment`]
//! holds a question, claims and [`Run`]s. A run has no default left open, and nothing downstream checks it again.
//!
//! The crate also holds the tables of names: data sets, kinds of network, baselines, tasks, figures and [`subject`]s.
//! Each name is one entry of one table, and the crate that carries it out has one file for it.
//!
//! ```
//! use spec::Experiment;
//!
//! let text = r#"
//! question = "Is a network better than PCA?"
//! claims = ["test.autoencoder.mse_per_pixel < test.pca.mse_per_pixel"]
//! dataset.name = "glyphs"
//! model = { hidden = [64], code = 8 }
//! training = { epochs = 5, batch_size = 100, adam.learning_rate = 0.001 }
//! "#;
//! let experiment = Experiment::parse("first.toml".as_ref(), text.to_owned(), &[])?;
//! assert_eq!(experiment.runs[0].label(), "dense-64-8");
//! assert_eq!(experiment.runs[0].model.network.diagram(), "784-64-8-64-784");
//! # Ok::<(), spec::Error>(())
//! ```

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
pub use load::Reader;
pub use needs::Need;
pub use network::Network;
pub use overrides::Override;
pub use shape::{SIMILARITY_WINDOW, Shape};
pub use stages::{Stage, Trains};
pub use suggestion::nearest;
pub use training::*;
