//! `tape`: gradients by dfdx's reverse-mode differentiation. It is the reference for the other engines, and trains networks
//! that they do not support.

use std::cell::{Cell, RefCell};

use rayon::prelude::*;
use spec::Regularisation;
use spec::catalogue::{Loss, Split};
use zoo::{Discriminator, Judgement, Matrix, Step, Trainable};

use super::contraction::Contraction;
use super::kernels;
use crate::batches::{Batches, Noise};
use crate::engine::{Engine, Learners, Setup, StepLosses};

/// Rows of a block, which one thread computes.
const BLOCK: usize = 250;

/// Engine that trains any network.
pub struct Tape<'a> {
    network: Box<dyn Trainable>,
    discriminator: Option<Discriminator>,
    setup: Setup<'a>,
    contraction: Option<Contraction>,
    gradient: Vec<f32>,
    /// Gradient of the discriminator's parameters.
    discriminator_gradient: Vec<f32>,
}

impl<'a> Tape<'a> {
    /// An engine for `network` and its discriminator if there is one. The parameters that these hold are not used.
    pub fn new(network: Box<dyn Trainable>, discriminator: Option<Discriminator>, setup: &Setup<'a>) -> Self {
        let of_discriminator = discriminator.as_ref().map_or(0, |judge| judge.layout().parameter_count());
        let contractive = setup.regularisation.contractive;
        Self {
            gradient: vec![0.0; network.layout().parameter_count()],
            discriminator_gradient: vec![0.0; of_discriminator],
            contraction: network.kind().plan().and_then(|plan| Contraction::new(&plan, contractive, setup.batch_size)),
            network,
            discriminator,
            setup: *setup,
        }
    }

    /// Losses of the rows at `indices`, and gradients of the objective without penalties of weights. The first gradient is
    /// that of the network, the second that of the discriminator, empty if there is none.
    pub(crate) fn gradient(
        &mut self,
        data: &Batches<'_>,
        indices: &[u32],
        epoch: u32,
        parameters: &[f32],
        discriminator: Option<&[f32]>,
    ) -> (StepLosses, [&mut [f32]; 2]) {
        self.network.set_parameters(parameters);
        if let (Some(judge), Some(parameters)) = (&mut self.discriminator, discriminator) {
            judge.set_parameters(parameters);
        }
        let noise = Noise::Training { epoch };
        let (inputs, targets) = self.batch(data, indices, noise);
        let weights: Vec<f32> = indices.iter().map(|index| data.weight(*index)).collect();
        let masks = self.masks(data, indices, epoch);
        let code_noise = self
            .network
            .kind()
            .probabilistic()
            .map(|_| self.rows(indices, |index, row| data.code_noise(index, noise, row)));
        let draws = self.rows(indices, |index, row| data.prior(index, epoch, row));
        let (judgement, deception) = (Cell::new(Judgement::default()), Cell::new(0.0));
        let discriminator_gradient = RefCell::new(&mut self.discriminator_gradient[..]);
        let pull = self.discriminator.as_ref().map(|judge| {
            |codes: &Matrix| {
                judgement.set(judge.judge(codes, &draws, &mut discriminator_gradient.borrow_mut()));
                let (loss, mut pull) = judge.deceive(codes);
                deception.set(loss);
                pull.values_mut().iter_mut().for_each(|value| *value *= self.setup.deception);
                pull
            }
        });
        let step = Step {
            weights: Some(&weights),
            masks: &masks,
            noise: code_noise.as_ref(),
            pull: pull.as_ref().map(|pull| pull as &dyn Fn(&Matrix) -> Matrix),
            ..Step::new(&inputs, &targets)
        };
        let losses = self.network.gradient(&step, &self.setup.objective(epoch), &mut self.gradient);
        if let (Some(contraction), Some(plan)) = (&mut self.contraction, self.network.kind().plan()) {
            let layer = &plan.layout.layers[0];
            let mut outputs = vec![0.0; indices.len() * layer.outputs];
            kernels::product_transposed(&mut outputs, inputs.values(), &parameters[layer.weight()], indices.len());
            kernels::activate(&mut outputs, &parameters[layer.bias()], plan.activations[0], None, None);
            contraction.begin();
            contraction.look(&outputs, indices.len());
            contraction.finish(&plan, parameters, indices.len());
            for (index, layer) in plan.layout.layers.iter().enumerate() {
                contraction.add(index, 0, &mut self.gradient[layer.weight()]);
            }
        }
        if self.setup.tied {
            self.network.layout().gather_tied(&mut self.gradient);
        }
        let Judgement { loss: discriminator, accuracy } = judgement.get();
        let losses = StepLosses {
            loss: losses.loss,
            divergence: losses.divergence,
            discriminator,
            accuracy,
            deception: deception.get(),
        };
        (losses, [&mut self.gradient, &mut self.discriminator_gradient])
    }

    /// Inputs and targets of the rows at `indices`.
    fn batch(&self, data: &Batches<'_>, indices: &[u32], noise: Noise) -> (Matrix, Matrix) {
        let (inputs, targets) = data.batch(indices, noise, self.setup.below);
        let classes = self.network.layout().layers.last().map_or(0, |layer| layer.outputs);
        (inputs, if self.setup.classifies { data.classes(indices, classes) } else { targets })
    }

    /// Mean loss of outputs: per value, or per row for a classifier.
    fn held(&self, outputs: &[f32], targets: &[f32]) -> f64 {
        if self.setup.classifies {
            cross_entropy(outputs, targets, self.network.layout().layers.last().map_or(1, |layer| layer.outputs))
        } else {
            loss(self.setup.objective.loss, outputs, targets)
        }
    }

    /// Outputs, targets and divergence of rows of a split, with the noise of evaluation.
    fn look(&self, data: &Batches<'_>, indices: &[u32], split: Split) -> Looked {
        let noise = Noise::Evaluation(split);
        let (inputs, targets) = self.batch(data, indices, noise);
        let (outputs, divergence) = match self.network.kind().probabilistic() {
            None => (self.network.reconstruct(&inputs), 0.0),
            Some(network) => {
                let posterior = network.posterior(&inputs);
                let drawn = self.rows(indices, |index, row| data.code_noise(index, noise, row));
                let divergence = posterior.divergences().iter().sum::<f64>() / indices.len() as f64;
                (self.network.decode(&posterior.sample(&drawn)), divergence)
            }
        };
        Looked { outputs, targets, divergence }
    }

    /// A matrix with a row of the code's width for each index, which `fill` writes.
    fn rows(&self, indices: &[u32], fill: impl Fn(u32, &mut [f32])) -> Matrix {
        let mut rows = Matrix::zeros(indices.len(), self.network.code_size());
        indices.iter().enumerate().for_each(|(row, index)| fill(*index, rows.row_mut(row)));
        rows
    }

    /// A mask for each hidden layer, and none for the others. Empty without dropout.
    fn masks(&self, data: &Batches<'_>, indices: &[u32], epoch: u32) -> Vec<Option<Matrix>> {
        let dropout = self.setup.regularisation.dropout;
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
        learners: &mut Learners,
        factor: f32,
    ) -> StepLosses {
        let Learners { network, discriminator } = learners;
        let judge = discriminator.as_ref().map(|learner| &learner.parameters[..]);
        let (losses, _) = self.gradient(data, indices, epoch, &network.parameters, judge);
        let (layout, Setup { tied, frozen, .. }) = (self.network.layout(), self.setup);
        let (update, slots) = network.begin(&self.setup.regularisation, factor, &mut self.gradient);
        update.all(layout, tied, frozen, slots);
        if tied {
            layout.tie(&mut network.parameters);
        }
        if let (Some(learner), Some(judge)) = (discriminator, &self.discriminator) {
            let (update, slots) = learner.begin(&Regularisation::default(), factor, &mut self.discriminator_gradient);
            update.all(judge.layout(), false, false, slots);
        }
        losses
    }

    fn loss(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32]) -> StepLosses {
        self.network.set_parameters(parameters);
        let losses: Vec<StepLosses> = indices
            .par_chunks(BLOCK)
            .map(|indices| {
                let Looked { outputs, targets, divergence } = self.look(data, indices, Split::Validation);
                let loss = self.held(outputs.values(), targets.values());
                StepLosses { loss, divergence, ..StepLosses::default() }.times(indices.len() as f64)
            })
            .collect();
        let mut sum = StepLosses::default();
        losses.into_iter().for_each(|losses| sum += losses);
        sum.times(1.0 / indices.len() as f64)
    }

    fn image_losses(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32], losses: &mut [f32]) {
        self.network.set_parameters(parameters);
        indices.par_chunks(BLOCK).zip(losses.par_chunks_mut(BLOCK)).for_each(|(indices, losses)| {
            let Looked { outputs, targets, .. } = self.look(data, indices, Split::Train);
            for (row, value) in losses.iter_mut().enumerate() {
                *value = self.held(outputs.row(row), targets.row(row)) as f32;
            }
        });
    }
}

/// Outputs of rows of a split, with the noise of evaluation.
struct Looked {
    outputs: Matrix,
    targets: Matrix,
    /// Mean divergence of the codes from the prior, in nats.
    divergence: f64,
}

/// Mean over rows of `-ln(probability of the class)` in nats, computed in f64. `logits` and `classes`, which is 1 for the
/// true class and 0 else, are `(rows, count)`.
fn cross_entropy(logits: &[f32], classes: &[f32], count: usize) -> f64 {
    let rows = logits.chunks_exact(count).zip(classes.chunks_exact(count)).map(|(logits, classes)| {
        let most = logits.iter().fold(f64::NEG_INFINITY, |most, logit| most.max(f64::from(*logit)));
        let sum: f64 = logits.iter().map(|logit| (f64::from(*logit) - most).exp()).sum();
        let own: f64 = logits.iter().zip(classes).map(|(logit, class)| f64::from(logit * class)).sum();
        most + sum.ln() - own
    });
    rows.sum::<f64>() * count as f64 / logits.len() as f64
}

/// Mean loss per value, summed in f64.
fn loss(loss: Loss, outputs: &[f32], targets: &[f32]) -> f64 {
    let pairs = outputs.iter().zip(targets).map(|(o, t)| (f64::from(*o), f64::from(*t)));
    let sum: f64 = match loss {
        Loss::Mse => pairs.map(|(output, target)| (output - target).powi(2)).sum(),
        Loss::Bce => pairs
            .map(|(output, target)| {
                // Without the clamp, an output that rounds to 0 or 1 would cost infinity. `fused` computes the loss from
                // the sums, which need no clamp.
                let output = output.clamp(1e-7, 1.0 - 1e-7);
                -(target * output.ln() + (1.0 - target) * (-output).ln_1p())
            })
            .sum(),
    };
    sum / targets.len() as f64
}
