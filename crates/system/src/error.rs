//! The errors of files.

use std::io;
use std::path::{Path, PathBuf};

/// Why a file or folder cannot be used.
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
    /// A file's contents are not what its name says.
    #[error("{}: {message}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with its contents.
        message: String,
    },
    /// Another process works on what a folder holds.
    #[error("{} is in use by another command; wait until that has ended, or record elsewhere", .path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
}

impl Error {
    /// A file that cannot be read.
    pub fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    /// A file or folder that cannot be written.
    pub fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }

    /// A file with the wrong contents.
    pub fn format(path: &Path, message: String) -> Self {
        Self::Format { path: path.to_owned(), message }
    }
}
