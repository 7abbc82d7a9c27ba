//! Named random streams, all derived from the one seed of a run.
//!
//! Version 1: a stream is ChaCha8 under the 256-bit key `seed (u64, little-endian) | index (u64, little-endian) | name
//! (ASCII, zero-padded to 16 bytes)`. The name keeps purposes apart, so that adding a stream leaves the others' numbers
//! unchanged; the index keeps apart what one purpose draws at different times or for different items, so that nothing
//! depends on the order or the thread in which items are drawn. Time, addresses and thread counts play no part.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// What a stream of random numbers is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Initial weights; index: layer of the network.
    Initialisation,
    /// Order of the training images; index: epoch.
    Shuffling,
    /// Corruption of training images; index: from [`item`] of epoch and image.
    TrainCorruption,
    /// Which hidden units are dropped in training; index: from [`item`] of epoch and image.
    Dropout,
    /// Which grey pixels of training images are drawn as 1; index: from [`item`] of epoch and image.
    TrainPixels,
    /// The same of images that are looked at rather than trained on; index: from [`item`] of split and image.
    EvaluationPixels,
    /// Noise of Gaussian codes in training; index: from [`item`] of epoch and image.
    TrainCode,
    /// Noise of Gaussian codes that are looked at; index: from [`item`] of split and image.
    EvaluationCode,
    /// Initial weights of a discriminator; index: its layer.
    Discriminator,
    /// Draws of the prior that a discriminator is shown; index: from [`item`] of epoch and image.
    Prior,
    /// Samples drawn in evaluation; index: whose samples they are.
    Samples,
    /// The classifier that judges samples: initial weights and order of its images.
    Classifier,
    /// Corruption of images that are looked at rather than trained on, the same at every look; index: from [`item`] of
    /// split (0 training, 1 validation, 2 test) and image.
    EvaluationCorruption,
    /// Which training images a classifier is told the labels of; index: draw.
    Labelled,
    /// Beginnings of k-means; index: whose codes are clustered.
    Clusters,
    /// Order of an image's pixels, where noise is to be found among images; index: image.
    Anomalies,
    /// Rows that components of a mixture of Bernoulli distributions begin with; index: number of components.
    PixelMixture,
    /// Which images of the official files form the splits; index: 0 train and validation, 1 test.
    Split,
    /// Rows of an embedded source of data, by its name of at most 16 letters, which is none of the others; seed: 0, index: row.
    Embedded(&'static str),
    /// Training images drawn class by class; index: epoch.
    ClassSampling,
    /// Initial weights of the layer that tells classes from codes; index: its layer.
    Head,
    /// Random rotations of codes; index: draw.
    Rotation,
    /// Faults among the test rows of a machine; index: 0 their order, 1 their places, 2 and on what each of them is.
    Faults,
}

impl Stream {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::Initialisation => b"initialisation",
            Self::Shuffling => b"shuffling",
            Self::TrainCorruption => b"corruption",
            Self::Dropout => b"dropout",
            Self::TrainPixels => b"pixels",
            Self::EvaluationPixels => b"eval pixels",
            Self::TrainCode => b"code",
            Self::EvaluationCode => b"eval code",
            Self::Discriminator => b"discriminator",
            Self::Prior => b"prior",
            Self::Samples => b"samples",
            Self::Classifier => b"classifier",
            Self::EvaluationCorruption => b"eval corruption",
            Self::Labelled => b"labelled",
            Self::Clusters => b"clusters",
            Self::Anomalies => b"anomalies",
            Self::PixelMixture => b"pixel mixture",
            Self::Split => b"split",
            Self::Embedded(name) => name.as_bytes(),
            Self::ClassSampling => b"class sampling",
            Self::Head => b"head",
            Self::Rotation => b"rotation",
            Self::Faults => b"faults",
        }
    }

    /// The generator of this stream for a seed and an index.
    pub fn generator(self, seed: u64, index: u64) -> ChaCha8Rng {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&index.to_le_bytes());
        let name = self.name();
        key[16..].iter_mut().zip(name).for_each(|(key, letter)| *key = *letter);
        ChaCha8Rng::from_seed(key)
    }
}

/// The index of an image in an epoch, or in a split: one stream for each.
pub const fn item(group: u32, image: u32) -> u64 {
    ((group as u64) << 32) | image as u64
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::Rng;

    use super::*;

    #[test]
    fn the_first_numbers_of_a_stream_are_pinned() {
        let mut generator = Stream::Shuffling.generator(7, 3);
        assert_eq!(generator.next_u64(), 6_751_805_765_544_757_979);
    }

    #[test]
    fn name_seed_and_index_each_change_the_stream() {
        let first = |stream: Stream, seed, index| stream.generator(seed, index).next_u64();
        let base = first(Stream::Split, 1, 2);
        assert_ne!(base, first(Stream::Embedded("glyph"), 1, 2));
        assert_ne!(base, first(Stream::Split, 2, 2));
        assert_ne!(base, first(Stream::Split, 1, 3));
        assert_eq!(base, first(Stream::Split, 1, 2));
    }
}
