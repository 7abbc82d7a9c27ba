//! Non-local means: the classical denoiser that looks for the same patch elsewhere in the image.

use spec::catalogue::{PIXELS, SIDE};
use zoo::Matrix;
use zoo::arithmetic::{exp, vectorised};

use crate::baselines::choice::{choose, noise_deviation};
use crate::baselines::fitted::Fitted;
use crate::inputs::Inputs;

/// Strengths that there are, in units of pixels in [0, 1]: the least leaves all but equal patches alone.
const STRENGTHS: [f32; 9] = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2];

/// Pixels on each side of a patch, and those from its middle to its border.
const PATCH: usize = 5;
const MARGIN: usize = PATCH / 2;

/// How far away, in rows and in columns, similar patches are looked for.
const DISTANCE: usize = 6;

/// Patches that differ by more than this after any row but the last count for nothing, as in scikit-image.
const CUTOFF: f32 = 5.0;

/// Pixels of a row that are worked on at once: those of the image, and some beyond it that make whole vectors.
const LANES: usize = 32;

/// An image with its mirrored margin, rows shorter than `PADDED_ROWS`, so far from either end of a row that it can be
/// shifted by `DISTANCE` and still be read.
const LEFT: usize = DISTANCE + MARGIN;
const STRIDE: usize = LANES + 2 * LEFT;
const PADDED_ROWS: usize = SIDE + 2 * MARGIN;

type Row = [f32; STRIDE];

/// Non-local means (Buades, Coll & Morel, 2005), pixel by pixel: each becomes the mean of the pixels up to 6 rows and
/// columns away, weighed by `exp(-max(d - 2 s^2, 0) / h^2)`, where `d` is the mean squared difference of the 5x5 patches
/// about the two, weighed by a normal distribution of standard deviation 1 about the middle, and `s` the deviation of the
/// noise, which alone would make equal patches differ by `2 s^2`. Beyond its border the image is mirrored. This is
/// `skimage.restoration.denoise_nl_means(patch_size=5, patch_distance=6, h=h, sigma=s, fast_mode=False)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NonLocalMeans {
    strength: f32,
    noise_deviation: f32,
}

impl NonLocalMeans {
    /// With the strength `h`, above 0: how far patches of the same thing differ; and the standard deviation of the noise,
    /// 0 where it is to be left in. Both for pixels in [0, 1].
    pub fn new(strength: f32, noise_deviation: f32) -> Self {
        Self { strength, noise_deviation }
    }

    /// Chooses the strength, out of [`STRENGTHS`], and whether the noise's deviation is allowed for, with the lowest error on
    /// corrupted training images.
    pub(crate) fn fit(train: &Inputs<'_>) -> Self {
        let deviations = [0.0, noise_deviation(train)];
        let candidates = deviations.map(|deviation| STRENGTHS.map(|strength| Self::new(strength, deviation)));
        let chosen = choose(train, candidates.as_flattened(), |filter, input| filter.reconstruct(input));
        chosen.unwrap_or(candidates[0][0])
    }

    /// Denoises images, `(images, 784)`.
    pub fn reconstruct(&self, images: &Matrix) -> Matrix {
        let mut denoised = images.clone();
        let mut work = Work::new(*self);
        for (image, denoised) in
            images.values().chunks_exact(PIXELS).zip(denoised.values_mut().chunks_exact_mut(PIXELS))
        {
            work.denoise(image, denoised);
        }
        denoised
    }
}

impl Fitted for NonLocalMeans {
    fn reconstruct(&self, input: &Matrix) -> Matrix {
        self.reconstruct(input)
    }

    fn chosen(&self) -> Vec<(&'static str, f64)> {
        // As it is written in the grid, not as f32 rounds it.
        let written = |value: f32| (f64::from(value) * 1e6).round() / 1e6;
        vec![("strength", written(self.strength)), ("noise_deviation", written(self.noise_deviation))]
    }
}

/// Buffers for one image at a time.
struct Work {
    /// Weights of a patch's columns, and of its rows with `1 / h^2` in them: their product is the weight of a pixel.
    columns: [f32; PATCH],
    rows: [f32; PATCH],
    /// By what equal patches differ on average.
    noise: f32,
    /// 1 where a column belongs to the image.
    inside: Row,
    padded: Vec<Row>,
    /// Sum of weighed pixels, and sum of weights.
    sums: Vec<Row>,
    weights: Vec<Row>,
    /// Squared differences of a row, summed over the columns of each patch.
    differences: Vec<[f32; LANES]>,
}

impl Work {
    fn new(filter: NonLocalMeans) -> Self {
        let normal: [f64; PATCH] = std::array::from_fn(|at| (-(at as f64 - MARGIN as f64).powi(2) / 2.0).exp());
        let sum: f64 = normal.iter().sum();
        Self {
            columns: normal.map(|value| (value / sum) as f32),
            rows: normal.map(|value| (value / sum / f64::from(filter.strength).powi(2)) as f32),
            noise: 2.0 * filter.noise_deviation.powi(2),
            inside: std::array::from_fn(|at| if (LEFT..LEFT + SIDE).contains(&at) { 1.0 } else { 0.0 }),
            padded: vec![[0.0; STRIDE]; PADDED_ROWS],
            sums: vec![[0.0; STRIDE]; SIDE],
            weights: vec![[0.0; STRIDE]; SIDE],
            differences: vec![[0.0; LANES]; PADDED_ROWS],
        }
    }

    fn denoise(&mut self, image: &[f32], denoised: &mut [f32]) {
        self.pad(image);
        // Each pixel resembles itself.
        for (row, (sums, weights)) in self.sums.iter_mut().zip(&mut self.weights).enumerate() {
            *sums = self.padded[row + MARGIN];
            *weights = [1.0; STRIDE];
        }
        // The weight of two pixels is the same either way round: half of the shifts will do.
        for down in 0..=DISTANCE {
            for across in if down == 0 { DISTANCE + 1 } else { 0 }..=2 * DISTANCE {
                vectorised(
                    #[inline(always)]
                    || self.shift(down, across),
                );
            }
        }
        for (row, denoised) in denoised.chunks_exact_mut(SIDE).enumerate() {
            let sums = self.sums[row][LEFT..].iter().zip(&self.weights[row][LEFT..]);
            denoised.iter_mut().zip(sums).for_each(|(pixel, (sum, weight))| *pixel = sum / weight);
        }
    }

    /// Fills in the image and its margin; the outermost pixels are not repeated.
    fn pad(&mut self, image: &[f32]) {
        let mirrored = |at: usize| {
            let inside = at.abs_diff(MARGIN);
            if inside < SIDE { inside } else { 2 * (SIDE - 1) - inside }
        };
        for (row, padded) in self.padded.iter_mut().enumerate() {
            let image = &image[mirrored(row) * SIDE..][..SIDE];
            let columns = padded[LEFT - MARGIN..][..PADDED_ROWS].iter_mut().enumerate();
            columns.for_each(|(column, pixel)| *pixel = image[mirrored(column)]);
        }
    }

    /// Lets each pixel and the one `down` rows and `across - DISTANCE` columns from it add to each other.
    #[inline(always)]
    fn shift(&mut self, down: usize, across: usize) {
        let Self { columns, rows, noise, inside, padded, sums, weights, differences } = self;
        let there = LEFT + across - DISTANCE;
        for (row, summed) in differences[..PADDED_ROWS - down].iter_mut().enumerate() {
            let a = &padded[row][LEFT - MARGIN..][..LANES + 2 * MARGIN];
            let b = &padded[row + down][there - MARGIN..][..LANES + 2 * MARGIN];
            let mut squares = [0.0; LANES + 2 * MARGIN];
            for (square, (a, b)) in squares.iter_mut().zip(a.iter().zip(b)) {
                *square = (a - b) * (a - b);
            }
            for (at, sum) in summed.iter_mut().enumerate() {
                // The weights of the columns, and those of the rows but for 1 / h^2, sum to 1.
                let mut total = -*noise;
                for (offset, weight) in columns.iter().enumerate() {
                    total += weight * squares[at + offset];
                }
                *sum = total;
            }
        }
        let both = |at: usize| inside[LEFT + at] * inside[there + at];
        let inside: [f32; LANES] = std::array::from_fn(both);
        for row in 0..SIDE - down {
            let (mut distance, mut largest) = ([0.0_f32; LANES], [0.0_f32; LANES]);
            for (offset, weight) in rows[..PATCH - 1].iter().enumerate() {
                for ((sum, largest), value) in distance.iter_mut().zip(&mut largest).zip(&differences[row + offset]) {
                    *sum += weight * value;
                    *largest = largest.max(*sum);
                }
            }
            // Both cases as factors: a branch would take the exponential out of the vectors.
            let mut weight = inside;
            let last = distance.iter().zip(&largest).zip(&differences[row + PATCH - 1]);
            for (weight, ((distance, largest), value)) in weight.iter_mut().zip(last) {
                let distance = (distance + rows[PATCH - 1] * value).max(0.0);
                *weight *= f32::from(u8::from(*largest <= CUTOFF)) * exp(-distance);
            }
            let (here, pixels) = (row, &padded[row + down + MARGIN][there..][..LANES]);
            add(&mut sums[here][LEFT..][..LANES], &mut weights[here][LEFT..][..LANES], &weight, pixels);
            let (other, pixels) = (row + down, &padded[row + MARGIN][LEFT..][..LANES]);
            add(&mut sums[other][there..][..LANES], &mut weights[other][there..][..LANES], &weight, pixels);
        }
    }
}

/// Adds weighed pixels and their weights.
#[inline(always)]
fn add(sums: &mut [f32], weights: &mut [f32], weight: &[f32; LANES], pixels: &[f32]) {
    for ((sum, total), (weight, pixel)) in sums.iter_mut().zip(weights).zip(weight.iter().zip(pixels)) {
        *sum += weight * pixel;
        *total += weight;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_that_repeats_itself_is_left_as_it_is() {
        let stripes = Matrix::new(1, PIXELS, (0..PIXELS).map(|index| ((index % SIDE) % 4) as f32 / 3.0).collect());
        let denoised = NonLocalMeans::new(0.05, 0.0).reconstruct(&stripes);
        for (pixel, before) in denoised.values().iter().zip(stripes.values()) {
            assert!((pixel - before).abs() < 1e-5, "{pixel} was {before}");
        }
    }

    #[test]
    fn great_strength_gives_the_mean_of_the_neighbourhood() {
        let dot =
            Matrix::new(1, PIXELS, (0..PIXELS).map(|index| if index == 14 * SIDE + 14 { 1.0 } else { 0.0 }).collect());
        let denoised = NonLocalMeans::new(1e3, 0.0).reconstruct(&dot);
        let value = |row: usize, column: usize| denoised.values()[row * SIDE + column];
        assert!((value(14, 14) - 1.0 / 169.0).abs() < 1e-6, "{}", value(14, 14));
        assert!((value(8, 20) - 1.0 / 169.0).abs() < 1e-6, "{}", value(8, 20));
        assert_eq!(value(14, 21), 0.0);
    }
}
