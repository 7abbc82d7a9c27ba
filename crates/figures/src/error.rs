//! The errors of drawing.

/// What can go wrong between a record and its figures.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A recorded file cannot be read, or a figure cannot be written.
    #[error(transparent)]
    Record(#[from] record::Error),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] system::Error),
    /// The record holds nothing that can be drawn, such as a value that is not finite.
    #[error("cannot draw {figure}: {message}")]
    Data {
        /// Name of the figure.
        figure: &'static str,
        /// What is wrong with the numbers.
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

    /// The same, with the name of the figure that the drawing library failed at.
    pub(crate) fn of_figure(self, figure: &'static str) -> Self {
        match self {
            Self::Canvas(canvas::Error { message }) => Self::Data { figure, message },
            other => other,
        }
    }
}
