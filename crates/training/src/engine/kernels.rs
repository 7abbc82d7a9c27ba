//! Loops over f32, compiled for several instruction sets and chosen when the program runs, and the matrix products
//! between them.
//!
//! None of them fuses a multiplication with an addition or changes the order of a sum by the width of a vector, so that
//! each gives the same bits with every instruction set.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use spec::catalogue::{Activation, Loss};
use zoo::arithmetic::{elu, exp, gelu, leaky_relu, ln_1p, relu, sigmoid, tanh};

pub(crate) use zoo::arithmetic::vectorised;

/// Partial sums of a long one, whatever the width of a vector.
const LANES: usize = 16;

/// Products with more weights than this are halved, for threads that may be free.
const HALVED: usize = 262_144;

/// Sums of products of rows, without activation: `outputs = inputs W^T`; `inputs` is `(rows, width)`, `weights`
/// `(outputs, width)`, all row-major.
pub(crate) fn product_transposed(outputs: &mut [f32], inputs: &[f32], weights: &[f32], rows: usize) {
    let (width, written) = (inputs.len() / rows, outputs.len() / rows);
    let weights = MatRef::from_row_major_slice(weights, written, width);
    multiply(outputs, Accum::Replace, inputs, weights.transpose(), rows);
}

/// `outputs = inputs W`; `weights` is `(width of inputs, width of outputs)`.
pub(crate) fn product(outputs: &mut [f32], inputs: &[f32], weights: &[f32], rows: usize) {
    let (width, written) = (inputs.len() / rows, outputs.len() / rows);
    multiply(outputs, Accum::Replace, inputs, MatRef::from_row_major_slice(weights, width, written), rows);
}

/// `outputs += inputs W`.
pub(crate) fn add_product(outputs: &mut [f32], inputs: &[f32], weights: &[f32], rows: usize) {
    let (width, written) = (inputs.len() / rows, outputs.len() / rows);
    multiply(outputs, Accum::Add, inputs, MatRef::from_row_major_slice(weights, width, written), rows);
}

fn multiply(outputs: &mut [f32], accum: Accum, inputs: &[f32], weights: MatRef<'_, f32>, rows: usize) {
    let inputs = MatRef::from_row_major_slice(inputs, rows, weights.nrows());
    let outputs = MatMut::from_row_major_slice_mut(outputs, rows, weights.ncols());
    let multiply = |outputs: MatMut<'_, f32>, weights: MatRef<'_, f32>| {
        matmul(outputs, accum, inputs, weights, 1.0, Par::Seq);
    };
    if weights.nrows() * weights.ncols() <= HALVED {
        return multiply(outputs, weights);
    }
    let middle = weights.ncols() / 2;
    let (left, right) = outputs.split_at_col_mut(middle);
    let (left_weights, right_weights) = weights.split_at_col(middle);
    rayon::join(|| multiply(left, left_weights), || multiply(right, right_weights));
}

/// Adds to (or, the first time, sets) `sums`, `(units, width)`: the products of columns `first_unit..` of `deltas` with
/// all of `inputs`, summed over rows.
pub(crate) fn outer_product(
    sums: &mut [f32],
    deltas: &[f32],
    first_unit: usize,
    inputs: &[f32],
    rows: usize,
    accum: Accum,
) {
    let (width, outputs) = (inputs.len() / rows, deltas.len() / rows);
    let units = sums.len() / width;
    matmul(
        MatMut::from_row_major_slice_mut(sums, units, width),
        accum,
        MatRef::from_row_major_slice(deltas, rows, outputs).subcols(first_unit, units).transpose(),
        MatRef::from_row_major_slice(inputs, rows, width),
        1.0,
        Par::Seq,
    );
}

/// Turns a layer's sums into its activations: adds the bias, applies the activation, and multiplies by the dropout mask
/// if there is one. Writes the slopes of the activation where there is a place for them.
pub(crate) fn activate(
    values: &mut [f32],
    bias: &[f32],
    activation: Activation,
    mask: Option<&[f32]>,
    slopes: Option<&mut [f32]>,
) {
    match slopes {
        None => zoo::apply(activation, values, bias),
        Some(slopes) => vectorised(
            #[inline(always)]
            || match activation {
                Activation::Identity => with_slopes(values, bias, slopes, |sum| (sum, 1.0)),
                Activation::Relu => with_slopes(values, bias, slopes, |sum| (relu(sum), above(sum, 0.0))),
                Activation::LeakyRelu => with_slopes(values, bias, slopes, |sum| (leaky_relu(sum), above(sum, 0.01))),
                Activation::Elu => with_slopes(values, bias, slopes, elu_slope),
                Activation::Gelu => with_slopes(values, bias, slopes, gelu),
                Activation::Tanh => with_slopes(values, bias, slopes, tanh_slope),
                Activation::Sigmoid => with_slopes(values, bias, slopes, sigmoid_slope),
            },
        ),
    }
    if let Some(mask) = mask {
        vectorised(
            #[inline(always)]
            || values.iter_mut().zip(mask).for_each(|(value, mask)| *value *= mask),
        );
    }
}

/// True if the gradient of a layer needs the slopes of its activation, which its outputs alone do not tell.
pub(crate) fn needs_slopes(activation: Activation, is_masked: bool) -> bool {
    match activation {
        Activation::Identity | Activation::Relu => false,
        Activation::Sigmoid => is_masked,
        Activation::LeakyRelu | Activation::Elu | Activation::Gelu | Activation::Tanh => true,
    }
}

#[inline(always)]
fn with_slopes(values: &mut [f32], bias: &[f32], slopes: &mut [f32], activation: impl Fn(f32) -> (f32, f32)) {
    for (values, slopes) in values.chunks_exact_mut(bias.len()).zip(slopes.chunks_exact_mut(bias.len())) {
        for ((value, slope), bias) in values.iter_mut().zip(slopes).zip(bias) {
            (*value, *slope) = activation(*value + bias);
        }
    }
}

/// 1 above 0, else the slope below.
#[inline(always)]
fn above(sum: f32, below: f32) -> f32 {
    if sum > 0.0 { 1.0 } else { below }
}

#[inline(always)]
fn elu_slope(sum: f32) -> (f32, f32) {
    let output = elu(sum);
    (output, if sum > 0.0 { 1.0 } else { output + 1.0 })
}

#[inline(always)]
fn tanh_slope(sum: f32) -> (f32, f32) {
    let output = tanh(sum);
    (output, 1.0 - output * output)
}

#[inline(always)]
fn sigmoid_slope(sum: f32) -> (f32, f32) {
    let output = sigmoid(sum);
    (output, output * (1.0 - output))
}

/// Adds up rows.
pub(crate) fn sum_rows(sums: &mut [f32], rows: &[f32]) {
    sums.fill(0.0);
    for row in rows.chunks_exact(sums.len()) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
}

/// How the outputs of a network are held against their targets.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Criterion {
    pub(crate) activation: Activation,
    pub(crate) loss: Loss,
    /// Factor that turns the sum of a batch's losses into their mean.
    pub(crate) share: f32,
}

/// Turns the last layer's sums, `(rows, pixels)`, into the gradient of the mean loss with respect to them, adds that up
/// over rows into `bias_gradient`, writes each row's loss to `losses`, and gives their sum, each times its row's weight. With
/// a cross-entropy the activation is a sigmoid.
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

/// Turns the last layer's sums, `(rows, classes)`, into the gradient of the mean cross-entropy of softmax with respect to
/// them, adds that up over rows into the first of `gradients`, the biases', writes each row's loss, in nats, to the second, and
/// gives their sum, each times its row's weight. `share` is 1 over the images of the batch.
pub(crate) fn class_loss(
    values: &mut [f32],
    bias: &[f32],
    labels: &[u8],
    weights: &[f32],
    share: f32,
    (bias_gradient, losses): (&mut [f32], &mut [f32]),
) -> f64 {
    bias_gradient.fill(0.0);
    let mut total = 0.0;
    let rows = values.chunks_exact_mut(bias.len()).zip(labels).zip(weights);
    for (((values, label), weight), row_loss) in rows.zip(losses) {
        values.iter_mut().zip(bias).for_each(|(sum, bias)| *sum += bias);
        let class = usize::from(*label);
        // The largest goes first, so that nothing overflows; NaN stays NaN.
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
    /// Applies what gives a loss and its slope, given a sum and its target.
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

/// Turns the gradient with respect to a layer's activations, `outputs`, into that with respect to its sums, and adds it
/// up over rows into `bias_gradient`. `penalty` times the sign of the output is added first. `slopes` are those of the
/// activation where [`needs_slopes`] asks for them.
pub(crate) fn through_activation(
    deltas: &mut [f32],
    outputs: &[f32],
    activation: Activation,
    mask: Option<&[f32]>,
    slopes: Option<&[f32]>,
    penalty: f32,
    bias_gradient: &mut [f32],
) {
    bias_gradient.fill(0.0);
    if let Some(mask) = mask {
        vectorised(
            #[inline(always)]
            || deltas.iter_mut().zip(mask).for_each(|(delta, mask)| *delta *= mask),
        );
    }
    if let Some(slopes) = slopes {
        return vectorised(
            #[inline(always)]
            || {
                if penalty != 0.0 {
                    deltas.iter_mut().zip(outputs).for_each(|(delta, output)| *delta += penalty * sign(*output));
                }
                each_delta(deltas, slopes, bias_gradient, |delta, slope| delta * slope);
            },
        );
    }
    vectorised(
        #[inline(always)]
        || match activation {
            Activation::Relu => {
                each_delta(
                    deltas,
                    outputs,
                    bias_gradient,
                    |delta, output| if output > 0.0 { delta + penalty } else { 0.0 },
                )
            }
            Activation::Sigmoid => {
                each_delta(deltas, outputs, bias_gradient, |delta, output| (delta + penalty) * output * (1.0 - output))
            }
            _ if penalty == 0.0 => each_delta(deltas, outputs, bias_gradient, |delta, _| delta),
            _ => each_delta(deltas, outputs, bias_gradient, |delta, output| delta + penalty * sign(output)),
        },
    );
}

/// Draws Gaussian codes from their means, log variances and standard normal noise, all `(rows, units)`, and gives the sum
/// over rows of their divergence from the standard normal prior in nats, each row's times its weight.
pub(crate) fn sample(codes: &mut [f32], means: &[f32], log_variances: &[f32], noise: &[f32], weights: &[f32]) -> f64 {
    let units = codes.len() / weights.len();
    let mut total = 0.0;
    let rows = codes.chunks_exact_mut(units).zip(means.chunks_exact(units));
    let drawn = log_variances.chunks_exact(units).zip(noise.chunks_exact(units));
    for (((codes, means), (log_variances, noise)), weight) in rows.zip(drawn).zip(weights) {
        let twice: f32 = vectorised(
            #[inline(always)]
            || {
                let mut twice = [0.0; LANES];
                let moments = means.iter().zip(log_variances).zip(noise);
                for (unit, (code, ((mean, log_variance), noise))) in codes.iter_mut().zip(moments).enumerate() {
                    let deviation = exp(0.5 * log_variance);
                    *code = mean + deviation * noise;
                    twice[unit % LANES] += mean * mean + deviation * deviation - 1.0 - log_variance;
                }
                twice.iter().sum()
            },
        );
        total += 0.5 * f64::from(twice) * f64::from(*weight);
    }
    total
}

/// Turns the gradient with respect to drawn codes, which stands in `means_deltas`, into those with respect to means and log
/// variances, with that of the divergence times `factor` and each row's weight, and adds both up over rows into their bias
/// gradients. All but weights and bias gradients are `(rows, units)`.
pub(crate) fn through_sample(
    [mean_deltas, log_variance_deltas]: [&mut [f32]; 2],
    [means, log_variances, noise]: [&[f32]; 3],
    weights: &[f32],
    factor: f32,
    [mean_bias, log_variance_bias]: [&mut [f32]; 2],
) {
    let units = mean_bias.len();
    mean_bias.fill(0.0);
    log_variance_bias.fill(0.0);
    for (row, weight) in weights.iter().enumerate() {
        let place = row * units..(row + 1) * units;
        let (mean_deltas, log_variance_deltas) =
            (&mut mean_deltas[place.clone()], &mut log_variance_deltas[place.clone()]);
        let moments = means[place.clone()].iter().zip(&log_variances[place.clone()]).zip(&noise[place]);
        let factor = factor * weight;
        vectorised(
            #[inline(always)]
            || {
                let deltas = mean_deltas.iter_mut().zip(log_variance_deltas);
                let biases = mean_bias.iter_mut().zip(&mut *log_variance_bias);
                for (((of_mean, of_log_variance), ((mean, log_variance), noise)), biases) in
                    deltas.zip(moments).zip(biases)
                {
                    let deviation = exp(0.5 * log_variance);
                    *of_log_variance = 0.5 * (*of_mean * deviation * noise + factor * (deviation * deviation - 1.0));
                    *of_mean += factor * mean;
                    *biases.0 += *of_mean;
                    *biases.1 += *of_log_variance;
                }
            },
        );
    }
}

/// Turns a discriminator's log odds that each row is a draw of the prior into the gradient of `factor` times the sum of the
/// cross-entropies, and gives that sum and how many odds were on the right side.
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

/// Applies what makes a delta of itself and of another value of its unit, and adds up over rows.
#[inline(always)]
fn each_delta(deltas: &mut [f32], others: &[f32], bias_gradient: &mut [f32], through: impl Fn(f32, f32) -> f32) {
    let width = bias_gradient.len();
    for (deltas, others) in deltas.chunks_exact_mut(width).zip(others.chunks_exact(width)) {
        for ((delta, other), sum) in deltas.iter_mut().zip(others).zip(&mut *bias_gradient) {
            *delta = through(*delta, *other);
            *sum += *delta;
        }
    }
}

#[inline(always)]
fn sign(value: f32) -> f32 {
    if value > 0.0 {
        1.0
    } else if value < 0.0 {
        -1.0
    } else {
        0.0
    }
}

#[inline(always)]
fn squared_error(output: f32, target: f32) -> (f32, f32) {
    let error = output - target;
    (error * error, 2.0 * error)
}

/// Squared error of an output, and its slope, given the output's own.
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
    fn sigmoid_and_cross_entropy_stay_finite_and_show_nan() {
        for sum in [-1e30, -1000.0, -88.0, 0.0, 88.0, 1000.0, 1e30] {
            assert!((0.0..=1.0).contains(&sigmoid(sum)), "{sum}");
            let (loss, slope) = cross_entropy(sum, 0.5);
            assert!(loss.is_finite() && slope.abs() <= 0.5, "{sum}: {loss} {slope}");
        }
        assert!(sigmoid(f32::NAN).is_nan() && cross_entropy(f32::NAN, 0.5).0.is_nan() && relu(f32::NAN).is_nan());
    }

    #[test]
    fn the_gradient_of_a_cross_entropy_is_the_probabilities_less_the_class() {
        // Odds 1 : 2 : 5, on top of what softmax does not see, however large.
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
    fn the_widest_vectors_give_the_bits_of_the_narrowest() {
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
