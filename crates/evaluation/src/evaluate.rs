//! [`evaluate`]: the evaluation of a recorded run as a whole, from measuring to the status `complete`.

use std::path::PathBuf;

use datasets::Sources;
use record::{Metrics, RunDirectory, State, Status};
use spec::Run;
use zoo::Networks;

use crate::error::Error;
use crate::measure;

/// Result of an evaluation.
#[derive(Debug)]
pub struct Evaluated {
    /// Reconstruction error by split and subject.
    pub metrics: Metrics,
    /// Paths of the files that were written.
    pub written: Vec<PathBuf>,
    /// Errors of the figures that could not be drawn.
    pub undrawn: Vec<figures::Error>,
}

/// Measures the run recorded in `directory` on its data set, found in `sources`. Writes all measurements, draws the
/// figures, and marks the run as complete.
///
/// A figure that cannot be drawn does not affect the rest. Until the end the run counts as trained but not evaluated, even
/// if it was complete before.
///
/// # Errors
/// When the record is in use or cannot be read or written, when it belongs to another data set, or when a value is not
/// finite. The last is recorded as a failed run.
pub fn evaluate<'a>(
    directory: &RunDirectory,
    networks: Networks,
    sources: impl Into<Sources<'a>>,
) -> Result<Evaluated, Error> {
    evaluate_step_by_step(directory, networks, sources, &|_| ())
}

/// Steps of the evaluation of a run, in order: the names that [`evaluate_step_by_step`] tells.
pub fn steps(run: &Run) -> Vec<&'static str> {
    let tasks = run.evaluation.tasks.iter().map(|task| task.name());
    ["data", "baselines", "errors", "codes"].into_iter().chain(tasks).chain(["figures"]).collect()
}

/// Does the same as [`evaluate()`], and tells `begins` the name of each of the [`steps`] before the step begins.
///
/// # Errors
/// As [`evaluate()`].
pub fn evaluate_step_by_step<'a>(
    directory: &RunDirectory,
    networks: Networks,
    sources: impl Into<Sources<'a>>,
    begins: &(dyn Fn(&str) + Sync),
) -> Result<Evaluated, Error> {
    // Checked first: locking creates the folder, which must not happen for a mistyped path.
    record::read_run(&directory.experiment())?;
    let _lock = directory.lock()?;
    let measurement = match measure::measure_run(directory, networks, sources.into(), begins) {
        Ok(measurement) => measurement,
        Err(error) => {
            // A run whose weights give invalid values has failed. One whose data set is missing can be measured later.
            if matches!(
                error,
                Error::NotFinite { .. } | Error::Measure { .. } | Error::Fit { .. } | Error::Eigendecomposition
            ) {
                directory.write_status(&Status::unfinished(State::Failed, &error.to_string()))?;
            }
            return Err(error);
        }
    };
    if directory.status()?.is_some_and(|status| status.state == State::Complete) {
        directory.write_status(&Status::trained())?;
    }
    let mut written = measurement.write(directory)?;
    begins("figures");
    let drawn = figures::draw_run(directory)?;
    written.extend(drawn.written);
    directory.complete()?;
    Ok(Evaluated { metrics: measurement.metrics, written, undrawn: drawn.failed })
}
