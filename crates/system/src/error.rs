//! Errors of reading, writing and locking files.

use std::io;
use std::path::{Path, PathBuf};

/// A file or folder that cannot be read, written or locked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file has contents of another format.
    #[error("{}: {message}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// The fault in its contents.
        message: String,
    },
    /// Another process has locked a folder.
    #[error("{} is in use by another command; wait until it has ended, or choose another folder", .path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
}

impl Error {
    /// A [`Read`](Self::Read) error.
    pub fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    /// A [`Write`](Self::Write) error.
    pub fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }

    /// A [`Format`](Self::Format) error.
    pub fn format(path: &Path, message: String) -> Self {
        Self::Format { path: path.to_owned(), message }
    }
}
