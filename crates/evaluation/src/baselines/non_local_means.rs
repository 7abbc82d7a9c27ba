//! Non-local means: the classical denoiser that averages similar patches of the image.

use zoo::Matrix;
use zoo::arithmetic::{exp, vectorised};

use crate::baselines::choice::{choose, first, noise_deviation};
use crate::baselines::fitted::Fitted;
use crate::inputs::Inputs;

/// Candidate strengths, for pixels in [0, 1]. The least averages only equal patches.
const STRENGTHS: [f32; 9] = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.2];

/// Width of a patch, and the distance from its centre to its border, in pixels.
const PATCH: usize = 5;
const MARGIN: usize = PATCH / 2;

/// Greatest distance of similar patches, in rows and in columns.
const DISTANCE: usize = 6;

/// Patches whose difference exceeds this after any row but the last have no weight, as in scikit-image.
const CUTOFF: f32 = 5.0;

/// Number of pixels of a row that are processed at once: those of the image, and padding up to whole vectors.
const LANES: usize = 32;

/// Place of an image row's first pixel in its buffer. The row can be shifted by `DISTANCE` both ways, and its mirrored
/// margin is still inside.
const LEFT: usize = DISTANCE + MARGIN;

/// Non-local means (Buades, Coll & Morel, 2005), pixel by pixel.
///
/// Each pixel becomes the weighted mean of the pixels up to 6 rows and columns away. The weight is `exp(-max(d - 2 s^2, 0)
/// / h^2)`. Here `d` is the mean squared difference of the 5x5 patches around both pixels, weighted by a normal
/// distribution of standard deviation 1. `s` is the standard deviation of the noise. Noise alone makes equal patches differ
/// by `2 s^2`.
///
/// The image is mirrored at its border. The result is that of `skimage.restoration.denoise_nl_means(patch_size=5,
/// patch_distance=6, h=h, sigma=s, fast_mode=False)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NonLocalMeans {
    strength: f32,
    noise_deviation: f32,
    /// Height and width of the images, in pixels.
    height: usize,
    width: usize,
}

impl NonLocalMeans {
    /// A denoiser for images of `(height, width)` pixels in [0, 1]. `strength` is `h`, above 0: the difference of patches
    /// that still counts as similar. `noise_deviation` is the standard deviation `s` of the noise, or 0 to ignore it.
    pub fn new(strength: f32, noise_deviation: f32, (height, width): (usize, usize)) -> Self {
        Self { strength, noise_deviation, height, width }
    }

    /// Chooses the strength of [`STRENGTHS`], and whether to use the deviation of the noise, by the error on corrupted
    /// training images.
    pub(crate) fn fit(train: &Inputs<'_>) -> Self {
        let plane = train.rows.shape().plane();
        let deviations = [0.0, noise_deviation(train)];
        let candidates = deviations.map(|deviation| STRENGTHS.map(|strength| Self::new(strength, deviation, plane)));
        let candidates = candidates.as_flattened();
        let chosen = choose(train, first(train), candidates, |filter, input| filter.reconstruct(input));
        chosen.unwrap_or(candidates[0])
    }

    /// Denoises images, `(images, pixels)`.
    pub fn reconstruct(&self, images: &Matrix) -> Matrix {
        let mut denoised = images.clone();
        let mut work = Work::new(*self);
        let pixels = self.height * self.width;
        for (image, denoised) in
            images.values().chunks_exact(pixels).zip(denoised.values_mut().chunks_exact_mut(pixels))
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
        // Rounded to the number in the grid: f32 adds digits.
        let written = |value: f32| (f64::from(value) * 1e6).round() / 1e6;
        vec![("strength", written(self.strength)), ("noise_deviation", written(self.noise_deviation))]
    }
}

/// Buffers for one image at a time. Rows of pixels are stored in rows of `stride` values.
struct Work {
    height: usize,
    width: usize,
    stride: usize,
    /// Weights of a patch's columns, and of its rows divided by `h^2`. Their product is the weight of a pixel.
    columns: [f32; PATCH],
    rows: [f32; PATCH],
    /// Mean difference of equal patches that the noise causes.
    noise: f32,
    /// 1 for each column that belongs to the image, else 0.
    inside: Vec<f32>,
    /// The image with its mirrored margin.
    padded: Vec<f32>,
    /// Sum of weighted pixels, and sum of weights.
    sums: Vec<f32>,
    weights: Vec<f32>,
    /// Squared differences of a row, summed over the columns of each patch.
    differences: Vec<[f32; LANES]>,
}

impl Work {
    fn new(filter: NonLocalMeans) -> Self {
        let normal: [f64; PATCH] = std::array::from_fn(|at| (-(at as f64 - MARGIN as f64).powi(2) / 2.0).exp());
        let sum: f64 = normal.iter().sum();
        let (height, width) = (filter.height, filter.width);
        let stride = width.next_multiple_of(LANES) + 2 * LEFT;
        Self {
            height,
            width,
            stride,
            columns: normal.map(|value| (value / sum) as f32),
            rows: normal.map(|value| (value / sum / f64::from(filter.strength).powi(2)) as f32),
            noise: 2.0 * filter.noise_deviation.powi(2),
            inside: (0..stride).map(|at| if (LEFT..LEFT + width).contains(&at) { 1.0 } else { 0.0 }).collect(),
            padded: vec![0.0; (height + 2 * MARGIN) * stride],
            sums: vec![0.0; height * stride],
            weights: vec![0.0; height * stride],
            differences: vec![[0.0; LANES]; height + 2 * MARGIN],
        }
    }

    fn denoise(&mut self, image: &[f32], denoised: &mut [f32]) {
        self.pad(image);
        // The weight of a pixel with itself is 1.
        self.sums.copy_from_slice(&self.padded[MARGIN * self.stride..][..self.height * self.stride]);
        self.weights.fill(1.0);
        // The weight of two pixels is symmetric, so half of the shifts are enough.
        for down in 0..=DISTANCE.min(self.height - 1) {
            for across in if down == 0 { DISTANCE + 1 } else { 0 }..=2 * DISTANCE {
                vectorised(
                    #[inline(always)]
                    || self.shift(down, across),
                );
            }
        }
        for (row, denoised) in denoised.chunks_exact_mut(self.width).enumerate() {
            let start = row * self.stride + LEFT;
            let sums = self.sums[start..].iter().zip(&self.weights[start..]);
            denoised.iter_mut().zip(sums).for_each(|(pixel, (sum, weight))| *pixel = sum / weight);
        }
    }

    /// Copies the image into `padded` and mirrors its margin. The border pixels are not repeated.
    fn pad(&mut self, image: &[f32]) {
        // If an image is narrower than the margin, its border pixel is repeated.
        let mirrored = |at: usize, side: usize| {
            let inside = at.abs_diff(MARGIN);
            if inside < side { inside } else { (2 * (side - 1)).saturating_sub(inside) }
        };
        for (row, padded) in self.padded.chunks_exact_mut(self.stride).enumerate() {
            let image = &image[mirrored(row, self.height) * self.width..][..self.width];
            let columns = padded[LEFT - MARGIN..][..self.width + 2 * MARGIN].iter_mut().enumerate();
            columns.for_each(|(column, pixel)| *pixel = image[mirrored(column, self.width)]);
        }
    }

    /// Adds each pixel and the pixel `down` rows and `across - DISTANCE` columns away to each other's sums.
    #[inline(always)]
    fn shift(&mut self, down: usize, across: usize) {
        for first in (0..self.width).step_by(LANES) {
            self.shift_lanes(down, across, first);
        }
    }

    /// Does the same as [`shift`](Self::shift) for one part of each row, the pixels from `first` on.
    #[inline(always)]
    fn shift_lanes(&mut self, down: usize, across: usize, first: usize) {
        let Self { height, stride, columns, rows, noise, inside, padded, sums, weights, differences, .. } = self;
        let (height, stride) = (*height, *stride);
        let (here, there) = (LEFT + first, LEFT + first + across - DISTANCE);
        for (row, summed) in differences[..height + 2 * MARGIN - down].iter_mut().enumerate() {
            let a = &padded[row * stride + here - MARGIN..][..LANES + 2 * MARGIN];
            let b = &padded[(row + down) * stride + there - MARGIN..][..LANES + 2 * MARGIN];
            let mut squares = [0.0; LANES + 2 * MARGIN];
            for (square, (a, b)) in squares.iter_mut().zip(a.iter().zip(b)) {
                *square = (a - b) * (a - b);
            }
            for (at, sum) in summed.iter_mut().enumerate() {
                // The weights of the columns sum to 1, and so do those of the rows times h^2.
                let mut total = -*noise;
                for (offset, weight) in columns.iter().enumerate() {
                    total += weight * squares[at + offset];
                }
                *sum = total;
            }
        }
        let both = |at: usize| inside[here + at] * inside[there + at];
        let inside: [f32; LANES] = std::array::from_fn(both);
        for row in 0..height - down {
            let (mut distance, mut largest) = ([0.0_f32; LANES], [0.0_f32; LANES]);
            for (offset, weight) in rows[..PATCH - 1].iter().enumerate() {
                for ((sum, largest), value) in distance.iter_mut().zip(&mut largest).zip(&differences[row + offset]) {
                    *sum += weight * value;
                    *largest = largest.max(*sum);
                }
            }
            // Both cases are factors: a branch would keep the exponential from being vectorised.
            let mut weight = inside;
            let last = distance.iter().zip(&largest).zip(&differences[row + PATCH - 1]);
            for (weight, ((distance, largest), value)) in weight.iter_mut().zip(last) {
                let distance = (distance + rows[PATCH - 1] * value).max(0.0);
                *weight *= f32::from(u8::from(*largest <= CUTOFF)) * exp(-distance);
            }
            let (own, pixels) = (row * stride + here, &padded[(row + down + MARGIN) * stride + there..][..LANES]);
            add(&mut sums[own..][..LANES], &mut weights[own..][..LANES], &weight, pixels);
            let (other, pixels) = ((row + down) * stride + there, &padded[(row + MARGIN) * stride + here..][..LANES]);
            add(&mut sums[other..][..LANES], &mut weights[other..][..LANES], &weight, pixels);
        }
    }
}

/// Adds weighted pixels and their weights to the sums.
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

    /// Wider than the part of a row that is processed at once.
    const PLANE: (usize, usize) = (28, 40);
    const WIDTH: usize = PLANE.1;
    const PIXELS: usize = PLANE.0 * WIDTH;

    #[test]
    fn a_periodic_image_does_not_change() {
        let stripes = Matrix::new(1, PIXELS, (0..PIXELS).map(|index| ((index % WIDTH) % 4) as f32 / 3.0).collect());
        let denoised = NonLocalMeans::new(0.05, 0.0, PLANE).reconstruct(&stripes);
        for (pixel, before) in denoised.values().iter().zip(stripes.values()) {
            assert!((pixel - before).abs() < 1e-5, "{pixel} was {before}");
        }
    }

    #[test]
    fn a_great_strength_gives_the_mean_of_the_neighbourhood() {
        let dot =
            Matrix::new(1, PIXELS, (0..PIXELS).map(|index| if index == 14 * WIDTH + 30 { 1.0 } else { 0.0 }).collect());
        let denoised = NonLocalMeans::new(1e3, 0.0, PLANE).reconstruct(&dot);
        let value = |row: usize, column: usize| denoised.values()[row * WIDTH + column];
        assert!((value(14, 30) - 1.0 / 169.0).abs() < 1e-6, "{}", value(14, 30));
        // On the other side of the border between two parts of a row.
        assert!((value(8, 33) - 1.0 / (13.0 * 13.0)).abs() < 1e-6, "{}", value(8, 33));
        assert_eq!([value(14, 23), value(14, 37)], [0.0, 0.0]);
    }
}
