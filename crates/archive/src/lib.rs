//! Archives of records: run folders on their way from one results folder to another.
//!
//! An archive is a tar compressed by gzip. Its last file, `SHA256SUMS`, has a line for each of the others, as `sha256sum` writes
//! them. Files of one name stand together, in order of their paths, and have no times and no owners: the same folders give the same
//! bytes.
//!
//! ```text
//! <experiment>/<dataset>/summary.json
//! <experiment>/<dataset>/<network>/seed-<n>/...
//! SHA256SUMS
//! ```
//!
//! The report's compact records are such archives, of the files that it needs; [`pack()`] packs whole folders.

mod compact;
mod error;
mod name;
mod pack;
mod read;
mod unpack;

pub use self::compact::{gather, gather_apart, publish};
pub use self::error::Error;
pub use self::pack::{Packed, pack};
pub use self::unpack::{Unpacked, unpack};
