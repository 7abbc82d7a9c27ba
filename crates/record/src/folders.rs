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

/// Folders from that of the results down to that of a run.
pub const RUN_DEPTH: usize = 4;

/// Every run that was begun in or below a folder of results, of an experiment, of a network or of a run, by path.
///
/// # Errors
/// When a folder cannot be read.
pub fn runs_within(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let is_hidden = |path: &Path| path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
    let mut found = Vec::new();
    let mut level = vec![folder.to_owned()];
    for _ in 0..=RUN_DEPTH {
        let mut next = Vec::new();
        for folder in level {
            if ["status.json", "experiment.toml"].iter().any(|file| folder.join(file).is_file()) {
                found.push(folder);
            } else {
                next.extend(subfolders_if_there(&folder)?.into_iter().filter(|path| !is_hidden(path)));
            }
        }
        level = next;
    }
    found.sort();
    Ok(found)
}

/// Recorded runs as a person names them: all of a folder that is there, or those of an experiment below a folder of results.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The folder.
    pub folder: PathBuf,
    /// Name of the experiment; `None` for all that lies in the folder.
    pub experiment: Option<String>,
    /// Name of the data set; `None` for all.
    pub dataset: Option<String>,
}

impl Asked {
    /// A path or a name: `results`, `results/plain/mnist`, or `plain` and `plain/mnist` of what is recorded in the folder
    /// `results`, compact records included. `None` where it has the form of neither.
    pub fn read(text: &Path, results: &Path) -> Option<Self> {
        // Compact records of an experiment lie beside its folder.
        let is_of_experiment = |folder: &Path| {
            let runs = |dataset: &PathBuf| begun_runs(dataset).is_ok_and(|runs| !runs.is_empty());
            subfolders(folder).is_ok_and(|datasets| datasets.iter().any(runs))
        };
        let is_there = |folder: &&Path| !folder.as_os_str().is_empty() && folder.is_dir() && !is_of_experiment(folder);
        let folder = text.ancestors().skip(1).find(is_there);
        if text.is_dir() && (folder.is_none() || !is_of_experiment(text)) {
            return Some(Self { folder: text.to_owned(), experiment: None, dataset: None });
        }
        let below = folder.map_or(text, |folder| text.strip_prefix(folder).unwrap_or(text));
        let mut names = below.iter().map(|name| name.to_string_lossy().into_owned());
        let (experiment, dataset) = (names.next()?, names.next());
        let folder = folder.unwrap_or(results).to_owned();
        names.next().is_none().then_some(Self { folder, experiment: Some(experiment), dataset })
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_is_there_is_meant_whole_and_other_paths_name_an_experiment_of_the_folder_above() {
        let folder = tempfile::tempdir().unwrap();
        let (here, results) = (folder.path(), Path::new("results"));
        let asked = |folder: &Path, experiment: Option<&str>, dataset: Option<&str>| {
            let [experiment, dataset] = [experiment, dataset].map(|name| name.map(str::to_owned));
            Some(Asked { folder: folder.to_owned(), experiment, dataset })
        };
        assert_eq!(Asked::read(here, results), asked(here, None, None));
        assert_eq!(Asked::read(&here.join("plain"), results), asked(here, Some("plain"), None));
        assert_eq!(Asked::read(&here.join("plain/mnist"), results), asked(here, Some("plain"), Some("mnist")));
        let run = here.join("deep/glyphs/deep-30/seed-0");
        std::fs::create_dir_all(&run).unwrap();
        std::fs::write(run.join("experiment.toml"), "").unwrap();
        assert_eq!(Asked::read(&here.join("deep"), results), asked(here, Some("deep"), None));
        assert_eq!(Asked::read(&here.join("deep/mnist"), results), asked(here, Some("deep"), Some("mnist")));
        assert_eq!(Asked::read(&here.join("deep/glyphs"), results), asked(&here.join("deep/glyphs"), None, None));
        assert_eq!(Asked::read(Path::new("plain/mnist"), results), asked(results, Some("plain"), Some("mnist")));
        assert_eq!(Asked::read(Path::new("a/b/c"), results), None);
        assert_eq!(Asked::read(Path::new(""), results), None);
    }

    #[test]
    fn runs_are_found_in_and_below_any_folder_of_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("plain/glyphs/plain-32/seed-0");
        std::fs::create_dir_all(run.join("plots")).unwrap();
        std::fs::create_dir_all(folder.path().join("records")).unwrap();
        std::fs::write(run.join("experiment.toml"), "").unwrap();
        for above in run.ancestors().take(RUN_DEPTH + 1) {
            assert_eq!(runs_within(above).unwrap(), std::slice::from_ref(&run), "{}", above.display());
        }
        assert!(runs_within(&run.join("plots")).unwrap().is_empty());
    }
}
