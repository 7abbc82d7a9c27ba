//! The one dynamic face: anything that encodes images and decodes codes.

use experiment::catalogue::Loss;

use crate::layout::Layout;
use crate::matrix::Matrix;
use crate::plan::Plan;

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

    /// Widths, activations and places of the parameters, read off the types, if the network is a chain of dense layers.
    fn plan(&self) -> Option<Plan>;

    /// The mean loss per value of a step, each image's weighted, and the gradient of the whole objective with respect to
    /// every parameter, by dfdx's reverse-mode differentiation. This is the reference for every other way of computing
    /// it. The penalty of the code is part of what is differentiated and not of the value returned.
    ///
    /// # Panics
    /// When `gradient` does not have one place per parameter.
    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> f64;
}

/// What a network is trained to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective {
    /// Held between outputs and targets, averaged over images and pixels.
    pub loss: Loss,
    /// Factor of the mean over the images of `sum |code|`, which is added to the loss.
    pub code_l1: f32,
}

/// What one step learns from.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// `(images, pixels)`.
    pub inputs: &'a Matrix,
    /// `(images, pixels)`: what is to be made of the inputs.
    pub targets: &'a Matrix,
    /// `(images,)`: factor of each image's loss; 1 without.
    pub weights: Option<&'a [f32]>,
    /// Dropout: what the output of each layer is multiplied with, `(images, width)`, if anything; empty without dropout,
    /// else one entry for each layer.
    pub masks: &'a [Option<Matrix>],
}
