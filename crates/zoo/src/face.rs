//! The one dynamic face: anything that encodes images and decodes codes.

use experiment::catalogue::Loss;

use crate::layout::Layout;
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

/// A network whose parameters can be read, changed and differentiated. They form one flat list of f32, in the order of
/// [`layout`](Self::layout).
pub trait Trainable: Autoencoder {
    /// Names, shapes and places of the parameters.
    fn layout(&self) -> &Layout;

    /// Name of what is applied to the decoder's last sums: `sigmoid` or `identity`.
    fn output_activation(&self) -> &'static str;

    /// The small autoencoders this one can be pretrained as, bottom first, every parameter 0; empty where there is nothing
    /// to stack. Each reads and writes the codes of the one below, and its two layers are one of the encoder's and its
    /// mirror image in the decoder.
    fn stages(&self) -> Vec<Box<dyn Trainable>>;

    /// Every parameter.
    fn parameters(&self) -> Vec<f32>;

    /// Replaces every parameter.
    ///
    /// # Panics
    /// When their number differs.
    fn set_parameters(&mut self, parameters: &[f32]);

    /// Mean loss of reconstructing `targets` from `inputs`, both `(images, pixels)`, and its gradient with respect to
    /// every parameter, by dfdx's reverse-mode differentiation. This is the reference for every other way of computing it.
    ///
    /// # Panics
    /// When `gradient` does not have one place per parameter.
    fn gradient(&self, inputs: &Matrix, targets: &Matrix, loss: Loss, gradient: &mut [f32]) -> f64;
}
