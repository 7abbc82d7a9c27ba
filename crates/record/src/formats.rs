//! The formats of a record's files: one type for each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spec::Stage;
use spec::catalogue::Engine;

use crate::sealed::Seal;

/// Steps from no weight to the largest of a filter in `images.safetensors`.
pub const FILTER_STEPS: f32 = 127.0;

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// The state itself.
    pub state: State,
    /// Why it is not complete, in one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What each file of a complete record held. Records of earlier versions have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
}

impl Status {
    /// The status of a run that is not complete, and why it is not, in one sentence.
    pub fn unfinished(state: State, reason: &str) -> Self {
        Self { state, reason: Some(reason.to_owned()), seal: None }
    }

    /// The status of a run that has its weights and lacks its evaluation.
    pub fn trained() -> Self {
        Self::unfinished(State::Interrupted, "trained, but not evaluated")
    }
}

/// The three ends of a run. A run in progress is recorded as interrupted, so that a killed one says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Trained, measured and drawn.
    Complete,
    /// Started and not finished.
    Interrupted,
    /// Stopped by an error, such as a loss that is not finite.
    Failed,
}

/// What a run ran on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Version of Hourglass.
    pub hourglass: String,
    /// Versions of what computes numbers: compiler, dfdx, faer.
    pub versions: BTreeMap<String, String>,
    /// Commit of the working tree, where git knows one.
    pub git_commit: Option<String>,
    /// Whether tracked files differed from the commit, but for those in `results`.
    pub git_dirty: Option<bool>,
    /// Operating system and architecture, such as `linux-x86_64`.
    pub platform: String,
    /// Processor model, where the system tells.
    pub cpu: Option<String>,
    /// Logical processors of the machine.
    pub cpus: usize,
    /// Threads the run used.
    pub threads: usize,
    /// What trained it.
    pub engine: Engine,
    /// SHA-256 over the values and labels of the three splits, in order.
    pub dataset_fingerprint: String,
    /// The same of the data set that a transferred network learned from first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_fingerprint: Option<String>,
    /// Files of the data sets that no published checksum vouches for, such as `kmnist/train-images-idx3-ubyte.gz`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpublished_files: Vec<String>,
    /// Root of every random stream.
    pub seed: u64,
    /// The command that made this record.
    pub command: String,
    /// Start, in seconds since 1970-01-01 UTC.
    pub started: u64,
}

/// One row of `epochs.csv`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1, over all stages.
    pub epoch: usize,
    /// `training`; with pretraining `layer-1` ... and `fine-tuning`; with transfer `source` and `tuning`; last
    /// [`CLASSIFIER`](Self::CLASSIFIER), where one is trained.
    pub stage: String,
    /// Mean loss over the epoch's images, while the weights changed. Of a classifier it is the cross-entropy in nats per
    /// image.
    pub train_loss: f64,
    /// Loss on the validation split after the epoch; empty without one.
    pub validation_loss: Option<f64>,
    /// Learning rate of the epoch.
    pub learning_rate: f32,
    /// Wall-clock seconds: the one column that differs between equal runs.
    pub seconds: f64,
    /// Divergence of the Gaussian codes from the prior in nats per image, mean over the epoch's images. This column and
    /// those after it are there only where the training has such terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_divergence: Option<f64>,
    /// The same on the validation split after the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_divergence: Option<f64>,
    /// Weight of the divergence in the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergence_weight: Option<f32>,
    /// The discriminator's cross-entropy in nats, mean over codes and draws of the prior; ln 2 where it guesses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator_loss: Option<f64>,
    /// Share of codes and draws of the prior that the discriminator told right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator_accuracy: Option<f64>,
    /// The encoder's cross-entropy against the discriminator in nats, mean over codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deception_loss: Option<f64>,
}

impl Epoch {
    /// Stage of the classifier, whose losses are not per pixel.
    pub const CLASSIFIER: &'static str = Stage::CLASSIFIER;

    /// Whether it is one of the autoencoder's.
    pub fn is_of_autoencoder(&self) -> bool {
        self.stage != Self::CLASSIFIER
    }
}

/// Split (`train`, `validation`, `test`) -> subject (see [`subject`](spec::subject)) -> error.
pub type Metrics = BTreeMap<String, BTreeMap<String, ReconstructionError>>;

/// Split -> subject -> field -> what a task measured; see [`measures`](spec::measures).
pub type Measures = BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>>;

/// How far reconstructions are from the clean images, over one split. With corruption the input is corrupted and the
/// target clean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconstructionError {
    /// Mean squared error per value: a pixel of an image, a column of a vector.
    pub mse_per_pixel: f64,
    /// Squared error summed over the values of a row, mean over rows.
    pub squared_error_per_image: f64,
    /// Mean binary cross-entropy per value, in nats; the output is clamped to [1e-7, 1 - 1e-7] first. Of values in [0, 1] alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bce_per_pixel: Option<f64>,
    /// Peak signal-to-noise ratio of `mse_per_pixel` with peak 1, in dB. Of values in [0, 1] alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psnr_db: Option<f64>,
    /// Structural similarity (Wang et al., 2004), mean over images, at most 1. Of grey images alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssim: Option<f64>,
}

impl ReconstructionError {
    /// The named field, as claims refer to it; `None` where it is not measured of such data.
    pub fn field(&self, name: &str) -> Option<f64> {
        match name {
            "mse_per_pixel" => Some(self.mse_per_pixel),
            "squared_error_per_image" => Some(self.squared_error_per_image),
            "bce_per_pixel" => self.bce_per_pixel,
            "psnr_db" => self.psnr_db,
            "ssim" => self.ssim,
            _ => None,
        }
    }

    /// Names [`field`](Self::field) knows.
    pub const FIELDS: [&'static str; 5] = spec::measures::RECONSTRUCTION;
}

/// One row of `error_by_class.csv`, on the test split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassError {
    /// What is measured; see [`subject`](spec::subject).
    pub subject: String,
    /// Its label.
    pub class: u16,
    /// Test rows of the class.
    pub images: usize,
    /// Mean squared error per pixel over them.
    pub mse_per_pixel: f64,
}

/// One row of `error_by_corruption.csv`, on the test split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CorruptionError {
    /// What is measured; see [`subject`](spec::subject).
    pub subject: String,
    /// Strength of the corruption: sigma or fraction.
    pub level: f32,
    /// Mean squared error per pixel against the clean images.
    pub mse_per_pixel: f64,
}

/// One row of `codes.csv`: the code of a test row in two dimensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodePoint {
    /// Whose code; see [`subject`](spec::subject).
    pub subject: String,
    /// Its label; empty where rows have none.
    pub class: Option<u16>,
    /// First dimension: of the code, or of its principal components where it has more than two.
    pub x: f32,
    /// Second dimension.
    pub y: f32,
}

/// One row of `blocks.csv`: the mean of a number over one block of test rows.
///
/// Test row `i` lies in block `i % 20`, or `i % n` of n < 20 rows. A number that is no mean over rows has jackknife pseudo-values
/// in place of means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockMean {
    /// What is measured; see [`subject`](spec::subject).
    pub subject: String,
    /// Name of the number.
    pub field: String,
    /// From 0.
    pub block: usize,
    /// The mean, to 6 significant digits.
    pub value: f64,
}

impl BlockMean {
    /// A row whose value is rounded to 6 significant digits.
    pub fn new(subject: &str, field: &str, block: usize, mean: f64) -> Self {
        // A number written so is always read back.
        let value = format!("{mean:.5e}").parse().unwrap_or(mean);
        Self { subject: subject.to_owned(), field: field.to_owned(), block, value }
    }
}

/// One row of `error_by_column.csv`, of the test rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnError {
    /// Whose reconstruction; see [`subject`](spec::subject).
    pub subject: String,
    /// Name of the column: `column=category` of a category.
    pub column: String,
    /// Mean squared error of the scaled values.
    pub mse: f64,
    /// Square root of the mean squared error in the unit of the column.
    pub root_mean_squared_error: f64,
}

/// One row of `thresholds.csv`: the error above which new rows are flagged. It is that of clean validation rows at some rank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorThreshold {
    /// Whose error; see [`subject`](spec::subject).
    pub subject: String,
    /// Share of new clean rows that lie above it, at most, on average over draws of the validation rows.
    pub false_alarms: f64,
    /// Mean squared error per value.
    pub threshold: f64,
    /// Its place among the errors of the validation rows, from 1, the least.
    pub rank: usize,
    /// Validation rows.
    pub rows: usize,
    /// Lower end of the 95 % interval of that share for these validation rows.
    pub rate_low: f64,
    /// Upper end.
    pub rate_high: f64,
}

/// One row of `scaling.csv`: a value `x` of the user's file becomes `(x - centre) / scale`, and a missing one `fill` before that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaledColumn {
    /// Name of the column, or its number from 0.
    pub column: String,
    /// In the unit of the column.
    pub centre: f64,
    /// In the unit of the column, above 0.
    pub scale: f64,
    /// In the unit of the column.
    pub fill: f64,
    /// Rows of all splits together that lack it, and have `fill` instead.
    pub missing: usize,
}

/// `splits.json`: which rows of a user's own data lie in which split. Rows count from 0; lines without data and rows that were
/// left out do not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnSplits {
    /// Validation and test rows that are equal to a row of an earlier split, value by value.
    pub duplicates: usize,
    /// Rows that were left out because a value is missing.
    pub dropped: usize,
    /// Training rows.
    pub train: Vec<u32>,
    /// Validation rows.
    pub validation: Vec<u32>,
    /// Test rows.
    pub test: Vec<u32>,
    /// Names of the rows above, where the data names them: the text of a column, or the path of a picture below its folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<OwnIds>,
}

/// Names of the rows of each split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnIds {
    /// Training rows.
    pub train: Vec<String>,
    /// Validation rows.
    pub validation: Vec<String>,
    /// Test rows.
    pub test: Vec<String>,
}

/// One row of `hidden_units.csv`: a hidden ReLU layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HiddenLayer {
    /// Its name among the weights, such as `encoder.0`.
    pub layer: String,
    /// How many units it has.
    pub units: usize,
    /// How many of them fire for no training row.
    pub dead: usize,
}

/// One row of `activity.csv`, of the test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitActivity {
    /// Whose unit; see [`subject`](spec::subject).
    pub subject: String,
    /// From 0.
    pub unit: usize,
    /// Share of images in which it is active.
    pub active_share: f64,
}

/// One row of `factors.csv`, of the test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitInformation {
    /// Whose unit; see [`subject`](spec::subject).
    pub subject: String,
    /// From 0.
    pub unit: usize,
    /// `class`, or a factor the images were drawn by.
    pub factor: String,
    /// Mutual information of unit and factor, in nats.
    pub information: f64,
    /// The same as a share of the factor's entropy.
    pub share: f64,
}

impl UnitInformation {
    /// The units with the largest share of a factor's entropy, by that share.
    pub fn most_informative<'a>(rows: impl Iterator<Item = &'a Self>, count: usize) -> Vec<usize> {
        let mut best: Vec<(usize, f64)> = Vec::new();
        for row in rows {
            match best.iter_mut().find(|(unit, _)| *unit == row.unit) {
                Some((_, share)) => *share = share.max(row.share),
                None => best.push((row.unit, row.share)),
            }
        }
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        best.into_iter().take(count).map(|(unit, _)| unit).collect()
    }
}

/// One row of `anomaly.csv`: of a threshold, the share of usual images and of anomalies above it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RocPoint {
    /// Whose score.
    pub subject: String,
    /// What is to be told: `left_out`, `noise` or `foreign`.
    pub anomaly: String,
    /// Share of usual images, 0 to 1.
    pub false_positive_rate: f64,
    /// Share of anomalies, 0 to 1.
    pub true_positive_rate: f64,
}

/// One row of `faults.csv`: an episode of test rows with a known fault, as one subject scores it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpisodeScore {
    /// Whose score.
    pub subject: String,
    /// The kind of fault: `stuck`, `spike`, `drift` or `swapped`.
    pub fault: String,
    /// The columns at fault, from 0: one, or the two that are swapped as `3+17`.
    pub columns: String,
    /// The first of its test rows, from 0.
    pub first_row: usize,
    /// How many test rows it lasts.
    pub rows: usize,
    /// Mean score of its rows over that of the rows without a fault; absent where these score 0.
    pub score_ratio: Option<f64>,
    /// Share of its rows in which a column at fault is blamed, 0 to 1; absent for subjects that blame no column.
    pub blame: Option<f64>,
}

/// One row of `compression.csv`: images at one setting of one coder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatePoint {
    /// Whose codes, or which format.
    pub subject: String,
    /// `train` for the training images that settings are chosen on, `test` for a chosen setting or a format on test images; older
    /// records have test images alone.
    #[serde(default = "RatePoint::test")]
    pub split: String,
    /// Numbers of the code; pixels of a format.
    pub code: usize,
    /// Whether the quantiser's steps are of a width `per_unit`, or one `shared` by all; `none` of a format.
    pub steps: String,
    /// Bits of each number before entropy coding; quality of JPEG.
    pub bits: u32,
    /// Bits after it.
    pub bits_per_image: f64,
    /// What is lost, pixels in [0, 1].
    pub mse_per_pixel: f64,
}

impl RatePoint {
    fn test() -> String {
        "test".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_over_blocks_keep_six_digits() {
        let value = |mean| BlockMean::new("pca", "ssim", 0, mean).value;
        assert_eq!([0.0, -0.012_345_678, 123_456_789.0].map(value), [0.0, -0.012_345_7, 123_457_000.0]);
    }

    #[test]
    fn units_are_ranked_by_what_they_know_best() {
        let row = |unit, share| UnitInformation {
            subject: String::new(),
            unit,
            factor: String::new(),
            information: 0.0,
            share,
        };
        let rows = [row(0, 0.1), row(0, 0.5), row(1, 0.7), row(2, 0.2)];
        assert_eq!(UnitInformation::most_informative(rows.iter(), 2), [1, 0]);
    }
}
