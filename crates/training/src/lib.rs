//! Training: turns one [`spec::Run`] into recorded weights.
//!
//! - [`train`] trains a run and writes its record: the resolved spec, `environment.json`, `epochs.csv`, checkpoints and the
//!   model file. The evaluation adds its files later.
//! - A run has stages, such as the layers of a pretraining, the network, and a classifier. Each stage is a loop over epochs
//!   and batches.
//! - [`batches`] turns rows into inputs and targets, [`engine`] computes losses and gradients, and [`optimiser`] changes
//!   parameters.
//! - [`Checkpoint`] is the file from which an interrupted training continues, with the same result bit for bit.
//! - [`program`] is the program `hourglass-train`.
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//!
//! use networks::NETWORKS;
//! use spec::Experiment;
//! use training::Options;
//!
//! let text = r#"
//!     name = "example"
//!     question = "Does the loss fall?"
//!     dataset = { name = "glyphs", train = 60, validation = 20, test = 10 }
//!     model = { architecture = "plain", code = 2 }
//!     training = { epochs = 2, batch_size = 20, adam.learning_rate = 0.01 }
//! "#;
//! let run = Experiment::parse("example.toml".as_ref(), text.to_owned(), &[]).unwrap().runs.remove(0);
//! let out = tempfile::tempdir().unwrap();
//! let options = Options {
//!     out: out.path(),
//!     sources: Default::default(),
//!     command: "example".to_owned(),
//!     workspace: None,
//!     resume: false,
//!     tensorboard: None,
//!     quiet: true,
//!     stop: &AtomicBool::new(false),
//! };
//! let record = training::train(&run, NETWORKS, &options).unwrap();
//! assert!(record.model().exists());
//! ```

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
