//! Metrics of a score that should rank positive rows, such as anomalies, above negative ones.

use crate::metrics::blocks::{BLOCKS, pseudo_values};

/// The score of a row, and true if the row is positive.
pub(crate) type Scored = (f64, bool);

/// A point of the receiver operating characteristic at one threshold: false-positive rate and true-positive rate.
pub(crate) type Rate = (f64, f64);

/// The ranking of scores, from the highest down. Equal scores share a place.
pub(crate) struct Ranking {
    /// Number of positive and of negative rows at each distinct score.
    places: Vec<[f64; 2]>,
    totals: [f64; 2],
}

impl Ranking {
    /// Sorts scores. At least one row must be positive and one negative.
    pub(crate) fn new(mut scores: Vec<Scored>) -> Self {
        scores.sort_by(|a, b| b.0.total_cmp(&a.0));
        let places: Vec<[f64; 2]> = scores
            .chunk_by(|a, b| a.0 == b.0)
            .map(|place| {
                let found = place.iter().filter(|(_, positive)| *positive).count();
                [found as f64, (place.len() - found) as f64]
            })
            .collect();
        let totals = places.iter().fold([0.0, 0.0], |[a, b], [found, rest]| [a + found, b + rest]);
        Self { places, totals }
    }

    /// The ranking of the scores of usual rows, which are negative, and of strange rows, which are positive. There must be
    /// at least one of each.
    pub(crate) fn of(usual: impl IntoIterator<Item = f64>, strange: impl IntoIterator<Item = f64>) -> Self {
        let usual = usual.into_iter().map(|score| (score, false));
        Self::new(usual.chain(strange.into_iter().map(|score| (score, true))).collect())
    }

    /// Area under the receiver operating characteristic: the probability that a positive row scores above a negative one. A
    /// tie counts half.
    pub(crate) fn auroc(&self) -> f64 {
        let (mut above, mut area) = (0.0, 0.0);
        for [found, rest] in &self.places {
            area += rest * (above + found / 2.0);
            above += found;
        }
        area / (self.totals[0] * self.totals[1])
    }

    /// Mean over the positive rows of the precision at their place (scikit-learn's `average_precision_score`).
    pub(crate) fn average_precision(&self) -> f64 {
        let (mut found_so_far, mut all_so_far, mut sum) = (0.0, 0.0, 0.0);
        for [found, rest] in &self.places {
            found_so_far += found;
            all_so_far += found + rest;
            sum += found * found_so_far / all_so_far;
        }
        sum / self.totals[0]
    }

    /// The receiver operating characteristic, from (0, 0) to (1, 1), at about `points` thresholds.
    pub(crate) fn characteristic(&self, points: usize) -> Vec<Rate> {
        let mut so_far = [0.0, 0.0];
        let mut all = vec![(0.0, 0.0)];
        for place in &self.places {
            so_far = [so_far[0] + place[0], so_far[1] + place[1]];
            all.push((so_far[1] / self.totals[1], so_far[0] / self.totals[0]));
        }
        let step = 1.0 / points as f64;
        let mut kept: Vec<Rate> = Vec::new();
        for rate in &all {
            // Distance is counted in steps across and up.
            if kept.last().is_none_or(|last| rate.0 + rate.1 - last.0 - last.1 >= step) {
                kept.push(*rate);
            }
        }
        if kept.last() != all.last() {
            kept.extend(all.last());
        }
        kept
    }
}

/// Jackknife pseudo-values of a statistic of the ranking, by blocks of the usual and of the strange rows.
pub(crate) fn jackknife(usual: &[f64], strange: &[f64], all: f64, statistic: fn(&Ranking) -> f64) -> Vec<f64> {
    let groups: Vec<usize> = (0..strange.len()).collect();
    jackknife_of_groups(usual, strange, &groups, all, statistic)
}

/// Jackknife pseudo-values if strange rows come in groups. `groups` has the index of the group of each strange row. Rows of
/// a group depend on each other, so they share a block.
pub(crate) fn jackknife_of_groups(
    usual: &[f64],
    strange: &[f64],
    groups: &[usize],
    all: f64,
    statistic: fn(&Ranking) -> f64,
) -> Vec<f64> {
    let count = BLOCKS.min(usual.len()).min(groups.iter().max().map_or(0, |last| last + 1));
    pseudo_values(all, count, |block| {
        let usual = usual.iter().enumerate().filter(|(index, _)| index % count != block);
        let strange = strange.iter().zip(groups).filter(|(_, group)| *group % count != block);
        Some(statistic(&Ranking::of(usual.map(|(_, score)| *score), strange.map(|(score, _)| *score))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{numbers, part};

    /// Overlapping scores of usual and strange rows. A fixed permutation assigns them to blocks.
    fn scores() -> [Vec<f64>; 2] {
        let usual = (0..400).map(|index| f64::from(index * 7919 % 400)).collect();
        [usual, (0..200).map(|index| 150.0 + f64::from(index * 7919 % 400)).collect()]
    }

    #[test]
    fn pseudo_values_of_an_area_have_its_mean_and_its_standard_error() {
        let [usual, strange] = scores();
        let area = Ranking::of(usual.clone(), strange.clone()).auroc();
        let values = jackknife(&usual, &strange, area, Ranking::auroc);
        assert_eq!(values.len(), BLOCKS);
        let mean = values.iter().sum::<f64>() / 20.0;
        assert!((mean - area).abs() < 1e-3, "{mean} {area}");
        // The spread of the blocks is Hanley and McNeil's (1982) standard error, up to the chance of 20 blocks.
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / 19.0 / 20.0;
        let (q1, q2) = (area / (2.0 - area), 2.0 * area * area / (1.0 + area));
        let expected = (area * (1.0 - area) + 199.0 * (q1 - area * area) + 399.0 * (q2 - area * area)) / 80_000.0;
        let ratio = variance / expected;
        assert!(ratio > 0.1 && ratio < 3.0, "{ratio}");
        assert!(jackknife(&usual, &strange[..1], area, Ranking::auroc).is_empty(), "one block");
    }

    #[test]
    fn the_rows_of_a_group_are_left_out_together() {
        let [usual, strange] = scores();
        let area = Ranking::of(usual.clone(), strange.clone()).auroc();
        // Four groups of 50 consecutive rows, which are four blocks.
        let groups: Vec<usize> = (0..200).map(|row| row / 50).collect();
        let values = jackknife_of_groups(&usual, &strange, &groups, area, Ranking::auroc);
        let kept = usual.iter().enumerate().filter(|(index, _)| index % 4 != 1).map(|(_, score)| *score);
        let without = Ranking::of(kept, strange[..50].iter().chain(&strange[100..]).copied()).auroc();
        assert_eq!((values.len(), values[1]), (4, 4.0 * area - 3.0 * without));
    }

    #[test]
    fn areas_and_curve_match_scikit_learn() {
        let golden = part("ranking");
        let positive = golden["positive"].as_array().unwrap().iter().map(|value| value.as_bool().unwrap());
        let ranking = Ranking::new(numbers(&golden["scores"]).into_iter().zip(positive).collect());
        assert!((ranking.auroc() - golden["auroc"].as_f64().unwrap()).abs() < 1e-12);
        assert!((ranking.average_precision() - golden["average_precision"].as_f64().unwrap()).abs() < 1e-12);
        let expected: Vec<Vec<f64>> = golden["characteristic"].as_array().unwrap().iter().map(numbers).collect();
        let curve = ranking.characteristic(1_000_000);
        assert_eq!(curve.len(), expected.len());
        for (found, expected) in curve.iter().zip(expected) {
            assert!((found.0 - expected[0]).abs() < 1e-6 && (found.1 - expected[1]).abs() < 1e-6);
        }
        assert!(ranking.characteristic(10).len() < 25);
    }

    #[test]
    fn a_perfect_ranking_has_an_area_of_1_and_equal_scores_an_area_of_one_half() {
        assert_eq!(Ranking::new(vec![(1.0, true), (0.5, false), (2.0, true)]).auroc(), 1.0);
        assert_eq!(Ranking::new(vec![(1.0, true), (1.0, false), (1.0, false)]).auroc(), 0.5);
    }
}
