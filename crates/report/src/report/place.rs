//! Finds the records of an experiment: in the folder of results, and in a compact record that was unpacked elsewhere.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use record::folders::{begun_experiments, begun_runs, compact_record, names, summary_file};

use crate::error::Error;

/// The folders that hold records of one experiment on one data set.
pub(super) struct Place {
    pub(super) experiment: String,
    pub(super) dataset: String,
    /// The existing folders: first the one in the results, then the one of the unpacked record. The first has
    /// precedence.
    directories: Vec<PathBuf>,
    /// Folder of the unpacked record, which may not exist, and the file of the record.
    unpacked: Option<(PathBuf, PathBuf)>,
}

impl Place {
    /// A place with one folder only, `<experiment>/<dataset>`.
    pub(super) fn of(directory: &Path) -> Self {
        let (experiment, dataset) = names(directory);
        Self { experiment, dataset, directories: vec![directory.to_owned()], unpacked: None }
    }

    /// Every experiment with a summary or a started run in one of two folders, by name: `results`, and `unpacked` with
    /// the compact records of the folder `out`.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub(super) fn all(results: Option<&Path>, unpacked: Option<&Path>, out: &Path) -> Result<Vec<Self>, Error> {
        let mut found = BTreeSet::new();
        for folder in results.into_iter().chain(unpacked) {
            found.extend(begun_experiments(folder)?.iter().map(|directory| names(directory)));
        }
        let place = |(experiment, dataset): (String, String)| {
            let directory = |folder: &Path| folder.join(&experiment).join(&dataset);
            let directories = results.into_iter().chain(unpacked).map(directory).filter(|path| path.is_dir()).collect();
            let archive = compact_record(out, &experiment, &dataset);
            let unpacked = unpacked.map(|folder| (directory(folder), archive));
            Self { experiment, dataset, directories, unpacked }
        };
        Ok(found.into_iter().map(place).collect())
    }

    /// The folder of the summary that is used; `None` without a summary.
    pub(super) fn summary(&self) -> Option<&Path> {
        self.directories.iter().map(PathBuf::as_path).find(|directory| summary_file(directory).is_file())
    }

    /// The folder with precedence.
    pub(super) fn first(&self) -> &Path {
        self.directories.first().map_or(Path::new(""), PathBuf::as_path)
    }

    /// Every started run, by path. A run in both folders is taken from the results.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub(super) fn runs(&self) -> Result<Vec<PathBuf>, Error> {
        let mut runs: Vec<(PathBuf, PathBuf)> = Vec::new();
        for directory in &self.directories {
            for run in begun_runs(directory)? {
                let name = run.strip_prefix(directory).unwrap_or(&run).to_owned();
                if !runs.iter().any(|(known, _)| *known == name) {
                    runs.push((name, run));
                }
            }
        }
        runs.sort();
        Ok(runs.into_iter().map(|(_, run)| run).collect())
    }

    /// The error, with the path of the record in place of a path in the unpacked folder, which is temporary.
    pub(super) fn named(&self, error: Error) -> Error {
        let text = error.chain();
        match &self.unpacked {
            Some((folder, archive)) if text.contains(&*folder.to_string_lossy()) => {
                let message = text.replace(&format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR), "");
                Error::File(system::Error::format(archive, message))
            }
            _ => error,
        }
    }
}
