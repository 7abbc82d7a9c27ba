//! Parallel loops over indices, with results in order.
//!
//! A loop takes its body as a trait object. So the compiler builds rayon's machinery once for each type of result, and not
//! once for each loop.

use std::ops::Range;

use rayon::prelude::*;

/// What `each` returns for every index below `count`.
pub(crate) fn map<T: Send>(count: usize, each: &(dyn Fn(usize) -> T + Sync)) -> Vec<T> {
    (0..count).into_par_iter().map(each).collect()
}

/// What `each` returns for the indices below `count`, in blocks of `block` and a last one that may be shorter.
pub(crate) fn map_blocks<T: Send>(count: usize, block: usize, each: &(dyn Fn(Range<usize>) -> T + Sync)) -> Vec<T> {
    map(count.div_ceil(block), &|at| each(at * block..((at + 1) * block).min(count)))
}
