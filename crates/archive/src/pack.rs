//! Packing of run folders into an archive.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};
use record::RunDirectory;
use record::folders::{entries, runs_within, summary_file};
use sha2::{Digest, Sha256};
use system::seal::hexadecimal;
use system::storage::NewFile;

use crate::error::Error;
use crate::name::{self, RUN, SUMMARY};

/// Name of the file with the checksums of all others.
pub(crate) const SUMS: &str = "SHA256SUMS";

/// First bytes of a gzip file.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Runs that were packed.
#[derive(Debug)]
pub struct Packed {
    /// Folders of the runs, sorted by path.
    pub runs: Vec<PathBuf>,
    /// Folders of the runs that are not complete.
    pub unfinished: Vec<PathBuf>,
}

/// Packs all runs in and below the folders into one file. It contains all files of a run, with weights and figures. It
/// also contains the summary of an experiment if the folder of the experiment is in or below one of the folders.
///
/// # Errors
/// If a folder has no run, or a file cannot be read or written. If a run is in use by another command, or a complete
/// run differs from its seal. No archive is written then.
pub fn pack(archive: &Path, folders: &[PathBuf]) -> Result<Packed, Error> {
    // By canonical path, so that a run that is listed twice is packed once.
    let mut found = BTreeMap::new();
    for folder in folders {
        let runs = runs_within(folder)?;
        if runs.is_empty() {
            return Err(Error::NoRuns { path: folder.clone() });
        }
        for run in runs {
            let experiment = run.ancestors().nth(2).filter(|experiment| experiment.starts_with(folder));
            let summary = experiment.map(summary_file).filter(|summary| summary.is_file());
            let (_, known) = found.entry(canonical(&run)?).or_insert((run, None));
            *known = known.take().or(summary);
        }
    }
    let mut files = BTreeMap::new();
    let mut packed = Packed { runs: Vec::new(), unfinished: Vec::new() };
    let mut locks = Vec::new();
    for (path, (run, summary)) in found {
        if is_inside(archive, &path)? {
            let why = "lies in the folder of a run to pack";
            return Err(Error::Archive { path: archive.to_owned(), why });
        }
        let record = RunDirectory::at(&run);
        locks.push(record.lock()?);
        if !record.is_complete()? {
            packed.unfinished.push(run.clone());
        }
        let place = place(&path)?;
        add_files(&run, &place, &mut files)?;
        let parts: Vec<&str> = place.split('/').take(2).collect();
        files.extend(summary.map(|summary| (format!("{}/{SUMMARY}", parts.join("/")), summary)));
        packed.runs.push(run);
    }
    write(archive, &files)?;
    Ok(packed)
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name().and_then(|name| name.to_str())
}

fn canonical(path: &Path) -> Result<PathBuf, system::Error> {
    fs::canonicalize(path).map_err(|source| system::Error::read(path, source))
}

/// Path of a run's folder in the folder of results: the last four parts of its absolute path.
fn place(run: &Path) -> Result<String, Error> {
    let wrong = || Error::Place { path: run.to_owned() };
    let parts: Option<Vec<&str>> = run.iter().map(|part| part.to_str()).collect();
    let parts = parts.ok_or_else(wrong)?;
    let place = parts[parts.len().saturating_sub(RUN)..].join("/");
    name::check(&format!("{place}/file")).map_err(|_| wrong())?;
    Ok(place)
}

/// Adds the files of a folder and its subfolders, except for locks.
fn add_files(folder: &Path, place: &str, files: &mut BTreeMap<String, PathBuf>) -> Result<(), Error> {
    for path in entries(folder)? {
        let wrong = |what| Error::Unpackable { path: path.clone(), what };
        let Some(file) = name_of(&path) else { return Err(wrong("has a name that is not UTF-8")) };
        if file.starts_with('.') {
            continue;
        }
        let name = format!("{place}/{file}");
        name::check(&name).map_err(|_| wrong("has a name that other systems cannot write"))?;
        let kind = fs::symlink_metadata(&path).map_err(|source| system::Error::read(&path, source))?;
        if kind.is_dir() {
            add_files(&path, &name, files)?;
        } else if kind.is_symlink() {
            return Err(wrong("is a symbolic link"));
        } else if !kind.is_file() {
            return Err(wrong("is a pipe or a device"));
        } else if let Some(first) = files.insert(name, path.clone()).filter(|first| *first != path) {
            return Err(Error::Twice { first, second: path });
        }
    }
    Ok(())
}

/// True if a file, which may not exist, lies in or below a folder. `folder` is a canonical path.
fn is_inside(file: &Path, folder: &Path) -> Result<bool, Error> {
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let parent = fs::canonicalize(parent).map_err(|source| system::Error::write(file, source))?;
    Ok(parent.starts_with(folder))
}

/// Writes an archive of files by their names, whole or not at all.
///
/// # Errors
/// If a file cannot be read, the archive cannot be written, or it would replace a file that is not an archive.
pub(crate) fn write(archive: &Path, files: &BTreeMap<String, PathBuf>) -> Result<(), Error> {
    if archive.exists() && !is_gzip(archive)? {
        return Err(Error::Archive { path: archive.to_owned(), why: "exists and is not an archive" });
    }
    let mut file = NewFile::create(archive)?;
    let unwritten = |source| system::Error::write(archive, source);
    // 255 stands for an unknown system. The default differs between systems.
    let compressed = GzBuilder::new().mtime(0).operating_system(255).write(&mut file, Compression::best());
    let mut tar = tar::Builder::new(compressed);
    let mut sums = String::new();
    // Files with the same name are similar: next to each other, they take a tenth less space.
    let mut ordered: Vec<(&String, &PathBuf)> = files.iter().collect();
    ordered.sort_by_key(|(name, _)| (name.rsplit('/').next(), name.as_str()));
    for (name, path) in ordered {
        sums += &format!(
            "{}  {name}\n",
            append(&mut tar, name, path).map_err(|failure| match failure {
                Failure::Reading(source) => system::Error::read(path, source),
                Failure::Writing(source) => unwritten(source),
            })?
        );
    }
    tar.append_data(&mut header(sums.len() as u64), SUMS, sums.as_bytes()).map_err(unwritten)?;
    tar.into_inner().and_then(|compressed| compressed.finish()).and_then(|file| file.flush()).map_err(unwritten)?;
    file.finish(true)?;
    Ok(())
}

fn is_gzip(path: &Path) -> Result<bool, system::Error> {
    let mut start = Vec::new();
    let file = File::open(path).and_then(|file| file.take(GZIP.len() as u64).read_to_end(&mut start));
    file.map_err(|source| system::Error::read(path, source))?;
    Ok(start == GZIP)
}

/// Header of a file in a tar, without time and owner.
fn header(bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes);
    header.set_mode(0o644);
    header.set_mtime(0);
    header
}

/// The side of copying a file into an archive that failed.
enum Failure {
    Reading(io::Error),
    Writing(io::Error),
}

/// Copies a file into an archive, and returns its SHA-256.
fn append(tar: &mut tar::Builder<impl Write>, name: &str, path: &Path) -> Result<String, Failure> {
    let file = File::open(path).map_err(Failure::Reading)?;
    let bytes = file.metadata().map_err(Failure::Reading)?.len();
    let mut source = Hashed { file: file.take(bytes), digest: Sha256::new(), failed: None };
    let written = tar.append_data(&mut header(bytes), name, &mut source);
    if let Some(error) = source.failed {
        return Err(Failure::Reading(error));
    }
    written.map_err(Failure::Writing)?;
    if source.file.limit() > 0 {
        return Err(Failure::Reading(io::Error::other("it became shorter while it was read")));
    }
    Ok(hexadecimal(&source.digest.finalize()))
}

/// A reader of a file that computes the digest of its bytes.
struct Hashed {
    file: io::Take<File>,
    digest: Sha256,
    /// Error of reading the file.
    failed: Option<io::Error>,
}

impl Read for Hashed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.file.read(buffer) {
            Ok(count) => {
                self.digest.update(&buffer[..count]);
                Ok(count)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Err(error),
            Err(error) => {
                let kind = error.kind();
                self.failed = Some(error);
                Err(kind.into())
            }
        }
    }
}
