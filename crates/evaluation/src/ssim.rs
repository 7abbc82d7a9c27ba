//! Structural similarity of 28x28 images (Wang, Bovik, Sheikh & Simoncelli, 2004).
//!
//! Local means, variances and the covariance are weighted by an 11x11 Gaussian of standard deviation 1.5, and only the
//! 18x18 positions where the whole window lies inside the image count. K1 = 0.01, K2 = 0.03, dynamic range 1. This is
//! scikit-image's `structural_similarity(..., gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
//! data_range=1.0)`.

use experiment::catalogue::{PIXELS, SIDE};

const WINDOW: usize = 11;

/// Half of the window, centre last: it is symmetric. `exp(-d^2 / (2 * 1.5^2))` for d = 5 to 0, divided by the sum of
/// all eleven.
const HALF_WINDOW: [f32; WINDOW / 2 + 1] =
    [0.001_028_380_1, 0.007_598_758, 0.036_000_773, 0.109_360_69, 0.213_005_54, 0.266_011_71];

/// Positions of the window on each side.
const VALID: usize = SIDE - WINDOW + 1;

const C1: f32 = 0.01 * 0.01;
const C2: f32 = 0.03 * 0.03;

/// Weighted local sums of one quantity, one per window position.
type Map = [[f32; VALID]; VALID];

/// The local moments of a clean image, computed once for all the reconstructions it is held against.
#[derive(Debug, Clone)]
pub struct Reference {
    pixels: [f32; PIXELS],
    mean: Map,
    mean_square: Map,
}

impl Reference {
    /// Of the 784 pixels of an image, in [0, 1]; missing pixels count as 0.
    pub fn new(image: &[f32]) -> Self {
        let mut pixels = [0.0; PIXELS];
        pixels.iter_mut().zip(image).for_each(|(pixel, &value)| *pixel = value);
        Self { mean: blur(&pixels), mean_square: blur(&product(&pixels, &pixels)), pixels }
    }

    /// Structural similarity of a reconstruction to this image: 1 for the image itself, less for any other.
    pub fn similarity(&self, reconstruction: &[f32]) -> f64 {
        let mut other = [0.0; PIXELS];
        other.iter_mut().zip(reconstruction).for_each(|(pixel, &value)| *pixel = value);
        let mean = blur(&other);
        let mean_square = blur(&product(&other, &other));
        let mean_product = blur(&product(&self.pixels, &other));

        let mut sum = 0.0;
        for row in 0..VALID {
            let mut values = [0.0_f32; VALID];
            for (column, value) in values.iter_mut().enumerate() {
                let (x, y) = (self.mean[row][column], mean[row][column]);
                let (xx, xy, yy) = (x * x, x * y, y * y);
                let covariance = mean_product[row][column] - xy;
                let variances = self.mean_square[row][column] - xx + (mean_square[row][column] - yy);
                *value = (2.0 * xy + C1) * (2.0 * covariance + C2) / ((xx + yy + C1) * (variances + C2));
            }
            sum += values.iter().map(|&value| f64::from(value)).sum::<f64>();
        }
        sum / (VALID * VALID) as f64
    }
}

fn product(left: &[f32; PIXELS], right: &[f32; PIXELS]) -> [f32; PIXELS] {
    let mut products = [0.0; PIXELS];
    for ((product, left), right) in products.iter_mut().zip(left).zip(right) {
        *product = left * right;
    }
    products
}

/// The window's weighted sum at every position, down the columns and then along the rows: the window is the outer
/// product of a row with itself.
fn blur(image: &[f32; PIXELS]) -> Map {
    let mut sums = [[0.0; VALID]; VALID];
    for (top, target) in sums.iter_mut().enumerate() {
        let line = |offset: usize| &image[(top + offset) * SIDE..][..SIDE];
        let mut column_sums = [0.0_f32; SIDE];
        for (distance, weight) in HALF_WINDOW[..WINDOW / 2].iter().enumerate() {
            let (above, below) = (line(distance), line(WINDOW - 1 - distance));
            for ((sum, above), below) in column_sums.iter_mut().zip(above).zip(below) {
                *sum += weight * (above + below);
            }
        }
        for (sum, centre) in column_sums.iter_mut().zip(line(WINDOW / 2)) {
            *sum += HALF_WINDOW[WINDOW / 2] * centre;
        }
        for (distance, weight) in HALF_WINDOW[..WINDOW / 2].iter().enumerate() {
            let (left, right) = (&column_sums[distance..][..VALID], &column_sums[WINDOW - 1 - distance..][..VALID]);
            for ((sum, left), right) in target.iter_mut().zip(left).zip(right) {
                *sum += weight * (left + right);
            }
        }
        for (sum, centre) in target.iter_mut().zip(&column_sums[WINDOW / 2..][..VALID]) {
            *sum += HALF_WINDOW[WINDOW / 2] * centre;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(phase: usize) -> [f32; PIXELS] {
        std::array::from_fn(|index| ((index * 37 + phase * 101) % 256) as f32 / 255.0)
    }

    #[test]
    fn the_window_is_the_normalised_gaussian() {
        let gaussian = |distance: f64| (-distance * distance / (2.0 * 1.5 * 1.5)).exp();
        let total: f64 = (-5..=5).map(|distance| gaussian(f64::from(distance))).sum();
        for (index, &weight) in HALF_WINDOW.iter().enumerate() {
            assert_eq!(weight, (gaussian(5.0 - index as f64) / total) as f32, "weight {index}");
        }
    }

    #[test]
    fn an_image_is_wholly_similar_to_itself_and_less_to_any_other() {
        let reference = Reference::new(&image(0));
        assert!((reference.similarity(&image(0)) - 1.0).abs() < 1e-6);
        assert!(reference.similarity(&image(1)) < 0.9);
    }

    #[test]
    fn similarity_is_symmetric() {
        let forth = Reference::new(&image(0)).similarity(&image(3));
        let back = Reference::new(&image(3)).similarity(&image(0));
        assert!((forth - back).abs() < 1e-6);
    }
}
