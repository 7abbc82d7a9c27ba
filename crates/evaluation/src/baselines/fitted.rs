//! The trait of fitted baselines.

use zoo::{Autoencoder, Matrix};

use crate::baselines::pca::Pca;

/// A baseline after its fit.
pub(crate) trait Fitted: Send + Sync {
    /// Estimates of the clean rows from noisy inputs, both `(rows, values)`.
    fn reconstruct(&self, input: &Matrix) -> Matrix;

    /// Parameters that the baseline chose on training rows: names of measures, and their values.
    fn chosen(&self) -> Vec<(&'static str, f64)> {
        Vec::new()
    }

    /// This baseline as PCA, if it is PCA: tasks also use its codes and components.
    fn as_pca(&self) -> Option<&Pca> {
        None
    }
}

impl Fitted for Pca {
    fn reconstruct(&self, input: &Matrix) -> Matrix {
        Autoencoder::reconstruct(self, input)
    }

    fn as_pca(&self) -> Option<&Pca> {
        Some(self)
    }
}

/// Clips values to a range, if there is one.
pub(crate) fn clip(output: &mut Matrix, range: Option<[f32; 2]>) {
    if let Some([least, most]) = range {
        output.values_mut().iter_mut().for_each(|value| *value = value.clamp(least, most));
    }
}
