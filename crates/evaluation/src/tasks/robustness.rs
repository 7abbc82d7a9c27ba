//! `robustness`: error on noisy test images, whatever the network was trained on.

use spec::Corruption;
use spec::catalogue::Split;

use crate::error::Error;
use crate::tasks::context::{Context, TaskOutput};

use crate::inputs::Inputs;

/// Each kind of corruption, at a strength that leaves digits readable, and the name of its field.
const CORRUPTIONS: [(Corruption, &str); 3] = [
    (Corruption::Gaussian { sigma: 0.5 }, "mse_under_gaussian"),
    (Corruption::Masking { fraction: 0.5 }, "mse_under_masking"),
    (Corruption::SaltAndPepper { fraction: 0.25 }, "mse_under_salt_and_pepper"),
];

/// Measures the mean squared error per pixel against clean test images. The subjects are autoencoder, PCA, denoisers and
/// the noisy input.
///
/// The corruptions are Gaussian noise of standard deviation 0.5, masking of half of the pixels, and salt-and-pepper noise
/// on a quarter of them. The random numbers are those of the evaluation.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let mut output = TaskOutput::default();
    for (corruption, field) in CORRUPTIONS {
        let inputs = Inputs {
            rows: &context.splits.test,
            split: Split::Test,
            corruption: Some(corruption),
            seed: context.run.seed,
        };
        for (subject, error, blocks) in context.subjects.squared_errors(&inputs) {
            output.push_with_blocks(subject, field, error, blocks);
        }
    }
    Ok(output)
}
