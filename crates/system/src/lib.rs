//! Files, checksums, signals and output streams: the parts of the operating system that every Hourglass program uses.
//!
//! [`storage`] writes each file whole or not at all, and holds locks. [`seal`] stores a checksum inside a file.
//! [`terminal`] prints without a panic when a stream is closed or full. [`interrupt`] handles Ctrl-C. [`written`] holds
//! parts of file formats that several programs write.
//!
//! ```
//! use system::storage;
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("numbers.json");
//! storage::write_json(&path, &[1, 2, 3])?;
//! assert_eq!(storage::read_json::<Vec<u32>>(&path)?, [1, 2, 3]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod error;
pub mod interrupt;
pub mod seal;
pub mod storage;
pub mod terminal;
pub mod written;

pub use error::Error;
