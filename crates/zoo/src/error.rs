//! The errors of models and their files.

use std::path::PathBuf;

/// What can be wrong with a model or its file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A code size that no architecture is compiled for.
    #[error("code size {code} is not in the catalogue")]
    CodeSize {
        /// The size asked for.
        code: usize,
    },
    /// An architecture whose encoder is no chain of dense layers.
    #[error("there is no classifier of `{architecture}`")]
    Classifier {
        /// Its name.
        architecture: &'static str,
    },
    /// Images of a side that no network of this code size is compiled for.
    #[error("the catalogue has no such network of code size {code} for images of {side} pixels a side")]
    Side {
        /// Pixels on each side.
        side: usize,
        /// The code size asked for.
        code: usize,
    },
    /// A model file cannot be read.
    #[error(transparent)]
    Read(#[from] system::Error),
    /// A model file is not what its name says, or holds another model.
    #[error("{}: {message}", .path.display())]
    Format {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        message: String,
    },
}
