//! A dense network laid flat: all that is needed to run and train it without its types.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

use spec::catalogue::Activation;

use crate::arithmetic::{elu, gelu, leaky_relu, relu, sigmoid, tanh, vectorised};
use crate::layer::Affine;
use crate::layout::Layout;
use crate::matrix::Matrix;

/// Adds a bias to rows of sums and applies an activation.
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

/// The arithmetic of a dense network: layer `i` computes `activations[i](x W^T + b)` from rows `x`, with `W` and `b`
/// where `layout.layers[i]` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Widths, and where the parameters live.
    pub layout: Layout,
    /// One per layer.
    pub activations: Vec<Activation>,
    /// Whether the input is added to the sums of the last layer.
    pub is_residual: bool,
}

impl Plan {
    /// Reads off what each layer applies.
    pub(crate) fn new(layout: &Layout, layers: &[&dyn Affine]) -> Self {
        let activations = layers.iter().map(|layer| layer.activation()).collect();
        Self { layout: layout.clone(), activations, is_residual: false }
    }

    /// The encoder's layers.
    pub fn encoder(&self) -> Range<usize> {
        0..self.layout.encoder_layers
    }

    /// The decoder's layers.
    pub fn decoder(&self) -> Range<usize> {
        self.layout.encoder_layers..self.layout.layers.len()
    }

    /// Runs rows, `(rows, inputs of the first)`, through some layers, each of which reads the one before, on one thread
    /// and several times as fast as dfdx does.
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

    /// The slope of each unit's activation in one layer, `(rows, outputs)`, when rows run through it from the first.
    pub fn slopes(&self, layer: usize, parameters: &[f32], inputs: &Matrix) -> Matrix {
        let mut sums = self.products(layer, parameters, &self.forward(0..layer, parameters, inputs));
        let bias = &parameters[self.layout.layers[layer].bias()];
        let activation = self.activations[layer];
        each(sums.values_mut(), bias, |sum| slope(activation, sum));
        sums
    }

    /// Products of rows and the weights of a layer, `(rows, outputs)`.
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

/// The slope of an activation at a sum.
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

/// The shape of a recurrent network, whose layout has, on either side of the code, the gates of what is read, the gates of the
/// state and what is written, as [`Gated`](crate::Gated) computes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recurrence {
    /// Where the parameters live.
    pub layout: Layout,
    /// Steps of a row.
    pub steps: usize,
    /// Values of a step.
    pub width: usize,
    /// Units of the state; of gates there are three times as many: reset, update, candidate.
    pub units: usize,
    /// Units of the code.
    pub code: usize,
}

impl Recurrence {
    /// Values of a row: those of all its steps.
    pub fn values(&self) -> usize {
        self.steps * self.width
    }
}
