//! Loops over f32 and matrix products. The loops are compiled for several instruction sets; the program picks one at run
//! time.
//!
//! No loop fuses a multiplication with an addition, and no order of a sum depends on the width of a vector. Each loop
//! therefore gives the same bits with every instruction set.

mod activations;
mod gaussian;
mod losses;
mod products;

pub(crate) use zoo::arithmetic::vectorised;

pub(crate) use self::activations::{activate, needs_slopes, through_activation};
pub(crate) use self::gaussian::{sample, through_sample};
pub(crate) use self::losses::{Criterion, class_loss, odds_loss, output_loss};
pub(crate) use self::products::{add_product, outer_product, product, product_transposed, sum_rows};

/// Number of partial sums of a long sum, for vectors of any width.
const LANES: usize = 16;
