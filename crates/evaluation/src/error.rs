//! The errors of measuring.

use std::path::PathBuf;

use record::ranges::Range;

/// What can go wrong between a trained model and its figures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An experiment file or a recorded file is missing or wrong.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// A file cannot be read or written, or is not what its name says.
    #[error(transparent)]
    File(#[from] system::Error),
    /// The data set cannot be loaded.
    #[error(transparent)]
    Dataset(#[from] datasets::Error),
    /// The recorded weights cannot be loaded.
    #[error(transparent)]
    Model(#[from] zoo::Error),
    /// The data set is not the one the model was trained on.
    #[error(
        "{}: trained on a data set with fingerprint {recorded}, but this one has {found}; give the same files with \
         --data-dir, or train again",
        .path.display()
    )]
    Fingerprint {
        /// `environment.json` of the run.
        path: PathBuf,
        /// Fingerprint at training.
        recorded: String,
        /// Fingerprint now.
        found: String,
    },
    /// A reconstruction holds infinities or NaN.
    #[error("the {subject} gives values that are not finite on the {split} split")]
    NotFinite {
        /// Whose reconstruction.
        subject: &'static str,
        /// `train`, `validation` or `test`.
        split: &'static str,
    },
    /// What was measured is no value that the number may have.
    #[error("{field} of {subject} is {value}; expected {range}. This is a fault of Hourglass or of the weights")]
    Measure {
        /// Whose number it is; see [`spec::subject`].
        subject: String,
        /// Name of the number.
        field: &'static str,
        /// Its value.
        value: f64,
        /// The values that it may have.
        range: Range,
    },
    /// Something could not be fit to training images.
    #[error("{what} could not be fit to the {subject}: {message}")]
    Fit {
        /// What was to be fit.
        what: &'static str,
        /// Whose rows it was to be fit to.
        subject: &'static str,
        /// Why not.
        message: String,
    },
    /// The eigenvalues of a covariance were not found.
    #[error("the eigendecomposition of a covariance did not converge")]
    Eigendecomposition,
    /// A figure cannot be drawn.
    #[error(transparent)]
    Figure(#[from] figures::Error),
}

impl Error {
    /// Whether what was given is at fault, rather than what was done with it: a missing or foreign data set, or a record that
    /// cannot be read, written or locked.
    pub fn is_input(&self) -> bool {
        match self {
            Self::Record(_)
            | Self::File(_)
            | Self::Figure(figures::Error::Record(_) | figures::Error::File(_))
            | Self::Dataset(_)
            | Self::Model(_)
            | Self::Fingerprint { .. } => true,
            Self::NotFinite { .. }
            | Self::Measure { .. }
            | Self::Fit { .. }
            | Self::Eigendecomposition
            | Self::Figure(_) => false,
        }
    }
}
