//! The seal of a complete record: size and digest of every file, so that any later change is found.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{RunDirectory, State, Status};
use crate::error::Error;
use spec::catalogue::Task;
use system::seal::hexadecimal;
use system::storage;

/// Size and digest of a file when its record was sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the contents, in lowercase hexadecimal.
    pub sha256: String,
}

/// Size and digest by file. Names are relative to the folder of the run, with `/` between folders.
pub type Seal = BTreeMap<String, Sealed>;

impl RunDirectory {
    /// Marks the record as complete, and seals every file that it has now.
    ///
    /// # Errors
    /// If a file cannot be read, or the status cannot be written.
    pub fn complete(&self) -> Result<(), system::Error> {
        let mut seal = Seal::new();
        for path in self.files().into_iter().chain(self.figures()?).filter(|path| path.exists()) {
            seal.insert(self.name_of(&path), sealed(&path)?);
        }
        self.write_status(&Status { state: State::Complete, reason: None, seal: Some(seal) })
    }

    /// True if the record is complete and its files equal the sealed ones. Records of earlier versions have no seal.
    ///
    /// Weights, figures and the data of figures may be missing, so that a record can be kept without its largest files.
    ///
    /// # Errors
    /// If the status cannot be read, a file differs from the seal, or a file with recorded numbers is not sealed. The
    /// error names the file.
    pub fn is_complete(&self) -> Result<bool, Error> {
        let Some(Status { state: State::Complete, seal, .. }) = self.status()? else { return Ok(false) };
        let Some(seal) = seal else { return Ok(true) };
        for path in self.files().into_iter().filter(|path| path.exists()) {
            let name = self.name_of(&path);
            if !seal.contains_key(&name) && !may_be_missing(&name) {
                return Err(Error::Changed { path, difference: "was added after the record was sealed".to_owned() });
            }
        }
        for path in [self.experiment(), self.environment(), self.metrics()] {
            if !path.exists() {
                return Err(Error::Changed { path, difference: "is missing".to_owned() });
            }
        }
        for (name, expected) in &seal {
            if Path::new(name).components().any(|part| !matches!(part, Component::Normal(_))) {
                let difference = format!("lists `{name}`, which is not a file of the record");
                return Err(Error::Changed { path: self.status_file(), difference });
            }
            let path = self.path().join(name);
            if !path.exists() && may_be_missing(name) {
                continue;
            }
            let difference = match fs::metadata(&path) {
                Err(_) => Some("is missing".to_owned()),
                Ok(found) if found.len() != expected.bytes => {
                    Some(format!("has {} bytes, but had {} when it was recorded", found.len(), expected.bytes))
                }
                Ok(_) => (sealed(&path)? != *expected).then(|| "has changed since it was recorded".to_owned()),
            };
            if let Some(difference) = difference {
                return Err(Error::Changed { path, difference });
            }
        }
        Ok(true)
    }

    /// All files that a record may have, without figures and status.
    pub fn files(&self) -> Vec<PathBuf> {
        // The spec comes first, so that it is removed first: if a kill stops the removal, the remaining files belong to
        // no run.
        let files = [
            self.experiment(),
            self.environment(),
            self.epochs(),
            self.model(),
            self.last_model(),
            self.classifier(),
            self.checkpoint(),
            self.metrics(),
            self.splits(),
            self.scaling(),
            self.error_by_class(),
            self.error_by_column(),
            self.error_by_corruption(),
            self.thresholds(),
            self.apply(),
            self.blocks(),
            self.codes(),
            self.hidden_units(),
            self.images(),
            self.measures(),
            self.remarks(),
        ];
        let of_tasks = Task::ALL.iter().flat_map(|task| [self.task_rows(*task), self.task_tensors(*task)]);
        files.into_iter().chain(of_tasks).collect()
    }

    /// Files in the folder of the figures.
    fn figures(&self) -> Result<Vec<PathBuf>, system::Error> {
        let folder = self.plots();
        if !folder.is_dir() {
            return Ok(Vec::new());
        }
        let read = || fs::read_dir(&folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>();
        read().map_err(|source| system::Error::read(&folder, source))
    }

    /// Name of a file relative to the folder of the run.
    fn name_of(&self, path: &Path) -> String {
        let parts = path.strip_prefix(self.path()).unwrap_or(path).components();
        parts.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
    }
}

/// True for a file that a record can be kept without: weights, images, figures, and rows of single images.
pub fn may_be_missing(name: &str) -> bool {
    name.ends_with(".safetensors") || name.starts_with("plots/") || matches!(name, "codes.csv" | "anomaly.csv")
}

fn sealed(path: &Path) -> Result<Sealed, system::Error> {
    let contents = storage::read(path)?;
    let sha256 = hexadecimal(&Sha256::digest(&contents));
    Ok(Sealed { bytes: contents.len() as u64, sha256 })
}

/// SHA-256 of a file, in lowercase hexadecimal.
///
/// # Errors
/// If the file cannot be read.
pub fn sha256(path: &Path) -> Result<String, system::Error> {
    Ok(sealed(path)?.sha256)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> (tempfile::TempDir, RunDirectory) {
        let folder = tempfile::tempdir().unwrap();
        let record = RunDirectory::at(folder.path());
        fs::create_dir(record.plots()).unwrap();
        let files = [record.experiment(), record.environment(), record.metrics(), record.measures(), record.model()];
        for path in files.into_iter().chain([record.codes()]) {
            fs::write(path, "0.125").unwrap();
        }
        fs::write(record.plots().join("codes.svg"), "<svg/>").unwrap();
        record.complete().unwrap();
        (folder, record)
    }

    #[test]
    fn a_sealed_record_is_complete_and_one_without_a_status_is_not() {
        let (_folder, record) = record();
        assert!(record.is_complete().unwrap());
        fs::write(record.path().join("notes.txt"), "mine").unwrap();
        assert!(record.is_complete().unwrap(), "a file that is not of the record");
        record.write_status(&Status::trained()).unwrap();
        assert!(!record.is_complete().unwrap());
        fs::remove_file(record.path().join("status.json")).unwrap();
        assert!(!record.is_complete().unwrap());
    }

    #[test]
    fn an_error_names_the_file_that_is_shorter_changed_or_missing() {
        type Damage = fn(&RunDirectory);
        let damages: [(Damage, &str); 7] = [
            (|it| fs::write(it.epochs(), "added").unwrap(), "epochs.csv was added after the record was sealed"),
            (
                |it| {
                    let seal = Seal::from([("../other".to_owned(), Sealed { bytes: 0, sha256: String::new() })]);
                    for path in [it.experiment(), it.environment(), it.metrics()] {
                        fs::write(path, "0.125").unwrap();
                    }
                    let mut status = it.status().unwrap().unwrap();
                    status.seal.as_mut().unwrap().extend(seal);
                    it.write_status(&status).unwrap();
                },
                "status.json lists `../other`, which is not a file of the record",
            ),
            (
                |it| fs::write(it.model(), "0.1").unwrap(),
                "model.safetensors has 3 bytes, but had 5 when it was recorded",
            ),
            (|it| fs::write(it.metrics(), "0.126").unwrap(), "metrics.json has changed since it was recorded"),
            (|it| fs::remove_file(it.measures()).unwrap(), "measures.json is missing"),
            (|it| fs::remove_file(it.experiment()).unwrap(), "experiment.toml is missing"),
            (|it| fs::write(it.plots().join("codes.svg"), "<svg >").unwrap(), "codes.svg has changed since"),
        ];
        for (damage, expected) in damages {
            let (_folder, record) = record();
            damage(&record);
            let message = record.is_complete().unwrap_err().to_string();
            assert!(message.contains(expected) && message.contains("--force"), "{message}");
        }
    }

    #[test]
    fn a_record_can_be_kept_without_its_largest_files() {
        let (_folder, record) = record();
        fs::remove_dir_all(record.plots()).unwrap();
        fs::remove_file(record.model()).unwrap();
        fs::remove_file(record.codes()).unwrap();
        assert!(record.is_complete().unwrap());
    }

    #[test]
    fn a_record_of_an_earlier_version_without_a_seal_is_accepted() {
        let (_folder, record) = record();
        record.write_status(&Status { state: State::Complete, reason: None, seal: None }).unwrap();
        fs::write(record.metrics(), "0.5").unwrap();
        assert!(record.is_complete().unwrap());
    }
}
