//! Normal distributions of several dimensions, and the distance between them.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use zoo::Matrix;

use crate::error::Error;
use crate::estimators::covariance;
use crate::estimators::eigen::eigen;

/// A multivariate normal distribution.
#[derive(Debug, Clone)]
pub(crate) struct Normal {
    mean: Vec<f64>,
    /// Covariance, a symmetric matrix `(dimensions, dimensions)`.
    covariance: Mat<f64>,
}

impl Normal {
    /// The distribution with mean and covariance (`ddof = 1`) of rows.
    pub(crate) fn fit(rows: &Matrix) -> Self {
        let moments = covariance::of_rows(rows.values(), rows.columns());
        let mut covariance = moments.covariance;
        for column in 0..rows.columns() {
            for row in 0..column {
                covariance[(row, column)] = covariance[(column, row)];
            }
        }
        Self { mean: moments.mean, covariance }
    }

    /// The standard normal distribution: mean 0, variance 1, no correlation.
    pub(crate) fn standard(dimensions: usize) -> Self {
        Self { mean: vec![0.0; dimensions], covariance: Mat::identity(dimensions, dimensions) }
    }

    /// Squared Frechet distance to another distribution. Between normal distributions it is the squared 2-Wasserstein
    /// distance (Dowson & Landau, 1982): `|m - m'|² + tr(C + C' - 2 (C^½ C' C^½)^½)`.
    ///
    /// # Errors
    /// When an eigendecomposition does not converge.
    pub(crate) fn distance(&self, other: &Self) -> Result<f64, Error> {
        let size = self.mean.len();
        let means: f64 = self.mean.iter().zip(&other.mean).map(|(a, b)| (a - b).powi(2)).sum();
        let root = root(&self.covariance)?;
        let between = product(product(root.as_ref(), other.covariance.as_ref()).as_ref(), root.as_ref());
        let (variances, _) = eigen(&between)?;
        let shared: f64 = variances.iter().map(|variance| variance.max(0.0).sqrt()).sum();
        let trace = |of: &Mat<f64>| (0..size).map(|index| of[(index, index)]).sum::<f64>();
        // Rounding can make the distance of a distribution to itself negative.
        Ok((means + trace(&self.covariance) + trace(&other.covariance) - 2.0 * shared).max(0.0))
    }
}

/// The positive square root of a covariance.
fn root(covariance: &Mat<f64>) -> Result<Mat<f64>, Error> {
    let (variances, vectors) = eigen(covariance)?;
    let scaled = Mat::from_fn(vectors.nrows(), vectors.ncols(), |row, column| {
        vectors[(row, column)] * variances[column].max(0.0).sqrt()
    });
    Ok(product(scaled.as_ref(), vectors.transpose()))
}

/// Product of two matrices on one thread, so that the sums do not depend on the number of threads.
fn product(left: MatRef<'_, f64>, right: MatRef<'_, f64>) -> Mat<f64> {
    let mut product = Mat::zeros(left.nrows(), right.ncols());
    matmul(product.as_mut(), Accum::Replace, left, right, 1.0, Par::Seq);
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(mean: &[f64], covariance: &[&[f64]]) -> Normal {
        let covariance = Mat::from_fn(mean.len(), mean.len(), |row, column| covariance[row][column]);
        Normal { mean: mean.to_vec(), covariance }
    }

    #[test]
    fn the_distance_of_a_distribution_to_itself_is_0() {
        let own = normal(&[1.0, -2.0], &[&[2.0, 0.7], &[0.7, 1.0]]);
        assert!(own.distance(&own).unwrap() < 1e-12);
    }

    #[test]
    fn distances_along_axes_are_those_of_means_and_standard_deviations() {
        let wide = normal(&[3.0, 0.0], &[&[4.0, 0.0], &[0.0, 9.0]]);
        let distance = wide.distance(&Normal::standard(2)).unwrap();
        assert!((distance - (9.0 + 1.0 + 4.0)).abs() < 1e-12, "{distance}");
    }

    #[test]
    fn distances_are_symmetric_and_match_scipy() {
        let a = normal(&[0.0, 1.0, 2.0], &[&[2.0, 0.3, 0.1], &[0.3, 1.0, -0.2], &[0.1, -0.2, 0.5]]);
        let b = normal(&[0.5, 0.5, 0.5], &[&[1.0, 0.0, 0.4], &[0.0, 3.0, 0.2], &[0.4, 0.2, 2.0]]);
        let [there, back] = [a.distance(&b).unwrap(), b.distance(&a).unwrap()];
        assert!((there - back).abs() < 1e-12);
        // ((m - n)**2).sum() + trace(A + B - 2 * scipy.linalg.sqrtm(A @ B))
        assert!((there - 4.101087960187).abs() < 1e-9, "{there}");
    }

    #[test]
    fn moments_are_those_of_the_rows() {
        let rows = Matrix::new(3, 2, vec![1.0, 0.0, 2.0, 3.0, 3.0, 0.0]);
        let fit = Normal::fit(&rows);
        assert_eq!(fit.mean, [2.0, 1.0]);
        assert_eq!((fit.covariance[(0, 0)], fit.covariance[(0, 1)], fit.covariance[(1, 1)]), (1.0, 0.0, 3.0));
    }
}
