//! Engines: what computes losses and gradients, and applies them.

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

/// What an engine is built for: one stage of a run.
#[derive(Clone, Copy)]
pub struct Setup<'a> {
    /// Values of a row, which the loss is a mean over.
    pub values: usize,
    /// Most images of a step.
    pub batch_size: usize,
    /// What is minimised, but for what changes from epoch to epoch.
    pub objective: Objective,
    /// Penalties and dropout.
    pub regularisation: Regularisation,
    /// Whether the decoder's weights are the encoder's, transposed.
    pub tied: bool,
    /// Whether the encoder stays as it is.
    pub frozen: bool,
    /// Weight of a Gaussian code's divergence from the prior.
    pub variational: Option<Variational>,
    /// Factor of what deceiving the discriminator costs the encoder; 0 without one.
    pub deception: f32,
    /// Whether inputs are corrupted, so that they differ from the targets.
    pub corrupted: bool,
    /// Whether the network is a classifier: it writes a logit for each class, and its loss is the cross-entropy of softmax
    /// with the images' labels.
    pub classifies: bool,
    /// Networks whose codes, one on the other, the network reads; empty where it reads pixels.
    pub below: &'a [Box<dyn Trainable>],
}

impl Setup<'_> {
    /// What is minimised in an epoch.
    fn objective(&self, epoch: u32) -> Objective {
        // The divergence is counted per image, the loss per pixel.
        let divergence =
            self.variational.map_or(0.0, |variational| variational.weight(epoch as usize) / self.values as f32);
        Objective { divergence, ..self.objective }
    }
}

/// All that is trained: a network and, for adversarial training, the discriminator of its codes.
#[derive(Debug, Clone, PartialEq)]
pub struct Learners {
    /// The network.
    pub network: Learner,
    /// The discriminator.
    pub discriminator: Option<Learner>,
}

impl Learners {
    /// Whether every parameter is a finite number.
    pub(crate) fn are_finite(&self) -> bool {
        let mut learners = self.discriminator.iter().chain([&self.network]);
        learners.all(|learner| learner.parameters.iter().all(|value| value.is_finite()))
    }
}

/// What a step or a validation comes to, as means over its images.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StepLosses {
    /// Loss per pixel, each image's weighted, penalties apart; of a classifier per image, in nats.
    pub loss: f64,
    /// Divergence of Gaussian codes from the prior, in nats, each image's weighted.
    pub divergence: f64,
    /// Cross-entropy of the discriminator, in nats, mean over codes and draws of the prior.
    pub discriminator: f64,
    /// Share of codes and draws that the discriminator takes for what they are.
    pub accuracy: f64,
    /// Cross-entropy of the encoder against the discriminator, in nats.
    pub deception: f64,
}

impl StepLosses {
    /// Each as a list, to be added up or written down.
    pub(crate) const fn list(self) -> [f64; 5] {
        [self.loss, self.divergence, self.discriminator, self.accuracy, self.deception]
    }

    /// The other way.
    pub(crate) const fn of([loss, divergence, discriminator, accuracy, deception]: [f64; 5]) -> Self {
        Self { loss, divergence, discriminator, accuracy, deception }
    }

    /// Each times a factor.
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

/// Something that trains a network, and a discriminator with it, whose parameters it is given.
pub trait Engine {
    /// Learns from the images at `indices`, `batch_size` of the setup at most: one step of each optimiser against the
    /// gradient, at its learning rate times `factor`. Gives the losses before it.
    fn step(
        &mut self,
        data: &Batches<'_>,
        indices: &[u32],
        epoch: u32,
        learners: &mut Learners,
        factor: f32,
    ) -> StepLosses;

    /// Loss and divergence of the images at `indices`, of which there is at least one, under the noise of the evaluation;
    /// no unit is dropped and no image weighted.
    fn loss(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32]) -> StepLosses;

    /// Writes the loss per pixel of each image at `indices` of the training split to its place in `losses`, under the noise
    /// that the evaluation gives that split; no unit is dropped and no image weighted.
    fn image_losses(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32], losses: &mut [f32]);
}

/// Builds the engine `name` for a network and, if it is to be trained with it, its discriminator.
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
