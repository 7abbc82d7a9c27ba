//! Why a file cannot be read.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file of the user's cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system cannot read it.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// It is not what it should be. The message says what is wrong, at which row, column or byte, and what is expected.
    #[error("{}: {message}", .path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong and what is expected.
        message: String,
    },
    /// A key of `[dataset]` does not fit the data.
    #[error("dataset.{key}: {message}")]
    Key {
        /// The key, without `dataset.`.
        key: &'static str,
        /// What is wrong and what is expected.
        message: String,
    },
    /// Rows cannot be kept.
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
    /// A file that is not what it should be.
    pub fn file(path: &Path, message: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), message: message.into() }
    }

    /// A key that does not fit the data.
    pub fn key(key: &'static str, message: impl Into<String>) -> Self {
        Self::Key { key, message: message.into() }
    }

    /// A file that the system cannot read.
    pub fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    /// Whether the machine is at fault, such as by a full disk, and not what was read.
    pub fn is_of_the_machine(&self) -> bool {
        matches!(self, Self::Write { .. } | Self::Storage(_))
    }
}
