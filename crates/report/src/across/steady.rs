//! Reads a run that another process may replace meanwhile.

use std::thread;
use std::time::Duration;

use record::RunDirectory;

use crate::error::Error;

/// Times that a run is read again where it changes meanwhile, or cannot be read, and the time in between.
const ATTEMPTS: usize = 20;
const PAUSE: Duration = Duration::from_millis(10);

/// Reads something of a run; `None` where the run is not complete, or is replaced meanwhile. What is read is of one state of the
/// run, never of two: the status holds the digest of every file.
///
/// # Errors
/// When a complete run that nobody replaces cannot be read, or is not what was sealed.
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
