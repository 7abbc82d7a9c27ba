//! `fine_tuning`: how often the classifier is wrong that the encoder became.

use datasets::Rows;
use spec::subject::FINE_TUNED;
use zoo::{Matrix, Trainable};

use crate::error::Error;
use crate::tasks::context::{Context, TaskOutput, blocks, joined};

/// Error and cross-entropy of clean test images.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let mut output = TaskOutput::default();
    let Some(network) = context.trained.fine_tuned else { return Ok(output) };
    let test = &context.splits.test;
    let (error, cross_entropy) = errors_of(&logits(network, test), test.labels());
    output.measures = vec![(FINE_TUNED, "error", error), (FINE_TUNED, "cross_entropy", cross_entropy)];
    Ok(output)
}

/// `(images, classes)`.
fn logits(network: &dyn Trainable, images: &Rows) -> Matrix {
    let dense = network.kind().plan().map(|plan| (plan, network.parameters()));
    joined(blocks(images, images.len(), |images| match &dense {
        Some((plan, parameters)) => plan.forward(0..plan.layout.layers.len(), parameters, images),
        None => network.reconstruct(images),
    }))
}

/// Share of images whose largest logit is that of another class than theirs, the first of equals, and the mean of
/// `-ln(softmax of their own)` in nats.
fn errors_of(logits: &Matrix, labels: &[u16]) -> (f64, f64) {
    let (mut wrong, mut total) = (0_usize, 0.0);
    for (row, label) in labels.iter().map(|label| usize::from(*label)).enumerate() {
        let row = logits.row(row);
        let best = (0..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best });
        let sum: f64 = row.iter().map(|logit| f64::from(logit - row[best]).exp()).sum();
        wrong += usize::from(best != label);
        total += sum.ln() - f64::from(row[label] - row[best]);
    }
    let images = labels.len() as f64;
    (wrong as f64 / images, total / images)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_wrong_whose_own_logit_is_not_the_largest() {
        let ln = |odds: f32| odds.ln();
        // Probabilities (1/4, 3/4), (1/4, 3/4) and (1/2, 1/2), shifted by what softmax does not see.
        let logits = Matrix::new(3, 2, vec![0.0, ln(3.0), 100.0, 100.0 + ln(3.0), -5.0, -5.0]);
        let (error, cross_entropy) = errors_of(&logits, &[0, 1, 0]);
        assert_eq!(error, 1.0 / 3.0);
        let expected = (4.0_f64.ln() + (4.0_f64 / 3.0).ln() + 2.0_f64.ln()) / 3.0;
        assert!((cross_entropy - expected).abs() < 1e-5, "{cross_entropy} {expected}");
    }
}
