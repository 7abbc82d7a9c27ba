//! `clustering`: whether k-means on codes finds the classes.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use random::Stream;
use zoo::Matrix;

use crate::error::Error;
use crate::estimators::k_means::{KMeans, Limits};
use crate::metrics::agreement::Contingency;
use crate::parallel;
use crate::tasks::context::{Context, TaskOutput, all_the_same, is_constant, is_of_one_class};
use crate::tensors::Tensors;

/// Greatest number of training images that clusters are fitted to: the first ones.
const IMAGES: usize = 10_000;
/// Number of fits from different initial centres. The one with the least inertia is kept.
const BEGINNINGS: usize = 10;
/// Limits of the iterations of each fit.
const LIMITS: Limits = Limits { iterations: 100, tolerance: 1e-4 };

/// Measures how well clusters of codes agree with classes. k-means is fitted to training codes, with as many clusters as
/// classes. Each test image belongs to the nearest centre.
///
/// - `nmi`: normalised mutual information.
/// - `ari`: adjusted Rand index.
/// - `cluster_accuracy`: share of images in the cluster of their class, under the best one-to-one matching.
///
/// All are absent if the test images are of one class, or if the training codes are all the same.
///
/// # Errors
/// When k-means fails, for example on codes that are not finite numbers.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let (train, test) = (&context.splits.train, &context.splits.test);
    let mut output = TaskOutput::default();
    let fields = ["nmi", "ari", "cluster_accuracy"];
    if is_of_one_class(test.labels()) {
        output.without_meaning("all test images are of one class", &fields);
        return Ok(output);
    }
    let classes = context.run.dataset.classes().len();
    let mut tensors = Tensors::default();
    for (representation, index) in context.representations().into_iter().zip(0..) {
        let subject = representation.subject;
        let rows = representation.of_first(train, IMAGES);
        if is_constant(&rows) {
            output.without_meaning(&all_the_same(subject, "training"), &fields);
            continue;
        }
        let generator = Stream::Clusters.generator(context.run.seed, index);
        let error = |message| Error::Fit { what: "k-means", subject, message };
        let clusters = fit(&rows, classes, generator).map_err(error)?;
        tensors.floats(&format!("{subject}.centres"), &clusters.centres);
        let assigned = clusters.assign(&representation.of(test));
        let agreement = Contingency::new(test.labels(), &assigned, classes);
        output.measures.extend([
            (subject, "nmi", agreement.normalised_mutual_information()),
            (subject, "ari", agreement.adjusted_rand_index()),
            (subject, "cluster_accuracy", agreement.matched_accuracy()),
        ]);
    }
    output.tensors = Some(tensors.bytes()?);
    Ok(output)
}

/// Fits k-means several times, in parallel, and returns the fit with the least inertia.
fn fit(rows: &Matrix, clusters: usize, mut generator: ChaCha8Rng) -> Result<KMeans, String> {
    let mut keys = [[0; 32]; BEGINNINGS];
    keys.iter_mut().for_each(|key| generator.fill_bytes(key));
    let from = |at: usize| KMeans::fit(rows, clusters, LIMITS, &mut ChaCha8Rng::from_seed(keys[at]));
    let fits: Vec<_> = parallel::map(BEGINNINGS, &from).into_iter().collect::<Result<_, _>>()?;
    fits.into_iter().min_by(|a, b| a.inertia.total_cmp(&b.inertia)).ok_or_else(String::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_centres_of_blobs_match_scikit_learn_at_any_number_of_threads() {
        let golden = crate::golden::part("k_means");
        let rows = crate::golden::matrix(&golden["rows"]);
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| fit(&rows, 10, Stream::Clusters.generator(0, 0)).unwrap().centres)
        };
        let found = with(1);
        assert_eq!(found, with(3));
        let mut rows: Vec<&[f32]> = (0..10).map(|cluster| found.row(cluster)).collect();
        rows.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let expected = crate::golden::matrix(&golden["centres"]);
        for (row, found) in rows.into_iter().enumerate() {
            assert!(found.iter().zip(expected.row(row)).all(|(found, expected)| (found - expected).abs() < 1e-4));
        }
    }
}
