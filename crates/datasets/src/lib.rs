//! The rows of Hourglass: where they come from, their splits and their corruption.
//!
//! [`load`] is the way in: it turns the data set of a run into three disjoint [`Splits`] in memory.

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
