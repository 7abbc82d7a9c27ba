//! Reading of a whole archive, with a check of its checksums.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use flate2::bufread::GzDecoder;
use sha2::{Digest, Sha256};
use system::seal::hexadecimal;
use system::storage::NewFile;

use crate::error::Error;
use crate::name;
use crate::pack::SUMS;

/// Checksums of the files of an archive, by name.
pub(crate) type Sums = BTreeMap<String, String>;

/// Greatest size of the list of checksums that is read, in bytes: about 500,000 files.
const LONGEST_SUMS: u64 = 64 << 20;

/// File that an entry of an archive is written to; `None` if it is only checked.
pub(crate) type Target = Option<NewFile>;

/// Reads a whole archive, and checks every name and checksum. `target` gives the file that each entry is written to. If
/// `durable`, files are flushed to the disk before they get their names.
///
/// Files get their names before the archive is read to its end. To unpack all files or none, write to a temporary
/// folder.
///
/// # Errors
/// If the archive cannot be read, is damaged, or contains something other than files of records, or if a target cannot
/// be written.
pub(crate) fn read(
    archive: &Path,
    durable: bool,
    mut target: impl FnMut(&str) -> Result<Target, Error>,
) -> Result<Sums, Error> {
    let damaged = |source: io::Error| Error::damaged(archive, source);
    let file = open(archive)?;
    let mut tar = tar::Archive::new(GzDecoder::new(BufReader::new(file)));
    let (mut found, mut recorded) = (Sums::new(), None);
    for entry in tar.entries().map_err(damaged)? {
        let mut entry = entry.map_err(damaged)?;
        let name = String::from_utf8(entry.path_bytes().into_owned());
        let name = name.map_err(|_| Error::damaged(archive, "it has a name that is not UTF-8"))?;
        let refused = |why| Err(Error::refused(archive, &name, why));
        if recorded.is_some() {
            return refused("after its checksums");
        }
        if !entry.header().entry_type().is_file() {
            return refused("which is a link, a folder or a device; expected a file");
        }
        if name == SUMS {
            let mut text = String::new();
            entry.take(LONGEST_SUMS).read_to_string(&mut text).map_err(damaged)?;
            recorded = Some(text);
            continue;
        }
        if let Err(why) = name::check(&name) {
            return refused(why);
        }
        if found.contains_key(&name) {
            return refused("twice");
        }
        let target = target(&name)?;
        let sum = copy(archive, &mut entry, target, durable)?;
        found.insert(name, sum);
    }
    let mut rest = tar.into_inner();
    // Zeros may follow the end of a tar. The checksum of gzip comes after them.
    io::copy(&mut rest, &mut io::sink()).map_err(damaged)?;
    if !rest.into_inner().fill_buf().map_err(damaged)?.is_empty() {
        return Err(Error::damaged(archive, "bytes follow after its end"));
    }
    let recorded = recorded.ok_or_else(|| Error::damaged(archive, format!("it has no {SUMS}")))?;
    check(archive, &found, &recorded)?;
    Ok(found)
}

/// Opens an archive, which must be a regular file.
fn open(archive: &Path) -> Result<File, Error> {
    let unread = |source| system::Error::read(archive, source);
    let metadata = std::fs::metadata(archive).map_err(unread)?;
    if !metadata.is_file() {
        return Err(unread(io::Error::other("expected a regular file")).into());
    }
    Ok(File::open(archive).map_err(unread)?)
}

/// Copies a file out of an archive, and returns its SHA-256.
fn copy(archive: &Path, entry: &mut impl Read, target: Target, durable: bool) -> Result<String, Error> {
    let (mut digest, mut target) = (Sha256::new(), target);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = match entry.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::damaged(archive, error)),
        };
        digest.update(&buffer[..count]);
        if let Some(file) = &mut target {
            file.write_all(&buffer[..count]).map_err(|source| system::Error::write(file.path(), source))?;
        }
    }
    if let Some(file) = target {
        file.finish(durable)?;
    }
    Ok(hexadecimal(&digest.finalize()))
}

/// Compares the checksums of the files with the recorded ones.
fn check(archive: &Path, found: &Sums, recorded: &str) -> Result<(), Error> {
    let mut expected = Sums::new();
    for line in recorded.lines() {
        let (sum, name) =
            line.split_once("  ").ok_or_else(|| Error::damaged(archive, format!("`{line}` in its {SUMS}")))?;
        expected.insert(name.to_owned(), sum.to_owned());
    }
    for (name, sum) in found {
        let difference = match expected.get(name) {
            Some(expected) if expected == sum => continue,
            Some(_) => "does not match its checksum",
            None => "has no checksum",
        };
        return Err(Error::damaged(archive, format!("{name} {difference}")));
    }
    match expected.keys().find(|name| !found.contains_key(*name)) {
        Some(name) => Err(Error::damaged(archive, format!("{name} is missing"))),
        None if found.is_empty() => Err(Error::damaged(archive, "it has no files")),
        None => Ok(()),
    }
}
