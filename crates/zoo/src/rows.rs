//! Batches of rows as dfdx tensors.

use dfdx::prelude::*;
use spec::catalogue::{Activation, Loss};

use crate::layer::activate;
use crate::matrix::Matrix;

/// A batch of rows, `(rows, values)`.
pub(crate) type Rows<T> = Tensor<(usize, usize), f32, Cpu, T>;

/// A tape, which records the operations on a batch for differentiation.
pub(crate) type Tape = OwnedTape<f32, Cpu>;

/// Trait of [`Tape`] and [`NoneTape`]: operations are recorded or not.
pub(crate) trait Taping: dfdx::tensor::Tape<f32, Cpu> + Merge<Self> + Merge<NoneTape> + std::fmt::Debug {}

impl Taping for NoneTape {}
impl Taping for Tape {}

/// The rows of a matrix as a tensor.
pub(crate) fn rows(matrix: &Matrix) -> Rows<NoneTape> {
    Cpu::default().tensor_from_vec(matrix.values().to_vec(), (matrix.rows(), matrix.columns()))
}

/// The values of a tensor as a matrix.
pub(crate) fn matrix<T: Taping>(rows: &Rows<T>) -> Matrix {
    let (count, columns) = *rows.shape();
    Matrix::new(count, columns, rows.as_vec())
}

/// Loss of each value, given the sums of the last layer. Cross-entropy is computed from the sums, so that it neither
/// overflows nor loses digits. The last activation is then a sigmoid, which spec validation guarantees.
pub(crate) fn losses(output: Activation, sums: Rows<Tape>, targets: Rows<NoneTape>, loss: Loss) -> Rows<Tape> {
    match (loss, output) {
        (Loss::Bce, Activation::Sigmoid) => sums.bce_with_logits(targets),
        _ => (activate(output, sums) - targets).square(),
    }
}

/// Multiplies each row by its weight, if there are weights.
pub(crate) fn weighted(values: Rows<Tape>, weights: Option<&[f32]>) -> Rows<Tape> {
    let Some(weights) = weights else { return values };
    let shape = *values.shape();
    let weights = Cpu::default().tensor_from_vec(weights.to_vec(), (weights.len(),));
    values * weights.broadcast_like::<(usize, usize), Axis<1>>(&shape)
}

/// A term of the objective. Its gradient with respect to the codes is the result of `pull`.
pub(crate) fn pulled(
    codes: Rows<Tape>,
    pull: Option<&dyn Fn(&Matrix) -> Matrix>,
) -> Option<Tensor<Rank0, f32, Cpu, Tape>> {
    let pull = pull?(&matrix(&codes));
    Some((codes * rows(&pull)).sum())
}
