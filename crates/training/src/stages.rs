//! The stages of a run: one for a network trained from scratch; for a stacked one a stage per layer, bottom first, then
//! the fine-tuning of the whole.

use std::ops::Range;

use datasets::{Images, Splits};
use experiment::Run;
use experiment::catalogue::{Engine as EngineName, Loss, Pixels, SampleWeights, Sampling};
use experiment::spec::{Corruption, Regularisation};
use experiment::streams::Stream;
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
}

/// Trains a network on the splits with `engine`, from its initial weights or a checkpoint to its last.
///
/// # Errors
/// When a stage diverges or the observer fails.
pub(crate) fn train(
    run: &Run,
    network: Box<dyn Trainable>,
    engine: EngineName,
    splits: &Splits,
    checkpoint: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Trained, Error> {
    let training = &run.training;
    let weights = match training.sample_weights {
        SampleWeights::Uniform => None,
        SampleWeights::Balanced => Some(batches::balanced(splits.train.labels())),
    };
    let weights = weights.as_deref();
    let classes = (training.sampling == Sampling::Balanced).then(|| Classes::of(splits.train.labels()));
    let classes = classes.as_ref();
    let (stages_done, mut parameters, mut resumed) = match checkpoint {
        None => (0, initial_parameters(run, network.layout()), None),
        Some(checkpoint) => (checkpoint.stage, checkpoint.parameters, Some(checkpoint.state)),
    };
    let mut index = 0;
    if let Some(pretraining) = training.pretraining {
        let mut below: Vec<Box<dyn Trainable>> = Vec::new();
        for (mut layer, for_engine) in network.stages().into_iter().zip(network.stages()) {
            let places = places(network.as_ref(), index);
            if index >= stages_done {
                let mut stage = stage(run, splits, pretraining.corruption, weights, classes);
                stage.name = format!("layer-{}", index + 1);
                stage.epochs_before = epochs_before(run, index);
                stage.epochs = pretraining.epochs;
                stage.early_stopping = None;
                stage.focus = None;
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
                    variational: None,
                    deception: 0.0,
                    corrupted: pretraining.corruption.is_some(),
                    below: &below,
                };
                let mut engine = engine::build(engine, for_engine, None, &task);
                observer.stage(index, &parameters);
                let start = || State::new(Learner::new(gather(&parameters, &places), training.optimiser), None);
                let state = fit(engine.as_mut(), &stage, resumed.take().unwrap_or_else(start), observer)?;
                scatter(state.result(), &places, &mut parameters);
            }
            layer.set_parameters(&gather(&parameters, &places));
            below.push(layer);
            index += 1;
        }
    }
    let mut stage = stage(run, splits, run.corruption, weights, classes);
    stage.name = if index > 0 { "fine-tuning" } else { "training" }.to_owned();
    stage.epochs_before = epochs_before(run, index);
    let task = Task {
        batch_size: stage.batch_size,
        objective: Objective { loss: training.loss, code_l1: training.regularisation.code_l1, divergence: 0.0 },
        regularisation: training.regularisation,
        tied: run.model.tied,
        variational: training.variational,
        deception: training.adversarial.map_or(0.0, |adversarial| adversarial.weight),
        corrupted: run.corruption.is_some(),
        below: &[],
    };
    let discriminator = training.adversarial.map(|_| zoo::discriminator(run.model.code)).transpose()?;
    let judge = discriminator.as_ref().zip(training.adversarial).map(|(discriminator, adversarial)| {
        let parameters = discriminator.layout().initial_parameters_from(Stream::Discriminator, run.seed);
        Learner::new(parameters, adversarial.optimiser)
    });
    let mut engine = engine::build(engine, network, discriminator, &task);
    observer.stage(index, &parameters);
    let start = || State::new(Learner::new(parameters, training.optimiser), judge);
    let state = fit(engine.as_mut(), &stage, resumed.unwrap_or_else(start), observer)?;
    Ok(match state.best {
        None => Trained { parameters: state.learners.network.parameters, last: None },
        Some(best) => Trained { parameters: best.parameters, last: Some(state.learners.network.parameters) },
    })
}

/// Whether a checkpoint stands somewhere within the run, and its numbers of values are those of the network and of its
/// present stage.
pub(crate) fn fits(checkpoint: &Checkpoint, run: &Run, network: &dyn Trainable) -> bool {
    let Checkpoint { history, stage, parameters, state, .. } = checkpoint;
    let layers = if run.training.pretraining.is_some() { network.stages() } else { Vec::new() };
    let (count, epochs) = match (layers.get(*stage), run.training.pretraining) {
        (Some(layer), Some(pretraining)) => (layer.parameter_count(), pretraining.epochs),
        _ => (network.parameter_count(), run.training.epochs),
    };
    let discriminator = run.training.adversarial.filter(|_| *stage == layers.len()).and_then(|_| {
        let discriminator = zoo::discriminator(run.model.code).ok()?;
        Some(discriminator.layout().parameter_count())
    });
    let focused = run.training.hard_examples.is_some() && *stage == layers.len();
    let weights = if focused && state.batches > 0 { run.dataset.train } else { 0 };
    let best = state.best.as_ref().is_none_or(|best| best.parameters.len() == count && best.epochs <= state.epochs);
    *stage <= layers.len()
        && state.epochs <= epochs
        && state.batches <= run.dataset.train.div_ceil(run.training.batch_size)
        && history.len() == epochs_before(run, *stage) + state.epochs
        && parameters.len() == network.parameter_count()
        && state.learners.network.parameters.len() == count
        && state.learners.discriminator.as_ref().map(|judge| judge.parameters.len()) == discriminator
        && state.weights.len() == weights
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

/// Epochs of the run before a stage.
pub(crate) fn epochs_before(run: &Run, stage: usize) -> usize {
    stage * run.training.pretraining.map_or(0, |pretraining| pretraining.epochs)
}

/// The training of the whole network, before it has a name.
fn stage<'a>(
    run: &Run,
    splits: &'a Splits,
    corruption: Option<Corruption>,
    weights: Option<&'a [f32]>,
    classes: Option<&'a Classes>,
) -> Stage<'a> {
    let training = &run.training;
    let drawn = run.dataset.pixels == Pixels::Stochastic;
    let batches = |images: &'a Images, weights| Batches { images, drawn, corruption, weights, seed: run.seed };
    Stage {
        name: String::new(),
        epochs_before: 0,
        epochs: training.epochs,
        batch_size: training.batch_size,
        schedule: training.schedule,
        variational: training.variational,
        early_stopping: training.early_stopping,
        train: batches(&splits.train, weights),
        classes,
        focus: training.hard_examples.map(|hard| hard.focus),
        validation: batches(&splits.validation, None),
    }
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
