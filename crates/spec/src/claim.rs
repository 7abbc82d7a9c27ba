//! Claims: comparisons between recorded metrics that a report can check.
//!
//! ```text
//! claim  = term ("<" | "<=" | ">" | ">=") term
//! term   = number | [number "*"] metric
//! metric = [variant "."] split "." subject "." field ["[" code "]"]
//! ```
//!
//! for example `test.autoencoder.mse_per_pixel <= 0.6 * test.pca.mse_per_pixel`. Each metric is the mean over seeds. A
//! claim without code sizes is checked at every code size of the experiment, one without variants in every variant, and
//! holds if it holds at each; where it holds at some, it depends.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalogue::Split;
use crate::measures;
use crate::measures::{MEASURED, MSE_OF_CLASS};
use crate::subject;
use crate::suggestion::unknown;

/// One checkable comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    text: String,
    left: Term,
    comparison: Comparison,
    right: Term,
}

/// A number, or a multiple of a metric.
#[derive(Debug, Clone, PartialEq)]
struct Term {
    factor: f64,
    metric: Option<Metric>,
}

/// A recorded number, averaged over seeds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// The variant whose runs recorded it, where the claim fixes one.
    pub variant: Option<String>,
    /// The code size, where the claim fixes one.
    pub code: Option<usize>,
    /// `train`, `validation` or `test`.
    pub split: String,
    /// One of [`subject`].
    pub subject: String,
    /// One of [`RECONSTRUCTION`](measures::RECONSTRUCTION), or of what a task measures of the subject.
    pub field: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The networks that a claim is checked at: what it does not fix itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The variant; `None` where the claim fixes its own, or there are none.
    pub variant: Option<String>,
    /// The code size; `None` where both sides fix their own.
    pub code: Option<usize>,
}

/// A claim at one place.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The variant; `None` where the claim fixes its own, or there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The code size; `None` where both sides fix their own.
    pub code: Option<usize>,
    /// Value of the left side; `None` where a run it needs is not complete.
    pub left: Option<f64>,
    /// Value of the right side.
    pub right: Option<f64>,
    /// Whether the comparison holds; `None` where a side is missing.
    pub held: Option<bool>,
    /// Of the seeds that all networks share: in how many it holds by itself, and how many there are. `None` for a single one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seeds: Option<[usize; 2]>,
}

impl Check {
    /// Whether it holds, in the mean over seeds and in each of these, or in none of them; `None` where they disagree, or a side is
    /// missing.
    pub fn clear(&self) -> Option<bool> {
        let held = self.held?;
        let agree = match self.seeds {
            None => true,
            Some([of, all]) => of == if held { all } else { 0 },
        };
        agree.then_some(held)
    }
}

impl Claim {
    /// Reads a claim; the error says which part is wrong and what is allowed there.
    pub fn parse(text: &str) -> Result<Self, String> {
        let operators = [
            ("<=", Comparison::LessOrEqual),
            (">=", Comparison::GreaterOrEqual),
            ("<", Comparison::Less),
            (">", Comparison::Greater),
        ];
        let (left, comparison, right) = operators
            .into_iter()
            .find_map(|(symbol, comparison)| text.split_once(symbol).map(|(left, right)| (left, comparison, right)))
            .ok_or("a claim compares two terms with <, <=, > or >=")?;
        let claim =
            Self { text: text.trim().to_owned(), left: Term::parse(left)?, comparison, right: Term::parse(right)? };
        if claim.metrics().next().is_none() {
            return Err("a claim needs a metric, such as test.autoencoder.mse_per_pixel".to_owned());
        }
        Ok(claim)
    }

    /// The claim as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The metrics it names, left before right.
    pub fn metrics(&self) -> impl Iterator<Item = &Metric> {
        [&self.left, &self.right].into_iter().filter_map(|term| term.metric.as_ref())
    }

    /// Where the claim can be checked among `networks`, the variant and code size of each: in every variant where it leaves
    /// one open, and there at the code sizes that all the networks it names have.
    pub fn places(&self, networks: &[(Option<&str>, usize)]) -> Vec<Place> {
        let mut variants: Vec<Option<&str>> = vec![None];
        if self.metrics().any(|metric| metric.variant.is_none()) {
            variants = networks.iter().map(|(variant, _)| *variant).collect();
            // The networks of a variant stand together.
            variants.dedup();
        }
        let mut places = Vec::new();
        for variant in variants {
            let has = |metric: &Metric, code| networks.contains(&(metric.variant.as_deref().or(variant), code));
            let variant = variant.map(str::to_owned);
            let mut free = self.metrics().filter(|metric| metric.code.is_none()).peekable();
            if free.peek().is_none() {
                places.push(Place { variant, code: None });
                continue;
            }
            let free: Vec<&Metric> = free.collect();
            let mut codes: Vec<usize> = Vec::new();
            for (_, code) in networks {
                if !codes.contains(code) && free.iter().all(|metric| has(metric, *code)) {
                    codes.push(*code);
                }
            }
            places.extend(codes.into_iter().map(|code| Place { variant: variant.clone(), code: Some(code) }));
        }
        places
    }

    /// Checks the claim at each of `places`. `lookup` gives the mean over seeds of a metric of a variant at a code size, if
    /// recorded.
    pub fn check(&self, places: &[Place], lookup: impl Fn(&Metric, Option<&str>, usize) -> Option<f64>) -> Vec<Check> {
        let check = |place: &Place| {
            let value = |term: &Term| match &term.metric {
                Some(metric) => {
                    let variant = metric.variant.as_deref().or(place.variant.as_deref());
                    lookup(metric, variant, metric.code.or(place.code)?).map(|value| term.factor * value)
                }
                None => Some(term.factor),
            };
            let (left, right) = (value(&self.left), value(&self.right));
            let held = left.zip(right).map(|(left, right)| self.comparison.holds(left, right));
            Check { variant: place.variant.clone(), code: place.code, left, right, held, seeds: None }
        };
        places.iter().map(check).collect()
    }
}

impl fmt::Display for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Term {
    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(factor) = text.parse() {
            return Self::finite(text, factor, None);
        }
        match text.split_once('*') {
            None => Ok(Self { factor: 1.0, metric: Some(Metric::parse(text)?) }),
            Some((factor, metric)) => {
                let factor = factor.trim();
                let number = factor.parse().map_err(|_| format!("`{factor}` is not a number"))?;
                Self::finite(factor, number, Some(Metric::parse(metric.trim())?))
            }
        }
    }

    fn finite(written: &str, factor: f64, metric: Option<Metric>) -> Result<Self, String> {
        if !factor.is_finite() {
            return Err(format!("`{written}` is not a finite number"));
        }
        if is_rounded_to_zero(written) {
            return Err(format!("`{written}` is too small for a number of 64 bits, which would make it 0"));
        }
        Ok(Self { factor, metric })
    }
}

/// True for a number that is written as another than 0 and read as 0.
pub(crate) fn is_rounded_to_zero(written: &str) -> bool {
    let mantissa = written.split(['e', 'E']).next().unwrap_or_default();
    mantissa.contains(|c: char| ('1'..='9').contains(&c)) && written.replace('_', "").parse() == Ok(0.0)
}

impl Metric {
    fn parse(text: &str) -> Result<Self, String> {
        let (path, code) = match text.split_once('[') {
            None => (text, None),
            Some((path, rest)) => {
                let code = rest.strip_suffix(']').and_then(|code| code.trim().parse().ok());
                (path, Some(code.ok_or_else(|| format!("`[{rest}` is not a code size, such as [32]"))?))
            }
        };
        let parts: Vec<&str> = path.split('.').collect();
        let (variant, [split, subject, field]) = match parts[..] {
            [split, subject, field] => (None, [split, subject, field]),
            [variant, split, subject, field] => (Some(variant.to_owned()), [split, subject, field]),
            _ => return Err(format!("`{text}` is not a metric, such as test.autoencoder.mse_per_pixel")),
        };
        split.parse::<Split>()?;
        let metric =
            Self { variant, code, split: split.to_owned(), subject: subject.to_owned(), field: field.to_owned() };
        if measures::is_former(subject, field) {
            return Ok(metric);
        }
        let reconstructing = subject::reconstructing();
        let subjects = measures::subjects();
        if !subjects.contains(&subject) {
            return Err(unknown("subject", subject, &subjects));
        }
        let mut fields = if reconstructing.contains(&subject) { measures::RECONSTRUCTION.to_vec() } else { Vec::new() };
        fields.extend(MEASURED.iter().filter(|of| of.subjects.contains(&subject)).flat_map(|of| of.fields));
        if !fields.contains(&field) {
            // One name stands for those of a hundred classes.
            fields.retain(|known| !MSE_OF_CLASS[1..].contains(known));
            return Err(unknown(&format!("field of {subject}"), field, &fields));
        }
        Ok(metric)
    }
}

impl Comparison {
    fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEATS_PCA: &str = "test.autoencoder.mse_per_pixel <= 0.6 * test.pca.mse_per_pixel";

    fn held(
        claim: &str,
        networks: &[(Option<&str>, usize)],
        lookup: impl Fn(&Metric, Option<&str>, usize) -> Option<f64>,
    ) -> Vec<Option<bool>> {
        let claim = Claim::parse(claim).unwrap();
        claim.check(&claim.places(networks), lookup).iter().map(|check| check.held).collect()
    }

    #[test]
    fn a_claim_without_code_sizes_is_checked_at_each() {
        let networks = [(None, 8), (None, 16)];
        let error = |metric: &Metric, _: Option<&str>, code| match (metric.subject.as_str(), code) {
            ("pca", _) => Some(10.0),
            (_, 8) => Some(6.0),
            _ => Some(6.1),
        };
        assert_eq!(held(BEATS_PCA, &networks, error), [Some(true), Some(false)]);
    }

    #[test]
    fn a_missing_run_leaves_the_check_open() {
        assert_eq!(held(BEATS_PCA, &[(None, 8)], |_, _, _| None), [None]);
    }

    #[test]
    fn code_sizes_can_be_fixed_on_either_side() {
        let claim = Claim::parse("test.autoencoder.mse_per_pixel[16] < test.pca.mse_per_pixel[32]").unwrap();
        let checks = claim.check(&claim.places(&[(None, 8), (None, 16), (None, 32)]), |_, _, code| Some(code as f64));
        let expected =
            Check { variant: None, code: None, left: Some(16.0), right: Some(32.0), held: Some(true), seeds: None };
        assert_eq!(checks, [expected]);
    }

    #[test]
    fn a_comparison_is_clear_where_the_mean_and_all_seeds_agree() {
        let clear = |held, seeds| Check { variant: None, code: None, left: None, right: None, held, seeds }.clear();
        assert_eq!(clear(None, None), None);
        assert_eq!([clear(Some(true), None), clear(Some(false), None)], [Some(true), Some(false)]);
        assert_eq!([3, 2, 0].map(|of| clear(Some(true), Some([of, 3]))), [Some(true), None, None]);
        assert_eq!([3, 1, 0].map(|of| clear(Some(false), Some([of, 3]))), [None, None, Some(false)]);
    }

    #[test]
    fn networks_are_compared_at_the_code_sizes_they_share() {
        let networks = [(Some("a"), 8), (Some("a"), 16), (Some("b"), 16), (Some("b"), 32)];
        let claim = Claim::parse("a.test.autoencoder.ssim < b.test.autoencoder.ssim").unwrap();
        assert_eq!(claim.places(&networks), [Place { variant: None, code: Some(16) }]);
    }

    #[test]
    fn a_claim_without_variants_is_checked_in_each_and_one_with_a_single_variant_against_each() {
        let networks = [(Some("a"), 8), (Some("a"), 16), (Some("b"), 16)];
        let lookup = |_: &Metric, variant: Option<&str>, _| Some(if variant == Some("a") { 1.0 } else { 2.0 });
        assert_eq!(held("test.autoencoder.ssim < 1.5", &networks, lookup), [Some(true), Some(true), Some(false)]);
        let against = "test.autoencoder.ssim <= a.test.autoencoder.ssim";
        assert_eq!(held(against, &networks, lookup), [Some(true), Some(true), Some(false)]);
    }

    #[test]
    fn faults_name_the_part_and_what_is_allowed() {
        let fault = |text| Claim::parse(text).unwrap_err();
        assert!(fault("test.autoencoder.mse_per_pixel = 1").contains("<, <=, > or >="));
        assert!(fault("tset.pca.ssim < 1").contains("did you mean `test`"));
        assert!(fault("test.pac.ssim < 1").contains("did you mean `pca`"));
        assert!(fault("test.pca.mse < 1").contains("mse_per_pixel"));
        let many = fault("test.pca.mse_of_class < 1");
        assert!(many.contains("mse_of_class_0") && !many.contains("mse_of_class_1"), "{many}");
        assert!(fault("x * test.pca.ssim < 1").contains("`x` is not a number"));
        assert!(fault("test.pca.ssim[many] < 1").contains("code size"));
        assert!(fault("1 < 2").contains("needs a metric"));
    }
}
