//! Errors of summarising, comparing, listing and reporting runs.

use std::path::PathBuf;

/// An error of summarising, comparing, listing or reporting runs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An error of measuring a run.
    #[error(transparent)]
    Evaluation(#[from] evaluation::Error),
    /// An experiment file or a recorded file is missing or invalid.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// A file cannot be read or written, or has invalid contents.
    #[error(transparent)]
    File(#[from] system::Error),
    /// A figure cannot be drawn.
    #[error(transparent)]
    Figure(#[from] figures::Error),
    /// Runs of different experiments or data sets cannot be summarised together.
    #[error("{}: this run belongs to {found}, but the runs before it belong to {expected}", .path.display())]
    Mixed {
        /// Folder of the run.
        path: PathBuf,
        /// Experiment and data set of the first run.
        expected: String,
        /// Experiment and data set of this run.
        found: String,
    },
    /// A claim is not a comparison of metrics.
    #[error("claim `{text}`: {message}")]
    Claim {
        /// Text of the claim.
        text: String,
        /// What is wrong and what is allowed.
        message: String,
    },
    /// A list of runs cannot be made.
    #[error("{message}")]
    List {
        /// What is wrong and what is allowed.
        message: String,
    },
    /// There is no complete run to summarise.
    #[error("{}: no complete run to summarise", .path.display())]
    NoRuns {
        /// Folder of the experiment.
        path: PathBuf,
    },
    /// The recorded results cannot be a baseline.
    #[error("these results cannot be a baseline:\n  {message}")]
    Baseline {
        /// A line for each fault: the number or run, the reason, and what to do.
        message: String,
    },
}

impl Error {
    /// The error and its causes, in one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text += &format!(": {error}");
            cause = error.source();
        }
        text
    }

    /// True if the input is at fault: a missing or different data set, an invalid claim, or a record that cannot be
    /// read, written or locked.
    pub fn is_input(&self) -> bool {
        match self {
            Self::Evaluation(error) => error.is_input(),
            Self::Figure(error) => matches!(error, figures::Error::Record(_) | figures::Error::File(_)),
            _ => true,
        }
    }
}
