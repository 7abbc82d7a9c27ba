//! Numbers of a record, by tag. TensorBoard groups tags by the part before the first `/`.

use record::{Epoch, Measures, Metrics, ReconstructionError};

use crate::event::Value;

/// The numbers of an epoch as `<stage>/<column of epochs.csv>`. Each stage has its own tags, because losses of
/// different stages do not belong to one curve.
pub fn of_epoch(epoch: &Epoch) -> Vec<(String, f64)> {
    // All fields are named, so that a new column must be added here.
    let Epoch {
        epoch: _,
        stage,
        train_loss,
        validation_loss,
        learning_rate,
        seconds,
        train_divergence,
        validation_divergence,
        divergence_weight,
        discriminator_loss,
        discriminator_accuracy,
        deception_loss,
    } = epoch;
    let columns = [
        ("train_loss", Some(*train_loss)),
        ("validation_loss", *validation_loss),
        ("learning_rate", Some(f64::from(*learning_rate))),
        ("seconds", Some(*seconds)),
        ("train_divergence", *train_divergence),
        ("validation_divergence", *validation_divergence),
        ("divergence_weight", divergence_weight.map(f64::from)),
        ("discriminator_loss", *discriminator_loss),
        ("discriminator_accuracy", *discriminator_accuracy),
        ("deception_loss", *deception_loss),
    ];
    columns.into_iter().filter_map(|(name, value)| Some((format!("{stage}/{name}"), value?))).collect()
}

/// Numbers measured on the test split, as `test/<subject>/<field>`.
pub fn of_test(metrics: &Metrics, measures: &Measures) -> Vec<(String, f64)> {
    let mut scalars = Vec::new();
    for (subject, error) in metrics.get("test").into_iter().flatten() {
        let fields = ReconstructionError::FIELDS.iter().filter_map(|field| Some((field, error.field(field)?)));
        scalars.extend(fields.map(|(field, value)| (format!("test/{subject}/{field}"), value)));
    }
    for (subject, fields) in measures.get("test").into_iter().flatten() {
        scalars.extend(fields.iter().map(|(field, value)| (format!("test/{subject}/{field}"), *value)));
    }
    scalars
}

/// Numbers as values of an event, which are in single precision.
pub fn values(numbers: Vec<(String, f64)>) -> Vec<(String, Value)> {
    numbers.into_iter().map(|(tag, number)| (tag, Value::Scalar(number as f32))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_has_a_tag_for_each_recorded_column() {
        let epoch = Epoch { epoch: 3, stage: "layer-1".to_owned(), train_loss: 0.5, seconds: 2.0, ..Epoch::default() };
        let tags = |epoch: &Epoch| of_epoch(epoch).into_iter().map(|(tag, _)| tag).collect::<Vec<_>>();
        assert_eq!(tags(&epoch), ["layer-1/train_loss", "layer-1/learning_rate", "layer-1/seconds"]);
        let epoch = Epoch { validation_loss: Some(0.25), deception_loss: Some(0.7), ..epoch };
        assert_eq!(of_epoch(&epoch)[1], ("layer-1/validation_loss".to_owned(), 0.25));
        assert_eq!(of_epoch(&epoch).last().unwrap(), &("layer-1/deception_loss".to_owned(), 0.7));
    }
}
