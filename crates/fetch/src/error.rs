//! The errors of a download.

use std::fmt;
use std::path::PathBuf;

/// Why a data set is not complete.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that is there is faulty, or the data set has no files.
    #[error(transparent)]
    Dataset(#[from] datasets::Error),
    /// A file or folder cannot be written.
    #[error(transparent)]
    Storage(#[from] system::Error),
    /// Something that is no data file has the name of one that is to be downloaded.
    #[error("{} is in the way and cannot be read; move it, then fetch again", .path.display())]
    InTheWay {
        /// Its path.
        path: PathBuf,
    },
    /// No mirror delivered a file.
    #[error("cannot fetch {file}: {}", .attempts.iter().map(Attempt::to_string).collect::<Vec<_>>().join("; "))]
    Download {
        /// The file.
        file: String,
        /// What each mirror said, in order.
        attempts: Vec<Attempt>,
    },
}

/// One mirror that did not deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The address asked for.
    pub url: String,
    /// What went wrong.
    pub reason: String,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.url, self.reason)
    }
}
