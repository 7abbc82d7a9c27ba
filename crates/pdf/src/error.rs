//! Errors of writing PDF files.

/// An error of writing a figure as PDF.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The embedded font lacks data that a PDF file needs.
    #[error("the embedded font cannot be read: {0}")]
    Font(&'static str),
    /// A picture or a stream cannot be compressed.
    #[error("cannot compress a part of the PDF file")]
    Compression(#[from] std::io::Error),
}
