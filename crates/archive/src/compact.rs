//! Compact records: one archive for each experiment and data set, with the files that the report needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use record::RunDirectory;
use record::folders::{compact_record, compact_records, entries};
use system::storage;

use crate::error::Error;
use crate::name;
use crate::pack::write;
use crate::unpack::extract;

/// End of the name of a compact record.
const ENDING: &str = ".tar.gz";

/// Unpacks all compact records of a folder of results into an empty folder, and returns their number.
///
/// # Errors
/// If an archive cannot be read or is damaged, or `into` cannot be written to.
pub fn gather(folder: &Path, into: &Path) -> Result<usize, Error> {
    let records = archives(folder)?;
    for archive in &records {
        let sums = extract(archive, into, false)?;
        // Two archives with the same run would mix their files.
        if let Some(name) = sums.keys().find(|name| record_of(folder, name).as_ref() != Some(archive)) {
            return Err(Error::refused(archive, name, "which belongs to another compact record"));
        }
    }
    Ok(records.len())
}

/// Unpacks each compact record of a folder of results into a folder of its own, `<into>/<experiment>-<dataset>`. One that is
/// damaged costs itself alone: its folder is removed, and its error is given.
///
/// # Errors
/// When the folder of the compact records cannot be read, or an unfinished folder cannot be removed.
pub fn gather_apart(folder: &Path, into: &Path) -> Result<Vec<Error>, Error> {
    let mut failed = Vec::new();
    for archive in archives(folder)? {
        let name = archive.file_name().unwrap_or_default().to_string_lossy();
        let own = into.join(name.trim_end_matches(ENDING));
        if let Err(error) = extract(&archive, &own, false) {
            storage::remove_directory(&own)?;
            failed.push(error);
        }
    }
    Ok(failed)
}

/// Paths of the compact records of a folder of results, sorted.
fn archives(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let records = compact_records(folder);
    if !records.is_dir() {
        return Ok(Vec::new());
    }
    let mut archives = entries(&records)?;
    archives.retain(|path| path.to_string_lossy().ends_with(ENDING));
    Ok(archives)
}

/// Path of the compact record that a file of a record belongs to.
fn record_of(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut parts = name.split('/');
    Some(compact_record(folder, parts.next()?, parts.next()?))
}

/// True if two files belong to the same experiment on the same data set.
fn is_together(a: &str, b: &str) -> bool {
    a.split('/').take(2).eq(b.split('/').take(2))
}

/// Packs files of a folder of results into compact records, one for each experiment and data set, and returns the paths
/// of these. Other compact records do not change.
///
/// # Errors
/// If a name is not a file of a record, or a file cannot be read or written. If a run is in use by another command, is
/// not complete, or differs from its seal.
pub fn publish(folder: &Path, names: &[String]) -> Result<Vec<PathBuf>, Error> {
    let mut records: BTreeMap<PathBuf, BTreeMap<String, PathBuf>> = BTreeMap::new();
    for name in names {
        let (Ok(()), Some(archive)) = (name::check(name), record_of(folder, name)) else {
            return Err(Error::Place { path: folder.join(name) });
        };
        let files = records.entry(archive).or_default();
        files.insert(name.clone(), folder.join(name));
        // Experiment `a` on data set `b-c` and experiment `a-b` on `c` give the same name.
        let ends = files.iter().next().zip(files.iter().next_back());
        if let Some(((_, from), (_, to))) = ends.filter(|((first, _), (last, _))| !is_together(first, last)) {
            return Err(Error::Twice { first: from.clone(), second: to.clone() });
        }
    }
    let mut locks = Vec::new();
    for run in names.iter().filter_map(|name| name::run_of(name)).collect::<BTreeSet<_>>() {
        let record = RunDirectory::at(&folder.join(run));
        locks.push(record.lock()?);
        if !record.is_complete()? {
            return Err(Error::Unfinished { path: record.path().to_owned() });
        }
    }
    storage::create_directory(&compact_records(folder))?;
    for (archive, files) in &records {
        write(archive, files)?;
    }
    Ok(records.into_keys().collect())
}
