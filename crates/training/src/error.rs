//! Errors of training.

use std::path::{Path, PathBuf};

/// An error that ends a training.
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
    /// A person or another program interrupted the training.
    #[error("interrupted; a checkpoint is saved: continue with --resume")]
    Interrupted,
    /// A checkpoint cannot be read, or another run wrote it.
    #[error("{}: {message}; start over with --force", .path.display())]
    Checkpoint {
        /// Path of the checkpoint, or of the run's folder.
        path: PathBuf,
        /// Description of what is wrong with the checkpoint.
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
    /// The network is not compiled into the program, or its file cannot be read.
    #[error(transparent)]
    Model(#[from] zoo::Error),
}

impl Error {
    pub(crate) fn checkpoint(path: &Path, message: String) -> Self {
        Self::Checkpoint { path: path.to_owned(), message }
    }
}
