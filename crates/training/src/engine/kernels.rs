//! Loops over f32, compiled for several instruction sets and chosen when the program runs, and the matrix products
//! between them.
//!
//! None of them fuses a multiplication with an addition or changes the order of a sum by the width of a vector, so that
//! each gives the same bits with every instruction set.

mod activations;
mod gaussian;
mod losses;
mod products;

pub(crate) use zoo::arithmetic::vectorised;

pub(crate) use self::activations::{activate, needs_slopes, through_activation};
pub(crate) use self::gaussian::{sample, through_sample};
pub(crate) use self::losses::{Criterion, class_loss, odds_loss, output_loss};
pub(crate) use self::products::{add_product, outer_product, product, product_transposed, sum_rows};

/// Partial sums of a long one, whatever the width of a vector.
const LANES: usize = 16;
