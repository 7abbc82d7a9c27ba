//! `clustering`: whether k-means finds the classes.

use linfa::prelude::*;
use linfa_clustering::KMeans;
use linfa_nn::distance::L2Dist;
use ndarray::Array2;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use rand_chacha_3::rand_core::SeedableRng;
use random::Stream;
use rayon::prelude::*;
use spec::catalogue::CLASSES;
use zoo::Matrix;

use super::{Context, Outcome, Tensors, all_the_same, is_constant, is_of_one_class};
use crate::agreement::Contingency;
use crate::error::Error;

/// Training images that clusters are fit to, from the first.
const IMAGES: usize = 10_000;
/// Beginnings by k-means++, of which the one with the least squared distances is kept,
const BEGINNINGS: usize = 10;
/// and iterations of each at most.
const ITERATIONS: u64 = 100;
/// They end where the centres move by less than this, as a sum over their squared distances.
const TOLERANCE: f32 = 1e-4;

/// How well ten clusters, fit by k-means to training codes, agree with the classes of test images, each given to the nearest
/// centre. `nmi`: normalised mutual information; `ari`: adjusted Rand index; `cluster_accuracy`: share in the cluster of their
/// class, under the best matching of one to one. None of them where the test images are of one class, or
/// the training codes are all the same.
///
/// # Errors
/// When k-means fails, as of codes that are not finite numbers.
pub(super) fn run(context: &Context<'_>) -> Result<Outcome, Error> {
    let (train, test) = (&context.splits.train, &context.splits.test);
    let mut outcome = Outcome::default();
    let fields = ["nmi", "ari", "cluster_accuracy"];
    if is_of_one_class(test.labels()) {
        outcome.without_meaning("all test images are of one class", &fields);
        return Ok(outcome);
    }
    let mut tensors = Tensors::default();
    for (representation, index) in context.representations().into_iter().zip(0..) {
        let subject = representation.subject;
        let rows = representation.of_first(train, IMAGES);
        if is_constant(&rows) {
            outcome.without_meaning(&all_the_same(subject, "training"), &fields);
            continue;
        }
        let generator = Stream::Clusters.generator(context.run.seed, index);
        let error = |message| Error::Fit { what: "k-means", subject, message };
        let clusters = array(&rows).and_then(|rows| fit(rows, generator)).map_err(error)?;
        tensors.floats(&format!("{subject}.centres"), &centres(&clusters));
        let assigned = clusters.predict(&array(&representation.of(test)).map_err(error)?).to_vec();
        let agreement = Contingency::new(test.labels(), &assigned);
        outcome.measures.extend([
            (subject, "nmi", agreement.normalised_mutual_information()),
            (subject, "ari", agreement.adjusted_rand_index()),
            (subject, "cluster_accuracy", agreement.matched_accuracy()),
        ]);
    }
    outcome.tensors = Some(tensors.bytes()?);
    Ok(outcome)
}

/// The best of several beginnings, which several threads look at.
fn fit(rows: Array2<f32>, mut generator: ChaCha8Rng) -> Result<KMeans<f32, L2Dist>, String> {
    let rows = DatasetBase::from(rows);
    let mut keys = [[0; 32]; BEGINNINGS];
    keys.iter_mut().for_each(|key| generator.fill_bytes(key));
    let from = |key: &[u8; 32]| {
        KMeans::params_with_rng(CLASSES, rand_chacha_3::ChaCha8Rng::from_seed(*key))
            .n_runs(1)
            .max_n_iterations(ITERATIONS)
            .tolerance(TOLERANCE)
            .fit(&rows)
            .map_err(|error| error.to_string())
    };
    let fits: Vec<_> = keys.par_iter().map(from).collect::<Result<_, _>>()?;
    fits.into_iter().min_by(|a, b| a.inertia().total_cmp(&b.inertia())).ok_or_else(String::new)
}

/// (clusters, columns)
fn centres(clusters: &KMeans<f32, L2Dist>) -> Matrix {
    let centres = clusters.centroids();
    Matrix::new(centres.nrows(), centres.ncols(), centres.iter().copied().collect())
}

fn array(rows: &Matrix) -> Result<Array2<f32>, String> {
    Array2::from_shape_vec((rows.rows(), rows.columns()), rows.values().to_vec()).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centres_of_blobs_are_those_of_scikit_learn_at_any_number_of_threads() {
        let golden = crate::golden::part("k_means");
        let rows = crate::golden::matrix(&golden["rows"]);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| centres(&fit(array(&rows).unwrap(), Stream::Clusters.generator(0, 0)).unwrap()))
        };
        let found = with(1);
        assert_eq!(found, with(3));
        let mut rows: Vec<&[f32]> = (0..CLASSES).map(|cluster| found.row(cluster)).collect();
        rows.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let expected = crate::golden::matrix(&golden["centres"]);
        for (row, found) in rows.into_iter().enumerate() {
            assert!(found.iter().zip(expected.row(row)).all(|(found, expected)| (found - expected).abs() < 1e-4));
        }
    }
}
