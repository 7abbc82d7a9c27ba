//! The errors of training.

use std::path::{Path, PathBuf};

/// What can stop a training.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The loss is NaN or infinite.
    #[error(
        "{stage} diverged: the loss is no longer a finite number in epoch {epoch}, at learning rate {learning_rate}; \
         try a smaller learning rate"
    )]
    Diverged {
        /// Name of the stage.
        stage: String,
        /// Epoch of the run, from 1.
        epoch: usize,
        /// Learning rate of that epoch.
        learning_rate: f32,
    },
    /// Someone asked it to stop.
    #[error("interrupted; what has been trained is kept")]
    Interrupted,
    /// A checkpoint cannot be read, or is one of another run.
    #[error("{}: {message}; start over with --force", .path.display())]
    Checkpoint {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The data set cannot be loaded.
    #[error(transparent)]
    Dataset(#[from] datasets::Error),
    /// The record cannot be read or written.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] system::Error),
    /// The catalogue lacks the model.
    #[error(transparent)]
    Model(#[from] zoo::Error),
}

impl Error {
    pub(crate) fn checkpoint(path: &Path, message: String) -> Self {
        Self::Checkpoint { path: path.to_owned(), message }
    }
}
