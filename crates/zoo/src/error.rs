//! The errors of models and their files.

use std::path::PathBuf;

/// What can be wrong with a model or its file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A network whose type is not compiled into the program.
    #[error("this program was built without the network `{form}`; `cargo xtask run` builds one with it")]
    NotCompiled {
        /// Its layers; see [`Form`](spec::Form).
        form: String,
    },
    /// A network whose encoder is no chain of dense layers.
    #[error("there is no classifier of `{network}`")]
    Classifier {
        /// Its name.
        network: String,
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
