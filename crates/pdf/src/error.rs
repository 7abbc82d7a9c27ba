//! The errors of writing PDF files.

/// What can go wrong between a record and its figures as PDF.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The embedded font lacks something that a PDF file states of its font.
    #[error("the embedded font cannot be read: {0}")]
    Font(&'static str),
    /// A picture or a stream cannot be compressed.
    #[error("cannot compress a part of the PDF file")]
    Compression(#[from] std::io::Error),
}
