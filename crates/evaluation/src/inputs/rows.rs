//! Rows of a split as a run gives them to a network, clean and corrupted.
//!
//! With corruption, every subject reconstructs the clean image from the corrupted one, and the corrupted image itself is
//! a subject: the error of the noisy input. The noise is fixed: image `i`
//! of split `s` (0 train, 1 validation, 2 test) draws from [`Stream::EvaluationCorruption`] at index
//! [`item`](random::item)`(s, i)` under the run's seed, so that every subject, every look and, up to its
//! scale, every strength of the corruption meets the same noise.

use std::ops::Range;

use datasets::Rows;
use random::Stream;
use spec::Corruption;
use spec::catalogue::Split;
use zoo::{Autoencoder, Matrix};

use crate::metrics::blocks::block_means;
use crate::metrics::squared_error;
use crate::parallel;

/// Rows measured at once by one thread: enough to keep matrix products busy, few enough to keep memory small.
const BLOCK: usize = 256;

/// Rows of a split, with the noise they are given as inputs.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) rows: &'a Rows,
    pub(crate) split: Split,
    pub(crate) corruption: Option<Corruption>,
    pub(crate) seed: u64,
}

impl Inputs<'_> {
    /// The clean rows at `indices`, `(rows, values)`.
    pub(crate) fn clean(&self, indices: impl ExactSizeIterator<Item = usize>) -> Matrix {
        clean(self.rows, indices)
    }

    /// What reconstructions start from: the same rows with the noise, if any.
    pub(crate) fn corrupted(&self, images: Matrix, indices: impl Iterator<Item = usize>) -> Matrix {
        self.corrupted_again(0, images, indices)
    }

    /// The same with another sample of the noise for each `draw`. Sample 0 is that of the evaluation. Sample `draw` of a training row is
    /// the one that a network meets in epoch `draw`.
    pub(crate) fn corrupted_again(
        &self,
        draw: u32,
        mut images: Matrix,
        indices: impl Iterator<Item = usize>,
    ) -> Matrix {
        if let Some(corruption) = self.corruption {
            let width = images.columns();
            for (image, index) in images.values_mut().chunks_exact_mut(width).zip(indices) {
                let (stream, of) = match draw {
                    0 => (Stream::EvaluationCorruption, self.split as u32),
                    epoch => (Stream::TrainCorruption, epoch),
                };
                let mut generator = stream.generator(self.seed, random::item(of, index as u32));
                datasets::corrupt(corruption, self.rows.range(), image, &mut generator);
            }
        }
        images
    }

    /// Mean squared error per value of what a model makes of them, and its means over blocks of rows.
    pub(crate) fn mean_squared_errors(&self, model: &dyn Autoencoder) -> (f64, Vec<f64>) {
        let rows: Vec<Vec<f64>> = self.blocks(&|block| {
            let clean = self.clean(block.clone());
            let output = model.reconstruct(&self.corrupted(clean.clone(), block));
            (0..clean.rows()).map(|row| squared_error(clean.row(row), output.row(row))).collect()
        });
        let sum = rows.iter().map(|rows| rows.iter().sum::<f64>()).sum::<f64>();
        let width = self.rows.width() as f64;
        let means = block_means(&rows.concat()).into_iter().map(|mean| mean / width).collect();
        (sum / self.rows.value_count() as f64, means)
    }

    /// What `each` returns for blocks of the rows, in order.
    pub(crate) fn blocks<T: Send>(&self, each: &(dyn Fn(Range<usize>) -> T + Sync)) -> Vec<T> {
        parallel::map_blocks(self.rows.len(), BLOCK, each)
    }
}

/// Rows at `indices` as a matrix, `(rows, values)`.
pub(crate) fn clean(rows: &Rows, indices: impl ExactSizeIterator<Item = usize>) -> Matrix {
    let mut matrix = Matrix::zeros(indices.len(), rows.width());
    for (row, index) in matrix.values_mut().chunks_exact_mut(rows.width()).zip(indices) {
        rows.read(index, row);
    }
    matrix
}
