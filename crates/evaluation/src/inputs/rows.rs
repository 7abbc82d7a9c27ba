//! Rows of a split as inputs of a run's subjects, clean and corrupted.
//!
//! With corruption, every subject reconstructs the clean row from the corrupted one. The corrupted row itself is a subject:
//! its error is that of the noisy input.
//!
//! The noise is fixed. Row `i` of split `s` (0 train, 1 validation, 2 test) uses [`Stream::EvaluationCorruption`] at index
//! [`item`](random::item)`(s, i)` under the run's seed. Every subject and every measurement therefore has the same noise,
//! and other strengths of the corruption have the same noise up to its scale.

use std::ops::Range;

use datasets::Rows;
use random::Stream;
use spec::Corruption;
use spec::catalogue::Split;
use zoo::{Autoencoder, Matrix};

use crate::metrics::blocks::block_means;
use crate::metrics::squared_error;
use crate::parallel;

/// Number of rows that one thread measures at once: enough for fast matrix products, few enough for little memory.
const BLOCK: usize = 256;

/// Rows of a split, and the noise that they get as inputs.
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

    /// The rows at `indices`, given as `images`, with their noise, if any: the inputs of every subject.
    pub(crate) fn corrupted(&self, images: Matrix, indices: impl Iterator<Item = usize>) -> Matrix {
        self.corrupted_again(0, images, indices)
    }

    /// The rows with sample `draw` of their noise. Sample 0 is that of the evaluation. Sample `draw` of a training row is
    /// the one that a network sees in epoch `draw`.
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

    /// Mean squared error per value of a model's reconstructions, and its means over blocks of rows.
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

    /// Results of `each` for blocks of the rows, in order.
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
