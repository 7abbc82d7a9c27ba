//! Blocks of rows: several threads compute them at once, and the results are handed over in order.

use anyhow::bail;
use evaluation::metrics::squared_error;
use rayon::prelude::*;
use zoo::Matrix;

use crate::rows::{Ids, Source, rows_at_once};

/// Rows that one thread computes at once. The evaluation uses the same number, so that results are equal to the last bit.
const BLOCK: usize = 256;

/// Some rows and their results.
pub(crate) struct Block<'a> {
    ids: &'a Ids,
    /// Index of the first row in `ids`.
    first: usize,
    /// Rows as the network reads them, (rows, values); codes if rows are decoded from codes.
    pub(crate) rows: Matrix,
    /// Codes, (rows, units), or reconstructions, (rows, values).
    pub(crate) results: Matrix,
}

impl Block<'_> {
    /// Number of the first row in the source, from 0.
    pub(crate) fn number(&self) -> usize {
        self.ids.number(self.first)
    }

    /// Id of a row, or its number from 0 if it has no id.
    pub(crate) fn id(&self, row: usize) -> String {
        self.ids.of(self.first + row)
    }

    /// Mean squared error per value of each row; the results must be reconstructions.
    pub(crate) fn errors(&self) -> impl Iterator<Item = f64> {
        let width = self.rows.columns() as f64;
        (0..self.rows.rows()).map(move |row| squared_error(self.rows.row(row), self.results.row(row)) / width)
    }
}

/// Passes the results of `tell` for each block of a source to `take`, in order. Several threads compute blocks and call
/// `tell` while the next rows are read.
pub(crate) fn each<T: Send>(
    mut source: Source<'_>,
    compute: impl Fn(&Matrix) -> Matrix + Sync,
    tell: impl Fn(&Block<'_>) -> Result<T, anyhow::Error> + Sync,
    mut take: impl FnMut(T) -> Result<(), anyhow::Error>,
) -> Result<(), anyhow::Error> {
    let mut next = source.next(BLOCK)?;
    while let Some(chunk) = next {
        let matrix = |first: usize| chunk.matrix(first..chunk.len().min(first + BLOCK));
        let work = || told(chunk.len(), &chunk.ids, matrix, &compute, &tell);
        let (following, blocks) = rayon::join(|| source.next(BLOCK), work);
        blocks.into_iter().try_for_each(|block| take(block?))?;
        source.show(&chunk);
        next = following?;
    }
    Ok(())
}

/// Passes the results of `tell` for decoded codes to `take`, in order. Codes are (rows, units), decoded rows have `width`
/// values, and the first row has the number `first`.
pub(crate) fn of_codes<T: Send>(
    codes: &Matrix,
    (first, width): (usize, usize),
    decode: impl Fn(&Matrix) -> Matrix + Sync,
    tell: impl Fn(&Block<'_>) -> Result<T, anyhow::Error> + Sync,
    mut take: impl FnMut(T) -> Result<(), anyhow::Error>,
) -> Result<(), anyhow::Error> {
    let (units, most) = (codes.columns(), rows_at_once(width, BLOCK));
    for start in (0..codes.rows()).step_by(most) {
        let matrix = |from: usize| {
            let rows = start + from..(start + from + BLOCK).min(start + most).min(codes.rows());
            Matrix::new(rows.len(), units, codes.values()[rows.start * units..rows.end * units].to_vec())
        };
        let count = most.min(codes.rows() - start);
        let blocks = told(count, &Ids::numbers(first + start), matrix, &decode, &tell);
        blocks.into_iter().try_for_each(|block| take(block?))?;
    }
    Ok(())
}

fn told<T: Send>(
    count: usize,
    ids: &Ids,
    matrix: impl Fn(usize) -> Matrix + Sync,
    compute: &(impl Fn(&Matrix) -> Matrix + Sync),
    tell: &(impl Fn(&Block<'_>) -> Result<T, anyhow::Error> + Sync),
) -> Vec<Result<T, anyhow::Error>> {
    let firsts: Vec<usize> = (0..count).step_by(BLOCK).collect();
    let block = |first| {
        let rows = matrix(first);
        let results = compute(&rows);
        let block = Block { ids, first, rows, results };
        match (0..block.results.rows()).find(|row| !are_finite(block.results.row(*row))) {
            Some(row) => bail!("row {}: the network gives values that are not finite numbers", block.id(row)),
            None => tell(&block),
        }
    };
    firsts.into_par_iter().map(block).collect()
}

/// True if no value is infinite or NaN.
fn are_finite(values: &[f32]) -> bool {
    // Without their sign, the bits of floats have the order of the values, and the maximum of integers uses vector
    // instructions.
    let bits = values.iter().fold(0, |most: u32, value| most.max(value.abs().to_bits()));
    bits < f32::INFINITY.to_bits()
}

#[cfg(test)]
mod tests {
    use super::are_finite;

    #[test]
    fn infinite_values_and_nan_are_found() {
        assert!(are_finite(&[]) && are_finite(&[0.0, -0.0, f32::MAX, f32::MIN, f32::MIN_POSITIVE]));
        for broken in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN] {
            assert!(!are_finite(&[1.0, broken, -2.0]), "{broken}");
        }
    }
}
