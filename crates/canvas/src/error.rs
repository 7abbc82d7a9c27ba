//! The error of drawing a figure.

/// An error of the drawing library, of a font or of an encoder.
#[derive(Debug, thiserror::Error)]
#[error("cannot draw: {message}")]
pub struct Error {
    /// Reason of the error.
    pub message: String,
}
