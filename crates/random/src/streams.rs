//! Named random streams, all derived from the seed of a run.
//!
//! Version 1: a stream is ChaCha8 under the 256-bit key `seed (u64, little-endian) | index (u64, little-endian) | name
//! (ASCII, zero-padded to 16 bytes)`. Each purpose has its own name, so that a new stream leaves the numbers of all
//! others unchanged. Each item or epoch has its own index, so that no number depends on the order of items or on
//! threads. Time, addresses and thread counts have no influence.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// A purpose of random numbers, which names a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Initial weights of the network. Index: layer.
    Initialisation,
    /// Order of the training images. Index: epoch.
    Shuffling,
    /// Corruption of training images. Index: from [`item`] of epoch and image.
    TrainCorruption,
    /// Hidden units dropped in training. Index: from [`item`] of epoch and image.
    Dropout,
    /// Binarisation of grey pixels of training images, fresh in each epoch. Index: from [`item`] of epoch and image.
    TrainPixels,
    /// Binarisation of grey pixels in evaluation. Index: from [`item`] of split and image.
    EvaluationPixels,
    /// Noise of Gaussian codes in training. Index: from [`item`] of epoch and image.
    TrainCode,
    /// Noise of Gaussian codes in evaluation. Index: from [`item`] of split and image.
    EvaluationCode,
    /// Initial weights of a discriminator. Index: layer.
    Discriminator,
    /// Samples of the prior in training, the real codes of a discriminator. Index: from [`item`] of epoch and image.
    Prior,
    /// Samples drawn in evaluation. Index: the method that the samples come from.
    Samples,
    /// Initial weights, and order of images, of the classifier that measures sample quality.
    Classifier,
    /// Corruption of images in evaluation, the same in every measurement. Index: from [`item`] of split (0 training, 1
    /// validation, 2 test) and image.
    EvaluationCorruption,
    /// Choice of the training images whose labels a classifier sees. Index: draw.
    Labelled,
    /// Initial centres of k-means. Index: the method whose codes are clustered.
    Clusters,
    /// Order of the pixels of an image of noise, for anomaly detection. Index: image.
    Anomalies,
    /// Rows that a mixture of Bernoulli distributions starts from. Index: number of components.
    PixelMixture,
    /// Split of the official files. Index: 0 for training and validation, 1 for test.
    Split,
    /// Rows of an embedded data set. The name has at most 16 letters and differs from all other names. Seed: 0. Index:
    /// row.
    Embedded(&'static str),
    /// Training images drawn class by class. Index: epoch.
    ClassSampling,
    /// Initial weights of the layer that predicts classes from codes. Index: layer.
    Head,
    /// Random rotations of codes. Index: draw.
    Rotation,
    /// Faults among the test rows of a machine. Index: 0 for their order, 1 for their places, 2 and above for each
    /// fault.
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

/// Index of an image in an epoch or in a split, which gives each image its own stream.
pub const fn item(group: u32, image: u32) -> u64 {
    ((group as u64) << 32) | image as u64
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::Rng;

    use super::*;

    #[test]
    fn the_first_numbers_of_a_stream_never_change() {
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
