//! Probabilistic principal component analysis: PCA as a density (Tipping & Bishop, 1999).

use std::f64::consts::TAU;

use zoo::{Autoencoder, Matrix};

use crate::baselines::pca::Pca;

/// Share of the variance that the rounding of a decomposition may leave or take.
const ROUNDING: f64 = 1e-9;

/// A normal distribution whose covariance is that of the rows along the principal components and the same in every other
/// direction: at the maximum of the rows' likelihood (equations 3 to 8).
pub(crate) struct ProbabilisticPca<'a> {
    pca: &'a Pca,
    /// Variance in every direction but those of the components: the mean of what they leave.
    noise: f64,
    /// Columns times ln(2 pi), and the logarithm of the covariance's determinant.
    constant: f64,
}

impl<'a> ProbabilisticPca<'a> {
    /// The distribution that the components of a PCA belong to, of which there are fewer than columns; `None` where the
    /// rows vary in no more directions than components, and have no density.
    pub(crate) fn new(pca: &'a Pca) -> Option<Self> {
        let columns = pca.mean().len() as f64;
        let beside = pca.total_variance() - pca.explained_variance().iter().sum::<f64>();
        if beside <= ROUNDING * pca.total_variance() {
            return None;
        }
        let left = columns - pca.code_size() as f64;
        let noise = beside / left;
        let along: f64 = pca.explained_variance().iter().map(|variance| variance.ln()).sum();
        Some(Self { pca, noise, constant: columns * TAU.ln() + along + left * noise.ln() })
    }

    /// Log density of each row, in nats.
    pub(crate) fn log_densities(&self, rows: &Matrix) -> Vec<f64> {
        let codes = self.pca.encode(rows);
        let density = |row: usize| {
            let centred = rows.row(row).iter().zip(self.pca.mean());
            let whole: f64 = centred.map(|(value, mean)| f64::from(value - mean).powi(2)).sum();
            let (mut within, mut scaled) = (0.0, 0.0);
            for (code, variance) in codes.row(row).iter().zip(self.pca.explained_variance()) {
                let square = f64::from(*code).powi(2);
                within += square;
                scaled += square / variance;
            }
            -0.5 * (self.constant + scaled + (whole - within) / self.noise)
        };
        (0..rows.rows()).map(density).collect()
    }

    /// Variance beside the components.
    #[cfg(test)]
    pub(crate) fn noise(&self) -> f64 {
        self.noise
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn densities_are_those_of_scikit_learn() {
        let golden: serde_json::Value = serde_json::from_str(include_str!("../../tests/golden/pca.json")).unwrap();
        let bytes: Vec<Vec<u8>> = serde_json::from_value(golden["rows"].clone()).unwrap();
        let pca = Pca::fit_bytes(bytes.len(), bytes[0].len(), |row| &bytes[row], 4).unwrap();
        let values = bytes.iter().flatten().map(|byte| f32::from(*byte) / 255.0).collect();
        let found =
            ProbabilisticPca::new(&pca).unwrap().log_densities(&Matrix::new(bytes.len(), bytes[0].len(), values));
        let expected: Vec<f64> = serde_json::from_value(golden["log_densities"].clone()).unwrap();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }

    #[test]
    fn rows_in_fewer_dimensions_than_components_have_no_density() {
        // Five rows span four dimensions, whatever they hold.
        let rows: Vec<Vec<u8>> =
            (0..5_u32).map(|row| (0..20).map(|at| ((row * row + 3) * (at + 7) % 251) as u8).collect()).collect();
        let pca = Pca::fit_bytes(5, 20, |row| &rows[row], 4).unwrap();
        assert!(ProbabilisticPca::new(&pca).is_none());
    }
}
