//! The stages of a run: one for a network trained from scratch; for a stacked one a stage per layer, bottom first, then
//! the fine-tuning of the whole.

use std::ops::Range;

use datasets::Splits;
use experiment::Run;
use experiment::catalogue::Loss;
use zoo::{Autoencoder, Trainable};

use crate::batches::Batches;
use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::fit::{Observer, Stage, State, fit};

/// A run's weights at the end.
pub(crate) struct Trained {
    /// The weights to evaluate.
    pub(crate) parameters: Vec<f32>,
    /// Those of the last epoch, where early stopping chose others.
    pub(crate) last: Option<Vec<f32>>,
}

/// Trains `network` on the splits, from its initial weights or a checkpoint to its last.
///
/// # Errors
/// When a stage diverges or the observer fails.
pub(crate) fn train(
    run: &Run,
    network: &mut dyn Trainable,
    splits: &Splits,
    checkpoint: Option<Checkpoint>,
    observer: &mut dyn Observer,
) -> Result<Trained, Error> {
    let (stages_done, mut parameters, mut resumed) = match checkpoint {
        None => (0, network.layout().initial_parameters(run.seed), None),
        Some(checkpoint) => (checkpoint.stage, checkpoint.parameters, Some(checkpoint.state)),
    };
    let mut index = 0;
    if let Some(pretraining) = run.training.pretraining {
        let mut below: Vec<Box<dyn Autoencoder>> = Vec::new();
        for mut layer in network.stages() {
            let places = places(network, index);
            if index >= stages_done {
                let batches =
                    |images| Batches { images, corruption: pretraining.corruption, below: &below, seed: run.seed };
                let stage = Stage {
                    name: format!("layer-{}", index + 1),
                    epochs_before: epochs_before(run, index),
                    epochs: pretraining.epochs,
                    // Codes are no probabilities: only the pixels of the first layer can be held against a cross-entropy.
                    loss: if index == 0 { run.training.loss } else { Loss::Mse },
                    early_stopping: None,
                    train: batches(&splits.train),
                    validation: batches(&splits.validation),
                    ..whole(run, splits)
                };
                observer.stage(index, &parameters);
                let start = || State::new(gather(&parameters, &places), run.training.optimiser);
                let state = fit(layer.as_mut(), &stage, resumed.take().unwrap_or_else(start), observer)?;
                scatter(state.result(), &places, &mut parameters);
            }
            layer.set_parameters(&gather(&parameters, &places));
            below.push(layer);
            index += 1;
        }
    }
    let name = if index > 0 { "fine-tuning" } else { "training" };
    let stage = Stage { name: name.to_owned(), epochs_before: epochs_before(run, index), ..whole(run, splits) };
    observer.stage(index, &parameters);
    let start = || State::new(parameters, run.training.optimiser);
    let state = fit(network, &stage, resumed.unwrap_or_else(start), observer)?;
    Ok(match state.best {
        None => Trained { parameters: state.parameters, last: None },
        Some(best) => Trained { parameters: best.parameters, last: Some(state.parameters) },
    })
}

/// Whether a checkpoint's numbers of values are those of the network and of its present stage.
pub(crate) fn fits(checkpoint: &Checkpoint, run: &Run, network: &dyn Trainable) -> bool {
    let whole = network.parameter_count();
    let layers = if run.training.pretraining.is_some() { network.stages() } else { Vec::new() };
    let stage = layers.get(checkpoint.stage).map_or(whole, |layer| layer.parameter_count());
    let best = checkpoint.state.best.as_ref().map_or(stage, |best| best.parameters.len());
    checkpoint.parameters.len() == whole && checkpoint.state.parameters.len() == stage && best == stage
}

/// Epochs of the run before a stage.
pub(crate) fn epochs_before(run: &Run, stage: usize) -> usize {
    stage * run.training.pretraining.map_or(0, |pretraining| pretraining.epochs)
}

/// The training of the whole network, before it has a name.
fn whole<'a>(run: &Run, splits: &'a Splits) -> Stage<'a> {
    let training = &run.training;
    let batches = |images| Batches { images, corruption: run.corruption, below: &[], seed: run.seed };
    Stage {
        name: String::new(),
        epochs_before: 0,
        epochs: training.epochs,
        batch_size: training.batch_size,
        loss: training.loss,
        optimiser: training.optimiser,
        schedule: training.schedule,
        early_stopping: training.early_stopping,
        train: batches(&splits.train),
        validation: batches(&splits.validation),
    }
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
