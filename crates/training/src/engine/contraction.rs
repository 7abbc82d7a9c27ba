//! The contractive penalty (Rifai et al., 2011): the squared Frobenius norm of the encoder's Jacobian, and its gradient.
//!
//! For one layer with piecewise constant slopes `d`, `|J|² = sum_i d_i² |W_i|²`. For a second, affine layer `V` on top, `J
//! = V diag(d) W`, and `|J|² = sum_ij d_i d_j (V^T V)_ij (W W^T)_ij`.
//!
//! The slopes change with the weights only where a unit is at its kink. Let `C` be the mean of `d d^T` over the batch, and
//! `*` the product of entries. The gradient of the mean penalty is then exactly `2 (C * V^T V) W` and `2 V (C * W W^T)`. It
//! costs a few products of the hidden layer's width.

use faer::Accum;
use spec::catalogue::Activation;
use zoo::Plan;

use super::kernels;

/// Buffers and result of the penalty's gradient, which is computed once a step.
pub(crate) struct Contraction {
    factor: f32,
    /// Slope of the first layer's activation below 0; the slope above 0 is 1.
    below: f32,
    /// Number of units of the first layer.
    hidden: usize,
    /// Slopes of a block of rows, `(rows, hidden)`.
    slopes: Vec<f32>,
    /// Products of slopes, summed over rows, `(hidden, hidden)`. For an encoder of one layer, only the diagonal is used.
    coactivity: Vec<f32>,
    /// Products of weights, `(hidden, hidden)`, which become the factors of the weights.
    gram: Vec<f32>,
    /// Gradient with respect to the weights of each layer, `(units, width)`.
    gradients: Vec<Vec<f32>>,
}

impl Contraction {
    /// The penalty of an encoder with one layer, or with two of which the second is affine, times `factor`. `None` if the
    /// factor is 0. `rows` is the greatest number of rows in a block.
    pub(crate) fn new(plan: &Plan, factor: f32, rows: usize) -> Option<Self> {
        if factor == 0.0 {
            return None;
        }
        let encoder = &plan.layout.layers[plan.encoder()];
        let hidden = encoder[0].outputs;
        Some(Self {
            factor,
            below: match plan.activations[0] {
                Activation::Relu => 0.0,
                Activation::LeakyRelu => 0.01,
                _ => 1.0,
            },
            hidden,
            slopes: vec![1.0; rows * hidden],
            coactivity: vec![0.0; hidden * hidden],
            gram: vec![0.0; hidden * hidden],
            gradients: encoder.iter().map(|layer| vec![0.0; layer.weight().len()]).collect(),
        })
    }

    /// Starts a new step: sets the sums over rows to 0.
    pub(crate) fn begin(&mut self) {
        self.coactivity.fill(0.0);
    }

    /// Adds a block of rows. `outputs` are those of the first layer, `(rows, hidden)`.
    pub(crate) fn look(&mut self, outputs: &[f32], rows: usize) {
        let slopes = &mut self.slopes[..rows * self.hidden];
        if self.below != 1.0 {
            let below = self.below;
            slopes.iter_mut().zip(outputs).for_each(|(slope, output)| *slope = if *output > 0.0 { 1.0 } else { below });
        }
        kernels::outer_product(&mut self.coactivity, slopes, 0, slopes, rows, Accum::Add);
    }

    /// Computes the gradient of the mean penalty. `images` is the number of rows that were added.
    pub(crate) fn finish(&mut self, plan: &Plan, parameters: &[f32], images: usize) {
        let Self { hidden, coactivity, gram, gradients, .. } = self;
        let scale = 2.0 * self.factor / images as f32;
        let weights = |layer: usize| &parameters[plan.layout.layers[layer].weight()];
        match &mut gradients[..] {
            [only] => {
                let width = only.len() / *hidden;
                let rows = only.chunks_exact_mut(width).zip(weights(0).chunks_exact(width));
                for ((gradient, weights), active) in rows.zip(coactivity.iter().step_by(*hidden + 1)) {
                    gradient.iter_mut().zip(weights).for_each(|(gradient, weight)| *gradient = scale * active * weight);
                }
            }
            [first, second] => {
                let code = second.len() / *hidden;
                let scaled = |gram: &mut [f32]| {
                    gram.iter_mut().zip(&*coactivity).for_each(|(gram, both)| *gram *= scale * both);
                };
                // First V^T V, for the gradient of W; then W W^T, for that of V.
                kernels::outer_product(gram, weights(1), 0, weights(1), code, Accum::Replace);
                scaled(gram);
                kernels::product(first, gram, weights(0), *hidden);
                kernels::product_transposed(gram, weights(0), weights(0), *hidden);
                scaled(gram);
                kernels::product(second, weights(1), gram, code);
            }
            _ => {}
        }
    }

    /// Adds the penalty's gradient to `gradient`, which holds consecutive weights of a layer from index `start` on.
    pub(crate) fn add(&self, layer: usize, start: usize, gradient: &mut [f32]) {
        if let Some(own) = self.gradients.get(layer) {
            gradient.iter_mut().zip(&own[start..]).for_each(|(sum, part)| *sum += part);
        }
    }
}
