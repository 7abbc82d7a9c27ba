//! Principal component analysis: the best linear autoencoder, in closed form.

use datasets::Images;
use experiment::catalogue::PIXELS;
use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::evd::{self, ComputeEigenvectors};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par, Spec};
use zoo::{Autoencoder, Matrix};

use crate::covariance::{self, Moments};
use crate::error::Error;

/// Principal components of a set of rows, mean-centred, by eigendecomposition of the covariance.
///
/// As an [`Autoencoder`] it encodes `x` as `W (x - mean)` and decodes `z` as `mean + W^T z`, without clipping.
#[derive(Debug, Clone)]
pub struct Pca {
    components: Matrix,
    mean: Vec<f32>,
    explained_variance: Vec<f64>,
    total_variance: f64,
}

impl Pca {
    /// Fits images, pixels in [0, 1]. The covariance is exact up to one division, and the result does not depend on the
    /// number of threads. `components` is at most 784; more are cut to that.
    ///
    /// # Errors
    /// When the eigendecomposition does not converge.
    pub fn fit(images: &Images, components: usize) -> Result<Self, Error> {
        Self::fit_bytes(images.len(), PIXELS, |index| images.pixels(index), components)
    }

    /// Fits `count` rows of `columns` bytes, scaled from 0..=255 to [0, 1].
    ///
    /// # Errors
    /// When the eigendecomposition does not converge.
    pub fn fit_bytes<'a>(
        count: usize,
        columns: usize,
        row: impl Fn(usize) -> &'a [u8] + Sync,
        components: usize,
    ) -> Result<Self, Error> {
        let Moments { mean, covariance } = covariance::of_bytes(count, columns, row);
        Self::decompose(&mean, &covariance, 1.0 / 255.0, components)
    }

    /// Fits real rows, `(rows, columns)`, such as the codes of another model.
    ///
    /// # Errors
    /// When a value is not finite, or the eigendecomposition does not converge.
    pub fn fit_rows(rows: &Matrix, components: usize) -> Result<Self, Error> {
        let Moments { mean, covariance } = covariance::of_rows(rows.values(), rows.columns());
        Self::decompose(&mean, &covariance, 1.0, components)
    }

    /// `scale` brings the rows to their unit: means are multiplied by it, variances by its square.
    fn decompose(mean: &[f64], covariance: &Mat<f64>, scale: f64, components: usize) -> Result<Self, Error> {
        let columns = mean.len();
        let kept = components.min(columns);
        let (variances, vectors) = eigen(covariance)?;

        // faer's eigenvalues rise: the largest stand last.
        let largest = (0..columns).rev().take(kept);
        let mut values = Vec::with_capacity(kept * columns);
        for index in largest.clone() {
            let vector = vectors.col_as_slice(index);
            let sign = sign_of_largest(vector);
            values.extend(vector.iter().map(|value| (sign * value) as f32));
        }
        // Rounding leaves the zero variances of a rank-deficient covariance on either side of zero.
        let variance = |index: usize| (variances[index] * scale * scale).max(0.0);
        Ok(Self {
            components: Matrix::new(kept, columns, values),
            mean: mean.iter().map(|mean| (mean * scale) as f32).collect(),
            explained_variance: largest.map(variance).collect(),
            total_variance: (0..columns).map(|index| covariance[(index, index)]).sum::<f64>() * scale * scale,
        })
    }

    /// `(components, pixels)`: orthonormal rows, by falling variance. The entry of largest magnitude in each row is
    /// positive, which fixes the sign as scikit-learn's `svd_flip(u_based_decision=False)` does.
    pub fn components(&self) -> &Matrix {
        &self.components
    }

    /// `(pixels,)`: mean of the rows.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// `(components,)`: variance of the rows along each component, divided by the number of rows less one (`ddof = 1`,
    /// as scikit-learn has it).
    pub fn explained_variance(&self) -> &[f64] {
        &self.explained_variance
    }

    /// Variance of the rows summed over all columns, `ddof = 1`. Less the sum of [`Self::explained_variance`], it is the
    /// squared error per row of reconstructing the `n` rows of the fit, times `n / (n - 1)`.
    pub fn total_variance(&self) -> f64 {
        self.total_variance
    }

    /// The same with the first components alone.
    pub(crate) fn truncated(&self, components: usize) -> Self {
        let (kept, columns) = (components.min(self.components.rows()), self.components.columns());
        Self {
            components: Matrix::new(kept, columns, self.components.values()[..kept * columns].to_vec()),
            mean: self.mean.clone(),
            explained_variance: self.explained_variance[..kept].to_vec(),
            total_variance: self.total_variance,
        }
    }

    fn weights(&self) -> MatRef<'_, f32> {
        MatRef::from_row_major_slice(self.components.values(), self.components.rows(), self.components.columns())
    }
}

impl Autoencoder for Pca {
    fn code_size(&self) -> usize {
        self.components.rows()
    }

    /// Components and mean.
    fn parameter_count(&self) -> usize {
        self.components.values().len() + self.mean.len()
    }

    fn encode(&self, images: &Matrix) -> Matrix {
        let (rows, columns, code) = (images.rows(), self.mean.len(), self.code_size());
        let centred: Vec<f32> =
            images.values().iter().zip(self.mean.iter().cycle()).map(|(value, mean)| value - mean).collect();
        let mut codes = vec![0.0; rows * code];
        matmul(
            MatMut::from_row_major_slice_mut(&mut codes, rows, code),
            Accum::Replace,
            MatRef::from_row_major_slice(&centred, rows, columns),
            self.weights().transpose(),
            1.0,
            Par::Seq,
        );
        Matrix::new(rows, code, codes)
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        let (rows, columns) = (codes.rows(), self.mean.len());
        let mut images = self.mean.repeat(rows);
        matmul(
            MatMut::from_row_major_slice_mut(&mut images, rows, columns),
            Accum::Add,
            MatRef::from_row_major_slice(codes.values(), rows, codes.columns()),
            self.weights(),
            1.0,
            Par::Seq,
        );
        Matrix::new(rows, columns, images)
    }
}

/// Eigenvalues, rising, and eigenvectors in columns, of a symmetric matrix given by its lower triangle. On one thread,
/// because faer splits its sums by the number of threads.
pub(crate) fn eigen(symmetric: &Mat<f64>) -> Result<(Vec<f64>, Mat<f64>), Error> {
    let size = symmetric.nrows();
    let mut values = Diag::<f64>::zeros(size);
    let mut vectors = Mat::<f64>::zeros(size, size);
    let scratch = evd::self_adjoint_evd_scratch::<f64>(size, ComputeEigenvectors::Yes, Par::Seq, Spec::default());
    evd::self_adjoint_evd(
        symmetric.as_ref(),
        values.as_mut(),
        Some(vectors.as_mut()),
        Par::Seq,
        MemStack::new(&mut MemBuffer::new(scratch)),
        Spec::default(),
    )
    .map_err(|_| Error::Eigendecomposition)?;
    let values: Vec<f64> = (0..size).map(|index| values[index]).collect();
    if values.iter().all(|value| value.is_finite()) { Ok((values, vectors)) } else { Err(Error::Eigendecomposition) }
}

/// 1 or -1: what makes the entry of largest magnitude, the first of equals, positive.
fn sign_of_largest(vector: &[f64]) -> f64 {
    let mut largest = 0.0_f64;
    for &value in vector {
        if value.abs() > largest.abs() {
            largest = value;
        }
    }
    if largest < 0.0 { -1.0 } else { 1.0 }
}
