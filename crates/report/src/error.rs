//! The errors of summarising, comparing and reporting.

use std::path::PathBuf;

/// What can go wrong between records and what is said of them together.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A run cannot be measured.
    #[error(transparent)]
    Evaluation(#[from] evaluation::Error),
    /// An experiment file or a recorded file is missing or wrong.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// A file cannot be read or written, or is not what its name says.
    #[error(transparent)]
    File(#[from] system::Error),
    /// A figure cannot be drawn.
    #[error(transparent)]
    Figure(#[from] figures::Error),
    /// Runs of different experiments or data sets cannot be summarised together.
    #[error("{}: belongs to {found}, but the runs before it to {expected}", .path.display())]
    Mixed {
        /// The run's folder.
        path: PathBuf,
        /// Experiment and data set of the first run.
        expected: String,
        /// Experiment and data set of this one.
        found: String,
    },
    /// A claim is not a comparison between metrics.
    #[error("claim `{text}`: {message}")]
    Claim {
        /// The claim as given.
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
        /// Where the summary would have been written.
        path: PathBuf,
    },
    /// What was recorded is no good as a baseline.
    #[error("no baseline can be made of this:\n  {message}")]
    Baseline {
        /// What cannot be held, why not, and what to do: a line for each.
        message: String,
    },
}

impl Error {
    /// What went wrong and why, in one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text += &format!(": {error}");
            cause = error.source();
        }
        text
    }

    /// Whether what was given is at fault, rather than what was done with it: a missing or foreign data set, a bad claim, or a
    /// record that cannot be read, written or locked.
    pub fn is_input(&self) -> bool {
        match self {
            Self::Evaluation(error) => error.is_input(),
            Self::Figure(error) => matches!(error, figures::Error::Record(_) | figures::Error::File(_)),
            _ => true,
        }
    }
}
