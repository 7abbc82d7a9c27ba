//! An archive into a folder of results.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use record::RunDirectory;
use system::storage::{self, Lock, NewFile};

use crate::error::Error;
use crate::name;
use crate::read::{Sums, read};

/// How the name of the folder begins that an archive is unpacked into, until everything is checked.
const UNPACKING: &str = ".unpacking-";

/// What was unpacked.
#[derive(Debug)]
pub struct Unpacked {
    /// Folders of runs that are new.
    pub new: Vec<PathBuf>,
    /// Folders of runs that were there already, with the same files.
    pub known: Vec<PathBuf>,
}

/// Unpacks an archive below a folder. It is read whole and checked before anything is written. A run that is already there
/// stays; files that its folder lacks, such as weights, are added to it.
///
/// # Errors
/// When the archive cannot be read, is damaged, or holds what is no file of a record. When a file that is there differs, a run is
/// in use by another command, or the folder cannot be written to. Nothing is unpacked then.
pub fn unpack(archive: &Path, folder: &Path) -> Result<Unpacked, Error> {
    let sums = read(archive, false, |_| Ok(None))?;
    let plan = Plan::of(archive, &sums, folder)?;
    if plan.new.is_empty() && plan.added.is_empty() {
        return Ok(Unpacked { new: Vec::new(), known: plan.known });
    }
    storage::create_directory(folder)?;
    // Another one would sweep away what this one has begun.
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

/// Unpacks all files of an archive into an empty folder, and gives their checksums. What it has written when it fails is not to
/// be used.
pub(crate) fn extract(archive: &Path, folder: &Path, durable: bool) -> Result<Sums, Error> {
    read(archive, durable, |name| {
        let path = folder.join(name);
        if let Some(parent) = path.parent().filter(|parent| !parent.is_dir()) {
            storage::create_directory(parent)?;
        }
        Ok(Some(NewFile::create(&path)?))
    })
}

/// What is to be done with each part of an archive.
struct Plan {
    /// Folders of runs, and summaries, that are not there yet, by name.
    new: BTreeSet<String>,
    /// Files that folders of known runs lack.
    added: Vec<String>,
    /// Folders of runs that are there.
    known: Vec<PathBuf>,
    /// Held, so that no known run changes.
    _locks: Vec<Lock>,
}

impl Plan {
    /// Compares an archive with what is below a folder, and writes nothing but locks of runs that are there.
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
                // A run that has no status yet would become a mixture.
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

    /// Moves what is new from a folder on the same disk to where it belongs. Where that fails, what was moved is removed again.
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
                // The first error says why.
                drop(removed);
            }
            return Err(error.into());
        }
        let new = self.new.iter().filter(|name| name::run_of(&format!("{name}/file")) == Some(name.as_str()));
        Ok(Unpacked { new: new.map(|name| folder.join(name)).collect(), known: self.known })
    }
}
