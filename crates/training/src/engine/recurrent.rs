//! `fused` for recurrent networks: back-propagation through time on flat parameters, over buffers that are allocated once,
//! in the two passes of a step that `fused.rs` has, with the same promises.

use rayon::prelude::*;
use spec::catalogue::{Activation, Split};
use zoo::Recurrence;
use zoo::arithmetic::{sigmoid, tanh, vectorised};

use super::kernels::{self, Criterion};
use super::tile::{Passed, TILE_PARAMETERS, Tile, tiles, update_tiles};
use super::{Engine, Learners, Losses, Task};
use crate::batches::{Batches, Noise};

/// A batch is cut into so many shards,
const SHARDS: usize = 4;
/// of no fewer images than this: products at each step over fewer lose more than another thread brings.
const FEWEST: usize = 16;

/// Trains a recurrent network.
pub struct Recurrent<'a> {
    shape: Recurrence,
    task: Task<'a>,
    rows: usize,
    shards: Vec<Shard>,
    tiles: Vec<Tile>,
    gradient: Vec<f32>,
}

/// Some images on their way through the network, rows of images one after another: `(steps, images, width)`.
struct Shard {
    rows: usize,
    image: Vec<f32>,
    targets: Vec<f32>,
    inputs: Vec<f32>,
    /// Factor of each image's loss, and the same for each of its rows.
    weights: Vec<f32>,
    /// Loss of each of those, summed over pixels.
    losses: Vec<f32>,
    encoder: Unrolled,
    code: Vec<f32>,
    code_deltas: Vec<f32>,
    decoder: Unrolled,
    /// Sums of the rows written, then the gradient with respect to them.
    written: Vec<f32>,
    /// Gradient with respect to the decoder's states by what is written of them.
    pulls: Vec<f32>,
    code_bias: Vec<f32>,
    written_bias: Vec<f32>,
    loss: f64,
}

/// A cell at each step. Each buffer holds `(steps, images, ...)`.
struct Unrolled {
    units: usize,
    /// Steps at which it reads something else: all, or 1 where it reads the same at each.
    reads: usize,
    /// Sums of what is read, of each gate.
    read: Vec<f32>,
    /// The same of the state, at one step; on the way back, the gradient with respect to those of what is read.
    gates: Vec<f32>,
    /// Gates after their activation, and the candidate's sum of the state.
    active: Vec<f32>,
    candidate: Vec<f32>,
    /// States, the first of which is 0.
    states: Vec<f32>,
    /// Gradients with respect to the sums of what is read and of the state,
    read_deltas: Vec<f32>,
    state_deltas: Vec<f32>,
    /// summed over images and steps,
    read_bias: Vec<f32>,
    state_bias: Vec<f32>,
    /// and with respect to the state between two steps.
    carry: Vec<f32>,
}

/// Weights and biases of a cell: of what it reads, and of its state.
#[derive(Clone, Copy)]
struct Cell<'a> {
    read: [&'a [f32]; 2],
    state: [&'a [f32]; 2],
}

impl Unrolled {
    fn new(units: usize, steps: usize, reads: usize, rows: usize) -> Self {
        let zeros = |count: usize, width: usize| vec![0.0; count * rows * width];
        Self {
            units,
            reads,
            read: zeros(reads, 3 * units),
            gates: zeros(1, 3 * units),
            active: zeros(steps, 3 * units),
            candidate: zeros(steps, units),
            states: zeros(steps + 1, units),
            read_deltas: zeros(reads, 3 * units),
            state_deltas: zeros(steps, 3 * units),
            read_bias: vec![0.0; 3 * units],
            state_bias: vec![0.0; 3 * units],
            carry: zeros(1, units),
        }
    }

    /// Runs the cell over steps. `inputs` are what it reads, `(reads, rows, width)`.
    fn forward(&mut self, cell: Cell<'_>, inputs: &[f32], steps: usize, rows: usize) {
        let (state, gate) = (rows * self.units, rows * 3 * self.units);
        let read = &mut self.read[..self.reads * gate];
        kernels::product_transposed(read, inputs, cell.read[0], self.reads * rows);
        kernels::activate(read, cell.read[1], Activation::Identity, None, None);
        self.states[..state].fill(0.0);
        for step in 0..steps {
            let (before, after) = self.states[step * state..(step + 2) * state].split_at_mut(state);
            let gates = &mut self.gates[..gate];
            kernels::product_transposed(gates, before, cell.state[0], rows);
            kernels::activate(gates, cell.state[1], Activation::Identity, None, None);
            let read = &read[step.min(self.reads - 1) * gate..][..gate];
            let active = &mut self.active[step * gate..][..gate];
            let candidate = &mut self.candidate[step * state..][..state];
            for row in 0..rows {
                let (own, wide) =
                    (row * self.units..(row + 1) * self.units, row * 3 * self.units..(row + 1) * 3 * self.units);
                next_state(
                    [&read[wide.clone()], &gates[wide.clone()]],
                    &mut active[wide],
                    &mut candidate[own.clone()],
                    &before[own.clone()],
                    &mut after[own],
                );
            }
        }
    }

    /// Back through the steps. The gradient with respect to the last state stands in `carry`; `pulls`, `(steps, rows,
    /// units)`, are added to that of each state, if there are any.
    fn backward(&mut self, cell: Cell<'_>, pulls: Option<&[f32]>, steps: usize, rows: usize) {
        let (state, gate) = (rows * self.units, rows * 3 * self.units);
        self.read_deltas[..self.reads * gate].fill(0.0);
        for step in (0..steps).rev() {
            let carry = &mut self.carry[..state];
            if let Some(pulls) = pulls {
                carry.iter_mut().zip(&pulls[step * state..]).for_each(|(carry, pull)| *carry += pull);
            }
            let active = &self.active[step * gate..][..gate];
            let candidate = &self.candidate[step * state..][..state];
            let before = &self.states[step * state..][..state];
            let state_deltas = &mut self.state_deltas[step * gate..][..gate];
            let read_deltas = &mut self.read_deltas[step.min(self.reads - 1) * gate..][..gate];
            for row in 0..rows {
                let (own, wide) =
                    (row * self.units..(row + 1) * self.units, row * 3 * self.units..(row + 1) * 3 * self.units);
                state_before(
                    &active[wide.clone()],
                    &candidate[own.clone()],
                    &before[own.clone()],
                    &mut carry[own],
                    [&mut state_deltas[wide.clone()], &mut read_deltas[wide]],
                );
            }
            kernels::add_product(carry, state_deltas, cell.state[0], rows);
        }
        kernels::sum_rows(&mut self.read_bias, &self.read_deltas[..self.reads * gate]);
        kernels::sum_rows(&mut self.state_bias, &self.state_deltas[..steps * gate]);
    }

    /// The last state.
    fn end(&self, steps: usize, rows: usize) -> &[f32] {
        &self.states[steps * rows * self.units..][..rows * self.units]
    }
}

fn parts(gates: &[f32]) -> [&[f32]; 3] {
    let (first, rest) = gates.split_at(gates.len() / 3);
    let (second, third) = rest.split_at(rest.len() / 2);
    [first, second, third]
}

fn parts_mut(gates: &mut [f32]) -> [&mut [f32]; 3] {
    let (first, rest) = gates.split_at_mut(gates.len() / 3);
    let (second, third) = rest.split_at_mut(rest.len() / 2);
    [first, second, third]
}

/// One image's next state from the sums of what is read and of the state before, in reset, update and candidate.
fn next_state(sums: [&[f32]; 2], active: &mut [f32], candidate: &mut [f32], before: &[f32], after: &mut [f32]) {
    let [read, state] = sums.map(parts);
    let [reset, update, new] = parts_mut(active);
    vectorised(
        #[inline(always)]
        || {
            let sums = read[0].iter().zip(read[1]).zip(read[2]).zip(state[0].iter().zip(state[1]).zip(state[2]));
            let outputs = reset.iter_mut().zip(update).zip(new).zip(candidate.iter_mut().zip(before).zip(after));
            for (sums, outputs) in sums.zip(outputs) {
                let (((read_reset, read_update), read_new), ((state_reset, state_update), state_new)) = sums;
                let (((reset, update), new), ((candidate, before), after)) = outputs;
                *reset = sigmoid(read_reset + state_reset);
                *update = sigmoid(read_update + state_update);
                *candidate = *state_new;
                *new = tanh(read_new + *reset * state_new);
                *after = *new + *update * (before - *new);
            }
        },
    );
}

/// From the gradient with respect to one image's state, in `carry`, to that with respect to the sums of the state before,
/// to be set, and of what was read, to be added to; and in `carry`, the part with respect to the state before that does not
/// come by those.
fn state_before(active: &[f32], candidate: &[f32], before: &[f32], carry: &mut [f32], deltas: [&mut [f32]; 2]) {
    let [reset, update, new] = parts(active);
    let [[state_reset, state_update, state_new], [read_reset, read_update, read_new]] = deltas.map(parts_mut);
    vectorised(
        #[inline(always)]
        || {
            let known = reset.iter().zip(update).zip(new).zip(candidate.iter().zip(before));
            let of_state = state_reset.iter_mut().zip(state_update).zip(state_new);
            let of_read = read_reset.iter_mut().zip(read_update).zip(read_new);
            for (((known, carry), of_state), of_read) in known.zip(carry).zip(of_state).zip(of_read) {
                let (((reset, update), new), (candidate, before)) = known;
                let of_new = *carry * (1.0 - update) * (1.0 - new * new);
                let of_update = *carry * (before - new) * update * (1.0 - update);
                let of_reset = of_new * candidate * reset * (1.0 - reset);
                *carry *= update;
                (*of_state.0.0, *of_state.0.1, *of_state.1) = (of_reset, of_update, of_new * reset);
                *of_read.0.0 += of_reset;
                *of_read.0.1 += of_update;
                *of_read.1 += of_new;
            }
        },
    );
}

/// Places of the layers: gates of what is read, gates of the state, and what is written, on either side.
const ENCODER: [usize; 3] = [0, 1, 2];
const DECODER: [usize; 3] = [3, 4, 5];

impl Shard {
    fn new(shape: &Recurrence, rows: usize) -> Self {
        let Recurrence { steps, width, units, code, .. } = *shape;
        Self {
            rows: 0,
            image: vec![0.0; shape.values()],
            targets: vec![0.0; rows * shape.values()],
            inputs: vec![0.0; rows * shape.values()],
            weights: vec![1.0; rows * steps],
            losses: vec![0.0; rows * steps],
            encoder: Unrolled::new(units, steps, steps, rows),
            code: vec![0.0; rows * code],
            code_deltas: vec![0.0; rows * code],
            decoder: Unrolled::new(units, steps, 1, rows),
            written: vec![0.0; rows * steps * width],
            pulls: vec![0.0; rows * steps * units],
            code_bias: vec![0.0; code],
            written_bias: vec![0.0; width],
            loss: 0.0,
        }
    }

    /// Fills targets and inputs, row of the images after row.
    fn gather(&mut self, shape: &Recurrence, data: &Batches<'_>, indices: &[u32], noise: Noise) {
        self.rows = indices.len();
        let (rows, width) = (self.rows, shape.width);
        let training = matches!(noise, Noise::Training { .. });
        for (place, index) in indices.iter().enumerate() {
            data.read(*index, noise, &mut self.image);
            let scatter = |image: &[f32], to: &mut [f32]| {
                for (step, row) in image.chunks_exact(width).enumerate() {
                    to[(step * rows + place) * width..][..width].copy_from_slice(row);
                }
            };
            scatter(&self.image, &mut self.targets);
            data.corrupt(*index, noise, &mut self.image);
            scatter(&self.image, &mut self.inputs);
            let weight = if training { data.weight(*index) } else { 1.0 };
            (0..shape.steps).for_each(|step| self.weights[step * rows + place] = weight);
        }
    }

    /// From the inputs to the loss, and its gradient with respect to the rows' sums.
    fn forward(&mut self, shape: &Recurrence, parameters: &[f32], task: &Task<'_>, share: f32) {
        let (rows, steps) = (self.rows, shape.steps);
        let [encoder, decoder] = [ENCODER, DECODER].map(|side| cell(shape, parameters, side));
        self.encoder.forward(encoder, &self.inputs[..rows * shape.values()], steps, rows);
        let [weights, bias] = affine(shape, parameters, ENCODER[2]);
        let code = &mut self.code[..rows * shape.code];
        kernels::product_transposed(code, self.encoder.end(steps, rows), weights, rows);
        kernels::activate(code, bias, Activation::Identity, None, None);
        self.decoder.forward(decoder, code, steps, rows);
        let [weights, bias] = affine(shape, parameters, DECODER[2]);
        let written = &mut self.written[..rows * shape.values()];
        let states = &self.decoder.states[rows * shape.units..][..steps * rows * shape.units];
        kernels::product_transposed(written, states, weights, steps * rows);
        let criterion = Criterion { activation: Activation::Sigmoid, loss: task.objective.loss, share };
        let (targets, weights) = (&self.targets[..rows * shape.values()], &self.weights[..rows * steps]);
        let losses = &mut self.losses[..rows * steps];
        self.loss = kernels::output_loss(written, bias, targets, weights, criterion, &mut self.written_bias, losses);
    }

    /// From the gradient with respect to the rows' sums to that with respect to the first.
    fn backward(&mut self, shape: &Recurrence, parameters: &[f32], task: &Task<'_>, images: f32) {
        let (rows, steps, units) = (self.rows, shape.steps, shape.units);
        let [encoder, decoder] = [ENCODER, DECODER].map(|side| cell(shape, parameters, side));
        let pulls = &mut self.pulls[..steps * rows * units];
        kernels::product(
            pulls,
            &self.written[..rows * shape.values()],
            affine(shape, parameters, DECODER[2])[0],
            steps * rows,
        );
        self.decoder.carry.fill(0.0);
        self.decoder.backward(decoder, Some(pulls), steps, rows);
        let deltas = &mut self.code_deltas[..rows * shape.code];
        kernels::product(deltas, &self.decoder.read_deltas[..rows * 3 * units], decoder.read[0], rows);
        let penalty = task.objective.code_l1 / images;
        kernels::through_activation(deltas, &self.code, Activation::Identity, None, None, penalty, &mut self.code_bias);
        let carry = &mut self.encoder.carry[..rows * units];
        kernels::product(carry, deltas, affine(shape, parameters, ENCODER[2])[0], rows);
        self.encoder.backward(encoder, None, steps, rows);
    }

    /// What a layer read, and the gradient with respect to its sums.
    fn passed(&self, shape: &Recurrence, layer: usize) -> Passed<'_> {
        let (rows, steps, units) = (self.rows, shape.steps, shape.units);
        let (state, gate) = (rows * units, rows * 3 * units);
        match layer {
            0 => Passed {
                rows: steps * rows,
                inputs: &self.inputs[..rows * shape.values()],
                deltas: &self.encoder.read_deltas[..steps * gate],
                bias_gradient: &self.encoder.read_bias,
            },
            2 => Passed {
                rows,
                inputs: self.encoder.end(steps, rows),
                deltas: &self.code_deltas[..rows * shape.code],
                bias_gradient: &self.code_bias,
            },
            3 => Passed {
                rows,
                inputs: &self.code[..rows * shape.code],
                deltas: &self.decoder.read_deltas[..gate],
                bias_gradient: &self.decoder.read_bias,
            },
            5 => Passed {
                rows: steps * rows,
                inputs: &self.decoder.states[state..(steps + 1) * state],
                deltas: &self.written[..rows * shape.values()],
                bias_gradient: &self.written_bias,
            },
            side => {
                let cell = if side == ENCODER[1] { &self.encoder } else { &self.decoder };
                Passed {
                    rows: steps * rows,
                    inputs: &cell.states[..steps * state],
                    deltas: &cell.state_deltas[..steps * gate],
                    bias_gradient: &cell.state_bias,
                }
            }
        }
    }
}

/// Weights and biases of a layer.
fn affine<'p>(shape: &Recurrence, parameters: &'p [f32], layer: usize) -> [&'p [f32]; 2] {
    let layer = &shape.layout.layers[layer];
    [&parameters[layer.weight()], &parameters[layer.bias()]]
}

fn cell<'p>(shape: &Recurrence, parameters: &'p [f32], side: [usize; 3]) -> Cell<'p> {
    Cell { read: affine(shape, parameters, side[0]), state: affine(shape, parameters, side[1]) }
}

impl<'a> Recurrent<'a> {
    /// An engine for networks of this shape and batches of up to `task.batch_size` images.
    pub fn new(shape: Recurrence, task: &Task<'a>) -> Self {
        let rows = task.batch_size.div_ceil(SHARDS).max(FEWEST);
        Self {
            shards: (0..SHARDS).map(|_| Shard::new(&shape, rows)).collect(),
            tiles: tiles(&shape.layout.layers, TILE_PARAMETERS),
            gradient: vec![0.0; shape.layout.parameter_count()],
            task: *task,
            shape,
            rows,
        }
    }

    /// Runs the images at `indices` through the network, back as well if they are trained on, and gives their mean loss.
    fn pass(&mut self, data: &Batches<'_>, indices: &[u32], noise: Noise, parameters: &[f32]) -> f64 {
        let Self { shape, task, shards, rows, .. } = self;
        let values = (indices.len() * shape.values()) as f32;
        let shards = &mut shards[..indices.len().div_ceil(*rows)];
        shards.par_iter_mut().zip(indices.par_chunks(*rows)).for_each(|(shard, indices_of_shard)| {
            shard.gather(shape, data, indices_of_shard, noise);
            shard.forward(shape, parameters, task, 1.0 / values);
            if let Noise::Training { .. } = noise {
                shard.backward(shape, parameters, task, indices.len() as f32);
            }
        });
        shards.iter().map(|shard| shard.loss).sum::<f64>() / (indices.len() * shape.values()) as f64
    }

    /// The mean loss of the images at `indices` and the gradient of the objective without penalties of weights.
    #[cfg(test)]
    pub(crate) fn gradient(
        &mut self,
        data: &Batches<'_>,
        indices: &[u32],
        epoch: u32,
        parameters: &[f32],
    ) -> (f64, Vec<f32>) {
        let loss = self.pass(data, indices, Noise::Training { epoch }, parameters);
        let shards = &self.shards[..indices.len().div_ceil(self.rows)];
        let mut gradient = vec![f32::NAN; parameters.len()];
        for (index, tile) in self.tiles.iter().enumerate() {
            let end = self.tiles.get(index + 1).map_or(parameters.len(), |next| next.start);
            tile.gradient(
                shards.iter().map(|shard| shard.passed(&self.shape, tile.layer)),
                &mut gradient[tile.start..end],
            );
        }
        (loss, gradient)
    }
}

impl Engine for Recurrent<'_> {
    fn step(
        &mut self,
        data: &Batches<'_>,
        indices: &[u32],
        epoch: u32,
        learners: &mut Learners,
        factor: f32,
    ) -> Losses {
        let network = &mut learners.network;
        let loss = self.pass(data, indices, Noise::Training { epoch }, &network.parameters);
        let Self { shape, task, shards, rows, tiles, gradient } = self;
        let shards = &shards[..indices.len().div_ceil(*rows)];
        let (update, slots) = network.begin(&task.regularisation, factor, gradient);
        let of = |tile: &Tile, gradient: &mut [f32]| {
            if task.frozen && tile.layer < shape.layout.encoder_layers {
                return false;
            }
            tile.gradient(shards.iter().map(|shard| shard.passed(shape, tile.layer)), gradient);
            true
        };
        update_tiles(tiles, &of, &update, slots);
        Losses { loss, ..Losses::default() }
    }

    fn loss(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32]) -> Losses {
        let batch = self.shards.len() * self.rows;
        let sum: f64 = indices
            .chunks(batch)
            .map(|indices| {
                self.pass(data, indices, Noise::Evaluation(Split::Validation), parameters) * indices.len() as f64
            })
            .sum();
        Losses { loss: sum / indices.len() as f64, ..Losses::default() }
    }

    fn image_losses(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32], losses: &mut [f32]) {
        let batch = self.shards.len() * self.rows;
        for (indices, losses) in indices.chunks(batch).zip(losses.chunks_mut(batch)) {
            self.pass(data, indices, Noise::Evaluation(Split::Train), parameters);
            for (losses, shard) in losses.chunks_mut(self.rows).zip(&self.shards) {
                for (place, loss) in losses.iter_mut().enumerate() {
                    let rows = shard.losses[place..].iter().step_by(shard.rows).take(self.shape.steps);
                    *loss = rows.sum::<f32>() / self.shape.values() as f32;
                }
            }
        }
    }
}
