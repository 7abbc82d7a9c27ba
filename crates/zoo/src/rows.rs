//! Batches of rows as dfdx tensors.

use dfdx::prelude::*;
use spec::catalogue::{Activation, Loss};

use crate::layer::activate;
use crate::matrix::Matrix;

/// A batch, `(rows, values)`.
pub(crate) type Rows<T> = Tensor<(usize, usize), f32, Cpu, T>;

/// What records the operations on a batch.
pub(crate) type Tape = OwnedTape<f32, Cpu>;

/// Whether operations are recorded or not.
pub(crate) trait Taping: dfdx::tensor::Tape<f32, Cpu> + Merge<Self> + Merge<NoneTape> + std::fmt::Debug {}

impl Taping for NoneTape {}
impl Taping for Tape {}

/// A matrix as a tensor.
pub(crate) fn rows(matrix: &Matrix) -> Rows<NoneTape> {
    Cpu::default().tensor_from_vec(matrix.values().to_vec(), (matrix.rows(), matrix.columns()))
}

/// A tensor as a matrix.
pub(crate) fn matrix<T: Taping>(rows: &Rows<T>) -> Matrix {
    let (count, columns) = *rows.shape();
    Matrix::new(count, columns, rows.as_vec())
}

/// Loss of each value, given the sums of the last layer. Cross-entropy is taken from the sums, where it neither overflows nor
/// loses digits; the last activation is then a sigmoid, which validated specs see to.
pub(crate) fn losses(output: Activation, sums: Rows<Tape>, targets: Rows<NoneTape>, loss: Loss) -> Rows<Tape> {
    match (loss, output) {
        (Loss::Bce, Activation::Sigmoid) => sums.bce_with_logits(targets),
        _ => (activate(output, sums) - targets).square(),
    }
}

/// Each row times its weight, if rows are weighted.
pub(crate) fn weighted(values: Rows<Tape>, weights: Option<&[f32]>) -> Rows<Tape> {
    let Some(weights) = weights else { return values };
    let shape = *values.shape();
    let weights = Cpu::default().tensor_from_vec(weights.to_vec(), (weights.len(),));
    values * weights.broadcast_like::<(usize, usize), Axis<1>>(&shape)
}

/// The part of the objective whose gradient with respect to the codes is what `pull` gives.
pub(crate) fn pulled(
    codes: Rows<Tape>,
    pull: Option<&dyn Fn(&Matrix) -> Matrix>,
) -> Option<Tensor<Rank0, f32, Cpu, Tape>> {
    let pull = pull?(&matrix(&codes));
    Some((codes * rows(&pull)).sum())
}
