//! Reads a run that another process may replace at the same time.

use std::thread;
use std::time::Duration;

use record::RunDirectory;

use crate::error::Error;

/// Number of attempts to read a run that changes or cannot be read, and the time between two attempts.
const ATTEMPTS: usize = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// Reads data of a run; `None` if the run is not complete, or is being replaced. All data are from one state of the
/// run, because the status has a checksum of every file.
///
/// # Errors
/// If a complete run that no process replaces cannot be read, or does not match its checksums.
pub(crate) fn steady<T>(run: &RunDirectory, read: impl Fn() -> Result<T, Error>) -> Result<Option<T>, Error> {
    let first = run.status()?;
    let mut last = None;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            thread::sleep(PAUSE);
        }
        let before = run.status()?;
        let found = match run.is_complete() {
            Ok(false) => return Ok(None),
            Ok(true) => read(),
            Err(error) => Err(error.into()),
        };
        match found {
            Ok(found) if run.status()? == before => return Ok(Some(found)),
            Ok(_) => {}
            Err(error) => last = Some(error),
        }
    }
    match last {
        Some(error) if run.status()? == first => Err(error),
        _ => Ok(None),
    }
}
