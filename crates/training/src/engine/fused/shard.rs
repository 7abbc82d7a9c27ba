//! A shard: some rows of a batch, with buffers for the forward and the backward pass.

use spec::catalogue::Activation;
use zoo::{Objective, Plan, Trainable};

use super::trial::Trial;
use crate::batches::{Batches, Noise};
use crate::engine::Setup;
use crate::engine::kernels::{self, Criterion};
use crate::engine::tile::Passed;

/// A layer that is not trained.
pub(super) struct Frozen {
    activation: Activation,
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// Some rows of a batch and their values at every layer. Each buffer holds `(rows, width)`, row-major.
pub(super) struct Shard {
    pub(super) rows: usize,
    pixels: Vec<f32>,
    /// Classes of the rows; empty unless the network is a classifier.
    labels: Vec<usize>,
    /// Outputs of the layers of the networks below.
    below: Vec<Vec<f32>>,
    /// Inputs of the network, if they differ from its targets.
    corrupted: Option<Vec<f32>>,
    /// Outputs of each layer. The last layer's become the gradient with respect to its sums.
    outputs: Vec<Vec<f32>>,
    /// Gradient with respect to the sums of each layer except the last.
    deltas: Vec<Vec<f32>>,
    /// Dropout masks of each layer; empty without dropout.
    masks: Vec<Vec<f32>>,
    /// Slopes of each layer's activation; empty if the outputs determine the slopes.
    slopes: Vec<Vec<f32>>,
    /// Weight of each row's loss, `(rows,)`.
    weights: Vec<f32>,
    /// Loss of each row, summed over its values, `(rows,)`.
    pub(super) losses: Vec<f32>,
    /// Standard normal noise of Gaussian codes; empty for other codes.
    noise: Vec<f32>,
    codes: Vec<f32>,
    /// Codes and samples of the prior for the discriminator, if there is one.
    pub(super) trial: Option<Trial>,
    /// Gradient of each layer's biases.
    pub(super) bias_gradients: Vec<Vec<f32>>,
    /// Loss, summed over rows and values.
    pub(super) loss: f64,
    /// Divergence of Gaussian codes from the prior, summed over rows and units.
    pub(super) divergence: f64,
}

/// The network and the factors of one pass, the same for every shard.
pub(super) struct Pass<'a> {
    pub(super) plan: &'a Plan,
    pub(super) parameters: &'a [f32],
    /// Plan and parameters of the discriminator.
    pub(super) discriminator: Option<(&'a Plan, &'a [f32])>,
    /// Factor of the encoder's loss against the discriminator.
    pub(super) deception: f32,
    pub(super) objective: &'a Objective,
    /// Number of rows of the batch.
    pub(super) images: f32,
    /// 1 divided by the number of values of the batch.
    pub(super) share: f32,
    /// True if dropout masks apply.
    pub(super) dropping: bool,
}

impl Frozen {
    /// The encoder layers of a network.
    pub(super) fn encoder(network: &dyn Trainable) -> Vec<Self> {
        let parameters = network.parameters();
        let Some(plan) = network.kind().plan() else { return Vec::new() };
        plan.encoder()
            .map(|index| {
                let layer = &plan.layout.layers[index];
                Self {
                    activation: plan.activations[index],
                    weights: parameters[layer.weight()].to_vec(),
                    bias: parameters[layer.bias()].to_vec(),
                }
            })
            .collect()
    }
}

impl Shard {
    pub(super) fn new(
        plan: &Plan,
        discriminator: Option<&Plan>,
        below: &[Frozen],
        setup: &Setup<'_>,
        rows: usize,
    ) -> Self {
        let layers = &plan.layout.layers;
        let zeros = |width: usize| vec![0.0; rows * width];
        let mut masks = vec![Vec::new(); layers.len()];
        if setup.regularisation.dropout > 0.0 {
            plan.layout.hidden().for_each(|layer| masks[layer] = zeros(layers[layer].outputs));
        }
        let needs_slopes = |layer: usize| kernels::needs_slopes(plan.activations[layer], !masks[layer].is_empty());
        let slopes = layers[..layers.len() - 1].iter().enumerate();
        let slopes = slopes.map(|(index, layer)| if needs_slopes(index) { zeros(layer.outputs) } else { Vec::new() });
        let slopes = slopes.collect();
        let width = layers.first().map_or(0, |layer| layer.inputs);
        let drawn = if plan.layout.heads == 2 { layers[plan.layout.code()].outputs } else { 0 };
        Self {
            rows: 0,
            pixels: zeros(below.first().map_or(width, |layer| layer.weights.len() / layer.bias.len())),
            labels: if setup.classifies { vec![0; rows] } else { Vec::new() },
            below: below.iter().map(|layer| zeros(layer.bias.len())).collect(),
            corrupted: setup.corrupted.then(|| zeros(width)),
            outputs: layers.iter().map(|layer| zeros(layer.outputs)).collect(),
            deltas: layers[..layers.len() - 1].iter().map(|layer| zeros(layer.outputs)).collect(),
            masks,
            slopes,
            weights: vec![1.0; rows],
            losses: vec![0.0; rows],
            noise: zeros(drawn),
            codes: zeros(drawn),
            trial: discriminator.map(|plan| Trial::new(plan, rows)),
            bias_gradients: layers.iter().map(|layer| vec![0.0; layer.outputs]).collect(),
            loss: 0.0,
            divergence: 0.0,
        }
    }

    fn filled<'a>(&self, buffer: &'a [f32], width: usize) -> &'a [f32] {
        &buffer[..self.rows * width]
    }

    /// Fills targets and inputs: values of the rows, then codes of the networks below, then corruption.
    pub(super) fn gather(&mut self, data: &Batches<'_>, indices: &[u32], noise: Noise, below: &[Frozen]) {
        self.rows = indices.len();
        let width = self.pixels.len() / self.weights.len();
        kernels::vectorised(
            #[inline(always)]
            || {
                for (row, index) in self.pixels.chunks_exact_mut(width).zip(indices) {
                    data.read(*index, noise, row);
                }
            },
        );
        let training = matches!(noise, Noise::Training { .. });
        for (weight, index) in self.weights.iter_mut().zip(indices) {
            *weight = if training { data.weight(*index) } else { 1.0 };
        }
        self.labels.iter_mut().zip(indices).for_each(|(label, index)| *label = data.class(*index));
        let units = self.noise.len() / self.weights.len();
        if units > 0 {
            self.noise
                .chunks_exact_mut(units)
                .zip(indices)
                .for_each(|(row, index)| data.code_noise(*index, noise, row));
        }
        if let (Some(trial), Noise::Training { epoch }) = (&mut self.trial, noise) {
            let units = trial.draws.len() / self.weights.len();
            trial.draws.chunks_exact_mut(units).zip(indices).for_each(|(row, index)| data.prior(*index, epoch, row));
        }
        for (index, layer) in below.iter().enumerate() {
            let (before, after) = self.below.split_at_mut(index);
            let inputs = before.last().unwrap_or(&self.pixels);
            let outputs = &mut after[0][..self.rows * layer.bias.len()];
            let width = layer.weights.len() / layer.bias.len();
            kernels::product_transposed(outputs, &inputs[..self.rows * width], &layer.weights, self.rows);
            kernels::activate(outputs, &layer.bias, layer.activation, None, None);
        }
        if let Some(corrupted) = &mut self.corrupted {
            let targets = self.below.last().unwrap_or(&self.pixels);
            let width = corrupted.len() / self.weights.len();
            for ((row, target), index) in
                corrupted.chunks_exact_mut(width).zip(targets.chunks_exact(width)).zip(indices)
            {
                row.copy_from_slice(target);
                data.corrupt(*index, noise, row);
            }
        }
    }

    /// Draws the dropout masks: one random stream for each row, layer after layer.
    pub(super) fn drop_units(&mut self, data: &Batches<'_>, indices: &[u32], epoch: u32, plan: &Plan, dropout: f32) {
        if dropout == 0.0 {
            return;
        }
        for (row, index) in indices.iter().enumerate() {
            let mut masks = data.masks(epoch, *index, dropout);
            for layer in plan.layout.hidden() {
                let width = plan.layout.layers[layer].outputs;
                masks.fill(&mut self.masks[layer][row * width..(row + 1) * width]);
            }
        }
    }

    /// Inputs of layer `index`.
    fn inputs(&self, plan: &Plan, index: usize) -> &[f32] {
        let decoder = plan.layout.encoder_layers;
        let buffer = if index == 0 {
            self.corrupted.as_ref().unwrap_or(self.below.last().unwrap_or(&self.pixels))
        } else if plan.layout.heads == 2 && index == decoder {
            &self.codes
        } else if plan.layout.heads == 2 && index == decoder - 1 {
            &self.outputs[index - 2]
        } else {
            &self.outputs[index - 1]
        };
        self.filled(buffer, buffer.len() / self.weights.len())
    }

    /// Outputs of layer `index`.
    pub(super) fn outputs(&self, index: usize) -> &[f32] {
        self.filled(&self.outputs[index], self.bias_gradients[index].len())
    }

    /// Gradient with respect to the sums of layer `index`.
    fn deltas(&self, index: usize) -> &[f32] {
        let buffer = self.deltas.get(index).unwrap_or(&self.outputs[self.outputs.len() - 1]);
        self.filled(buffer, self.bias_gradients[index].len())
    }

    /// Inputs of layer `index`, and the gradient with respect to its sums.
    pub(super) fn passed(&self, plan: &Plan, index: usize) -> Passed<'_> {
        Passed {
            rows: self.rows,
            inputs: self.inputs(plan, index),
            deltas: self.deltas(index),
            bias_gradient: &self.bias_gradients[index],
        }
    }

    /// Forward pass: from the inputs to the loss, and its gradient with respect to the last sums.
    pub(super) fn forward(&mut self, pass: &Pass<'_>) {
        let Pass { plan, parameters, objective, share, dropping, .. } = *pass;
        let last = plan.activations.len() - 1;
        for (index, layer) in plan.layout.layers.iter().enumerate() {
            let mut outputs = std::mem::take(&mut self.outputs[index]);
            let used = &mut outputs[..self.rows * layer.outputs];
            kernels::product_transposed(used, self.inputs(plan, index), &parameters[layer.weight()], self.rows);
            let (bias, activation) = (&parameters[layer.bias()], plan.activations[index]);
            if plan.is_residual && index == last {
                used.iter_mut().zip(self.inputs(plan, 0)).for_each(|(sum, input)| *sum += input);
            }
            if index < last {
                let mask = Some(&self.masks[index][..]).filter(|mask| dropping && !mask.is_empty());
                let slopes = self.slopes[index].get_mut(..used.len());
                kernels::activate(used, bias, activation, mask, slopes);
            } else if let Some(labels) = self.labels.get(..self.rows) {
                let gradients = (&mut self.bias_gradients[last][..], &mut self.losses[..]);
                self.loss = kernels::class_loss(used, bias, labels, &self.weights, share, gradients);
            } else {
                let targets = self.below.last().unwrap_or(&self.pixels);
                let criterion = Criterion { activation, loss: objective.loss, share };
                let bias_gradient = &mut self.bias_gradients[last];
                let losses = &mut self.losses;
                self.loss = kernels::output_loss(used, bias, targets, &self.weights, criterion, bias_gradient, losses);
            }
            self.outputs[index] = outputs;
            if index + 1 == plan.layout.encoder_layers {
                self.sample_and_judge_codes(pass);
            }
        }
    }

    /// Samples Gaussian codes, and runs the discriminator on the codes if there is one.
    fn sample_and_judge_codes(&mut self, pass: &Pass<'_>) {
        let (layout, rows) = (&pass.plan.layout, self.rows);
        let used = ..rows * layout.layers[layout.code()].outputs;
        if layout.heads == 2 {
            let [means, log_variances] = [0, 1].map(|head| &self.outputs[layout.code() + head][used]);
            let (codes, noise) = (&mut self.codes[used], &self.noise[used]);
            self.divergence = kernels::sample(codes, means, log_variances, noise, &self.weights[..rows]);
        }
        if let (Some(trial), Some((plan, parameters))) = (&mut self.trial, pass.discriminator) {
            let codes = &self.outputs[layout.code()][used];
            trial.hold(plan, parameters, codes, rows, pass.images, pass.deception);
        }
    }

    /// Backward pass: from the gradient with respect to the last sums to that with respect to the first.
    pub(super) fn backward(&mut self, pass: &Pass<'_>) {
        let Pass { plan, parameters, objective, images, .. } = *pass;
        let layout = &plan.layout;
        let mut index = self.deltas.len();
        while let Some(below) = index.checked_sub(1) {
            index = below;
            if layout.heads == 2 && index + 1 == layout.encoder_layers {
                // The step handles both heads at once.
                index = layout.code();
                self.backward_through_sample(pass);
                continue;
            }
            let (layer, above) = (&layout.layers[index], &layout.layers[index + 1]);
            let mut deltas = std::mem::take(&mut self.deltas[index]);
            let used = &mut deltas[..self.rows * layer.outputs];
            kernels::product(used, self.deltas(index + 1), &parameters[above.weight()], self.rows);
            if layout.heads == 2 && index + 1 == layout.code() {
                let head = &layout.layers[index + 2];
                kernels::add_product(used, self.deltas(index + 2), &parameters[head.weight()], self.rows);
            }
            let is_code = index == layout.code();
            if let (true, Some(trial)) = (is_code, &self.trial) {
                used.iter_mut().zip(&trial.pull).for_each(|(delta, pull)| *delta += pull);
            }
            let mask = Some(&self.masks[index][..]).filter(|mask| !mask.is_empty());
            let penalty = if is_code { objective.code_l1 / images } else { 0.0 };
            kernels::through_activation(
                used,
                &self.outputs[index],
                plan.activations[index],
                mask,
                self.slopes[index].get(..self.rows * layer.outputs),
                penalty,
                &mut self.bias_gradients[index],
            );
            self.deltas[index] = deltas;
        }
    }

    /// Backward pass through the sample of Gaussian codes. It starts from the gradient with respect to the sums of the
    /// decoder's first layer, and ends with that with respect to means and log variances.
    fn backward_through_sample(&mut self, pass: &Pass<'_>) {
        let Pass { plan, parameters, objective, images, .. } = *pass;
        let (layout, code, rows) = (&plan.layout, plan.layout.code(), self.rows);
        let above = &layout.layers[code + 2];
        let used = ..rows * above.inputs;
        let [mut means, mut log_variances] = [code, code + 1].map(|index| std::mem::take(&mut self.deltas[index]));
        kernels::product(&mut means[used], self.deltas(code + 2), &parameters[above.weight()], rows);
        let (mean_biases, rest) = self.bias_gradients[code..].split_at_mut(1);
        kernels::through_sample(
            [&mut means[used], &mut log_variances[used]],
            [&self.outputs[code][used], &self.outputs[code + 1][used], &self.noise[used]],
            &self.weights[..rows],
            objective.divergence / images,
            [&mut mean_biases[0], &mut rest[0]],
        );
        (self.deltas[code], self.deltas[code + 1]) = (means, log_variances);
    }
}
