//! The training loop.

use std::time::Instant;

use record::Epoch;
use spec::{EarlyStopping, Schedule, Variational};

use crate::batches::{self, Batches, Classes};
use crate::engine::{Engine, Learners, StepLosses};
use crate::error::Error;
use crate::optimiser::{Learner, schedule_factor, warm_up_factor};

/// How one stage of a run is trained.
pub(crate) struct Settings<'a> {
    /// Its name in `epochs.csv`.
    pub(crate) name: String,
    /// Epochs of the run before this stage, so that no two stages share random numbers.
    pub(crate) epochs_before: usize,
    pub(crate) epochs: usize,
    pub(crate) batch_size: usize,
    pub(crate) schedule: Schedule,
    /// First steps over which the learning rate rises to that of the schedule.
    pub(crate) warm_up_steps: usize,
    /// Weight of a Gaussian code's divergence from the prior.
    pub(crate) variational: Option<Variational>,
    pub(crate) early_stopping: Option<EarlyStopping>,
    pub(crate) train: Batches<'a>,
    /// What an epoch draws its images from, where it does not pass each once.
    pub(crate) classes: Option<&'a Classes>,
    /// Focus on hard examples, whose weights take the place of the split's.
    pub(crate) focus: Option<f32>,
    pub(crate) validation: Batches<'a>,
}

/// Where a stage stands: all that its next step depends on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) learners: Learners,
    /// Epochs done.
    pub(crate) epochs: usize,
    /// Batches done of the next epoch,
    pub(crate) batches: usize,
    /// the sums of its images' losses so far,
    pub(crate) sums: StepLosses,
    /// and its wall-clock seconds.
    pub(crate) seconds: f64,
    /// Factor of each training image's loss in that epoch, under a focus on hard examples; else empty.
    pub(crate) weights: Vec<f32>,
    /// The parameters with the lowest validation loss so far, under early stopping.
    pub(crate) best: Option<Best>,
}

/// Weights worth going back to: those of the network.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Best {
    pub(crate) parameters: Vec<f32>,
    /// With what a Gaussian code costs.
    pub(crate) validation_loss: f64,
    /// Epochs done when they were found.
    pub(crate) epochs: usize,
}

/// What a caller hears of a training while it runs.
pub(crate) trait Observer: Send {
    /// A stage begins, counted from 0, with these parameters of the whole network, and, where early stopping chose them, those
    /// of its last epoch.
    fn stage(&mut self, index: usize, parameters: &[f32], last: Option<&[f32]>);

    /// Some more images have passed, at this mean loss of their batch. An error stops the training here.
    fn batch(&mut self, images: usize, loss: f64, state: &State) -> Result<(), Error>;

    /// An epoch is done. An error stops the training here.
    fn epoch(&mut self, epoch: &Epoch, state: &State) -> Result<(), Error>;
}

impl State {
    pub(crate) fn new(network: Learner, discriminator: Option<Learner>) -> Self {
        let learners = Learners { network, discriminator };
        let (sums, weights) = (StepLosses::default(), Vec::new());
        Self { learners, epochs: 0, batches: 0, sums, seconds: 0.0, weights, best: None }
    }

    /// The weights the stage comes to: the best ones where it looked for them, else the last.
    pub(crate) fn result(&self) -> &[f32] {
        self.best.as_ref().map_or(&self.learners.network.parameters, |best| &best.parameters)
    }

    fn has_converged(&self, stopping: EarlyStopping) -> bool {
        self.best.as_ref().is_some_and(|best| self.epochs - best.epochs >= stopping.patience)
    }
}

/// Trains until the epochs are over or the validation loss has stopped falling, and gives the state at the end.
///
/// # Errors
/// When the loss is no longer a finite number, or the observer fails.
pub(crate) fn fit(
    engine: &mut dyn Engine,
    stage: &Settings<'_>,
    mut state: State,
    observer: &mut dyn Observer,
) -> Result<State, Error> {
    let mut order = Vec::new();
    let everyone: Vec<u32> = (0..stage.train.rows.len() as u32).collect();
    let validation: Vec<u32> = (0..stage.validation.rows.len() as u32).collect();
    while state.epochs < stage.epochs && !stage.early_stopping.is_some_and(|stopping| state.has_converged(stopping)) {
        let (started, seconds_before) = (Instant::now(), state.seconds);
        let epoch = stage.epochs_before + state.epochs;
        let factor = schedule_factor(stage.schedule, state.epochs, stage.epochs);
        let learning_rate = state.learners.network.optimiser.learning_rate() * factor;
        let diverged = || Error::Diverged { stage: stage.name.clone(), epoch: epoch + 1, learning_rate };
        match stage.classes {
            None => stage.train.shuffle(epoch as u32, &mut order),
            Some(classes) => classes.draw(stage.train.seed, epoch as u32, &mut order),
        }
        if let (Some(focus), 0) = (stage.focus, state.batches) {
            // Constants of the epoch: what they depend on has changed after its first step, so that they are kept.
            state.weights.resize(everyone.len(), 1.0);
            engine.image_losses(&stage.train, &everyone, &state.learners.network.parameters, &mut state.weights);
            batches::focused(&mut state.weights, focus);
        }
        for indices in order.chunks(stage.batch_size).skip(state.batches) {
            let weights = if stage.focus.is_some() { Some(&state.weights[..]) } else { stage.train.weights };
            let train = Batches { weights, ..stage.train };
            let step = state.epochs * order.len().div_ceil(stage.batch_size) + state.batches;
            let factor = factor * warm_up_factor(stage.warm_up_steps, step);
            let losses = engine.step(&train, indices, epoch as u32, &mut state.learners, factor);
            if !losses.list().iter().all(|loss| loss.is_finite()) {
                return Err(diverged());
            }
            state.batches += 1;
            state.sums += losses.times(indices.len() as f64);
            state.seconds = seconds_before + started.elapsed().as_secs_f64();
            observer.batch(indices.len(), losses.loss, &state)?;
        }
        let held_out = (!validation.is_empty())
            .then(|| engine.loss(&stage.validation, &validation, &state.learners.network.parameters));
        let means = state.sums.times(1.0 / stage.train.rows.len() as f64);
        (state.epochs, state.batches, state.sums, state.seconds) = (state.epochs + 1, 0, StepLosses::default(), 0.0);
        // The last step's damage shows in no later batch of this epoch.
        if !state.learners.are_finite() || held_out.is_some_and(|losses| !losses.loss.is_finite()) {
            return Err(diverged());
        }
        let weight = stage.variational.map(|variational| variational.weight(epoch));
        if let (Some(stopping), Some(losses)) = (stage.early_stopping, held_out) {
            // What a Gaussian code costs counts in full, even while its weight still rises.
            let beta = stage.variational.map_or(0.0, |variational| f64::from(variational.beta));
            state.keep_if_better(losses.loss + beta * losses.divergence / stage.train.rows.width() as f64, stopping);
        }
        let judged = state.learners.discriminator.is_some();
        let record = Epoch {
            epoch: epoch + 1,
            stage: stage.name.clone(),
            train_loss: means.loss,
            validation_loss: held_out.map(|losses| losses.loss),
            learning_rate,
            seconds: seconds_before + started.elapsed().as_secs_f64(),
            train_divergence: weight.map(|_| means.divergence),
            validation_divergence: weight.and(held_out).map(|losses| losses.divergence),
            divergence_weight: weight,
            discriminator_loss: judged.then_some(means.discriminator),
            discriminator_accuracy: judged.then_some(means.accuracy),
            deception_loss: judged.then_some(means.deception),
        };
        observer.epoch(&record, &state)?;
    }
    Ok(state)
}

impl State {
    fn keep_if_better(&mut self, validation_loss: f64, stopping: EarlyStopping) {
        let threshold = 1.0 - f64::from(stopping.min_improvement);
        match &mut self.best {
            Some(best) if validation_loss < best.validation_loss * threshold => {
                best.parameters.clone_from(&self.learners.network.parameters);
                (best.validation_loss, best.epochs) = (validation_loss, self.epochs);
            }
            Some(_) => {}
            None => {
                let parameters = self.learners.network.parameters.clone();
                self.best = Some(Best { parameters, validation_loss, epochs: self.epochs });
            }
        }
    }
}
