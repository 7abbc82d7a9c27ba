//! Noise on the inputs of a network.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rand_distr::{Distribution, StandardNormal};
use spec::Corruption;

/// Corrupts a row in place. `range` is the range of its values before and after, if they have one. A strength of 0
/// changes nothing.
///
/// Gaussian noise (`value + sigma * n`, clipped to the range) is that of Vincent et al. (2010) except for the clipping,
/// which keeps the input in the range of a clean image. Masking and salt-and-pepper noise, for values in [0, 1], are as
/// in that paper. One state of the generator always gives the same result, because numbers are drawn value by value.
pub fn corrupt(corruption: Corruption, range: Option<[f32; 2]>, row: &mut [f32], generator: &mut ChaCha8Rng) {
    if corruption.level() == 0.0 {
        return;
    }
    match corruption {
        Corruption::Gaussian { sigma } => {
            let [least, most] = range.unwrap_or([f32::NEG_INFINITY, f32::INFINITY]);
            for value in row {
                let noise: f32 = StandardNormal.sample(generator);
                *value = (*value + sigma * noise).clamp(least, most);
            }
        }
        Corruption::Masking { fraction } => {
            let threshold = threshold(fraction);
            for value in row {
                let draw = u64::from(generator.next_u32());
                *value = if draw < threshold { 0.0 } else { *value };
            }
        }
        Corruption::SaltAndPepper { fraction } => {
            let threshold = threshold(fraction);
            for value in row {
                let draw = u64::from(generator.next_u32());
                let extreme = if draw < threshold / 2 { 0.0 } else { 1.0 };
                *value = if draw < threshold { extreme } else { *value };
            }
        }
    }
}

/// Number of the 2^32 draws that are below a probability: all of them for 1.
fn threshold(probability: f32) -> u64 {
    (f64::from(probability) * 4_294_967_296.0) as u64
}

#[cfg(test)]
mod tests {
    use random::Stream;

    use super::*;

    const PIXELS: usize = 784;

    const KINDS: [Corruption; 3] = [
        Corruption::Gaussian { sigma: 0.5 },
        Corruption::Masking { fraction: 0.25 },
        Corruption::SaltAndPepper { fraction: 0.25 },
    ];

    /// A corrupted image that is large enough for the law of large numbers.
    fn corrupted(corruption: Corruption, value: f32) -> Vec<f32> {
        let mut image = vec![value; 200 * PIXELS];
        corrupt(corruption, Some([0.0, 1.0]), &mut image, &mut Stream::TrainCorruption.generator(0, 0));
        image
    }

    fn share(image: &[f32], value: f32) -> f64 {
        image.iter().filter(|&&pixel| pixel == value).count() as f64 / image.len() as f64
    }

    #[test]
    fn a_strength_of_zero_changes_nothing() {
        for corruption in KINDS {
            assert_eq!(corrupted(corruption.at_level(0.0), 0.3), vec![0.3; 200 * PIXELS]);
        }
    }

    #[test]
    fn pixels_stay_between_zero_and_one_at_any_level() {
        for corruption in KINDS {
            for level in [1e-6, 0.5, 1.0] {
                let image = corrupted(corruption.at_level(level), 0.9);
                assert!(image.iter().all(|pixel| (0.0..=1.0).contains(pixel)), "{corruption:?} at {level}");
            }
        }
    }

    #[test]
    fn gaussian_noise_has_mean_zero_and_the_given_deviation() {
        let image = corrupted(Corruption::Gaussian { sigma: 0.1 }, 0.5);
        let count = image.len() as f64;
        let mean = image.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / count;
        let variance = image.iter().map(|&pixel| (f64::from(pixel) - mean).powi(2)).sum::<f64>() / count;
        assert!((mean - 0.5).abs() < 0.002, "{mean}");
        assert!((variance.sqrt() - 0.1).abs() < 0.002, "{}", variance.sqrt());
    }

    #[test]
    fn gaussian_noise_on_values_without_a_range_is_not_clipped() {
        let mut row = vec![0.0; 20_000];
        corrupt(Corruption::Gaussian { sigma: 2.0 }, None, &mut row, &mut Stream::TrainCorruption.generator(0, 0));
        let beyond = row.iter().filter(|value| value.abs() > 2.0).count() as f64 / row.len() as f64;
        assert!((beyond - 0.3173).abs() < 0.02, "{beyond}");
    }

    #[test]
    fn half_of_gaussian_noise_on_black_is_clipped_away() {
        let image = corrupted(Corruption::Gaussian { sigma: 0.5 }, 0.0);
        assert!((share(&image, 0.0) - 0.5).abs() < 0.01);
    }

    #[test]
    fn masking_zeroes_its_fraction_and_keeps_the_rest() {
        let image = corrupted(Corruption::Masking { fraction: 0.25 }, 0.6);
        assert!((share(&image, 0.0) - 0.25).abs() < 0.01);
        assert_eq!(share(&image, 0.0) + share(&image, 0.6), 1.0);
    }

    #[test]
    fn masking_with_probability_one_sets_all_values_to_zero() {
        assert_eq!(share(&corrupted(Corruption::Masking { fraction: 1.0 }, 0.6), 0.0), 1.0);
    }

    #[test]
    fn salt_and_pepper_are_equally_likely() {
        let image = corrupted(Corruption::SaltAndPepper { fraction: 0.5 }, 0.6);
        assert!((share(&image, 0.0) - 0.25).abs() < 0.01);
        assert!((share(&image, 1.0) - 0.25).abs() < 0.01);
        assert!((share(&image, 0.6) - 0.5).abs() < 0.01);
    }

    #[test]
    fn the_same_generator_state_gives_the_same_noise() {
        for corruption in KINDS {
            assert_eq!(corrupted(corruption, 0.4), corrupted(corruption, 0.4));
        }
    }
}
