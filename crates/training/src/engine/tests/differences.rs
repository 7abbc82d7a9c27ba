//! Tests of the fused engine's gradients against central differences of the objective, which is computed in f64 from its
//! definition.

use datasets::Rows;
use proptest::prelude::*;
use spec::catalogue::{Activation, Loss};
use spec::{Corruption, Optimiser as Settings};
use zoo::{Layer, Layout, Plan};

use super::rounding::{ROUNDING, absolute_terms};
use super::{Case, EPOCH, PIXELS, dense, network, random_images};
use crate::batches::{Batches, Noise};
use crate::engine::Learners;

/// The objective at some parameters.
struct Value {
    /// Terms of the objective, which is their sum.
    objective: Vec<f64>,
    /// Terms of the discriminator's own loss, which is their sum.
    judge: Vec<f64>,
    /// Smallest distance of a unit to the kink of its ReLU, or of a code to the kink of its penalty.
    margin: f64,
}

/// Sums of a layer, `W x + b`.
pub(super) fn sums(layer: &Layer, parameters: &[f64], inputs: &[f64]) -> Vec<f64> {
    let (weights, bias) = (&parameters[layer.weight()], &parameters[layer.bias()]);
    let rows = weights.chunks_exact(layer.inputs).zip(bias);
    rows.map(|(weights, bias)| bias + weights.iter().zip(inputs).map(|(weight, value)| weight * value).sum::<f64>())
        .collect()
}

/// True if the slope of the activation jumps at 0.
pub(super) fn has_kink(activation: Activation) -> bool {
    matches!(activation, Activation::Relu | Activation::LeakyRelu)
}

pub(super) fn activated(activation: Activation, sum: f64) -> f64 {
    match activation {
        Activation::Identity => sum,
        Activation::Relu => sum.max(0.0),
        Activation::LeakyRelu => sum.max(0.01 * sum),
        Activation::Elu => sum.max(sum.min(0.0).exp_m1()),
        Activation::Gelu => 0.5 * sum * libm::erfc(-sum * std::f64::consts::FRAC_1_SQRT_2),
        Activation::Tanh => sum.tanh(),
        Activation::Sigmoid => 1.0 / (1.0 + (-sum).exp()),
    }
}

/// Log odds of the discriminator, and the smallest distance of a unit to its kink.
fn odds(plan: &Plan, parameters: &[f64], code: &[f64]) -> (f64, f64) {
    let (mut values, mut margin) = (code.to_vec(), f64::MAX);
    for (layer, activation) in plan.layout.layers.iter().zip(&plan.activations) {
        let sums = sums(layer, parameters, &values);
        if has_kink(*activation) {
            margin = sums.iter().fold(margin, |margin, sum| margin.min(sum.abs()));
        }
        values = sums.into_iter().map(|sum| activated(*activation, sum)).collect();
    }
    (values[0], margin)
}

/// Binary cross-entropy `-t ln(s) - (1 - t) ln(1 - s)`, where `s` is the sigmoid of a sum and `t` the target.
fn cross_entropy(sum: f64, target: f64) -> f64 {
    sum.max(0.0) - sum * target + (-sum.abs()).exp().ln_1p()
}

/// The objective in f64 from its definition: weighted mean loss, penalties of the code, divergence, and loss against the
/// discriminator.
fn objective(
    plan: &Plan,
    parameters: &[f64],
    judge: Option<(&Plan, &[f64])>,
    case: &Case,
    data: &Batches<'_>,
) -> Value {
    let indices = case.indices();
    let (inputs, targets) = data.batch(&indices, Noise::Training { epoch: EPOCH }, &[]);
    let layout = &plan.layout;
    let images = case.batch as f64;
    let mut value = Value { objective: Vec::new(), judge: Vec::new(), margin: f64::MAX };
    for (row, index) in indices.iter().enumerate() {
        let weight = f64::from(data.weight(*index));
        let mut masks = data.masks(EPOCH, *index, case.dropout);
        let hidden: Vec<usize> = layout.hidden().collect();
        let mut values: Vec<f64> = inputs.row(row).iter().map(|value| f64::from(*value)).collect();
        // Jacobian of the values computed so far, row by row; `None` before the first layer.
        let mut jacobian: Option<Vec<Vec<f64>>> = None;
        for (layer, place) in layout.layers.iter().enumerate() {
            if layout.heads == 2 && layer == layout.code() {
                let log_variances = sums(&layout.layers[layer + 1], parameters, &values);
                let means = sums(place, parameters, &values);
                let mut noise = vec![0.0; means.len()];
                data.code_noise(*index, Noise::Training { epoch: EPOCH }, &mut noise);
                let moments = means.iter().zip(&log_variances);
                let divergence: f64 =
                    moments.clone().map(|(mean, log)| 0.5 * (mean * mean + log.exp() - 1.0 - log)).sum();
                value.objective.push(f64::from(case.beta) / PIXELS as f64 * weight * divergence / images);
                values = moments
                    .zip(noise)
                    .map(|((mean, log), noise)| mean + (0.5 * log).exp() * f64::from(noise))
                    .collect();
                continue;
            }
            if layout.heads == 2 && layer == layout.code() + 1 {
                continue;
            }
            let mut sums = sums(place, parameters, &values);
            if plan.is_residual && layer + 1 == layout.layers.len() {
                sums.iter_mut().zip(inputs.row(row)).for_each(|(sum, input)| *sum += f64::from(*input));
            }
            if layer + 1 == layout.layers.len() && (case.classifies || case.loss == Loss::Bce) {
                values = sums;
                break;
            }
            if has_kink(plan.activations[layer]) {
                value.margin = sums.iter().fold(value.margin, |margin, sum| margin.min(sum.abs()));
            }
            if case.contractive > 0.0 && layer < layout.encoder_layers {
                let rows = parameters[place.weight()].chunks_exact(place.inputs);
                let product = |weights: &[f64]| match &jacobian {
                    None => weights.to_vec(),
                    Some(below) => (0..below[0].len())
                        .map(|pixel| weights.iter().zip(below).map(|(weight, row)| weight * row[pixel]).sum())
                        .collect(),
                };
                let slope = |sum: f64| match plan.activations[layer] {
                    Activation::Relu if sum <= 0.0 => 0.0,
                    Activation::LeakyRelu if sum <= 0.0 => 0.01,
                    _ => 1.0,
                };
                jacobian = Some(
                    rows.zip(&sums)
                        .map(|(weights, sum)| product(weights).into_iter().map(|value| value * slope(*sum)).collect())
                        .collect(),
                );
            }
            values = sums.into_iter().map(|sum| activated(plan.activations[layer], sum)).collect();
            if case.dropout > 0.0 && hidden.contains(&layer) {
                let mut mask = vec![0.0; values.len()];
                masks.fill(&mut mask);
                values.iter_mut().zip(mask).for_each(|(value, mask)| *value *= f64::from(mask));
            }
            if layer != layout.code() {
                continue;
            }
            if case.code_l1 > 0.0 {
                if !matches!(plan.activations[layer], Activation::Relu | Activation::Sigmoid) {
                    value.margin = values.iter().fold(value.margin, |margin, value| margin.min(value.abs()));
                }
                value
                    .objective
                    .push(f64::from(case.code_l1) * values.iter().map(|value| value.abs()).sum::<f64>() / images);
            }
            if let Some(jacobian) = &jacobian {
                let norm: f64 = jacobian.iter().flatten().map(|value| value * value).sum();
                value.objective.push(f64::from(case.contractive) * norm / images);
            }
            if let Some((plan, parameters)) = judge {
                let mut draw = vec![0.0; values.len()];
                data.prior(*index, EPOCH, &mut draw);
                let draw: Vec<f64> = draw.into_iter().map(f64::from).collect();
                let [(of_code, near), (of_draw, far)] = [&values, &draw].map(|code| odds(plan, parameters, code));
                value.margin = value.margin.min(near).min(far);
                value.objective.push(f64::from(case.deception) * cross_entropy(of_code, 1.0) / images);
                value.judge.push((cross_entropy(of_code, 0.0) + cross_entropy(of_draw, 1.0)) / (2.0 * images));
            }
        }
        if case.classifies {
            let sum: f64 = values.iter().map(|logit| logit.exp()).sum();
            let own = values[data.class(*index)];
            value.objective.push(weight * (sum.ln() - own) / images);
            continue;
        }
        let losses = values.iter().zip(targets.row(row)).map(|(value, target)| {
            let target = f64::from(*target);
            match case.loss {
                Loss::Mse => (value - target).powi(2),
                Loss::Bce => cross_entropy(*value, target),
            }
        });
        value.objective.extend(losses.map(|loss| weight * loss / (images * PIXELS as f64)));
    }
    value
}

/// Error if every choice of images has a unit near a jump of its slope, so that no difference can be taken.
const AT_A_KINK: &str = "every choice of images has a unit at its kink";

pub(super) const STEP: f64 = 1e-6;
/// Largest error of a gradient's entries, relative to the largest entry of the tensor.
const BOUND: f64 = 2e-5;
const SGD: Settings = Settings::Sgd { learning_rate: 1.0, momentum: 0.0 };

/// Change of a sum, from the changes of its terms. The difference of two nearly equal sums would be mostly rounding error.
fn change(after: &[f64], before: &[f64]) -> f64 {
    after.iter().zip(before).map(|(after, before)| after - before).sum()
}

/// Compares entries of each tensor's gradient with central differences of a sum whose terms `value` returns: the largest
/// entry, and others spread over the tensor. Errors are relative to the tensor's largest entry. An entry also passes if its
/// error is at most `rounding`.
fn check(
    layout: &Layout,
    gradient: &[f32],
    entries: usize,
    moves: impl Fn(usize) -> bool,
    rounding: impl Fn(usize) -> f64,
    value: impl Fn(usize, f64) -> Vec<f64>,
) -> Result<(), String> {
    for tensor in layout.layers.iter().flat_map(|layer| [layer.weight(), layer.bias()]) {
        let largest = gradient[tensor.clone()].iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        let peak = tensor.clone().find(|index| gradient[*index].abs() == largest);
        let spread = tensor.clone().step_by((tensor.len() / entries).max(1)).take(entries);
        for index in peak.into_iter().chain(spread).filter(|index| moves(*index)) {
            let expected = change(&value(index, STEP), &value(index, -STEP)) / (2.0 * STEP);
            let error = (f64::from(gradient[index]) - expected).abs();
            if error > BOUND * f64::from(largest) + 1e-10 && error > rounding(index) {
                return Err(format!("parameter {index}: {} is not {expected}, largest {largest}", gradient[index]));
            }
        }
    }
    Ok(())
}

/// Index of the decoder weight that is tied to the encoder weight at `index`.
fn twin(layout: &Layout, index: usize) -> Option<usize> {
    let layer = layout.layers.iter().position(|layer| layer.weight().contains(&index))?;
    let (own, mirrored) = (&layout.layers[layer], layout.layers.get(layout.mirror(layer))?);
    let place = index - own.start;
    Some(mirrored.start + place % own.inputs * own.outputs + place / own.inputs)
}

pub(super) fn exact(values: &[f32]) -> Vec<f64> {
    values.iter().map(|value| f64::from(*value)).collect()
}

/// Random images that leave each unit on one side of its kink, even if sums change by up to `margin`. The first such images
/// in the order of their seeds.
pub(super) fn images_clear_of_kinks(plan: &Plan, case: &Case, seed: u64, margin: f64) -> Option<Rows> {
    let parameters = exact(&case.learners(&plan.layout, SGD).network.parameters);
    let judge = case.discriminator().map(|(discriminator, parameters)| (discriminator.plan(), exact(&parameters)));
    let judge = judge.as_ref().map(|(plan, parameters)| (plan, &parameters[..]));
    let weights = case.weights();
    (0..50).map(|attempt| random_images(case.batch, seed.wrapping_add(attempt))).find(|images| {
        objective(plan, &parameters, judge, case, &case.data(images, weights.as_deref())).margin > margin
    })
}

/// Compares the gradients of network and discriminator with finite differences.
pub(super) fn check_finite_differences(plan: &Plan, case: &Case, seed: u64, entries: usize) -> Result<(), String> {
    check_within(plan, case, seed, entries, |_, _| 0.0)
}

/// Compares gradients with finite differences; the error of an entry may also be up to its `rounding`.
fn check_within(
    plan: &Plan,
    case: &Case,
    seed: u64,
    entries: usize,
    rounding: impl Fn(&Batches<'_>, usize) -> f64,
) -> Result<(), String> {
    let images = images_clear_of_kinks(plan, case, seed, 5.0 * STEP).ok_or(AT_A_KINK)?;
    let weights = case.weights();
    let data = case.data(&images, weights.as_deref());
    let Learners { network, .. } = case.learners(&plan.layout, SGD);
    let judge = case.discriminator().map(|(discriminator, parameters)| (discriminator.plan(), parameters));
    let exact_judge = judge.as_ref().map(|(plan, parameters)| (plan, exact(parameters)));
    let at_judge = exact_judge.as_ref().map(|(plan, parameters)| (*plan, &parameters[..]));
    let parameters = exact(&network.parameters);

    let judge = judge.as_ref().map(|(_, parameters)| &parameters[..]);
    let (_, [of_network, of_judge]) =
        case.fused(plan).gradient(&data, &case.indices(), EPOCH, &network.parameters, judge);
    let decoder = plan.layout.layers[plan.layout.encoder_layers].start;
    let is_bias = |index: usize| plan.layout.layers.iter().any(|layer| layer.bias().contains(&index));
    let moves = |index: usize| !case.tied || index < decoder || is_bias(index);
    check(
        &plan.layout,
        &of_network,
        entries,
        moves,
        |index| rounding(&data, index),
        |index, step| {
            let mut moved = parameters.clone();
            moved[index] += step;
            if let (true, Some(twin)) = (case.tied, twin(&plan.layout, index)) {
                moved[twin] += step;
            }
            objective(plan, &moved, at_judge, case, &data).objective
        },
    )?;
    let Some((judge_plan, judge)) = at_judge else { return Ok(()) };
    let all = |_| true;
    check(
        &judge_plan.layout,
        &of_judge,
        entries,
        all,
        |_| 0.0,
        |index, step| {
            let mut moved = judge.to_vec();
            moved[index] += step;
            objective(plan, &parameters, Some((judge_plan, &moved)), case, &data).judge
        },
    )
}

#[test]
fn gradients_of_fused_match_finite_differences() {
    for architecture in dense() {
        let plan = network(architecture).kind().plan().unwrap();
        for case in super::cases(architecture) {
            let large = super::of(architecture).hidden.len() > 1;
            let (batch, entries) = if large { (3, 1) } else { (7, 3) };
            let case = Case { batch, ..case };
            check_finite_differences(&plan, &case, 0, entries)
                .unwrap_or_else(|error| panic!("{architecture} {case:?}: {error}"));
        }
    }
}

/// A chain of dense layers from pixels to pixels through hidden layers of any widths. The code is in the middle.
fn chain(hidden: &[usize], activation: Activation, output: Activation, is_residual: bool) -> Plan {
    let widths: Vec<usize> = [&[PIXELS][..], hidden, &[PIXELS]].concat();
    let mut layers: Vec<Layer> = Vec::new();
    for (index, pair) in widths.windows(2).enumerate() {
        let start = layers.last().map_or(0, |layer| layer.bias().end);
        layers.push(Layer { name: format!("layer.{index}"), inputs: pair[0], outputs: pair[1], start });
    }
    let count = layers.len();
    let mut activations = vec![activation; count];
    activations[count - 1] = output;
    Plan { layout: Layout { layers, encoder_layers: hidden.len().div_ceil(2), heads: 1 }, activations, is_residual }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn gradients_of_any_chain_and_activation_match_finite_differences(
        hidden in prop::collection::vec(1_usize..40, 1..5),
        activation in prop::sample::select(Activation::ALL),
        output in prop::sample::select(Activation::ALL),
        bce: bool,
        batch in prop::sample::select(vec![1_usize, 2, 15, 16, 17, 33, 129, 200]),
        seed: u64,
        weighted: bool,
        code_l1 in prop::sample::select(vec![0.0_f32, 0.02]),
        dropout in prop::sample::select(vec![0.0_f32, 0.4]),
        is_residual: bool,
    ) {
        let loss = if bce && output == Activation::Sigmoid { Loss::Bce } else { Loss::Mse };
        let corruption = is_residual.then_some(Corruption::Gaussian { sigma: 0.4 });
        let case = Case { corruption, weighted, code_l1, dropout, ..Case::plain(batch, loss) };
        let plan = chain(&hidden, activation, output, is_residual);
        let parameters = exact(&case.learners(&plan.layout, SGD).network.parameters);
        let rounding = |data: &Batches<'_>, index: usize| ROUNDING * absolute_terms(&plan, &parameters, &case, data)[index];
        let result = check_within(&plan, &case, seed, 1, rounding);
        prop_assume!(result.as_ref().err().is_none_or(|error| error != AT_A_KINK));
        prop_assert!(result.is_ok(), "{:?}", result);
    }
}
