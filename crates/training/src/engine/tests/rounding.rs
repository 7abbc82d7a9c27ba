//! Bounds of the rounding error of a gradient in single precision.

use spec::catalogue::Loss;
use zoo::Plan;

use super::differences::{STEP, activated, exact, has_kink, sums};
use super::{Case, EPOCH, PIXELS};
use crate::batches::{Batches, Noise};

/// Rounding error of an entry, relative to the sum of its absolute terms: the error of an activation in single precision.
pub(super) const ROUNDING: f64 = 3e-7;

/// Sum of the absolute terms of each entry of a chain's gradient. The rounding error of an entry is proportional to this
/// sum, even if the terms cancel (Higham, 2002, section 3.1).
pub(super) fn absolute_terms(plan: &Plan, parameters: &[f64], case: &Case, data: &Batches<'_>) -> Vec<f64> {
    let (inputs, targets) = data.batch(&case.indices(), Noise::Training { epoch: EPOCH }, &[]);
    let layers = &plan.layout.layers;
    let unsigned: Vec<f64> = parameters.iter().map(|parameter| parameter.abs()).collect();
    let loss_scale = if case.loss == Loss::Bce { 1.0 } else { 2.0 } / (case.batch * PIXELS) as f64;
    let mut terms = vec![0.0; parameters.len()];
    for (row, index) in case.indices().iter().enumerate() {
        let weight = f64::from(data.weight(*index)) * loss_scale;
        let mut masks = data.masks(EPOCH, *index, case.dropout);
        let (mut values, input) = (exact(inputs.row(row)), exact(inputs.row(row)));
        // For each layer: absolute inputs, absolute slopes, dropout mask.
        let mut passed: Vec<(Vec<f64>, Vec<f64>, Vec<f64>)> = Vec::new();
        let mut sizes: Vec<f64> = values.iter().map(|value| value.abs()).collect();
        for (place, (layer, activation)) in layers.iter().zip(&plan.activations).enumerate() {
            let is_last = place + 1 == layers.len();
            let mut own = sums(layer, parameters, &values);
            let mut size = sums(layer, &unsigned, &sizes);
            if plan.is_residual && is_last {
                own.iter_mut().zip(&input).for_each(|(sum, input)| *sum += input);
                size.iter_mut().zip(&input).for_each(|(size, input)| *size += input.abs());
            }
            let at = |sum: f64| activated(*activation, sum);
            let slope = |sum: f64| (at(sum + STEP) - at(sum - STEP)) / (2.0 * STEP);
            // The rounding error of a sum changes the slope in proportion to the second derivative.
            let bend =
                |sum: f64| if has_kink(*activation) { 0.0 } else { (slope(sum + 1e-3) - slope(sum - 1e-3)) / 2e-3 };
            let mut mask = vec![1.0_f32; own.len()];
            if case.dropout > 0.0 && plan.layout.hidden().any(|hidden| hidden == place) {
                masks.fill(&mut mask);
            }
            let mask: Vec<f64> = mask.into_iter().map(f64::from).collect();
            let slopes = own.iter().zip(&size).map(|(sum, size)| slope(*sum).abs() + bend(*sum).abs() * size).collect();
            passed.push((sizes, slopes, mask.clone()));
            sizes = own
                .iter()
                .zip(&size)
                .zip(&mask)
                .map(|((sum, size), mask)| (slope(*sum).abs() * size).max(at(*sum).abs()) * mask)
                .collect();
            values = own.into_iter().zip(&mask).map(|(sum, mask)| at(sum) * mask).collect();
        }
        let errors = sizes.iter().zip(targets.row(row)).map(|(size, target)| size + f64::from(target.abs()));
        let mut reaching: Vec<f64> = errors.map(|error| weight * error).collect();
        for (place, (layer, (read, slopes, mask))) in layers.iter().zip(passed).enumerate().rev() {
            if place == plan.layout.code() {
                reaching.iter_mut().for_each(|value| *value += f64::from(case.code_l1) / case.batch as f64);
            }
            // With cross-entropy, the slope of the sigmoid is part of the error already.
            if place + 1 < layers.len() || case.loss == Loss::Mse {
                reaching.iter_mut().zip(&slopes).zip(&mask).for_each(|((value, slope), mask)| *value *= slope * mask);
            }
            let mut below = vec![0.0; layer.inputs];
            for (unit, value) in reaching.iter().enumerate() {
                let weights =
                    layer.weight().start + unit * layer.inputs..layer.weight().start + (unit + 1) * layer.inputs;
                below.iter_mut().zip(&unsigned[weights.clone()]).for_each(|(below, weight)| *below += weight * value);
                terms[weights].iter_mut().zip(&read).for_each(|(term, read)| *term += value * read);
                terms[layer.bias().start + unit] += value;
            }
            reaching = below;
        }
    }
    terms
}
