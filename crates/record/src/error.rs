//! Errors of records.

use std::path::PathBuf;

/// An error in a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of a complete record has changed since the record was sealed.
    #[error("{} {difference}; `cargo xtask run` with --force replaces the record", .path.display())]
    Changed {
        /// Path of the file.
        path: PathBuf,
        /// Difference from the sealed file, to follow its name.
        difference: String,
    },
    /// The recorded spec breaks a rule.
    #[error(transparent)]
    Spec(#[from] spec::Error),
    /// A file cannot be read or written, has another format, or is in use.
    #[error(transparent)]
    File(#[from] system::Error),
}
