//! Data sets in files of MNIST's format (IDX): finding, checking and reading them.

pub mod files;
pub mod find;
pub(crate) mod format;
pub mod published;

/// Side of the images in pixels.
pub(crate) const SIDE: usize = 28;

/// Number of pixels of an image.
pub(crate) const PIXELS: usize = SIDE * SIDE;

/// Number of classes, labelled from 0.
pub(crate) const CLASSES: usize = 10;
