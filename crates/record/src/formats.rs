//! Formats of the files of a record, one type for each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spec::Stage;
use spec::catalogue::Engine;

use crate::sealed::Seal;

/// Number of steps from weight 0 to the largest weight of a filter in `images.safetensors`.
pub const FILTER_STEPS: f32 = 127.0;

/// Status of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    /// State of the run.
    pub state: State,
    /// Reason why the run is not complete, one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Size and digest of each file of a complete record. Records of earlier versions do not have them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<Seal>,
}

impl Status {
    /// Status of a run that is not complete. `reason` is one sentence.
    pub fn unfinished(state: State, reason: &str) -> Self {
        Self { state, reason: Some(reason.to_owned()), seal: None }
    }

    /// Status of a run that has been trained but not evaluated.
    pub fn trained() -> Self {
        Self::unfinished(State::Interrupted, "trained, but not evaluated")
    }
}

/// State of a run. A run in progress is recorded as interrupted, so that the state is right if it is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Training, measures and figures are complete.
    Complete,
    /// The run has started and is not complete.
    Interrupted,
    /// An error ended the run, such as a loss that is not finite.
    Failed,
}

/// Versions, machine and command of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Version of Hourglass.
    pub hourglass: String,
    /// Versions of the programs that compute numbers: compiler, dfdx, faer.
    pub versions: BTreeMap<String, String>,
    /// Hash of the commit of the working tree, if there is one.
    pub git_commit: Option<String>,
    /// True if tracked files differed from the commit, apart from those in `results`.
    pub git_dirty: Option<bool>,
    /// Operating system and architecture, such as `linux-x86_64`.
    pub platform: String,
    /// Model of the processor, if the system gives it.
    pub cpu: Option<String>,
    /// Number of logical processors of the machine.
    pub cpus: usize,
    /// Number of threads of the run.
    pub threads: usize,
    /// Engine of the training.
    pub engine: Engine,
    /// SHA-256 of the values and labels of the training, validation and test split, in this order.
    pub dataset_fingerprint: String,
    /// SHA-256 of the values and labels of the source data of a transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_fingerprint: Option<String>,
    /// Files of the data sets without a published checksum, such as `kmnist/train-images-idx3-ubyte.gz`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unpublished_files: Vec<String>,
    /// Seed of every random stream.
    pub seed: u64,
    /// Command that made this record.
    pub command: String,
    /// Start of the run, in seconds since 1970-01-01 UTC.
    pub started: u64,
}

/// One row of `epochs.csv`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// Number of the epoch, from 1, over all stages.
    pub epoch: usize,
    /// Name of the stage: `training`; with pretraining `layer-1`, ... and `fine-tuning`; with transfer `source` and
    /// `tuning`. The last stage is [`CLASSIFIER`](Self::CLASSIFIER), if there is a classifier.
    pub stage: String,
    /// Mean loss over the images of the epoch, while the weights change. For a classifier: cross-entropy in nats per
    /// image.
    pub train_loss: f64,
    /// Loss on the validation split after the epoch. Empty without a validation split.
    pub validation_loss: Option<f64>,
    /// Learning rate of the epoch.
    pub learning_rate: f32,
    /// Wall-clock time in seconds. No other column differs between repetitions of a run.
    pub seconds: f64,
    /// Divergence of the Gaussian codes from the prior in nats per image, mean over the images of the epoch. This
    /// column and all later ones exist only if the training has such terms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_divergence: Option<f64>,
    /// Divergence of the Gaussian codes from the prior on the validation split after the epoch, in nats per image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_divergence: Option<f64>,
    /// Weight of the divergence in the epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergence_weight: Option<f32>,
    /// Cross-entropy of the discriminator in nats, mean over codes and samples of the prior. Guessing gives ln 2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator_loss: Option<f64>,
    /// Share of codes and samples of the prior that the discriminator classifies correctly, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discriminator_accuracy: Option<f64>,
    /// Cross-entropy of the encoder against the discriminator in nats, mean over codes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deception_loss: Option<f64>,
}

impl Epoch {
    /// Name of the stage of the classifier, whose losses are not per pixel.
    pub const CLASSIFIER: &'static str = Stage::CLASSIFIER;

    /// True for an epoch of the autoencoder, false for one of the classifier.
    pub fn is_of_autoencoder(&self) -> bool {
        self.stage != Self::CLASSIFIER
    }
}

/// Reconstruction errors by split (`train`, `validation`, `test`) and subject (see [`subject`](spec::subject)).
pub type Metrics = BTreeMap<String, BTreeMap<String, ReconstructionError>>;

/// Measures of tasks by split, subject and field; see [`measures`](spec::measures).
pub type Measures = BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>>;

/// Errors of reconstructions against clean rows, over one split. With corruption, the input is corrupted and the target
/// is clean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconstructionError {
    /// Mean squared error per value. A value is a pixel of an image or a column of a vector.
    pub mse_per_pixel: f64,
    /// Squared error summed over the values of a row, mean over rows.
    pub squared_error_per_image: f64,
    /// Mean binary cross-entropy per value, in nats. The output is clamped to [1e-7, 1 - 1e-7] first. Only for values
    /// in [0, 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bce_per_pixel: Option<f64>,
    /// Peak signal-to-noise ratio of `mse_per_pixel` with peak 1, in dB. Only for values in [0, 1].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psnr_db: Option<f64>,
    /// Structural similarity (Wang et al., 2004), mean over images, at most 1. Only for grey images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ssim: Option<f64>,
}

impl ReconstructionError {
    /// Value of a field by its name in claims. `None` if it is not measured on such data.
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

    /// Names of the fields, as [`field`](Self::field) takes them.
    pub const FIELDS: [&'static str; 5] = spec::measures::RECONSTRUCTION;
}

/// One row of `error_by_class.csv`, on the test split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassError {
    /// Subject; see [`subject`](spec::subject).
    pub subject: String,
    /// Label of the class.
    pub class: u16,
    /// Number of test rows of the class.
    pub images: usize,
    /// Mean squared error per value over these rows.
    pub mse_per_pixel: f64,
}

/// One row of `error_by_corruption.csv`, on the test split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CorruptionError {
    /// Subject; see [`subject`](spec::subject).
    pub subject: String,
    /// Strength of the corruption: sigma or fraction.
    pub level: f32,
    /// Mean squared error per value against clean rows.
    pub mse_per_pixel: f64,
}

/// One row of `codes.csv`: the code of a test row in two dimensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodePoint {
    /// Subject whose code it is; see [`subject`](spec::subject).
    pub subject: String,
    /// Label of the row; empty if rows have no classes.
    pub class: Option<u16>,
    /// First dimension of the code, or its first principal component if the code has more than two units.
    pub x: f32,
    /// Second dimension of the code, or its second principal component.
    pub y: f32,
}

/// One row of `blocks.csv`: the mean of a number over one block of test rows.
///
/// Test row `i` lies in block `i % 20`, or in block `i % n` if there are n < 20 rows. A number that is not a mean over
/// rows has jackknife pseudo-values in place of means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockMean {
    /// Subject; see [`subject`](spec::subject).
    pub subject: String,
    /// Name of the number.
    pub field: String,
    /// Number of the block, from 0.
    pub block: usize,
    /// Mean over the block, to 6 significant digits.
    pub value: f64,
}

impl BlockMean {
    /// A row whose value is rounded to 6 significant digits.
    pub fn new(subject: &str, field: &str, block: usize, mean: f64) -> Self {
        // Parsing cannot fail, because the text is a number.
        let value = format!("{mean:.5e}").parse().unwrap_or(mean);
        Self { subject: subject.to_owned(), field: field.to_owned(), block, value }
    }
}

/// One row of `error_by_column.csv`: the error of one column over test rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnError {
    /// Subject whose reconstruction it is; see [`subject`](spec::subject).
    pub subject: String,
    /// Name of the column, or `column=category` for a category.
    pub column: String,
    /// Mean squared error of the scaled values.
    pub mse: f64,
    /// Square root of the mean squared error, in the unit of the column.
    pub root_mean_squared_error: f64,
}

/// One row of `thresholds.csv`: the error above which new rows are flagged, which is the error of a clean validation
/// row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorThreshold {
    /// Subject whose error it is; see [`subject`](spec::subject).
    pub subject: String,
    /// Greatest share of new clean rows that lie above the threshold, on average over draws of the validation rows.
    pub false_alarms: f64,
    /// Threshold: a mean squared error per value.
    pub threshold: f64,
    /// Rank of the threshold among the errors of the validation rows, from 1 for the least.
    pub rank: usize,
    /// Number of validation rows.
    pub rows: usize,
    /// Lower end of the 95 % interval of the share of clean rows above the threshold, for these validation rows.
    pub rate_low: f64,
    /// Upper end of the 95 % interval of the share of clean rows above the threshold, for these validation rows.
    pub rate_high: f64,
}

/// One row of `scaling.csv`: a value `x` of the user's file becomes `(x - centre) / scale`. A missing `x` is replaced
/// by `fill` first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScaledColumn {
    /// Name of the column, or its number from 0.
    pub column: String,
    /// Centre, in the unit of the column.
    pub centre: f64,
    /// Scale, in the unit of the column, above 0.
    pub scale: f64,
    /// Replacement of missing values, in the unit of the column.
    pub fill: f64,
    /// Number of rows of all splits whose value is missing and replaced by `fill`.
    pub missing: usize,
}

/// Contents of `splits.json`: the rows of each split of a user's own data. Rows are counted from 0, without lines that
/// hold no data and rows that were left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnSplits {
    /// Number of validation and test rows that equal a row of an earlier split in every value.
    pub duplicates: usize,
    /// Number of rows that were left out because a value is missing.
    pub dropped: usize,
    /// Training rows.
    pub train: Vec<u32>,
    /// Validation rows.
    pub validation: Vec<u32>,
    /// Test rows.
    pub test: Vec<u32>,
    /// Names of the rows above, if the data has them: the text of a column, or the path of a picture in its folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<OwnIds>,
}

/// Names of the rows of each split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnIds {
    /// Names of the training rows.
    pub train: Vec<String>,
    /// Names of the validation rows.
    pub validation: Vec<String>,
    /// Names of the test rows.
    pub test: Vec<String>,
}

/// One row of `hidden_units.csv`: a hidden ReLU layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HiddenLayer {
    /// Name of the layer among the weights, such as `encoder.0`.
    pub layer: String,
    /// Number of units.
    pub units: usize,
    /// Number of units that fire for no training row.
    pub dead: usize,
}

/// One row of `activity.csv`, measured on test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitActivity {
    /// Subject whose unit it is; see [`subject`](spec::subject).
    pub subject: String,
    /// Number of the unit, from 0.
    pub unit: usize,
    /// Share of images in which the unit is active, 0 to 1.
    pub active_share: f64,
}

/// One row of `factors.csv`, measured on test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitInformation {
    /// Subject whose unit it is; see [`subject`](spec::subject).
    pub subject: String,
    /// Number of the unit, from 0.
    pub unit: usize,
    /// `class`, or the name of a factor that the images were drawn from.
    pub factor: String,
    /// Mutual information of unit and factor, in nats.
    pub information: f64,
    /// Mutual information of unit and factor as a share of the entropy of the factor, 0 to 1.
    pub share: f64,
}

impl UnitInformation {
    /// Numbers of the `count` units with the largest share of a factor's entropy, the largest first.
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

/// One row of `anomaly.csv`: for one threshold, the share of usual images and the share of anomalies above it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RocPoint {
    /// Subject whose score it is.
    pub subject: String,
    /// Kind of anomaly: `left_out`, `noise` or `foreign`.
    pub anomaly: String,
    /// Share of usual images above the threshold, 0 to 1.
    pub false_positive_rate: f64,
    /// Share of anomalies above the threshold, 0 to 1.
    pub true_positive_rate: f64,
}

/// One row of `faults.csv`: an episode of test rows with a known fault, scored by one subject.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpisodeScore {
    /// Subject whose score it is.
    pub subject: String,
    /// Kind of fault: `stuck`, `spike`, `drift` or `swapped`.
    pub fault: String,
    /// Faulty columns, from 0: one, or two swapped ones as in `3+17`.
    pub columns: String,
    /// First test row of the episode, from 0.
    pub first_row: usize,
    /// Number of test rows of the episode.
    pub rows: usize,
    /// Mean score of the rows of the episode divided by that of rows without a fault. Absent if the latter is 0.
    pub score_ratio: Option<f64>,
    /// Share of the rows of the episode in which a faulty column is blamed, 0 to 1. Absent for subjects that blame no
    /// column.
    pub blame: Option<f64>,
}

/// One row of `compression.csv`: the size and error of images with one setting of one coder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatePoint {
    /// Subject whose codes they are, or name of an image format.
    pub subject: String,
    /// `train` for the training images that settings are chosen on, `test` for test images. Older records have test
    /// images alone.
    #[serde(default = "RatePoint::test")]
    pub split: String,
    /// Number of units of the code, or number of pixels for an image format.
    pub code: usize,
    /// `per_unit` if the steps of the quantiser have a width for each unit, `shared` if all have one width, `none` for
    /// an image format.
    pub steps: String,
    /// Bits of each number before entropy coding; for JPEG the quality.
    pub bits: u32,
    /// Mean number of bits of an image after entropy coding.
    pub bits_per_image: f64,
    /// Mean squared error per pixel, for pixels in [0, 1].
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
    fn units_are_ranked_by_their_largest_share() {
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
