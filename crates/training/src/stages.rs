//! The stages of a run: one for a network trained from scratch; for a stacked one a stage per layer, bottom first, then
//! the fine-tuning of the whole.

use std::ops::Range;

use datasets::Splits;
use experiment::Run;
use experiment::catalogue::Loss;
use zoo::{Autoencoder, Trainable};

use crate::batches::Batches;
use crate::error::Error;
use crate::fit::{Observer, Stage, State, fit};

/// A run's weights at the end.
pub(crate) struct Trained {
    /// The weights to evaluate.
    pub(crate) parameters: Vec<f32>,
    /// Those of the last epoch, where early stopping chose others.
    pub(crate) last: Option<Vec<f32>>,
}

/// Epochs of the whole run, if none stops early.
pub(crate) fn epochs(run: &Run) -> usize {
    let layers = run.model.architecture.hidden().len() + 1;
    run.training.epochs + run.training.pretraining.map_or(0, |pretraining| pretraining.epochs * layers)
}

/// Trains `network` on the splits, from its initial weights to its last.
///
/// # Errors
/// When a stage diverges or the observer fails.
pub(crate) fn train(
    run: &Run,
    network: &mut dyn Trainable,
    splits: &Splits,
    observer: &mut dyn Observer,
) -> Result<Trained, Error> {
    let mut parameters = network.layout().initial_parameters(run.seed);
    let mut epochs_before = 0;
    if let Some(pretraining) = run.training.pretraining {
        let mut below: Vec<Box<dyn Autoencoder>> = Vec::new();
        for (index, mut layer) in network.stages().into_iter().enumerate() {
            let batches =
                |images| Batches { images, corruption: pretraining.corruption, below: &below, seed: run.seed };
            let stage = Stage {
                name: format!("layer-{}", index + 1),
                epochs_before,
                epochs: pretraining.epochs,
                // Codes are no probabilities: only the pixels of the first layer can be held against a cross-entropy.
                loss: if index == 0 { run.training.loss } else { Loss::Mse },
                early_stopping: None,
                train: batches(&splits.train),
                validation: batches(&splits.validation),
                ..stage(run, splits)
            };
            let places = places(network, index);
            let start = places.iter().flat_map(|place| parameters[place.clone()].iter().copied()).collect();
            let state = fit(layer.as_mut(), &stage, State::new(start, run.training.optimiser), observer)?;
            let mut trained = state.result();
            for place in places {
                let (values, rest) = trained.split_at(place.len());
                parameters[place].copy_from_slice(values);
                trained = rest;
            }
            layer.set_parameters(state.result());
            below.push(layer);
            epochs_before += pretraining.epochs;
        }
    }
    let name = if run.training.pretraining.is_some() { "fine-tuning" } else { "training" };
    let stage = Stage { name: name.to_owned(), epochs_before, ..stage(run, splits) };
    let state = fit(network, &stage, State::new(parameters, run.training.optimiser), observer)?;
    Ok(match state.best {
        None => Trained { parameters: state.parameters, last: None },
        Some(best) => Trained { parameters: best.parameters, last: Some(state.parameters) },
    })
}

/// The run's own stage, before it has a name.
fn stage<'a>(run: &Run, splits: &'a Splits) -> Stage<'a> {
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
