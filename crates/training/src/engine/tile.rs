//! The second pass of a step: over tiles of the parameters, each of which gets its gradient as a product over all shards, and
//! then meets the optimiser, while both are in the cache.

use std::ops::Range;

use faer::Accum;
use zoo::Layer;

use super::kernels;
use crate::optimiser::{Slots, Update};

/// Fewest units of a tile, for the sake of matrix products.
const TILE_UNITS: usize = 32;
/// Parameters of a tile, about, unless those are too few units: with what the optimiser knows of them, they fit a
/// second-level cache.
pub(super) const TILE_PARAMETERS: usize = 32_768;
/// The same in a large network, where they would not stay there from one step to the next anyway, and each tile packs the
/// layer's inputs anew.
pub(super) const LARGE_TILE_PARAMETERS: usize = 131_072;

/// Neighbouring parameters of one layer.
pub(super) struct Tile {
    pub(super) layer: usize,
    /// Units whose weights they are; `None` for the layer's biases.
    pub(super) units: Option<Range<usize>>,
    /// Index of its first parameter.
    pub(super) start: usize,
}

/// What some images left at a layer.
pub(super) struct Passed<'a> {
    pub(super) rows: usize,
    /// `(rows, inputs)`: what it read.
    pub(super) inputs: &'a [f32],
    /// `(rows, outputs)`: the gradient with respect to its sums,
    pub(super) deltas: &'a [f32],
    /// and that summed over rows.
    pub(super) bias_gradient: &'a [f32],
}

/// Cuts the parameters into tiles of about so many, in order.
pub(super) fn tiles(layers: &[Layer], parameters: usize) -> Vec<Tile> {
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

/// Works out the gradient of each tile by `of` and moves its parameters, unless `of` says that they are not to move by
/// themselves. Halves of the tiles go to threads that are free.
pub(super) fn update_tiles(
    tiles: &[Tile],
    of: &(impl Fn(&Tile, &mut [f32]) -> bool + Sync),
    update: &Update,
    slots: Slots<'_>,
) {
    match tiles {
        [] => {}
        [tile] => {
            if of(tile, slots.gradient) {
                match tile.units {
                    Some(_) => update.weights(slots),
                    None => update.biases(slots),
                }
            }
        }
        _ => {
            let (before, after) = tiles.split_at(tiles.len() / 2);
            let (slots_before, slots_after) = slots.split_at(after[0].start - before[0].start);
            rayon::join(
                || update_tiles(before, of, update, slots_before),
                || update_tiles(after, of, update, slots_after),
            );
        }
    }
}

impl Tile {
    /// The gradient of its parameters, summed over shards in their order.
    pub(super) fn gradient<'s>(&self, shards: impl Iterator<Item = Passed<'s>>, gradient: &mut [f32]) {
        let Some(units) = &self.units else {
            gradient.fill(0.0);
            for shard in shards {
                gradient.iter_mut().zip(shard.bias_gradient).for_each(|(sum, part)| *sum += part);
            }
            return;
        };
        let mut accum = Accum::Replace;
        for Passed { rows, inputs, deltas, .. } in shards {
            kernels::outer_product(gradient, deltas, units.start, inputs, rows, accum);
            accum = Accum::Add;
        }
    }
}
