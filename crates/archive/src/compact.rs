//! Compact records: an archive for each experiment and data set, of the files that the report needs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use record::RunDirectory;
use record::folders::{compact_record, compact_records, entries};
use system::storage;

use crate::error::Error;
use crate::name;
use crate::pack::write;
use crate::unpack::extract;

/// How the name of a compact record ends.
const ENDING: &str = ".tar.gz";

/// Unpacks every compact record below a folder of results into another folder, an empty one, and gives how many there are.
///
/// # Errors
/// When one cannot be read or is damaged, or the other folder cannot be written to.
pub fn gather(folder: &Path, into: &Path) -> Result<usize, Error> {
    let records = archives(folder)?;
    for archive in &records {
        let sums = extract(archive, into, false)?;
        // Two archives with the same run would become a mixture.
        if let Some(name) = sums.keys().find(|name| record_of(folder, name).as_ref() != Some(archive)) {
            return Err(Error::refused(archive, name, "which belongs into another compact record"));
        }
    }
    Ok(records.len())
}

/// Unpacks every compact record below a folder of results into a folder of its own, `<into>/<experiment>-<dataset>`. One that is
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

/// The compact records below a folder of results, by path.
fn archives(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let records = compact_records(folder);
    if !records.is_dir() {
        return Ok(Vec::new());
    }
    let mut archives = entries(&records)?;
    archives.retain(|path| path.to_string_lossy().ends_with(ENDING));
    Ok(archives)
}

/// The compact record that a file of a record belongs into.
fn record_of(folder: &Path, name: &str) -> Option<PathBuf> {
    let mut parts = name.split('/');
    Some(compact_record(folder, parts.next()?, parts.next()?))
}

/// True if two files are of one experiment on one data set.
fn is_together(a: &str, b: &str) -> bool {
    a.split('/').take(2).eq(b.split('/').take(2))
}

/// Packs files below a folder of results into compact records, one for each experiment and data set, and gives the records.
/// Others stay as they are.
///
/// # Errors
/// When a name is no file of a record, or a file cannot be read or written. When a run is in use by another command, not complete,
/// or not what was sealed.
pub fn publish(folder: &Path, names: &[String]) -> Result<Vec<PathBuf>, Error> {
    let mut records: BTreeMap<PathBuf, BTreeMap<String, PathBuf>> = BTreeMap::new();
    for name in names {
        let (Ok(()), Some(archive)) = (name::check(name), record_of(folder, name)) else {
            return Err(Error::Place { path: folder.join(name) });
        };
        let files = records.entry(archive).or_default();
        files.insert(name.clone(), folder.join(name));
        // `a` on `b-c` and `a-b` on `c` have one name.
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
