//! `fused`: trains a dense network on flat parameters, in two parallel passes a step over buffers that are allocated once.
//!
//! The first pass goes over shards of the batch: gather, forward, loss, and back to the first layer. The second goes over
//! tiles of the parameters. It computes the gradient of a tile as a product over all shards and then applies the optimiser,
//! while both are in the cache.
//!
//! Shards and tiles do not depend on the number of threads, every sum has a fixed order, and no two threads write to one
//! place. The result is therefore the same, bit for bit, at any number of threads.

mod shard;
mod trial;

use spec::Regularisation;
use spec::catalogue::Split;

use faer::Accum;
use rayon::prelude::*;
use zoo::Plan;

use self::shard::{Frozen, Pass, Shard};
use self::trial::Trial;
use crate::batches::{Batches, Noise};
use crate::engine::contraction::Contraction;
use crate::engine::tile::{LARGE_TILE_PARAMETERS, Passed, TILE_PARAMETERS, Tile, tiles, update_tiles};
use crate::engine::{Engine, Learners, Setup, StepLosses, kernels};

/// Number of shards of a batch, unless [`SHARD_ROWS`] limits it.
const SHARDS: usize = 4;
/// Number of parameters above which a batch has half as many shards. Each shard's products read all weights, which then do
/// not fit into a second-level cache.
const LARGE: usize = 262_144;
/// Fewest and most rows of a shard. Smaller matrix products lose more than another thread gains; larger ones leave the
/// cache.
const SHARD_ROWS: [usize; 2] = [16, 128];
/// Fewest rows of a shard in validation.
const VALIDATION_ROWS: usize = 64;
/// Engine that trains a dense network by its plan, and its discriminator if there is one.
pub struct Fused<'a> {
    plan: Plan,
    discriminator: Option<Plan>,
    setup: Setup<'a>,
    /// Encoders of the trained networks below this one, in order.
    below: Vec<Frozen>,
    shards: Vec<Shard>,
    /// Rows of a shard in training and in validation.
    rows: [usize; 2],
    contraction: Option<Contraction>,
    tiles: Vec<Tile>,
    gradient: Vec<f32>,
    /// Tiles of the discriminator's parameters.
    discriminator_tiles: Vec<Tile>,
    discriminator_gradient: Vec<f32>,
}

impl<'a> Fused<'a> {
    /// An engine for a network of `plan`, its discriminator if there is one, and batches of up to `setup.batch_size` rows.
    pub fn new(plan: Plan, discriminator: Option<Plan>, setup: &Setup<'a>) -> Self {
        let below: Vec<Frozen> = setup.below.iter().flat_map(|network| Frozen::encoder(network.as_ref())).collect();
        let large = plan.layout.parameter_count() > LARGE;
        let wanted = if large { SHARDS / 2 } else { SHARDS };
        let training = setup.batch_size.div_ceil(wanted).clamp(SHARD_ROWS[0], SHARD_ROWS[1]);
        let validation = training.max(VALIDATION_ROWS);
        let shards = setup.batch_size.div_ceil(training).max(wanted);
        let shards =
            (0..shards).map(|_| Shard::new(&plan, discriminator.as_ref(), &below, setup, validation)).collect();
        let tile_parameters = if large { LARGE_TILE_PARAMETERS } else { TILE_PARAMETERS };
        Self {
            tiles: tiles(&plan.layout.layers, tile_parameters),
            gradient: vec![0.0; plan.layout.parameter_count()],
            discriminator_tiles: discriminator
                .iter()
                .flat_map(|plan| tiles(&plan.layout.layers, TILE_PARAMETERS))
                .collect(),
            discriminator_gradient: vec![0.0; discriminator.as_ref().map_or(0, |plan| plan.layout.parameter_count())],
            contraction: Contraction::new(&plan, setup.regularisation.contractive, validation),
            setup: *setup,
            discriminator,
            plan,
            below,
            shards,
            rows: [training, validation],
        }
    }

    /// Runs the rows at `indices` forward, in training also backward, and returns their losses.
    fn pass(
        &mut self,
        data: &Batches<'_>,
        indices: &[u32],
        noise: Noise,
        parameters: &[f32],
        discriminator: Option<&[f32]>,
    ) -> StepLosses {
        let Self { plan, setup, below, shards, contraction, .. } = self;
        let rows = self.rows[usize::from(matches!(noise, Noise::Evaluation(_)))];
        let pixels = averaged(plan, setup);
        let dropout = setup.regularisation.dropout;
        let objective = match noise {
            Noise::Training { epoch } => setup.objective(epoch),
            Noise::Evaluation(_) => setup.objective,
        };
        let network = Pass {
            plan,
            parameters,
            discriminator: self.discriminator.as_ref().zip(discriminator),
            deception: setup.deception,
            objective: &objective,
            images: indices.len() as f32,
            share: 1.0 / (indices.len() * pixels) as f32,
            dropping: dropout > 0.0 && matches!(noise, Noise::Training { .. }),
        };
        let shards = &mut shards[..indices.len().div_ceil(rows)];
        shards.par_iter_mut().zip(indices.par_chunks(rows)).for_each(|(shard, indices)| {
            shard.gather(data, indices, noise, below);
            if let Noise::Training { epoch } = noise {
                shard.drop_units(data, indices, epoch, plan, dropout);
                shard.forward(&network);
                shard.backward(&network);
            } else {
                shard.forward(&network);
            }
        });
        if let (Some(contraction), Noise::Training { .. }) = (contraction, noise) {
            contraction.begin();
            shards.iter().for_each(|shard| contraction.look(shard.outputs(0), shard.rows));
            contraction.finish(plan, parameters, indices.len());
        }
        let images = indices.len() as f64;
        let sum = |value: fn(&Shard) -> f64| shards.iter().map(value).sum::<f64>();
        let trials =
            |value: fn(&Trial) -> f64| shards.iter().filter_map(|shard| shard.trial.as_ref()).map(value).sum::<f64>();
        StepLosses {
            loss: sum(|shard| shard.loss) / (indices.len() * pixels) as f64,
            divergence: sum(|shard| shard.divergence) / images,
            discriminator: trials(|trial| trial.loss) / (2.0 * images),
            accuracy: trials(|trial| trial.right as f64) / (2.0 * images),
            deception: trials(|trial| trial.deception) / images,
        }
    }

    /// Losses of the rows at `indices`, and gradients of the objective without penalties of weights. The first gradient is
    /// that of the network, the second that of the discriminator, empty if there is none.
    #[cfg(test)]
    pub(crate) fn gradient(
        &mut self,
        data: &Batches<'_>,
        indices: &[u32],
        epoch: u32,
        parameters: &[f32],
        discriminator: Option<&[f32]>,
    ) -> (StepLosses, [Vec<f32>; 2]) {
        let losses = self.pass(data, indices, Noise::Training { epoch }, parameters, discriminator);
        let shards = &self.shards[..indices.len().div_ceil(self.rows[0])];
        let all = |tiles: &[Tile], count: usize, of: &dyn Fn(&Tile, &mut [f32]) -> bool| {
            let mut gradient = vec![f32::NAN; count];
            for (index, tile) in tiles.iter().enumerate() {
                let end = tiles.get(index + 1).map_or(count, |next| next.start);
                if !of(tile, &mut gradient[tile.start..end]) {
                    gradient[tile.start..end].fill(0.0);
                }
            }
            gradient
        };
        let network = all(&self.tiles, parameters.len(), &|tile, gradient| {
            network_gradient(&self.plan, &self.setup, self.contraction.as_ref(), shards, tile, gradient)
        });
        let judge = all(&self.discriminator_tiles, self.discriminator_gradient.len(), &|tile, gradient| {
            discriminator_gradient(shards, tile, gradient)
        });
        (losses, [network, judge])
    }
}

impl Engine for Fused<'_> {
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
        let losses = self.pass(data, indices, Noise::Training { epoch }, &network.parameters, judge);
        let Self { plan, setup, shards, contraction, tiles, gradient, .. } = self;
        let shards = &shards[..indices.len().div_ceil(self.rows[0])];
        let (update, slots) = network.begin(&setup.regularisation, factor, gradient);
        let of = |tile: &Tile, gradient: &mut [f32]| {
            network_gradient(plan, setup, contraction.as_ref(), shards, tile, gradient)
        };
        update_tiles(tiles, &of, &update, slots);
        if setup.tied {
            plan.layout.tie(&mut network.parameters);
        }
        if let Some(learner) = discriminator {
            let (update, slots) = learner.begin(&Regularisation::default(), factor, &mut self.discriminator_gradient);
            update_tiles(
                &self.discriminator_tiles,
                &|tile, gradient| discriminator_gradient(shards, tile, gradient),
                &update,
                slots,
            );
        }
        losses
    }

    fn loss(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32]) -> StepLosses {
        let batch = self.shards.len() * self.rows[1];
        let mut sum = StepLosses::default();
        for indices in indices.chunks(batch) {
            let noise = Noise::Evaluation(Split::Validation);
            sum += self.pass(data, indices, noise, parameters, None).times(indices.len() as f64);
        }
        let StepLosses { loss, divergence, .. } = sum.times(1.0 / indices.len() as f64);
        StepLosses { loss, divergence, ..StepLosses::default() }
    }

    fn image_losses(&mut self, data: &Batches<'_>, indices: &[u32], parameters: &[f32], losses: &mut [f32]) {
        let (batch, rows) = (self.shards.len() * self.rows[1], self.rows[1]);
        let pixels = averaged(&self.plan, &self.setup) as f32;
        for (indices, losses) in indices.chunks(batch).zip(losses.chunks_mut(batch)) {
            self.pass(data, indices, Noise::Evaluation(Split::Train), parameters, None);
            for (losses, shard) in losses.chunks_mut(rows).zip(&self.shards) {
                losses.iter_mut().zip(&shard.losses).for_each(|(loss, sum)| *loss = sum / pixels);
            }
        }
    }
}

/// Number of values that the loss of a row is averaged over: its values, or 1 for a classifier.
fn averaged(plan: &Plan, setup: &Setup<'_>) -> usize {
    if setup.classifies { 1 } else { plan.layout.layers.last().map_or(1, |layer| layer.outputs) }
}

/// Writes the gradient of a tile of the network. Returns `false` for parameters that have no step of their own: a frozen
/// encoder, and tied weights of the decoder, which follow those of the encoder.
fn network_gradient(
    plan: &Plan,
    setup: &Setup<'_>,
    contraction: Option<&Contraction>,
    shards: &[Shard],
    tile: &Tile,
    gradient: &mut [f32],
) -> bool {
    let layer = tile.layer;
    let of_encoder = layer < plan.layout.encoder_layers;
    if (setup.frozen && of_encoder) || (setup.tied && tile.units.is_some() && !of_encoder) {
        return false;
    }
    tile.gradient(shards.iter().map(|shard| shard.passed(plan, layer)), gradient);
    let Some(units) = &tile.units else { return true };
    if setup.tied {
        // The mirrored layer has the same weights, transposed: there, inputs and deltas change places.
        for shard in shards {
            let Passed { rows, inputs, deltas, .. } = shard.passed(plan, plan.layout.mirror(layer));
            kernels::outer_product(gradient, inputs, units.start, deltas, rows, Accum::Add);
        }
    }
    if let Some(contraction) = contraction {
        contraction.add(layer, tile.start - plan.layout.layers[layer].start, gradient);
    }
    true
}

/// Writes the gradient of a tile of the discriminator. Always returns `true`.
fn discriminator_gradient(shards: &[Shard], tile: &Tile, gradient: &mut [f32]) -> bool {
    let trials = shards.iter().filter_map(|shard| shard.trial.as_ref());
    tile.gradient(trials.map(|trial| trial.passed(tile.layer)), gradient);
    true
}
