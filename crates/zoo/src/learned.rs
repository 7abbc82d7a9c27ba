//! The learned tensors of a network, whatever their shapes, in the order of its layers: weight, then bias, of each. As
//! objects, because dfdx's own visitors are compiled anew for every network.

use dfdx::prelude::*;

use crate::layer::Affine;

/// A learned tensor.
pub trait Learned {
    /// Its shape.
    fn dimensions(&self) -> Vec<usize>;

    /// Its values, row by row.
    fn values(&self) -> Vec<f32>;

    /// Replaces its values.
    ///
    /// # Panics
    /// When their number differs.
    fn set_values(&mut self, values: &[f32]);

    /// Its gradient: 0 at first.
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

    /// The one error of a CPU tensor is a failed allocation, on which Rust's own collections abort as well.
    #[expect(clippy::panic, reason = "out of memory")]
    fn gradient<'g>(&self, gradients: &'g mut Gradients<f32, Cpu>) -> &'g [f32] {
        match gradients.get_or_alloc_mut(self) {
            Ok(gradient) => gradient,
            Err(error) => panic!("{error}"),
        }
    }
}

/// The values of all layers: weight, then bias, of each.
pub(crate) fn read(layers: &[&dyn Affine]) -> Vec<f32> {
    layers.iter().flat_map(|layer| layer.tensors()).flat_map(Learned::values).collect()
}

/// Replaces the values of all layers.
///
/// # Panics
/// When their number differs.
pub(crate) fn write<'l>(layers: impl Iterator<Item = &'l mut dyn Affine>, mut values: &[f32]) {
    for tensor in layers.flat_map(|layer| layer.tensors_mut()) {
        let (own, rest) = values.split_at(tensor.dimensions().iter().product());
        tensor.set_values(own);
        values = rest;
    }
    assert!(values.is_empty(), "as many values as parameters");
}

/// Copies the gradients of all layers.
///
/// # Panics
/// When `values` does not have one place per parameter.
pub(crate) fn gradient(layers: &[&dyn Affine], gradients: &mut Gradients<f32, Cpu>, mut values: &mut [f32]) {
    for tensor in layers.iter().flat_map(|layer| layer.tensors()) {
        let gradient = tensor.gradient(gradients);
        let (own, rest) = values.split_at_mut(gradient.len());
        own.copy_from_slice(gradient);
        values = rest;
    }
    assert!(values.is_empty(), "as many values as parameters");
}
