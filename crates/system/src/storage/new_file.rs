//! A file that is written bit by bit and takes its name once it is whole.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::faults;
use super::faults::step;
use super::unfinished;
use crate::error::Error;

/// A file on its way to its name. Dropped before [`finish`](Self::finish), it leaves nothing behind.
#[derive(Debug)]
pub struct NewFile {
    file: NamedTempFile,
    path: PathBuf,
}

impl NewFile {
    /// Begins a file that will be called `path`, in the same folder, which must exist.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = step(|| unfinished().tempfile_in(folder)).map_err(|source| Error::write(path, source))?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// What it will be called.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the file its name, in place of any file that has it. With `durable`, all bytes are on the disk before that.
    ///
    /// # Errors
    /// When the disk is full, or the name is a folder's.
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

/// A folder on its way to its name. Dropped before [`finish`](Self::finish), it leaves nothing behind.
#[derive(Debug)]
pub struct NewFolder {
    temporary: tempfile::TempDir,
    path: PathBuf,
}

impl NewFolder {
    /// Begins a folder that will be called `path`. The folder above it must exist.
    ///
    /// # Errors
    /// When the folder above cannot be written to.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let temporary = temporary_folder(parent, super::UNFINISHED)?;
        let folder = Self { temporary, path: path.to_owned() };
        super::create_directory(&folder.inside())?;
        Ok(folder)
    }

    /// Where its files are written until it has its name. A temporary folder is its owner's alone: this one, inside it, is as open as
    /// any other.
    pub fn inside(&self) -> PathBuf {
        self.temporary.path().join("folder")
    }

    /// Gives the folder its name, in place of nothing but an empty folder.
    ///
    /// # Errors
    /// When the system refuses; the error names the folder.
    pub fn finish(self) -> Result<(), Error> {
        rename(&self.inside(), &self.path)
    }
}

/// A temporary folder inside `parent`, whose name begins with `prefix`. Dropped, it is removed with all that is in it.
///
/// # Errors
/// When `parent` cannot be written to.
pub fn temporary_folder(parent: &Path, prefix: &str) -> Result<tempfile::TempDir, Error> {
    step(|| tempfile::Builder::new().prefix(prefix).tempdir_in(parent)).map_err(|source| Error::write(parent, source))
}

/// Gives a file or folder another name on the same disk. A folder takes the place of nothing but an empty folder.
///
/// # Errors
/// When the system refuses; the error names the new name.
pub fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    step(|| fs::rename(from, to)).map_err(|source| Error::write(to, source))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use super::*;

    #[test]
    fn a_file_has_its_name_once_it_is_finished_and_leaves_nothing_if_it_never_is() {
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
    fn a_folder_has_its_name_once_it_is_finished_and_is_as_open_as_others() {
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
        assert!(NewFolder::create(&path).unwrap().finish().is_err(), "a folder with files is in the way");
    }
}
