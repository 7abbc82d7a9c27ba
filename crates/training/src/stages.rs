//! The training of a run, stage by stage, in the order of [`Run::stages`].

use std::ops::Range;

use datasets::{Rows, Splits};
use random::Stream;
use spec::catalogue::{Beginning, Initialisation, Loss, Pixels, SampleWeights, Sampling, Split};
use spec::{Corruption, Regularisation, Run, Stage, Trains};
use zoo::{Layout, Matrix, Networks, Objective, Trainable};

use crate::batches::{self, Batches, Classes, Noise};
use crate::checkpoint::Checkpoint;
use crate::engine::{self, Setup};
use crate::error::Error;
use crate::fit::{Observer, Settings, State, fit};
use crate::initialisation;
use crate::optimiser::Learner;

/// Number of training rows that initial biases are fitted to.
const FITTED: usize = 1000;

/// The weights of a run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weights {
    /// Weights of the network; at the end, the ones to evaluate.
    pub(crate) network: Vec<f32>,
    /// Weights of the network's last epoch, if early stopping chose others.
    pub(crate) last: Option<Vec<f32>>,
    /// Weights of the classifier, once it is trained.
    pub(crate) classifier: Option<Vec<f32>>,
}

/// Trains a run on its splits, from initial weights or from a checkpoint. With a transfer, `source` is the data set that
/// the first stage trains on.
///
/// # Errors
/// When a stage diverges, a network is not compiled into this program, or the observer returns an error.
pub(crate) fn train(
    run: &Run,
    networks: Networks,
    splits: &Splits,
    source: Option<&Splits>,
    checkpoint: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Weights, Error> {
    let training = Training { run, networks, splits, source };
    let (begun, mut epochs, mut weights, mut resumed) = match checkpoint {
        None => (0, 0, training.initial()?, None),
        Some(it) => {
            let weights = Weights { network: it.parameters, last: it.last, classifier: None };
            (it.stage, it.history.len().saturating_sub(it.state.epochs), weights, Some(it.state))
        }
    };
    for (index, stage) in run.stages().iter().enumerate().skip(begun) {
        let last = weights.last.as_deref().filter(|_| stage.trains == Trains::Classifier);
        observer.stage(index, &weights.network, last);
        let state = match stage.trains {
            Trains::Layer(layer) => training.layer(stage, layer, &mut weights, epochs, resumed.take(), observer)?,
            Trains::Classifier => training.classifier(stage, &mut weights, epochs, resumed.take(), observer)?,
            Trains::Source | Trains::Network { .. } => {
                training.network(stage, &mut weights, epochs, resumed.take(), observer)?
            }
        };
        epochs += state;
    }
    Ok(weights)
}

/// Everything that all stages of a run have in common.
struct Training<'a> {
    run: &'a Run,
    networks: Networks,
    splits: &'a Splits,
    source: Option<&'a Splits>,
}

impl Training<'_> {
    /// The initial weights of a run.
    fn initial(&self) -> Result<Weights, Error> {
        let network = self.networks.build(&self.run.model)?;
        let mut parameters = network.layout().initial_parameters(self.run.seed);
        // The rows that the first stage trains on.
        let rows = &self.source.unwrap_or(self.splits).train;
        let data = batches(self.run, rows, self.run.corruption, self.run.training.corruption_levels, None);
        self.fit_biases(network.as_ref(), &mut parameters, &data, &[]);
        if self.run.model.tied {
            network.layout().tie(&mut parameters);
        }
        Ok(Weights { network: parameters, last: None, classifier: None })
    }

    /// Fits the initial biases of a network to the first rows that it trains on, if the experiment asks for it.
    fn fit_biases(
        &self,
        network: &dyn Trainable,
        parameters: &mut [f32],
        data: &Batches<'_>,
        below: &[Box<dyn Trainable>],
    ) {
        let (Initialisation::Data, Some(plan)) = (self.run.training.initialisation, network.kind().plan()) else {
            return;
        };
        let some: Vec<u32> = (0..data.len().min(FITTED) as u32).collect();
        let seen = Noise::Evaluation(Split::Train);
        let (inputs, targets) = data.batch(&some, seen, below);
        let noise = (plan.layout.heads == 2).then(|| {
            let mut noise = Matrix::zeros(some.len(), network.code_size());
            some.iter().for_each(|row| data.code_noise(*row, seen, noise.row_mut(*row as usize)));
            noise
        });
        initialisation::fit(&plan, parameters, (&inputs, &targets), noise.as_ref(), self.run.model.tied);
    }

    /// Trains one layer of a pretraining on the codes of the layers below, and copies its weights into those of the
    /// network. Returns the number of epochs, as `network` and `classifier` do.
    fn layer(
        &self,
        stage: &Stage,
        layer: usize,
        weights: &mut Weights,
        epochs_before: usize,
        resumed: Option<State>,
        observer: &mut dyn Observer,
    ) -> Result<usize, Error> {
        let (run, pretraining) = (self.run, self.run.training.pretraining);
        let whole = self.networks.build(&run.model)?;
        let mut layers = self.networks.stages(&run.model)?;
        let network = layers.swap_remove(layer);
        layers.truncate(layer);
        for (index, below) in layers.iter_mut().enumerate() {
            below.set_parameters(&gather(&weights.network, &places(whole.layout(), index)));
        }
        let corruption = pretraining.and_then(|pretraining| pretraining.corruption);
        let balance = Balance::of(run, self.splits);
        let settings = Settings {
            early_stopping: None,
            focus: None,
            ..settings(run, stage, self.splits, corruption, &balance, epochs_before)
        };
        let setup = Setup {
            // Codes are not probabilities, so cross-entropy applies only to the first layer, which reconstructs pixels.
            objective: Objective {
                loss: if layer == 0 { run.training.loss } else { Loss::Mse },
                code_l1: 0.0,
                divergence: 0.0,
            },
            regularisation: of_weights(run.training.regularisation),
            tied: run.model.tied,
            corrupted: corruption.is_some(),
            below: &layers,
            ..setup(run)
        };
        let places = places(whole.layout(), layer);
        let mut initial = gather(&weights.network, &places);
        if resumed.is_none() {
            // The inputs are codes of the trained layers below, and the outputs are reconstructions of these codes.
            self.fit_biases(network.as_ref(), &mut initial, &settings.train, &layers);
        }
        let mut engine = engine::build(run.training.engine, network, None, &setup);
        let start = || State::new(Learner::new(initial, stage.optimiser), None);
        let state = fit(engine.as_mut(), &settings, resumed.unwrap_or_else(start), observer)?;
        scatter(state.result(), &places, &mut weights.network);
        Ok(state.epochs)
    }

    /// Trains the whole network, or its decoder alone.
    fn network(
        &self,
        stage: &Stage,
        weights: &mut Weights,
        epochs_before: usize,
        resumed: Option<State>,
        observer: &mut dyn Observer,
    ) -> Result<usize, Error> {
        let (run, training) = (self.run, &self.run.training);
        let splits = self.source.filter(|_| stage.trains == Trains::Source).unwrap_or(self.splits);
        let balance = Balance::of(run, splits);
        let settings = settings(run, stage, splits, run.corruption, &balance, epochs_before);
        let setup = Setup {
            objective: Objective { loss: training.loss, code_l1: training.regularisation.code_l1, divergence: 0.0 },
            regularisation: training.regularisation,
            tied: run.model.tied,
            frozen: stage.trains == Trains::Network { frozen: true },
            variational: training.variational,
            deception: training.adversarial.map_or(0.0, |adversarial| adversarial.weight),
            corrupted: run.corruption.is_some(),
            ..setup(run)
        };
        let discriminator = training.adversarial.map(|_| self.networks.discriminator(&run.model)).transpose()?;
        let judge = discriminator.as_ref().zip(training.adversarial).map(|(discriminator, adversarial)| {
            let parameters = discriminator.layout().initial_parameters_from(Stream::Discriminator, run.seed);
            Learner::new(parameters, adversarial.optimiser)
        });
        let network = self.networks.build(&run.model)?;
        let mut engine = engine::build(training.engine, network, discriminator, &setup);
        let start = || State::new(Learner::new(weights.network.clone(), stage.optimiser), judge);
        let state = fit(engine.as_mut(), &settings, resumed.unwrap_or_else(start), observer)?;
        let last = state.learners.network.parameters;
        (weights.network, weights.last) = match state.best {
            None => (last, None),
            Some(best) => (best.parameters, Some(last)),
        };
        Ok(state.epochs)
    }

    /// Trains the classifier made of the encoder.
    fn classifier(
        &self,
        stage: &Stage,
        weights: &mut Weights,
        epochs_before: usize,
        resumed: Option<State>,
        observer: &mut dyn Observer,
    ) -> Result<usize, Error> {
        let run = self.run;
        let Some(classifier) = run.training.classifier else { return Ok(0) };
        let balance = Balance::of(run, self.splits);
        let settings = Settings {
            variational: None,
            // Hard examples are defined by the reconstruction, so a classifier has none.
            focus: None,
            ..settings(run, stage, self.splits, None, &balance, epochs_before)
        };
        let setup = Setup { regularisation: of_dropout(classifier.dropout), classifies: true, ..setup(run) };
        let network = self.networks.classifier(&run.model, run.dataset.classes().len())?;
        let layout = network.layout();
        let encoder = ..layout.layers[layout.encoder_layers].start;
        let mut parameters = layout.initial_parameters_from(Stream::Head, run.seed);
        match classifier.from {
            Beginning::Autoencoder => parameters[encoder].copy_from_slice(&weights.network[encoder]),
            Beginning::Scratch => parameters[encoder].copy_from_slice(&self.initial()?.network[encoder]),
        }
        let mut engine = engine::build(run.training.engine, network, None, &setup);
        let start = || State::new(Learner::new(parameters, stage.optimiser), None);
        let state = fit(engine.as_mut(), &settings, resumed.unwrap_or_else(start), observer)?;
        weights.classifier = Some(state.result().to_vec());
        Ok(state.epochs)
    }
}

/// True if `run` can have written the checkpoint: its stage and epoch are within the run, and it has the parameters of the
/// network and of the current stage.
pub(crate) fn fits(checkpoint: &Checkpoint, run: &Run) -> bool {
    let Checkpoint { history, stage: index, parameters, last, state, .. } = checkpoint;
    let (stages, whole) = (run.stages(), run.model.network.parameter_count());
    let Some(stage) = stages.get(*index) else { return false };
    let (count, before) = (stage.parameter_count(), &stages[..*index]);
    let fewest: usize = before.iter().map(Stage::fewest_epochs).sum();
    let most: usize = before.iter().map(|stage| stage.epochs).sum();
    let is_whole = matches!(stage.trains, Trains::Source | Trains::Network { .. });
    let judge = run.training.adversarial.filter(|_| is_whole);
    let judge = judge.map(|_| run.model.network.discriminator().parameter_count());
    let focused = run.training.hard_examples.is_some() && is_whole && state.batches > 0;
    let chosen = stage.trains == Trains::Classifier && run.training.early_stopping.is_some();
    let best = state.best.as_ref().is_none_or(|best| best.parameters.len() == count && best.epochs <= state.epochs);
    state.epochs <= stage.epochs
        && state.batches <= stage.train.div_ceil(run.training.batch_size)
        && history.len().checked_sub(state.epochs).is_some_and(|epochs| (fewest..=most).contains(&epochs))
        && parameters.len() == whole
        && last.as_ref().map(Vec::len) == chosen.then_some(whole)
        && state.learners.network.parameters.len() == count
        && state.learners.discriminator.as_ref().map(|judge| judge.parameters.len()) == judge
        && state.weights.len() == if focused { stage.train } else { 0 }
        && best
}

/// The rows of a split with the corruption, weights and seed of a run.
fn batches<'a>(
    run: &Run,
    rows: &'a Rows,
    corruption: Option<Corruption>,
    levels: Option<[f32; 2]>,
    weights: Option<&'a [f32]>,
) -> Batches<'a> {
    Batches { rows, drawn: run.dataset.pixels == Pixels::Stochastic, corruption, levels, weights, seed: run.seed }
}

/// Balancing of classes of different sizes: weights of rows, or rows by class.
struct Balance {
    weights: Option<Vec<f32>>,
    classes: Option<Classes>,
}

impl Balance {
    fn of(run: &Run, splits: &Splits) -> Self {
        let (training, labels) = (&run.training, splits.train.labels());
        Self {
            weights: (training.sample_weights == SampleWeights::Balanced).then(|| batches::balanced(labels)),
            classes: (training.sampling == Sampling::Balanced).then(|| Classes::of(labels)),
        }
    }
}

/// Configuration of a stage. `epochs_before` is the number of epochs of the run before it.
fn settings<'a>(
    run: &Run,
    stage: &Stage,
    splits: &'a Splits,
    corruption: Option<Corruption>,
    balance: &'a Balance,
    epochs_before: usize,
) -> Settings<'a> {
    let training = &run.training;
    // The noise levels belong to the corruption of the run. A layer of a pretraining has its own corruption.
    let levels = training.corruption_levels.filter(|_| !matches!(stage.trains, Trains::Layer(_)));
    Settings {
        name: stage.name.clone(),
        epochs_before,
        epochs: stage.epochs,
        batch_size: training.batch_size,
        schedule: training.schedule,
        warm_up_steps: training.warm_up_steps,
        variational: training.variational,
        early_stopping: training.early_stopping,
        train: batches(run, &splits.train, corruption, levels, balance.weights.as_deref()),
        classes: balance.classes.as_ref(),
        focus: training.hard_examples.map(|hard| hard.focus),
        validation: batches(run, &splits.validation, corruption, levels, None),
    }
}

/// The configuration of an engine that all stages share: the loss, without any penalty.
fn setup(run: &Run) -> Setup<'static> {
    Setup {
        values: run.dataset.shape.values(),
        batch_size: run.training.batch_size,
        objective: Objective { loss: run.training.loss, code_l1: 0.0, divergence: 0.0 },
        regularisation: Regularisation::default(),
        tied: false,
        frozen: false,
        variational: None,
        deception: 0.0,
        corrupted: false,
        classifies: false,
        below: &[],
    }
}

/// Regularisation with dropout alone.
fn of_dropout(dropout: f32) -> Regularisation {
    let mut regularisation = Regularisation::default();
    regularisation.dropout = dropout;
    regularisation
}

/// The regularisation of a pretraining layer, which has no hidden units to drop and whose code is not the network's.
fn of_weights(mut regularisation: Regularisation) -> Regularisation {
    regularisation.dropout = 0.0;
    regularisation.code_l1 = 0.0;
    regularisation.contractive = 0.0;
    regularisation
}

/// Places of the two layers of a pretraining stage in the parameters of the whole network: the encoder's layer `index`, and
/// the decoder's layer that mirrors it.
fn places(layout: &Layout, index: usize) -> [Range<usize>; 2] {
    let layers = &layout.layers;
    [&layers[index], &layers[layout.mirror(index)]].map(|layer| layer.weight().start..layer.bias().end)
}

fn gather(parameters: &[f32], places: &[Range<usize>; 2]) -> Vec<f32> {
    places.iter().flat_map(|place| &parameters[place.clone()]).copied().collect()
}

fn scatter(layer: &[f32], places: &[Range<usize>; 2], parameters: &mut [f32]) {
    let mut rest = layer;
    for place in places {
        let (values, after) = rest.split_at(place.len());
        parameters[place.clone()].copy_from_slice(values);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use networks::NETWORKS;
    use record::Epoch;
    use spec::Experiment;

    use super::*;

    struct Silent;

    impl Observer for Silent {
        fn stage(&mut self, _: usize, _: &[f32], _: Option<&[f32]>) {}

        fn batch(&mut self, _: usize, _: f64, _: &State) -> Result<(), Error> {
            Ok(())
        }

        fn epoch(&mut self, _: &Epoch, _: &State) -> Result<(), Error> {
            Ok(())
        }
    }

    #[test]
    fn no_test_image_or_label_reaches_the_weights() {
        let text = "question = \"?\"\n[dataset]\nname = \"glyphs\"\ntrain = 200\nvalidation = 50\ntest = 100\n\
             [model]\narchitecture = \"plain\"\ncode = 4\n[corruption.masking]\nfraction = 0.25\n\
             [training]\nepochs = 3\nbatch_size = 50\nloss = \"mse\"\nsample_weights = \"balanced\"\n\
             [training.adam]\nlearning_rate = 0.01\n[training.early_stopping]\npatience = 1\n";
        let classifier = "[training.pretraining]\nepochs = 1\n\
             [training.classifier]\nepochs = 2\nadam = { learning_rate = 0.01 }\n";
        let transfer = "[training.transfer]\nfrom = \"letters\"\nepochs = 2\ntune = \"decoder\"\n";
        let resampled = text.replace("sample_weights", "sampling");
        let hard = text.replace("sample_weights = \"balanced\"\n", "") + "[training.hard_examples]\n";
        for text in [text.to_owned() + classifier, text.to_owned() + transfer, resampled, hard] {
            let run = Experiment::parse("leak.toml".as_ref(), text, &[]).unwrap().runs.remove(0);
            let splits = datasets::load(&run.dataset, 0, None).unwrap();
            let other = datasets::load(&run.dataset, 1, None).unwrap();
            let source = run.training.transfer.map(|_| datasets::load(&run.dataset, 2, None).unwrap());
            let foreign = source.clone().map(|source| Splits { test: other.test.clone(), ..source });
            let perturbed = Splits { test: other.test, ..splits.clone() };
            let weights = |splits, source: Option<&Splits>| {
                let trained = train(&run, NETWORKS, splits, source, None, &mut Silent).unwrap();
                (trained.network, trained.classifier)
            };
            assert_ne!(splits.test, perturbed.test);
            let first = weights(&splits, source.as_ref());
            assert_eq!(first, weights(&perturbed, foreign.as_ref()));
            assert_eq!(first.1.is_some(), run.training.classifier.is_some());
        }
    }
}
