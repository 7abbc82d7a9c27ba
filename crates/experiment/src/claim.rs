//! Claims: comparisons between recorded metrics that a report can check.
//!
//! ```text
//! claim  = term ("<" | "<=" | ">" | ">=") term
//! term   = number | [number "*"] metric
//! metric = [variant "."] split "." subject "." field ["[" code "]"]
//! ```
//!
//! for example `test.autoencoder.mse_per_pixel <= 0.6 * test.pca.mse_per_pixel`. Each metric is the mean over seeds. A
//! claim without code sizes is checked at every code size of the experiment and holds if it holds at each.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalogue::Split;
use crate::measures::MEASURED;
use crate::record::{ReconstructionError, subject};
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
    /// The variant whose runs recorded it, in an experiment with variants.
    pub variant: Option<String>,
    /// The code size, where the claim fixes one.
    pub code: Option<usize>,
    /// `train`, `validation` or `test`.
    pub split: String,
    /// One of [`subject`].
    pub subject: String,
    /// One of [`ReconstructionError::FIELDS`], or of what a task measures of the subject.
    pub field: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What the records say of a claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// One check per code size; one in all where both sides fix their own.
    pub checks: Vec<Check>,
}

/// A claim at one code size.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The code size; `None` where both sides fix their own.
    pub code: Option<usize>,
    /// Value of the left side; `None` where a run it needs is not complete.
    pub left: Option<f64>,
    /// Value of the right side.
    pub right: Option<f64>,
    /// Whether the comparison holds; `None` where a side is missing.
    pub held: Option<bool>,
}

impl Verdict {
    /// Whether the claim held everywhere; `None` where a run it needs is missing.
    pub fn held(&self) -> Option<bool> {
        if self.checks.is_empty() {
            return None;
        }
        self.checks.iter().map(|check| check.held).try_fold(true, |all, held| held.map(|held| all && held))
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

    /// Code sizes at which the claim can be checked: those that every network it names without one has. `codes_of` gives
    /// the code sizes of a metric's network. One stands for all where the claim fixes its own.
    pub fn codes(&self, codes_of: impl Fn(&Metric) -> Vec<usize>) -> Vec<usize> {
        let mut free = self.metrics().filter(|metric| metric.code.is_none());
        match free.next() {
            None => self.metrics().filter_map(|metric| metric.code).take(1).collect(),
            Some(first) => {
                let mut codes = codes_of(first);
                free.for_each(|metric| {
                    let others = codes_of(metric);
                    codes.retain(|code| others.contains(code));
                });
                codes
            }
        }
    }

    /// Checks the claim at each of `codes`. `lookup` gives the mean over seeds of a metric at a code size, if recorded.
    pub fn check(&self, codes: &[usize], lookup: impl Fn(&Metric, usize) -> Option<f64>) -> Verdict {
        let fixed = self.metrics().all(|metric| metric.code.is_some());
        let value = |term: &Term, code: usize| match &term.metric {
            Some(metric) => lookup(metric, metric.code.unwrap_or(code)).map(|value| term.factor * value),
            None => Some(term.factor),
        };
        let check = |&code: &usize| {
            let (left, right) = (value(&self.left, code), value(&self.right, code));
            let held = left.zip(right).map(|(left, right)| self.comparison.holds(left, right));
            Check { code: (!fixed).then_some(code), left, right, held }
        };
        Verdict { checks: codes.iter().map(check).collect() }
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
            return Self::finite(factor, None);
        }
        match text.split_once('*') {
            None => Ok(Self { factor: 1.0, metric: Some(Metric::parse(text)?) }),
            Some((factor, metric)) => {
                let factor = factor.trim();
                let number = factor.parse().map_err(|_| format!("`{factor}` is not a number"))?;
                Self::finite(number, Some(Metric::parse(metric.trim())?))
            }
        }
    }

    fn finite(factor: f64, metric: Option<Metric>) -> Result<Self, String> {
        if factor.is_finite() { Ok(Self { factor, metric }) } else { Err(format!("`{factor}` is not a finite number")) }
    }
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
        let reconstructing = subject::reconstructing();
        let mut subjects = reconstructing.clone();
        subjects.extend(MEASURED.iter().flat_map(|of| of.subjects).filter(|name| !reconstructing.contains(name)));
        subjects.dedup();
        if !subjects.contains(&subject) {
            return Err(unknown("subject", subject, &subjects));
        }
        let mut fields =
            if reconstructing.contains(&subject) { ReconstructionError::FIELDS.to_vec() } else { Vec::new() };
        fields.extend(MEASURED.iter().filter(|of| of.subjects.contains(&subject)).flat_map(|of| of.fields));
        if !fields.contains(&field) {
            return Err(unknown(&format!("field of {subject}"), field, &fields));
        }
        Ok(Self { variant, code, split: split.to_owned(), subject: subject.to_owned(), field: field.to_owned() })
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

    #[test]
    fn a_claim_holds_only_if_it_holds_at_every_code_size() {
        let claim = Claim::parse(BEATS_PCA).unwrap();
        let verdict = |wide: f64| {
            claim.check(&[8, 16], |metric, code| match (metric.subject.as_str(), code) {
                ("pca", _) => Some(10.0),
                (_, 8) => Some(5.0),
                _ => Some(wide),
            })
        };
        assert_eq!(verdict(6.0).held(), Some(true));
        assert_eq!(verdict(6.1).held(), Some(false));
        assert_eq!(verdict(6.1).checks[1].right, Some(6.0));
    }

    #[test]
    fn a_missing_run_leaves_the_verdict_open() {
        let claim = Claim::parse(BEATS_PCA).unwrap();
        assert_eq!(claim.check(&[8], |_, _| None).held(), None);
    }

    #[test]
    fn code_sizes_can_be_fixed_on_either_side() {
        let claim = Claim::parse("test.autoencoder.mse_per_pixel[16] < test.pca.mse_per_pixel[32]").unwrap();
        let codes = claim.codes(|_| vec![8, 16, 32]);
        assert_eq!(codes.len(), 1);
        let verdict = claim.check(&codes, |_, code| Some(code as f64));
        assert_eq!(verdict.checks, [Check { code: None, left: Some(16.0), right: Some(32.0), held: Some(true) }]);
    }

    #[test]
    fn networks_are_compared_at_the_code_sizes_they_share() {
        let claim = Claim::parse("a.test.autoencoder.ssim < b.test.autoencoder.ssim").unwrap();
        let codes_of =
            |metric: &Metric| if metric.variant.as_deref() == Some("a") { vec![8, 16] } else { vec![16, 32] };
        assert_eq!(claim.codes(codes_of), [16]);
    }

    #[test]
    fn faults_name_the_part_and_what_is_allowed() {
        let fault = |text| Claim::parse(text).unwrap_err();
        assert!(fault("test.autoencoder.mse_per_pixel = 1").contains("<, <=, > or >="));
        assert!(fault("tset.pca.ssim < 1").contains("did you mean `test`"));
        assert!(fault("test.pac.ssim < 1").contains("did you mean `pca`"));
        assert!(fault("test.pca.mse < 1").contains("mse_per_pixel"));
        assert!(fault("x * test.pca.ssim < 1").contains("`x` is not a number"));
        assert!(fault("test.pca.ssim[many] < 1").contains("code size"));
        assert!(fault("1 < 2").contains("needs a metric"));
    }
}
