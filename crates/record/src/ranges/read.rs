//! Reading the rows, errors and measures of a record, with a check of the range of every number.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::check;
use crate::{
    BlockMean, ClassError, CodePoint, ColumnError, CorruptionError, EpisodeScore, Epoch, ErrorThreshold, HiddenLayer,
    Measures, Metrics, RatePoint, ReconstructionError, RocPoint, UnitActivity, UnitInformation,
};
use system::Error;
use system::storage;

/// A row of a record whose numbers can be checked.
pub trait Row {
    /// Numbers of the row by the names of their columns. Missing numbers are left out.
    fn numbers(&self) -> Vec<(&'static str, f64)>;

    /// Subject of the row; empty if the row has none.
    fn subject(&self) -> &str {
        ""
    }
}

impl Row for Epoch {
    fn numbers(&self) -> Vec<(&'static str, f64)> {
        let mut numbers = vec![
            ("epoch", self.epoch as f64),
            ("train_loss", self.train_loss),
            ("learning_rate", f64::from(self.learning_rate)),
            ("seconds", self.seconds),
        ];
        let optional = [
            ("validation_loss", self.validation_loss),
            ("train_divergence", self.train_divergence),
            ("validation_divergence", self.validation_divergence),
            ("divergence_weight", self.divergence_weight.map(f64::from)),
            ("discriminator_loss", self.discriminator_loss),
            ("discriminator_accuracy", self.discriminator_accuracy),
            ("deception_loss", self.deception_loss),
        ];
        numbers.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        numbers
    }
}

/// Implements [`Row`] for a type with a `subject` and these columns of numbers.
macro_rules! row {
    ($row:ident: $($name:ident)*) => {
        impl Row for $row {
            fn numbers(&self) -> Vec<(&'static str, f64)> {
                vec![$((stringify!($name), self.$name as f64)),*]
            }

            fn subject(&self) -> &str {
                &self.subject
            }
        }
    };
}

row!(ClassError: class images mse_per_pixel);
row!(BlockMean: block value);
row!(ColumnError: mse root_mean_squared_error);
row!(ErrorThreshold: false_alarms threshold rank rows rate_low rate_high);
row!(CorruptionError: level mse_per_pixel);
row!(UnitActivity: unit active_share);
row!(UnitInformation: unit information share);
row!(RocPoint: false_positive_rate true_positive_rate);
row!(RatePoint: code bits bits_per_image mse_per_pixel);

impl Row for HiddenLayer {
    fn numbers(&self) -> Vec<(&'static str, f64)> {
        vec![("units", self.units as f64), ("dead", self.dead as f64)]
    }
}

impl Row for EpisodeScore {
    fn numbers(&self) -> Vec<(&'static str, f64)> {
        let optional = [("score_ratio", self.score_ratio), ("blame", self.blame)];
        let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
        [("first_row", self.first_row as f64), ("rows", self.rows as f64)].into_iter().chain(optional).collect()
    }

    fn subject(&self) -> &str {
        &self.subject
    }
}

impl Row for CodePoint {
    fn numbers(&self) -> Vec<(&'static str, f64)> {
        let class = self.class.map(|class| ("class", f64::from(class)));
        class.into_iter().chain([("x", f64::from(self.x)), ("y", f64::from(self.y))]).collect()
    }

    fn subject(&self) -> &str {
        &self.subject
    }
}

/// Reads rows of a record from CSV.
///
/// # Errors
/// If the file cannot be read, a row is not a `T`, or a number is outside its range. The error names file, row and
/// column.
pub fn read_rows<T: Row + DeserializeOwned>(path: &Path) -> Result<Vec<T>, Error> {
    let rows: Vec<T> = storage::read_csv(path)?;
    for (index, row) in rows.iter().enumerate() {
        for (name, value) in row.numbers() {
            let of = if row.subject().is_empty() { String::new() } else { format!(" of {}", row.subject()) };
            check(path, &format!("row {}: {name}{of}", index + 1), name, value)?;
        }
    }
    Ok(rows)
}

/// Reads `metrics.json`.
///
/// # Errors
/// If the file cannot be read, or a number is outside its range. The error names file, split, subject and field.
pub fn read_metrics(path: &Path) -> Result<Metrics, Error> {
    let metrics: Metrics = storage::read_json(path)?;
    for (split, of) in &metrics {
        for (subject, error) in of {
            for name in ReconstructionError::FIELDS {
                error
                    .field(name)
                    .map_or(Ok(()), |value| check(path, &format!("{split}.{subject}.{name}"), name, value))?;
            }
        }
    }
    Ok(metrics)
}

/// Reads `measures.json`.
///
/// # Errors
/// As for [`read_metrics`].
pub fn read_measures(path: &Path) -> Result<Measures, Error> {
    let measures: Measures = storage::read_json(path)?;
    for (split, of) in &measures {
        for (subject, fields) in of {
            for (name, value) in fields {
                check(path, &format!("{split}.{subject}.{name}"), name, *value)?;
            }
        }
    }
    Ok(measures)
}
