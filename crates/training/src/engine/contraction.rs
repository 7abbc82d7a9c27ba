//! The contractive penalty (Rifai et al., 2011): the squared Frobenius norm of the encoder's Jacobian, and its gradient.
//!
//! For one layer with slopes `d` of its activation that jump between two values, `|J|² = sum_i d_i² |W_i|²`. For a second, affine layer `V` on it,
//! `J = V diag(d) W`, and `|J|² = sum_ij d_i d_j (V^T V)_ij (W W^T)_ij`. The slopes do not change with the weights but where a
//! unit is at its kink, so that the gradient of the mean over images, with `C` the mean of `d d^T`, is
//! `2 (C * V^T V) W` and `2 V (C * W W^T)`, products of entries written as `*`: exact, at the price of a few products of the
//! hidden layer's width.

use faer::Accum;
use spec::catalogue::Activation;
use zoo::Plan;

use super::kernels;

/// The gradient of the penalty, worked out once a step in buffers that exist from the start.
pub(crate) struct Contraction {
    factor: f32,
    /// The slope of the first layer's activation below 0; above it is 1.
    below: f32,
    /// Units of the first layer.
    hidden: usize,
    /// `(rows, hidden)`: slopes of some images.
    slopes: Vec<f32>,
    /// `(hidden, hidden)`: sum over images of products of slopes; of a code of one layer, only the diagonal counts.
    coactivity: Vec<f32>,
    /// `(hidden, hidden)`: products of weights, turned into what the weights are multiplied with.
    gram: Vec<f32>,
    /// For each layer, the gradient with respect to its weights, `(units, width)`.
    gradients: Vec<Vec<f32>>,
}

impl Contraction {
    /// The penalty of encoders with one or two layers, the second without a kink, times `factor`; `None` without a factor.
    /// At most `rows` images are looked at together.
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

    /// Forgets the images before.
    pub(crate) fn begin(&mut self) {
        self.coactivity.fill(0.0);
    }

    /// Looks at what the first layer made of some images: `(rows, hidden)`.
    pub(crate) fn look(&mut self, outputs: &[f32], rows: usize) {
        let slopes = &mut self.slopes[..rows * self.hidden];
        if self.below != 1.0 {
            let below = self.below;
            slopes.iter_mut().zip(outputs).for_each(|(slope, output)| *slope = if *output > 0.0 { 1.0 } else { below });
        }
        kernels::outer_product(&mut self.coactivity, slopes, 0, slopes, rows, Accum::Add);
    }

    /// Works out the gradient from so many images, all that were looked at.
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
                // V^T V for W, then W W^T for V.
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

    /// Adds the penalty's gradient with respect to neighbouring weights of a layer, the first of which stands at `start`
    /// among them.
    pub(crate) fn add(&self, layer: usize, start: usize, gradient: &mut [f32]) {
        if let Some(own) = self.gradients.get(layer) {
            gradient.iter_mut().zip(&own[start..]).for_each(|(sum, part)| *sum += part);
        }
    }
}
