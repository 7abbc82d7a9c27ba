//! The errors of experiment files.

use std::path::PathBuf;

/// What can be wrong with an experiment file or a flag.
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
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] system::Error),
}

impl Error {
    /// Says in which variant of the file the fault is.
    pub(crate) fn of_variant(mut self, name: &str) -> Self {
        if let Self::Spec { message, .. } | Self::Flag { message, .. } = &mut self {
            message.push_str(&format!(" (in variant `{name}`; --set variants.NAME.KEY reaches one variant alone)"));
        }
        self
    }
}
