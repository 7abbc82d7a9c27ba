//! k-means: Lloyd's algorithm (Lloyd, 1982) with k-means++ initialisation (Arthur & Vassilvitskii, 2007).
//!
//! It draws, sums and stops exactly as linfa-clustering 0.8.1 does. The same rows and key give the same bits.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use zoo::Matrix;

use crate::parallel;

/// Limits of the iterations.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Greatest number of iterations, 1 or more.
    pub(crate) iterations: usize,
    /// Iterations end when the centres move by less than this Euclidean distance, over all centres together.
    pub(crate) tolerance: f32,
}

/// Clusters that are fitted to rows.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct KMeans {
    /// Centres, `(clusters, columns)`.
    pub(crate) centres: Matrix,
    /// Mean squared distance of a row to its nearest centre, before the last update of the centres.
    pub(crate) inertia: f32,
}

impl KMeans {
    /// Fits `clusters` clusters to the rows. If fewer rows are distinct, some clusters share a centre.
    ///
    /// Each iteration counts the old centre as one more row of its cluster. So no cluster is ever empty.
    ///
    /// # Errors
    /// When there are no rows, or when the squared distances have no finite sum.
    pub(crate) fn fit(
        rows: &Matrix,
        clusters: usize,
        limits: Limits,
        generator: &mut ChaCha8Rng,
    ) -> Result<Self, String> {
        let mut centres = initialise(rows, clusters, generator).ok_or("there are no rows")?;
        let mut iterations = 0;
        loop {
            let nearest = nearest(&centres, rows);
            let moved = means(&centres, rows, &nearest);
            let distance = f64::from(squared_distance(centres.values(), moved.values())).sqrt() as f32;
            centres = moved;
            iterations += 1;
            if distance < limits.tolerance || iterations == limits.iterations {
                let sum = sum(&nearest);
                let inertia = sum / rows.rows() as f32;
                return if sum.is_finite() { Ok(Self { centres, inertia }) } else { Err(NOT_FINITE.to_owned()) };
            }
        }
    }

    /// The cluster of each row: the index of its nearest centre. Of equally near centres, the first.
    pub(crate) fn assign(&self, rows: &Matrix) -> Vec<usize> {
        nearest(&self.centres, rows).into_iter().map(|nearest| nearest.cluster).collect()
    }
}

const NOT_FINITE: &str = "a squared distance to the nearest centre is not a finite number";

/// The nearest centre of a row.
#[derive(Clone, Copy)]
struct Nearest {
    cluster: usize,
    /// Squared distance to the centre.
    distance: f32,
}

/// Initial centres by k-means++. Each row is drawn with a probability proportional to its squared distance to the nearest
/// centre so far. If all distances are zero, the first row is taken. `None` if there are no rows.
fn initialise(rows: &Matrix, clusters: usize, generator: &mut ChaCha8Rng) -> Option<Matrix> {
    let mut centres = Matrix::zeros(clusters, rows.columns());
    let mut distances = vec![1.0; rows.rows()];
    for cluster in 0..clusters {
        let chosen = draw(&distances, generator);
        let chosen = if cluster == 0 { chosen? } else { chosen.unwrap_or(0) };
        let centre = rows.row(chosen);
        centres.row_mut(cluster).copy_from_slice(centre);
        let found = parallel::map(rows.rows(), &|row| squared_distance(centre, rows.row(row)));
        let nearer = |(distance, found): (f32, f32)| if cluster == 0 || found < distance { found } else { distance };
        distances = distances.into_iter().zip(found).map(nearer).collect();
    }
    Some(centres)
}

/// Draws an index with a probability proportional to its weight, from one 32-bit number. `None`, without a draw, if the sum
/// of the weights is zero or not finite.
fn draw(weights: &[f32], generator: &mut ChaCha8Rng) -> Option<usize> {
    let mut total = 0.0;
    let cumulative: Vec<f32> = weights
        .iter()
        .map(|weight| {
            total += weight;
            total
        })
        .collect();
    if !(total > 0.0 && total.is_finite()) {
        return None;
    }
    // The draw has 23 bits and lies in [0, 1). The scale keeps its product below the total.
    const STEPS: f32 = (1 << 23) as f32;
    let mut scale: f32 = total;
    while scale * ((STEPS - 1.0) / STEPS) >= total {
        scale = scale.next_down();
    }
    let drawn = (generator.next_u32() >> 9) as f32 / STEPS * scale;
    Some(cumulative.partition_point(|&sum| sum <= drawn).min(weights.len() - 1))
}

/// Squared Euclidean distance, summed in the order of the columns.
fn squared_distance(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).fold(0.0, |sum, (a, b)| sum + (a - b) * (a - b))
}

/// Number of centres whose distances to a row are summed in parallel lanes.
const LANES: usize = 8;

/// The centre nearest to each row. Of equally near centres, the first.
fn nearest(centres: &Matrix, rows: &Matrix) -> Vec<Nearest> {
    let lane = |cluster, column| if cluster < centres.rows() { centres.row(cluster)[column] } else { 0.0 };
    let block = |first: usize| -> Vec<[f32; LANES]> {
        (0..centres.columns()).map(|column| std::array::from_fn(|of| lane(first + of, column))).collect()
    };
    let blocks: Vec<_> = (0..centres.rows()).step_by(LANES).map(block).collect();
    let of_row = |row: &[f32]| {
        let distances = blocks.iter().flat_map(|block| {
            let mut sums = [0.0; LANES];
            for (value, centres) in row.iter().zip(block) {
                for (sum, centre) in sums.iter_mut().zip(centres) {
                    *sum += (value - centre) * (value - centre);
                }
            }
            sums
        });
        let mut distances =
            distances.take(centres.rows()).enumerate().map(|(cluster, distance)| Nearest { cluster, distance });
        let first = distances.next().unwrap_or(Nearest { cluster: 0, distance: f32::NAN });
        distances.fold(first, |nearest, other| if other.distance < nearest.distance { other } else { nearest })
    };
    parallel::map(rows.rows(), &|row| of_row(rows.row(row)))
}

/// New centres: the mean of the rows of each cluster and of its old centre.
fn means(centres: &Matrix, rows: &Matrix, nearest: &[Nearest]) -> Matrix {
    let mut means = Matrix::zeros(centres.rows(), centres.columns());
    let mut counts = vec![1_usize; centres.rows()];
    for (row, nearest) in nearest.iter().enumerate() {
        means.row_mut(nearest.cluster).iter_mut().zip(rows.row(row)).for_each(|(sum, value)| *sum += value);
        counts[nearest.cluster] += 1;
    }
    for (cluster, count) in counts.into_iter().enumerate() {
        let sums = means.row_mut(cluster).iter_mut().zip(centres.row(cluster));
        sums.for_each(|(sum, centre)| *sum = (*sum + centre) / count as f32);
    }
    means
}

/// Sum of the distances, in eight interleaved partial sums as ndarray computes it.
fn sum(nearest: &[Nearest]) -> f32 {
    let mut sums = [0.0; 8];
    let (eights, rest) = nearest.as_chunks::<8>();
    for eight in eights {
        sums.iter_mut().zip(eight).for_each(|(sum, nearest)| *sum += nearest.distance);
    }
    let sum = (0..4).fold(0.0, |sum, of| sum + (sums[of] + sums[of + 4]));
    rest.iter().fold(sum, |sum, nearest| sum + nearest.distance)
}

#[cfg(test)]
mod tests {
    use rand_chacha::rand_core::SeedableRng;
    use serde_json::Value;

    use super::*;

    const LIMITS: Limits = Limits { iterations: 100, tolerance: 1e-4 };

    /// The rows of a golden case, made as in `tests/golden/k_means.rs`.
    fn rows(case: &Value) -> Matrix {
        let whole = |key: &str| case[key].as_u64().unwrap() as usize;
        let number = |key: &str| case[key].as_f64().unwrap() as f32;
        let (rows, columns, distinct) = (whole("rows"), whole("columns"), whole("distinct"));
        let (scale, weight) = (number("scale"), number("weight"));
        let mut generator = ChaCha8Rng::from_seed([columns as u8; 32]);
        let mut draw = |count: usize| -> Vec<f32> {
            (0..count).map(|_| (generator.next_u32() >> 8) as f32 / (1 << 24) as f32).collect()
        };
        let (corners, noise) = (draw(10 * columns), draw(distinct * columns));
        let value = |row: usize, column: usize| {
            let (corner, noise) = (corners[row % 10 * columns + column], noise[row % distinct * columns + column]);
            scale * (weight * corner + (1.0 - weight) * noise)
        };
        let values = (0..rows * columns).map(|index| value(index / columns, index % columns)).collect();
        Matrix::new(rows, columns, values)
    }

    #[test]
    fn clusters_match_linfa_bit_for_bit() {
        let golden: Vec<Value> = serde_json::from_str(include_str!("../../tests/golden/k_means.json")).unwrap();
        for case in golden {
            let (name, rows) = (&case["name"], rows(&case));
            let fit = |key| KMeans::fit(&rows, 10, LIMITS, &mut ChaCha8Rng::from_seed([key; 32])).unwrap();
            let numbers = |key: &str| -> Vec<f32> {
                case[key].as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
            };
            let first = fit(0);
            let labels: String = first.assign(&rows).iter().map(usize::to_string).collect();
            assert_eq!(labels, case["labels"], "{name}");
            assert_eq!(first.centres.values(), numbers("centres"), "{name}");
            assert_eq!([0, 1, 2].map(|key| fit(key).inertia).as_slice(), numbers("inertia"), "{name}");
        }
    }

    #[test]
    fn rows_without_finite_distances_are_refused() {
        let fit = |values: Vec<f32>| {
            let rows = Matrix::new(values.len(), 1, values);
            KMeans::fit(&rows, 2, LIMITS, &mut ChaCha8Rng::from_seed([0; 32])).unwrap_err()
        };
        assert_eq!(fit(vec![0.0, 1.0, f32::NAN]), NOT_FINITE);
        assert_eq!(fit(vec![0.0, f32::INFINITY, 1.0]), NOT_FINITE);
        assert_eq!(fit(vec![f32::MAX, f32::MIN, 1.0, -1e30]), NOT_FINITE);
        assert_eq!(fit(Vec::new()), "there are no rows");
    }
}
