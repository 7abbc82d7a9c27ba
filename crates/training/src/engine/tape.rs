//! `tape`: gradients by dfdx's reverse-mode differentiation. The reference, and what trains networks without a plan.

use experiment::catalogue::Loss;
use experiment::spec::Regularisation;
use rayon::prelude::*;
use zoo::{Matrix, Objective, Step, Trainable};

use crate::batches::{Batches, Noise};
use crate::engine::{Engine, Task};
use crate::optimiser::Optimiser;

/// Images looked at together by one thread.
const BLOCK: usize = 250;

/// Trains any network.
pub struct Tape<'a> {
    network: Box<dyn Trainable>,
    objective: Objective,
    regularisation: Regularisation,
    below: &'a [Box<dyn Trainable>],
    gradient: Vec<f32>,
}

impl<'a> Tape<'a> {
    /// An engine for `network`, whose own parameters play no part.
    pub fn new(network: Box<dyn Trainable>, task: &Task<'a>) -> Self {
        let gradient = vec![0.0; network.parameter_count()];
        let Task { objective, regularisation, below, .. } = *task;
        Self { network, objective, regularisation, below, gradient }
    }

    /// The mean loss of the images at `indices`, and the gradient of the objective without penalties of weights.
    pub(crate) fn gradient(
        &mut self,
        data: &Batches<'_>,
        indices: &[u32],
        epoch: u32,
        parameters: &[f32],
    ) -> (f64, &[f32]) {
        self.network.set_parameters(parameters);
        let (inputs, targets) = data.batch(indices, Noise::Training { epoch }, self.below);
        let weights: Vec<f32> = indices.iter().map(|index| data.weight(*index)).collect();
        let masks = self.masks(data, indices, epoch);
        let step = Step { weights: Some(&weights), masks: &masks, ..Step::new(&inputs, &targets) };
        let loss = self.network.gradient(&step, &self.objective, &mut self.gradient).loss;
        (loss, &self.gradient)
    }

    /// A mask for each hidden layer, and no other; empty without dropout.
    fn masks(&self, data: &Batches<'_>, indices: &[u32], epoch: u32) -> Vec<Option<Matrix>> {
        let dropout = self.regularisation.dropout;
        if dropout == 0.0 {
            return Vec::new();
        }
        let layout = self.network.layout();
        let mut masks = vec![None; layout.layers.len()];
        for layer in layout.hidden() {
            masks[layer] = Some(Matrix::zeros(indices.len(), layout.layers[layer].outputs));
        }
        for (row, index) in indices.iter().enumerate() {
            let mut stream = data.masks(epoch, *index, dropout);
            masks.iter_mut().flatten().for_each(|mask| stream.fill(mask.row_mut(row)));
        }
        masks
    }
}

impl Engine for Tape<'_> {
    fn step(
        &mut self,
        data: &Batches<'_>,
        indices: &[u32],
        epoch: u32,
        parameters: &mut [f32],
        optimiser: &mut Optimiser,
        learning_rate: f32,
    ) -> f64 {
        let (loss, _) = self.gradient(data, indices, epoch, parameters);
        let (update, slots) = optimiser.begin(&self.regularisation, learning_rate, parameters, &mut self.gradient);
        update.all(self.network.layout(), slots);
        loss
    }

    fn loss(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32]) -> f64 {
        self.network.set_parameters(parameters);
        let blocks: Vec<f64> = indices
            .par_chunks(BLOCK)
            .map(|indices| {
                let (inputs, targets) = data.batch(indices, Noise::Validation, self.below);
                loss(self.objective.loss, &self.network.reconstruct(&inputs), &targets) * indices.len() as f64
            })
            .collect();
        blocks.iter().sum::<f64>() / indices.len() as f64
    }
}

/// Mean loss per value, summed in f64.
fn loss(loss: Loss, outputs: &Matrix, targets: &Matrix) -> f64 {
    let pairs = outputs.values().iter().zip(targets.values()).map(|(o, t)| (f64::from(*o), f64::from(*t)));
    let sum: f64 = match loss {
        Loss::Mse => pairs.map(|(output, target)| (output - target).powi(2)).sum(),
        Loss::Bce => pairs
            .map(|(output, target)| {
                // An output that rounds to 0 or 1 would otherwise cost infinity. `fused` has the sums, and what they really cost.
                let output = output.clamp(1e-7, 1.0 - 1e-7);
                -(target * output.ln() + (1.0 - target) * (-output).ln_1p())
            })
            .sum(),
    };
    sum / targets.values().len() as f64
}
