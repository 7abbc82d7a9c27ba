//! Errors of building networks and of reading model files.

use std::path::PathBuf;

/// An error of building a network or of reading a model file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The type of this network is not compiled into the program.
    #[error("this program was built without the network `{form}`; `cargo xtask run` builds one with it")]
    NotCompiled {
        /// Layers of the network, as the text of a [`Form`](spec::Form).
        form: String,
    },
    /// The encoder of this network is not a chain of dense layers, so it has no classifier.
    #[error("`{network}` has no classifier: its encoder is not a chain of dense layers")]
    Classifier {
        /// Name of the network.
        network: String,
    },
    /// A model file cannot be read.
    #[error(transparent)]
    Read(#[from] system::Error),
    /// A model file is damaged, or holds another network.
    #[error("{}: {message}", .path.display())]
    Format {
        /// Path of the model file.
        path: PathBuf,
        /// Description of what was found and what was expected.
        message: String,
    },
}
