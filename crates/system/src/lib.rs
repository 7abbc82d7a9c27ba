//! What every program needs of the machine: files that are written whole, checksums, signals, and the two output streams.

mod error;
pub mod interrupt;
pub mod seal;
pub mod storage;
pub mod terminal;
pub mod written;

pub use error::Error;
