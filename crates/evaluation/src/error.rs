//! Errors of measuring a run.

use std::path::PathBuf;

use record::ranges::Range;

/// An error between a trained model and its figures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An experiment file or a recorded file is missing or invalid.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// A file cannot be read or written, or has another format than its name says.
    #[error(transparent)]
    File(#[from] system::Error),
    /// The data set cannot be loaded.
    #[error(transparent)]
    Dataset(#[from] datasets::Error),
    /// The recorded weights cannot be loaded.
    #[error(transparent)]
    Model(#[from] zoo::Error),
    /// The data set is not the one that the model was trained on.
    #[error(
        "{}: trained on a data set with fingerprint {recorded}, but this one has {found}; give the same files with \
         --data-dir, or train again",
        .path.display()
    )]
    Fingerprint {
        /// Path of the run's `environment.json`.
        path: PathBuf,
        /// Fingerprint of the data set at training.
        recorded: String,
        /// Fingerprint of the data set that was found now.
        found: String,
    },
    /// A reconstruction contains infinities or NaN.
    #[error("the {subject} gives values on the {split} split that are not finite numbers")]
    NotFinite {
        /// The subject whose reconstruction it is.
        subject: &'static str,
        /// Name of the split: `train`, `validation` or `test`.
        split: &'static str,
    },
    /// A measured value is outside the range of its number.
    #[error(
        "{field} of {subject} is {value}; expected {range}. This is a bug of Hourglass, or the weights are unusable"
    )]
    Measure {
        /// Subject of the number; see [`spec::subject`].
        subject: String,
        /// Name of the number.
        field: &'static str,
        /// The measured value.
        value: f64,
        /// Range that the value must lie in.
        range: Range,
    },
    /// A model could not be fitted to rows.
    #[error("{what} could not be fitted to the {subject}: {message}")]
    Fit {
        /// Name of the model.
        what: &'static str,
        /// Description of the rows.
        subject: &'static str,
        /// Reason of the failure.
        message: String,
    },
    /// An eigendecomposition did not converge.
    #[error("the eigendecomposition of a covariance did not converge")]
    Eigendecomposition,
    /// A figure cannot be drawn.
    #[error(transparent)]
    Figure(#[from] figures::Error),
}

impl Error {
    /// True if the input is at fault, not the measurement: a missing or different data set, or a record that cannot be
    /// read, written or locked.
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
