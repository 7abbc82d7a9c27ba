//! Matrix products of rows, weights and deltas.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// Number of weights above which a product is split in two, so that idle threads can help.
const HALVED: usize = 262_144;

/// Sums of a layer without bias: `outputs = inputs W^T`. `inputs` is `(rows, width)` and `weights` `(outputs, width)`,
/// row-major.
pub(crate) fn product_transposed(outputs: &mut [f32], inputs: &[f32], weights: &[f32], rows: usize) {
    let (width, written) = (inputs.len() / rows, outputs.len() / rows);
    let weights = MatRef::from_row_major_slice(weights, written, width);
    multiply(outputs, Accum::Replace, inputs, weights.transpose(), rows);
}

/// Computes `outputs = inputs W`. `weights` is `(width of inputs, width of outputs)`, row-major.
pub(crate) fn product(outputs: &mut [f32], inputs: &[f32], weights: &[f32], rows: usize) {
    let (width, written) = (inputs.len() / rows, outputs.len() / rows);
    multiply(outputs, Accum::Replace, inputs, MatRef::from_row_major_slice(weights, width, written), rows);
}

/// Computes `outputs += inputs W`. `weights` is `(width of inputs, width of outputs)`, row-major.
pub(crate) fn add_product(outputs: &mut [f32], inputs: &[f32], weights: &[f32], rows: usize) {
    let (width, written) = (inputs.len() / rows, outputs.len() / rows);
    multiply(outputs, Accum::Add, inputs, MatRef::from_row_major_slice(weights, width, written), rows);
}

fn multiply(outputs: &mut [f32], accum: Accum, inputs: &[f32], weights: MatRef<'_, f32>, rows: usize) {
    let inputs = MatRef::from_row_major_slice(inputs, rows, weights.nrows());
    let outputs = MatMut::from_row_major_slice_mut(outputs, rows, weights.ncols());
    let multiply = |outputs: MatMut<'_, f32>, weights: MatRef<'_, f32>| {
        matmul(outputs, accum, inputs, weights, 1.0, Par::Seq);
    };
    if weights.nrows() * weights.ncols() <= HALVED {
        return multiply(outputs, weights);
    }
    let middle = weights.ncols() / 2;
    let (left, right) = outputs.split_at_col_mut(middle);
    let (left_weights, right_weights) = weights.split_at_col(middle);
    rayon::join(|| multiply(left, left_weights), || multiply(right, right_weights));
}

/// Sums over rows of products of deltas and inputs, `(units, width)`: columns `first_unit..` of `deltas` times all of
/// `inputs`. Adds them to `sums`, or replaces `sums` by them.
pub(crate) fn outer_product(
    sums: &mut [f32],
    deltas: &[f32],
    first_unit: usize,
    inputs: &[f32],
    rows: usize,
    accum: Accum,
) {
    let (width, outputs) = (inputs.len() / rows, deltas.len() / rows);
    let units = sums.len() / width;
    matmul(
        MatMut::from_row_major_slice_mut(sums, units, width),
        accum,
        MatRef::from_row_major_slice(deltas, rows, outputs).subcols(first_unit, units).transpose(),
        MatRef::from_row_major_slice(inputs, rows, width),
        1.0,
        Par::Seq,
    );
}

/// Adds up rows, `(rows, width)`, into `sums`, `(width,)`.
pub(crate) fn sum_rows(sums: &mut [f32], rows: &[f32]) {
    sums.fill(0.0);
    for row in rows.chunks_exact(sums.len()) {
        sums.iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
    }
}
