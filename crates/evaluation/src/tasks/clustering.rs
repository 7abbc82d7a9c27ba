//! `clustering`: whether k-means finds the classes.

use random::Stream;

use crate::error::Error;
use crate::estimators::k_means::KMeans;
use crate::metrics::agreement::Contingency;
use crate::tasks::context::{Context, TaskOutput, all_the_same, is_constant, is_of_one_class};
use crate::tensors::Tensors;

/// Training images that clusters are fit to, from the first.
const IMAGES: usize = 10_000;
/// How well ten clusters, fit by k-means to training codes, agree with the classes of test images, each given to the nearest
/// centre. `nmi`: normalised mutual information; `ari`: adjusted Rand index; `cluster_accuracy`: share in the cluster of their
/// class, under the best matching of one to one. None of them where the test images are of one class, or
/// the training codes are all the same.
///
/// # Errors
/// When k-means fails, as of codes that are not finite numbers.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let (train, test) = (&context.splits.train, &context.splits.test);
    let mut output = TaskOutput::default();
    let fields = ["nmi", "ari", "cluster_accuracy"];
    if is_of_one_class(test.labels()) {
        output.without_meaning("all test images are of one class", &fields);
        return Ok(output);
    }
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
        let clusters = KMeans::fit(&rows, generator).map_err(error)?;
        tensors.floats(&format!("{subject}.centres"), &clusters.centres());
        let assigned = clusters.assign(&representation.of(test)).map_err(error)?;
        let agreement = Contingency::new(test.labels(), &assigned);
        output.measures.extend([
            (subject, "nmi", agreement.normalised_mutual_information()),
            (subject, "ari", agreement.adjusted_rand_index()),
            (subject, "cluster_accuracy", agreement.matched_accuracy()),
        ]);
    }
    output.tensors = Some(tensors.bytes()?);
    Ok(output)
}
