//! Engines, which compute losses and gradients and apply the steps of the optimiser.

mod contraction;
mod fused;
pub(crate) mod kernels;
mod recurrent;
mod tape;
#[cfg(test)]
mod tests;
mod tile;

use std::ops::AddAssign;

use spec::catalogue::Engine as Name;
use spec::{Regularisation, Variational};
use zoo::{Discriminator, Kind, Objective, Trainable};

pub use self::fused::Fused;
pub use self::recurrent::Recurrent;
pub use self::tape::Tape;
use crate::batches::Batches;
use crate::optimiser::Learner;

/// Configuration of an engine: one stage of a run.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// Number of values of a row. The loss is a mean over them.
    pub values: usize,
    /// Greatest number of rows in a step.
    pub batch_size: usize,
    /// Objective to minimise. The weight of the divergence, which changes from epoch to epoch, is in `variational`.
    pub objective: Objective,
    /// Penalties of weights and codes, and dropout.
    pub regularisation: Regularisation,
    /// True if the decoder's weights are those of the encoder, transposed.
    pub tied: bool,
    /// True if the encoder is not trained.
    pub frozen: bool,
    /// Weight of the divergence of Gaussian codes from the prior, by epoch.
    pub variational: Option<Variational>,
    /// Factor of the encoder's loss against the discriminator; 0 without a discriminator.
    pub deception: f32,
    /// True if inputs are corrupted, so that they differ from the targets.
    pub corrupted: bool,
    /// True if the network is a classifier. It then writes a logit for each class, and its loss is the cross-entropy of
    /// softmax and labels.
    pub classifies: bool,
    /// Trained networks below this one, in order: each reads the code of the one before, and the engine's network reads the
    /// last code. Empty if the network reads rows of data.
    pub below: &'a [Box<dyn Trainable>],
}

impl Setup<'_> {
    /// The objective in an epoch.
    fn objective(&self, epoch: u32) -> Objective {
        // The divergence is summed per row, but the loss is a mean over values.
        let divergence =
            self.variational.map_or(0.0, |variational| variational.weight(epoch as usize) / self.values as f32);
        Objective { divergence, ..self.objective }
    }
}

/// Everything that is trained together: a network and, in adversarial training, the discriminator of its codes.
#[derive(Debug, Clone, PartialEq)]
pub struct Learners {
    /// Parameters of the network, and their optimiser.
    pub network: Learner,
    /// Parameters of the discriminator, and their optimiser.
    pub discriminator: Option<Learner>,
}

impl Learners {
    /// True if every parameter is a finite number.
    pub(crate) fn are_finite(&self) -> bool {
        let mut learners = self.discriminator.iter().chain([&self.network]);
        learners.all(|learner| learner.parameters.iter().all(|value| value.is_finite()))
    }
}

/// Losses of a step or a validation, averaged over its rows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StepLosses {
    /// Loss per value, weighted by row, without penalties; of a classifier the loss per row, in nats.
    pub loss: f64,
    /// Divergence of Gaussian codes from the prior, in nats, weighted by row.
    pub divergence: f64,
    /// Cross-entropy of the discriminator, in nats, averaged over codes and samples of the prior.
    pub discriminator: f64,
    /// Share of codes and samples of the prior that the discriminator classifies correctly, in [0, 1].
    pub accuracy: f64,
    /// Cross-entropy of the encoder against the discriminator, in nats.
    pub deception: f64,
}

impl StepLosses {
    /// The five losses as a list, in the order of the fields.
    pub(crate) const fn list(self) -> [f64; 5] {
        [self.loss, self.divergence, self.discriminator, self.accuracy, self.deception]
    }

    /// The losses of a list, in the order of the fields.
    pub(crate) const fn of([loss, divergence, discriminator, accuracy, deception]: [f64; 5]) -> Self {
        Self { loss, divergence, discriminator, accuracy, deception }
    }

    /// The losses, each multiplied by `factor`.
    pub(crate) fn times(self, factor: f64) -> Self {
        Self::of(self.list().map(|value| value * factor))
    }
}

impl AddAssign for StepLosses {
    fn add_assign(&mut self, other: Self) {
        let mut sums = self.list();
        sums.iter_mut().zip(other.list()).for_each(|(sum, value)| *sum += value);
        *self = Self::of(sums);
    }
}

/// Engine that trains a network, and its discriminator if there is one. The caller holds the parameters.
pub trait Engine {
    /// Takes one step of each optimiser on the rows at `indices`, at its learning rate times `factor`. There are at most
    /// `batch_size` rows. Returns the losses before the step.
    fn step(
        &mut self,
        data: &Batches<'_>,
        indices: &[u32],
        epoch: u32,
        learners: &mut Learners,
        factor: f32,
    ) -> StepLosses;

    /// Loss and divergence of the rows at `indices`, at least one, with the noise of evaluation, without dropout and
    /// without weights of rows.
    fn loss(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32]) -> StepLosses;

    /// Writes the loss per value of each training row at `indices` to its place in `losses`. It uses the noise of
    /// evaluation, without dropout and without weights of rows.
    fn image_losses(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32], losses: &mut [f32]);
}

/// Builds the engine `name` for a network and, in adversarial training, its discriminator.
pub fn build<'a>(
    name: Name,
    network: Box<dyn Trainable>,
    discriminator: Option<Discriminator>,
    setup: &Setup<'a>,
) -> Box<dyn Engine + Send + 'a> {
    if name == Name::Tape {
        return Box::new(Tape::new(network, discriminator, setup));
    }
    match network.kind() {
        Kind::Dense(plan) | Kind::Gaussian(plan, _) => {
            Box::new(Fused::new(plan, discriminator.map(|discriminator| discriminator.plan()), setup))
        }
        Kind::Gated(recurrence) => Box::new(Recurrent::new(recurrence, setup)),
    }
}
