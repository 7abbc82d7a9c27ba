//! Data sets in files of MNIST's format (IDX): found, checked, read.

pub mod files;
pub mod find;
pub(crate) mod format;
pub mod published;

/// Pixels on each side of their images.
pub(crate) const SIDE: usize = 28;

/// Pixels of each.
pub(crate) const PIXELS: usize = SIDE * SIDE;

/// Classes, labelled 0 to 9.
pub(crate) const CLASSES: usize = 10;
