//! Parallel loops over indices, with results in order.
//!
//! A loop takes its body as a trait object. The compiler then builds rayon's machinery once for each type of result, and
//! not once for each loop.

use std::ops::Range;

use rayon::prelude::*;

/// Results of `each` for every index below `count`, in order.
pub(crate) fn map<T: Send>(count: usize, each: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
    (0..count).into_par_iter().map(each).collect()
}

/// Results of `each` for the indices below `count`, in blocks of `block`; the last block may be shorter.
pub(crate) fn map_blocks<T: Send>(count: usize, block: usize, each: &(dyn Fn(Range<usize>) -> T + Sync)) -> Vec<T> {
    map(count.div_ceil(block), &|at| each(at * block..((at + 1) * block).min(count)))
}
