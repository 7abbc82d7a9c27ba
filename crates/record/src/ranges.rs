//! Allowed range of each recorded number by its name: one table for tasks, records, summaries and figures.

use std::fmt;
use std::path::Path;

use system::Error;

pub use self::read::{Row, read_measures, read_metrics, read_rows};

mod read;

/// Tolerance for rounding errors of sums beyond an end of a range.
const ROUNDING: f64 = 1e-6;

/// The finite numbers between two ends, which are included. Infinity and NaN lie in no range, because JSON has neither.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    low: f64,
    high: f64,
    /// Tolerance beyond each end.
    rounding: f64,
}

impl Range {
    const fn new(low: f64, high: f64, rounding: f64) -> Self {
        Self { low, high, rounding }
    }

    /// True if a number with this range may have this value.
    pub fn contains(self, value: f64) -> bool {
        value.is_finite() && value >= self.low - self.rounding && value <= self.high + self.rounding
    }

    /// The least value, or `None` if there is none.
    pub fn low(self) -> Option<f64> {
        self.low.is_finite().then_some(self.low)
    }

    /// The largest value, or `None` if there is none.
    pub fn high(self) -> Option<f64> {
        self.high.is_finite().then_some(self.high)
    }
}

impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.low(), self.high()) {
            (None, None) => write!(f, "a finite number"),
            (Some(low), None) => write!(f, "a finite number, {low} or more"),
            (None, Some(high)) => write!(f, "a finite number, {high} or less"),
            (Some(low), Some(high)) => write!(f, "a number from {low} to {high}"),
        }
    }
}

/// Any finite number: coordinates, and log-likelihoods in nats with their bounds. In older records these can be
/// densities.
const ANY: Range = Range::new(f64::NEG_INFINITY, f64::INFINITY, 0.0);
/// Sums of numbers that are never negative, counts, times and distances.
const POSITIVE: Range = Range::new(0.0, f64::INFINITY, 0.0);
/// Numbers that are never negative but computed as differences or sums of terms of both signs: divergences,
/// information, cross-entropies.
const ROUNDED: Range = Range::new(0.0, f64::INFINITY, ROUNDING);
/// Shares, accuracies and areas under curves.
const SHARE: Range = Range::new(0.0, 1.0, ROUNDING);
/// Correlations: structural similarity, and the adjusted Rand index, which is 0 by chance and negative below that.
const SIGNED_SHARE: Range = Range::new(-1.0, 1.0, ROUNDING);
/// Signal-to-noise ratios in dB. The largest one is that of a mean squared error of 1e-10.
const DECIBELS: Range = Range::new(f64::NEG_INFINITY, 100.0, 0.0);
/// An error minus the least possible error, as a share of the least possible error.
const EXCESS: Range = Range::new(-1.0, f64::INFINITY, ROUNDING);
/// A change in percent of a number that is never negative.
const PERCENT: Range = Range::new(-100.0, f64::INFINITY, ROUNDING);
/// Labels of classes.
const LABEL: Range = Range::new(0.0, 65_535.0, 0.0);

/// Ranges with the names of their numbers. Each name occurs once, and means the same in every file.
const RANGES: &[(Range, &[&str])] = &[
    (ANY, &["elbo", "reconstruction_nats", "bound_1", "bound_50", "bound_500", "log_likelihood", "x", "y", "value"]),
    (DECIBELS, &["psnr_db"]),
    (SIGNED_SHARE, &["ssim", "ari"]),
    (EXCESS, &["excess_over_floor"]),
    (PERCENT, &["bd_rate", "file_bd_rate", "file_bd_rate_to_jpeg"]),
    (LABEL, &["class"]),
    (
        SHARE,
        &[
            "accuracy",
            "prior_ks",
            "collapsed_units",
            "dead_units",
            "dead_hidden_units",
            "active_share",
            "false_alarms",
            "false_alarms_low",
            "false_alarms_high",
            "found",
            "blame_of_flagged",
            "rate_low",
            "rate_high",
            "sparseness",
            "mig",
            "mig_spread",
            "sap",
            "knn_accuracy",
            "trustworthiness",
            "continuity",
            "svm_accuracy_100",
            "svm_accuracy_1000",
            "svm_accuracy_all",
            "logistic_accuracy_100",
            "logistic_accuracy_1000",
            "logistic_accuracy_all",
            "nmi",
            "cluster_accuracy",
            "left_out_auroc",
            "left_out_precision",
            "noise_auroc",
            "noise_precision",
            "foreign_auroc",
            "foreign_precision",
            "stuck_auroc",
            "spike_auroc",
            "drift_auroc",
            "swapped_auroc",
            "faults_auroc",
            "blame",
            "error",
            "discriminator_accuracy",
            "share",
            "false_positive_rate",
            "true_positive_rate",
        ],
    ),
    (
        ROUNDED,
        &[
            "bce_per_pixel",
            "divergence_nats",
            "class_information",
            "information",
            "cross_entropy",
            "train_loss",
            "validation_loss",
            "train_divergence",
            "validation_divergence",
            "discriminator_loss",
            "deception_loss",
        ],
    ),
    (POSITIVE, spec::measures::MSE_OF_CLASS),
    (
        POSITIVE,
        &[
            "mse_per_pixel",
            "mse",
            "threshold",
            "rank",
            "root_mean_squared_error",
            "squared_error_per_image",
            "informative_units",
            "frechet_distance",
            "frechet_distance_of_500",
            "frechet_distance_of_1000",
            "frechet_distance_of_2000",
            "components",
            "nearest_distance",
            "prior_distance",
            "mean_activation",
            "jacobian_norm",
            "mse_under_gaussian",
            "mse_under_masking",
            "mse_under_salt_and_pepper",
            "rate_2",
            "distortion_2",
            "rate_4",
            "distortion_4",
            "rate_6",
            "distortion_6",
            "rate_8",
            "distortion_8",
            "file_bits_2",
            "file_bits_4",
            "file_bits_6",
            "file_bits_8",
            "bits_per_image",
            "bits_at_14_db",
            "bits_at_16_db",
            "bits_at_18_db",
            "bits_at_20_db",
            "bits_at_22_db",
            "bits_at_24_db",
            "bits_at_26_db",
            "distortion",
            "components_to_equal_error",
            "worst_class_mse",
            "rare_class_mse",
            "other_classes_mse",
            "mse_at_half_the_noise",
            "mse_at_twice_the_noise",
            "window",
            "strength",
            "noise_deviation",
            "regularisation",
            "units",
            "dead",
            "clean_mse",
            "clean_train_mse",
            "test_over_train",
            "parameters",
            "seconds",
            "epoch",
            "learning_rate",
            "divergence_weight",
            "images",
            "level",
            "unit",
            "code",
            "bits",
            "block",
            "first_row",
            "rows",
            "score_ratio",
        ],
    ),
];

/// The range of a number by its name: a field of [`ReconstructionError`](crate::ReconstructionError), one of
/// [`measures`](spec::measures), or a column of the rows of a record. `None` for a name that this version does not
/// know.
pub fn of(name: &str) -> Option<Range> {
    RANGES.iter().find(|(_, names)| names.contains(&name)).map(|(range, _)| *range)
}

/// The range of a number if `value` lies outside it, else `None`. A number with an unknown name may have any finite
/// value.
pub fn broken(name: &str, value: f64) -> Option<Range> {
    let range = of(name).unwrap_or(ANY);
    (!range.contains(value)).then_some(range)
}

/// Checks a value of a file. `place` is its place in the file, for the message.
///
/// # Errors
/// If the value is outside the range of its name.
pub fn check(path: &Path, place: &str, name: &str, value: f64) -> Result<(), Error> {
    match broken(name, value) {
        None => Ok(()),
        Some(range) => Err(Error::format(path, format!("{place} is {value}; expected {range}"))),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use std::collections::BTreeSet;

    use serde::Serialize;

    use super::*;
    use crate::{
        BlockMean, ClassError, CodePoint, ColumnError, CorruptionError, EpisodeScore, Epoch, ErrorThreshold,
        HiddenLayer, RatePoint, ReconstructionError, RocPoint, UnitActivity, UnitInformation,
    };
    use spec::measures;
    use system::storage;

    /// Columns of a written row that hold numbers. Checks that [`Row`] gives the same columns.
    fn columns<T: Serialize + Row>(row: &T) -> BTreeSet<String> {
        let text = String::from_utf8(storage::to_csv(std::slice::from_ref(row)).unwrap()).unwrap();
        let words =
            ["subject", "field", "split", "stage", "factor", "anomaly", "steps", "layer", "column", "fault", "columns"];
        let header = text.lines().next().unwrap().split(',').map(str::to_owned);
        let columns: BTreeSet<String> = header.filter(|name| !words.contains(&name.as_str())).collect();
        let numbers: BTreeSet<String> = row.numbers().into_iter().map(|(name, _)| name.to_owned()).collect();
        assert_eq!(columns, numbers);
        columns
    }

    #[test]
    fn every_recorded_number_has_exactly_one_range() {
        let mut names: BTreeSet<String> = ReconstructionError::FIELDS.map(str::to_owned).into();
        names.extend(measures::names().map(|(_, field)| field.to_owned()));
        let epoch = Epoch {
            validation_loss: Some(0.0),
            train_divergence: Some(0.0),
            validation_divergence: Some(0.0),
            divergence_weight: Some(0.0),
            discriminator_loss: Some(0.0),
            discriminator_accuracy: Some(0.0),
            deception_loss: Some(0.0),
            ..Epoch::default()
        };
        let text = String::new;
        names.extend(columns(&epoch));
        names.extend(columns(&ClassError { subject: text(), class: 0, images: 0, mse_per_pixel: 0.0 }));
        let row = ColumnError { subject: text(), column: text(), mse: 0.0, root_mean_squared_error: 0.0 };
        names.extend(columns(&row));
        let row = ErrorThreshold {
            subject: text(),
            false_alarms: 0.0,
            threshold: 0.0,
            rank: 0,
            rows: 0,
            rate_low: 0.0,
            rate_high: 0.0,
        };
        names.extend(columns(&row));
        names.extend(columns(&CorruptionError { subject: text(), level: 0.0, mse_per_pixel: 0.0 }));
        names.extend(columns(&BlockMean::new("", "", 0, 0.0)));
        names.extend(columns(&CodePoint { subject: text(), class: Some(0), x: 0.0, y: 0.0 }));
        names.extend(columns(&HiddenLayer { layer: text(), units: 0, dead: 0 }));
        names.extend(columns(&UnitActivity { subject: text(), unit: 0, active_share: 0.0 }));
        let row = UnitInformation { subject: text(), unit: 0, factor: text(), information: 0.0, share: 0.0 };
        names.extend(columns(&row));
        let row = RocPoint { subject: text(), anomaly: text(), false_positive_rate: 0.0, true_positive_rate: 0.0 };
        names.extend(columns(&row));
        let row = EpisodeScore {
            subject: text(),
            fault: text(),
            columns: text(),
            first_row: 0,
            rows: 0,
            score_ratio: Some(0.0),
            blame: Some(0.0),
        };
        names.extend(columns(&row));
        let row = RatePoint {
            subject: text(),
            split: text(),
            code: 0,
            steps: text(),
            bits: 0,
            bits_per_image: 0.0,
            mse_per_pixel: 0.0,
        };
        names.extend(columns(&row));

        let mut listed: Vec<&str> = RANGES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        listed.sort_unstable();
        assert!(listed.iter().copied().eq(names.iter().map(String::as_str)), "{listed:?}\n{names:?}");
    }

    #[test]
    fn a_range_includes_its_ends_and_a_tolerance_for_rounding() {
        let within = |name: &str, value: f64| broken(name, value).is_none();
        assert!(within("ari", -0.0909) && within("ari", -1.0) && !within("ari", -1.1));
        assert!(within("ssim", 1.000_000_1) && !within("ssim", 1.1));
        assert!(within("mse_per_pixel", 0.0) && !within("mse_per_pixel", -1e-300));
        assert!(within("information", -1e-17) && within("bound_500", -1e12) && within("psnr_db", 100.0));
        assert!(!within("bound_1", f64::NEG_INFINITY) && !within("x", f64::NAN) && !within("unknown", f64::INFINITY));
        assert_eq!(of("nmi").unwrap().to_string(), "a number from 0 to 1");
        assert_eq!(of("seconds").unwrap().to_string(), "a finite number, 0 or more");
    }

    #[test]
    fn an_error_about_a_value_outside_its_range_names_file_and_field() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("measures.json");
        storage::write(&path, br#"{"test": {"pca": {"ari": -0.5, "nmi": 1.5}}}"#).unwrap();
        let message = read_measures(&path).unwrap_err().to_string();
        assert!(message.ends_with("measures.json: test.pca.nmi is 1.5; expected a number from 0 to 1"), "{message}");
        let path = folder.path().join("codes.csv");
        storage::write(&path, b"subject,class,x,y\npca,1,0,2\npca,1,NaN,2\n").unwrap();
        let message = read_rows::<CodePoint>(&path).unwrap_err().to_string();
        assert!(message.ends_with("codes.csv: row 2: x of pca is NaN; expected a finite number"), "{message}");
    }
}
