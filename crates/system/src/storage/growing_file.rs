//! A file that others read while it is written.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::faults::{self, step};
use crate::error::Error;

/// A new file that bytes are added to. Readers see them once they are flushed, or dropped.
#[derive(Debug)]
pub struct GrowingFile {
    file: File,
    /// Bytes that the system does not have yet.
    buffer: Vec<u8>,
    path: PathBuf,
}

/// More bytes than these do not wait.
const BUFFER: usize = 1 << 16;

impl GrowingFile {
    /// Begins a file in a folder that exists.
    ///
    /// # Errors
    /// When the folder cannot be written to, or something has that name.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let file = step(|| File::create_new(path)).map_err(|source| Error::write(path, source))?;
        Ok(Self { file, buffer: Vec::new(), path: path.to_owned() })
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// When the disk is full. The file then ends anywhere within the bytes that were not flushed.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() > BUFFER { self.flush() } else { Ok(()) }
    }

    /// Hands the bytes to the system.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn flush(&mut self) -> Result<(), Error> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        // Even where it fails: a part of them may be there, and none is to be there twice.
        let bytes = std::mem::take(&mut self.buffer);
        faults::write(&bytes, |bytes| self.file.write_all(bytes)).map_err(|source| Error::write(&self.path, source))
    }
}

impl Drop for GrowingFile {
    fn drop(&mut self) {
        drop(self.flush());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail")]

    use std::fs;

    use super::*;

    #[test]
    fn readers_see_what_is_flushed_and_no_file_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let read = || fs::read_to_string(&path).unwrap();
        let mut file = GrowingFile::create(&path).unwrap();
        file.write(b"one").unwrap();
        assert_eq!(read(), "");
        file.flush().unwrap();
        file.write(b", two").unwrap();
        assert_eq!(read(), "one");
        drop(file);
        assert_eq!(read(), "one, two");
        assert!(GrowingFile::create(&path).is_err());
        assert_eq!(read(), "one, two");
    }

    #[test]
    fn bytes_that_are_many_do_not_wait_for_a_flush() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut file = GrowingFile::create(&path).unwrap();
        file.write(&[7; BUFFER + 1]).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().len(), BUFFER as u64 + 1);
    }
}
