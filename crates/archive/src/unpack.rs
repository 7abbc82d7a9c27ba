//! Unpacking of an archive into a folder of results.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use record::RunDirectory;
use system::storage::{self, Lock, NewFile};

use crate::error::Error;
use crate::name;
use crate::read::{Sums, read};

/// Prefix of the name of the temporary folder that an archive is unpacked into, until everything is checked.
const UNPACKING: &str = ".unpacking-";

/// Runs that were unpacked.
#[derive(Debug)]
pub struct Unpacked {
    /// Folders of new runs.
    pub new: Vec<PathBuf>,
    /// Folders of runs that existed with the same files.
    pub known: Vec<PathBuf>,
}

/// Unpacks an archive into a folder. The whole archive is checked before anything is written. A run that exists is
/// kept; files that its folder lacks, such as weights, are added.
///
/// # Errors
/// If the archive cannot be read, is damaged, or contains something other than files of records. If an existing file
/// differs, a run is in use by another command, or the folder cannot be written to. Nothing is unpacked then.
pub fn unpack(archive: &Path, folder: &Path) -> Result<Unpacked, Error> {
    let sums = read(archive, false, |_| Ok(None))?;
    let plan = Plan::of(archive, &sums, folder)?;
    if plan.new.is_empty() && plan.added.is_empty() {
        return Ok(Unpacked { new: Vec::new(), known: plan.known });
    }
    storage::create_directory(folder)?;
    // Without the lock, another command would remove the temporary folder of this one.
    let _lock = storage::lock(&folder.join(".unpack.lock"))?;
    for path in record::folders::entries(folder)? {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNPACKING)) {
            storage::remove_directory(&path)?;
        }
    }
    let staging = storage::temporary_folder(folder, UNPACKING)?;
    if extract(archive, staging.path(), true)? != sums {
        return Err(Error::damaged(archive, "it changed while it was read"));
    }
    plan.carry_out(staging.path(), folder)
}

/// Unpacks all files of an archive into an empty folder, and returns their checksums. After an error, the files in the
/// folder must not be used.
pub(crate) fn extract(archive: &Path, folder: &Path, durable: bool) -> Result<Sums, Error> {
    read(archive, durable, |name| {
        let path = folder.join(name);
        if let Some(parent) = path.parent().filter(|parent| !parent.is_dir()) {
            storage::create_directory(parent)?;
        }
        Ok(Some(NewFile::create(&path)?))
    })
}

/// Changes that unpacking an archive makes.
struct Plan {
    /// Names of folders of runs, and of summaries, that do not exist yet.
    new: BTreeSet<String>,
    /// Names of files that folders of existing runs lack.
    added: Vec<String>,
    /// Folders of runs that exist.
    known: Vec<PathBuf>,
    /// Locks of the existing runs, so that they do not change meanwhile.
    _locks: Vec<Lock>,
}

impl Plan {
    /// Compares an archive with a folder. Writes nothing except for locks of existing runs.
    fn of(archive: &Path, sums: &Sums, folder: &Path) -> Result<Self, Error> {
        let units: BTreeSet<&str> = sums.keys().map(|name| name::run_of(name).unwrap_or(name)).collect();
        let (mut new, mut added, mut known, mut locks) = (BTreeSet::new(), Vec::new(), Vec::new(), Vec::new());
        for unit in units {
            let path = folder.join(unit);
            if fs::symlink_metadata(&path).is_err() {
                new.insert(unit.to_owned());
                continue;
            }
            let in_the_way = |path: &Path| Error::InTheWay { path: path.to_owned(), archive: archive.to_owned() };
            let is_run = name::run_of(&format!("{unit}/file")) == Some(unit);
            if path.is_dir() != is_run {
                return Err(in_the_way(&path));
            }
            if is_run {
                let record = RunDirectory::at(&path);
                locks.push(record.lock()?);
                // Unpacking into a run without a status would mix files of two runs.
                if !record.status_file().is_file() {
                    return Err(in_the_way(&path));
                }
            }
            for (name, sum) in sums.iter().filter(|(name, _)| name::run_of(name).unwrap_or(name) == unit) {
                let file = folder.join(name);
                if fs::symlink_metadata(&file).is_err() {
                    added.push(name.clone());
                } else if !file.is_file() || record::sha256(&file)? != *sum {
                    return Err(in_the_way(&file));
                }
            }
            known.extend(is_run.then_some(path));
        }
        Ok(Self { new, added, known, _locks: locks })
    }

    /// Moves new files from a folder on the same disk to their places. If a move fails, the files that were moved are
    /// removed.
    fn carry_out(self, from: &Path, folder: &Path) -> Result<Unpacked, Error> {
        let mut moved = Vec::new();
        let moves = self.new.iter().chain(&self.added).try_for_each(|name| -> Result<(), system::Error> {
            let to = folder.join(name);
            if let Some(parent) = to.parent().filter(|parent| !parent.is_dir()) {
                storage::create_directory(parent)?;
            }
            storage::rename(&from.join(name), &to)?;
            moved.push(to);
            Ok(())
        });
        if let Err(error) = moves {
            for path in moved {
                let removed = if path.is_dir() { storage::remove_directory(&path) } else { storage::remove(&path) };
                // The first error gives the reason.
                drop(removed);
            }
            return Err(error.into());
        }
        let new = self.new.iter().filter(|name| name::run_of(&format!("{name}/file")) == Some(name.as_str()));
        Ok(Unpacked { new: new.map(|name| folder.join(name)).collect(), known: self.known })
    }
}
