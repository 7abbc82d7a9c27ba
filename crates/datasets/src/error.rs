//! Errors of data sets: files that are missing or have other contents than expected.

use std::io;
use std::path::{Path, PathBuf};

use spec::catalogue::DatasetName;

use crate::fault::Fault;

/// An error in loading a data set.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No folder holds the data set.
    #[error(
        "no {dataset} files: looked in {}; `cargo xtask data fetch {dataset}` downloads them, and `--dataset glyphs` \
         needs no file",
        .places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    Missing {
        /// Data set to load.
        dataset: DatasetName,
        /// Folders that were searched, in order.
        places: Vec<PathBuf>,
    },
    /// A folder holds only some of the four files, or files that cannot be read.
    #[error(
        "{}: {problem}, but other files of {dataset} are here; `cargo xtask data fetch {dataset}` \
         downloads missing files", .folder.display()
    )]
    Incomplete {
        /// Data set to load.
        dataset: DatasetName,
        /// The folder.
        folder: PathBuf,
        /// Fault of the first file that is missing or cannot be read.
        problem: String,
    },
    /// A file has other contents than its name says.
    #[error("{}: {fault}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Fault of the contents.
        fault: Fault,
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
    /// Archives cannot be unpacked.
    #[error(
        "cannot unpack into {}; set TMPDIR to a folder with 60 MB to spare, or unpack the archives (gunzip -k \
         {}/*.gz): plain files are read in place",
        .path.display(),
        .archives.display()
    )]
    Temporary {
        /// Folder to unpack into.
        path: PathBuf,
        /// Folder of the archives.
        archives: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file of an unpacked data set cannot be read or written.
    #[error(transparent)]
    Storage(#[from] system::Error),
    /// The `mnist` crate failed on files that had passed every check.
    #[error("{dataset}: the mnist parser failed on checked files; they may have been changed meanwhile")]
    Parser {
        /// The data set.
        dataset: DatasetName,
    },
    /// The spec needs more images than there are.
    #[error(
        "{dataset} has {available} {file} images, but the spec needs {wanted}; lower dataset.train, dataset.validation or dataset.test"
    )]
    TooFew {
        /// The data set.
        dataset: DatasetName,
        /// `training` or `test`.
        file: &'static str,
        /// Number of images in that official file.
        available: usize,
        /// Number of images that the spec needs.
        wanted: usize,
    },
    /// The spec needs more images of one class, or of the other classes, than there are.
    #[error(
        "{dataset} has {available} training images of {} {class}, but the spec needs {wanted}; lower dataset.train, \
         dataset.validation{}",
        if *.of_the_class { "class" } else { "classes other than" },
        if *.of_the_class && *.is_rare { " or dataset.rare.share" } else { " or both" }
    )]
    TooFewOfClass {
        /// The data set.
        dataset: DatasetName,
        /// Label of the class that is left out, rare or the only one.
        class: u16,
        /// True if the class is rare.
        is_rare: bool,
        /// True if there are too few images of this class, false if there are too few of the other classes.
        of_the_class: bool,
        /// Number of such images in the official training file.
        available: usize,
        /// Number of such images that the spec needs.
        wanted: usize,
    },
    /// A user's data cannot be split, filled or scaled, or its raw form is damaged.
    #[error("{message}")]
    Own {
        /// The fault, its place, and what is allowed.
        message: String,
    },
    /// The data set has no file to fetch or verify.
    #[error("{dataset} is drawn by the program: there is no file to fetch or verify")]
    Embedded {
        /// The data set.
        dataset: DatasetName,
    },
}

impl Error {
    pub(crate) fn file(path: &Path, fault: Fault) -> Self {
        Self::File { path: path.to_owned(), fault }
    }

    pub(crate) fn read(path: &Path, source: io::Error) -> Self {
        Self::Read { path: path.to_owned(), source }
    }

    pub(crate) fn temporary(path: &Path, archives: &Path, source: io::Error) -> Self {
        Self::Temporary { path: path.to_owned(), archives: archives.to_owned(), source }
    }

    pub(crate) fn write(path: &Path, source: io::Error) -> Self {
        Self::Write { path: path.to_owned(), source }
    }
}
