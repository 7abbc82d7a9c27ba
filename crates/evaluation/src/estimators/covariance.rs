//! Means and covariances of columns: exact for bytes, in double precision for real rows.

use std::sync::{Mutex, PoisonError};

use faer::linalg::matmul::triangular::{self, BlockStructure};
use faer::{Accum, Mat, MatRef, Par};
use rayon::prelude::*;

/// Number of rows that are multiplied at once.
///
/// Bytes minus 128 lie in [-128, 127], so a sum of 1,024 products stays within 2^24. Every partial sum is an integer that
/// f32 represents exactly: neither the order of summation nor fused multiplication changes it. Sums over blocks are
/// integers below 2^53 in f64. The covariance of bytes is therefore exact before its one final division, on every processor
/// and at any number of threads.
const BLOCK: usize = 1024;

/// Shift of bytes to [-128, 127], which does not change a covariance.
const SHIFT: i64 = 128;

/// Means and covariance of the columns.
pub(crate) struct Moments {
    /// Mean of each column, `(columns,)`.
    pub(crate) mean: Vec<f64>,
    /// Covariance, `(columns, columns)`, divided by the number of rows minus one. Only the lower triangle is set.
    pub(crate) covariance: Mat<f64>,
}

/// Moments of `count` rows of bytes, in units of one byte step. They are exact before the last division, up to 700,000
/// rows.
pub(crate) fn of_bytes<'a>(count: usize, columns: usize, row: impl Fn(usize) -> &'a [u8] + Sync) -> Moments {
    let (mut products, sums) = products_of_bytes(count, columns, row);
    let rows = count as f64;
    let scale = rows * (rows - 1.0).max(1.0);
    for column in 0..columns {
        for line in column..columns {
            let product = &mut products[(line, column)];
            *product = (rows * *product - sums[line] as f64 * sums[column] as f64) / scale;
        }
    }
    let mean = sums.iter().map(|&sum| (sum + SHIFT * count as i64) as f64 / rows.max(1.0)).collect();
    Moments { mean, covariance: products }
}

/// Lower triangle of the products of the columns of `count` rows of bytes minus 128, and the sums of the columns. Exact.
pub(crate) fn products_of_bytes<'a>(
    count: usize,
    columns: usize,
    row: impl Fn(usize) -> &'a [u8] + Sync,
) -> (Mat<f64>, Vec<i64>) {
    let total = Mutex::new((Mat::<f64>::zeros(columns, columns), vec![0_i64; columns]));
    (0..count.div_ceil(BLOCK)).into_par_iter().for_each_init(
        || (vec![0.0_f32; BLOCK.min(count) * columns], Mat::<f32>::zeros(columns, columns)),
        |(values, products), block| {
            let rows = block * BLOCK..((block + 1) * BLOCK).min(count);
            let values = &mut values[..rows.len() * columns];
            let mut sums = vec![0_i64; columns];
            for (index, target) in rows.zip(values.chunks_exact_mut(columns)) {
                for ((value, sum), &byte) in target.iter_mut().zip(&mut sums).zip(row(index)) {
                    let shifted = i64::from(byte) - SHIFT;
                    *value = shifted as f32;
                    *sum += shifted;
                }
            }
            gram(products, values, columns);

            // Sums of integers are exact, so the order of the threads does not matter.
            let mut guard = total.lock().unwrap_or_else(PoisonError::into_inner);
            let (total, total_sums) = &mut *guard;
            for column in 0..columns {
                let from = products.col_as_slice(column);
                for (sum, &value) in total.col_as_slice_mut(column)[column..].iter_mut().zip(&from[column..]) {
                    *sum += f64::from(value);
                }
            }
            total_sums.iter_mut().zip(&sums).for_each(|(total, sum)| *total += sum);
        },
    );

    total.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Moments of real rows, given row by row. Blocks are added in order on one thread.
pub(crate) fn of_rows(values: &[f32], columns: usize) -> Moments {
    let rows = (values.len() / columns.max(1)) as f64;
    let mut mean = vec![0.0; columns];
    for row in values.chunks_exact(columns.max(1)) {
        mean.iter_mut().zip(row).for_each(|(mean, &value)| *mean += f64::from(value));
    }
    mean.iter_mut().for_each(|mean| *mean /= rows.max(1.0));

    let mut total = Mat::<f64>::zeros(columns, columns);
    let mut products = Mat::<f64>::zeros(columns, columns);
    for block in values.chunks(BLOCK * columns.max(1)) {
        let centred: Vec<f64> =
            block.iter().zip(mean.iter().cycle()).map(|(&value, mean)| f64::from(value) - mean).collect();
        gram(&mut products, &centred, columns);
        total += &products;
    }
    let scale = (rows - 1.0).max(1.0);
    for column in 0..columns {
        total.col_as_slice_mut(column).iter_mut().for_each(|value| *value /= scale);
    }
    Moments { mean, covariance: total }
}

/// Lower triangle of `rows^T * rows`.
fn gram<T: faer::traits::ComplexField>(products: &mut Mat<T>, rows: &[T], columns: usize) {
    let rows = MatRef::from_row_major_slice(rows, rows.len() / columns.max(1), columns);
    triangular::matmul(
        products.as_mut(),
        BlockStructure::TriangularLower,
        Accum::Replace,
        rows.transpose(),
        BlockStructure::Rectangular,
        rows,
        BlockStructure::Rectangular,
        T::one_impl(),
        Par::Seq,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that include 0 and 255, so that the sums come near the bound.
    fn bytes(count: usize, columns: usize) -> Vec<u8> {
        (0..count * columns)
            .map(|index| match (index * 2_654_435_761) >> 7 & 3 {
                0 => 0,
                1 => 255,
                _ => ((index * 40_503) >> 3) as u8,
            })
            .collect()
    }

    #[test]
    fn the_covariance_of_bytes_is_exact_before_the_last_division() {
        let (count, columns) = (2_500, 9);
        let bytes = bytes(count, columns);
        let moments = of_bytes(count, columns, |index| &bytes[index * columns..(index + 1) * columns]);
        let column = |column: usize| bytes.iter().skip(column).step_by(columns).map(|&byte| i64::from(byte));
        for i in 0..columns {
            let sum: i64 = column(i).sum();
            assert_eq!(moments.mean[i], sum as f64 / count as f64);
            for j in 0..=i {
                let product: i64 = column(i).zip(column(j)).map(|(a, b)| a * b).sum();
                let numerator = count as i64 * product - sum * column(j).sum::<i64>();
                let exact = numerator as f64 / (count as f64 * (count - 1) as f64);
                assert_eq!(moments.covariance[(i, j)], exact);
            }
        }
    }

    #[test]
    fn real_rows_and_bytes_have_the_same_moments() {
        let (count, columns) = (1_500, 5);
        let bytes = bytes(count, columns);
        let rows: Vec<f32> = bytes.iter().map(|&byte| f32::from(byte)).collect();
        let exact = of_bytes(count, columns, |index| &bytes[index * columns..(index + 1) * columns]);
        let real = of_rows(&rows, columns);
        for i in 0..columns {
            assert!((exact.mean[i] - real.mean[i]).abs() < 1e-9);
            for j in 0..=i {
                assert!((exact.covariance[(i, j)] - real.covariance[(i, j)]).abs() < 1e-7);
            }
        }
    }
}
