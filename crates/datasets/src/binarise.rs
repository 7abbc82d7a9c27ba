//! Binarisation: grey levels become black or white.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use random::{Stream, item};
use spec::catalogue::{Pixels, Split};

use crate::rows::Rows;

/// Sets each pixel of an image, in [0, 1], to 1 with a probability equal to its grey level, else to 0. One number is
/// drawn for each pixel that is neither 0 nor 1, in order.
pub fn draw_pixels(image: &mut [f32], generator: &mut ChaCha8Rng) {
    for value in image.iter_mut().filter(|value| **value > 0.0 && **value < 1.0) {
        // An f32 has a significand of 24 bits: the 24 high bits are uniform in [0, 1).
        let uniform = (generator.next_u32() >> 8) as f32 / (1 << 24) as f32;
        *value = if uniform < *value { 1.0 } else { 0.0 };
    }
}

/// The rows of a split for evaluation: grey, white from a grey level of 0.5, or drawn once from
/// [`Stream::EvaluationPixels`] at index [`item`]`(split, image)`. Values that are not bytes do not change.
pub(crate) fn shown(rows: Rows, pixels: Pixels, split: Split, seed: u64) -> Rows {
    let Some(bytes) = rows.bytes().filter(|_| pixels != Pixels::Grey) else { return rows };
    let mut bytes = bytes.to_vec();
    let mut levels = vec![0.0; rows.width()];
    for (index, image) in bytes.chunks_exact_mut(rows.width()).enumerate() {
        if pixels == Pixels::Threshold {
            image.iter_mut().for_each(|byte| *byte = if *byte >= 128 { 255 } else { 0 });
            continue;
        }
        rows.read(index, &mut levels);
        draw_pixels(&mut levels, &mut Stream::EvaluationPixels.generator(seed, item(split as u32, index as u32)));
        image.iter_mut().zip(&levels).for_each(|(byte, level)| *byte = (level * 255.0) as u8);
    }
    Rows::new(rows.shape(), bytes, rows.labels().to_vec())
}

#[cfg(test)]
mod tests {
    use spec::Shape;

    use super::*;

    const PIXELS: usize = 784;

    fn grey(level: u8) -> Rows {
        Rows::new(Shape::square(28), vec![level; 20 * PIXELS], vec![3; 20])
    }

    fn whites(images: &Rows) -> usize {
        assert!(images.bytes().unwrap().iter().all(|byte| [0, 255].contains(byte)));
        images.bytes().unwrap().iter().filter(|byte| **byte == 255).count()
    }

    #[test]
    fn a_threshold_splits_the_grey_levels_at_a_half() {
        let at = |level| whites(&shown(grey(level), Pixels::Threshold, Split::Train, 0));
        assert_eq!([at(127), at(128)], [0, 20 * PIXELS]);
    }

    #[test]
    fn a_drawn_pixel_is_white_with_a_probability_equal_to_its_grey_level() {
        // Binomial with mean 3136 and standard deviation 50.
        let count = whites(&shown(grey(51), Pixels::Stochastic, Split::Test, 0));
        assert!((2886..3386).contains(&count), "{count}");
        assert_eq!(whites(&shown(grey(0), Pixels::Stochastic, Split::Test, 0)), 0);
        assert_eq!(whites(&shown(grey(255), Pixels::Stochastic, Split::Test, 0)), 20 * PIXELS);
    }

    #[test]
    fn drawn_pixels_are_reproducible_and_depend_on_seed_and_split() {
        let draw = |split, seed| shown(grey(100), Pixels::Stochastic, split, seed);
        assert_eq!(draw(Split::Test, 1), draw(Split::Test, 1));
        assert_ne!(draw(Split::Test, 1), draw(Split::Test, 2));
        assert_ne!(draw(Split::Test, 1), draw(Split::Train, 1));
    }
}
