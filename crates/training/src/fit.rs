//! The training loop.

use std::time::Instant;

use record::Epoch;
use spec::{EarlyStopping, Schedule, Variational};

use crate::batches::{self, Batches, Classes};
use crate::engine::{Engine, Learners, StepLosses};
use crate::error::Error;
use crate::optimiser::{Learner, schedule_factor, warm_up_factor};

/// Configuration of one stage of a run.
pub(crate) struct Settings<'a> {
    /// Name of the stage in `epochs.csv`.
    pub(crate) name: String,
    /// Number of epochs of the run before this stage, so that no two stages share random numbers.
    pub(crate) epochs_before: usize,
    pub(crate) epochs: usize,
    pub(crate) batch_size: usize,
    pub(crate) schedule: Schedule,
    /// Number of first steps over which the learning rate rises to that of the schedule.
    pub(crate) warm_up_steps: usize,
    /// Weight of the divergence of Gaussian codes from the prior.
    pub(crate) variational: Option<Variational>,
    pub(crate) early_stopping: Option<EarlyStopping>,
    pub(crate) train: Batches<'a>,
    /// Rows by class, if an epoch draws balanced samples instead of each row once.
    pub(crate) classes: Option<&'a Classes>,
    /// Focus on hard examples; their weights replace those of the split.
    pub(crate) focus: Option<f32>,
    pub(crate) validation: Batches<'a>,
}

/// State of a stage: everything that its next step depends on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) learners: Learners,
    /// Number of finished epochs.
    pub(crate) epochs: usize,
    /// Number of finished batches of the current epoch.
    pub(crate) batches: usize,
    /// Losses of the current epoch, summed over the rows of its finished batches.
    pub(crate) sums: StepLosses,
    /// Wall-clock seconds of the current epoch.
    pub(crate) seconds: f64,
    /// Weight of each training row's loss in the current epoch, with a focus on hard examples; else empty.
    pub(crate) weights: Vec<f32>,
    /// Parameters with the lowest validation loss so far, with early stopping.
    pub(crate) best: Option<Best>,
}

/// The best parameters of the network so far.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Best {
    pub(crate) parameters: Vec<f32>,
    /// Validation loss, including the divergence of Gaussian codes.
    pub(crate) validation_loss: f64,
    /// Number of finished epochs when these parameters were found.
    pub(crate) epochs: usize,
}

/// Receiver of a training's progress.
pub(crate) trait Observer: Send {
    /// A stage begins; the first has index 0. `parameters` are those of the whole network. `last` are those of its last
    /// epoch, if early stopping chose others.
    fn stage(&mut self, index: usize, parameters: &[f32], last: Option<&[f32]>);

    /// A batch of `images` rows is finished, with this mean loss. An error ends the training.
    fn batch(&mut self, images: usize, loss: f64, state: &State) -> Result<(), Error>;

    /// An epoch is finished. An error ends the training.
    fn epoch(&mut self, epoch: &Epoch, state: &State) -> Result<(), Error>;
}

impl State {
    pub(crate) fn new(network: Learner, discriminator: Option<Learner>) -> Self {
        let learners = Learners { network, discriminator };
        let (sums, weights) = (StepLosses::default(), Vec::new());
        Self { learners, epochs: 0, batches: 0, sums, seconds: 0.0, weights, best: None }
    }

    /// Weights at the end of the stage: the best ones with early stopping, else the last.
    pub(crate) fn result(&self) -> &[f32] {
        self.best.as_ref().map_or(&self.learners.network.parameters, |best| &best.parameters)
    }

    fn has_converged(&self, stopping: EarlyStopping) -> bool {
        self.best.as_ref().is_some_and(|best| self.epochs - best.epochs >= stopping.patience)
    }
}

/// Trains until all epochs are done or the validation loss has stopped falling. Returns the state at the end.
///
/// # Errors
/// When the loss is not a finite number, or the observer returns an error.
pub(crate) fn fit(
    engine: &mut dyn Engine,
    stage: &Settings<'_>,
    mut state: State,
    observer: &mut dyn Observer,
) -> Result<State, Error> {
    let mut order = Vec::new();
    let all_rows: Vec<u32> = (0..stage.train.rows.len() as u32).collect();
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
            // The weights stay constant during the epoch. They depend on the parameters at its start, so a checkpoint
            // stores them.
            state.weights.resize(all_rows.len(), 1.0);
            engine.image_losses(&stage.train, &all_rows, &state.learners.network.parameters, &mut state.weights);
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
        // If the last step of the epoch diverged, no later batch reveals it.
        if !state.learners.are_finite() || held_out.is_some_and(|losses| !losses.loss.is_finite()) {
            return Err(diverged());
        }
        let weight = stage.variational.map(|variational| variational.weight(epoch));
        if let (Some(stopping), Some(losses)) = (stage.early_stopping, held_out) {
            // The divergence counts with its full weight, even while the warm-up still raises that weight.
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
