//! Samples from PCA: decoded samples of a density of its codes, and the best number of components for them.

use datasets::Rows;
use rand_chacha::ChaCha8Rng;
use zoo::{Autoencoder, Judge, Matrix};

use crate::baselines::fitted::clip;
use crate::baselines::pca::Pca;
use crate::error::Error;
use crate::estimators::mixture::Mixture;
use crate::estimators::normal::Normal;
use crate::inputs::clean;
use crate::tasks::context::{blocks, joined, rows};
use crate::tasks::generation::features::features;

/// Greatest number of training images whose codes a density is fitted to.
pub(super) const FITTED: usize = 10_000;
/// Number of components of the mixture.
pub(super) const COMPONENTS: usize = 10;
/// Greatest number of images that a choice is compared with; each candidate has as many samples.
const HELD_OUT: usize = 10_000;
/// Candidate numbers of principal components.
const CANDIDATES: [usize; 8] = [2, 4, 8, 16, 32, 64, 128, 256];

/// Density of codes, fitted to those of training images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Density {
    /// A normal distribution.
    Normal,
    /// A mixture of normal distributions.
    Mixture,
}

/// PCA of training rows with the greatest candidate number of components.
pub(super) struct Sampler {
    pca: Pca,
    /// Codes that densities are fitted to, `(rows, components)`.
    codes: Matrix,
    range: Option<[f32; 2]>,
}

impl Sampler {
    /// Fits the first `count` rows. PCA keeps at least `components` components, if there are as many.
    ///
    /// # Errors
    /// When the eigendecomposition does not converge.
    pub(super) fn fit(train: &Rows, count: usize, components: usize) -> Result<Self, Error> {
        let pca = Pca::fit_first(train, count, components.max(CANDIDATES[CANDIDATES.len() - 1]))?;
        let codes = joined(blocks(train, count.min(FITTED), |images| pca.encode(images)));
        Ok(Self { pca, codes, range: train.range() })
    }

    /// PCA with its first `components` components.
    pub(super) fn pca(&self, components: usize) -> Pca {
        self.pca.truncated(components)
    }

    /// Decoded samples of a density of the first components, `(count, values)`, clipped to the range of the data.
    pub(super) fn samples(
        &self,
        density: Density,
        components: usize,
        count: usize,
        generator: &mut ChaCha8Rng,
    ) -> Matrix {
        let pca = self.pca(components);
        let codes = match density {
            Density::Normal => {
                let mut codes = Matrix::zeros(count, components);
                random::normals(generator, codes.values_mut());
                // PCA's training codes have mean 0 and no correlation.
                let deviations: Vec<f32> =
                    pca.explained_variance().iter().map(|variance| variance.sqrt() as f32).collect();
                for row in 0..count {
                    codes.row_mut(row).iter_mut().zip(&deviations).for_each(|(value, deviation)| *value *= deviation);
                }
                codes
            }
            Density::Mixture => {
                let first = (0..self.codes.rows()).flat_map(|row| self.codes.row(row)[..components].iter().copied());
                let codes = Matrix::new(self.codes.rows(), components, first.collect());
                Mixture::fit(&codes, COMPONENTS, generator).draw(count, generator)
            }
        };
        let mut images = joined(rows(&codes, |block| pca.decode(block)));
        clip(&mut images, self.range);
        images
    }
}

/// Candidate numbers of components for `rows` rows of `width` values: fewer than rows, and at most the number of values.
fn candidates(rows: usize, width: usize) -> Vec<usize> {
    let possible: Vec<usize> = CANDIDATES.into_iter().filter(|count| *count < rows && *count <= width).collect();
    if possible.is_empty() { vec![1] } else { possible }
}

/// For each density, the number of components whose samples have the least Frechet distance to held-out images. These are
/// the validation images or, if there are fewer than two, the last tenth of the training rows, at least two.
///
/// `of_all` is fitted to all training rows. `generator` returns the random numbers of each candidate, by its index.
///
/// # Errors
/// When an eigendecomposition does not converge.
pub(super) fn choose(
    of_all: &Sampler,
    [train, validation]: [&Rows; 2],
    judge: &Judge,
    densities: &[Density],
    generator: impl Fn(u64) -> ChaCha8Rng,
) -> Result<Vec<usize>, Error> {
    let of_some;
    let (sampler, fitted, held_out) = if validation.len() < 2 {
        let fitted = train.len().saturating_sub((train.len() / 10).max(2));
        of_some = Sampler::fit(train, fitted, 0)?;
        (&of_some, fitted, clean(train, fitted..train.len().min(fitted + HELD_OUT)))
    } else {
        (of_all, train.len(), clean(validation, 0..validation.len().min(HELD_OUT)))
    };
    let target = Normal::fit(&features(judge, &held_out));
    let mut place = 0;
    let mut chosen = Vec::new();
    for &density in densities {
        let mut best: Option<(f64, usize)> = None;
        for components in candidates(fitted, train.width()) {
            let samples = sampler.samples(density, components, held_out.rows(), &mut generator(place));
            let distance = Normal::fit(&features(judge, &samples)).distance(&target)?;
            place += 1;
            if best.is_none_or(|(least, _)| distance < least) {
                best = Some((distance, components));
            }
        }
        chosen.extend(best.map(|(_, components)| components));
    }
    Ok(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_are_limited_by_the_numbers_of_rows_and_values() {
        assert_eq!(candidates(60_000, 784), CANDIDATES);
        assert_eq!(candidates(17, 784), [2, 4, 8, 16]);
        assert_eq!(candidates(16, 784), [2, 4, 8]);
        assert_eq!(candidates(60_000, 24), [2, 4, 8, 16]);
        assert_eq!(candidates(8, 1), [1]);
    }
}
