//! The errors of archives.

use std::path::{Path, PathBuf};

/// Why records cannot be packed or unpacked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be read, written or locked.
    #[error(transparent)]
    File(#[from] system::Error),
    /// A complete record is not what was sealed.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// There is nothing to pack.
    #[error("{}: no run is recorded in or below it; expected a folder such as results or results/plain/glyphs", .path.display())]
    NoRuns {
        /// The folder as given.
        path: PathBuf,
    },
    /// A run that is to be published is not complete.
    #[error("{}: the run is not complete; `cargo xtask run` with --resume goes on", .path.display())]
    Unfinished {
        /// Folder of the run.
        path: PathBuf,
    },
    /// Something in a run's folder cannot be put into an archive.
    #[error("{} {what}, which no archive of records can hold", .path.display())]
    Unpackable {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A name is no name of a record's file.
    #[error("{} is no place of a record; expected <experiment>/<dataset>/<network>/seed-<n>", .path.display())]
    Place {
        /// The file or folder.
        path: PathBuf,
    },
    /// Two files would have one place: that of one run in an archive, or archives of one name.
    #[error("{} and {} have the same place in what is packed; pack one of them", .first.display(), .second.display())]
    Twice {
        /// The first file.
        first: PathBuf,
        /// The second one.
        second: PathBuf,
    },
    /// The archive to be written is a file of something else, or lies in a folder that is to be packed.
    #[error("{} {why}; choose another file for the archive", .path.display())]
    Archive {
        /// The file.
        path: PathBuf,
        /// Why it is not written.
        why: &'static str,
    },
    /// A file is no archive of records, or not the one that was written.
    #[error("{}: damaged, or no archive of records: {message}", .path.display())]
    Damaged {
        /// The archive.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// An archive holds something else than files of records.
    #[error("{}: holds `{name}`, {why}; nothing is unpacked", .path.display())]
    Refused {
        /// The archive.
        path: PathBuf,
        /// Name in the archive.
        name: String,
        /// Why it is not unpacked.
        why: &'static str,
    },
    /// A record on the disk is not the one in the archive.
    #[error(
        "{} is not what {} holds; move its folder away, or unpack into another",
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
    /// An archive that cannot be read as one.
    pub(crate) fn damaged(path: &Path, message: impl ToString) -> Self {
        Self::Damaged { path: path.to_owned(), message: message.to_string() }
    }

    /// A file in an archive that is not unpacked.
    pub(crate) fn refused(path: &Path, name: &str, why: &'static str) -> Self {
        Self::Refused { path: path.to_owned(), name: name.to_owned(), why }
    }
}
