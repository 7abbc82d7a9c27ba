//! Errors of reading a user's files.

use std::io;
use std::path::{Path, PathBuf};

/// An error in reading a user's file.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system cannot read the file.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The file has other contents than expected. The message gives the fault, its row, column or byte, and what is
    /// expected.
    #[error("{}: {message}", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// The fault, and what is expected.
        message: String,
    },
    /// A key of `[dataset]` does not fit the data.
    #[error("dataset.{key}: {message}")]
    Key {
        /// The key, without `dataset.`.
        key: &'static str,
        /// The fault, and what is expected.
        message: String,
    },
    /// A file of the raw form cannot be written.
    #[error("cannot write {}: {source}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The header of the raw form cannot be written.
    #[error(transparent)]
    Storage(#[from] system::Error),
}

impl Error {
    /// A [`File`](Self::File) error.
    pub fn file(path: &Path, message: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), message: message.into() }
    }

    /// A [`Key`](Self::Key) error.
    pub fn key(key: &'static str, message: impl Into<String>) -> Self {
        Self::Key { key, message: message.into() }
    }

    /// A [`Read`](Self::Read) error.
    pub fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    /// True if the error comes from the machine, such as a full disk, not from the user's data.
    pub fn is_of_the_machine(&self) -> bool {
        matches!(self, Self::Write { .. } | Self::Storage(_))
    }
}
