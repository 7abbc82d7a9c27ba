//! The errors of drawing.

/// The drawing library failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot draw: {message}")]
pub struct Error {
    /// Its reason.
    pub message: String,
}
