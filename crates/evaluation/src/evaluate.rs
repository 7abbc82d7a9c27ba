//! A recorded run's evaluation as a whole: measured, drawn, and declared complete.

use std::path::PathBuf;

use datasets::Sources;
use record::{Metrics, RunDirectory, State, Status};
use spec::Run;
use zoo::Networks;

use crate::error::Error;
use crate::measure;

/// What an evaluation comes to.
#[derive(Debug)]
pub struct Evaluated {
    /// Reconstruction error by split and subject.
    pub metrics: Metrics,
    /// The files it wrote.
    pub written: Vec<PathBuf>,
    /// Why each of the figures that are missing could not be drawn.
    pub undrawn: Vec<figures::Error>,
}

/// Measures the run recorded in `directory` on its data set, looked for in `sources`; writes all that is measured, draws its
/// figures, and declares it complete. A figure that cannot be drawn from its numbers costs itself alone. Until then the run
/// counts as trained and not evaluated, even if it was
/// complete before.
///
/// # Errors
/// When the record is in use, cannot be read or written or is not of this data set, or a value is not finite; the last is
/// recorded as a failed run.
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
    // Locking creates the folder, which a mistyped path should not.
    record::read_run(&directory.experiment())?;
    let _lock = directory.lock()?;
    let measurement = match measure::measure_run(directory, networks, sources.into(), begins) {
        Ok(measurement) => measurement,
        Err(error) => {
            // A run that cannot be measured for what it is has failed; one whose data set is missing can be measured later.
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
