//! A mixture of normal distributions, fitted by expectation-maximisation (Dempster et al., 1977).

use std::f64::consts::TAU;
use std::ops::Range;

use faer::Mat;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use zoo::Matrix;
use zoo::arithmetic::vectorised;

use crate::parallel;

/// Greatest number of iterations.
const ITERATIONS: usize = 60;
/// Rise of the mean log-likelihood, in nats, below which the iterations end.
const TOLERANCE: f64 = 1e-3;
/// Number of k-means iterations that give the initial components.
const FIRST_ITERATIONS: usize = 10;
/// Number of rows whose densities are computed together, one in each vector lane.
const LANES: usize = 32;
/// Added to each variance, so that a component of few rows keeps an extent (scikit-learn's `reg_covar`).
const FLOOR: f64 = 1e-6;

/// A mixture of normal components, each with its own full covariance.
#[derive(Debug, Clone)]
pub struct Mixture {
    components: Vec<Component>,
}

#[derive(Debug, Clone)]
struct Component {
    weight: f64,
    mean: Vec<f64>,
    /// Lower triangle whose product with its transpose is the covariance, row after row.
    factor: Vec<f64>,
    /// Logarithm of the factor's determinant.
    log_determinant: f64,
}

impl Mixture {
    /// Fits `components` components to rows, starting from k-means with k-means++ initialisation (Arthur & Vassilvitskii,
    /// 2007).
    pub fn fit(rows: &Matrix, components: usize, generator: &mut ChaCha8Rng) -> Self {
        let assigned = k_means(rows, components.min(rows.rows()), generator);
        let parts = assigned.iter().max().map_or(1, |most| most + 1);
        let mut shares: Vec<Vec<f64>> =
            assigned.iter().map(|own| (0..parts).map(|part| if part == *own { 1.0 } else { 0.0 }).collect()).collect();
        let mut mixture = Self::of(rows, &shares);
        let mut before = f64::NEG_INFINITY;
        for _ in 0..ITERATIONS {
            let likelihoods: Vec<f64>;
            let blocks = parallel::map_blocks(rows.rows(), LANES, &|block| mixture.shares(rows, block));
            (likelihoods, shares) = blocks.into_iter().flatten().unzip();
            let mean = likelihoods.iter().sum::<f64>() / likelihoods.len() as f64;
            if mean - before < TOLERANCE {
                break;
            }
            before = mean;
            mixture = Self::of(rows, &shares);
        }
        mixture
    }

    /// The components, given the share of each row in each of them.
    fn of(rows: &Matrix, shares: &[Vec<f64>]) -> Self {
        let parts = shares.first().map_or(0, Vec::len);
        let component = |part: usize| Component::of(rows, shares.iter().map(|shares| shares[part]));
        Self { components: parallel::map(parts, &component) }
    }

    /// Log density in nats of each row of a block, and its share in each component. A block has at most `LANES` rows.
    fn shares(&self, rows: &Matrix, block: Range<usize>) -> Vec<(f64, Vec<f64>)> {
        let mut values = vec![[0.0; LANES]; rows.columns()];
        for (lane, row) in block.clone().enumerate() {
            values.iter_mut().zip(rows.row(row)).for_each(|(lanes, value)| lanes[lane] = f64::from(*value));
        }
        let mut room = values.clone();
        let of_components: Vec<[f64; LANES]> =
            self.components.iter().map(|component| component.log_densities(&values, &mut room)).collect();
        let of_row = |lane: usize| {
            let mut logs: Vec<f64> = of_components.iter().map(|lanes| lanes[lane]).collect();
            let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = logs.iter().map(|log| (log - most).exp()).sum();
            let total = most + sum.ln();
            logs.iter_mut().for_each(|log| *log = (*log - total).exp());
            (total, logs)
        };
        (0..block.len()).map(of_row).collect()
    }

    /// Samples rows from the mixture, `(rows, columns)`.
    pub fn draw(&self, rows: usize, generator: &mut ChaCha8Rng) -> Matrix {
        let columns = self.components.first().map_or(0, |component| component.mean.len());
        let mut drawn = Matrix::zeros(rows, columns);
        let mut noise = vec![0.0; columns];
        for index in 0..rows {
            let mut left = uniform(generator);
            let within = self.components.iter().find(|component| {
                left -= component.weight;
                left < 0.0
            });
            random::normals(generator, &mut noise);
            let Some(component) = within.or(self.components.last()) else { continue };
            let moved = component.mean.iter().zip(component.rows_of_factor());
            for (value, (mean, factors)) in drawn.row_mut(index).iter_mut().zip(moved) {
                let sum: f64 = factors.iter().zip(&noise).map(|(factor, noise)| factor * f64::from(*noise)).sum();
                *value = (mean + sum) as f32;
            }
        }
        drawn
    }
}

impl Component {
    /// Weight, mean and covariance of rows, each weighted by its share.
    fn of(rows: &Matrix, shares: impl Iterator<Item = f64> + Clone) -> Self {
        let columns = rows.columns();
        // Never 0: a component that lost all rows remains, with almost no weight.
        let total = shares.clone().sum::<f64>() + 10.0 * f64::EPSILON;
        let mut mean = vec![0.0; columns];
        for (row, share) in shares.clone().enumerate() {
            mean.iter_mut().zip(rows.row(row)).for_each(|(mean, value)| *mean += share * f64::from(*value));
        }
        mean.iter_mut().for_each(|mean| *mean /= total);
        let mut covariance = Mat::<f64>::zeros(columns, columns);
        let mut centred = vec![0.0; columns];
        for (row, share) in shares.enumerate().filter(|(_, share)| *share > 1e-12) {
            centred
                .iter_mut()
                .zip(rows.row(row))
                .zip(&mean)
                .for_each(|((c, value), mean)| *c = f64::from(*value) - mean);
            for column in 0..columns {
                let scaled = share * centred[column];
                let sums = &mut covariance.col_as_slice_mut(column)[column..];
                sums.iter_mut().zip(&centred[column..]).for_each(|(sum, value)| *sum += scaled * value);
            }
        }
        for column in 0..columns {
            covariance.col_as_slice_mut(column)[column..].iter_mut().for_each(|sum| *sum /= total);
            covariance[(column, column)] += FLOOR;
        }
        let triangle = factor(covariance);
        let log_determinant = (0..columns).map(|index| triangle[(index, index)].ln()).sum();
        let row = |row: usize| (0..=row).map(move |column| (row, column));
        let factor = (0..columns).flat_map(row).map(|place| triangle[place]).collect();
        Self { weight: total / rows.rows() as f64, mean, factor, log_determinant }
    }

    /// The rows of the factor: the first has one value, and each has one more than the row before.
    fn rows_of_factor(&self) -> impl Iterator<Item = &[f64]> {
        let mut rest = self.factor.as_slice();
        (1..=self.mean.len()).map(move |length| {
            let (row, below) = rest.split_at(length);
            rest = below;
            row
        })
    }

    /// Logarithms of the weighted densities of a block of rows, which is given column by column. `solved` is scratch space
    /// of the same size.
    fn log_densities(&self, values: &[[f64; LANES]], solved: &mut [[f64; LANES]]) -> [f64; LANES] {
        let mut squares = [0.0; LANES];
        vectorised(
            #[inline(always)]
            || {
                for (index, row) in self.rows_of_factor().enumerate() {
                    let mut known = [0.0; LANES];
                    for (factor, solved) in row[..index].iter().zip(&*solved) {
                        for lane in 0..LANES {
                            known[lane] += factor * solved[lane];
                        }
                    }
                    for lane in 0..LANES {
                        let value = (values[index][lane] - self.mean[index] - known[lane]) / row[index];
                        solved[index][lane] = value;
                        squares[lane] += value * value;
                    }
                }
            },
        );
        let constant = self.mean.len() as f64 * TAU.ln();
        squares.map(|square| self.weight.ln() - 0.5 * (constant + square) - self.log_determinant)
    }
}

/// Lower triangle whose product with its transpose is a covariance (Cholesky). A direction that has no variance because of
/// rounding gets that of the floor.
fn factor(mut covariance: Mat<f64>) -> Mat<f64> {
    let size = covariance.nrows();
    let mut known = vec![0.0; size];
    for column in 0..size {
        known[column..].fill(0.0);
        for before in 0..column {
            let of_before = &covariance.col_as_slice(before)[column..];
            add_multiple(&mut known[column..], of_before[0], of_before);
        }
        let of_column = &mut covariance.col_as_slice_mut(column)[column..];
        let pivot = (of_column[0] - known[column]).max(FLOOR).sqrt();
        of_column.iter_mut().zip(&known[column..]).for_each(|(value, known)| *value = (*value - known) / pivot);
        of_column[0] = pivot;
    }
    covariance
}

/// Adds a multiple of values to sums.
fn add_multiple(sums: &mut [f64], factor: f64, values: &[f64]) {
    sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value * factor);
}

/// Index of the cluster of each row.
fn k_means(rows: &Matrix, clusters: usize, generator: &mut ChaCha8Rng) -> Vec<usize> {
    let count = rows.rows();
    let distance = |row: usize, centre: &[f64]| -> f64 {
        rows.row(row).iter().zip(centre).map(|(value, centre)| (f64::from(*value) - centre).powi(2)).sum()
    };
    let of = |row: usize| rows.row(row).iter().map(|value| f64::from(*value)).collect::<Vec<_>>();
    let mut centres = vec![of(random::below(generator, count as u32) as usize)];
    let mut nearest = vec![f64::INFINITY; count];
    while centres.len() < clusters {
        let newest = &centres[centres.len() - 1];
        nearest.iter_mut().enumerate().for_each(|(row, nearest)| *nearest = nearest.min(distance(row, newest)));
        let mut left = uniform(generator) * nearest.iter().sum::<f64>();
        let next = nearest.iter().position(|distance| {
            left -= distance;
            left < 0.0
        });
        centres.push(of(next.unwrap_or(count - 1)));
    }
    let closest = |centres: &[Vec<f64>]| -> Vec<usize> {
        let of_row = |row: usize| {
            let distances = centres.iter().map(|centre| distance(row, centre));
            distances.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(index, _)| index)
        };
        parallel::map(count, &of_row)
    };
    let mut assigned = closest(&centres);
    for _ in 0..FIRST_ITERATIONS {
        for (cluster, centre) in centres.iter_mut().enumerate() {
            let members: Vec<usize> = (0..count).filter(|row| assigned[*row] == cluster).collect();
            if members.is_empty() {
                continue;
            }
            centre.fill(0.0);
            for &row in &members {
                centre.iter_mut().zip(rows.row(row)).for_each(|(sum, value)| *sum += f64::from(*value));
            }
            centre.iter_mut().for_each(|sum| *sum /= members.len() as f64);
        }
        assigned = closest(&centres);
    }
    assigned
}

/// A uniform number in [0, 1), from 53 bits.
fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    (generator.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use random::Stream;

    use super::*;
    use crate::estimators::normal::Normal;
    use crate::golden::{matrix, numbers, part};

    /// Two clouds of rows, the second twice as large.
    fn clouds() -> Matrix {
        let mut generator = Stream::Samples.generator(1, 0);
        let mut rows = Matrix::zeros(3000, 2);
        for index in 0..3000 {
            let row = rows.row_mut(index);
            random::normals(&mut generator, row);
            if index % 3 == 0 {
                (row[0], row[1]) = (10.0 + 0.5 * row[0], 0.5 * row[1]);
            } else {
                row[1] += 0.8 * row[0];
            }
        }
        rows
    }

    fn mean_log_density(mixture: &Mixture, rows: &Matrix) -> f64 {
        (0..rows.rows()).map(|row| mixture.shares(rows, row..row + 1)[0].0).sum::<f64>() / rows.rows() as f64
    }

    #[test]
    fn two_clouds_are_found_with_weights_means_and_covariances() {
        let mixture = Mixture::fit(&clouds(), 2, &mut Stream::Samples.generator(0, 0));
        let mut components = mixture.components.clone();
        components.sort_by(|a, b| a.mean[0].total_cmp(&b.mean[0]));
        let [broad, narrow] = &components[..] else { panic!("two components") };
        assert!((broad.weight - 2.0 / 3.0).abs() < 1e-3 && (narrow.weight - 1.0 / 3.0).abs() < 1e-3);
        assert!((narrow.mean[0] - 10.0).abs() < 0.1 && narrow.mean[1].abs() < 0.1);
        assert!((narrow.factor[0] - 0.5).abs() < 0.03);
        // The factor of [[1, 0.8], [0.8, 1.64]].
        assert!((broad.factor[1] - 0.8).abs() < 0.05 && (broad.factor[2] - 1.0).abs() < 0.05);
    }

    #[test]
    fn a_fit_matches_scikit_learn() {
        let golden = part("mixture");
        let rows = matrix(&golden["rows"]);
        let mixture = Mixture::fit(&rows, 3, &mut Stream::Samples.generator(0, 0));
        let mut components = mixture.components.clone();
        components.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let near = |found: f64, expected: f64| assert!((found - expected).abs() < 0.02, "{found} {expected}");
        let (means, covariances) = (matrix(&golden["means"]), matrix(&golden["covariances"]));
        for (index, (component, weight)) in components.iter().zip(numbers(&golden["weights"])).enumerate() {
            near(component.weight, weight);
            component
                .mean
                .iter()
                .zip(means.row(index))
                .for_each(|(found, expected)| near(*found, f64::from(*expected)));
            let [a, b, c] = component.factor[..] else { panic!("a triangle of two rows") };
            let covariance = [a * a, a * b, a * b, b * b + c * c];
            covariance
                .into_iter()
                .zip(covariances.row(index))
                .for_each(|(found, expected)| near(found, f64::from(*expected)));
        }
        near(mean_log_density(&mixture, &rows), golden["log_likelihood"].as_f64().unwrap());
    }

    #[test]
    fn one_component_has_the_moments_of_the_rows() {
        let rows = clouds();
        let mixture = Mixture::fit(&rows, 1, &mut Stream::Samples.generator(0, 0));
        let drawn = mixture.draw(60_000, &mut Stream::Samples.generator(2, 0));
        let distance = Normal::fit(&drawn).distance(&Normal::fit(&rows)).unwrap();
        assert!(distance < 0.01, "{distance}");
    }

    #[test]
    fn more_components_raise_the_likelihood() {
        let rows = clouds();
        let of = |count| mean_log_density(&Mixture::fit(&rows, count, &mut Stream::Samples.generator(0, 0)), &rows);
        // The entropy of the clouds: ln(2 pi e) of the broad one, minus 2 ln 2 for the narrow one, plus that of the choice
        // between them.
        let exact = -((TAU * std::f64::consts::E).ln() - 2.0 / 3.0 * 2.0_f64.ln() + 0.636_514);
        assert!(of(1) < of(2) && (of(2) - exact).abs() < 0.05, "{} {} {exact}", of(1), of(2));
    }

    #[test]
    fn identical_rows_can_be_fitted() {
        let rows = Matrix::new(20, 2, [1.0, 2.0].repeat(20));
        let drawn =
            Mixture::fit(&rows, 3, &mut Stream::Samples.generator(0, 0)).draw(5, &mut Stream::Samples.generator(1, 0));
        assert!(
            drawn.values().iter().zip([1.0, 2.0].repeat(5)).all(|(found, expected)| (found - expected).abs() < 0.02)
        );
    }
}
