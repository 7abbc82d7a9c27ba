//! `noise_levels`: error with less and with more of the noise that the network was trained on.

use spec::catalogue::Split;

use crate::error::Error;
use crate::tasks::context::{Context, TaskOutput};

use crate::inputs::Inputs;

/// Strengths as multiples of the training's, and the names of their fields.
const LEVELS: [(f32, &str); 2] = [(0.5, "mse_at_half_the_noise"), (2.0, "mse_at_twice_the_noise")];

/// Measures the mean squared error per pixel against clean test images, at half and at twice the noise of the training. The
/// subjects are autoencoder, PCA, denoisers and the noisy input.
///
/// Twice the noise is limited to the greatest strength that the corruption allows. The random numbers are those of the
/// evaluation. Denoisers keep the parameters that they chose for the noise of the training.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let mut output = TaskOutput::default();
    let Some(trained) = context.run.corruption else { return Ok(output) };
    for (factor, field) in LEVELS {
        let level = (factor * trained.level()).min(trained.most_level());
        let inputs = Inputs {
            rows: &context.splits.test,
            split: Split::Test,
            corruption: Some(trained.at_level(level)),
            seed: context.run.seed,
        };
        for (subject, error, blocks) in context.subjects.squared_errors(&inputs) {
            output.push_with_blocks(subject, field, error, blocks);
        }
    }
    Ok(output)
}
