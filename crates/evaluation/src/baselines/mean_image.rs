//! The mean training row: the best reconstruction without a code.

use datasets::{Rows, Values};
use zoo::{Autoencoder, Matrix};

use crate::baselines::fitted::Fitted;

/// Reconstructs every row as the mean of the training rows, like an autoencoder with a code of size 0.
#[derive(Debug, Clone, PartialEq)]
pub struct MeanImage {
    mean: Vec<f32>,
}

impl MeanImage {
    /// Fits the mean of each value. For rows of bytes, it is exactly rounded.
    pub fn fit(rows: &Rows) -> Self {
        let (width, count) = (rows.width(), rows.len().max(1) as f64);
        let mean = match rows.values() {
            Values::Bytes(bytes) => {
                let mut sums = vec![0_u64; width];
                for row in bytes.chunks_exact(width) {
                    sums.iter_mut().zip(row).for_each(|(sum, &byte)| *sum += u64::from(byte));
                }
                sums.iter().map(|&sum| (sum as f64 / (255.0 * count)) as f32).collect()
            }
            Values::Floats(floats) => {
                let mut sums = vec![0.0_f64; width];
                for row in floats.chunks_exact(width) {
                    sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
                }
                sums.iter().map(|&sum| (sum / count) as f32).collect()
            }
        };
        Self { mean }
    }

    /// The mean row, `(values,)`.
    pub fn row(&self) -> &[f32] {
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
