//! `fused`: a dense network's training on flat parameters, in two parallel passes a step over buffers that are allocated
//! once.
//!
//! The first pass goes over shards of the batch: gather, forward, loss, and back to the first layer. The second goes over
//! tiles of the parameters: their gradient as a product over all shards, then the optimiser, while both are in the
//! cache. Neither the shards nor the tiles depend on the number of threads, every sum is taken in a fixed order, and no
//! two threads write to one place: the result is the same bit for bit at any number of threads.

use std::ops::Range;

use experiment::spec::Regularisation;
use faer::Accum;
use rayon::prelude::*;
use zoo::{Activation, Layer, Objective, Plan};

use crate::batches::{Batches, Noise};
use crate::engine::kernels::{self, Criterion};
use crate::engine::{Engine, Task};
use crate::optimiser::{Optimiser, Slots, Update};

/// A batch is cut into so many shards, unless they would be very small or large.
const SHARDS: usize = 4;
/// Fewest and most images of a shard: matrix products over fewer lose more than another thread brings, more leave the
/// cache.
const SHARD_ROWS: [usize; 2] = [16, 128];
/// A tile has at least so many units, for the sake of matrix products,
const TILE_UNITS: usize = 32;
/// and otherwise about so many parameters: with what the optimiser knows of them, they fit a second-level cache.
const TILE_PARAMETERS: usize = 32_768;

/// Trains a dense network by its plan.
pub struct Fused {
    plan: Plan,
    objective: Objective,
    regularisation: Regularisation,
    /// The encoders that the network is stacked on, bottom first.
    below: Vec<Frozen>,
    shards: Vec<Shard>,
    shard_rows: usize,
    tiles: Vec<Tile>,
    gradient: Vec<f32>,
}

/// A layer that is not trained.
struct Frozen {
    activation: Activation,
    weights: Vec<f32>,
    bias: Vec<f32>,
}

/// Neighbouring parameters of one layer.
struct Tile {
    layer: usize,
    /// Units whose weights they are; `None` for the layer's biases.
    units: Option<Range<usize>>,
    /// Index of its first parameter.
    start: usize,
}

/// Some images of a batch on their way through the network. Each buffer holds `(rows, width)`, row-major.
struct Shard {
    rows: usize,
    pixels: Vec<f32>,
    /// Outputs of the layers below the network.
    below: Vec<Vec<f32>>,
    /// The network's inputs, where they are not its targets.
    corrupted: Option<Vec<f32>>,
    /// Outputs of its layers; of the last, the gradient with respect to its sums.
    outputs: Vec<Vec<f32>>,
    /// Gradient with respect to the sums of each layer but the last.
    deltas: Vec<Vec<f32>>,
    /// Dropout masks of its layers; empty without.
    masks: Vec<Vec<f32>>,
    /// Factor of each image's loss.
    weights: Vec<f32>,
    /// For each layer, the gradient of its biases.
    bias_gradients: Vec<Vec<f32>>,
    /// Sum over rows and pixels.
    loss: f64,
}

impl Fused {
    /// An engine for networks of `plan` and batches of up to `task.batch_size` images.
    pub fn new(plan: Plan, task: &Task<'_>) -> Self {
        let below: Vec<Frozen> = task.below.iter().flat_map(|network| Frozen::encoder(network.as_ref())).collect();
        let shard_rows = task.batch_size.div_ceil(SHARDS).clamp(SHARD_ROWS[0], SHARD_ROWS[1]);
        let shards = task.batch_size.div_ceil(shard_rows);
        let shards = (0..shards).map(|_| Shard::new(&plan, &below, task, shard_rows)).collect();
        Self {
            tiles: tiles(&plan.layout.layers),
            gradient: vec![0.0; plan.layout.parameter_count()],
            objective: task.objective,
            regularisation: task.regularisation,
            plan,
            below,
            shards,
            shard_rows,
        }
    }

    /// Runs the images at `indices` through the network, back as well if they are trained on, and gives their mean loss.
    fn pass(&mut self, data: &Batches<'_>, indices: &[u32], noise: Noise, parameters: &[f32]) -> f64 {
        let Self { plan, objective, regularisation, below, shards, .. } = self;
        let used = indices.len().div_ceil(self.shard_rows);
        let pixels = plan.layout.layers.last().map_or(0, |layer| layer.outputs);
        let network = Pass {
            plan,
            parameters,
            objective,
            images: indices.len() as f32,
            share: 1.0 / (indices.len() * pixels) as f32,
            dropping: regularisation.dropout > 0.0 && matches!(noise, Noise::Training { .. }),
        };
        shards[..used].par_iter_mut().zip(indices.par_chunks(self.shard_rows)).for_each(|(shard, indices)| {
            shard.gather(data, indices, noise, below);
            if let Noise::Training { epoch } = noise {
                shard.drop_units(data, indices, epoch, plan, regularisation.dropout);
                shard.forward(&network);
                shard.backward(&network);
            } else {
                shard.forward(&network);
            }
        });
        shards[..used].iter().map(|shard| shard.loss).sum::<f64>() / (indices.len() * pixels) as f64
    }

    /// The mean loss of the images at `indices` and, in `gradient`, that of the objective without penalties of weights.
    #[cfg(test)]
    pub(crate) fn gradient(
        &mut self,
        data: &Batches<'_>,
        indices: &[u32],
        epoch: u32,
        parameters: &[f32],
    ) -> (f64, Vec<f32>) {
        let loss = self.pass(data, indices, Noise::Training { epoch }, parameters);
        let mut gradient = vec![f32::NAN; parameters.len()];
        let shards = &self.shards[..indices.len().div_ceil(self.shard_rows)];
        for (index, tile) in self.tiles.iter().enumerate() {
            let end = self.tiles.get(index + 1).map_or(parameters.len(), |next| next.start);
            tile.gradient(shards, &mut gradient[tile.start..end]);
        }
        (loss, gradient)
    }
}

impl Engine for Fused {
    fn step(
        &mut self,
        data: &Batches<'_>,
        indices: &[u32],
        epoch: u32,
        parameters: &mut [f32],
        optimiser: &mut Optimiser,
        learning_rate: f32,
    ) -> f64 {
        let loss = self.pass(data, indices, Noise::Training { epoch }, parameters);
        let shards = &self.shards[..indices.len().div_ceil(self.shard_rows)];
        let (update, slots) = optimiser.begin(&self.regularisation, learning_rate, parameters, &mut self.gradient);
        update_tiles(&self.tiles, shards, &update, slots);
        loss
    }

    fn loss(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32]) -> f64 {
        let batch = self.shards.len() * self.shard_rows;
        let sum: f64 = indices
            .chunks(batch)
            .map(|indices| self.pass(data, indices, Noise::Validation, parameters) * indices.len() as f64)
            .sum();
        sum / indices.len() as f64
    }
}

/// Cuts the parameters into tiles, in order.
fn tiles(layers: &[Layer]) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for (index, layer) in layers.iter().enumerate() {
        let count = layer.outputs / TILE_UNITS.max(TILE_PARAMETERS / layer.inputs);
        let units = layer.outputs.div_ceil(count.max(1));
        tiles.extend((0..layer.outputs).step_by(units).map(|first| Tile {
            layer: index,
            units: Some(first..(first + units).min(layer.outputs)),
            start: layer.start + first * layer.inputs,
        }));
        tiles.push(Tile { layer: index, units: None, start: layer.bias().start });
    }
    tiles
}

/// Works out the gradient of each tile and moves its parameters. Halves of the tiles go to threads that are free.
fn update_tiles(tiles: &[Tile], shards: &[Shard], update: &Update, slots: Slots<'_>) {
    match tiles {
        [] => {}
        [tile] => {
            tile.gradient(shards, slots.gradient);
            match tile.units {
                Some(_) => update.weights(slots),
                None => update.biases(slots),
            }
        }
        _ => {
            let (before, after) = tiles.split_at(tiles.len() / 2);
            let (slots_before, slots_after) = slots.split_at(after[0].start - before[0].start);
            rayon::join(
                || update_tiles(before, shards, update, slots_before),
                || update_tiles(after, shards, update, slots_after),
            );
        }
    }
}

impl Tile {
    /// The gradient of its parameters, summed over the shards in their order.
    fn gradient(&self, shards: &[Shard], gradient: &mut [f32]) {
        let Some(units) = &self.units else {
            gradient.fill(0.0);
            for shard in shards {
                gradient.iter_mut().zip(&shard.bias_gradients[self.layer]).for_each(|(sum, part)| *sum += part);
            }
            return;
        };
        let mut accum = Accum::Replace;
        for shard in shards {
            let (deltas, inputs) = (shard.deltas(self.layer), shard.inputs(self.layer));
            kernels::outer_product(gradient, deltas, units.start, inputs, shard.rows, accum);
            accum = Accum::Add;
        }
    }
}

/// What a shard needs to know of the network.
struct Pass<'a> {
    plan: &'a Plan,
    parameters: &'a [f32],
    objective: &'a Objective,
    /// Images of the batch.
    images: f32,
    /// 1 over the values of the batch.
    share: f32,
    /// Whether the dropout masks apply.
    dropping: bool,
}

impl Frozen {
    /// The encoder of a network.
    fn encoder(network: &dyn zoo::Trainable) -> Vec<Self> {
        let parameters = network.parameters();
        let Some(plan) = network.plan() else { return Vec::new() };
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
    fn new(plan: &Plan, below: &[Frozen], task: &Task<'_>, rows: usize) -> Self {
        let layers = &plan.layout.layers;
        let zeros = |width: usize| vec![0.0; rows * width];
        let mut masks = vec![Vec::new(); layers.len()];
        if task.regularisation.dropout > 0.0 {
            plan.hidden().for_each(|layer| masks[layer] = zeros(layers[layer].outputs));
        }
        let width = layers.first().map_or(0, |layer| layer.inputs);
        Self {
            rows: 0,
            pixels: zeros(below.first().map_or(width, |layer| layer.weights.len() / layer.bias.len())),
            below: below.iter().map(|layer| zeros(layer.bias.len())).collect(),
            corrupted: task.corrupted.then(|| zeros(width)),
            outputs: layers.iter().map(|layer| zeros(layer.outputs)).collect(),
            deltas: layers[..layers.len() - 1].iter().map(|layer| zeros(layer.outputs)).collect(),
            masks,
            weights: vec![1.0; rows],
            bias_gradients: layers.iter().map(|layer| vec![0.0; layer.outputs]).collect(),
            loss: 0.0,
        }
    }

    fn filled<'a>(&self, buffer: &'a [f32], width: usize) -> &'a [f32] {
        &buffer[..self.rows * width]
    }

    /// Fills targets and inputs: bytes to [0, 1], the codes of what lies below, then noise.
    fn gather(&mut self, data: &Batches<'_>, indices: &[u32], noise: Noise, below: &[Frozen]) {
        self.rows = indices.len();
        let width = self.pixels.len() / self.weights.len();
        kernels::vectorised(
            #[inline(always)]
            || {
                for (row, index) in self.pixels.chunks_exact_mut(width).zip(indices) {
                    data.images.scaled(*index as usize, row);
                }
            },
        );
        let training = matches!(noise, Noise::Training { .. });
        for (weight, index) in self.weights.iter_mut().zip(indices) {
            *weight = if training { data.weight(*index) } else { 1.0 };
        }
        for (index, layer) in below.iter().enumerate() {
            let (before, after) = self.below.split_at_mut(index);
            let inputs = before.last().unwrap_or(&self.pixels);
            let outputs = &mut after[0][..self.rows * layer.bias.len()];
            let width = layer.weights.len() / layer.bias.len();
            kernels::product_transposed(outputs, &inputs[..self.rows * width], &layer.weights, self.rows);
            kernels::activate(outputs, &layer.bias, layer.activation, None);
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

    /// Draws the dropout masks: one stream for each image, layer after layer.
    fn drop_units(&mut self, data: &Batches<'_>, indices: &[u32], epoch: u32, plan: &Plan, dropout: f32) {
        if dropout == 0.0 {
            return;
        }
        for (row, index) in indices.iter().enumerate() {
            let mut masks = data.masks(epoch, *index, dropout);
            for layer in plan.hidden() {
                let width = plan.layout.layers[layer].outputs;
                masks.fill(&mut self.masks[layer][row * width..(row + 1) * width]);
            }
        }
    }

    /// What layer `index` reads.
    fn inputs(&self, index: usize) -> &[f32] {
        let (buffer, rows) = match index.checked_sub(1) {
            Some(before) => (&self.outputs[before], self.weights.len()),
            None => {
                let targets = self.below.last().unwrap_or(&self.pixels);
                (self.corrupted.as_ref().unwrap_or(targets), self.weights.len())
            }
        };
        self.filled(buffer, buffer.len() / rows)
    }

    /// The gradient with respect to the sums of layer `index`.
    fn deltas(&self, index: usize) -> &[f32] {
        let buffer = self.deltas.get(index).unwrap_or(&self.outputs[self.outputs.len() - 1]);
        self.filled(buffer, self.bias_gradients[index].len())
    }

    /// From the inputs to the loss, and its gradient with respect to the last sums.
    fn forward(&mut self, pass: &Pass<'_>) {
        let Pass { plan, parameters, objective, share, dropping, .. } = *pass;
        let last = plan.activations.len() - 1;
        for (index, layer) in plan.layout.layers.iter().enumerate() {
            let mut outputs = std::mem::take(&mut self.outputs[index]);
            let used = &mut outputs[..self.rows * layer.outputs];
            kernels::product_transposed(used, self.inputs(index), &parameters[layer.weight()], self.rows);
            let (bias, activation) = (&parameters[layer.bias()], plan.activations[index]);
            if index < last {
                let mask = Some(&self.masks[index][..]).filter(|mask| dropping && !mask.is_empty());
                kernels::activate(used, bias, activation, mask);
            } else {
                let targets = self.below.last().unwrap_or(&self.pixels);
                let criterion = Criterion { activation, loss: objective.loss, share };
                let bias_gradient = &mut self.bias_gradients[last];
                self.loss = kernels::output_loss(used, bias, targets, &self.weights, criterion, bias_gradient);
            }
            self.outputs[index] = outputs;
        }
    }

    /// From the gradient with respect to the last sums to that with respect to the first.
    fn backward(&mut self, pass: &Pass<'_>) {
        let Pass { plan, parameters, objective, images, .. } = *pass;
        for index in (0..self.deltas.len()).rev() {
            let (layer, above) = (&plan.layout.layers[index], &plan.layout.layers[index + 1]);
            let mut deltas = std::mem::take(&mut self.deltas[index]);
            let used = &mut deltas[..self.rows * layer.outputs];
            kernels::product(used, self.deltas(index + 1), &parameters[above.weight()], self.rows);
            let mask = Some(&self.masks[index][..]).filter(|mask| !mask.is_empty());
            let penalty = if index == plan.code() { objective.code_l1 / images } else { 0.0 };
            kernels::through_activation(
                used,
                &self.outputs[index],
                plan.activations[index],
                mask,
                penalty,
                &mut self.bias_gradients[index],
            );
            self.deltas[index] = deltas;
        }
    }
}
