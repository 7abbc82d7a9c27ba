//! `cost`: number of parameters and training time of autoencoder and PCA.

use spec::measures::SECONDS;
use spec::subject::{AUTOENCODER, PCA};
use zoo::Autoencoder;

use crate::error::Error;
use crate::tasks::context::{Context, TaskOutput};

/// Measures the cost of autoencoder and PCA.
///
/// - `parameters`: number of learned parameters; tied weights count once.
/// - `seconds`: wall-clock time of the training's epochs, with validation, and of the fit of PCA. It depends on the machine
///   and on its load.
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
