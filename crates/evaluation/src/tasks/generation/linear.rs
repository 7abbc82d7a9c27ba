//! Samples that PCA makes of draws in the space of its codes, and its best number of components for them.

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

/// Codes of training images that a density is fitted to, at most.
pub(super) const FITTED: usize = 10_000;
/// Components of a mixture.
pub(super) const COMPONENTS: usize = 10;
/// Images that a choice is held against, at most, and samples of each candidate.
const HELD_OUT: usize = 10_000;
/// Numbers of principal components that are tried.
const CANDIDATES: [usize; 8] = [2, 4, 8, 16, 32, 64, 128, 256];

/// The density that codes are drawn from, fitted to those of training images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Density {
    /// A normal distribution.
    Normal,
    /// A mixture of normal distributions.
    Mixture,
}

/// PCA of training rows, with the most components that are tried.
pub(super) struct Sampler {
    pca: Pca,
    /// `(rows, components)`: codes that densities are fitted to.
    codes: Matrix,
    range: Option<[f32; 2]>,
}

impl Sampler {
    /// Fits the first `count` rows. `components`: PCA keeps at least so many, if there are.
    ///
    /// # Errors
    /// When the eigendecomposition does not converge.
    pub(super) fn fit(train: &Rows, count: usize, components: usize) -> Result<Self, Error> {
        let pca = Pca::fit_first(train, count, components.max(CANDIDATES[CANDIDATES.len() - 1]))?;
        let codes = joined(blocks(train, count.min(FITTED), |images| pca.encode(images)));
        Ok(Self { pca, codes, range: train.range() })
    }

    /// PCA with so many components.
    pub(super) fn pca(&self, components: usize) -> Pca {
        self.pca.truncated(components)
    }

    /// `(count, values)`: decoded draws from a density of the first components, clipped to the range of the data.
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

/// The numbers of components that are tried with so many rows of so many values: fewer than there are rows, no more than values.
fn candidates(rows: usize, width: usize) -> Vec<usize> {
    let possible: Vec<usize> = CANDIDATES.into_iter().filter(|count| *count < rows && *count <= width).collect();
    if possible.is_empty() { vec![1] } else { possible }
}

/// For each density, the number of components whose samples have the least Frechet distance to images that nothing of the choice
/// was fitted to: the validation images, or where there are fewer than two the last tenth of the training rows, two at least. `of_all` is
/// fitted to all training rows; `generator` gives that of each choice, by its place.
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
    fn no_more_components_are_tried_than_rows_and_values_allow() {
        assert_eq!(candidates(60_000, 784), CANDIDATES);
        assert_eq!(candidates(17, 784), [2, 4, 8, 16]);
        assert_eq!(candidates(16, 784), [2, 4, 8]);
        assert_eq!(candidates(60_000, 24), [2, 4, 8, 16]);
        assert_eq!(candidates(8, 1), [1]);
    }
}
