//! k-means of `linfa-clustering`, with the best of several beginnings.

use linfa::prelude::*;
use linfa_nn::distance::L2Dist;
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rand_chacha_3::rand_core::SeedableRng;
use rayon::prelude::*;
use spec::catalogue::CLASSES;
use zoo::Matrix;

/// Beginnings by k-means++, of which the one with the least squared distances is kept,
const BEGINNINGS: usize = 10;
/// and iterations of each at most.
const ITERATIONS: u64 = 100;
/// They end where the centres move by less than this, as a sum over their squared distances.
const TOLERANCE: f32 = 1e-4;

/// Clusters of rows, as many as there are classes.
pub(crate) struct KMeans(linfa_clustering::KMeans<f32, L2Dist>);

impl KMeans {
    /// The fit with the least squared distances of several beginnings, which several threads look at. `rows`: `(rows, columns)`.
    ///
    /// # Errors
    /// When a fit fails, as of rows that are not finite numbers.
    pub(crate) fn fit(rows: &Matrix, mut generator: ChaCha8Rng) -> Result<Self, String> {
        let rows = DatasetBase::from(array(rows)?);
        let mut keys = [[0; 32]; BEGINNINGS];
        keys.iter_mut().for_each(|key| generator.fill_bytes(key));
        let from = |key: &[u8; 32]| {
            linfa_clustering::KMeans::params_with_rng(CLASSES, rand_chacha_3::ChaCha8Rng::from_seed(*key))
                .n_runs(1)
                .max_n_iterations(ITERATIONS)
                .tolerance(TOLERANCE)
                .fit(&rows)
                .map_err(|error| error.to_string())
        };
        let fits: Vec<_> = keys.par_iter().map(from).collect::<Result<_, _>>()?;
        fits.into_iter().min_by(|a, b| a.inertia().total_cmp(&b.inertia())).map(Self).ok_or_else(String::new)
    }

    /// The centres, `(clusters, columns)`.
    pub(crate) fn centres(&self) -> Matrix {
        let centres = self.0.centroids();
        Matrix::new(centres.nrows(), centres.ncols(), centres.iter().copied().collect())
    }

    /// The cluster with the nearest centre, of each row.
    ///
    /// # Errors
    /// When the rows have no shape that the library takes.
    pub(crate) fn assign(&self, rows: &Matrix) -> Result<Vec<usize>, String> {
        Ok(self.0.predict(&array(rows)?).to_vec())
    }
}

fn array(rows: &Matrix) -> Result<Array2<f32>, String> {
    Array2::from_shape_vec((rows.rows(), rows.columns()), rows.values().to_vec()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use random::Stream;

    use super::*;

    #[test]
    fn the_centres_of_blobs_are_those_of_scikit_learn_at_any_number_of_threads() {
        let golden = crate::golden::part("k_means");
        let rows = crate::golden::matrix(&golden["rows"]);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| KMeans::fit(&rows, Stream::Clusters.generator(0, 0)).unwrap().centres())
        };
        let found = with(1);
        assert_eq!(found, with(3));
        let mut rows: Vec<&[f32]> = (0..CLASSES).map(|cluster| found.row(cluster)).collect();
        rows.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let expected = crate::golden::matrix(&golden["centres"]);
        assert_eq!((expected.rows(), expected.columns()), (rows.len(), found.columns()));
        for (row, found) in rows.into_iter().enumerate() {
            assert!(found.iter().zip(expected.row(row)).all(|(found, expected)| (found - expected).abs() < 1e-4));
        }
    }
}
