//! The stages of a run: one for a network trained from scratch; for a stacked one a stage per layer, bottom first, then
//! the fine-tuning of the whole; for a transferred one the training on its source, then the tuning. Last comes the classifier
//! that the encoder becomes, where one is asked for.

use std::ops::Range;

use datasets::{Images, Splits};
use random::Stream;
use record::Epoch;
use spec::Run;
use spec::catalogue::{Beginning, Engine as EngineName, Loss, Pixels, SampleWeights, Sampling, Tune};
use spec::{Classifier, Corruption, Optimiser, Regularisation};
use zoo::{Layout, Objective, Trainable};

use crate::batches::{self, Batches, Classes};
use crate::checkpoint::Checkpoint;
use crate::engine::{self, Task};
use crate::error::Error;
use crate::fit::{Observer, Stage, State, fit};
use crate::optimiser::Learner;

/// A run's weights at the end.
pub(crate) struct Trained {
    /// The weights to evaluate.
    pub(crate) parameters: Vec<f32>,
    /// Those of the last epoch, where early stopping chose others.
    pub(crate) last: Option<Vec<f32>>,
    /// Those of the classifier, if there is one.
    pub(crate) classifier: Option<Vec<f32>>,
}

impl Trained {
    fn of(state: State) -> Self {
        let last = state.learners.network.parameters;
        match state.best {
            None => Self { parameters: last, last: None, classifier: None },
            Some(best) => Self { parameters: best.parameters, last: Some(last), classifier: None },
        }
    }
}

/// Trains a network on the splits with `engine`, from its initial weights or a checkpoint to its last; on those of a transfer's
/// `source` first, where there is one.
///
/// # Errors
/// When a stage diverges or the observer fails.
pub(crate) fn train(
    run: &Run,
    network: Box<dyn Trainable>,
    engine: EngineName,
    splits: &Splits,
    source: Option<&Splits>,
    checkpoint: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Trained, Error> {
    let training = &run.training;
    let balance = Balance::of(run, splits);
    let mut before = checkpoint.as_ref().map_or(0, |it| it.history.len().saturating_sub(it.state.epochs));
    let (stages_done, mut parameters, last, mut resumed) = match checkpoint {
        None => (0, initial_parameters(run, network.layout()), None, None),
        Some(it) => (it.stage, it.parameters, it.last, Some(it.state)),
    };
    let classified = |trained: Trained, before: usize, resumed, observer: &mut dyn Observer| {
        let Some(classifier) = training.classifier else { return Ok(trained) };
        let stage = Stage { epochs_before: before, ..stage(run, splits, Epoch::CLASSIFIER, None, &balance) };
        let parameters = train_classifier(run, classifier, engine, stage, &trained, resumed, observer)?;
        Ok(Trained { classifier: Some(parameters), ..trained })
    };
    if stages_done > whole_stage(run) && training.classifier.is_some() {
        return classified(Trained { parameters, last, classifier: None }, before, resumed, observer);
    }
    if let Some(transfer) = training.transfer {
        let tuned = transfer.tune != Tune::Nothing;
        if let (Some(source), 0) = (source, stages_done) {
            let balance = Balance::of(run, source);
            let stage = Stage { epochs: transfer.epochs, ..stage(run, source, "source", run.corruption, &balance) };
            let whole = Whole { run, engine, index: 0, stage, frozen: false };
            let state = whole.train(zoo::build(run.model)?, parameters, resumed.take(), observer)?;
            if !tuned {
                return Ok(Trained::of(state));
            }
            (before, parameters) = (state.epochs, state.result().to_vec());
        }
        let stage = Stage { epochs_before: before, ..stage(run, splits, "tuning", run.corruption, &balance) };
        let whole = Whole { run, engine, index: 1, stage, frozen: transfer.tune == Tune::Decoder };
        return Ok(Trained::of(whole.train(network, parameters, resumed, observer)?));
    }
    let mut index = 0;
    if let Some(pretraining) = training.pretraining {
        let mut below: Vec<Box<dyn Trainable>> = Vec::new();
        for (mut layer, for_engine) in network.stages().into_iter().zip(network.stages()) {
            let places = places(network.as_ref(), index);
            if index >= stages_done {
                let name = format!("layer-{}", index + 1);
                let stage = Stage {
                    epochs_before: epochs_before(run, index),
                    epochs: pretraining.epochs,
                    early_stopping: None,
                    focus: None,
                    ..stage(run, splits, &name, pretraining.corruption, &balance)
                };
                let task = Task {
                    batch_size: stage.batch_size,
                    // Codes are no probabilities: only the pixels of the first layer can be held against a cross-entropy.
                    objective: Objective {
                        loss: if index == 0 { training.loss } else { Loss::Mse },
                        code_l1: 0.0,
                        divergence: 0.0,
                    },
                    regularisation: weights_only(training.regularisation),
                    tied: run.model.tied,
                    frozen: false,
                    variational: None,
                    deception: 0.0,
                    corrupted: pretraining.corruption.is_some(),
                    classifies: false,
                    below: &below,
                };
                let mut engine = engine::build(engine, for_engine, None, &task);
                observer.stage(index, &parameters, None);
                let start = || State::new(Learner::new(gather(&parameters, &places), training.optimiser), None);
                let state = fit(engine.as_mut(), &stage, resumed.take().unwrap_or_else(start), observer)?;
                scatter(state.result(), &places, &mut parameters);
            }
            layer.set_parameters(&gather(&parameters, &places));
            below.push(layer);
            index += 1;
        }
    }
    let name = if index > 0 { "fine-tuning" } else { "training" };
    let stage =
        Stage { epochs_before: epochs_before(run, index), ..stage(run, splits, name, run.corruption, &balance) };
    let whole = Whole { run, engine, index, stage, frozen: false };
    let state = whole.train(network, parameters, resumed, observer)?;
    let before = epochs_before(run, index) + state.epochs;
    classified(Trained::of(state), before, None, observer)
}

/// Trains the classifier that the encoder becomes, from its beginning or where the stage was left, and gives its weights.
fn train_classifier(
    run: &Run,
    classifier: Classifier,
    engine: EngineName,
    stage: Stage<'_>,
    trained: &Trained,
    resumed: Option<State>,
    observer: &mut dyn Observer,
) -> Result<Vec<f32>, Error> {
    // Hard examples are those of the reconstruction.
    let stage = Stage { epochs: classifier.epochs, variational: None, focus: None, ..stage };
    let task = Task {
        batch_size: stage.batch_size,
        // The loss of a classifier is none of those of pixels.
        objective: Objective { loss: run.training.loss, code_l1: 0.0, divergence: 0.0 },
        regularisation: dropout_only(classifier.dropout),
        tied: false,
        frozen: false,
        variational: None,
        deception: 0.0,
        corrupted: false,
        classifies: true,
        below: &[],
    };
    let network = zoo::classifier(run.model)?;
    let mut parameters = network.layout().initial_parameters_from(Stream::Head, run.seed);
    let encoder = ..network.layout().layers[network.layout().encoder_layers].start;
    match classifier.from {
        Beginning::Autoencoder => parameters[encoder].copy_from_slice(&trained.parameters[encoder]),
        Beginning::Scratch => {
            let initial = initial_parameters(run, zoo::build(run.model)?.layout());
            parameters[encoder].copy_from_slice(&initial[encoder]);
        }
    }
    let mut engine = engine::build(engine, network, None, &task);
    observer.stage(whole_stage(run) + 1, &trained.parameters, trained.last.as_deref());
    let start = || State::new(Learner::new(parameters, classifier.optimiser), None);
    let state = fit(engine.as_mut(), &stage, resumed.unwrap_or_else(start), observer)?;
    Ok(state.result().to_vec())
}

/// Stages before that of the whole network, of a run without transfer.
fn whole_stage(run: &Run) -> usize {
    run.training.pretraining.map_or(0, |_| run.model.architecture.hidden().len() + 1)
}

/// The classifier, if a stage is that of its training.
fn classifier_at(run: &Run, stage: usize) -> Option<Classifier> {
    run.training.classifier.filter(|_| stage == whole_stage(run) + 1)
}

/// What moves the weights of a stage.
pub(crate) fn optimiser(run: &Run, stage: usize) -> Optimiser {
    classifier_at(run, stage).map_or(run.training.optimiser, |classifier| classifier.optimiser)
}

/// A stage that trains the whole network.
struct Whole<'a> {
    run: &'a Run,
    engine: EngineName,
    /// Stages before it.
    index: usize,
    stage: Stage<'a>,
    /// Whether the encoder stays as it is.
    frozen: bool,
}

impl Whole<'_> {
    /// Trains from the parameters given, or from where the stage was left.
    fn train(
        &self,
        network: Box<dyn Trainable>,
        parameters: Vec<f32>,
        resumed: Option<State>,
        observer: &mut dyn Observer,
    ) -> Result<State, Error> {
        let Self { run, engine, index, stage, frozen } = self;
        let training = &run.training;
        let task = Task {
            batch_size: stage.batch_size,
            objective: Objective { loss: training.loss, code_l1: training.regularisation.code_l1, divergence: 0.0 },
            regularisation: training.regularisation,
            tied: run.model.tied,
            frozen: *frozen,
            variational: training.variational,
            deception: training.adversarial.map_or(0.0, |adversarial| adversarial.weight),
            corrupted: run.corruption.is_some(),
            classifies: false,
            below: &[],
        };
        let discriminator = training.adversarial.map(|_| zoo::discriminator(run.model.code)).transpose()?;
        let judge = discriminator.as_ref().zip(training.adversarial).map(|(discriminator, adversarial)| {
            let parameters = discriminator.layout().initial_parameters_from(Stream::Discriminator, run.seed);
            Learner::new(parameters, adversarial.optimiser)
        });
        let mut engine = engine::build(*engine, network, discriminator, &task);
        observer.stage(*index, &parameters, None);
        let start = || State::new(Learner::new(parameters, training.optimiser), judge);
        fit(engine.as_mut(), stage, resumed.unwrap_or_else(start), observer)
    }
}

/// Whether a checkpoint stands somewhere within the run, and its numbers of values are those of the network and of its
/// present stage.
pub(crate) fn fits(checkpoint: &Checkpoint, run: &Run, network: &dyn Trainable) -> bool {
    let Checkpoint { history, stage, parameters, last: of_last_epoch, state, .. } = checkpoint;
    let layers = if run.training.pretraining.is_some() { network.stages() } else { Vec::new() };
    let whole = network.parameter_count();
    let classifier = classifier_at(run, *stage);
    let head = classifier.map(|_| zoo::classifier(run.model).map(|network| network.parameter_count())).transpose();
    let judge = run.training.adversarial.filter(|_| *stage == layers.len());
    let judge = judge.map(|_| zoo::discriminator(run.model.code).map(|judge| judge.layout().parameter_count()));
    let (Ok(head), Ok(discriminator)) = (head, judge.transpose()) else { return false };
    let (count, epochs, train) = match (layers.get(*stage), run.training.pretraining, run.training.transfer) {
        (Some(layer), Some(pretraining), _) => (layer.parameter_count(), pretraining.epochs, run.dataset.train),
        (_, _, Some(transfer)) if *stage == 0 => (whole, transfer.epochs, transfer.train),
        _ => {
            let epochs = classifier.map_or(run.training.epochs, |classifier| classifier.epochs);
            (head.unwrap_or(whole), epochs, run.dataset.train)
        }
    };
    let stops_early = run.training.early_stopping.is_some();
    let (last, before) = match run.training.transfer {
        None if classifier.is_some() => {
            // The training may have been left early.
            let pretrained = epochs_before(run, layers.len());
            let fewest = if stops_early { 1 } else { run.training.epochs };
            (*stage, pretrained + fewest..=pretrained + run.training.epochs)
        }
        None => (layers.len(), epochs_before(run, *stage)..=epochs_before(run, *stage)),
        Some(transfer) => {
            // The source may have been left early.
            let fewest = if stops_early { 1 } else { transfer.epochs };
            let before = if *stage == 0 { 0..=0 } else { fewest..=transfer.epochs };
            (usize::from(transfer.tune != Tune::Nothing), before)
        }
    };
    let focused =
        run.training.hard_examples.is_some() && *stage >= layers.len() && classifier.is_none() && state.batches > 0;
    let chosen = classifier.is_some() && stops_early;
    let best = state.best.as_ref().is_none_or(|best| best.parameters.len() == count && best.epochs <= state.epochs);
    *stage <= last
        && state.epochs <= epochs
        && state.batches <= train.div_ceil(run.training.batch_size)
        && history.len().checked_sub(state.epochs).is_some_and(|epochs| before.contains(&epochs))
        && parameters.len() == whole
        && of_last_epoch.as_ref().map(Vec::len) == chosen.then_some(whole)
        && state.learners.network.parameters.len() == count
        && state.learners.discriminator.as_ref().map(|judge| judge.parameters.len()) == discriminator
        && state.weights.len() == if focused { train } else { 0 }
        && best
}

/// The weights a run begins with.
fn initial_parameters(run: &Run, layout: &Layout) -> Vec<f32> {
    let mut parameters = layout.initial_parameters(run.seed);
    if run.model.tied {
        layout.tie(&mut parameters);
    }
    parameters
}

/// Epochs of a run without transfer before a stage.
fn epochs_before(run: &Run, stage: usize) -> usize {
    stage * run.training.pretraining.map_or(0, |pretraining| pretraining.epochs)
}

/// What is done for classes of which there are few images.
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

/// A training of the whole network from the first epoch of the run on.
fn stage<'a>(
    run: &Run,
    splits: &'a Splits,
    name: &str,
    corruption: Option<Corruption>,
    balance: &'a Balance,
) -> Stage<'a> {
    let training = &run.training;
    let drawn = run.dataset.pixels == Pixels::Stochastic;
    let batches = |images: &'a Images, weights| Batches { images, drawn, corruption, weights, seed: run.seed };
    Stage {
        name: name.to_owned(),
        epochs_before: 0,
        epochs: training.epochs,
        batch_size: training.batch_size,
        schedule: training.schedule,
        variational: training.variational,
        early_stopping: training.early_stopping,
        train: batches(&splits.train, balance.weights.as_deref()),
        classes: balance.classes.as_ref(),
        focus: training.hard_examples.map(|hard| hard.focus),
        validation: batches(&splits.validation, None),
    }
}

/// That of a classifier.
fn dropout_only(dropout: f32) -> Regularisation {
    let mut regularisation = Regularisation::default();
    regularisation.dropout = dropout;
    regularisation
}

/// What of the regularisation applies to a layer of a pretraining: it has no hidden units to drop, and its code is not
/// the network's.
fn weights_only(mut regularisation: Regularisation) -> Regularisation {
    regularisation.dropout = 0.0;
    regularisation.code_l1 = 0.0;
    regularisation.contractive = 0.0;
    regularisation
}

/// Where the two layers of a pretraining stage stand among the parameters of the whole network: the encoder's layer
/// `index`, and the decoder's that mirrors it.
fn places(network: &dyn Trainable, index: usize) -> [Range<usize>; 2] {
    let layers = &network.layout().layers;
    [&layers[index], &layers[layers.len() - 1 - index]].map(|layer| layer.weight().start..layer.bias().end)
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
                let network = zoo::build(run.model).unwrap();
                let trained = train(&run, network, EngineName::Fused, splits, source, None, &mut Silent).unwrap();
                (trained.parameters, trained.classifier)
            };
            assert_ne!(splits.test, perturbed.test);
            let first = weights(&splits, source.as_ref());
            assert_eq!(first, weights(&perturbed, foreign.as_ref()));
            assert_eq!(first.1.is_some(), run.training.classifier.is_some());
        }
    }
}
