//! Learned tensors of any shape, as trait objects: dfdx's own visitors are compiled anew for every network. The order is
//! that of the layers, with the weight before the bias.

use dfdx::prelude::*;

use crate::layer::Affine;

/// Object-safe trait of learned tensors.
pub trait Learned {
    /// Shape of the tensor.
    fn dimensions(&self) -> Vec<usize>;

    /// Values of the tensor, row by row.
    fn values(&self) -> Vec<f32>;

    /// Replaces the values of the tensor.
    ///
    /// # Panics
    /// When the number of values differs.
    fn set_values(&mut self, values: &[f32]);

    /// Gradient of the tensor, row by row; zeros if no operation used the tensor.
    fn gradient<'g>(&self, gradients: &'g mut Gradients<f32, Cpu>) -> &'g [f32];
}

impl<S: Shape> Learned for Tensor<S, f32, Cpu> {
    fn dimensions(&self) -> Vec<usize> {
        self.shape().concrete().into_iter().collect()
    }

    fn values(&self) -> Vec<f32> {
        self.as_vec()
    }

    fn set_values(&mut self, values: &[f32]) {
        self.copy_from(values);
    }

    /// The only error of a CPU tensor is a failed allocation. Rust's own collections abort on it as well.
    #[expect(clippy::panic, reason = "out of memory")]
    fn gradient<'g>(&self, gradients: &'g mut Gradients<f32, Cpu>) -> &'g [f32] {
        match gradients.get_or_alloc_mut(self) {
            Ok(gradient) => gradient,
            Err(error) => panic!("{error}"),
        }
    }
}

/// Values of all layers in one list: the weight, then the bias, of each.
pub(crate) fn read(layers: &[&dyn Affine]) -> Vec<f32> {
    layers.iter().flat_map(|layer| layer.tensors()).flat_map(Learned::values).collect()
}

/// Replaces the values of all layers.
///
/// # Panics
/// When the number of values differs from the number of parameters.
pub(crate) fn write<'l>(layers: impl Iterator<Item = &'l mut dyn Affine>, mut values: &[f32]) {
    for tensor in layers.flat_map(|layer| layer.tensors_mut()) {
        let (own, rest) = values.split_at(tensor.dimensions().iter().product());
        tensor.set_values(own);
        values = rest;
    }
    assert!(values.is_empty(), "as many values as parameters");
}

/// Copies the gradients of all layers to `values`.
///
/// # Panics
/// When the length of `values` is not the number of parameters.
pub(crate) fn gradient(layers: &[&dyn Affine], gradients: &mut Gradients<f32, Cpu>, mut values: &mut [f32]) {
    for tensor in layers.iter().flat_map(|layer| layer.tensors()) {
        let gradient = tensor.gradient(gradients);
        let (own, rest) = values.split_at_mut(gradient.len());
        own.copy_from_slice(gradient);
        values = rest;
    }
    assert!(values.is_empty(), "as many values as parameters");
}
