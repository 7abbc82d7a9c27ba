//! The run record: names, formats and safe writing of everything a run leaves on disk.
//!
//! ```text
//! <out>/<experiment>/<dataset>/<architecture>-<code>[-<variant>]/seed-<n>/
//!   experiment.toml            resolved spec, itself a runnable experiment file
//!   environment.json           versions, machine, commit, dataset fingerprint, command
//!   epochs.csv                 one row per epoch and stage
//!   model.safetensors          the weights that were evaluated
//!   last.safetensors           the weights of the last epoch, where early stopping chose others
//!   classifier.safetensors     those of the classifier, where one was trained
//!   checkpoint.safetensors     where to go on, until the training is done
//!   metrics.json               split -> subject -> reconstruction error
//!   measures.json              split -> subject -> field -> what the tasks measured
//!   remarks.json               what has no meaning in this run and was not measured, or did not converge; a sentence each
//!   <task>.csv, <task>.safetensors
//!                              what the plots of a task are drawn from
//!   error_by_class.csv, error_by_corruption.csv, codes.csv, images.safetensors
//!                              what the plots are drawn from
//!   plots/                     *.svg and *.png
//!   status.json                complete | interrupted | failed; of a complete one, size and digest of each file
//! <out>/<experiment>/<dataset>/
//!   summary.json               mean and standard deviation over seeds, verdict on each claim
//!   plots/                     figures over several runs
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use spec::catalogue::{Engine, Task};
use spec::{Experiment, Run, Stage};
use system::storage;
use system::storage::Lock;

pub use self::error::Error;
pub use self::sealed::{Seal, Sealed};

mod error;
pub mod ranges;
mod sealed;

/// Reads the resolved spec of a recorded run.
///
/// # Errors
/// When the file cannot be read, breaks a rule, or holds more than one run.
pub fn read_run(path: &Path) -> Result<Run, Error> {
    let mut runs = Experiment::load(path, &[])?.runs;
    match runs.len() {
        1 => Ok(runs.remove(0)),
        n => Err(system::Error::format(path, format!("expected the spec of one run, found {n}")).into()),
    }
}

/// The folder of one run, whether or not it exists yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// Where `run` records below `out`.
    pub fn of(run: &Run, out: &Path) -> Self {
        Self { path: experiment_directory(run, out).join(run.label()).join(format!("seed-{}", run.seed)) }
    }

    /// A folder named by the user.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Resolved spec.
    pub fn experiment(&self) -> PathBuf {
        self.path.join("experiment.toml")
    }

    /// [`Environment`].
    pub fn environment(&self) -> PathBuf {
        self.path.join("environment.json")
    }

    /// Rows of [`Epoch`].
    pub fn epochs(&self) -> PathBuf {
        self.path.join("epochs.csv")
    }

    /// The weights that are evaluated: the best by validation loss under early stopping, else the last.
    pub fn model(&self) -> PathBuf {
        self.path.join("model.safetensors")
    }

    /// The weights of the last epoch.
    pub fn last_model(&self) -> PathBuf {
        self.path.join("last.safetensors")
    }

    /// The weights of the classifier: the best by validation loss under early stopping, else the last.
    pub fn classifier(&self) -> PathBuf {
        self.path.join("classifier.safetensors")
    }

    /// Where an unfinished training can be taken up again.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join("checkpoint.safetensors")
    }

    /// [`Metrics`].
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.json")
    }

    /// [`Measures`].
    pub fn measures(&self) -> PathBuf {
        self.path.join("measures.json")
    }

    /// Sentences on what has no meaning in this run and was not measured, and on fits that did not converge. A JSON list; no
    /// file where there are none.
    pub fn remarks(&self) -> PathBuf {
        self.path.join("remarks.json")
    }

    /// Rows of numbers that a task left for its plots.
    pub fn task_rows(&self, task: Task) -> PathBuf {
        self.path.join(format!("{task}.csv"))
    }

    /// Images and matrices that a task left for its plots.
    pub fn task_tensors(&self, task: Task) -> PathBuf {
        self.path.join(format!("{task}.safetensors"))
    }

    /// Rows of [`ClassError`].
    pub fn error_by_class(&self) -> PathBuf {
        self.path.join("error_by_class.csv")
    }

    /// Rows of [`CorruptionError`].
    pub fn error_by_corruption(&self) -> PathBuf {
        self.path.join("error_by_corruption.csv")
    }

    /// Rows of [`CodePoint`].
    pub fn codes(&self) -> PathBuf {
        self.path.join("codes.csv")
    }

    /// Pixels of the reconstruction grid and of the filters.
    pub fn images(&self) -> PathBuf {
        self.path.join("images.safetensors")
    }

    /// Folder of the figures.
    pub fn plots(&self) -> PathBuf {
        self.path.join("plots")
    }

    /// Reads `status.json`; `None` where there is none. Whoever trusts a complete record asks
    /// [`is_complete`](Self::is_complete), which holds its files against the seal.
    ///
    /// # Errors
    /// When the file exists and cannot be read or is not a status.
    pub fn status(&self) -> Result<Option<Status>, Error> {
        let path = self.status_file();
        if !path.exists() {
            return Ok(None);
        }
        storage::read_json(&path).map(Some).map_err(|error| match error {
            system::Error::Format { path, message } => {
                Error::Changed { path, difference: format!("is damaged ({message})") }
            }
            error => error.into(),
        })
    }

    /// Where [`status`](Self::status) stands.
    pub fn status_file(&self) -> PathBuf {
        self.path.join("status.json")
    }

    /// Writes `status.json`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_status(&self, status: &Status) -> Result<(), system::Error> {
        storage::write_json(&self.status_file(), status)
    }

    /// Removes what an earlier run left but its status, so that a record never mixes two runs.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn clear(&self) -> Result<(), system::Error> {
        self.files().iter().try_for_each(|file| storage::remove(file))?;
        storage::remove_directory(&self.plots())
    }

    /// Creates the folder if need be, locks it against every other process, and removes the unfinished files of one that
    /// was killed.
    ///
    /// # Errors
    /// When the folder cannot be created, or another process holds the lock.
    pub fn lock(&self) -> Result<Lock, system::Error> {
        let lock = storage::lock(&self.path.join(LOCK))?;
        storage::remove_unfinished(&self.path)?;
        storage::remove_unfinished(&self.plots())?;
        Ok(lock)
    }
}

/// Waits until no other process writes the summary and the figures of an experiment's folder, and locks them.
///
/// # Errors
/// When the folder cannot be created, or the lock file not be opened.
pub fn lock_summary(experiment: &Path) -> Result<Lock, system::Error> {
    let lock = storage::wait_for_lock(&experiment.join(LOCK))?;
    storage::remove_unfinished(experiment)?;
    Ok(lock)
}

/// Name of the file that is locked while its folder is worked on.
const LOCK: &str = ".lock";

/// Where the runs of an experiment on one data set lie, and its summary: `<out>/<experiment>/<dataset>`.
pub fn experiment_directory(run: &Run, out: &Path) -> PathBuf {
    out.join(&run.experiment).join(run.dataset.name.name())
}

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
    /// SHA-256 over the pixels and labels of the three splits, in order.
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

/// Split (`train`, `validation`, `test`) -> subject (see [`subject`]) -> error.
pub type Metrics = BTreeMap<String, BTreeMap<String, ReconstructionError>>;

/// Split -> subject -> field -> what a task measured; see [`measures`](crate::measures).
pub type Measures = BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>>;

/// How far reconstructions are from the clean images, over one split. With corruption the input is corrupted and the
/// target clean.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReconstructionError {
    /// Mean squared error per pixel, pixels in [0, 1].
    pub mse_per_pixel: f64,
    /// Squared error summed over the pixels, mean over images: 784 times `mse_per_pixel`.
    pub squared_error_per_image: f64,
    /// Mean binary cross-entropy per pixel, in nats; the output is clamped to [1e-7, 1 - 1e-7] first.
    pub bce_per_pixel: f64,
    /// Peak signal-to-noise ratio of `mse_per_pixel` with peak 1, in dB.
    pub psnr_db: f64,
    /// Structural similarity (Wang et al., 2004), mean over images, at most 1.
    pub ssim: f64,
}

impl ReconstructionError {
    /// The named field, as claims refer to it.
    pub fn field(&self, name: &str) -> Option<f64> {
        Some(match name {
            "mse_per_pixel" => self.mse_per_pixel,
            "squared_error_per_image" => self.squared_error_per_image,
            "bce_per_pixel" => self.bce_per_pixel,
            "psnr_db" => self.psnr_db,
            "ssim" => self.ssim,
            _ => return None,
        })
    }

    /// Names [`field`](Self::field) knows.
    pub const FIELDS: [&'static str; 5] = spec::measures::RECONSTRUCTION;
}

/// One row of `error_by_class.csv`, on the test split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClassError {
    /// What is measured; see [`subject`].
    pub subject: String,
    /// Label, 0 to 9.
    pub class: u8,
    /// Test images of the class.
    pub images: usize,
    /// Mean squared error per pixel over them.
    pub mse_per_pixel: f64,
}

/// One row of `error_by_corruption.csv`, on the test split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CorruptionError {
    /// What is measured; see [`subject`].
    pub subject: String,
    /// Strength of the corruption: sigma or fraction.
    pub level: f32,
    /// Mean squared error per pixel against the clean images.
    pub mse_per_pixel: f64,
}

/// One row of `codes.csv`: a test image's code in two dimensions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodePoint {
    /// Whose code; see [`subject`].
    pub subject: String,
    /// Label, 0 to 9.
    pub class: u8,
    /// First dimension: of the code, or of its principal components where it has more than two.
    pub x: f32,
    /// Second dimension.
    pub y: f32,
}

/// One row of `activity.csv`, of the test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitActivity {
    /// Whose unit; see [`subject`].
    pub subject: String,
    /// From 0.
    pub unit: usize,
    /// Share of images in which it is active.
    pub active_share: f64,
}

/// One row of `factors.csv`, of the test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnitInformation {
    /// Whose unit; see [`subject`].
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

/// One row of `compression.csv`: test images at one setting of one coder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RatePoint {
    /// Whose codes, or which format.
    pub subject: String,
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
