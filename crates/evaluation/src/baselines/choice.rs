//! Choice of a baseline's parameter, by the error on corrupted training images.

use std::ops::Range;

use zoo::Matrix;

use crate::inputs::Inputs;
use crate::metrics::squared_error;
use crate::parallel;

/// Number of training images on which a baseline without other fit chooses its parameter.
const CHOSEN_ON: usize = 500;

/// Number of images that one thread reconstructs at a time.
const BLOCK: usize = 25;

/// Range of the first training images, on which parameters are chosen.
pub(crate) fn first(train: &Inputs<'_>) -> Range<usize> {
    0..train.rows.len().min(CHOSEN_ON)
}

/// The candidate whose reconstructions of corrupted training images have the lowest squared error. Of equal candidates, the
/// first.
pub(crate) fn choose<T: Copy + Sync>(
    train: &Inputs<'_>,
    images: Range<usize>,
    candidates: &[T],
    reconstruct: impl Fn(T, &Matrix) -> Matrix + Sync,
) -> Option<T> {
    let errors_of = |block: Range<usize>| -> Vec<f64> {
        let block = images.start + block.start..images.start + block.end;
        let clean = train.clean(block.clone());
        let input = train.corrupted(clean.clone(), block);
        let error = |&candidate: &T| squared_error(clean.values(), reconstruct(candidate, &input).values());
        candidates.iter().map(error).collect()
    };
    let errors: Vec<Vec<f64>> = parallel::map_blocks(images.len(), BLOCK, &errors_of);
    let total = |index: usize| -> f64 { errors.iter().map(|block| block[index]).sum() };
    let best = (0..candidates.len()).min_by(|&a, &b| total(a).total_cmp(&total(b)))?;
    candidates.get(best).copied()
}

/// Root mean square of the change that the noise makes to the pixels of those images.
pub(crate) fn noise_deviation(train: &Inputs<'_>) -> f32 {
    let clean = train.clean(first(train));
    let corrupted = train.corrupted(clean.clone(), first(train));
    let squared = squared_error(clean.values(), corrupted.values());
    (squared / clean.values().len().max(1) as f64).sqrt() as f32
}
