//! The errors of experiment files and records.

use std::io;
use std::path::{Path, PathBuf};

/// What can be wrong with an experiment file, a flag or a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file breaks a rule, at a position (line and column from 1).
    #[error("{path}:{line}:{column}: {message}", path = .path.display())]
    Spec {
        /// The experiment file.
        path: PathBuf,
        /// Line of the fault.
        line: usize,
        /// Column of the fault, in characters.
        column: usize,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// A value given on the command line breaks a rule.
    #[error("{flag}: {message}")]
    Flag {
        /// The flag as it was given, such as `--set training.epochs=0`.
        flag: String,
        /// What is wrong and what is allowed.
        message: String,
    },
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
    /// A recorded file is not what its name says.
    #[error("{}: {message}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with its contents.
        message: String,
    },
    /// A file of a complete record is not what it was when the record was sealed.
    #[error("{} {difference}; `cargo xtask run` with --force replaces the record", .path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// In what it differs.
        difference: String,
    },
    /// Another process works on what a folder holds.
    #[error("{} is in use by another command; wait until that has ended, or record elsewhere", .path.display())]
    Locked {
        /// The folder.
        path: PathBuf,
    },
}

impl Error {
    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    /// Says in which variant of the file the fault is.
    pub(crate) fn of_variant(mut self, name: &str) -> Self {
        if let Self::Spec { message, .. } | Self::Flag { message, .. } = &mut self {
            message.push_str(&format!(" (in variant `{name}`; --set variants.NAME.KEY reaches one variant alone)"));
        }
        self
    }

    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }

    pub(crate) fn format(path: &Path, message: String) -> Self {
        Self::Format { path: path.to_owned(), message }
    }
}
