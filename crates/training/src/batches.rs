//! From bytes in memory to the inputs and targets of one step.

use datasets::{Images, corrupt, random};
use experiment::catalogue::{PIXELS, Split};
use experiment::spec::Corruption;
use experiment::streams::{Stream, item};
use rayon::prelude::*;
use zoo::{Autoencoder, Matrix};

/// Images as a network meets them: clean targets, and inputs that may be corrupted. Above the first layer of a stack
/// both are codes of the networks below.
pub(crate) struct Batches<'a> {
    pub(crate) images: &'a Images,
    pub(crate) corruption: Option<Corruption>,
    pub(crate) below: &'a [Box<dyn Autoencoder>],
    pub(crate) seed: u64,
}

/// Which noise a batch is given.
#[derive(Clone, Copy)]
pub(crate) enum Noise {
    /// Fresh in each epoch.
    Training { epoch: u32 },
    /// That of the evaluation: the same at every look.
    Validation,
}

impl Noise {
    fn generator(self, seed: u64, image: u32) -> rand_chacha::ChaCha8Rng {
        match self {
            Self::Training { epoch } => Stream::TrainCorruption.generator(seed, item(epoch, image)),
            Self::Validation => Stream::EvaluationCorruption.generator(seed, item(Split::Validation as u32, image)),
        }
    }
}

impl Batches<'_> {
    /// The order of an epoch: a permutation of the images.
    pub(crate) fn shuffled(&self, epoch: u32) -> Vec<u32> {
        let images = self.images.len() as u32;
        random::permutation_start(&mut Stream::Shuffling.generator(self.seed, u64::from(epoch)), images, images)
    }

    /// Inputs and targets of the images at `indices`, both `(images, width)`. A row depends on its image and the noise
    /// alone, not on its batch or thread.
    pub(crate) fn batch(&self, indices: &[u32], noise: Noise) -> (Matrix, Matrix) {
        let mut targets = Matrix::new(indices.len(), PIXELS, vec![0.0; indices.len() * PIXELS]);
        targets
            .values_mut()
            .par_chunks_exact_mut(PIXELS)
            .zip(indices)
            .for_each(|(row, index)| self.images.scaled(*index as usize, row));
        for network in self.below {
            targets = network.encode(&targets);
        }
        let mut inputs = targets.clone();
        if let Some(corruption) = self.corruption {
            let width = inputs.columns();
            inputs
                .values_mut()
                .par_chunks_exact_mut(width)
                .zip(indices)
                .for_each(|(row, index)| corrupt(corruption, row, &mut noise.generator(self.seed, *index)));
        }
        (inputs, targets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images() -> Images {
        Images::new((0..20 * PIXELS).map(|index| (index % 251) as u8).collect(), vec![0; 20])
    }

    fn batches(images: &Images) -> Batches<'_> {
        Batches { images, corruption: Some(Corruption::Gaussian { sigma: 0.5 }), below: &[], seed: 1 }
    }

    #[test]
    fn an_epoch_passes_every_image_once_in_an_order_of_its_own() {
        let images = images();
        let orders = [0, 1].map(|epoch| batches(&images).shuffled(epoch));
        assert_ne!(orders[0], orders[1]);
        for mut order in orders {
            order.sort_unstable();
            assert_eq!(order, (0..20).collect::<Vec<_>>());
        }
    }

    #[test]
    fn inputs_are_corrupted_and_targets_clean() {
        let images = images();
        let (inputs, targets) = batches(&images).batch(&[3, 7], Noise::Training { epoch: 0 });
        let mut clean = vec![0.0; PIXELS];
        images.scaled(7, &mut clean);
        assert_eq!(targets.row(1), clean);
        assert_ne!(inputs.row(1), clean);
    }

    #[test]
    fn noise_is_fresh_in_training_fixed_in_validation_and_independent_of_the_batch() {
        let images = images();
        let noisy = |indices: &[u32], noise| batches(&images).batch(indices, noise).0.row(indices.len() - 1).to_vec();
        let (first, second) = (Noise::Training { epoch: 0 }, Noise::Training { epoch: 1 });
        assert_ne!(noisy(&[5], first), noisy(&[5], second));
        assert_eq!(noisy(&[5], first), noisy(&[1, 2, 5], first));
        assert_eq!(noisy(&[5], Noise::Validation), noisy(&[5], Noise::Validation));
        assert_ne!(noisy(&[5], Noise::Validation), noisy(&[5], first));
    }
}
