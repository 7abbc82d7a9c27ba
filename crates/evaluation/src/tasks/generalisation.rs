//! `generalisation`: how much larger the error of a network is on images that it was not trained on.

use spec::catalogue::Split;
use spec::subject::{AUTOENCODER, PCA};
use zoo::Autoencoder;

use crate::error::Error;
use crate::tasks::context::{Context, TaskOutput};

use crate::inputs::Inputs;

/// Measures autoencoder and PCA on clean images, even if the network was trained on noisy ones. Errors are mean squared
/// errors per pixel.
///
/// - `clean_mse`: error of the test split.
/// - `clean_train_mse`: error of the training split.
/// - `test_over_train`: the first divided by the second, if the second is not 0.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let error = |split, rows, model: &dyn Autoencoder| {
        Inputs { rows, split, corruption: None, seed: context.run.seed }.mean_squared_errors(model)
    };
    let pca = context.subjects.pca().map(|pca| (PCA, pca as &dyn Autoencoder));
    let mut output = TaskOutput::default();
    for (subject, model) in [(AUTOENCODER, context.model)].into_iter().chain(pca) {
        let (test, blocks) = error(Split::Test, &context.splits.test, model);
        let (train, _) = error(Split::Train, &context.splits.train, model);
        output.push_with_blocks(subject, "clean_mse", test, blocks);
        output.measures.push((subject, "clean_train_mse", train));
        if train > 0.0 {
            output.measures.push((subject, "test_over_train", test / train));
        } else {
            let why = format!("{subject} reconstructs the training images without error");
            output.without_meaning(&why, &["test_over_train"]);
        }
    }
    Ok(output)
}
