//! Which experiments and runs are recorded below a folder.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use system::Error;

/// Where the summary of an experiment's folder, `<out>/<experiment>/<dataset>`, lies.
pub fn summary_file(directory: &Path) -> PathBuf {
    directory.join("summary.json")
}

/// Folder of the compact records below `out`: an archive for each experiment and data set.
pub fn compact_records(out: &Path) -> PathBuf {
    out.join("records")
}

/// The compact record of an experiment on a data set.
pub fn compact_record(out: &Path, experiment: &str, dataset: &str) -> PathBuf {
    compact_records(out).join(format!("{experiment}-{dataset}.tar.gz"))
}

/// The experiment and the data set that a folder `<out>/<experiment>/<dataset>` is of.
pub fn names(directory: &Path) -> (String, String) {
    let name =
        |folder: Option<&Path>| folder.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    (name(directory.parent()), name(Some(directory)))
}

/// The folders `<out>/<experiment>/<dataset>` that have a summary, by path.
///
/// # Errors
/// When a folder cannot be read.
pub fn recorded_experiments(out: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut experiments = Vec::new();
    for experiment in subfolders(out)? {
        experiments.extend(subfolders_if_there(&experiment)?.into_iter().filter(|path| summary_file(path).is_file()));
    }
    Ok(experiments)
}

/// Every run recorded below an experiment's folder, by path.
///
/// # Errors
/// When a folder cannot be read.
pub fn recorded_runs(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut runs = Vec::new();
    for group in subfolders(directory)? {
        runs.extend(subfolders_if_there(&group)?.into_iter().filter(|run| run.join("experiment.toml").is_file()));
    }
    Ok(runs)
}

/// The folders `<out>/<experiment>/<dataset>` that have a summary or a run that was begun, by path.
///
/// # Errors
/// When a folder cannot be read.
pub fn begun_experiments(out: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut experiments = Vec::new();
    for experiment in subfolders(out)? {
        for directory in subfolders_if_there(&experiment)? {
            if summary_file(&directory).is_file() || !begun_runs(&directory)?.is_empty() {
                experiments.push(directory);
            }
        }
    }
    Ok(experiments)
}

/// Every run below an experiment's folder that was begun, complete or not, by path.
///
/// # Errors
/// When a folder cannot be read.
pub fn begun_runs(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let is_begun = |run: &PathBuf| ["status.json", "experiment.toml"].iter().any(|file| run.join(file).is_file());
    let mut runs = Vec::new();
    for group in subfolders_if_there(directory)? {
        runs.extend(subfolders_if_there(&group)?.into_iter().filter(is_begun));
    }
    Ok(runs)
}

/// The folders in a folder, by path; none where that is gone, as the folder of figures is while these are drawn.
fn subfolders_if_there(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    match subfolders(folder) {
        Err(Error::Read { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        folders => folders,
    }
}

/// The folders in a folder, by path.
///
/// # Errors
/// When the folder cannot be read.
pub fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut folders = entries(folder)?;
    folders.retain(|path| path.is_dir());
    Ok(folders)
}

/// What is in a folder, by path.
///
/// # Errors
/// When the folder cannot be read.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = || std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut entries = read().map_err(|source| Error::read(folder, source))?;
    entries.sort();
    Ok(entries)
}

/// The last two parts of a run's path, such as `plain-32/seed-1`.
pub fn short_name(run: &Path) -> String {
    let parts: Vec<_> = run.components().rev().take(2).map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}
