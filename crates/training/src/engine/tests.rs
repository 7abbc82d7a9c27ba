//! The engines against each other and against finite differences.

use datasets::Images;
use experiment::catalogue::{Architecture, Engine as Name, Loss, PIXELS};
use experiment::spec::{Corruption, Model, Optimiser as Settings, Regularisation};
use experiment::{Experiment, streams::Stream};
use proptest::prelude::*;
use rand_chacha::rand_core::Rng;
use zoo::{Activation, Autoencoder, Layer, Layout, Losses, Matrix, Objective, Plan, Step, Trainable};

use super::{Engine, Fused, Tape, Task, build, choose};
use crate::batches::{Batches, Noise};
use crate::optimiser::Optimiser;

const EPOCH: u32 = 3;

fn model(architecture: Architecture) -> Model {
    let text = format!(
        "question = \"?\"\n[dataset]\nname = \"glyphs\"\n[model]\narchitecture = \"{architecture}\"\ncode = 16\n\
         [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.1\n"
    );
    Experiment::parse("engines.toml".as_ref(), text, &[]).unwrap().runs[0].model
}

fn network(architecture: Architecture) -> Box<dyn Trainable> {
    zoo::build(model(architecture)).unwrap()
}

/// Images of random bytes, black on one side.
fn images(count: usize) -> Images {
    random_images(count, 0)
}

fn random_images(count: usize, seed: u64) -> Images {
    let mut generator = Stream::Glyph.generator(seed, 0);
    let pixels =
        (0..count * PIXELS).map(|index| if index % 28 < 6 { 0 } else { (generator.next_u32() >> 24) as u8 }).collect();
    Images::new(pixels, (0..count).map(|image| (image % 10) as u8).collect())
}

/// Initial weights, and biases that are not zero, so that a mistake in either shows.
fn parameters(layout: &Layout) -> Vec<f32> {
    let mut parameters = layout.initial_parameters(5);
    for layer in &layout.layers {
        for (index, bias) in parameters[layer.bias()].iter_mut().enumerate() {
            *bias = ((index * 7 + 3) % 11) as f32 * 0.02 - 0.11;
        }
    }
    parameters
}

/// All that a gradient depends on besides network and parameters.
#[derive(Debug, Clone)]
struct Case {
    batch: usize,
    loss: Loss,
    corruption: Option<Corruption>,
    weighted: bool,
    code_l1: f32,
    dropout: f32,
}

impl Case {
    fn plain(batch: usize, loss: Loss) -> Self {
        Self { batch, loss, corruption: None, weighted: false, code_l1: 0.0, dropout: 0.0 }
    }

    fn task(&self) -> Task<'static> {
        let mut regularisation = Regularisation::default();
        regularisation.dropout = self.dropout;
        Task {
            batch_size: self.batch,
            objective: Objective { loss: self.loss, code_l1: self.code_l1, divergence: 0.0 },
            regularisation,
            corrupted: self.corruption.is_some(),
            below: &[],
        }
    }

    fn indices(&self) -> Vec<u32> {
        (0..self.batch as u32).map(|index| (index * 5 + 2) % self.batch as u32).collect()
    }

    fn weights(&self) -> Option<Vec<f32>> {
        self.weighted.then(|| (0..self.batch).map(|image| 0.25 + (image % 5) as f32 * 0.5).collect())
    }
}

/// The options an architecture can be trained with, one at a time and all together.
fn cases(architecture: Architecture) -> Vec<Case> {
    let base = Case::plain(37, Loss::Mse);
    let mut cases = vec![
        base.clone(),
        Case { corruption: Some(Corruption::Gaussian { sigma: 0.4 }), ..base.clone() },
        Case { corruption: Some(Corruption::Masking { fraction: 0.3 }), ..base.clone() },
        Case { corruption: Some(Corruption::SaltAndPepper { fraction: 0.3 }), ..base.clone() },
        Case { weighted: true, ..base.clone() },
        Case { code_l1: 0.01, ..base.clone() },
    ];
    if architecture != Architecture::Linear {
        cases.push(Case { loss: Loss::Bce, ..base.clone() });
    }
    if !architecture.hidden().is_empty() {
        cases.push(Case { dropout: 0.3, ..base.clone() });
        let corruption = Some(Corruption::Masking { fraction: 0.3 });
        cases.push(Case { loss: Loss::Bce, corruption, weighted: true, code_l1: 0.01, dropout: 0.3, ..base });
    }
    cases
}

fn norm<'a>(values: impl Iterator<Item = &'a f32>) -> f64 {
    values.map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}

/// The largest relative distance of two lists of parameters, tensor by tensor.
fn distance(layout: &Layout, found: &[f32], expected: &[f32]) -> f64 {
    let tensors = layout.layers.iter().flat_map(|layer| [layer.weight(), layer.bias()]);
    tensors
        .map(|tensor| {
            let (found, expected) = (&found[tensor.clone()], &expected[tensor]);
            let differences: Vec<f32> = found.iter().zip(expected).map(|(a, b)| a - b).collect();
            norm(differences.iter()) / norm(expected.iter()).max(1e-12)
        })
        .fold(0.0, f64::max)
}

#[test]
fn gradients_of_fused_are_those_of_the_tape() {
    for &architecture in Architecture::ALL {
        let plan = network(architecture).plan().unwrap();
        let parameters = parameters(&plan.layout);
        for case in cases(architecture) {
            let (images, weights) = (images(case.batch), case.weights());
            let data = Batches { images: &images, corruption: case.corruption, weights: weights.as_deref(), seed: 1 };
            let (task, indices) = (case.task(), case.indices());
            let (loss, found) = Fused::new(plan.clone(), &task).gradient(&data, &indices, EPOCH, &parameters);
            let mut tape = Tape::new(network(architecture), &task);
            let (expected_loss, expected) = tape.gradient(&data, &indices, EPOCH, &parameters);
            assert!((loss / expected_loss - 1.0).abs() < 1e-5, "{architecture} {case:?}: {loss} {expected_loss}");
            let distance = distance(&plan.layout, &found, expected);
            assert!(distance < 1e-5, "{architecture} {case:?}: {distance}");
        }
    }
}

#[test]
fn layers_on_frozen_codes_have_the_gradients_of_the_tape() {
    for architecture in [Architecture::Plain, Architecture::Deep] {
        let mut below: Vec<Box<dyn Trainable>> = Vec::new();
        for (index, mut layer) in network(architecture).stages().into_iter().enumerate() {
            let plan = layer.plan().unwrap();
            let parameters = parameters(&plan.layout);
            for corruption in [None, Some(Corruption::Masking { fraction: 0.3 })] {
                let case = Case { corruption, ..Case::plain(40, Loss::Mse) };
                let images = images(case.batch);
                let data = Batches { images: &images, corruption, weights: None, seed: 1 };
                let task = Task { below: &below, ..case.task() };
                let (loss, found) =
                    Fused::new(plan.clone(), &task).gradient(&data, &case.indices(), EPOCH, &parameters);
                let mut tape = Tape::new(network(architecture).stages().remove(index), &task);
                let (expected_loss, expected) = tape.gradient(&data, &case.indices(), EPOCH, &parameters);
                assert!((loss / expected_loss - 1.0).abs() < 1e-5, "{architecture} {index}: {loss} {expected_loss}");
                let distance = distance(&plan.layout, &found, expected);
                assert!(distance < 1e-5, "{architecture} {index} {corruption:?}: {distance}");
            }
            layer.set_parameters(&parameters);
            below.push(layer);
        }
    }
}

#[test]
fn a_hundred_steps_of_either_engine_end_at_the_same_weights() {
    let adam = Settings::Adam { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    let sgd = |learning_rate| Settings::Sgd { learning_rate, momentum: 0.9 };
    for (architecture, settings, loss) in [
        (Architecture::Linear, adam, Loss::Mse),
        (Architecture::Shallow, adam, Loss::Mse),
        (Architecture::Shallow, sgd(0.5), Loss::Bce),
        (Architecture::Plain, adam, Loss::Mse),
        (Architecture::Plain, adam, Loss::Bce),
        (Architecture::Plain, sgd(0.5), Loss::Mse),
        // Adam divides a gradient by its own size: where that is little above rounding, as in places of a deep network, the
        // last bits decide the direction of a full step, and two exact trainings part.
        (Architecture::Deep, sgd(0.1), Loss::Mse),
    ] {
        let mut case = Case { corruption: Some(Corruption::Masking { fraction: 0.2 }), ..Case::plain(32, loss) };
        case.code_l1 = if loss == Loss::Bce { 1e-3 } else { 0.0 };
        case.dropout = if architecture == Architecture::Plain { 0.1 } else { 0.0 };
        // The last batch of each epoch is smaller than the others.
        let images = images(150);
        let weights: Vec<f32> = (0..150).map(|image| 0.25 + (image % 5) as f32 * 0.5).collect();
        let weights = (loss == Loss::Bce).then_some(&weights[..]);
        let data = Batches { images: &images, corruption: case.corruption, weights, seed: 1 };
        let mut task = case.task();
        task.regularisation.l2 = 1e-4;
        task.regularisation.weight_decay = 0.01;
        let plan = network(architecture).plan().unwrap();
        let after = |engine: &mut dyn Engine| {
            let mut parameters = parameters(&plan.layout);
            let mut optimiser = Optimiser::new(settings, parameters.len());
            let mut order = Vec::new();
            for epoch in 0..20 {
                data.shuffle(epoch, &mut order);
                for indices in order.chunks(32) {
                    let rate = settings.learning_rate();
                    engine.step(&data, indices, epoch, &mut parameters, &mut optimiser, rate);
                }
            }
            (engine.loss(&data, &order, &parameters), parameters)
        };
        let (loss, found) = after(&mut Fused::new(plan.clone(), &task));
        let (expected_loss, expected) = after(&mut Tape::new(network(architecture), &task));
        let distance = distance(&plan.layout, &found, &expected);
        assert!(distance < 1e-4, "{architecture} {settings:?}: {distance}");
        assert!((loss / expected_loss - 1.0).abs() < 1e-5, "{architecture}: {loss} {expected_loss}");
    }
}

#[test]
fn losses_of_any_number_of_images_are_those_of_the_tape_whatever_the_batch_size() {
    let plan = network(Architecture::Plain).plan().unwrap();
    let parameters = parameters(&plan.layout);
    let images = images(77);
    let corruption = Some(Corruption::Masking { fraction: 0.3 });
    let data = Batches { images: &images, corruption, weights: Some(&[3.0; 77]), seed: 1 };
    let all: Vec<u32> = (0..77).collect();
    for loss in [Loss::Mse, Loss::Bce] {
        for batch in [1, 10, 33, 256] {
            // Neither weights nor dropout play a part.
            let task = Case { corruption, dropout: 0.5, ..Case::plain(batch, loss) }.task();
            let found = Fused::new(plan.clone(), &task).loss(&data, &all, &parameters);
            let expected = Tape::new(network(Architecture::Plain), &task).loss(&data, &all, &parameters);
            assert!((found / expected - 1.0).abs() < 1e-5, "{loss} {batch}: {found} {expected}");
        }
    }
}

/// The objective in f64, by the definition: weighted mean loss, and the code's penalty. Beside it, how close any unit
/// comes to the kink of its ReLU, or of the penalty of a code.
fn objective(plan: &Plan, parameters: &[f64], case: &Case, data: &Batches<'_>) -> (f64, f64) {
    let indices = case.indices();
    let (inputs, targets) = data.batch(&indices, Noise::Training { epoch: EPOCH }, &[]);
    let (mut total, mut margin) = (0.0, f64::MAX);
    for (row, index) in indices.iter().enumerate() {
        let mut masks = data.masks(EPOCH, *index, case.dropout);
        let hidden: Vec<usize> = plan.layout.hidden().collect();
        let mut values: Vec<f64> = inputs.row(row).iter().map(|value| f64::from(*value)).collect();
        for (layer, place) in plan.layout.layers.iter().enumerate() {
            let (weights, bias) = (&parameters[place.weight()], &parameters[place.bias()]);
            let sums: Vec<f64> = (0..place.outputs)
                .map(|unit| {
                    let weights = &weights[unit * place.inputs..(unit + 1) * place.inputs];
                    bias[unit] + weights.iter().zip(&values).map(|(weight, value)| weight * value).sum::<f64>()
                })
                .collect();
            if layer + 1 == plan.layout.layers.len() && case.loss == Loss::Bce {
                values = sums;
                break;
            }
            if plan.activations[layer] == Activation::Relu {
                margin = sums.iter().fold(margin, |margin, sum| margin.min(sum.abs()));
            }
            values = sums
                .into_iter()
                .map(|sum| match plan.activations[layer] {
                    Activation::Identity => sum,
                    Activation::Relu => sum.max(0.0),
                    Activation::Sigmoid => 1.0 / (1.0 + (-sum).exp()),
                })
                .collect();
            if case.dropout > 0.0 && hidden.contains(&layer) {
                let mut mask = vec![0.0; values.len()];
                masks.fill(&mut mask);
                values.iter_mut().zip(mask).for_each(|(value, mask)| *value *= f64::from(mask));
            }
            if layer == plan.layout.code() && case.code_l1 > 0.0 {
                if plan.activations[layer] == Activation::Identity {
                    margin = values.iter().fold(margin, |margin, value| margin.min(value.abs()));
                }
                let penalty = values.iter().map(|value| value.abs()).sum::<f64>();
                total += f64::from(case.code_l1) * penalty / case.batch as f64;
            }
        }
        let losses = values.iter().zip(targets.row(row)).map(|(value, target)| {
            let target = f64::from(*target);
            match case.loss {
                Loss::Mse => (value - target).powi(2),
                // From the sum: -t ln(s) - (1 - t) ln(1 - s).
                Loss::Bce => value.max(0.0) - value * target + (-value.abs()).exp().ln_1p(),
            }
        });
        total += f64::from(data.weight(*index)) * losses.sum::<f64>() / (case.batch * PIXELS) as f64;
    }
    (total, margin)
}

/// Holds some entries of each tensor's gradient to central differences; errors are relative to the tensor's largest entry.
/// The images are the first, by their seed, that leave each unit on one side of its kink, whatever rounds or is moved.
fn check_finite_differences(plan: &Plan, case: &Case, seed: u64, entries: usize) -> Result<(), String> {
    const STEP: f64 = 1e-6;
    let weights = case.weights();
    let parameters = parameters(&plan.layout);
    let exact: Vec<f64> = parameters.iter().map(|value| f64::from(*value)).collect();
    for attempt in 0..20 {
        let images = random_images(case.batch, seed.wrapping_add(attempt));
        let data = Batches { images: &images, corruption: case.corruption, weights: weights.as_deref(), seed: 1 };
        if objective(plan, &exact, case, &data).1 < 5.0 * STEP {
            continue;
        }
        let mut engine = Fused::new(plan.clone(), &case.task());
        let (_, gradient) = engine.gradient(&data, &case.indices(), EPOCH, &parameters);
        for tensor in plan.layout.layers.iter().flat_map(|layer| [layer.weight(), layer.bias()]) {
            let largest = gradient[tensor.clone()].iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
            // The largest entry, and others spread over the tensor.
            let peak = tensor.clone().find(|index| gradient[*index].abs() == largest);
            let spread = tensor.clone().step_by((tensor.len() / entries).max(1)).take(entries);
            for index in peak.into_iter().chain(spread) {
                let at = |value: f64| {
                    let mut moved = exact.clone();
                    moved[index] = value;
                    objective(plan, &moved, case, &data).0
                };
                let expected = (at(exact[index] + STEP) - at(exact[index] - STEP)) / (2.0 * STEP);
                if (f64::from(gradient[index]) - expected).abs() > 2e-5 * f64::from(largest) + 1e-10 {
                    return Err(format!("parameter {index}: {} is not {expected}, largest {largest}", gradient[index]));
                }
            }
        }
        return Ok(());
    }
    Err("every choice of images has a unit at its kink".to_owned())
}

#[test]
fn gradients_of_fused_are_finite_differences() {
    for &architecture in Architecture::ALL {
        let plan = network(architecture).plan().unwrap();
        for case in cases(architecture) {
            let (batch, entries) = if architecture == Architecture::Deep { (3, 1) } else { (7, 3) };
            let case = Case { batch, ..case };
            check_finite_differences(&plan, &case, 0, entries)
                .unwrap_or_else(|error| panic!("{architecture} {case:?}: {error}"));
        }
    }
}

/// A chain of dense layers from pixels to pixels through hidden layers of any width, the code in the middle.
fn chain(hidden: &[usize], relu: bool, output: Activation) -> Plan {
    let widths: Vec<usize> = [&[PIXELS], hidden, &[PIXELS]].concat();
    let mut layers: Vec<Layer> = Vec::new();
    for (index, pair) in widths.windows(2).enumerate() {
        let start = layers.last().map_or(0, |layer| layer.bias().end);
        layers.push(Layer { name: format!("layer.{index}"), inputs: pair[0], outputs: pair[1], start });
    }
    let count = layers.len();
    let mut activations = vec![if relu { Activation::Relu } else { Activation::Identity }; count];
    activations[count - 1] = output;
    Plan { layout: Layout { layers, encoder_layers: hidden.len().div_ceil(2), heads: 1 }, activations }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn gradients_of_any_chain_are_finite_differences(
        hidden in prop::collection::vec(1_usize..40, 1..5),
        relu: bool,
        output in prop::sample::select(vec![Activation::Identity, Activation::Sigmoid]),
        bce: bool,
        batch in prop::sample::select(vec![1_usize, 2, 15, 16, 17, 33, 129, 200]),
        seed: u64,
        weighted: bool,
        code_l1 in prop::sample::select(vec![0.0_f32, 0.02]),
        dropout in prop::sample::select(vec![0.0_f32, 0.4]),
    ) {
        let loss = if bce && output == Activation::Sigmoid { Loss::Bce } else { Loss::Mse };
        let case = Case { batch, loss, corruption: None, weighted, code_l1, dropout };
        let result = check_finite_differences(&chain(&hidden, relu, output), &case, seed, 1);
        prop_assert!(result.is_ok(), "{:?}", result);
    }
}

#[test]
fn a_step_is_the_same_bit_for_bit_at_any_number_of_threads() {
    let case =
        Case { dropout: 0.2, corruption: Some(Corruption::Gaussian { sigma: 0.3 }), ..Case::plain(200, Loss::Bce) };
    let images = images(case.batch);
    let data = Batches { images: &images, corruption: case.corruption, weights: None, seed: 1 };
    let adam = Settings::Adam { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    // A small network and one whose products are halved.
    for architecture in [Architecture::Plain, Architecture::Deep] {
        let plan = network(architecture).plan().unwrap();
        let after = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut parameters = parameters(&plan.layout);
                let mut optimiser = Optimiser::new(adam, parameters.len());
                let mut engine = Fused::new(plan.clone(), &case.task());
                let losses: Vec<f64> = (0..5)
                    .map(|epoch| engine.step(&data, &case.indices(), epoch, &mut parameters, &mut optimiser, 1e-3))
                    .collect();
                (losses, engine.loss(&data, &case.indices(), &parameters), parameters)
            })
        };
        let expected = after(1);
        for threads in [2, 3, 8] {
            assert!(after(threads) == expected, "{architecture} on {threads} threads");
        }
    }
}

/// A network that no plan can be read off.
struct Opaque(Box<dyn Trainable>);

impl Autoencoder for Opaque {
    fn code_size(&self) -> usize {
        self.0.code_size()
    }

    fn parameter_count(&self) -> usize {
        self.0.parameter_count()
    }

    fn encode(&self, images: &Matrix) -> Matrix {
        self.0.encode(images)
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        self.0.decode(codes)
    }
}

impl Trainable for Opaque {
    fn layout(&self) -> &Layout {
        self.0.layout()
    }

    fn output_activation(&self) -> &'static str {
        self.0.output_activation()
    }

    fn stages(&self) -> Vec<Box<dyn Trainable>> {
        Vec::new()
    }

    fn parameters(&self) -> Vec<f32> {
        self.0.parameters()
    }

    fn set_parameters(&mut self, parameters: &[f32]) {
        self.0.set_parameters(parameters);
    }

    fn plan(&self) -> Option<Plan> {
        None
    }

    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> Losses {
        self.0.gradient(step, objective, gradient)
    }
}

#[test]
fn a_network_without_a_plan_is_trained_by_the_tape_and_says_why() {
    let plain = network(Architecture::Plain);
    assert_eq!(choose(Name::Fused, plain.as_ref()), (Name::Fused, None));
    assert_eq!(choose(Name::Tape, plain.as_ref()), (Name::Tape, None));
    let (name, reason) = choose(Name::Fused, &Opaque(plain));
    assert_eq!(name, Name::Tape);
    assert!(reason.unwrap().contains("no chain of dense layers"));

    // What is built then does learn.
    let case = Case::plain(64, Loss::Mse);
    let images = images(case.batch);
    let data = Batches { images: &images, corruption: None, weights: None, seed: 1 };
    let mut engine = build(Name::Fused, Box::new(Opaque(network(Architecture::Plain))), &case.task());
    let mut parameters = network(Architecture::Plain).layout().initial_parameters(0);
    let adam = Settings::Adam { learning_rate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    let mut optimiser = Optimiser::new(adam, parameters.len());
    let before = engine.loss(&data, &case.indices(), &parameters);
    for _ in 0..20 {
        engine.step(&data, &case.indices(), 0, &mut parameters, &mut optimiser, 1e-2);
    }
    assert!(engine.loss(&data, &case.indices(), &parameters) < 0.8 * before);
}
