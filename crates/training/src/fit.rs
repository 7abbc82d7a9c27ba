//! The training loop.

use std::time::Instant;

use experiment::record::Epoch;
use experiment::spec::{EarlyStopping, Optimiser as OptimiserSettings, Schedule};

use crate::batches::Batches;
use crate::engine::Engine;
use crate::error::Error;
use crate::optimiser::{Optimiser, schedule_factor};

/// One network's training: all of a run, or one layer of its pretraining.
pub(crate) struct Stage<'a> {
    /// Its name in `epochs.csv`.
    pub(crate) name: String,
    /// Epochs of the run before this stage, so that no two stages share random numbers.
    pub(crate) epochs_before: usize,
    pub(crate) epochs: usize,
    pub(crate) batch_size: usize,
    pub(crate) optimiser: OptimiserSettings,
    pub(crate) schedule: Schedule,
    pub(crate) early_stopping: Option<EarlyStopping>,
    pub(crate) train: Batches<'a>,
    pub(crate) validation: Batches<'a>,
}

/// Where a stage stands: all that its next step depends on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct State {
    pub(crate) parameters: Vec<f32>,
    pub(crate) optimiser: Optimiser,
    /// Epochs done.
    pub(crate) epochs: usize,
    /// Batches done of the next epoch,
    pub(crate) batches: usize,
    /// the sum of its images' losses so far,
    pub(crate) loss_sum: f64,
    /// and its wall-clock seconds.
    pub(crate) seconds: f64,
    /// The weights with the lowest validation loss so far, under early stopping.
    pub(crate) best: Option<Best>,
}

/// Weights worth going back to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Best {
    pub(crate) parameters: Vec<f32>,
    pub(crate) validation_loss: f64,
    /// Epochs done when they were found.
    pub(crate) epochs: usize,
}

/// What a caller hears of a training while it runs.
pub(crate) trait Observer: Send {
    /// A stage begins, counted from 0, with these parameters of the whole network.
    fn stage(&mut self, index: usize, parameters: &[f32]);

    /// Some more images have passed, at this mean loss of their batch. An error stops the training here.
    fn batch(&mut self, images: usize, loss: f64, state: &State) -> Result<(), Error>;

    /// An epoch is done. An error stops the training here.
    fn epoch(&mut self, epoch: &Epoch, state: &State) -> Result<(), Error>;
}

impl State {
    pub(crate) fn new(parameters: Vec<f32>, optimiser: OptimiserSettings) -> Self {
        let optimiser = Optimiser::new(optimiser, parameters.len());
        Self { parameters, optimiser, epochs: 0, batches: 0, loss_sum: 0.0, seconds: 0.0, best: None }
    }

    /// The weights the stage comes to: the best ones where it looked for them, else the last.
    pub(crate) fn result(&self) -> &[f32] {
        self.best.as_ref().map_or(&self.parameters, |best| &best.parameters)
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
    stage: &Stage<'_>,
    mut state: State,
    observer: &mut dyn Observer,
) -> Result<State, Error> {
    let mut order = Vec::new();
    let validation: Vec<u32> = (0..stage.validation.images.len() as u32).collect();
    while state.epochs < stage.epochs && !stage.early_stopping.is_some_and(|stopping| state.has_converged(stopping)) {
        let (started, seconds_before) = (Instant::now(), state.seconds);
        let epoch = stage.epochs_before + state.epochs;
        let learning_rate =
            stage.optimiser.learning_rate() * schedule_factor(stage.schedule, state.epochs, stage.epochs);
        let diverged = || Error::Diverged { stage: stage.name.clone(), epoch: epoch + 1, learning_rate };
        stage.train.shuffle(epoch as u32, &mut order);
        for indices in order.chunks(stage.batch_size).skip(state.batches) {
            let State { parameters, optimiser, .. } = &mut state;
            let loss = engine.step(&stage.train, indices, epoch as u32, parameters, optimiser, learning_rate);
            if !loss.is_finite() {
                return Err(diverged());
            }
            state.batches += 1;
            state.loss_sum += loss * indices.len() as f64;
            state.seconds = seconds_before + started.elapsed().as_secs_f64();
            observer.batch(indices.len(), loss, &state)?;
        }
        let validation_loss =
            (!validation.is_empty()).then(|| engine.loss(&stage.validation, &validation, &state.parameters));
        let train_loss = state.loss_sum / stage.train.images.len() as f64;
        (state.epochs, state.batches, state.loss_sum, state.seconds) = (state.epochs + 1, 0, 0.0, 0.0);
        // The last step's damage shows in no later batch of this epoch.
        if !state.parameters.iter().all(|value| value.is_finite())
            || validation_loss.is_some_and(|loss| !loss.is_finite())
        {
            return Err(diverged());
        }
        if let (Some(stopping), Some(loss)) = (stage.early_stopping, validation_loss) {
            state.keep_if_better(loss, stopping);
        }
        let record = Epoch {
            epoch: epoch + 1,
            stage: stage.name.clone(),
            train_loss,
            validation_loss,
            learning_rate,
            seconds: seconds_before + started.elapsed().as_secs_f64(),
            ..Epoch::default()
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
                best.parameters.clone_from(&self.parameters);
                (best.validation_loss, best.epochs) = (validation_loss, self.epochs);
            }
            Some(_) => {}
            None => {
                self.best = Some(Best { parameters: self.parameters.clone(), validation_loss, epochs: self.epochs });
            }
        }
    }
}
