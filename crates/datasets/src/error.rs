//! The errors of data sets: files that are missing or not what they should be.

use std::io;
use std::path::{Path, PathBuf};

use spec::catalogue::DatasetName;

use crate::fault::Fault;

/// Why there are no images.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No folder holds the data set.
    #[error(
        "no {dataset} files: looked in {}; `cargo xtask data fetch {dataset}` downloads them, and `--dataset glyphs` \
         needs no file",
        .places.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    Missing {
        /// What was asked for.
        dataset: DatasetName,
        /// The folders looked in, in order.
        places: Vec<PathBuf>,
    },
    /// A folder holds some of the four files, or some that cannot be read.
    #[error(
        "{}: {problem}, though files of {dataset} are here; `cargo xtask data fetch {dataset}` \
         downloads what is missing", .folder.display()
    )]
    Incomplete {
        /// What was asked for.
        dataset: DatasetName,
        /// The folder.
        folder: PathBuf,
        /// What is wrong with the first file that is missing or cannot be read.
        problem: String,
    },
    /// A file is not what its name says.
    #[error("{}: {fault}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
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
         {}/*.gz): plain files are read where they lie",
        .path.display(),
        .archives.display()
    )]
    Temporary {
        /// Where they were to be unpacked.
        path: PathBuf,
        /// The folder of the archives.
        archives: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// What was unpacked before cannot be read or written.
    #[error(transparent)]
    Storage(#[from] system::Error),
    /// The `mnist` crate gave up on files that had passed every check.
    #[error("{dataset}: the mnist parser failed on checked files; they may have been changed meanwhile")]
    Parser {
        /// The data set.
        dataset: DatasetName,
    },
    /// More images are asked for than there are.
    #[error("{dataset} has {available} {file} images, fewer than the {wanted} asked for")]
    TooFew {
        /// The data set.
        dataset: DatasetName,
        /// `training` or `test`.
        file: &'static str,
        /// Images in that official file.
        available: usize,
        /// Images asked for.
        wanted: usize,
    },
    /// More images of one class, or of the others, are asked for than there are.
    #[error(
        "{dataset} has {available} training images of {} {class}, fewer than the {wanted} asked for; lower dataset.train, \
         dataset.validation{}",
        if *.of_the_class { "class" } else { "classes other than" },
        if *.of_the_class && *.is_rare { " or dataset.rare.share" } else { " or both" }
    )]
    TooFewOfClass {
        /// The data set.
        dataset: DatasetName,
        /// The class that is left out, rare or the only one.
        class: u16,
        /// Whether it is rare.
        is_rare: bool,
        /// Whether it is the one of which there are too few, rather than the others.
        of_the_class: bool,
        /// Such images in the official training file.
        available: usize,
        /// Such images asked for.
        wanted: usize,
    },
    /// A user's data cannot be split, filled or scaled as asked, or its raw form is damaged.
    #[error("{message}")]
    Own {
        /// What is wrong, where, and what is allowed.
        message: String,
    },
    /// There is no file to fetch or verify.
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
