//! Confidence intervals of a mean over seeds and blocks of test rows.
//!
//! The model has two crossed random factors without replication. A difference `d[s][b]` of seed s and block b is a
//! mean, an effect of the seed, an effect of the block, and a rest. All effects are random and independent. The
//! variance of the mean over S seeds and B blocks is (MS_seeds + MS_blocks - MS_rest) / (S B), of the mean squares of
//! the analysis of variance. No variance component is negative: a mean square that is smaller than MS_rest counts as
//! MS_rest. Degrees of freedom are those of Satterthwaite (1946), "An approximate distribution of estimates of variance
//! components". With one seed, the interval is Student's over the blocks; without blocks, it is Student's over the
//! seeds.

use statrs::distribution::{ContinuousCDF, StudentsT};

/// Confidence that the intervals of all checks of a claim contain their true differences.
pub(crate) const CONFIDENCE: f64 = 0.95;

/// Digits of the values of `blocks.csv`.
const DIGITS: f64 = 6.0;

/// Differences below this share of the subtracted numbers are rounding errors.
const ROUNDING: f64 = 1e-12;

/// Paired differences of the two sides of a claim.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Differences {
    /// Differences by seed, `(seeds)`.
    pub(crate) of_seeds: Vec<f64>,
    /// Differences by seed and block, `(seeds, blocks)`; `None` if the numbers have no common blocks.
    pub(crate) of_blocks: Option<Vec<Vec<f64>>>,
    /// Largest absolute value of the subtracted numbers, which sets the scale of rounding errors.
    pub(crate) scale: f64,
    /// True for numbers that do not depend on chance, such as a count of parameters.
    pub(crate) is_exact: bool,
}

/// A variance of a mean and its degrees of freedom.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Spread {
    variance: f64,
    freedom: f64,
}

impl Differences {
    /// Mean of the differences over seeds.
    pub(crate) fn mean(&self) -> f64 {
        self.of_seeds.iter().sum::<f64>() / self.of_seeds.len() as f64
    }

    /// The confidence interval of the mean. `None` with one seed and no blocks, where the variance is unknown.
    pub(crate) fn interval(&self, confidence: f64) -> Option<[f64; 2]> {
        let mean = self.mean();
        let Spread { variance, freedom } = self.spread()?;
        if variance == 0.0 {
            return Some([mean, mean]);
        }
        let half = quantile(0.5 + confidence / 2.0, freedom)? * variance.sqrt();
        let interval = [mean - half, mean + half];
        // JSON cannot represent infinity.
        interval.iter().all(|end| end.is_finite()).then_some(interval)
    }

    fn spread(&self) -> Option<Spread> {
        if self.is_exact {
            return Some(Spread { variance: 0.0, freedom: 1.0 });
        }
        if let Some(blocks) = &self.of_blocks
            && blocks.first().is_some_and(|blocks| blocks.len() > 1)
        {
            let Spread { variance, freedom } = crossed(blocks);
            return Some(Spread { variance: variance + self.variance_of_rounding(blocks[0].len()), freedom });
        }
        let [least, most] = [f64::min, f64::max].map(|of| self.of_seeds.iter().copied().reduce(of).unwrap_or(0.0));
        match self.of_seeds.len() {
            0 | 1 => None,
            _ if most - least <= ROUNDING * self.scale => Some(Spread { variance: 0.0, freedom: 1.0 }),
            _ => Some(simple(&self.of_seeds)),
        }
    }

    /// Variance that rounding adds to the means over blocks. Each side is rounded to a multiple of a unit, and a
    /// baseline has the same rounding error in every seed.
    fn variance_of_rounding(&self, blocks: usize) -> f64 {
        if self.scale == 0.0 {
            return 0.0;
        }
        let unit = 10.0_f64.powf(self.scale.log10().floor() + 1.0 - DIGITS);
        2.0 * unit * unit / 12.0 / blocks as f64
    }
}

/// Variance of the mean of at least two independent values.
fn simple(values: &[f64]) -> Spread {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Spread { variance: squares / (count - 1.0) / count, freedom: count - 1.0 }
}

/// Variance of the grand mean of two crossed random factors, `(seeds, blocks)`, with at least one seed and two blocks.
fn crossed(table: &[Vec<f64>]) -> Spread {
    let (seeds, blocks) = (table.len() as f64, table[0].len() as f64);
    if table.len() == 1 {
        return simple(&table[0]);
    }
    let of_seeds: Vec<f64> = table.iter().map(|row| row.iter().sum::<f64>() / blocks).collect();
    let of_block = |block: usize| table.iter().map(|row| row[block]).sum::<f64>() / seeds;
    let of_blocks: Vec<f64> = (0..table[0].len()).map(of_block).collect();
    let mean = of_seeds.iter().sum::<f64>() / seeds;
    let squares = |means: &[f64]| means.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let mut rest = 0.0;
    for (row, of_seed) in table.iter().zip(&of_seeds) {
        rest += row.iter().zip(&of_blocks).map(|(value, of)| (value - of_seed - of + mean).powi(2)).sum::<f64>();
    }
    let rest = (rest / ((seeds - 1.0) * (blocks - 1.0)), (seeds - 1.0) * (blocks - 1.0));
    let factors = [
        (blocks * squares(&of_seeds) / (seeds - 1.0), seeds - 1.0),
        (seeds * squares(&of_blocks) / (blocks - 1.0), blocks - 1.0),
    ];
    let mut terms: Vec<(f64, f64)> = factors.into_iter().filter(|(square, _)| *square > rest.0).collect();
    match terms.len() {
        0 => terms.push(rest),
        1 => {}
        _ => terms.push((-rest.0, rest.1)),
    }
    let total: f64 = terms.iter().map(|(square, _)| square).sum();
    let weights: f64 = terms.iter().map(|(square, freedom)| square * square / freedom).sum();
    let freedom = if weights > 0.0 { total * total / weights } else { rest.1 };
    Spread { variance: total / (seeds * blocks), freedom }
}

/// Quantile of Student's t distribution; `freedom` is the degrees of freedom, which may be fractional.
fn quantile(probability: f64, freedom: f64) -> Option<f64> {
    let quantile = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(probability);
    quantile.is_finite().then_some(quantile)
}

#[cfg(test)]
mod tests;
