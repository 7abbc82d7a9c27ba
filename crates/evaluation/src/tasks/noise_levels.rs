//! `noise_levels`: what is made of the kind of noise that the network was trained on, when there is less of it or more.

use spec::catalogue::Split;

use crate::error::Error;
use crate::tasks::context::{Context, TaskOutput};

use crate::inputs::Inputs;

/// Strengths as multiples of that of the training, and the names of their fields.
const LEVELS: [(f32, &str); 2] = [(0.5, "mse_at_half_the_noise"), (2.0, "mse_at_twice_the_noise")];

/// Mean squared error per pixel against the clean test images, of autoencoder, PCA, denoisers and the corrupted images
/// themselves, at half and at twice the noise of the training, or as much as is allowed of it. The noise is that of the
/// evaluation, and denoisers keep what was chosen for the training's.
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
