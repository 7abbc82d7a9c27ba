//! The check of a claim at one place: values of both sides, their difference, and its confidence interval.

use serde::{Deserialize, Serialize};

/// The check of a claim at one place.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Variant. `None` if the claim gives its own, if it is about the mean over variants, or if the experiment has no
    /// variants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// Code size. `None` if all metrics of the claim give their own.
    pub code: Option<usize>,
    /// Value of the left side. `None` if a run that it needs is not complete.
    pub left: Option<f64>,
    /// Value of the right side. `None` if a run that it needs is not complete.
    pub right: Option<f64>,
    /// True if the comparison holds in the mean over seeds. `None` if a side is missing.
    pub held: Option<bool>,
    /// Number of seeds in which the comparison holds, and number of seeds that all networks share. `None` for a single
    /// seed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<[usize; 2]>,
    /// Left side minus right side, the mean over the seeds that all networks share. `None` if a side is missing, and in
    /// summaries of runs that recorded no means over blocks of test rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<f64>,
    /// Lower end of the confidence interval of `difference`. `None` if the interval cannot be computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub low: Option<f64>,
    /// Upper end of the confidence interval of `difference`. `None` if the interval cannot be computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high: Option<f64>,
    /// True if the whole interval, with the margin, agrees with the claim, and false if the whole interval contradicts
    /// it. `None` if it does neither, or if there is no interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<bool>,
}

impl Check {
    /// True or false if the claim is clearly true or clearly false here, else `None`.
    ///
    /// With a difference, this is `outcome`. Older summaries have no difference. Then a claim is clearly true if it
    /// holds in the mean over seeds and in each seed, and clearly false if it holds in none of them.
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

    /// True if the check has a difference, and so a confidence interval.
    pub fn knows_chance(&self) -> bool {
        self.difference.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_difference_a_comparison_is_clear_if_the_mean_and_all_seeds_agree() {
        let clear = |held, seeds| Check { held, seeds, ..Check::default() }.clear();
        assert_eq!(clear(None, None), None);
        assert_eq!([clear(Some(true), None), clear(Some(false), None)], [Some(true), Some(false)]);
        assert_eq!([3, 2, 0].map(|of| clear(Some(true), Some([of, 3]))), [Some(true), None, None]);
        assert_eq!([3, 1, 0].map(|of| clear(Some(false), Some([of, 3]))), [None, None, Some(false)]);
    }

    #[test]
    fn with_a_difference_the_outcome_decides_and_seeds_do_not() {
        let clear = |outcome| {
            Check { held: Some(true), seeds: Some([3, 3]), difference: Some(-1.0), outcome, ..Check::default() }.clear()
        };
        assert_eq!([Some(true), Some(false), None].map(clear), [Some(true), Some(false), None]);
    }
}
