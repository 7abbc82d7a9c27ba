//! The networks that experiments ask for, as dfdx types with compile-time shapes. `build.rs` makes a type of each network
//! on two lists: `.networks.txt`, which `cargo xtask` writes, and `standard.txt`, for tests and benchmarks (feature
//! `standard`).
//!
//! A program that trains or runs networks passes [`NETWORKS`] to the functions that need it:
//!
//! ```
//! use networks::NETWORKS;
//! use spec::Experiment;
//!
//! let text = r#"
//!     question = "?"
//!     dataset.name = "glyphs"
//!     model.architecture = "plain"
//!     model.code = 32
//!     training.epochs = 1
//!     training.batch_size = 8
//!     training.adam.learning_rate = 0.01
//! "#;
//! let model = Experiment::parse("example.toml".as_ref(), text.to_owned(), &[]).unwrap().runs.remove(0).model;
//! match NETWORKS.build(&model) {
//!     Ok(network) => assert_eq!(network.code_size(), 32),
//!     Err(error) => assert!(error.to_string().contains("built without the network")),
//! }
//! ```

use zoo::Networks;

include!(concat!(env!("OUT_DIR"), "/networks.rs"));

/// Builder of a network of each type on the lists.
pub const NETWORKS: Networks = Networks::new(build);
