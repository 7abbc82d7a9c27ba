//! The folders of a record, and the names of their files.

use std::path::{Path, PathBuf};

use spec::Run;
use spec::catalogue::Task;
use system::storage;
use system::storage::Lock;

use crate::Error;
use crate::formats::Status;

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

    /// [`Environment`](crate::Environment).
    pub fn environment(&self) -> PathBuf {
        self.path.join("environment.json")
    }

    /// Rows of [`Epoch`](crate::Epoch).
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

    /// [`Metrics`](crate::Metrics).
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.json")
    }

    /// [`Measures`](crate::Measures).
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

    /// Rows of [`ClassError`](crate::ClassError).
    pub fn error_by_class(&self) -> PathBuf {
        self.path.join("error_by_class.csv")
    }

    /// Rows of [`ColumnError`](crate::ColumnError), where the user's own data names its columns.
    pub fn error_by_column(&self) -> PathBuf {
        self.path.join("error_by_column.csv")
    }

    /// [`OwnSplits`](crate::OwnSplits), of a user's own data.
    pub fn splits(&self) -> PathBuf {
        self.path.join("splits.json")
    }

    /// Rows of [`ScaledColumn`](crate::ScaledColumn), of a user's own data.
    pub fn scaling(&self) -> PathBuf {
        self.path.join("scaling.csv")
    }

    /// Rows of [`ErrorThreshold`](crate::ErrorThreshold), where there are validation rows.
    pub fn thresholds(&self) -> PathBuf {
        self.path.join("thresholds.csv")
    }

    /// What `cargo xtask apply` needs beside the weights. Records of earlier versions have none.
    pub fn apply(&self) -> PathBuf {
        self.path.join("apply.safetensors")
    }

    /// Rows of [`CorruptionError`](crate::CorruptionError).
    pub fn error_by_corruption(&self) -> PathBuf {
        self.path.join("error_by_corruption.csv")
    }

    /// Rows of [`BlockMean`](crate::BlockMean). Records of earlier versions have none.
    pub fn blocks(&self) -> PathBuf {
        self.path.join("blocks.csv")
    }

    /// Rows of [`CodePoint`](crate::CodePoint).
    pub fn codes(&self) -> PathBuf {
        self.path.join("codes.csv")
    }

    /// Rows of [`HiddenLayer`](crate::HiddenLayer).
    pub fn hidden_units(&self) -> PathBuf {
        self.path.join("hidden_units.csv")
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
    out.join(&run.experiment).join(run.dataset.name())
}
