//! The images of Hourglass: procedural digits and letters, MNIST-format files, their splits and their corruption.
//!
//! [`load`] is the way in: it turns the data set of a run into three disjoint [`Splits`] in memory.

mod binarise;
mod corruption;
mod error;
pub mod files;
pub mod find;
pub mod glyphs;
mod idx;
mod images;
pub mod published;
mod splits;
pub mod surface;

pub use binarise::draw_pixels;
pub use corruption::corrupt;
pub use error::Error;
pub use files::{Prepared, Sources, prepare};
pub use idx::Fault;
pub use images::Images;
pub use splits::{Splits, load, test_factors};
