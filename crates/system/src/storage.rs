//! Reading and changing files and folders. Every change of the disk that Hourglass makes goes through this module.
//!
//! Files are replaced whole: after a crash, a file has its old bytes or its new ones, never a mixture. Tests can make
//! each single change fail; see [`faults`].

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;

use self::faults::step;
pub use self::growing_file::GrowingFile;
pub use self::new_file::{NewFile, NewFolder, rename, temporary_folder};
use crate::error::Error;

pub mod faults;
mod growing_file;
mod new_file;

/// Prefix of the temporary name of a file that is being written.
const UNFINISHED: &str = ".unfinished-";

/// Creates a folder and the folders above it.
///
/// # Errors
/// If one cannot be created.
pub fn create_directory(path: &Path) -> Result<(), Error> {
    step(|| fs::create_dir_all(path)).map_err(|source| Error::write(path, source))
}

/// Removes a file. Does nothing if the file does not exist.
///
/// # Errors
/// If it cannot be removed.
pub fn remove(path: &Path) -> Result<(), Error> {
    removed(path, |path| fs::remove_file(path))
}

/// Removes a folder and all files in it. Does nothing if the folder does not exist. A symbolic link is removed itself,
/// not its target.
///
/// # Errors
/// If it cannot be removed.
pub fn remove_directory(path: &Path) -> Result<(), Error> {
    removed(path, |path| fs::remove_dir_all(path))
}

/// Removes a path by `remove`. If the path does not exist, nothing is done and no change is counted.
fn removed(path: &Path, remove: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), Error> {
    match fs::symlink_metadata(path).and_then(|_| step(|| remove(path))) {
        Err(source) if source.kind() != ErrorKind::NotFound => Err(Error::write(path, source)),
        _ => Ok(()),
    }
}

/// Removes the unfinished files that a crash left in a folder. No other program may write to the folder meanwhile.
///
/// # Errors
/// If the folder cannot be read, or a file cannot be removed.
pub fn remove_unfinished(folder: &Path) -> Result<(), Error> {
    let read = |source| Error::read(folder, source);
    let entries = match fs::read_dir(folder) {
        Err(source) if source.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(read)?,
    };
    for entry in entries {
        let entry = entry.map_err(read)?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            remove(&entry.path())?;
        }
    }
    Ok(())
}

/// The lock of a file. Dropping it lets the next process take the lock.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Locks a file against every other process. Creates the file and its folder if they do not exist.
///
/// # Errors
/// If another process holds the lock, or the file cannot be opened.
pub fn lock(path: &Path) -> Result<Lock, Error> {
    let file = open_lock(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Lock { _file: file }),
        Err(TryLockError::WouldBlock) => {
            Err(Error::Locked { path: path.parent().unwrap_or(Path::new(".")).to_owned() })
        }
        Err(TryLockError::Error(source)) => Err(Error::write(path, source)),
    }
}

/// Locks a file as [`lock`] does, but waits while another process holds the lock. Use it only for locks that are held
/// briefly.
///
/// # Errors
/// If the file cannot be opened or locked.
pub fn wait_for_lock(path: &Path) -> Result<Lock, Error> {
    let file = open_lock(path)?;
    file.lock().map_err(|source| Error::write(path, source))?;
    Ok(Lock { _file: file })
}

/// Opens a lock file, and creates it if it does not exist. A symbolic link is an error, because opening it might create
/// a file elsewhere.
fn open_lock(path: &Path) -> Result<File, Error> {
    create_directory(path.parent().unwrap_or(Path::new(".")))?;
    let open = || {
        if path.is_symlink() {
            return Err(io::Error::other("it is a symbolic link; remove it"));
        }
        if path.exists() {
            regular(path)?;
        }
        File::options().create(true).truncate(false).write(true).open(path)
    };
    step(open).map_err(|source| Error::write(path, source))
}

/// Replaces a file as a whole: the bytes go to a temporary file in the same folder, are flushed to disk, and the
/// temporary file is renamed to `path`. A symbolic link at `path` is replaced, not followed.
///
/// # Errors
/// If the folder cannot be written to.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || {
        let mut file = step(|| unfinished().tempfile_in(folder))?;
        faults::write(bytes, |bytes| file.write_all(bytes))?;
        step(|| file.as_file().sync_all())?;
        step(|| file.persist(path).map_err(io::Error::from))?;
        Ok(())
    };
    write().map_err(|source| Error::write(path, source))
}

/// Builder of unfinished files. Temporary files are readable by their owner alone by default; these have the usual
/// permissions.
fn unfinished() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED);
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

/// Writes indented JSON.
///
/// # Errors
/// If the file cannot be written.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|source| Error::format(path, source.to_string()))?;
    bytes.push(b'\n');
    write(path, &bytes)
}

/// Writes a value that holds long lists as JSON on one line. With one line for each element, the file would be twice as
/// long.
///
/// # Errors
/// If the value has no form in JSON, or the file cannot be written.
pub fn write_long_json<T: Serialize>(path: &Path, value: &T) -> Result<(), Error> {
    let mut bytes = serde_json::to_vec(value).map_err(|source| Error::format(path, source.to_string()))?;
    bytes.push(b'\n');
    write(path, &bytes)
}

/// Reads a whole file.
///
/// # Errors
/// If it cannot be read, or is a folder, a pipe or a device. Reading a pipe or a device might never end.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    regular(path).and_then(|()| fs::read(path)).map_err(|source| Error::read(path, source))
}

/// Reads a whole file of text in UTF-8.
///
/// # Errors
/// As for [`read`], and if the file is not UTF-8.
pub fn read_text(path: &Path) -> Result<String, Error> {
    regular(path).and_then(|()| fs::read_to_string(path)).map_err(|source| Error::read(path, source))
}

/// Checks, before a file is opened, that it is a regular file. Opening a pipe would wait for another program.
fn regular(path: &Path) -> io::Result<()> {
    let metadata = fs::metadata(path)?;
    match (metadata.is_file(), metadata.is_dir()) {
        (true, _) => Ok(()),
        (_, true) => Err(io::Error::new(ErrorKind::IsADirectory, "it is a folder; expected a file")),
        _ => Err(io::Error::other("it is a pipe or a device; expected a regular file")),
    }
}

/// True if two paths lead to the same file or folder; false if either path does not exist. Neither is opened, because
/// opening a pipe would wait.
///
/// # Errors
/// If the system cannot read the metadata of a path.
pub fn is_same(a: &Path, b: &Path) -> Result<bool, Error> {
    let identity = |path: &Path| match identity(path) {
        Err(source) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&source.kind()) => Ok(None),
        identity => identity.map(Some).map_err(|source| Error::read(path, source)),
    };
    let (a, b) = (identity(a)?, identity(b)?);
    Ok(a.is_some() && a == b)
}

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path)?;
    Ok((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<std::path::PathBuf> {
    fs::canonicalize(path)
}

/// Reads JSON.
///
/// # Errors
/// If the file cannot be read or does not hold a `T`.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let bytes = read(path)?;
    serde_json::from_slice(&bytes).map_err(|source| Error::format(path, source.to_string()))
}

/// Writes rows as CSV with a header.
///
/// # Errors
/// If the file cannot be written.
pub fn write_csv<T: Serialize>(path: &Path, rows: &[T]) -> Result<(), Error> {
    let bytes = to_csv(rows).map_err(|message| Error::format(path, message))?;
    write(path, &bytes)
}

/// Reads rows from CSV with a header.
///
/// # Errors
/// If the file cannot be read or a row is not a `T`.
pub fn read_csv<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Error> {
    from_csv(read(path)?.as_slice()).map_err(|message| Error::format(path, message))
}

/// Rows as CSV with a header, or no bytes if there are no rows. A field that only some rows have is empty in the
/// others.
///
/// # Errors
/// If a row has no form in CSV.
pub fn to_csv<T: Serialize>(rows: &[T]) -> Result<Vec<u8>, String> {
    let alone = rows.iter().map(with_header).collect::<Result<Vec<_>, _>>().map_err(|error| error.to_string())?;
    let mut columns: Vec<&str> = Vec::new();
    for name in alone.iter().flat_map(|(header, _)| header) {
        if !columns.contains(&name) {
            columns.push(name);
        }
    }
    let mut writer = csv::Writer::from_writer(Vec::new());
    let header = (!columns.is_empty()).then(|| writer.write_record(&columns)).transpose();
    let written = alone.iter().try_for_each(|(header, row)| {
        let field = |column: &&str| header.iter().position(|name| name == *column).and_then(|place| row.get(place));
        writer.write_record(columns.iter().map(|column| field(column).unwrap_or_default()))
    });
    header.and(written).map_err(|error| error.to_string())?;
    writer.into_inner().map_err(|error| error.to_string())
}

/// Names of the fields of a row, and the values of the fields.
fn with_header<T: Serialize>(row: T) -> Result<(csv::StringRecord, csv::StringRecord), csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.serialize(row)?;
    let text = writer.into_inner().map_err(csv::IntoInnerError::into_error)?;
    let mut reader = csv::Reader::from_reader(text.as_slice());
    let fields = reader.records().next().transpose()?.unwrap_or_default();
    Ok((reader.headers()?.clone(), fields))
}

/// Rows read from CSV with a header.
///
/// # Errors
/// If a row is not a `T`.
pub fn from_csv<T: DeserializeOwned>(text: impl io::Read) -> Result<Vec<T>, String> {
    csv::Reader::from_reader(text).deserialize().collect::<Result<_, _>>().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use serde::Deserialize;

    use super::*;

    #[test]
    fn rows_with_different_fields_share_one_header() {
        #[derive(Debug, PartialEq, Serialize, Deserialize)]
        struct Row {
            name: String,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            left: Option<f64>,
            #[serde(default, skip_serializing_if = "Option::is_none")]
            right: Option<f64>,
        }
        let row = |name: &str, left, right| Row { name: name.to_owned(), left, right };
        let rows = [row("a, b", None, None), row("c", None, Some(0.5)), row("d", Some(2.0), None)];
        let text = to_csv(&rows).unwrap();
        assert_eq!(String::from_utf8_lossy(&text), "name,right,left\n\"a, b\",,\nc,0.5,\nd,,2.0\n");
        assert_eq!(from_csv::<Row>(text.as_slice()).unwrap(), rows);
        assert!(to_csv::<Row>(&[]).unwrap().is_empty());
    }

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write(&path, b"old").unwrap();
        write(&path, b"new bytes").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new bytes");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn unfinished_files_are_removed_and_other_files_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".unfinished-1a2b", ".lock", "file"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        remove_unfinished(folder.path()).unwrap();
        let mut left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".lock", "file"]);
        remove_unfinished(&folder.path().join("nowhere")).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_or_folder_is_an_error_before_it_is_opened() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let reason = |path: &Path| std::error::Error::source(&read(path).unwrap_err()).unwrap().to_string();
        assert_eq!(reason(&pipe), "it is a pipe or a device; expected a regular file");
        assert_eq!(reason(folder.path()), "it is a folder; expected a file");
        assert!(read_text(&pipe).is_err() && read_csv::<()>(&pipe).is_err() && open_lock(&pipe).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_is_the_same_by_any_path_and_differs_from_a_missing_one() {
        let folder = tempfile::tempdir().unwrap();
        let (own, link) = (folder.path().join("own"), folder.path().join("link"));
        fs::create_dir(&own).unwrap();
        std::os::unix::fs::symlink(&own, &link).unwrap();
        assert!(is_same(&own, &link).unwrap() && is_same(&own, &own.join("../own")).unwrap());
        assert!(!is_same(&own, folder.path()).unwrap() && !is_same(&own, &own.join("absent")).unwrap());
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(!is_same(&pipe, &own).unwrap() && is_same(&pipe, &pipe).unwrap(), "comparing a pipe does not open it");
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_is_replaced_and_its_target_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let (theirs, link) = (folder.path().join("theirs"), folder.path().join("link"));
        fs::create_dir(&theirs).unwrap();
        fs::write(theirs.join("kept"), "kept").unwrap();
        std::os::unix::fs::symlink(theirs.join("kept"), &link).unwrap();
        write(&link, b"ours").unwrap();
        assert_eq!(
            (fs::read(&link).unwrap(), fs::read(theirs.join("kept")).unwrap()),
            (b"ours".into(), b"kept".into())
        );
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(theirs.join("absent"), &link).unwrap();
        assert!(open_lock(&link).is_err() && !theirs.join("absent").exists());
        fs::remove_file(&link).unwrap();
        std::os::unix::fs::symlink(&theirs, &link).unwrap();
        remove_directory(&link).unwrap();
        assert!(!link.exists() && theirs.join("kept").exists());
    }
}
