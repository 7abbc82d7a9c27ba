//! Losses of outputs, classes and log odds, and their gradients.

use spec::catalogue::{Activation, Loss};
use zoo::arithmetic::{exp, gelu, leaky_relu, ln_1p, relu, sigmoid};

use super::activations::{above, elu_slope, tanh_slope};
use super::{LANES, vectorised};

/// The loss of a network's outputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Criterion {
    pub(crate) activation: Activation,
    pub(crate) loss: Loss,
    /// Factor that turns the sum of a batch's losses into their mean.
    pub(crate) share: f32,
}

/// Turns the last layer's sums, `(rows, values)`, into the gradient of the mean loss with respect to them, and adds it up
/// over rows into `bias_gradient`.
///
/// Writes each row's loss to `losses`, and returns their sum weighted by row. With cross-entropy the activation must be a
/// sigmoid.
pub(crate) fn output_loss(
    values: &mut [f32],
    bias: &[f32],
    targets: &[f32],
    weights: &[f32],
    criterion: Criterion,
    bias_gradient: &mut [f32],
    losses: &mut [f32],
) -> f64 {
    let Criterion { activation, loss, share } = criterion;
    bias_gradient.fill(0.0);
    let mut rows = Rows { values, bias, targets, weights, share, bias_gradient, losses };
    vectorised(
        #[inline(always)]
        || match (loss, activation) {
            (Loss::Bce, _) => rows.each(cross_entropy),
            (Loss::Mse, Activation::Sigmoid) => rows.each(|sum, target| {
                let output = sigmoid(sum);
                let error = output - target;
                (error * error, 2.0 * error * output * (1.0 - output))
            }),
            (Loss::Mse, Activation::Identity) => rows.each(squared_error),
            (Loss::Mse, Activation::Relu) => rows.each(|sum, target| {
                let (loss, slope) = squared_error(relu(sum), target);
                (loss, if sum > 0.0 { slope } else { 0.0 })
            }),
            (Loss::Mse, Activation::LeakyRelu) => {
                rows.each(|sum, target| of_output((leaky_relu(sum), above(sum, 0.01)), target))
            }
            (Loss::Mse, Activation::Elu) => rows.each(|sum, target| of_output(elu_slope(sum), target)),
            (Loss::Mse, Activation::Gelu) => rows.each(|sum, target| of_output(gelu(sum), target)),
            (Loss::Mse, Activation::Tanh) => rows.each(|sum, target| of_output(tanh_slope(sum), target)),
        },
    )
}

/// Turns the last layer's sums, `(rows, classes)`, into the gradient of the mean softmax cross-entropy with respect to
/// them.
///
/// Adds that gradient up over rows into the first of `gradients`, the bias gradient, and writes each row's loss, in nats,
/// to the second. Returns the sum of the losses weighted by row. `share` is 1 divided by the number of rows of the batch.
pub(crate) fn class_loss(
    values: &mut [f32],
    bias: &[f32],
    labels: &[usize],
    weights: &[f32],
    share: f32,
    (bias_gradient, losses): (&mut [f32], &mut [f32]),
) -> f64 {
    bias_gradient.fill(0.0);
    let mut total = 0.0;
    let rows = values.chunks_exact_mut(bias.len()).zip(labels).zip(weights);
    for (((values, &class), weight), row_loss) in rows.zip(losses) {
        values.iter_mut().zip(bias).for_each(|(sum, bias)| *sum += bias);
        // The largest sum is subtracted, so that nothing overflows. NaN stays NaN.
        let most = values.iter().fold(f32::NEG_INFINITY, |most, sum| most.max(*sum));
        let logit = values[class] - most;
        values.iter_mut().for_each(|sum| *sum = exp(*sum - most));
        let sum: f32 = values.iter().sum();
        *row_loss = (f64::from(sum).ln() - f64::from(logit)) as f32;
        let scale = share * weight;
        for (index, (value, gradient)) in values.iter_mut().zip(&mut *bias_gradient).enumerate() {
            *value = (*value / sum - if index == class { 1.0 } else { 0.0 }) * scale;
            *gradient += *value;
        }
        total += f64::from(*row_loss) * f64::from(*weight);
    }
    total
}

struct Rows<'a> {
    values: &'a mut [f32],
    bias: &'a [f32],
    targets: &'a [f32],
    weights: &'a [f32],
    share: f32,
    bias_gradient: &'a mut [f32],
    losses: &'a mut [f32],
}

impl Rows<'_> {
    /// Replaces each sum by its gradient. `criterion` maps sum and target to loss and slope. Returns the weighted sum of
    /// losses.
    #[inline(always)]
    fn each(&mut self, criterion: impl Fn(f32, f32) -> (f32, f32)) -> f64 {
        let width = self.bias.len();
        let rows = self.values.chunks_exact_mut(width).zip(self.targets.chunks_exact(width)).zip(self.weights);
        let mut total = 0.0;
        for (((values, targets), weight), row_loss) in rows.zip(&mut *self.losses) {
            let scale = self.share * weight;
            let mut losses = [0.0; LANES];
            let (values, values_left) = values.as_chunks_mut::<LANES>();
            let (biases, biases_left) = self.bias.as_chunks::<LANES>();
            let (targets, targets_left) = targets.as_chunks::<LANES>();
            let (sums, sums_left) = self.bias_gradient.as_chunks_mut::<LANES>();
            for (((values, biases), targets), sums) in values.iter_mut().zip(biases).zip(targets).zip(sums) {
                for lane in 0..LANES {
                    let (loss, slope) = criterion(values[lane] + biases[lane], targets[lane]);
                    losses[lane] += loss;
                    values[lane] = slope * scale;
                    sums[lane] += values[lane];
                }
            }
            let left = values_left.iter_mut().zip(biases_left).zip(targets_left).zip(sums_left).zip(&mut losses);
            for ((((value, bias), target), sum), losses) in left {
                let (loss, slope) = criterion(*value + bias, *target);
                *losses += loss;
                *value = slope * scale;
                *sum += *value;
            }
            let loss: f32 = losses.iter().sum();
            *row_loss = loss;
            total += f64::from(loss) * f64::from(*weight);
        }
        total
    }
}

/// Turns a discriminator's log odds that each row is a sample of the prior into the gradient of `factor` times the sum of
/// cross-entropies. Returns that sum, and the number of rows that are classified correctly.
pub(crate) fn odds_loss(odds: &mut [f32], are_draws: bool, factor: f32) -> (f64, usize) {
    let (mut total, mut right) = (0.0, 0);
    for odds in odds {
        let (loss, slope) = cross_entropy(*odds, if are_draws { 1.0 } else { 0.0 });
        total += f64::from(loss);
        right += usize::from((*odds > 0.0) == are_draws);
        *odds = slope * factor;
    }
    (total, right)
}

#[inline(always)]
fn squared_error(output: f32, target: f32) -> (f32, f32) {
    let error = output - target;
    (error * error, 2.0 * error)
}

/// Squared error of an output, and its slope. The arguments are the output with the slope of its activation, and the
/// target.
#[inline(always)]
fn of_output((output, slope): (f32, f32), target: f32) -> (f32, f32) {
    let (loss, of_loss) = squared_error(output, target);
    (loss, of_loss * slope)
}

/// Binary cross-entropy of a sigmoid's sum, `max(sum, 0) - sum target + ln(1 + exp(-|sum|))`, and its slope.
#[inline(always)]
fn cross_entropy(sum: f32, target: f32) -> (f32, f32) {
    let small = exp(-sum.abs());
    let output = if sum < 0.0 { small } else { 1.0 } / (1.0 + small);
    (relu(sum) - sum * target + ln_1p(small), output - target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sigmoid_and_cross_entropy_stay_finite_and_keep_nan() {
        for sum in [-1e30, -1000.0, -88.0, 0.0, 88.0, 1000.0, 1e30] {
            assert!((0.0..=1.0).contains(&sigmoid(sum)), "{sum}");
            let (loss, slope) = cross_entropy(sum, 0.5);
            assert!(loss.is_finite() && slope.abs() <= 0.5, "{sum}: {loss} {slope}");
        }
        assert!(sigmoid(f32::NAN).is_nan() && cross_entropy(f32::NAN, 0.5).0.is_nan() && relu(f32::NAN).is_nan());
    }

    #[test]
    fn the_gradient_of_softmax_cross_entropy_is_probability_minus_target() {
        // Odds 1 : 2 : 5, plus a shift, which softmax ignores.
        for shift in [0.0, -3.0, 80.0, -1000.0] {
            let mut values = [shift, shift, shift];
            let bias = [0.0, 2.0, 5.0].map(|odds: f32| odds.max(1.0).ln());
            let (mut bias_gradient, mut losses) = ([f32::NAN; 3], [0.0]);
            let total = class_loss(&mut values, &bias, &[1], &[0.5], 0.1, (&mut bias_gradient, &mut losses));
            assert!((losses[0] - 4.0_f32.ln()).abs() < 1e-4 && (total - 0.5 * f64::from(losses[0])).abs() < 1e-9);
            for (value, expected) in values.iter().zip([0.125, 0.25 - 1.0, 0.625]) {
                assert!((value - 0.05 * expected).abs() < 1e-5, "{shift}: {values:?}");
            }
            assert_eq!(bias_gradient, values);
        }
        let mut losses = [0.0];
        class_loss(&mut [1.0, f32::NAN], &[0.0; 2], &[0], &[1.0], 1.0, (&mut [0.0; 2], &mut losses));
        assert!(losses[0].is_nan());
    }

    #[test]
    fn every_instruction_set_gives_the_same_bits() {
        let sums: Vec<f32> = (0..2 * 53).map(|index| (index as f32 * 0.37).sin() * 9.0).collect();
        let targets: Vec<f32> = (0..2 * 53).map(|index| (index % 7) as f32 / 6.0).collect();
        let bias: Vec<f32> = (0..53).map(|index| index as f32 * 0.01).collect();
        for (loss, activation) in [(Loss::Bce, Activation::Sigmoid), (Loss::Mse, Activation::Sigmoid)] {
            let criterion = Criterion { activation, loss, share: 0.25 };
            let (mut values, mut sums_of_rows) = (sums.clone(), vec![0.0; 53]);
            let (weights, mut losses) = ([1.0, 0.5], [0.0; 2]);
            let total = output_loss(&mut values, &bias, &targets, &weights, criterion, &mut sums_of_rows, &mut losses);
            assert_eq!(total, f64::from(losses[0]) + 0.5 * f64::from(losses[1]));
            let mut scalar = Rows {
                values: &mut sums.clone(),
                bias: &bias,
                targets: &targets,
                weights: &weights,
                share: 0.25,
                bias_gradient: &mut [0.0; 53],
                losses: &mut [0.0; 2],
            };
            let expected = match loss {
                Loss::Bce => scalar.each(cross_entropy),
                Loss::Mse => scalar.each(|sum, target| {
                    let output = sigmoid(sum);
                    let error = output - target;
                    (error * error, 2.0 * error * output * (1.0 - output))
                }),
            };
            assert_eq!((total, &values[..], &sums_of_rows[..]), (expected, &*scalar.values, &*scalar.bias_gradient));
        }
    }
}
