//! Errors of archives.

use std::path::{Path, PathBuf};

/// An error in packing or unpacking records.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be read, written or locked.
    #[error(transparent)]
    File(#[from] system::Error),
    /// A complete record differs from its seal.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// A folder has no run to pack.
    #[error("{}: there is no run in it or below it; expected a folder such as results or results/plain/glyphs", .path.display())]
    NoRuns {
        /// Folder as the user gave it.
        path: PathBuf,
    },
    /// A run to publish is not complete.
    #[error("{}: the run is not complete; continue it by `cargo xtask run` with --resume", .path.display())]
    Unfinished {
        /// Folder of the run.
        path: PathBuf,
    },
    /// A file of a run's folder cannot be part of an archive.
    #[error("{} {what}, which an archive of records cannot contain", .path.display())]
    Unpackable {
        /// The file.
        path: PathBuf,
        /// Reason, to follow the name.
        what: &'static str,
    },
    /// A path does not have the form of a record's file.
    #[error("{} is not a folder of a record; expected <experiment>/<dataset>/<network>/seed-<n>", .path.display())]
    Place {
        /// The file or folder.
        path: PathBuf,
    },
    /// Two files would have the same name: of one run in an archive, or of two archives.
    #[error("{} and {} would have the same name in the archive; pack one of them", .first.display(), .second.display())]
    Twice {
        /// The first file.
        first: PathBuf,
        /// The second one.
        second: PathBuf,
    },
    /// The path of the archive is a file of another kind, or lies in a folder to pack.
    #[error("{} {why}; choose another file for the archive", .path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// Reason why it is not written.
        why: &'static str,
    },
    /// A file is not an archive of records, or has changed since it was written.
    #[error("{}: damaged, or not an archive of records: {message}", .path.display())]
    Damaged {
        /// The archive.
        path: PathBuf,
        /// Fault of the archive.
        message: String,
    },
    /// An archive contains something other than files of records.
    #[error("{}: contains `{name}`, {why}; nothing is unpacked", .path.display())]
    Refused {
        /// The archive.
        path: PathBuf,
        /// Name in the archive.
        name: String,
        /// Reason why it is not unpacked.
        why: &'static str,
    },
    /// A record on the disk differs from the one in the archive.
    #[error(
        "{} differs from the file in {}; move its folder away, or unpack into another folder",
        .path.display(),
        .archive.display()
    )]
    InTheWay {
        /// The first file that differs.
        path: PathBuf,
        /// The archive.
        archive: PathBuf,
    },
}

impl Error {
    /// A [`Damaged`](Self::Damaged) error.
    pub(crate) fn damaged(path: &Path, message: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), message: message.to_string() }
    }

    /// A [`Refused`](Self::Refused) error.
    pub(crate) fn refused(path: &Path, name: &str, why: &'static str) -> Self {
        Self::Refused { path: path.to_owned(), name: name.to_owned(), why }
    }
}
