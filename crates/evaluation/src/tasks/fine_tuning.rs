//! `fine_tuning`: error of the classifier made of the encoder.

use datasets::Rows;
use spec::subject::FINE_TUNED;
use zoo::{Matrix, Trainable};

use crate::error::Error;
use crate::metrics::blocks::block_means;
use crate::tasks::context::{Context, TaskOutput, blocks, joined};

/// Measures `error`, the share of clean test images that are classified wrongly, and `cross_entropy`, in nats.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let mut output = TaskOutput::default();
    let Some(network) = context.trained.fine_tuned else { return Ok(output) };
    let test = &context.splits.test;
    let (wrong, cross_entropy) = errors_of(&logits(network, test), test.labels());
    for (field, rows) in [("error", wrong), ("cross_entropy", cross_entropy)] {
        let mean = rows.iter().sum::<f64>() / rows.len() as f64;
        output.push_with_blocks(FINE_TUNED, field, mean, block_means(&rows));
    }
    Ok(output)
}

/// Logits of each image, `(images, classes)`.
fn logits(network: &dyn Trainable, images: &Rows) -> Matrix {
    let dense = network.kind().plan().map(|plan| (plan, network.parameters()));
    joined(blocks(images, images.len(), |images| match &dense {
        Some((plan, parameters)) => plan.forward(0..plan.layout.layers.len(), parameters, images),
        None => network.reconstruct(images),
    }))
}

/// For each image: 1 if another class than its own has the largest logit, of equals the first, else 0; and `-ln(softmax)`
/// of its own class, in nats.
fn errors_of(logits: &Matrix, labels: &[u16]) -> (Vec<f64>, Vec<f64>) {
    let (mut wrong, mut cross_entropy) = (Vec::new(), Vec::new());
    for (row, label) in labels.iter().map(|label| usize::from(*label)).enumerate() {
        let row = logits.row(row);
        let best = (0..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best });
        let sum: f64 = row.iter().map(|logit| f64::from(logit - row[best]).exp()).sum();
        wrong.push(f64::from(best != label));
        cross_entropy.push(sum.ln() - f64::from(row[label] - row[best]));
    }
    (wrong, cross_entropy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_is_wrong_if_another_class_has_the_largest_logit() {
        let ln = |odds: f32| odds.ln();
        // Probabilities (1/4, 3/4), (1/4, 3/4) and (1/2, 1/2), shifted by constants, which softmax ignores.
        let logits = Matrix::new(3, 2, vec![0.0, ln(3.0), 100.0, 100.0 + ln(3.0), -5.0, -5.0]);
        let (wrong, cross_entropy) = errors_of(&logits, &[0, 1, 0]);
        assert_eq!(wrong, [1.0, 0.0, 0.0]);
        let expected = [4.0_f64.ln(), (4.0_f64 / 3.0).ln(), 2.0_f64.ln()];
        let off = cross_entropy.iter().zip(expected).map(|(found, expected)| (found - expected).abs());
        assert!(off.fold(0.0, f64::max) < 1e-5, "{cross_entropy:?} {expected:?}");
    }
}
