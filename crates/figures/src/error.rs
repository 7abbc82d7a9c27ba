//! Errors of drawing figures.

/// An error of drawing a figure from a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A recorded file cannot be read, or a figure cannot be written.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] system::Error),
    /// The record has no numbers that can be drawn; for example, a value is not finite.
    #[error("cannot draw {figure}: {message}")]
    Data {
        /// Name of the figure.
        figure: &'static str,
        /// The reason, and what is expected.
        message: String,
    },
    /// The drawing library failed.
    #[error(transparent)]
    Canvas(#[from] canvas::Error),
}

impl Error {
    pub(crate) fn data(figure: &'static str, message: String) -> Self {
        Self::Data { figure, message }
    }

    /// The error, with the name of the figure added to an error of the drawing library.
    pub(crate) fn of_figure(self, figure: &'static str) -> Self {
        match self {
            Self::Canvas(canvas::Error { message }) => Self::Data { figure, message },
            other => other,
        }
    }
}
