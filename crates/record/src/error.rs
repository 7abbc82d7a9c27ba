//! The errors of records.

use std::path::PathBuf;

/// What can be wrong with a record.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file of a complete record is not what it was when the record was sealed.
    #[error("{} {difference}; `cargo xtask run` with --force replaces the record", .path.display())]
    Changed {
        /// The file.
        path: PathBuf,
        /// In what it differs.
        difference: String,
    },
    /// The recorded spec breaks a rule.
    #[error(transparent)]
    Spec(#[from] spec::Error),
    /// A file cannot be read or written, is not what its name says, or is in use.
    #[error(transparent)]
    File(#[from] system::Error),
}
