//! Errors of experiment files and flags.

use std::path::PathBuf;

/// An error in an experiment file or a flag.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file breaks a rule at a position.
    #[error("{path}:{line}:{column}: {message}", path = .path.display())]
    Spec {
        /// The experiment file.
        path: PathBuf,
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault in characters, from 1.
        column: usize,
        /// The fault, and what is allowed.
        message: String,
    },
    /// A value on the command line breaks a rule.
    #[error("{flag}: {message}")]
    Flag {
        /// Flag as it was typed, such as `--set training.epochs=0`.
        flag: String,
        /// The fault, and what is allowed.
        message: String,
    },
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] system::Error),
}

impl Error {
    /// Adds the name of the variant that has the fault to the message.
    pub(crate) fn of_variant(mut self, name: &str) -> Self {
        if let Self::Spec { message, .. } | Self::Flag { message, .. } = &mut self {
            message.push_str(&format!(" (in variant `{name}`; use --set variants.NAME.KEY to change one variant)"));
        }
        self
    }
}
