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

/// Hands over all rows of a source, with what `tell` makes of each block beside the others, such as its text.
pub(crate) fn each<T: Send>(
    mut source: Source<'_>,
    compute: impl Fn(&Matrix) -> Matrix + Sync,
    tell: impl Fn(&Block<'_>) -> T + Sync,
    mut take: impl FnMut(&Block<'_>, T) -> Result<(), anyhow::Error>,
) -> Result<(), anyhow::Error> {
    while let Some(chunk) = source.next(BLOCK)? {
        let matrix = |first: usize| chunk.matrix(first..chunk.len().min(first + BLOCK));
        hand_over(chunk.len(), &chunk.ids, matrix, &compute, &tell, &mut take)?;
    }
    Ok(())
}

/// Hands over what codes, (rows, units), decode to, of `width` values each. The first row has this number.
pub(crate) fn of_codes<T: Send>(
    codes: &Matrix,
    (first, width): (usize, usize),
    decode: impl Fn(&Matrix) -> Matrix + Sync,
    tell: impl Fn(&Block<'_>) -> T + Sync,
    mut take: impl FnMut(&Block<'_>, T) -> Result<(), anyhow::Error>,
) -> Result<(), anyhow::Error> {
    let (units, most) = (codes.columns(), rows_at_once(width, BLOCK));
    for start in (0..codes.rows()).step_by(most) {
        let matrix = |from: usize| {
            let rows = start + from..(start + from + BLOCK).min(start + most).min(codes.rows());
            Matrix::new(rows.len(), units, codes.values()[rows.start * units..rows.end * units].to_vec())
        };
        let count = most.min(codes.rows() - start);
        hand_over(count, &Ids::numbers(first + start), matrix, &decode, &tell, &mut take)?;
    }
    Ok(())
}

fn hand_over<T: Send>(
    count: usize,
    ids: &Ids,
    matrix: impl Fn(usize) -> Matrix + Sync,
    compute: &(impl Fn(&Matrix) -> Matrix + Sync),
    tell: &(impl Fn(&Block<'_>) -> T + Sync),
    take: &mut impl FnMut(&Block<'_>, T) -> Result<(), anyhow::Error>,
) -> Result<(), anyhow::Error> {
    let firsts: Vec<usize> = (0..count).step_by(BLOCK).collect();
    let blocks: Vec<(Block<'_>, T)> = firsts
        .into_par_iter()
        .map(|first| {
            let rows = matrix(first);
            let results = compute(&rows);
            let block = Block { ids, first, rows, results };
            let told = tell(&block);
            (block, told)
        })
        .collect();
    for (block, told) in blocks {
        let is_broken = |row: &usize| block.results.row(*row).iter().any(|value| !value.is_finite());
        if let Some(row) = (0..block.results.rows()).find(is_broken) {
            bail!("row {}: the network gives values that are not finite", block.id(row));
        }
        take(&block, told)?;
    }
    Ok(())
}
