//! The one dynamic face: anything that encodes images and decodes codes.

use crate::matrix::Matrix;

/// Something that maps images to codes and back. Trained networks and PCA both implement it, so that every metric and
/// plot treats them alike.
pub trait Autoencoder: Send + Sync {
    /// Units of the code.
    fn code_size(&self) -> usize;

    /// Learned numbers.
    fn parameter_count(&self) -> usize;

    /// `(images, pixels)`, pixels in [0, 1], to `(images, code_size)`.
    fn encode(&self, images: &Matrix) -> Matrix;

    /// `(images, code_size)` to `(images, pixels)`.
    fn decode(&self, codes: &Matrix) -> Matrix;

    /// Encodes and decodes: `(images, pixels)` to the same shape.
    fn reconstruct(&self, images: &Matrix) -> Matrix {
        self.decode(&self.encode(images))
    }
}
