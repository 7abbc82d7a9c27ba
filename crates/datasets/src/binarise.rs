//! Grey levels turned into black and white.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use random::{Stream, item};
use spec::catalogue::{Pixels, Split};

use crate::images::Images;

/// Makes each pixel of an image, in [0, 1], 1 with its grey level as probability, else 0. Only those between draw a
/// number, in order.
pub fn draw_pixels(image: &mut [f32], generator: &mut ChaCha8Rng) {
    for value in image.iter_mut().filter(|value| **value > 0.0 && **value < 1.0) {
        // The 24 high bits fill an f32's significand: uniform in [0, 1).
        let uniform = (generator.next_u32() >> 8) as f32 / (1 << 24) as f32;
        *value = if uniform < *value { 1.0 } else { 0.0 };
    }
}

/// The images of a split as they are looked at: grey, from a half up white, or drawn once for all from
/// [`Stream::EvaluationPixels`] at index [`item`]`(split, image)`.
pub(crate) fn shown(images: Images, pixels: Pixels, split: Split, seed: u64) -> Images {
    if pixels == Pixels::Grey {
        return images;
    }
    let mut bytes = images.all_pixels().to_vec();
    let mut levels = vec![0.0; images.width()];
    for (index, image) in bytes.chunks_exact_mut(images.width()).enumerate() {
        if pixels == Pixels::Threshold {
            image.iter_mut().for_each(|byte| *byte = if *byte >= 128 { 255 } else { 0 });
            continue;
        }
        images.scaled(index, &mut levels);
        draw_pixels(&mut levels, &mut Stream::EvaluationPixels.generator(seed, item(split as u32, index as u32)));
        image.iter_mut().zip(&levels).for_each(|(byte, level)| *byte = (level * 255.0) as u8);
    }
    Images::of_side(images.side(), bytes, images.labels().to_vec())
}

#[cfg(test)]
mod tests {
    use spec::catalogue::PIXELS;

    use super::*;

    fn grey(level: u8) -> Images {
        Images::new(vec![level; 20 * PIXELS], vec![3; 20])
    }

    fn whites(images: &Images) -> usize {
        assert!(images.all_pixels().iter().all(|byte| [0, 255].contains(byte)));
        images.all_pixels().iter().filter(|byte| **byte == 255).count()
    }

    #[test]
    fn a_threshold_parts_the_grey_levels_at_a_half() {
        let at = |level| whites(&shown(grey(level), Pixels::Threshold, Split::Train, 0));
        assert_eq!([at(127), at(128)], [0, 20 * PIXELS]);
    }

    #[test]
    fn a_drawn_pixel_is_white_as_often_as_it_is_bright() {
        // Binomial with mean 3136 and standard deviation 50.
        let count = whites(&shown(grey(51), Pixels::Stochastic, Split::Test, 0));
        assert!((2886..3386).contains(&count), "{count}");
        assert_eq!(whites(&shown(grey(0), Pixels::Stochastic, Split::Test, 0)), 0);
        assert_eq!(whites(&shown(grey(255), Pixels::Stochastic, Split::Test, 0)), 20 * PIXELS);
    }

    #[test]
    fn drawn_pixels_are_the_same_at_every_look_and_others_for_another_seed_or_split() {
        let draw = |split, seed| shown(grey(100), Pixels::Stochastic, split, seed);
        assert_eq!(draw(Split::Test, 1), draw(Split::Test, 1));
        assert_ne!(draw(Split::Test, 1), draw(Split::Test, 2));
        assert_ne!(draw(Split::Test, 1), draw(Split::Train, 1));
    }
}
