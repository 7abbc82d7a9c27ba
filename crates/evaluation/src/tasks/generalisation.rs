//! `generalisation`: how much worse a network does on images that it was not trained on.

use experiment::catalogue::Split;
use experiment::record::subject::{AUTOENCODER, PCA};

use super::{Context, Outcome};
use crate::measure::Inputs;

/// Mean squared error per pixel of autoencoder and PCA on clean images, even where the network was trained on corrupted
/// ones: `clean_mse` of the test split, `clean_train_mse` of the training split, and `test_over_train`, the first over the
/// second.
pub(super) fn run(context: &Context<'_>) -> Outcome {
    let errors = |split: Split, images| {
        let inputs = Inputs { images, split, corruption: None, seed: context.run.seed };
        let mut errors = context.subjects.squared_errors(&inputs);
        errors.retain(|(subject, _)| [AUTOENCODER, PCA].contains(subject));
        errors
    };
    let test = errors(Split::Test, &context.splits.test);
    let train = errors(Split::Train, &context.splits.train);
    let mut outcome = Outcome::default();
    for ((subject, test), (_, train)) in test.into_iter().zip(train) {
        outcome.measures.extend([(subject, "clean_mse", test), (subject, "clean_train_mse", train)]);
        // A training split without error has no ratio.
        if train > 0.0 {
            outcome.measures.push((subject, "test_over_train", test / train));
        }
    }
    outcome
}
