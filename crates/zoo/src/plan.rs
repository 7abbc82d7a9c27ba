//! A dense network laid flat: all that is needed to run and train it without its types.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use crate::arithmetic::{relu, sigmoid, vectorised};
use crate::layout::Layout;
use crate::matrix::Matrix;

/// What a layer applies to its sums.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// Nothing.
    Identity,
    /// `max(0, sum)`.
    Relu,
    /// `1 / (1 + exp(-sum))`.
    Sigmoid,
}

impl Activation {
    /// Adds a bias to rows of sums and applies the activation.
    pub fn apply(self, sums: &mut [f32], bias: &[f32]) {
        vectorised(
            #[inline(always)]
            || match self {
                Self::Identity => each(sums, bias, |sum| sum),
                Self::Relu => each(sums, bias, relu),
                Self::Sigmoid => each(sums, bias, sigmoid),
            },
        );
    }
}

#[inline(always)]
fn each(sums: &mut [f32], bias: &[f32], activation: impl Fn(f32) -> f32) {
    for row in sums.chunks_exact_mut(bias.len()) {
        row.iter_mut().zip(bias).for_each(|(sum, bias)| *sum = activation(*sum + bias));
    }
}

/// The arithmetic of a dense network: layer `i` computes `activations[i](x W^T + b)` from rows `x`, with `W` and `b`
/// where `layout.layers[i]` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Widths, and where the parameters live.
    pub layout: Layout,
    /// One per layer.
    pub activations: Vec<Activation>,
}

impl Plan {
    /// Joins what the types of encoder and decoder say with the activation of the output. `None` where the decoder's
    /// last layer has an activation already: no plan applies two.
    pub(crate) fn new(layout: &Layout, mut activations: Vec<Activation>, output: Activation) -> Option<Self> {
        let last = activations.last_mut()?;
        *last = match (*last, output) {
            (Activation::Identity, output) => output,
            (last, Activation::Identity) => last,
            _ => return None,
        };
        Some(Self { layout: layout.clone(), activations })
    }

    /// The encoder's layers.
    pub fn encoder(&self) -> Range<usize> {
        0..self.layout.encoder_layers
    }

    /// The decoder's layers.
    pub fn decoder(&self) -> Range<usize> {
        self.layout.encoder_layers..self.layout.layers.len()
    }

    /// Runs rows, `(images, inputs of the first)`, through some layers, each of which reads the one before, on one thread
    /// and several times as fast as dfdx does.
    pub fn forward(&self, layers: Range<usize>, parameters: &[f32], inputs: &Matrix) -> Matrix {
        let rows = inputs.rows();
        let mut values: Option<Vec<f32>> = None;
        for index in layers.clone() {
            let layer = &self.layout.layers[index];
            let mut outputs = vec![0.0; rows * layer.outputs];
            let read = values.as_deref().unwrap_or(inputs.values());
            matmul(
                MatMut::from_row_major_slice_mut(&mut outputs, rows, layer.outputs),
                Accum::Replace,
                MatRef::from_row_major_slice(read, rows, layer.inputs),
                MatRef::from_row_major_slice(&parameters[layer.weight()], layer.outputs, layer.inputs).transpose(),
                1.0,
                Par::Seq,
            );
            self.activations[index].apply(&mut outputs, &parameters[layer.bias()]);
            values = Some(outputs);
        }
        let columns = self.layout.layers[layers.end - 1].outputs;
        Matrix::new(rows, columns, values.unwrap_or_else(|| inputs.values().to_vec()))
    }
}
