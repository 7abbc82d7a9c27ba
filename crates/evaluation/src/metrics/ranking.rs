//! How well a score ranks what is looked for before the rest.

/// A score, and whether what it is of is looked for.
pub(crate) type Scored = (f64, bool);

/// A point of the receiver operating characteristic: of a threshold, the share of the rest above it, and of what is looked for.
pub(crate) type Rate = (f64, f64);

/// The ranking of scores, from the highest down. Equal scores share a place.
pub(crate) struct Ranking {
    /// What is looked for and the rest, at each distinct score.
    places: Vec<[f64; 2]>,
    totals: [f64; 2],
}

impl Ranking {
    /// Sorts scores, of which there is one of either kind at least.
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

    /// Area under the receiver operating characteristic: the probability that what is looked for scores above the rest, a tie
    /// counting half.
    pub(crate) fn auroc(&self) -> f64 {
        let (mut above, mut area) = (0.0, 0.0);
        for [found, rest] in &self.places {
            area += rest * (above + found / 2.0);
            above += found;
        }
        area / (self.totals[0] * self.totals[1])
    }

    /// Mean over what is looked for of the precision down to its place (scikit-learn's `average_precision_score`).
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
            // Steps across and up are both steps.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::{numbers, part};

    #[test]
    fn areas_and_curve_are_those_of_scikit_learn() {
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
    fn a_perfect_ranking_has_an_area_of_1_and_one_of_ties_half() {
        assert_eq!(Ranking::new(vec![(1.0, true), (0.5, false), (2.0, true)]).auroc(), 1.0);
        assert_eq!(Ranking::new(vec![(1.0, true), (1.0, false), (1.0, false)]).auroc(), 0.5);
    }
}
