//! Lists the files that `REPORT.md` is made from, which are the files of a compact record.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use record::RunDirectory;
use record::folders::summary_file;

use crate::error::Error;
use crate::report::place::Place;
use crate::report::section::{is_current, runs_of};
use figures::summary::Summary;

/// The files below `folder` that `REPORT.md` is made from, as sorted relative paths with `/`. For each run of a
/// summary, these are all files but weights, figures and rows of single images. The first run also has the files that
/// figures of `REPORT.md` are drawn from.
///
/// # Errors
/// If an experiment has no summary or an outdated one, a run is not complete or does not match its checksums, or a file
/// cannot be read.
pub fn needed(folder: &Path) -> Result<Vec<String>, Error> {
    let mut files = BTreeSet::new();
    for place in Place::all(Some(folder), None, folder)? {
        let refused = |path: PathBuf, message: &str| Err(Error::File(system::Error::format(&path, message.to_owned())));
        let Some(directory) = place.summary() else {
            return refused(summary_file(place.first()), "is missing; `cargo xtask run` with --resume makes it");
        };
        let summary = Summary::read(directory)?;
        if let Some(run) = summary.incomplete.first() {
            return refused(summary_file(directory), &format!("{run}; `cargo xtask run` with --resume continues it"));
        }
        let runs = runs_of(&summary, directory, &place)?;
        for (index, run) in runs.iter().enumerate() {
            if !run.is_complete()? {
                return refused(
                    run.status_file(),
                    "the run is not complete; `cargo xtask run` with --resume continues it",
                );
            }
            files.extend(files_of(run, index == 0)?);
        }
        if !is_current(&summary, &runs) {
            return refused(
                summary_file(directory),
                "is outdated: its runs give other numbers; `cargo xtask run` writes a new one",
            );
        }
        files.insert(summary_file(directory));
    }
    let named = files.iter().map(|path| {
        let parts = path.strip_prefix(folder).unwrap_or(path).iter();
        parts.map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
    });
    Ok(named.collect())
}

/// The files of a run that the report needs; the files for figures only if `is_drawn`.
fn files_of(run: &RunDirectory, is_drawn: bool) -> Result<Vec<PathBuf>, Error> {
    let spec = record::read_run(&run.experiment())?;
    let mut behind = BTreeSet::new();
    for &plot in &spec.evaluation.plots {
        if is_drawn && plot.is_in_report(&spec.evaluation.tasks) {
            behind.extend(figures::behind(plot, run));
        }
    }
    let mut files = run.files();
    files.push(run.status_file());
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        path.is_file() && (!record::may_be_missing(&name) || behind.contains(path))
    });
    Ok(files)
}
