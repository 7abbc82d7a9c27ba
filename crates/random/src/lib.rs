//! Random numbers that depend on seed, purpose and index alone: named streams, and draws from them.

mod draws;
mod streams;

pub use draws::*;
pub use streams::*;
