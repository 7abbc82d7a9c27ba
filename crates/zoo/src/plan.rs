//! [`Plan`] and [`Recurrence`]: the arithmetic of a network without its types, to run and train it.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use spec::catalogue::Activation;

use crate::arithmetic::{elu, gelu, leaky_relu, relu, sigmoid, tanh, vectorised};
use crate::layer::Affine;
use crate::layout::Layout;
use crate::matrix::Matrix;

/// Adds a bias, `(outputs,)`, to rows of sums, `(rows, outputs)`, and applies an activation to each.
pub fn apply(activation: Activation, sums: &mut [f32], bias: &[f32]) {
    vectorised(
        #[inline(always)]
        || match activation {
            Activation::Identity => each(sums, bias, |sum| sum),
            Activation::Relu => each(sums, bias, relu),
            Activation::LeakyRelu => each(sums, bias, leaky_relu),
            Activation::Elu => each(sums, bias, elu),
            Activation::Gelu => each(sums, bias, |sum| gelu(sum).0),
            Activation::Tanh => each(sums, bias, tanh),
            Activation::Sigmoid => each(sums, bias, sigmoid),
        },
    );
}

#[inline(always)]
fn each(sums: &mut [f32], bias: &[f32], activation: impl Fn(f32) -> f32) {
    for row in sums.chunks_exact_mut(bias.len()) {
        row.iter_mut().zip(bias).for_each(|(sum, bias)| *sum = activation(*sum + bias));
    }
}

/// Arithmetic of a dense network. Layer `i` computes `activations[i](x W^T + b)` from rows `x`; `layout.layers[i]` gives
/// the places of `W` and `b` in the flat list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Widths of the layers, and places of the parameters.
    pub layout: Layout,
    /// Activation of each layer.
    pub activations: Vec<Activation>,
    /// True if the input is added to the sums of the last layer.
    pub is_residual: bool,
}

impl Plan {
    /// The plan of `layers` with the places of `layout`.
    pub(crate) fn new(layout: &Layout, layers: &[&dyn Affine]) -> Self {
        let activations = layers.iter().map(|layer| layer.activation()).collect();
        Self { layout: layout.clone(), activations, is_residual: false }
    }

    /// Indices of the encoder's layers.
    pub fn encoder(&self) -> Range<usize> {
        0..self.layout.encoder_layers
    }

    /// Indices of the decoder's layers.
    pub fn decoder(&self) -> Range<usize> {
        self.layout.encoder_layers..self.layout.layers.len()
    }

    /// Outputs, `(rows, outputs)`, of consecutive layers for `inputs`, `(rows, inputs of the first layer)`. Runs on one
    /// thread, several times as fast as dfdx.
    pub fn forward(&self, layers: Range<usize>, parameters: &[f32], inputs: &Matrix) -> Matrix {
        let mut values: Option<Matrix> = None;
        for index in layers {
            let mut outputs = self.products(index, parameters, values.as_ref().unwrap_or(inputs));
            let bias = &parameters[self.layout.layers[index].bias()];
            apply(self.activations[index], outputs.values_mut(), bias);
            values = Some(outputs);
        }
        values.unwrap_or_else(|| inputs.clone())
    }

    /// Slopes of the activation of each unit of one layer, `(rows, outputs)`. `inputs` are those of the first layer.
    pub fn slopes(&self, layer: usize, parameters: &[f32], inputs: &Matrix) -> Matrix {
        let mut sums = self.products(layer, parameters, &self.forward(0..layer, parameters, inputs));
        let bias = &parameters[self.layout.layers[layer].bias()];
        let activation = self.activations[layer];
        each(sums.values_mut(), bias, |sum| slope(activation, sum));
        sums
    }

    /// Products of rows and the weights of one layer, without bias, `(rows, outputs)`.
    pub fn products(&self, index: usize, parameters: &[f32], inputs: &Matrix) -> Matrix {
        let (layer, rows) = (&self.layout.layers[index], inputs.rows());
        let mut outputs = Matrix::zeros(rows, layer.outputs);
        matmul(
            MatMut::from_row_major_slice_mut(outputs.values_mut(), rows, layer.outputs),
            Accum::Replace,
            MatRef::from_row_major_slice(inputs.values(), rows, layer.inputs),
            MatRef::from_row_major_slice(&parameters[layer.weight()], layer.outputs, layer.inputs).transpose(),
            1.0,
            Par::Seq,
        );
        outputs
    }
}

/// Slope of an activation at a sum.
fn slope(activation: Activation, sum: f32) -> f32 {
    match activation {
        Activation::Identity => 1.0,
        Activation::Relu => f32::from(sum > 0.0),
        Activation::LeakyRelu if sum > 0.0 => 1.0,
        Activation::LeakyRelu => 0.01,
        Activation::Elu if sum > 0.0 => 1.0,
        Activation::Elu => elu(sum) + 1.0,
        Activation::Gelu => gelu(sum).1,
        Activation::Tanh => 1.0 - tanh(sum).powi(2),
        Activation::Sigmoid => sigmoid(sum) * (1.0 - sigmoid(sum)),
    }
}

/// Shape of a recurrent network, as [`Gated`](crate::Gated) computes it. The layout has three layers on either side of the
/// code: gates of the input, gates of the state, and the output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    /// Places of the parameters.
    pub layout: Layout,
    /// Number of steps of a row.
    pub steps: usize,
    /// Number of values of a step.
    pub width: usize,
    /// Number of units of the state. There are three times as many gates: reset, update, candidate.
    pub units: usize,
    /// Number of units of the code.
    pub code: usize,
}

impl Recurrence {
    /// Number of values of a row: all steps together.
    pub fn values(&self) -> usize {
        self.steps * self.width
    }
}
