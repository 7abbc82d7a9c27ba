//! Lists of the experiments and runs that are recorded in a folder.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use system::Error;

/// Path of the summary in the folder of an experiment, `<out>/<experiment>/<dataset>`.
pub fn summary_file(directory: &Path) -> PathBuf {
    directory.join("summary.json")
}

/// Folder of the compact records in `out`. It holds one archive for each experiment and data set.
pub fn compact_records(out: &Path) -> PathBuf {
    out.join("records")
}

/// Path of the compact record of an experiment on a data set.
pub fn compact_record(out: &Path, experiment: &str, dataset: &str) -> PathBuf {
    compact_records(out).join(format!("{experiment}-{dataset}.tar.gz"))
}

/// Names of the experiment and the data set of a folder `<out>/<experiment>/<dataset>`.
pub fn names(directory: &Path) -> (String, String) {
    let name =
        |folder: Option<&Path>| folder.and_then(Path::file_name).unwrap_or_default().to_string_lossy().into_owned();
    (name(directory.parent()), name(Some(directory)))
}

/// Folders `<out>/<experiment>/<dataset>` that have a summary, sorted by path.
///
/// # Errors
/// If a folder cannot be read.
pub fn recorded_experiments(out: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut experiments = Vec::new();
    for experiment in subfolders(out)? {
        experiments.extend(subfolders_if_there(&experiment)?.into_iter().filter(|path| summary_file(path).is_file()));
    }
    Ok(experiments)
}

/// Folders of all recorded runs in the folder of an experiment, sorted by path. A recorded run has a spec.
///
/// # Errors
/// If a folder cannot be read.
pub fn recorded_runs(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut runs = Vec::new();
    for group in subfolders(directory)? {
        runs.extend(subfolders_if_there(&group)?.into_iter().filter(|run| run.join("experiment.toml").is_file()));
    }
    Ok(runs)
}

/// Folders `<out>/<experiment>/<dataset>` that have a summary or a started run, sorted by path.
///
/// # Errors
/// If a folder cannot be read.
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

/// Folders of all started runs, complete or not, in the folder of an experiment, sorted by path.
///
/// # Errors
/// If a folder cannot be read.
pub fn begun_runs(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let is_begun = |run: &PathBuf| ["status.json", "experiment.toml"].iter().any(|file| run.join(file).is_file());
    let mut runs = Vec::new();
    for group in subfolders_if_there(directory)? {
        runs.extend(subfolders_if_there(&group)?.into_iter().filter(is_begun));
    }
    Ok(runs)
}

/// Folders in a folder, sorted by path. Empty if the folder does not exist: a folder of figures is replaced while they
/// are drawn.
fn subfolders_if_there(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    match subfolders(folder) {
        Err(Error::Read { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        folders => folders,
    }
}

/// Folders in a folder, sorted by path.
///
/// # Errors
/// If the folder cannot be read.
pub fn subfolders(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut folders = entries(folder)?;
    folders.retain(|path| path.is_dir());
    Ok(folders)
}

/// Files and folders in a folder, sorted by path.
///
/// # Errors
/// If the folder cannot be read.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read = || std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    let mut entries = read().map_err(|source| Error::read(folder, source))?;
    entries.sort();
    Ok(entries)
}

/// Last two parts of the path of a run, such as `plain-32/seed-1`.
pub fn short_name(run: &Path) -> String {
    let parts: Vec<_> = run.components().rev().take(2).map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}
