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
}
