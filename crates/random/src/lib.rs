//! Random numbers that depend on seed, purpose and index alone.
//!
//! A [`Stream`] names a purpose, such as shuffling or dropout. Seed, stream and index together give a generator, and
//! the functions here draw numbers from it. No result depends on the time of day, the number of threads or the order in
//! which other numbers are drawn.
//!
//! ```
//! use random::{Stream, permutation_start};
//!
//! let mut generator = Stream::Split.generator(0, 0);
//! assert_eq!(permutation_start(&mut generator, 60_000, 5), [23775, 23619, 968, 15716, 56125]);
//! ```

mod draws;
mod streams;

pub use draws::*;
pub use streams::*;
