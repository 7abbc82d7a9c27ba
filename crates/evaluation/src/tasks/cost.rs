//! `cost`: what autoencoder and PCA take to learn, in numbers and in time.

use spec::measures::SECONDS;
use spec::subject::{AUTOENCODER, PCA};
use zoo::Autoencoder;

use crate::error::Error;
use crate::tasks::context::{Context, TaskOutput};

/// `parameters`, the learned numbers, of tied weights each once; and wall-clock `seconds`, those of the training's epochs
/// with their validation, and those of the fit of PCA: of the machine and what else it does as much as of the method.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let mut output = TaskOutput::default();
    output.measures.push((AUTOENCODER, "parameters", context.run.model.parameter_count() as f64));
    output.measures.extend(context.trained.seconds.map(|seconds| (AUTOENCODER, SECONDS, seconds)));
    if let Some(pca) = context.subjects.pca() {
        output.measures.push((PCA, "parameters", pca.parameter_count() as f64));
        output.measures.push((PCA, SECONDS, context.subjects.pca_seconds));
    }
    Ok(output)
}
