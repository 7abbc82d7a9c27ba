//! Activations of layers, and gradients back through them.

use spec::catalogue::Activation;
use zoo::arithmetic::{elu, gelu, leaky_relu, relu, sigmoid, tanh};

use super::vectorised;

/// Turns a layer's sums into its outputs: adds the bias, applies the activation, and multiplies by the dropout mask if
/// there is one. Writes the slopes of the activation to `slopes` if given.
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

/// True if the backward pass needs the slopes of the activation, because the outputs do not determine them.
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

/// Slope of a rectifier: 1 above 0, else `below`.
#[inline(always)]
pub(super) fn above(sum: f32, below: f32) -> f32 {
    if sum > 0.0 { 1.0 } else { below }
}

#[inline(always)]
pub(super) fn elu_slope(sum: f32) -> (f32, f32) {
    let output = elu(sum);
    (output, if sum > 0.0 { 1.0 } else { output + 1.0 })
}

#[inline(always)]
pub(super) fn tanh_slope(sum: f32) -> (f32, f32) {
    let output = tanh(sum);
    (output, 1.0 - output * output)
}

#[inline(always)]
fn sigmoid_slope(sum: f32) -> (f32, f32) {
    let output = sigmoid(sum);
    (output, output * (1.0 - output))
}

/// Turns the gradient with respect to a layer's outputs into that with respect to its sums, and adds it up over rows into
/// `bias_gradient`.
///
/// `outputs` are those of the layer. `penalty` times the sign of each output is added first. `slopes` are those of the
/// activation, if [`needs_slopes`] is true.
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

/// Replaces each delta by `through` of itself and of the unit's value in `others`, and adds the results up over rows.
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
