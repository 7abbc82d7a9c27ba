//! A mixture of products of Bernoulli distributions: a density of binary rows, fitted by expectation-maximisation.

use std::ops::Range;

use datasets::Rows;
use rand_chacha::ChaCha8Rng;
use zoo::Matrix;

use crate::parallel;

/// Greatest number of iterations.
const ITERATIONS: usize = 60;
/// Rise of the mean log-likelihood, in nats per row, below which the iterations end.
const TOLERANCE: f64 = 5e-3;
/// Number of rows that one thread processes together.
const BLOCK: usize = 500;
/// Share of a row in a component below which the component ignores the row.
const NEGLIGIBLE: f64 = 1e-12;

/// Rows of zeros and ones, stored as the columns that hold a one, because rows of images are mostly zeros.
#[derive(Debug, Clone)]
pub(crate) struct BinaryRows {
    columns: usize,
    /// Index in `ones` of the first one of each row, (rows + 1).
    starts: Vec<usize>,
    /// Columns that hold a one, row after row.
    ones: Vec<u32>,
}

impl BinaryRows {
    /// The rows of a split in a range. A value of 0.5 or more is a one.
    pub(crate) fn of(rows: &Rows, range: Range<usize>) -> Self {
        let mut row = vec![0.0; rows.width()];
        let mut binary = Self { columns: rows.width(), starts: vec![0], ones: Vec::new() };
        for index in range {
            rows.read(index, &mut row);
            binary.push(&row);
        }
        binary
    }

    fn push(&mut self, row: &[f32]) {
        let ones = row.iter().enumerate().filter(|(_, value)| **value >= 0.5);
        self.ones.extend(ones.map(|(column, _)| column as u32));
        self.starts.push(self.ones.len());
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn row(&self, index: usize) -> &[u32] {
        &self.ones[self.starts[index]..self.starts[index + 1]]
    }
}

/// Mixture of Bernoulli products: `p(x) = sum_k w_k prod_j m_kj^x_j (1 - m_kj)^(1 - x_j)` (Bishop, Pattern Recognition and
/// Machine Learning, 2006, section 9.3.3).
///
/// Each weight and each mean is smoothed as if there were one more row of each kind (Laplace), so that none is 0 or 1. The
/// fit is the mode of the posterior under the priors `w ~ Dirichlet(2)` and `m_kj ~ Beta(2, 2)`.
#[derive(Debug, Clone)]
pub(crate) struct BernoulliMixture {
    /// Weight of each component, (components); they add up to 1.
    weights: Vec<f64>,
    /// Probability of a one, (components, columns).
    means: Vec<Vec<f64>>,
    /// Log weight plus log-likelihood of a row without ones, (components).
    empty: Vec<f64>,
    /// Change of that log-likelihood by a one in a column, (columns, components), row-major.
    log_odds: Vec<f64>,
}

impl BernoulliMixture {
    /// Fits `components` components, at least 1 and at most the number of rows. They start with equal weights. Each starts
    /// halfway between a row, drawn without replacement, and one half.
    pub(crate) fn fit(rows: &BinaryRows, components: usize, generator: &mut ChaCha8Rng) -> Self {
        let components = components.clamp(1, rows.len().max(1));
        let drawn = random::permutation_start(generator, rows.len() as u32, components as u32);
        let mut mixture = Self::begin(rows, drawn.into_iter().map(|row| row as usize));
        let mut before = f64::NEG_INFINITY;
        for _ in 0..ITERATIONS {
            let (next, objective) = mixture.step(rows);
            if objective - before < TOLERANCE * rows.len() as f64 {
                break;
            }
            (mixture, before) = (next, objective);
        }
        mixture
    }

    /// The fit with the number of components, of `candidates`, that gives `held_out` the highest likelihood, and that
    /// number. Of equal numbers, the first. `generator` returns the random numbers for a number of components.
    pub(crate) fn choose(
        rows: &BinaryRows,
        held_out: &BinaryRows,
        candidates: &[usize],
        generator: impl Fn(usize) -> ChaCha8Rng,
    ) -> (Self, usize) {
        let fit = |components: usize| Self::fit(rows, components, &mut generator(components));
        let mut sizes: Vec<usize> = candidates.iter().map(|size| (*size).clamp(1, rows.len().max(1))).collect();
        sizes.dedup();
        let mut best: Option<(f64, Self, usize)> = None;
        for size in sizes {
            let mixture = fit(size);
            let likelihood = mixture.log_likelihood(held_out);
            if best.as_ref().is_none_or(|(most, ..)| likelihood > *most) {
                best = Some((likelihood, mixture, size));
            }
        }
        best.map_or_else(|| (fit(1), 1), |(_, mixture, size)| (mixture, size))
    }

    fn begin(rows: &BinaryRows, drawn: impl Iterator<Item = usize>) -> Self {
        let mean = |row: usize| {
            let mut mean = vec![0.25; rows.columns];
            rows.row(row).iter().for_each(|column| mean[*column as usize] = 0.75);
            mean
        };
        let means: Vec<Vec<f64>> = drawn.map(mean).collect();
        Self::new(vec![1.0 / means.len() as f64; means.len()], means)
    }

    fn new(weights: Vec<f64>, means: Vec<Vec<f64>>) -> Self {
        let (components, columns) = (means.len(), means.first().map_or(0, Vec::len));
        let mut log_odds = vec![0.0; columns * components];
        let mut empty = Vec::with_capacity(components);
        for (component, (weight, mean)) in weights.iter().zip(&means).enumerate() {
            let mut sum = weight.ln();
            for (column, mean) in mean.iter().enumerate() {
                let zero = (-mean).ln_1p();
                sum += zero;
                log_odds[column * components + component] = mean.ln() - zero;
            }
            empty.push(sum);
        }
        Self { weights, means, empty, log_odds }
    }

    /// One iteration. Also returns the log posterior, up to a constant, of the mixture before it, which never falls from
    /// one iteration to the next (Dempster et al., 1977).
    fn step(&self, rows: &BinaryRows) -> (Self, f64) {
        let components = self.weights.len();
        let blocks = parallel::map_blocks(rows.len(), BLOCK, &|range| {
            let (mut likelihood, mut totals) = (0.0, vec![0.0; components]);
            let mut kept = Vec::new();
            let mut shares = vec![0.0; components];
            for row in range {
                likelihood += self.shares(rows.row(row), &mut shares);
                for (component, share) in shares.iter().enumerate().filter(|(_, share)| **share > NEGLIGIBLE) {
                    totals[component] += share;
                    kept.push((component as u32, row as u32, *share));
                }
            }
            (likelihood, totals, kept)
        });
        let mut totals = vec![0.0; components];
        let mut counts = vec![vec![0.0; rows.columns]; components];
        let mut objective = self.log_prior();
        // Added in the order of the rows, whichever thread processed them.
        for (likelihood, part, kept) in blocks {
            objective += likelihood;
            totals.iter_mut().zip(part).for_each(|(total, part)| *total += part);
            for (component, row, share) in kept {
                let counts = &mut counts[component as usize];
                rows.row(row as usize).iter().for_each(|column| counts[*column as usize] += share);
            }
        }
        let weights = totals.iter().map(|total| (total + 1.0) / (rows.len() + components) as f64).collect();
        for (counts, total) in counts.iter_mut().zip(&totals) {
            counts.iter_mut().for_each(|count| *count = (*count + 1.0) / (total + 2.0));
        }
        (Self::new(weights, counts), objective)
    }

    /// Logarithm of the priors' density, up to a constant.
    fn log_prior(&self) -> f64 {
        let of_means = self.means.iter().flatten().map(|mean| mean.ln() + (-mean).ln_1p());
        self.weights.iter().map(|weight| weight.ln()).sum::<f64>() + of_means.sum::<f64>()
    }

    /// Log-likelihood of a row in nats. The row is given as its ones. Writes its share in each component to `shares`.
    fn shares(&self, ones: &[u32], shares: &mut [f64]) -> f64 {
        shares.copy_from_slice(&self.empty);
        for column in ones {
            let log_odds = &self.log_odds[*column as usize * shares.len()..][..shares.len()];
            shares.iter_mut().zip(log_odds).for_each(|(share, log_odds)| *share += log_odds);
        }
        let most = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for share in shares.iter_mut() {
            *share = (*share - most).exp();
            sum += *share;
        }
        shares.iter_mut().for_each(|share| *share /= sum);
        most + sum.ln()
    }

    /// Mean log-likelihood of rows, in nats per row. It is never above 0.
    pub(crate) fn log_likelihood(&self, rows: &BinaryRows) -> f64 {
        let sums = parallel::map_blocks(rows.len(), BLOCK, &|range| {
            let mut shares = vec![0.0; self.weights.len()];
            range.map(|row| self.shares(rows.row(row), &mut shares)).sum::<f64>()
        });
        sums.iter().sum::<f64>() / rows.len() as f64
    }

    /// Parameters, (components, 1 + columns): the weight of each component, and its means.
    pub(crate) fn parameters(&self) -> Matrix {
        let components = self.weights.iter().zip(&self.means);
        let values: Vec<f32> =
            components.flat_map(|(weight, mean)| [weight].into_iter().chain(mean)).map(|value| *value as f32).collect();
        Matrix::new(self.weights.len(), values.len() / self.weights.len().max(1), values)
    }
}

#[cfg(test)]
mod tests {
    use random::Stream;
    use serde_json::Value;

    use super::*;

    fn binary(rows: &[Vec<f32>]) -> BinaryRows {
        let mut binary = BinaryRows { columns: rows[0].len(), starts: vec![0], ones: Vec::new() };
        rows.iter().for_each(|row| binary.push(row));
        binary
    }

    fn generator(index: u64) -> ChaCha8Rng {
        Stream::PixelMixture.generator(0, index)
    }

    /// Rows of 16 columns of two kinds. Two thirds have mostly ones in the first half of their columns, the others in the
    /// second half.
    fn two_kinds(count: usize) -> BinaryRows {
        let mut generator = Stream::Samples.generator(1, 0);
        let mut row = |index: usize| {
            let first = !index.is_multiple_of(3);
            let one = |column: usize| if (column < 8) == first { 0.8 } else { 0.1 };
            (0..16).map(|column| f32::from(random::uniform(&mut generator) < one(column))).collect::<Vec<f32>>()
        };
        binary(&(0..count).map(&mut row).collect::<Vec<_>>())
    }

    #[test]
    fn the_log_posterior_never_falls() {
        let rows = two_kinds(400);
        let mut mixture = BernoulliMixture::begin(&rows, [0, 1, 2, 3, 4].into_iter());
        let mut before = f64::NEG_INFINITY;
        for iteration in 0..100 {
            let (next, objective) = mixture.step(&rows);
            assert!(objective >= before - 1e-9, "{iteration}: {objective} {before}");
            (mixture, before) = (next, objective);
        }
        // The log posterior minus the log prior equals the direct sum over rows.
        assert!(((before - mixture.log_prior()) / 400.0 - mixture.log_likelihood(&rows)).abs() < 1e-2);
    }

    #[test]
    fn one_component_has_the_smoothed_share_of_ones_of_each_column() {
        let rows = binary(&[vec![1.0, 0.0, 1.0], vec![1.0, 0.0, 0.0], vec![1.0, 0.0, 1.0]]);
        let mixture = BernoulliMixture::fit(&rows, 1, &mut generator(1));
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        mixture.means[0].iter().zip([0.8, 0.2, 0.6]).for_each(|(found, expected)| close(*found, expected));
        close(mixture.weights[0], 1.0);
        let of_column = [0.8_f64.ln(), 0.8_f64.ln(), (2.0 * 0.6_f64.ln() + 0.4_f64.ln()) / 3.0];
        close(mixture.log_likelihood(&rows), of_column.iter().sum());
        assert_eq!(mixture.parameters().columns(), 4);
    }

    #[test]
    fn a_known_mixture_is_recovered_and_its_number_of_components_chosen() {
        let rows = two_kinds(6000);
        let (mixture, components) =
            BernoulliMixture::choose(&rows, &two_kinds(3000), &[1, 2], |size| generator(size as u64));
        assert_eq!(components, 2);
        let mut order: Vec<usize> = vec![0, 1];
        order.sort_by(|a, b| mixture.weights[*b].total_cmp(&mixture.weights[*a]));
        assert!((mixture.weights[order[0]] - 2.0 / 3.0).abs() < 0.02, "{:?}", mixture.weights);
        for (kind, component) in order.into_iter().enumerate() {
            for (column, mean) in mixture.means[component].iter().enumerate() {
                let expected = if (column < 8) == (kind == 0) { 0.8 } else { 0.1 };
                assert!((mean - expected).abs() < 0.05, "{kind} {column}: {mean}");
            }
        }
    }

    #[test]
    fn a_fit_matches_numpy() {
        let golden: Value = serde_json::from_str(include_str!("../../tests/golden/bernoulli_mixture.json")).unwrap();
        let rows: Vec<Vec<f32>> = serde_json::from_value(golden["rows"].clone()).unwrap();
        let rows = binary(&rows);
        let mut mixture = BernoulliMixture::begin(&rows, [0, 1, 2].into_iter());
        for _ in 0..golden["iterations"].as_u64().unwrap() {
            mixture = mixture.step(&rows).0;
        }
        let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found} {expected}");
        let weights: Vec<f64> = serde_json::from_value(golden["weights"].clone()).unwrap();
        let means: Vec<Vec<f64>> = serde_json::from_value(golden["means"].clone()).unwrap();
        mixture.weights.iter().zip(&weights).for_each(|(found, expected)| close(*found, *expected));
        mixture
            .means
            .iter()
            .flatten()
            .zip(means.iter().flatten())
            .for_each(|(found, expected)| close(*found, *expected));
        close(mixture.log_likelihood(&rows), golden["log_likelihood"].as_f64().unwrap());
    }

    #[test]
    fn a_fit_is_the_same_at_any_number_of_threads() {
        let rows = two_kinds(1300);
        let at = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| BernoulliMixture::fit(&rows, 3, &mut generator(3)).parameters())
        };
        assert_eq!(at(1), at(3));
    }

    #[test]
    fn probabilities_of_all_rows_add_up_to_1() {
        let mixture = BernoulliMixture::fit(&two_kinds(50), 4, &mut generator(4));
        let all: f64 = (0_u32..1 << 16)
            .map(|bits| {
                let ones: Vec<u32> = (0..16).filter(|column| bits >> column & 1 == 1).collect();
                mixture.shares(&ones, &mut [0.0; 4]).exp()
            })
            .sum();
        assert!((all - 1.0).abs() < 1e-9, "{all}");
    }

    #[test]
    fn rows_of_zeros_and_fewer_rows_than_components_can_be_fitted() {
        let rows = binary(&[vec![0.0; 5], vec![0.0; 5], vec![0.0; 5]]);
        let (mixture, components) = BernoulliMixture::choose(&rows, &rows, &[10, 20], |size| generator(size as u64));
        assert_eq!(components, 3);
        let likelihood = mixture.log_likelihood(&rows);
        assert!(likelihood.is_finite() && likelihood < 0.0, "{likelihood}");
    }
}
