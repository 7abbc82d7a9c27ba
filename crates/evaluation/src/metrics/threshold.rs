//! [`Threshold`]: the error above which a row is flagged, from errors of clean rows.

use std::fmt;

use record::ErrorThreshold;

/// An error above which rows are flagged, by split conformal prediction (Vovk et al., 2005). New clean rows exceed it at a
/// rate of at most `rate`, on average over samples of the rows that it was computed from.
#[derive(Debug, Clone, PartialEq)]
pub struct Threshold {
    /// The threshold: a mean squared error per value, or a distance.
    pub error: f64,
    rate: f64,
    rows: usize,
    /// Rank of the threshold among the errors of the rows, from 1. Equal errors do not exceed it.
    rank: usize,
    /// Description of the rows, such as `validation rows`.
    whose: &'static str,
}

impl Threshold {
    /// The threshold of `n` errors: the one of rank `ceil((n + 1) (1 - rate))`, counted from the least.
    ///
    /// # Errors
    /// When the rate is not between 0 and 1, or there are too few rows for it.
    pub fn of(mut errors: Vec<f64>, rate: f64, whose: &'static str) -> Result<Self, String> {
        if !(rate > 0.0 && rate < 1.0) {
            return Err(format!("{rate}; expected a share above 0 and below 1"));
        }
        errors.sort_unstable_by(f64::total_cmp);
        let rows = errors.len();
        // Rounding must not raise the rank by one.
        let rank = ((rows + 1) as f64 * (1.0 - rate) - 1e-9).ceil().max(1.0) as usize;
        match errors.get(rank - 1) {
            Some(error) => Ok(Self { error: *error, rate, rows, rank, whose }),
            None => {
                let least = (1.0 / rate - 1e-9).ceil() as usize - 1;
                Err(format!("{rate} needs {least} {whose} at least; there are {rows}"))
            }
        }
    }

    /// The threshold as a row of `thresholds.csv`.
    pub(crate) fn row(&self, subject: &str) -> ErrorThreshold {
        let [rate_low, rate_high] = self.interval();
        let Self { error, rate, rows, rank, .. } = *self;
        ErrorThreshold {
            subject: subject.to_owned(),
            false_alarms: rate,
            threshold: error,
            rank,
            rows,
            rate_low,
            rate_high,
        }
    }

    /// 95 % interval of the rate at which new rows exceed the threshold. The rate has the distribution Beta(rows - rank +
    /// 1, rank).
    pub fn interval(&self) -> [f64; 2] {
        [0.025, 0.975].map(|share| {
            let (mut low, mut high) = (0.0, 1.0);
            for _ in 0..60 {
                let middle = 0.5 * (low + high);
                // The rate is at most x with the probability that more than `rows - rank` of the rows are hits at rate x.
                let at_most = 1.0 - self.draws_at_most(self.rows - self.rank, middle);
                if at_most < share { low = middle } else { high = middle }
            }
            0.5 * (low + high)
        })
    }

    /// 95 % interval of the share of `new` new rows that exceed the threshold. Their number has a beta-binomial
    /// distribution.
    pub fn interval_among(&self, new: usize) -> [f64; 2] {
        let (above, below) = ((self.rows - self.rank + 1) as f64, self.rank as f64);
        let count = new as f64;
        // Logarithm of the probability that no row exceeds the threshold.
        let mut term: f64 = (0..new).map(|row| ((below + row as f64) / (above + below + row as f64)).ln()).sum();
        let (mut sum, mut hits) = (term.exp(), 0.0);
        [0.025, 0.975].map(|share| {
            while sum < share && hits < count {
                term += ((count - hits) * (above + hits) / ((hits + 1.0) * (below + count - hits - 1.0))).ln();
                hits += 1.0;
                sum += term.exp();
            }
            hits / count.max(1.0)
        })
    }

    /// Probability of at most `most` hits among as many trials as there are rows.
    fn draws_at_most(&self, most: usize, rate: f64) -> f64 {
        let rows = self.rows as f64;
        let mut term = rows * (-rate).ln_1p();
        let mut sum = term.exp();
        for hit in 0..most {
            let hit = hit as f64;
            term += ((rows - hit) / (hit + 1.0)).ln() + rate.ln() - (-rate).ln_1p();
            sum += term.exp();
        }
        sum.min(1.0)
    }
}

/// The threshold, and the rate at which clean rows exceed it.
impl fmt::Display for Threshold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.interval().map(|rate| 100.0 * rate);
        let Self { error, rows, rank, whose, .. } = self;
        write!(
            f,
            "threshold: {error:.6}; {} of {rows} {whose} are above it\n\
             false alarms: expect up to {:.2} % of new clean rows (95 % interval {low:.2} to {high:.2} %)",
            rows - rank,
            100.0 * self.rate
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: usize, rate: f64) -> Result<Threshold, String> {
        Threshold::of((0..rows).rev().map(|row| row as f64).collect(), rate, "clean rows")
    }

    #[test]
    fn the_threshold_has_the_rank_of_split_conformal_prediction() {
        let threshold = of(199, 0.05).unwrap();
        assert_eq!((threshold.error, threshold.rank), (189.0, 190));
        assert_eq!(of(99, 0.01).unwrap().error, 98.0);
        assert_eq!(of(98, 0.01).unwrap_err(), "0.01 needs 99 clean rows at least; there are 98");
        assert!(of(10, 0.0).is_err() && of(10, 1.0).is_err() && of(10, f64::NAN).is_err());
    }

    #[test]
    fn the_interval_is_that_of_the_beta_distribution() {
        // scipy.stats.beta.ppf([0.025, 0.975], 10, 190) and (1, 99)
        for (rows, rate, expected) in
            [(199, 0.05, [0.024_357_27, 0.084_114_64]), (99, 0.01, [0.000_255_7, 0.036_575_74])]
        {
            let found = of(rows, rate).unwrap().interval();
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?}");
        }
    }

    #[test]
    fn the_interval_of_a_share_is_that_of_the_beta_binomial_distribution() {
        // scipy.stats.betabinom.ppf([0.025, 0.975], 3600, 20, 1981) / 3600, and the same with 100, 10, 190.
        for (rows, rate, new, expected) in [(2000, 0.01, 3600, [19.0, 58.0]), (199, 0.05, 100, [1.0, 11.0])] {
            let found = of(rows, rate).unwrap().interval_among(new);
            assert!(found.iter().zip(expected).all(|(a, b)| (a * new as f64 - b).abs() < 1e-9), "{found:?}");
        }
    }
}
