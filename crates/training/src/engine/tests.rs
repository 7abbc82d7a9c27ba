//! Tests that the engines agree with each other. Those against finite differences, of classifiers and of recurrent networks
//! have files of their own.

mod classifier;
mod differences;
mod recurrent;
mod rounding;

use datasets::Rows;
use networks::NETWORKS;
use rand_chacha::rand_core::Rng;
use random::Stream;
use spec::Experiment;
use spec::catalogue::{Activation, Architecture, Engine as Name, Loss};
use spec::{Corruption, Model, Network, Optimiser as Settings, Regularisation, Shape, Variational};
use zoo::{Discriminator, Layout, Objective, Plan, Trainable};

use super::{Engine, Fused, Learners, Setup, StepLosses, Tape, build};
use crate::batches::Batches;
use crate::optimiser::Learner;

const EPOCH: u32 = 3;

/// Values of a row.
const PIXELS: usize = 784;

fn model(architecture: Architecture) -> Model {
    let text = format!(
        "question = \"?\"\n[dataset]\nname = \"glyphs\"\n[model]\narchitecture = \"{architecture}\"\ncode = 16\n\
         [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.1\n"
    );
    Experiment::parse("engines.toml".as_ref(), text, &[]).unwrap().runs.remove(0).model
}

/// The layers of an architecture.
fn of(architecture: Architecture) -> Network {
    architecture.network(Shape::square(28), 16)
}

fn network(architecture: Architecture) -> Box<dyn Trainable> {
    NETWORKS.build(&model(architecture)).unwrap()
}

/// Images of random bytes, black on one side.
fn images(count: usize) -> Rows {
    random_images(count, 0)
}

fn random_images(count: usize, seed: u64) -> Rows {
    let mut generator = Stream::Embedded("glyph").generator(seed, 0);
    let pixels: Vec<u8> =
        (0..count * PIXELS).map(|index| if index % 28 < 6 { 0 } else { (generator.next_u32() >> 24) as u8 }).collect();
    Rows::new(Shape::square(28), pixels, (0..count).map(|image| (image % 10) as u16).collect())
}

/// Initial weights, and biases that are not zero, so that a mistake in either is noticed.
fn parameters(layout: &Layout) -> Vec<f32> {
    let mut parameters = layout.initial_parameters(5);
    for layer in &layout.layers {
        for (index, bias) in parameters[layer.bias()].iter_mut().enumerate() {
            *bias = ((index * 7 + 3) % 11) as f32 * 0.02 - 0.11;
        }
    }
    parameters
}

/// Everything that a gradient depends on, apart from network and parameters.
#[derive(Debug, Clone)]
struct Case {
    batch: usize,
    loss: Loss,
    corruption: Option<Corruption>,
    weighted: bool,
    code_l1: f32,
    dropout: f32,
    contractive: f32,
    tied: bool,
    beta: f32,
    deception: f32,
    classifies: bool,
}

impl Case {
    fn plain(batch: usize, loss: Loss) -> Self {
        Self {
            batch,
            loss,
            corruption: None,
            weighted: false,
            code_l1: 0.0,
            dropout: 0.0,
            contractive: 0.0,
            tied: false,
            beta: 0.0,
            deception: 0.0,
            classifies: false,
        }
    }

    fn data<'a>(&self, images: &'a Rows, weights: Option<&'a [f32]>) -> Batches<'a> {
        Batches { rows: images, drawn: false, corruption: self.corruption, levels: None, weights, seed: 1 }
    }

    /// The discriminator and its parameters, if the case is adversarial.
    fn discriminator(&self) -> Option<(Discriminator, Vec<f32>)> {
        (self.deception > 0.0).then(|| {
            let discriminator = NETWORKS.discriminator(&model(Architecture::Plain)).unwrap();
            let parameters = parameters(discriminator.layout());
            (discriminator, parameters)
        })
    }

    fn fused(&self, plan: &Plan) -> Fused<'static> {
        Fused::new(plan.clone(), self.discriminator().map(|(discriminator, _)| discriminator.plan()), &self.setup())
    }

    fn tape(&self, network: Box<dyn Trainable>) -> Tape<'static> {
        Tape::new(network, self.discriminator().map(|(discriminator, _)| discriminator), &self.setup())
    }

    /// Parameters of network and discriminator for comparisons, with biases that are not zero.
    fn learners(&self, layout: &Layout, optimiser: Settings) -> Learners {
        let mut network = parameters(layout);
        if self.tied {
            layout.tie(&mut network);
        }
        let discriminator = self.discriminator().map(|(_, parameters)| Learner::new(parameters, optimiser));
        Learners { network: Learner::new(network, optimiser), discriminator }
    }

    fn setup(&self) -> Setup<'static> {
        let mut regularisation = Regularisation::default();
        regularisation.dropout = self.dropout;
        regularisation.contractive = self.contractive;
        Setup {
            values: PIXELS,
            batch_size: self.batch,
            objective: Objective { loss: self.loss, code_l1: self.code_l1, divergence: 0.0 },
            regularisation,
            tied: self.tied,
            frozen: false,
            variational: (self.beta > 0.0).then_some(Variational { beta: self.beta, warm_up: 0 }),
            deception: self.deception,
            corrupted: self.corruption.is_some(),
            classifies: self.classifies,
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

/// The options that an architecture can be trained with: one at a time, and all together.
fn cases(architecture: Architecture) -> Vec<Case> {
    let base = Case::plain(37, Loss::Mse);
    let mut cases = vec![
        base.clone(),
        Case { corruption: Some(Corruption::Gaussian { sigma: 0.4 }), ..base.clone() },
        Case { corruption: Some(Corruption::Masking { fraction: 0.3 }), ..base.clone() },
        Case { corruption: Some(Corruption::SaltAndPepper { fraction: 0.3 }), ..base.clone() },
        Case { weighted: true, ..base.clone() },
    ];
    let sigmoid = of(architecture).output == Activation::Sigmoid;
    if sigmoid {
        cases.push(Case { loss: Loss::Bce, ..base.clone() });
    }
    let corruption = Some(Corruption::Masking { fraction: 0.3 });
    if of(architecture).has_gaussian_code() {
        let all = Case { loss: Loss::Bce, corruption, weighted: true, dropout: 0.3, beta: 2.0, ..base.clone() };
        cases.extend([Case { beta: 3.0, ..base }, all]);
        return cases;
    }
    cases.push(Case { code_l1: 0.01, ..base.clone() });
    cases.push(Case { tied: true, ..base.clone() });
    cases.push(Case { deception: 0.3, ..base.clone() });
    let (mut contractive, mut dropout) = (0.0, 0.0);
    if of(architecture).hidden.len() <= 1 {
        contractive = 0.02;
        cases.push(Case { contractive, corruption, tied: true, deception: 0.3, code_l1: 0.01, ..base.clone() });
        cases.push(Case { contractive, ..base.clone() });
    }
    if !of(architecture).hidden.is_empty() {
        dropout = 0.3;
        cases.push(Case { dropout, ..base.clone() });
    }
    if sigmoid {
        contractive = if dropout > 0.0 { 0.0 } else { contractive };
        let loss = Loss::Bce;
        let weighted = true;
        let (code_l1, tied, deception) = (0.01, true, 0.3);
        cases.push(Case { loss, corruption, weighted, code_l1, dropout, contractive, tied, deception, ..base });
    }
    cases
}

/// The architectures that are chains of dense layers.
fn dense() -> impl Iterator<Item = Architecture> {
    Architecture::ALL.iter().copied().filter(|architecture| *architecture != Architecture::Recurrent)
}

fn norm<'a>(values: impl Iterator<Item = &'a f32>) -> f64 {
    values.map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt()
}

/// The largest relative distance of two lists of parameters, over tensors.
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

/// Checks that each loss is close to that of the tape.
#[track_caller]
fn assert_close(found: StepLosses, expected: StepLosses, what: &str) {
    for (found, expected) in found.list().into_iter().zip(expected.list()) {
        assert!((found - expected).abs() <= 1e-5 * expected.abs(), "{what}: {found} {expected}");
    }
}

#[test]
fn gradients_of_fused_match_the_tape() {
    let adam = Settings::Adam { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    for architecture in dense() {
        let plan = network(architecture).kind().plan().unwrap();
        for case in cases(architecture) {
            let what = format!("{architecture} {case:?}");
            // At the kink of a unit, rounding decides its slope.
            let images = differences::images_clear_of_kinks(&plan, &case, 0, 3e-6).unwrap();
            let weights = case.weights();
            let (data, indices) = (case.data(&images, weights.as_deref()), case.indices());
            let learners = case.learners(&plan.layout, adam);
            let judge = learners.discriminator.as_ref().map(|learner| &learner.parameters[..]);
            let parameters = &learners.network.parameters;
            let (losses, found) = case.fused(&plan).gradient(&data, &indices, EPOCH, parameters, judge);
            let mut tape = case.tape(network(architecture));
            let (expected_losses, expected) = tape.gradient(&data, &indices, EPOCH, parameters, judge);
            assert_close(losses, expected_losses, &what);
            let of_network = distance(&plan.layout, &found[0], expected[0]);
            assert!(of_network < 1e-5, "{what}: {of_network}");
            if let Some((discriminator, _)) = case.discriminator() {
                let of_judge = distance(discriminator.layout(), &found[1], expected[1]);
                assert!(of_judge < 1e-5, "{what}, discriminator: {of_judge}");
            }
        }
    }
}

#[test]
fn gradients_and_losses_of_a_residual_network_match_the_tape() {
    let text = "question = \"?\"\n[dataset]\nname = \"glyphs\"\n[model]\nkind = \"residual\"\nhidden = [12]\ncode = 4\n\
                [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.1\n";
    let run = Experiment::parse("residual.toml".as_ref(), text.to_owned(), &[]).unwrap().runs.remove(0);
    let network = || NETWORKS.build(&run.model).unwrap();
    let plan = network().kind().plan().unwrap();
    let corruption = Some(Corruption::Gaussian { sigma: 0.4 });
    let case = Case { corruption, weighted: true, dropout: 0.2, ..Case::plain(37, Loss::Mse) };
    let images = differences::images_clear_of_kinks(&plan, &case, 0, 3e-6).unwrap();
    let weights = case.weights();
    let (data, indices) = (case.data(&images, weights.as_deref()), case.indices());
    let parameters = parameters(&plan.layout);
    let (losses, found) = case.fused(&plan).gradient(&data, &indices, EPOCH, &parameters, None);
    let mut tape = case.tape(network());
    let (expected_losses, expected) = tape.gradient(&data, &indices, EPOCH, &parameters, None);
    assert_close(losses, expected_losses, "residual");
    let distance = distance(&plan.layout, &found[0], expected[0]);
    assert!(distance < 1e-5, "{distance}");
    let validated = case.fused(&plan).loss(&data, &indices, &parameters);
    assert_close(validated, tape.loss(&data, &indices, &parameters), "residual, validation");
}

#[test]
fn gradients_of_layers_on_frozen_codes_match_the_tape() {
    for architecture in [Architecture::Plain, Architecture::Deep] {
        let mut below: Vec<Box<dyn Trainable>> = Vec::new();
        for (index, mut layer) in NETWORKS.stages(&model(architecture)).unwrap().into_iter().enumerate() {
            let plan = layer.kind().plan().unwrap();
            let parameters = parameters(&plan.layout);
            for corruption in [None, Some(Corruption::Masking { fraction: 0.3 })] {
                let case = Case { corruption, ..Case::plain(40, Loss::Mse) };
                let images = images(case.batch);
                let data = case.data(&images, None);
                let setup = Setup { below: &below, ..case.setup() };
                let (losses, [found, _]) =
                    Fused::new(plan.clone(), None, &setup).gradient(&data, &case.indices(), EPOCH, &parameters, None);
                let mut tape = Tape::new(NETWORKS.stages(&model(architecture)).unwrap().remove(index), None, &setup);
                let (expected_losses, [expected, _]) = tape.gradient(&data, &case.indices(), EPOCH, &parameters, None);
                assert_close(losses, expected_losses, &format!("{architecture} {index}"));
                let distance = distance(&plan.layout, &found, expected);
                assert!(distance < 1e-5, "{architecture} {index} {corruption:?}: {distance}");
            }
            layer.set_parameters(&parameters);
            below.push(layer);
        }
    }
}

#[test]
fn a_hundred_steps_of_each_engine_end_at_the_same_weights() {
    let adam = Settings::Adam { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    let sgd = |learning_rate| Settings::Sgd { learning_rate, momentum: 0.9 };
    for (architecture, settings, loss) in [
        (Architecture::Linear, adam, Loss::Mse),
        (Architecture::Shallow, adam, Loss::Mse),
        (Architecture::Shallow, sgd(0.5), Loss::Bce),
        (Architecture::Plain, adam, Loss::Mse),
        (Architecture::Plain, adam, Loss::Bce),
        (Architecture::Plain, sgd(0.5), Loss::Mse),
        // Adam divides a gradient by its own size. Where that is close to rounding error, as in parts of a deep network,
        // the last bits decide the direction of a full step. Two exact trainings then diverge from each other.
        (Architecture::Deep, sgd(0.1), Loss::Mse),
        (Architecture::Variational, sgd(0.1), Loss::Bce),
    ] {
        let mut case = Case { corruption: Some(Corruption::Masking { fraction: 0.2 }), ..Case::plain(32, loss) };
        let gaussian = of(architecture).has_gaussian_code();
        case.beta = if gaussian { 1.0 } else { 0.0 };
        case.code_l1 = if loss == Loss::Bce && !gaussian { 1e-3 } else { 0.0 };
        // Network and discriminator, which train against each other under Adam, diverge as fast at this high learning rate.
        let judged = architecture == Architecture::Plain && matches!(settings, Settings::Adam { .. });
        case.deception = if judged { 0.1 } else { 0.0 };
        case.tied = architecture == Architecture::Shallow;
        case.contractive = if architecture == Architecture::Shallow { 1e-3 } else { 0.0 };
        case.dropout = if architecture == Architecture::Plain { 0.1 } else { 0.0 };
        // The last batch of each epoch is smaller than the others.
        let images = images(150);
        let weights: Vec<f32> = (0..150).map(|image| 0.25 + (image % 5) as f32 * 0.5).collect();
        let weights = (loss == Loss::Bce).then_some(&weights[..]);
        let data = case.data(&images, weights);
        let mut setup = case.setup();
        setup.regularisation.l2 = 1e-4;
        setup.regularisation.weight_decay = 0.01;
        let plan = network(architecture).kind().plan().unwrap();
        let after = |engine: &mut dyn Engine| {
            let mut learners = case.learners(&plan.layout, settings);
            let mut order = Vec::new();
            for epoch in 0..20 {
                data.shuffle(epoch, &mut order);
                for indices in order.chunks(32) {
                    engine.step(&data, indices, epoch, &mut learners, 1.0);
                }
            }
            (engine.loss(&data, &order, &learners.network.parameters), learners)
        };
        let judge = || case.discriminator().map(|(discriminator, _)| discriminator);
        let plan_of_judge = judge().map(|discriminator| discriminator.plan());
        let (losses, found) = after(&mut Fused::new(plan.clone(), plan_of_judge, &setup));
        let (expected_losses, expected) = after(&mut Tape::new(network(architecture), judge(), &setup));
        let of_network = distance(&plan.layout, &found.network.parameters, &expected.network.parameters);
        assert!(of_network < 1e-4, "{architecture} {settings:?}: {of_network}");
        if let (Some(judge), Some(found), Some(expected)) = (judge(), found.discriminator, expected.discriminator) {
            let of_judge = distance(judge.layout(), &found.parameters, &expected.parameters);
            assert!(of_judge < 1e-4, "{architecture} {settings:?}, discriminator: {of_judge}");
        }
        assert_close(losses, expected_losses, architecture.name());
    }
}

#[test]
fn losses_of_any_number_of_images_match_the_tape_at_any_batch_size() {
    let images = images(77);
    let corruption = Some(Corruption::Masking { fraction: 0.3 });
    let all: Vec<u32> = (0..77).collect();
    for architecture in [Architecture::Plain, Architecture::Variational] {
        let plan = network(architecture).kind().plan().unwrap();
        let parameters = parameters(&plan.layout);
        for loss in [Loss::Mse, Loss::Bce] {
            for batch in [1, 10, 33, 256] {
                // Weights and dropout must have no effect here.
                let case = Case { corruption, dropout: 0.5, ..Case::plain(batch, loss) };
                let data = case.data(&images, Some(&[3.0; 77]));
                let found = case.fused(&plan).loss(&data, &all, &parameters);
                let expected = case.tape(network(architecture)).loss(&data, &all, &parameters);
                assert_close(found, expected, &format!("{architecture} {loss} {batch}"));
            }
        }
    }
}

#[test]
fn losses_of_single_images_match_the_tape_and_add_up_at_any_batch_size() {
    let images = images(77);
    let corruption = Some(Corruption::Masking { fraction: 0.3 });
    let some: Vec<u32> = (0..77).filter(|image| image % 7 != 3).collect();
    for architecture in [Architecture::Linear, Architecture::Plain, Architecture::Variational, Architecture::Recurrent]
    {
        let parameters = parameters(network(architecture).layout());
        let loss = if architecture == Architecture::Linear { Loss::Mse } else { Loss::Bce };
        for batch in [1, 33, 256] {
            let case = Case { dropout: 0.5, ..Case::plain(batch, loss) };
            let losses = |engine: &mut dyn Engine, data: &Batches<'_>| {
                let mut losses = vec![f32::NAN; some.len()];
                engine.image_losses(data, &some, &parameters, &mut losses);
                losses
            };
            let build = |name, case: &Case| build(name, network(architecture), None, &case.setup());
            let noisy = Case { corruption, ..case.clone() };
            let data = Batches { drawn: true, ..noisy.data(&images, Some(&[3.0; 77])) };
            let found = losses(build(Name::Fused, &noisy).as_mut(), &data);
            let expected = losses(build(Name::Tape, &noisy).as_mut(), &data);
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found - expected).abs() <= 1e-5 * expected, "{architecture} {batch}: {found} {expected}");
            }
            // Without noise, both splits have the same losses.
            if !of(architecture).has_gaussian_code() {
                let mut engine = build(Name::Fused, &case);
                let found = losses(engine.as_mut(), &case.data(&images, None));
                let mean = found.iter().map(|loss| f64::from(*loss)).sum::<f64>() / some.len() as f64;
                let expected = engine.loss(&case.data(&images, None), &some, &parameters).loss;
                assert!((mean - expected).abs() <= 1e-6 * expected, "{architecture} {batch}: {mean} {expected}");
            }
        }
    }
}

#[test]
fn a_step_is_the_same_bit_for_bit_at_any_number_of_threads() {
    let base = Case { corruption: Some(Corruption::Gaussian { sigma: 0.3 }), ..Case::plain(200, Loss::Bce) };
    let adam = Settings::Adam { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    let images = images(base.batch);
    // A small network, one whose products are split in two, one with all penalties and weights, and a variational one.
    for (architecture, case) in [
        (Architecture::Plain, Case { dropout: 0.2, ..base.clone() }),
        (Architecture::Deep, Case { dropout: 0.2, ..base.clone() }),
        (Architecture::Plain, Case { contractive: 0.01, tied: true, deception: 0.1, ..base.clone() }),
        (Architecture::Variational, Case { beta: 1.0, ..base }),
    ] {
        let plan = network(architecture).kind().plan().unwrap();
        let data = Batches { drawn: true, ..case.data(&images, None) };
        let after = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let mut learners = case.learners(&plan.layout, adam);
                let mut engine = case.fused(&plan);
                let losses: Vec<StepLosses> =
                    (0..5).map(|epoch| engine.step(&data, &case.indices(), epoch, &mut learners, 1.0)).collect();
                (losses, engine.loss(&data, &case.indices(), &learners.network.parameters).loss, learners)
            })
        };
        let expected = after(1);
        for threads in [2, 3, 8] {
            assert!(after(threads) == expected, "{architecture} on {threads} threads");
        }
    }
}

#[test]
fn tied_weights_remain_transposes_of_each_other() {
    let adam = Settings::Adam { learning_rate: 1e-2, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    let case = Case { tied: true, ..Case::plain(50, Loss::Mse) };
    let images = images(case.batch);
    let plan = network(Architecture::Wide).kind().plan().unwrap();
    for mut engine in [Box::new(case.fused(&plan)) as Box<dyn Engine>, Box::new(case.tape(network(Architecture::Wide)))]
    {
        let mut learners = case.learners(&plan.layout, adam);
        let before = learners.network.parameters.clone();
        for epoch in 0..3 {
            engine.step(&case.data(&images, None), &case.indices(), epoch, &mut learners, 1.0);
        }
        let after = learners.network.parameters;
        let mut tied = after.clone();
        plan.layout.tie(&mut tied);
        assert!(tied == after && after != before);
    }
}

#[test]
fn a_frozen_encoder_does_not_change_and_the_decoder_learns_the_same_on_each_engine() {
    let adam = Settings::Adam { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    let images = images(50);
    for architecture in [Architecture::Plain, Architecture::Variational, Architecture::Recurrent] {
        let gaussian = of(architecture).has_gaussian_code();
        let case = Case { beta: if gaussian { 1.0 } else { 0.0 }, ..Case::plain(50, Loss::Bce) };
        let mut setup = Setup { frozen: true, ..case.setup() };
        setup.regularisation.l2 = 1e-3;
        setup.regularisation.weight_decay = 0.1;
        let layout = network(architecture).layout().clone();
        let decoder = layout.layers[layout.encoder_layers].start;
        let before = case.learners(&layout, adam).network.parameters;
        let [fused, tape] = [Name::Fused, Name::Tape].map(|name| {
            let mut engine = build(name, network(architecture), None, &setup);
            let mut learners = case.learners(&layout, adam);
            for epoch in 0..5 {
                engine.step(&case.data(&images, None), &case.indices(), epoch, &mut learners, 1.0);
            }
            learners.network.parameters
        });
        assert_eq!(fused[..decoder], before[..decoder], "{architecture}");
        assert_eq!(tape[..decoder], before[..decoder], "{architecture}");
        assert!(distance(&layout, &fused, &tape) < 1e-4, "{architecture}");
        for layer in &layout.layers[layout.encoder_layers..] {
            assert_ne!(fused[layer.weight()], before[layer.weight()], "{architecture} {}", layer.name);
            assert_ne!(fused[layer.bias()], before[layer.bias()], "{architecture} {}", layer.name);
        }
    }
}
