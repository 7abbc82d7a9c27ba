//! What the autoencoder is held against, once it is fit on training images alone. Each has a file of its own.

use std::ops::Range;

use rayon::prelude::*;
use spec::catalogue::Baseline;
use zoo::{Autoencoder, Matrix};

use crate::error::Error;
use crate::linear_denoiser::LinearDenoiser;
use crate::mean_image::MeanImage;
use crate::measure::Inputs;
use crate::median_filter::MedianFilter;
use crate::metrics::squared_error;
use crate::non_local_means::NonLocalMeans;
use crate::pca::Pca;

/// Training images on which a parameter is chosen, from the first.
const CHOSEN_ON: usize = 500;

/// Images looked at by one thread at a time.
const BLOCK: usize = 25;

/// A baseline after its fit.
pub(crate) trait Fitted: Send + Sync {
    /// Inputs to what it takes the clean images to be, both `(images, pixels)`.
    fn reconstruct(&self, input: &Matrix) -> Matrix;

    /// What it chose on training images: names of measures, and their values.
    fn chosen(&self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }

    /// Itself, if it is PCA, whose codes and components others look at.
    fn as_pca(&self) -> Option<&Pca> {
        None
    }
}

/// Fits a baseline on the training images and the noise that the run gives them. `code` is the size of the network's code.
///
/// # Errors
/// When an eigendecomposition does not converge.
pub(crate) fn fit(baseline: Baseline, train: &Inputs<'_>, code: usize) -> Result<Box<dyn Fitted>, Error> {
    Ok(match baseline {
        Baseline::Pca => Box::new(Pca::fit(train.images, code)?),
        Baseline::MeanImage => Box::new(MeanImage::fit(train.images)),
        Baseline::LinearDenoiser => Box::new(LinearDenoiser::fit(train, code)?),
        Baseline::MedianFilter => Box::new(MedianFilter::fit(train)),
        Baseline::NonLocalMeans => Box::new(NonLocalMeans::fit(train)),
    })
}

impl Fitted for Pca {
    fn reconstruct(&self, input: &Matrix) -> Matrix {
        Autoencoder::reconstruct(self, input)
    }

    fn as_pca(&self) -> Option<&Pca> {
        Some(self)
    }
}

impl Fitted for MeanImage {
    fn reconstruct(&self, input: &Matrix) -> Matrix {
        Autoencoder::reconstruct(self, input)
    }
}

/// The candidate whose reconstructions of the first training images, corrupted, have the lowest squared error; the first
/// of equals.
pub(crate) fn choose<T: Copy + Sync>(
    train: &Inputs<'_>,
    candidates: &[T],
    reconstruct: impl Fn(T, &Matrix) -> Matrix + Sync,
) -> Option<T> {
    let count = train.images.len().min(CHOSEN_ON);
    let blocks: Vec<Range<usize>> = (0..count).step_by(BLOCK).map(|at| at..(at + BLOCK).min(count)).collect();
    let errors_of = |block: Range<usize>| -> Vec<f64> {
        let clean = train.clean(block.clone());
        let input = train.corrupted(clean.clone(), block);
        let error = |&candidate: &T| squared_error(clean.values(), reconstruct(candidate, &input).values());
        candidates.iter().map(error).collect()
    };
    let errors: Vec<Vec<f64>> = blocks.into_par_iter().map(errors_of).collect();
    let total = |index: usize| -> f64 { errors.iter().map(|block| block[index]).sum() };
    let best = (0..candidates.len()).min_by(|&a, &b| total(a).total_cmp(&total(b)))?;
    candidates.get(best).copied()
}

/// Root mean square of what the noise changes in the pixels of those images.
pub(crate) fn noise_deviation(train: &Inputs<'_>) -> f32 {
    let count = train.images.len().min(CHOSEN_ON);
    let clean = train.clean(0..count);
    let corrupted = train.corrupted(clean.clone(), 0..count);
    let squared = squared_error(clean.values(), corrupted.values());
    (squared / clean.values().len().max(1) as f64).sqrt() as f32
}
