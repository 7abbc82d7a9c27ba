//! Reads the files of a run that figures are drawn from.

use std::path::Path;

use record::ranges;
use record::ranges::Row;
use record::{Measures, Metrics, RunDirectory};
use serde::de::DeserializeOwned;
use spec::Run;
use spec::catalogue::Task;

use crate::error::Error;
use crate::figure::kit::tensors::{self, NamedImages, Samples};

/// The record of one run. A missing file is `None`, and the figures that need it are left out.
pub(crate) struct RunRecord<'a> {
    pub(crate) directory: &'a RunDirectory,
    pub(crate) run: Run,
    pub(crate) metrics: Option<Metrics>,
    /// Images and filters of `images.safetensors`.
    pub(crate) samples: Option<Samples>,
}

impl<'a> RunRecord<'a> {
    /// Reads the spec and the files that most figures need; a figure reads other files itself.
    ///
    /// # Errors
    /// If a file cannot be read, is invalid, or has a value outside the range of its number.
    pub(crate) fn open(directory: &'a RunDirectory) -> Result<Self, Error> {
        let run = record::read_run(&directory.experiment())?;
        let pixels = run.dataset.shape.values();
        Ok(Self {
            directory,
            metrics: if_there(&directory.metrics(), ranges::read_metrics)?,
            samples: match run.dataset.shape.picture() {
                Some(_) => if_there(&directory.images(), |path| Samples::read(path, pixels))?,
                None => None,
            },
            run,
        })
    }

    /// Rows of a CSV file.
    pub(crate) fn rows<T: Row + DeserializeOwned>(&self, path: &Path) -> Result<Option<Vec<T>>, Error> {
        if_there(path, ranges::read_rows)
    }

    /// Rows that a task recorded for figures.
    pub(crate) fn task_rows<T: Row + DeserializeOwned>(&self, task: Task) -> Result<Option<Vec<T>>, Error> {
        self.rows(&self.directory.task_rows(task))
    }

    /// Images that a task recorded for figures, by name.
    pub(crate) fn task_images(&self, task: Task) -> Result<Option<NamedImages>, Error> {
        let pixels = self.run.dataset.shape.values();
        if_there(&self.directory.task_tensors(task), |path| tensors::task_images(path, pixels))
    }

    /// Measures of the run's tasks.
    pub(crate) fn measures(&self) -> Result<Option<Measures>, Error> {
        if_there(&self.directory.measures(), ranges::read_measures)
    }
}

/// Reads an optional file of a record; `None` if it is missing.
fn if_there<T, E: Into<Error>>(path: &Path, read: impl FnOnce(&Path) -> Result<T, E>) -> Result<Option<T>, Error> {
    if path.exists() { read(path).map(Some).map_err(E::into) } else { Ok(None) }
}
