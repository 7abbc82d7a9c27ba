//! Data sets of Hourglass: sources of rows, splits and corruption.
//!
//! [`load`] turns the data set of a run into three disjoint [`Splits`] in memory. [`Rows`] holds values of one shape.
//! The program draws [`glyphs`] and some other data sets itself; others come from files in MNIST's format ([`find`],
//! [`files`]) or from a user's own data ([`own`]). [`corrupt`] adds noise to a row.
//!
//! ```
//! use datasets::{Sources, load};
//! use spec::Experiment;
//!
//! let experiment = Experiment::load("../../experiments/plain.toml".as_ref(), &[])?;
//! let run = &experiment.runs[0];
//! let splits = load(&run.dataset, run.seed, Sources::default())?;
//! assert_eq!((splits.train.len(), splits.train.width()), (20_000, 784));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod binarise;
mod corruption;
mod episodes;
mod error;
mod fault;
pub mod own;
mod rows;
mod source;
mod splits;
mod written;

pub use binarise::draw_pixels;
pub use corruption::corrupt;
pub use episodes::{Episode, SensorFault, known_faults, plant};
pub use error::Error;
pub use fault::Fault;
pub use rows::{Rows, Values};
pub use source::idx::files::{self, Prepared, Sources, prepare};
pub use source::idx::{find, published};
pub use source::raw::{Raw, Texts};
pub use source::{glyphs, noise_variance, surface};
pub use splits::{Splits, load, test_factors};
pub use written::write;
