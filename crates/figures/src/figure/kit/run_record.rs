//! The files of a run that its figures are drawn from.

use std::path::Path;

use record::ranges;
use record::ranges::Row;
use record::{Measures, Metrics, RunDirectory};
use serde::de::DeserializeOwned;
use spec::Run;
use spec::catalogue::Task;

use crate::error::Error;
use crate::figure::kit::tensors::{self, NamedImages, Samples};

/// The record of one run. A file that is missing is `None`: the figure that needs it is left out.
pub(crate) struct RunRecord<'a> {
    pub(crate) directory: &'a RunDirectory,
    pub(crate) run: Run,
    pub(crate) metrics: Option<Metrics>,
    /// What `images.safetensors` holds of images.
    pub(crate) samples: Option<Samples>,
}

impl<'a> RunRecord<'a> {
    /// Reads the spec and what most figures need; the other files are read where a figure asks for them.
    ///
    /// # Errors
    /// When a file cannot be read, is not what its name says, or holds a value outside the range of its number.
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

    /// Rows that a task left for its figures.
    pub(crate) fn task_rows<T: Row + DeserializeOwned>(&self, task: Task) -> Result<Option<Vec<T>>, Error> {
        self.rows(&self.directory.task_rows(task))
    }

    /// Images that a task left for its figures, by name.
    pub(crate) fn task_images(&self, task: Task) -> Result<Option<NamedImages>, Error> {
        let pixels = self.run.dataset.shape.values();
        if_there(&self.directory.task_tensors(task), |path| tensors::task_images(path, pixels))
    }

    /// What the run's tasks measured.
    pub(crate) fn measures(&self) -> Result<Option<Measures>, Error> {
        if_there(&self.directory.measures(), ranges::read_measures)
    }
}

/// Reads a file of a record that need not be there.
fn if_there<T, E: Into<Error>>(path: &Path, read: impl FnOnce(&Path) -> Result<T, E>) -> Result<Option<T>, Error> {
    if path.exists() { read(path).map(Some).map_err(E::into) } else { Ok(None) }
}
