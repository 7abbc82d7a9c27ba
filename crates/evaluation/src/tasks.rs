//! What is measured beyond reconstruction error: one file for each task, which [`experiment::measures`] names.

use std::path::PathBuf;

use datasets::Splits;
use experiment::Run;
use experiment::catalogue::{Split, Task};
use experiment::record::{Measures, RunDirectory};
use experiment::storage;
use zoo::Autoencoder;

use crate::error::Error;
use crate::pca::Pca;

/// What a task looks at.
pub(crate) struct Context<'a> {
    pub(crate) run: &'a Run,
    /// The data set as the network was shown it.
    pub(crate) splits: &'a Splits,
    pub(crate) model: &'a dyn Autoencoder,
    /// PCA of the same code size, if it is among the run's baselines.
    pub(crate) pca: Option<&'a Pca>,
}

/// What a task comes to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Outcome {
    /// Subject, field and value, on the test split.
    pub measures: Vec<(&'static str, &'static str, f64)>,
    /// Bytes of its CSV, if it leaves one.
    pub rows: Option<Vec<u8>>,
    /// Bytes of its safetensors, if it leaves any.
    pub tensors: Option<Vec<u8>>,
}

/// Carries out every task the run asks for.
///
/// # Errors
/// When a task fails, or measures what is not a finite number.
pub(crate) fn run(context: &Context<'_>) -> Result<Vec<(Task, Outcome)>, Error> {
    let outcomes = context.run.evaluation.tasks.iter().map(|&task| {
        let outcome = match task {
            Task::Likelihood => Outcome::default(),
            Task::Generation => Outcome::default(),
            Task::Prior => Outcome::default(),
            Task::Activity => Outcome::default(),
            Task::Robustness => Outcome::default(),
            Task::Factors => Outcome::default(),
        };
        match outcome.measures.iter().find(|(.., value)| !value.is_finite()) {
            Some((subject, field, _)) => Err(Error::Measure { subject, field }),
            None => Ok((task, outcome)),
        }
    });
    outcomes.collect()
}

/// Writes what the tasks came to and gives the paths. Files of an earlier evaluation that this one has nothing for are
/// removed.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(outcomes: &[(Task, Outcome)], directory: &RunDirectory) -> Result<Vec<PathBuf>, Error> {
    let mut written = Vec::new();
    for task in Task::ALL {
        let outcome = outcomes.iter().find(|(done, _)| done == task).map(|(_, outcome)| outcome);
        let files = [
            (directory.task_rows(*task), outcome.and_then(|outcome| outcome.rows.as_ref())),
            (directory.task_tensors(*task), outcome.and_then(|outcome| outcome.tensors.as_ref())),
        ];
        for (path, bytes) in files {
            match bytes {
                Some(bytes) => {
                    storage::write(&path, bytes)?;
                    written.push(path);
                }
                None => storage::remove(&path)?,
            }
        }
    }
    let mut measures = Measures::new();
    for (subject, field, value) in outcomes.iter().flat_map(|(_, outcome)| &outcome.measures) {
        let split = measures.entry(Split::Test.name().to_owned()).or_default();
        split.entry((*subject).to_owned()).or_default().insert((*field).to_owned(), *value);
    }
    if measures.is_empty() {
        storage::remove(&directory.measures())?;
    } else {
        storage::write_json(&directory.measures(), &measures)?;
        written.push(directory.measures());
    }
    Ok(written)
}
