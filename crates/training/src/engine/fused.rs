//! `fused`: a dense network's training on flat parameters, in two parallel passes a step over buffers that are allocated
//! once.
//!
//! The first pass goes over shards of the batch: gather, forward, loss, and back to the first layer. The second goes over
//! tiles of the parameters: their gradient as a product over all shards, then the optimiser, while both are in the
//! cache. Neither the shards nor the tiles depend on the number of threads, every sum is taken in a fixed order, and no
//! two threads write to one place: the result is the same bit for bit at any number of threads.

mod shard;

use std::ops::Range;

use experiment::spec::Regularisation;
use faer::Accum;
use rayon::prelude::*;
use zoo::{Layer, Objective, Plan};

use self::shard::{Frozen, Pass, Shard};
use crate::batches::{Batches, Noise};
use crate::engine::{Engine, Task, kernels};
use crate::optimiser::{Optimiser, Slots, Update};

/// A batch is cut into so many shards, unless they would be very small or large,
const SHARDS: usize = 4;
/// and that of a network of more than so many parameters into half as many: each shard's products read all weights anew,
/// which costs more than it brings where these do not fit a second-level cache.
const LARGE: usize = 262_144;
/// Fewest and most images of a shard: matrix products over fewer lose more than another thread brings, more leave the
/// cache.
const SHARD_ROWS: [usize; 2] = [16, 128];
/// Fewest images of a shard in validation, which is free to cut as it likes.
const VALIDATION_ROWS: usize = 64;
/// Fewest units of a tile, for the sake of matrix products.
const TILE_UNITS: usize = 32;
/// Parameters of a tile, about, unless those are too few units: with what the optimiser knows of them, they fit a
/// second-level cache.
const TILE_PARAMETERS: usize = 32_768;
/// The same in a large network, where they would not stay there from one step to the next anyway, and each tile packs the
/// layer's inputs anew.
const LARGE_TILE_PARAMETERS: usize = 131_072;

/// Trains a dense network by its plan.
pub struct Fused {
    plan: Plan,
    objective: Objective,
    regularisation: Regularisation,
    /// The encoders that the network is stacked on, bottom first.
    below: Vec<Frozen>,
    shards: Vec<Shard>,
    /// Images of a shard in training and in validation.
    rows: [usize; 2],
    tiles: Vec<Tile>,
    gradient: Vec<f32>,
}

/// Neighbouring parameters of one layer.
struct Tile {
    layer: usize,
    /// Units whose weights they are; `None` for the layer's biases.
    units: Option<Range<usize>>,
    /// Index of its first parameter.
    start: usize,
}

impl Fused {
    /// An engine for networks of `plan` and batches of up to `task.batch_size` images.
    pub fn new(plan: Plan, task: &Task<'_>) -> Self {
        let below: Vec<Frozen> = task.below.iter().flat_map(|network| Frozen::encoder(network.as_ref())).collect();
        let large = plan.layout.parameter_count() > LARGE;
        let wanted = if large { SHARDS / 2 } else { SHARDS };
        let training = task.batch_size.div_ceil(wanted).clamp(SHARD_ROWS[0], SHARD_ROWS[1]);
        let validation = training.max(VALIDATION_ROWS);
        let shards = task.batch_size.div_ceil(training).max(wanted);
        let shards = (0..shards).map(|_| Shard::new(&plan, &below, task, validation)).collect();
        Self {
            tiles: tiles(&plan.layout.layers, if large { LARGE_TILE_PARAMETERS } else { TILE_PARAMETERS }),
            gradient: vec![0.0; plan.layout.parameter_count()],
            objective: task.objective,
            regularisation: task.regularisation,
            plan,
            below,
            shards,
            rows: [training, validation],
        }
    }

    /// Runs the images at `indices` through the network, back as well if they are trained on, and gives their mean loss.
    fn pass(&mut self, data: &Batches<'_>, indices: &[u32], noise: Noise, parameters: &[f32]) -> f64 {
        let Self { plan, objective, regularisation, below, shards, .. } = self;
        let rows = self.rows[usize::from(matches!(noise, Noise::Validation))];
        let pixels = plan.layout.layers.last().map_or(0, |layer| layer.outputs);
        let network = Pass {
            plan,
            parameters,
            objective,
            images: indices.len() as f32,
            share: 1.0 / (indices.len() * pixels) as f32,
            dropping: regularisation.dropout > 0.0 && matches!(noise, Noise::Training { .. }),
        };
        let shards = &mut shards[..indices.len().div_ceil(rows)];
        shards.par_iter_mut().zip(indices.par_chunks(rows)).for_each(|(shard, indices)| {
            shard.gather(data, indices, noise, below);
            if let Noise::Training { epoch } = noise {
                shard.drop_units(data, indices, epoch, plan, regularisation.dropout);
                shard.forward(&network);
                shard.backward(&network);
            } else {
                shard.forward(&network);
            }
        });
        shards.iter().map(|shard| shard.loss).sum::<f64>() / (indices.len() * pixels) as f64
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
        let shards = &self.shards[..indices.len().div_ceil(self.rows[0])];
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
        let shards = &self.shards[..indices.len().div_ceil(self.rows[0])];
        let (update, slots) = optimiser.begin(&self.regularisation, learning_rate, parameters, &mut self.gradient);
        update_tiles(&self.tiles, shards, &update, slots);
        loss
    }

    fn loss(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32]) -> f64 {
        let batch = self.shards.len() * self.rows[1];
        let sum: f64 = indices
            .chunks(batch)
            .map(|indices| self.pass(data, indices, Noise::Validation, parameters) * indices.len() as f64)
            .sum();
        sum / indices.len() as f64
    }
}

/// Cuts the parameters into tiles of about so many, in order.
fn tiles(layers: &[Layer], parameters: usize) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for (index, layer) in layers.iter().enumerate() {
        let count = layer.outputs / TILE_UNITS.max(parameters / layer.inputs);
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
