//! Engines: what computes losses and gradients, and applies them.

mod fused;
pub(crate) mod kernels;
mod tape;
#[cfg(test)]
mod tests;

use experiment::catalogue::Engine as Name;
use experiment::spec::Regularisation;
use zoo::{Objective, Trainable};

pub use self::fused::Fused;
pub use self::tape::Tape;
use crate::batches::Batches;
use crate::optimiser::Optimiser;

/// What an engine is built for: one stage of a run.
#[derive(Clone, Copy)]
pub struct Task<'a> {
    /// Most images of a step.
    pub batch_size: usize,
    /// What is minimised.
    pub objective: Objective,
    /// Penalties and dropout.
    pub regularisation: Regularisation,
    /// Whether inputs are corrupted, so that they differ from the targets.
    pub corrupted: bool,
    /// Networks whose codes, one on the other, the network of this task reads; empty where it reads pixels.
    pub below: &'a [Box<dyn Trainable>],
}

/// Something that trains a network, whose parameters it is given.
pub trait Engine {
    /// Learns from the images at `indices`, no more than the task's batch size: one step of the optimiser against the
    /// gradient. Gives their mean loss before it, each image's weighted, penalties apart.
    fn step(
        &mut self,
        data: &Batches<'_>,
        indices: &[u32],
        epoch: u32,
        parameters: &mut [f32],
        optimiser: &mut Optimiser,
        learning_rate: f32,
    ) -> f64;

    /// Mean loss of the images at `indices`, of which there is at least one, under the noise of the evaluation; no unit
    /// is dropped and no image weighted.
    fn loss(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32]) -> f64;
}

/// Which engine trains a network and all its stages, and why it is not the one that was asked for.
pub(crate) fn choose(asked: Name, network: &dyn Trainable) -> (Name, Option<String>) {
    let planned = network.plan().is_some() && network.stages().iter().all(|stage| stage.plan().is_some());
    match asked {
        Name::Fused if !planned => {
            (Name::Tape, Some("the network is no chain of dense layers with one activation each".to_owned()))
        }
        asked => (asked, None),
    }
}

/// Builds the engine `name` for a network.
pub fn build<'a>(name: Name, network: Box<dyn Trainable>, task: &Task<'a>) -> Box<dyn Engine + Send + 'a> {
    let below_is_planned = task.below.iter().all(|network| network.plan().is_some());
    match (name, network.plan()) {
        (Name::Fused, Some(plan)) if below_is_planned => Box::new(Fused::new(plan, task)),
        _ => Box::new(Tape::new(network, task)),
    }
}
