//! Errors of a download.

use std::fmt;
use std::path::PathBuf;

/// An error in downloading a data set.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// An existing file is faulty, or the data set has no files.
    #[error(transparent)]
    Dataset(#[from] datasets::Error),
    /// A file or folder cannot be written.
    #[error(transparent)]
    Storage(#[from] system::Error),
    /// A file or folder that is not a data file has the name of a file to download.
    #[error("{} exists, but is not a data file; move it, then fetch again", .path.display())]
    InTheWay {
        /// Path of the file or folder.
        path: PathBuf,
    },
    /// No mirror delivers a file.
    #[error("cannot fetch {file}: {}", .attempts.iter().map(Attempt::to_string).collect::<Vec<_>>().join("; "))]
    Download {
        /// Name of the file.
        file: String,
        /// Failures of the mirrors, in order.
        attempts: Vec<Attempt>,
    },
}

/// Failure of one mirror.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Address of the file.
    pub url: String,
    /// Reason of the failure.
    pub reason: String,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.reason)
    }
}
