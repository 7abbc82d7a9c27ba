//! Exact search for nearest neighbours by Euclidean distance.
//!
//! Distances come from matrix products. In hundreds of dimensions a search tree prunes nothing, and a product over a block
//! of rows is more than ten times as fast as their differences.

use datasets::Rows;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use zoo::Matrix;

use crate::inputs::clean;
use crate::parallel;

/// Number of rows that one thread compares with as many others at once.
const BLOCK: usize = 500;

/// Rank of the training row whose distance is the score of a row.
const NEIGHBOUR: usize = 10;

/// Anomaly score by distance to training rows: the subject `kth_neighbour`.
#[derive(Debug, Clone)]
pub struct KthNeighbour {
    train: Matrix,
}

impl KthNeighbour {
    /// Stores the training rows.
    pub fn of(train: &Rows) -> Self {
        Self { train: clean(train, 0..train.len()) }
    }

    /// Distance of each row to the 10th nearest training row, or to the furthest if there are fewer.
    pub fn distances(&self, rows: &Matrix) -> Vec<f64> {
        let last = nearest(rows, &self.train, NEIGHBOUR).into_iter().map(|found| found.last().copied());
        last.map(|neighbour| neighbour.map_or(0.0, |neighbour| neighbour.distance)).collect()
    }
}

/// A neighbour and its distance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Neighbour {
    /// Euclidean distance.
    pub(crate) distance: f64,
    /// Index of the neighbour in the rows that were searched.
    pub(crate) index: usize,
}

/// The `count` rows nearest to each of `queries`, nearest first, or all rows if there are fewer. Of equal distances, the
/// row with the lower index comes first.
///
/// # Panics
/// When queries and rows have different numbers of columns.
pub(crate) fn nearest(queries: &Matrix, rows: &Matrix, count: usize) -> Vec<Vec<Neighbour>> {
    let columns = rows.columns();
    assert_eq!(queries.columns(), columns, "queries and rows have the same number of columns");
    let squares = |matrix: &Matrix| -> Vec<f64> {
        let square = |row: usize| matrix.row(row).iter().map(|value| f64::from(*value).powi(2)).sum();
        parallel::map(matrix.rows(), &square)
    };
    let (own, theirs) = (squares(queries), squares(rows));
    let starts = |length: usize| (0..length).step_by(BLOCK);
    let pairs: Vec<(usize, usize)> =
        starts(queries.rows()).flat_map(|query| starts(rows.rows()).map(move |row| (query, row))).collect();
    let slice = |matrix: &Matrix, start: usize| {
        let end = (start + BLOCK).min(matrix.rows());
        start * columns..end * columns
    };
    let found: Vec<Vec<Vec<Neighbour>>> = parallel::map(pairs.len(), &|pair| {
        let (query, row) = pairs[pair];
        let left = &queries.values()[slice(queries, query)];
        let right = &rows.values()[slice(rows, row)];
        let (height, width) = (left.len() / columns, right.len() / columns);
        let mut products = vec![0.0; height * width];
        matmul(
            MatMut::from_row_major_slice_mut(&mut products, height, width),
            Accum::Replace,
            MatRef::from_row_major_slice(left, height, columns),
            MatRef::from_row_major_slice(right, width, columns).transpose(),
            1.0_f32,
            Par::Seq,
        );
        // Exact distance of large values, whose product overflows in single precision.
        let exact = |place: usize, other: usize| -> f64 {
            let pairs = queries.row(query + place).iter().zip(rows.row(row + other));
            pairs.map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum()
        };
        let closest = |(place, (products, own)): (usize, (&[f32], &f64))| {
            let squared = products.iter().zip(&theirs[row..]).enumerate().map(|(other, (product, theirs))| {
                match product.is_finite() {
                    // Rounding can make the squared distance of a copy negative.
                    true => (own + theirs - 2.0 * f64::from(*product)).max(0.0),
                    false => exact(place, other),
                }
            });
            let all = squared.enumerate().map(|(index, square)| (square, row + index)).collect();
            first(all, count).into_iter().map(|(distance, index)| Neighbour { distance, index }).collect()
        };
        products.chunks_exact(width).zip(&own[query..]).enumerate().map(closest).collect()
    });
    let blocks = rows.rows().div_ceil(BLOCK);
    parallel::map(queries.rows(), &|query| {
        let of_blocks = &found[query / BLOCK * blocks..][..blocks];
        let all = of_blocks.iter().flat_map(|block| &block[query % BLOCK]);
        first(all.map(|found| (found.distance, found.index)).collect(), count)
            .into_iter()
            .map(|(square, index)| Neighbour { distance: square.sqrt(), index })
            .collect()
    })
}

/// The `count` smallest pairs, in rising order.
fn first(mut pairs: Vec<(f64, usize)>, count: usize) -> Vec<(f64, usize)> {
    let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
    if count < pairs.len() {
        pairs.select_nth_unstable_by(count, order);
        pairs.truncate(count);
    }
    pairs.sort_unstable_by(order);
    pairs
}

#[cfg(test)]
mod tests {
    use random::Stream;

    use spec::Shape;

    use super::*;

    fn rows(count: usize, index: u64) -> Matrix {
        let mut rows = Matrix::zeros(count, 7);
        random::normals(&mut Stream::Samples.generator(3, index), rows.values_mut());
        rows
    }

    #[test]
    fn large_values_have_large_finite_distances() {
        let train = Rows::new(Shape::Vector { width: 2 }, vec![2.0_f32; 40], Vec::new());
        let distances = KthNeighbour::of(&train).distances(&Matrix::new(2, 2, vec![3e38, -1.0, 2.0, 2.0]));
        assert!((distances[0] - 3e38).abs() < 1e32 && distances[1] == 0.0, "{distances:?}");
    }

    #[test]
    fn neighbours_across_blocks_match_a_search_of_all_distances() {
        let (queries, rows) = (rows(BLOCK + 20, 0), rows(2 * BLOCK + 100, 1));
        let found = nearest(&queries, &rows, 9);
        for query in [0, 7, BLOCK - 1, BLOCK, BLOCK + 19] {
            let distance = |row: usize| {
                let pairs = queries.row(query).iter().zip(rows.row(row));
                pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt()
            };
            let mut order: Vec<usize> = (0..rows.rows()).collect();
            order.sort_by(|a, b| distance(*a).total_cmp(&distance(*b)));
            let indices: Vec<usize> = found[query].iter().map(|neighbour| neighbour.index).collect();
            assert_eq!(indices, order[..9]);
            assert!(found[query].iter().all(|found| (found.distance - distance(found.index)).abs() < 1e-5));
        }
    }

    #[test]
    fn the_first_of_equal_rows_is_found_and_at_most_all_rows() {
        let rows = Matrix::new(3, 1, vec![2.0, 1.0, 2.0]);
        let indices: Vec<usize> =
            nearest(&Matrix::new(1, 1, vec![2.0]), &rows, 5)[0].iter().map(|neighbour| neighbour.index).collect();
        assert_eq!(indices, [0, 2, 1]);
    }
}
