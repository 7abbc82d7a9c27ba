//! Archives of records: packing run folders into one file, checking it, and unpacking it into another folder of
//! results.
//!
//! An archive is a tar file compressed by gzip. Its last file, `SHA256SUMS`, has a line for each other file, in the
//! format of `sha256sum`. Files with the same name are next to each other, sorted by path. There are no times and no
//! owners, so that the same folders give the same bytes.
//!
//! ```text
//! <experiment>/<dataset>/summary.json
//! <experiment>/<dataset>/<network>/seed-<n>/...
//! SHA256SUMS
//! ```
//!
//! The compact records of the report are archives of the files that it needs ([`publish`], [`gather`]). [`pack()`]
//! packs whole folders.
//!
//! ```
//! use record::RunDirectory;
//! use system::storage;
//!
//! let folder = tempfile::tempdir()?;
//! let run = RunDirectory::at(&folder.path().join("results/plain/glyphs/plain-32/seed-0"));
//! storage::create_directory(run.path())?;
//! for file in [run.experiment(), run.environment(), run.metrics()] {
//!     storage::write(&file, b"{}")?;
//! }
//! run.complete()?;
//! let file = folder.path().join("records.tar.gz");
//! assert_eq!(archive::pack(&file, &[folder.path().join("results")])?.runs.len(), 1);
//! assert_eq!(archive::unpack(&file, &folder.path().join("copy"))?.new.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
