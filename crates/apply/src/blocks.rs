//! Rows block by block: computed by several threads at once, handed over in order.

use anyhow::bail;
use evaluation::metrics::squared_error;
use rayon::prelude::*;
use zoo::Matrix;

use crate::rows::{Ids, Source, rows_at_once};

/// Rows that are computed at once by one thread: those of the evaluation, so that the results are the same to the last bit.
const BLOCK: usize = 256;

/// Some rows, and what becomes of them.
pub(crate) struct Block<'a> {
    ids: &'a Ids,
    /// Place of the first row among `ids`.
    first: usize,
    /// As the network reads them, (rows, values); codes where rows are made of these.
    pub(crate) rows: Matrix,
    /// Codes, (rows, units), or reconstructions, (rows, values).
    pub(crate) results: Matrix,
}

impl Block<'_> {
    /// The number of the first row, from 0.
    pub(crate) fn number(&self) -> usize {
        self.ids.number(self.first)
    }

    /// The id of a row, or else its number from 0.
    pub(crate) fn id(&self, row: usize) -> String {
        self.ids.of(self.first + row)
    }

    /// Mean squared error per value of each row, whose results are reconstructions.
    pub(crate) fn errors(&self) -> impl Iterator<Item = f64> {
        let width = self.rows.columns() as f64;
        (0..self.rows.rows()).map(move |row| squared_error(self.rows.row(row), self.results.row(row)) / width)
    }
}

/// Hands over what `tell` makes of each block of a source, in order. Blocks are computed and told by several threads, and the next rows
/// are read meanwhile.
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

/// Hands over what codes, (rows, units), decode to, of `width` values each. The first row has this number.
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
            Some(row) => bail!("row {}: the network gives values that are not finite", block.id(row)),
            None => tell(&block),
        }
    };
    firsts.into_par_iter().map(block).collect()
}

/// Whether no value is infinite or NaN.
fn are_finite(values: &[f32]) -> bool {
    // Integers, whose maximum the compiler takes with vector instructions; without their sign they have the order of the values.
    let bits = values.iter().fold(0, |most: u32, value| most.max(value.abs().to_bits()));
    bits < f32::INFINITY.to_bits()
}

#[cfg(test)]
mod tests {
    use super::are_finite;

    #[test]
    fn infinite_values_and_those_that_are_no_number_are_found() {
        assert!(are_finite(&[]) && are_finite(&[0.0, -0.0, f32::MAX, f32::MIN, f32::MIN_POSITIVE]));
        for broken in [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, -f32::NAN] {
            assert!(!are_finite(&[1.0, broken, -2.0]), "{broken}");
        }
    }
}
