//! Folders of a record, and names of their files.

use std::path::{Path, PathBuf};

use spec::Run;
use spec::catalogue::Task;
use system::storage;
use system::storage::Lock;

use crate::Error;
use crate::formats::Status;

/// Folder of one run, which may not exist yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunDirectory {
    path: PathBuf,
}

impl RunDirectory {
    /// Folder of `run` below `out`, the folder of results.
    pub fn of(run: &Run, out: &Path) -> Self {
        Self { path: experiment_directory(run, out).join(run.label()).join(format!("seed-{}", run.seed)) }
    }

    /// Folder of a run at a path that the user gives.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Path of the folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Path of the resolved spec.
    pub fn experiment(&self) -> PathBuf {
        self.path.join("experiment.toml")
    }

    /// Path of the [`Environment`](crate::Environment).
    pub fn environment(&self) -> PathBuf {
        self.path.join("environment.json")
    }

    /// Path of the rows of [`Epoch`](crate::Epoch).
    pub fn epochs(&self) -> PathBuf {
        self.path.join("epochs.csv")
    }

    /// Path of the evaluated weights: the best by validation loss under early stopping, else the last.
    pub fn model(&self) -> PathBuf {
        self.path.join("model.safetensors")
    }

    /// Path of the weights of the last epoch.
    pub fn last_model(&self) -> PathBuf {
        self.path.join("last.safetensors")
    }

    /// Path of the weights of the classifier: the best by validation loss under early stopping, else the last.
    pub fn classifier(&self) -> PathBuf {
        self.path.join("classifier.safetensors")
    }

    /// Path of the checkpoint, from which an interrupted training continues.
    pub fn checkpoint(&self) -> PathBuf {
        self.path.join("checkpoint.safetensors")
    }

    /// Path of the [`Metrics`](crate::Metrics).
    pub fn metrics(&self) -> PathBuf {
        self.path.join("metrics.json")
    }

    /// Path of the [`Measures`](crate::Measures).
    pub fn measures(&self) -> PathBuf {
        self.path.join("measures.json")
    }

    /// Path of the remarks, a JSON list of sentences: measures that have no meaning in this run, and fits that did not
    /// converge. Without remarks, there is no such file.
    pub fn remarks(&self) -> PathBuf {
        self.path.join("remarks.json")
    }

    /// Path of the rows of numbers that the figures of a task are drawn from.
    pub fn task_rows(&self, task: Task) -> PathBuf {
        self.path.join(format!("{task}.csv"))
    }

    /// Path of the images and matrices that the figures of a task are drawn from.
    pub fn task_tensors(&self, task: Task) -> PathBuf {
        self.path.join(format!("{task}.safetensors"))
    }

    /// Path of the rows of [`ClassError`](crate::ClassError).
    pub fn error_by_class(&self) -> PathBuf {
        self.path.join("error_by_class.csv")
    }

    /// Path of the rows of [`ColumnError`](crate::ColumnError), for a user's own data with names of columns.
    pub fn error_by_column(&self) -> PathBuf {
        self.path.join("error_by_column.csv")
    }

    /// Path of the [`OwnSplits`](crate::OwnSplits), for a user's own data.
    pub fn splits(&self) -> PathBuf {
        self.path.join("splits.json")
    }

    /// Path of the rows of [`ScaledColumn`](crate::ScaledColumn), for a user's own data.
    pub fn scaling(&self) -> PathBuf {
        self.path.join("scaling.csv")
    }

    /// Path of the rows of [`ErrorThreshold`](crate::ErrorThreshold), if there are validation rows.
    pub fn thresholds(&self) -> PathBuf {
        self.path.join("thresholds.csv")
    }

    /// Path of the file that `cargo xtask apply` needs besides the weights. Records of earlier versions do not have it.
    pub fn apply(&self) -> PathBuf {
        self.path.join("apply.safetensors")
    }

    /// Path of the rows of [`CorruptionError`](crate::CorruptionError).
    pub fn error_by_corruption(&self) -> PathBuf {
        self.path.join("error_by_corruption.csv")
    }

    /// Path of the rows of [`BlockMean`](crate::BlockMean). Records of earlier versions do not have them.
    pub fn blocks(&self) -> PathBuf {
        self.path.join("blocks.csv")
    }

    /// Path of the rows of [`CodePoint`](crate::CodePoint).
    pub fn codes(&self) -> PathBuf {
        self.path.join("codes.csv")
    }

    /// Path of the rows of [`HiddenLayer`](crate::HiddenLayer).
    pub fn hidden_units(&self) -> PathBuf {
        self.path.join("hidden_units.csv")
    }

    /// Path of the pixels of the reconstruction grid and the filters.
    pub fn images(&self) -> PathBuf {
        self.path.join("images.safetensors")
    }

    /// Path of the folder of the figures.
    pub fn plots(&self) -> PathBuf {
        self.path.join("plots")
    }

    /// Reads `status.json`; `None` if it does not exist. To rely on a record, use [`is_complete`](Self::is_complete),
    /// which also compares the files with the seal.
    ///
    /// # Errors
    /// If the file exists but cannot be read, or is not a status.
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

    /// Path of `status.json`.
    pub fn status_file(&self) -> PathBuf {
        self.path.join("status.json")
    }

    /// Writes `status.json`.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write_status(&self, status: &Status) -> Result<(), system::Error> {
        storage::write_json(&self.status_file(), status)
    }

    /// Removes the files of an earlier run, except for its status, so that a record never mixes two runs.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn clear(&self) -> Result<(), system::Error> {
        self.files().iter().try_for_each(|file| storage::remove(file))?;
        storage::remove_directory(&self.plots())
    }

    /// Locks the folder against every other process. Creates the folder if it does not exist, and removes unfinished
    /// files of a process that was killed.
    ///
    /// # Errors
    /// If the folder cannot be created, or another process holds the lock.
    pub fn lock(&self) -> Result<Lock, system::Error> {
        let lock = storage::lock(&self.path.join(LOCK))?;
        storage::remove_unfinished(&self.path)?;
        storage::remove_unfinished(&self.plots())?;
        Ok(lock)
    }
}

/// Locks the summary and the figures of an experiment's folder. Waits while another process writes them.
///
/// # Errors
/// If the folder cannot be created, or the lock file cannot be opened.
pub fn lock_summary(experiment: &Path) -> Result<Lock, system::Error> {
    let lock = storage::wait_for_lock(&experiment.join(LOCK))?;
    storage::remove_unfinished(experiment)?;
    Ok(lock)
}

/// Name of the lock file of a folder.
const LOCK: &str = ".lock";

/// Folder of the runs and the summary of an experiment on one data set: `<out>/<experiment>/<dataset>`.
pub fn experiment_directory(run: &Run, out: &Path) -> PathBuf {
    out.join(&run.experiment).join(run.dataset.name())
}
