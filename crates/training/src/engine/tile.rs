//! The second pass of a step, over tiles of the parameters. The gradient of a tile is a product over all shards. The
//! optimiser is applied while both are in the cache.

use std::ops::Range;

use faer::Accum;
use zoo::Layer;

use super::kernels;
use crate::optimiser::{Slots, Update};

/// Fewest units of a tile. Smaller matrix products are slow.
const TILE_UNITS: usize = 32;
/// Approximate number of parameters of a tile. With gradient and moments they fit into a second-level cache. Tiles with few
/// units are larger.
pub(super) const TILE_PARAMETERS: usize = 32_768;
/// Approximate number of parameters of a tile in a large network, whose parameters leave the cache between two steps
/// anyway. Larger tiles pack the layer's inputs less often.
pub(super) const LARGE_TILE_PARAMETERS: usize = 131_072;

/// Consecutive parameters of one layer.
pub(super) struct Tile {
    pub(super) layer: usize,
    /// Units whose weights are in the tile; `None` for the layer's biases.
    pub(super) units: Option<Range<usize>>,
    /// Index of the first parameter in the flat list.
    pub(super) start: usize,
}

/// The values of one shard from which the gradient of a layer is computed.
pub(super) struct Passed<'a> {
    pub(super) rows: usize,
    /// Inputs of the layer, `(rows, inputs)`.
    pub(super) inputs: &'a [f32],
    /// Gradient with respect to the sums of the layer, `(rows, outputs)`.
    pub(super) deltas: &'a [f32],
    /// Gradient with respect to the biases of the layer, summed over rows, `(outputs,)`.
    pub(super) bias_gradient: &'a [f32],
}

/// Cuts the parameters of all layers, in order, into tiles of about `parameters` each.
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

/// Computes the gradient of each tile with `of` and applies the optimiser. If `of` returns `false`, the tile's parameters
/// have no step of their own. Idle threads take over half of the tiles.
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
    /// Gradient of the tile's parameters, summed over shards in order.
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
