//! The mean training image: what an autoencoder without a code can do at best.

use datasets::Images;
use zoo::{Autoencoder, Matrix};

use crate::baselines::fitted::Fitted;

/// Reconstructs every image as the mean of the images it was fit on: an autoencoder with a code of size 0.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanImage {
    mean: Vec<f32>,
}

impl MeanImage {
    /// Takes the mean of each pixel, exactly rounded.
    pub fn fit(images: &Images) -> Self {
        let mut sums = vec![0_u64; images.width()];
        for index in 0..images.len() {
            sums.iter_mut().zip(images.pixels(index)).for_each(|(sum, &pixel)| *sum += u64::from(pixel));
        }
        let scale = 255.0 * images.len().max(1) as f64;
        Self { mean: sums.iter().map(|&sum| (sum as f64 / scale) as f32).collect() }
    }

    /// `(pixels,)`: the image, pixels in [0, 1].
    pub fn pixels(&self) -> &[f32] {
        &self.mean
    }
}

impl Autoencoder for MeanImage {
    fn code_size(&self) -> usize {
        0
    }

    fn parameter_count(&self) -> usize {
        self.mean.len()
    }

    fn encode(&self, images: &Matrix) -> Matrix {
        Matrix::new(images.rows(), 0, Vec::new())
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        Matrix::new(codes.rows(), self.mean.len(), self.mean.repeat(codes.rows()))
    }
}

impl Fitted for MeanImage {
    fn reconstruct(&self, input: &Matrix) -> Matrix {
        Autoencoder::reconstruct(self, input)
    }
}
