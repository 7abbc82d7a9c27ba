//! Structural similarity of grey images (Wang, Bovik, Sheikh & Simoncelli, 2004).
//!
//! Local means, variances and the covariance are weighted by an 11x11 Gaussian of standard deviation 1.5. Only positions
//! count where the whole window lies inside the image: 18x18 positions of a 28x28 image. K1 = 0.01, K2 = 0.03, dynamic
//! range 1.
//!
//! This is scikit-image's `structural_similarity(..., gaussian_weights=True, sigma=1.5, use_sample_covariance=False,
//! data_range=1.0)`.

const WINDOW: usize = spec::SIMILARITY_WINDOW;

/// Half of the symmetric window, with the centre last: `exp(-d^2 / (2 * 1.5^2))` for d = 5 to 0, divided by the sum of all
/// eleven weights.
const HALF_WINDOW: [f32; WINDOW / 2 + 1] =
    [0.001_028_380_1, 0.007_598_758, 0.036_000_773, 0.109_360_69, 0.213_005_54, 0.266_011_71];

const C1: f32 = 0.01 * 0.01;
const C2: f32 = 0.03 * 0.03;

/// Number of positions of the window along a side.
const fn valid(side: usize) -> usize {
    (side + 1).saturating_sub(WINDOW)
}

/// The local moments of a clean image, computed once for all its reconstructions.
#[derive(Debug, Clone)]
pub struct Reference {
    height: usize,
    width: usize,
    /// Pixels, `(height, width)`.
    pixels: Vec<f32>,
    /// Weighted local means, one for each position of the window, row by row.
    mean: Vec<f32>,
    mean_square: Vec<f32>,
}

impl Reference {
    /// The moments of an image of `(height, width)` pixels in [0, 1].
    ///
    /// # Panics
    /// When the number of pixels is not `height * width`.
    pub fn new(image: &[f32], height: usize, width: usize) -> Self {
        assert_eq!(image.len(), height * width, "an image of {height} x {width} pixels");
        let (mean, mean_square) = (blur(image, height, width), blur(&product(image, image), height, width));
        Self { height, width, pixels: image.to_vec(), mean, mean_square }
    }

    /// Structural similarity of a reconstruction with the same number of pixels to this image: 1 for the image itself, less
    /// for any other.
    pub fn similarity(&self, reconstruction: &[f32]) -> f64 {
        let Self { height, width, .. } = *self;
        let of = |image: &[f32]| blur(image, height, width);
        let (means, mean_squares) = (of(reconstruction), of(&product(reconstruction, reconstruction)));
        let mean_products = of(&product(&self.pixels, reconstruction));

        let own = self.mean.iter().zip(&self.mean_square);
        let others = means.iter().zip(&mean_squares).zip(&mean_products);
        let values: Vec<f32> = own
            .zip(others)
            .map(|((&x, mean_square), ((&y, other_square), mean_product))| {
                let (xx, xy, yy) = (x * x, x * y, y * y);
                let covariance = mean_product - xy;
                let variances = mean_square - xx + (other_square - yy);
                (2.0 * xy + C1) * (2.0 * covariance + C2) / ((xx + yy + C1) * (variances + C2))
            })
            .collect();
        let rows = values.chunks(valid(width).max(1));
        let sum: f64 = rows.map(|row| row.iter().map(|&value| f64::from(value)).sum::<f64>()).sum();
        sum / values.len() as f64
    }
}

fn product(left: &[f32], right: &[f32]) -> Vec<f32> {
    left.iter().zip(right).map(|(left, right)| left * right).collect()
}

/// Weighted sum of the window at every position. The window is the outer product of a vector with itself, so the sum goes
/// first down the columns, then along the rows.
fn blur(image: &[f32], height: usize, width: usize) -> Vec<f32> {
    // For the most frequent size the length of the loops is known at compile time.
    const USUAL: usize = 28;
    if (height, width) == (USUAL, USUAL) { blurred(image, USUAL, USUAL) } else { blurred(image, height, width) }
}

#[inline(always)]
fn blurred(image: &[f32], height: usize, width: usize) -> Vec<f32> {
    let valid = valid(width);
    let mut sums = vec![0.0; self::valid(height) * valid];
    let mut column_sums = vec![0.0_f32; width];
    for (top, target) in sums.chunks_exact_mut(valid.max(1)).enumerate() {
        let line = |offset: usize| &image[(top + offset) * width..][..width];
        column_sums.fill(0.0);
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
            let (left, right) = (&column_sums[distance..][..valid], &column_sums[WINDOW - 1 - distance..][..valid]);
            for ((sum, left), right) in target.iter_mut().zip(left).zip(right) {
                *sum += weight * (left + right);
            }
        }
        for (sum, centre) in target.iter_mut().zip(&column_sums[WINDOW / 2..][..valid]) {
            *sum += HALF_WINDOW[WINDOW / 2] * centre;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(phase: usize) -> Vec<f32> {
        (0..784).map(|index| ((index * 37 + phase * 101) % 256) as f32 / 255.0).collect()
    }

    #[test]
    fn the_window_is_a_normalised_gaussian() {
        let gaussian = |distance: f64| (-distance * distance / (2.0 * 1.5 * 1.5)).exp();
        let total: f64 = (-5..=5).map(|distance| gaussian(f64::from(distance))).sum();
        for (index, &weight) in HALF_WINDOW.iter().enumerate() {
            assert_eq!(weight, (gaussian(5.0 - index as f64) / total) as f32, "weight {index}");
        }
    }

    #[test]
    fn the_similarity_is_1_for_the_image_itself_and_less_for_any_other() {
        let reference = Reference::new(&image(0), 28, 28);
        assert!((reference.similarity(&image(0)) - 1.0).abs() < 1e-6);
        assert!(reference.similarity(&image(1)) < 0.9);
    }

    #[test]
    fn a_constant_shift_has_the_same_similarity_at_every_size() {
        // Without contrast, similarity is (2 x y + C1) / (x^2 + y^2 + C1).
        let (x, y) = (0.25_f64, 0.75_f64);
        let expected = (2.0 * x * y + 1e-4) / (x * x + y * y + 1e-4);
        for side in [28, 56, 112] {
            let similarity =
                Reference::new(&vec![x as f32; side * side], side, side).similarity(&vec![y as f32; side * side]);
            assert!((similarity - expected).abs() < 1e-3, "{side}: {similarity}");
        }
    }

    #[test]
    fn the_similarity_of_a_rectangular_image_is_that_of_its_transpose() {
        let of = |phase: usize, row: usize, column: usize| ((row * 37 + column * 11 + phase) % 97) as f32 / 96.0;
        let wide = |phase| (0..20 * 31).map(|at| of(phase, at / 31, at % 31)).collect::<Vec<f32>>();
        let tall = |phase| (0..31 * 20).map(|at| of(phase, at % 20, at / 20)).collect::<Vec<f32>>();
        let [across, down] = [
            Reference::new(&wide(0), 20, 31).similarity(&wide(5)),
            Reference::new(&tall(0), 31, 20).similarity(&tall(5)),
        ];
        assert!((across - down).abs() < 1e-6 && across < 0.99, "{across} {down}");
    }

    #[test]
    fn similarity_is_symmetric() {
        let forth = Reference::new(&image(0), 28, 28).similarity(&image(3));
        let back = Reference::new(&image(3), 28, 28).similarity(&image(0));
        assert!((forth - back).abs() < 1e-6);
    }
}
