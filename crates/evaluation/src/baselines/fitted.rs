//! A baseline after its fit.

use zoo::{Autoencoder, Matrix};

use crate::baselines::pca::Pca;

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

impl Fitted for Pca {
    fn reconstruct(&self, input: &Matrix) -> Matrix {
        Autoencoder::reconstruct(self, input)
    }

    fn as_pca(&self) -> Option<&Pca> {
        Some(self)
    }
}

/// Brings values within a range, where there is one.
pub(crate) fn clip(output: &mut Matrix, range: Option<[f32; 2]>) {
    if let Some([least, most]) = range {
        output.values_mut().iter_mut().for_each(|value| *value = value.clamp(least, most));
    }
}
