//! Principal component analysis: the best linear autoencoder, in closed form.

use datasets::{Rows, Values};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;
use zoo::{Autoencoder, Matrix};

use crate::error::Error;
use crate::estimators::covariance::{self, Moments};
use crate::estimators::eigen::eigen;

/// Number of values of a row up to which the covariance is cheap for any number of rows.
const NARROW: usize = 1_000;

/// Principal components of a set of rows. The rows are mean-centred. The components come from an eigendecomposition of the
/// covariance, or of the Gram matrix if that is much smaller.
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
    /// Fits the components of rows. `components` is limited to the number of values of a row.
    ///
    /// For bytes the covariance is exact up to one division. The result does not depend on the number of threads. Bytes in
    /// rows of more than `NARROW` values, with fewer rows than values, use [`fit_gram`](Self::fit_gram).
    ///
    /// # Errors
    /// When the eigendecomposition does not converge.
    pub fn fit(rows: &Rows, components: usize) -> Result<Self, Error> {
        Self::fit_first(rows, rows.len(), components)
    }

    /// Fits the first `count` rows alone, or all if there are fewer; see [`fit`](Self::fit).
    ///
    /// # Errors
    /// When the eigendecomposition does not converge.
    pub(crate) fn fit_first(rows: &Rows, count: usize, components: usize) -> Result<Self, Error> {
        let (count, width) = (count.min(rows.len()), rows.width());
        match rows.values() {
            Values::Floats(floats) => {
                let Moments { mean, covariance } = covariance::of_rows(&floats[..count * width], width);
                Self::decompose(&mean, &covariance, 1.0, components)
            }
            Values::Bytes(bytes) => {
                let row = |index: usize| &bytes[index * width..][..width];
                match width > NARROW && count < width {
                    true => Self::fit_gram(count, width, row, components),
                    false => Self::fit_bytes(count, width, row, components),
                }
            }
        }
    }

    /// Fits `count` rows of `columns` bytes from the products of rows instead of columns, for `count` below `columns`. The
    /// components are those of [`fit_bytes`](Self::fit_bytes) up to rounding.
    ///
    /// If `X` holds the centred rows, `X X^T` has the nonzero eigenvalues of `X^T X`, and `X^T u` is the component of its
    /// eigenvector `u`. Components without variance are arbitrary, but orthogonal to the others.
    ///
    /// # Errors
    /// When the eigendecomposition does not converge.
    pub fn fit_gram<'a>(
        count: usize,
        columns: usize,
        row: impl Fn(usize) -> &'a [u8] + Sync,
        components: usize,
    ) -> Result<Self, Error> {
        let mut transposed = vec![0; count * columns];
        for index in 0..count {
            row(index).iter().enumerate().for_each(|(column, byte)| transposed[column * count + index] = *byte);
        }
        let column = |index: usize| &transposed[index * count..][..count];
        let mut gram = covariance::products_of_bytes(columns, count, column).0;
        centre(&mut gram);
        let (variances, vectors) = eigen(&gram)?;

        let kept = components.min(columns);
        let largest: Vec<usize> = (0..count).rev().take(kept).collect();
        let weights: Vec<f64> =
            (0..count).flat_map(|row| largest.iter().map(move |of| (row, *of))).map(|at| vectors[at]).collect();
        let width = largest.len().max(1);
        let mean: Vec<f64> = (0..columns).map(|at| column(at).iter().map(|byte| f64::from(*byte)).sum()).collect();
        let mean: Vec<f64> = mean.into_iter().map(|sum| sum / count.max(1) as f64).collect();
        // X^T u, (columns, kept), computed column by column, so that each sum has the order of the rows.
        let mut projected = vec![0.0; columns * largest.len()];
        projected.par_chunks_exact_mut(width).enumerate().for_each(|(at, sums)| {
            for (byte, weights) in column(at).iter().zip(weights.chunks_exact(width)) {
                let centred = f64::from(*byte) - mean[at];
                sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += centred * weight);
            }
        });
        let candidates = (0..largest.len()).map(|of| projected.iter().skip(of).step_by(width).copied().collect());
        let basis = orthonormal(candidates, columns, kept);

        // The same scale as in `decompose`.
        let scale = 1.0 / (255.0 * 255.0 * (count as f64 - 1.0).max(1.0));
        let values = basis.iter().flat_map(|vector| {
            let sign = sign_of_largest(vector);
            vector.iter().map(move |value| (sign * value) as f32)
        });
        let explained = largest.iter().map(|of| (variances[*of] * scale).max(0.0)).chain(std::iter::repeat(0.0));
        Ok(Self {
            components: Matrix::new(kept, columns, values.collect()),
            mean: mean.iter().map(|mean| (mean / 255.0) as f32).collect(),
            explained_variance: explained.take(kept).collect(),
            total_variance: (0..count).map(|index| gram[(index, index)]).sum::<f64>() * scale,
        })
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

    /// The components of a covariance. `scale` is the unit of the values: it multiplies means, and its square multiplies
    /// variances.
    fn decompose(mean: &[f64], covariance: &Mat<f64>, scale: f64, components: usize) -> Result<Self, Error> {
        let columns = mean.len();
        let kept = components.min(columns);
        let (variances, vectors) = eigen(covariance)?;

        // faer's eigenvalues are in rising order: the largest are last.
        let largest = (0..columns).rev().take(kept);
        let mut values = Vec::with_capacity(kept * columns);
        for index in largest.clone() {
            let vector = vectors.col_as_slice(index);
            let sign = sign_of_largest(vector);
            values.extend(vector.iter().map(|value| (sign * value) as f32));
        }
        // Rounding can make the zero variances of a rank-deficient covariance negative.
        let variance = |index: usize| (variances[index] * scale * scale).max(0.0);
        Ok(Self {
            components: Matrix::new(kept, columns, values),
            mean: mean.iter().map(|mean| (mean * scale) as f32).collect(),
            explained_variance: largest.map(variance).collect(),
            total_variance: (0..columns).map(|index| covariance[(index, index)]).sum::<f64>() * scale * scale,
        })
    }

    /// A PCA from recorded parts: components `(components, values)`, the mean of the rows, the variance along each
    /// component, and the total variance of all columns.
    pub(crate) fn of_parts(
        components: Matrix,
        mean: Vec<f32>,
        explained_variance: Vec<f64>,
        total_variance: f64,
    ) -> Self {
        Self { components, mean, explained_variance, total_variance }
    }

    /// Components, `(components, values)`: orthonormal rows in order of falling variance. The entry of largest magnitude in
    /// each row is positive, as scikit-learn's `svd_flip(u_based_decision=False)` does.
    pub fn components(&self) -> &Matrix {
        &self.components
    }

    /// Mean of the rows, `(values,)`.
    pub fn mean(&self) -> &[f32] {
        &self.mean
    }

    /// Variance of the rows along each component, `(components,)`, divided by the number of rows minus one (`ddof = 1`, as
    /// scikit-learn does).
    pub fn explained_variance(&self) -> &[f64] {
        &self.explained_variance
    }

    /// Variance of the rows summed over all columns, `ddof = 1`. This minus the sum of [`Self::explained_variance`] is the
    /// squared error per row of reconstructing the `n` fitted rows, times `n / (n - 1)`.
    pub fn total_variance(&self) -> f64 {
        self.total_variance
    }

    /// The same PCA with its first components alone.
    pub(crate) fn truncated(&self, components: usize) -> Self {
        let kept = components.min(self.components.rows());
        Self {
            components: self.components.first_rows(kept),
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

    /// Number of values of components and mean.
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

/// Centres a Gram matrix, given by its lower triangle: the result is the Gram matrix of the centred rows.
fn centre(gram: &mut Mat<f64>) {
    let size = gram.nrows();
    let at = |gram: &Mat<f64>, i: usize, j: usize| gram[(i.max(j), i.min(j))];
    let means: Vec<f64> =
        (0..size).map(|i| (0..size).map(|j| at(gram, i, j)).sum::<f64>() / size.max(1) as f64).collect();
    let mean = means.iter().sum::<f64>() / size.max(1) as f64;
    for column in 0..size {
        for line in column..size {
            gram[(line, column)] += mean - means[line] - means[column];
        }
    }
}

/// `kept` orthonormal vectors of `columns` numbers. Each candidate is made orthogonal to those before it. Candidates that
/// are only rounding error are dropped, and unit vectors fill their places.
fn orthonormal(candidates: impl Iterator<Item = Vec<f64>>, columns: usize, kept: usize) -> Vec<Vec<f64>> {
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let units = (0..columns).map(|at| (0..columns).map(|column| f64::from(u8::from(at == column))).collect());
    let mut basis: Vec<Vec<f64>> = Vec::new();
    for mut vector in candidates.chain(units) {
        if basis.len() == kept {
            break;
        }
        let before = product(&vector, &vector).sqrt();
        // Two passes of orthogonalisation are enough (Parlett, 1998).
        for _ in 0..2 {
            for other in &basis {
                let along = product(&vector, other);
                vector.iter_mut().zip(other).for_each(|(value, other)| *value -= along * other);
            }
        }
        let length = product(&vector, &vector).sqrt();
        // The numbers are products of integers. A length that is rounding error of such numbers, or of the subtracted part,
        // has no direction.
        if length > 1e-4 && length > 1e-6 * before {
            vector.iter_mut().for_each(|value| *value /= length);
            basis.push(vector);
        }
    }
    basis
}

/// The sign, 1 or -1, that makes the entry of largest magnitude positive. Of equal entries, the first counts.
fn sign_of_largest(vector: &[f64]) -> f64 {
    let mut largest = 0.0_f64;
    for &value in vector {
        if value.abs() > largest.abs() {
            largest = value;
        }
    }
    if largest < 0.0 { -1.0 } else { 1.0 }
}
