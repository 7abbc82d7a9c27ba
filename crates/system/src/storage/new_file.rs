//! Files and folders that get their name once all of their contents are written.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::faults;
use super::faults::step;
use super::unfinished;
use crate::error::Error;

/// A file under a temporary name. If it is dropped before [`finish`](Self::finish), it is removed.
#[derive(Debug)]
pub struct NewFile {
    file: NamedTempFile,
    path: PathBuf,
}

impl NewFile {
    /// Creates the temporary file in the folder of `path`, which must exist. The file gets the name `path` when it is
    /// finished.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = step(|| unfinished().tempfile_in(folder)).map_err(|source| Error::write(path, source))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// The path that the file gets when it is finished.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name, and replaces any file of that name. If `durable`, all bytes are flushed to the disk
    /// first.
    ///
    /// # Errors
    /// If the disk is full, or a folder has the name.
    pub fn finish(self, durable: bool) -> Result<(), Error> {
        let Self { file, path } = self;
        let finish = || {
            if durable {
                step(|| file.as_file().sync_all())?;
            }
            step(|| file.persist(&path).map(drop).map_err(io::Error::from))
        };
        finish().map_err(|source| Error::write(&path, source))
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        faults::write(bytes, |bytes| self.file.write_all(bytes))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// A folder under a temporary name. If it is dropped before [`finish`](Self::finish), it is removed.
#[derive(Debug)]
pub struct NewFolder {
    temporary: tempfile::TempDir,
    path: PathBuf,
}

impl NewFolder {
    /// Creates the temporary folder beside `path`. The folder above `path` must exist.
    ///
    /// # Errors
    /// If the folder above cannot be written to.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let temporary = temporary_folder(parent, super::UNFINISHED)?;
        let folder = Self { temporary, path: path.to_owned() };
        super::create_directory(&folder.inside())?;
        Ok(folder)
    }

    /// Path of the folder to write files into before it is finished.
    ///
    /// Only its owner can read a temporary folder. This folder stands inside it and has the usual permissions.
    pub fn inside(&self) -> PathBuf {
        self.temporary.path().join("folder")
    }

    /// Gives the folder its name. An empty folder of that name is replaced.
    ///
    /// # Errors
    /// If a file, or a folder with files, has the name. The error names the folder.
    pub fn finish(self) -> Result<(), Error> {
        rename(&self.inside(), &self.path)
    }
}

/// Creates a temporary folder inside `parent`, with a name that starts with `prefix`. Dropping it removes it and all
/// files in it.
///
/// # Errors
/// If `parent` cannot be written to.
pub fn temporary_folder(parent: &Path, prefix: &str) -> Result<tempfile::TempDir, Error> {
    step(|| tempfile::Builder::new().prefix(prefix).tempdir_in(parent)).map_err(|source| Error::write(parent, source))
}

/// Renames a file or folder on the same disk. A folder can replace only an empty folder.
///
/// # Errors
/// If the system refuses. The error names the new path.
pub fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    step(|| fs::rename(from, to)).map_err(|source| Error::write(to, source))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;

    #[test]
    fn a_file_gets_its_name_when_it_is_finished_and_is_removed_if_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let names = || fs::read_dir(folder.path()).unwrap().count();
        let mut file = NewFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(names(), 0);
        for (text, durable) in [("whole", true), ("again", false)] {
            let mut file = NewFile::create(&path).unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.finish(durable).unwrap();
            assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names()), (text, 1));
        }
        let error = NewFile::create(&folder.path().join("absent/file")).unwrap_err().to_string();
        assert!(error.contains("absent/file"), "{error}");
    }

    #[test]
    fn a_folder_gets_its_name_when_it_is_finished_and_has_the_usual_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let [path, other] = ["new", "other"].map(|name| folder.path().join(name));
        let new = NewFolder::create(&path).unwrap();
        fs::write(new.inside().join("file"), "text").unwrap();
        assert!(!path.exists());
        drop(new);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        let new = NewFolder::create(&path).unwrap();
        fs::write(new.inside().join("file"), "text").unwrap();
        new.finish().unwrap();
        fs::create_dir(&other).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions(), fs::metadata(&other).unwrap().permissions());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(NewFolder::create(&path).unwrap().finish().is_err(), "a folder with files is not replaced");
    }
}
