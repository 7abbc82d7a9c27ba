//! `fused` for recurrent networks: back-propagation through time on flat parameters, over buffers that are allocated once.
//! A step has the two passes of `fused.rs`, with the same guarantees.

mod unrolled;

use rayon::prelude::*;
use spec::catalogue::{Activation, Split};
use zoo::Recurrence;

use self::unrolled::{Cell, Unrolled};
use super::kernels::{self, Criterion};
use super::tile::{Passed, TILE_PARAMETERS, Tile, tiles, update_tiles};
use super::{Engine, Learners, Setup, StepLosses};
use crate::batches::{Batches, Noise};

/// Number of shards of a batch, unless [`FEWEST`] limits it.
const SHARDS: usize = 4;
/// Fewest rows of a shard. Smaller matrix products at each step of time lose more than another thread gains.
const FEWEST: usize = 16;

/// Engine that trains a recurrent network.
pub struct Recurrent<'a> {
    shape: Recurrence,
    setup: Setup<'a>,
    rows: usize,
    shards: Vec<Shard>,
    tiles: Vec<Tile>,
    gradient: Vec<f32>,
}

/// Some rows of a batch, with buffers for both passes. Values are ordered by step of time: `(steps, rows, width)`.
struct Shard {
    rows: usize,
    image: Vec<f32>,
    targets: Vec<f32>,
    inputs: Vec<f32>,
    /// Weight of each row's loss, repeated for each step of time, `(steps, rows)`.
    weights: Vec<f32>,
    /// Loss of each step of each row, summed over its values, `(steps, rows)`.
    losses: Vec<f32>,
    encoder: Unrolled,
    code: Vec<f32>,
    code_deltas: Vec<f32>,
    decoder: Unrolled,
    /// Output sums, `(steps, rows, width)`, then the gradient with respect to them.
    written: Vec<f32>,
    /// Gradient of the outputs with respect to the decoder's states, `(steps, rows, units)`.
    pulls: Vec<f32>,
    code_bias: Vec<f32>,
    written_bias: Vec<f32>,
    loss: f64,
}

/// Indices of the layers of each side: gates of the input, gates of the state, and the code or the output.
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

    /// Fills targets and inputs, step by step.
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

    /// Forward pass: from the inputs to the loss, and its gradient with respect to the output sums.
    fn forward(&mut self, shape: &Recurrence, parameters: &[f32], setup: &Setup<'_>, share: f32) {
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
        let criterion = Criterion { activation: Activation::Sigmoid, loss: setup.objective.loss, share };
        let (targets, weights) = (&self.targets[..rows * shape.values()], &self.weights[..rows * steps]);
        let losses = &mut self.losses[..rows * steps];
        self.loss = kernels::output_loss(written, bias, targets, weights, criterion, &mut self.written_bias, losses);
    }

    /// Backward pass: from the gradient with respect to the output sums to that with respect to the first sums.
    fn backward(&mut self, shape: &Recurrence, parameters: &[f32], setup: &Setup<'_>, images: f32) {
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
        let penalty = setup.objective.code_l1 / images;
        kernels::through_activation(deltas, &self.code, Activation::Identity, None, None, penalty, &mut self.code_bias);
        let carry = &mut self.encoder.carry[..rows * units];
        kernels::product(carry, deltas, affine(shape, parameters, ENCODER[2])[0], rows);
        self.encoder.backward(encoder, None, steps, rows);
    }

    /// Inputs of a layer, and the gradient with respect to its sums.
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
    /// An engine for a network of this shape and batches of up to `setup.batch_size` rows.
    pub fn new(shape: Recurrence, setup: &Setup<'a>) -> Self {
        let rows = setup.batch_size.div_ceil(SHARDS).max(FEWEST);
        Self {
            shards: (0..SHARDS).map(|_| Shard::new(&shape, rows)).collect(),
            tiles: tiles(&shape.layout.layers, TILE_PARAMETERS),
            gradient: vec![0.0; shape.layout.parameter_count()],
            setup: *setup,
            shape,
            rows,
        }
    }

    /// Runs the rows at `indices` forward, in training also backward, and returns their mean loss.
    fn pass(&mut self, data: &Batches<'_>, indices: &[u32], noise: Noise, parameters: &[f32]) -> f64 {
        let Self { shape, setup, shards, rows, .. } = self;
        let values = (indices.len() * shape.values()) as f32;
        let shards = &mut shards[..indices.len().div_ceil(*rows)];
        shards.par_iter_mut().zip(indices.par_chunks(*rows)).for_each(|(shard, indices_of_shard)| {
            shard.gather(shape, data, indices_of_shard, noise);
            shard.forward(shape, parameters, setup, 1.0 / values);
            if let Noise::Training { .. } = noise {
                shard.backward(shape, parameters, setup, indices.len() as f32);
            }
        });
        shards.iter().map(|shard| shard.loss).sum::<f64>() / (indices.len() * shape.values()) as f64
    }

    /// Mean loss of the rows at `indices`, and the gradient of the objective without penalties of weights.
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
    ) -> StepLosses {
        let network = &mut learners.network;
        let loss = self.pass(data, indices, Noise::Training { epoch }, &network.parameters);
        let Self { shape, setup, shards, rows, tiles, gradient } = self;
        let shards = &shards[..indices.len().div_ceil(*rows)];
        let (update, slots) = network.begin(&setup.regularisation, factor, gradient);
        let of = |tile: &Tile, gradient: &mut [f32]| {
            if setup.frozen && tile.layer < shape.layout.encoder_layers {
                return false;
            }
            tile.gradient(shards.iter().map(|shard| shard.passed(shape, tile.layer)), gradient);
            true
        };
        update_tiles(tiles, &of, &update, slots);
        StepLosses { loss, ..StepLosses::default() }
    }

    fn loss(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32]) -> StepLosses {
        let batch = self.shards.len() * self.rows;
        let sum: f64 = indices
            .chunks(batch)
            .map(|indices| {
                self.pass(data, indices, Noise::Evaluation(Split::Validation), parameters) * indices.len() as f64
            })
            .sum();
        StepLosses { loss: sum / indices.len() as f64, ..StepLosses::default() }
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
