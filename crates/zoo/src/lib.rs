//! Compile-time-shaped dfdx autoencoders, and the catalogue that names them.

mod face;
mod matrix;

pub use face::Autoencoder;
pub use matrix::Matrix;
