//! A claim at one place: both sides, their difference, and what chance leaves of it.

use serde::{Deserialize, Serialize};

/// A claim at one place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The variant; `None` where the claim fixes its own or is about the mean over variants, or there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The code size; `None` where both sides fix their own.
    pub code: Option<usize>,
    /// Value of the left side; `None` where a run it needs is not complete.
    pub left: Option<f64>,
    /// Value of the right side.
    pub right: Option<f64>,
    /// Whether the comparison holds in the mean over seeds; `None` where a side is missing.
    pub held: Option<bool>,
    /// Of the seeds that all networks share: in how many it holds by itself, and how many there are. `None` for a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<[usize; 2]>,
    /// The left side less the right one, mean over the seeds that all networks share. `None` where a side is missing, and in
    /// summaries of runs without means over blocks of test rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<f64>,
    /// Lower end of the confidence interval of `difference`. `None` where nothing tells how much of it is chance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end of that interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// True if the interval lies wholly on the side that the claim states, its margin included; false if wholly on the other
    /// side; `None` where it lies on both, or there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<bool>,
}

impl Check {
    /// Whether the claim is clearly true or clearly false here; `None` where neither is known.
    ///
    /// With a difference this is `outcome`. Older summaries have none. A claim is then clear if it holds in the mean over seeds and in
    /// each seed, or in none of them.
    pub fn clear(&self) -> Option<bool> {
        let held = self.held?;
        if self.difference.is_some() {
            return self.outcome;
        }
        let agree = match self.seeds {
            None => true,
            Some([of, all]) => of == if held { all } else { 0 },
        };
        agree.then_some(held)
    }

    /// True if chance was weighed: the check has a difference.
    pub fn knows_chance(&self) -> bool {
        self.difference.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_difference_a_comparison_is_clear_where_the_mean_and_all_seeds_agree() {
        let clear = |held, seeds| Check { held, seeds, ..Check::default() }.clear();
        assert_eq!(clear(None, None), None);
        assert_eq!([clear(Some(true), None), clear(Some(false), None)], [Some(true), Some(false)]);
        assert_eq!([3, 2, 0].map(|of| clear(Some(true), Some([of, 3]))), [Some(true), None, None]);
        assert_eq!([3, 1, 0].map(|of| clear(Some(false), Some([of, 3]))), [None, None, Some(false)]);
    }

    #[test]
    fn with_a_difference_the_outcome_decides_whatever_the_seeds_say() {
        let clear = |outcome| {
            Check { held: Some(true), seeds: Some([3, 3]), difference: Some(-1.0), outcome, ..Check::default() }.clear()
        };
        assert_eq!([Some(true), Some(false), None].map(clear), [Some(true), Some(false), None]);
    }
}
