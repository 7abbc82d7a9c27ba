//! Claims: comparisons between recorded metrics, which a summary and the report check.
//!
//! ```text
//! claim  = term ("<" | "<=" | ">" | ">=") term ["by" number ["%"]] ["over variants"]
//! term   = number | [number "*"] metric
//! metric = [variant "."] split "." subject "." field ["[" code "]"]
//! ```
//!
//! For example: `test.autoencoder.mse_per_pixel <= 0.6 * test.pca.mse_per_pixel`. Each metric is the mean over seeds.
//!
//! A claim without code sizes is checked at every code size of the experiment, and one without variants in every
//! variant. It holds if it holds in all of these places, and depends if it holds in some. `over variants` checks the
//! mean over all variants instead. `by 5%` requires a difference of at least 5 % of the right side, and `by 0.001` one
//! of at least 0.001.

mod check;
mod margin;

use std::fmt;

use self::margin::Margin;

pub use self::check::Check;
use crate::catalogue::Split;
use crate::measures;
use crate::measures::{MEASURED, MSE_OF_CLASS};
use crate::subject;
use crate::suggestion::unknown;

/// Suffix of a claim about the mean over all variants.
const OVER_VARIANTS: &str = " over variants";
/// Separates the right side from the margin.
const BY: &str = " by ";

/// A comparison between recorded metrics, parsed.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    text: String,
    left: Term,
    comparison: Comparison,
    right: Term,
    margin: Option<Margin>,
    is_over_variants: bool,
}

/// A number, or a multiple of a metric.
#[derive(Debug, Clone, PartialEq)]
struct Term {
    factor: f64,
    metric: Option<Metric>,
}

/// A name of a recorded number, averaged over seeds.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// Variant whose runs record the metric. `None` if the claim gives none.
    pub variant: Option<String>,
    /// Code size. `None` if the claim gives none.
    pub code: Option<usize>,
    /// Name of the split: `train`, `validation` or `test`.
    pub split: String,
    /// Name of the subject, one of [`subject`].
    pub subject: String,
    /// Name of the number: one of [`RECONSTRUCTION`](measures::RECONSTRUCTION), or a measure of a task.
    pub field: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// One place to check a claim at: the variant and code size that the claim leaves open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Variant. `None` if the claim gives its own, if it is about the mean over variants, or if the experiment has no
    /// variants.
    pub variant: Option<String>,
    /// Code size. `None` if all metrics of the claim give their own.
    pub code: Option<usize>,
    /// Variants whose mean is checked. Empty if the claim is about a single variant.
    pub over: Vec<String>,
}

impl Claim {
    /// Parses a claim. The error names the wrong part and lists what is allowed there.
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
        let (right, is_over_variants) = match right.trim().strip_suffix(OVER_VARIANTS) {
            Some(right) => (right, true),
            None => (right, false),
        };
        let (right, margin) = match right.split_once(BY) {
            Some((right, margin)) => (right, Some(Margin::parse(margin)?)),
            None => (right, None),
        };
        let claim = Self {
            text: text.trim().to_owned(),
            left: Term::parse(left)?,
            comparison,
            right: Term::parse(right)?,
            margin,
            is_over_variants,
        };
        if claim.metrics().next().is_none() {
            return Err("a claim needs a metric, such as test.autoencoder.mse_per_pixel".to_owned());
        }
        if is_over_variants && claim.metrics().all(|metric| metric.variant.is_some()) {
            return Err(
                "`over variants` needs a metric without a variant, such as test.autoencoder.mse_per_pixel".to_owned()
            );
        }
        Ok(claim)
    }

    /// Text of the claim, as the file has it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Metrics of the claim, the left one first.
    pub fn metrics(&self) -> impl Iterator<Item = &Metric> {
        [&self.left, &self.right].into_iter().filter_map(|term| term.metric.as_ref())
    }

    /// Both sides, left before right: a factor, and the metric that it multiplies. A side without a metric is the factor alone.
    pub fn sides_as_written(&self) -> [(f64, Option<&Metric>); 2] {
        [&self.left, &self.right].map(|term| (term.factor, term.metric.as_ref()))
    }

    /// True if the left side is claimed to be the smaller one: `<` or `<=`.
    pub fn asks_for_less(&self) -> bool {
        matches!(self.comparison, Comparison::Less | Comparison::LessOrEqual)
    }

    /// True if equal sides refute the claim: `<` or `>`.
    pub fn is_strict(&self) -> bool {
        matches!(self.comparison, Comparison::Less | Comparison::Greater)
    }

    /// The margin as text, such as `5 %` or `0.001`; `None` for a claim without `by`.
    pub fn margin(&self) -> Option<String> {
        self.margin.map(|margin| match margin {
            Margin::Share(share) => format!("{} %", 100.0 * share),
            Margin::Absolute(value) => value.to_string(),
        })
    }

    /// Normalised text of the comparison, such as `autoencoder.svm_accuracy > pca.svm_accuracy`, to group claims of one
    /// kind.
    ///
    /// Leaves out variants, splits, factors, code sizes and margins, and the number or `_all` at the end of a field.
    /// Writes `<=` as `<`, `>=` as `>`, and a side without a metric as `number`.
    pub fn kind(&self) -> String {
        let [left, right] = [&self.left, &self.right].map(|term| match &term.metric {
            Some(metric) => format!("{}.{}", metric.subject, without_count(&metric.field)),
            None => "number".to_owned(),
        });
        let sign = match self.comparison {
            Comparison::Less | Comparison::LessOrEqual => "<",
            Comparison::Greater | Comparison::GreaterOrEqual => ">",
        };
        format!("{left} {sign} {right}")
    }

    /// True if the claim is about the mean over all variants.
    pub fn is_over_variants(&self) -> bool {
        self.is_over_variants
    }

    /// Places at which the claim can be checked. `networks` lists the variant and code size of each network of the
    /// experiment.
    ///
    /// A claim without a variant is checked in every variant, at the code sizes that all networks of the claim have. A
    /// claim over variants is checked at the code sizes that every variant has.
    pub fn places(&self, networks: &[(Option<&str>, usize)]) -> Vec<Place> {
        let places = self.places_of_variants(networks);
        if !self.is_over_variants {
            return places;
        }
        let mut over: Vec<String> = networks.iter().filter_map(|(variant, _)| variant.map(str::to_owned)).collect();
        over.dedup();
        let mut codes: Vec<Option<usize>> = Vec::new();
        for Place { code, .. } in &places {
            let count = places.iter().filter(|place| place.code == *code).count();
            if !codes.contains(code) && count == over.len().max(1) {
                codes.push(*code);
            }
        }
        codes.into_iter().map(|code| Place { variant: None, code, over: over.clone() }).collect()
    }

    fn places_of_variants(&self, networks: &[(Option<&str>, usize)]) -> Vec<Place> {
        let mut variants: Vec<Option<&str>> = vec![None];
        if self.metrics().any(|metric| metric.variant.is_none()) {
            variants = networks.iter().map(|(variant, _)| *variant).collect();
            // The networks of a variant are next to each other.
            variants.dedup();
        }
        let mut places = Vec::new();
        for variant in variants {
            let has = |metric: &Metric, code| networks.contains(&(metric.variant.as_deref().or(variant), code));
            let variant = variant.map(str::to_owned);
            let mut free = self.metrics().filter(|metric| metric.code.is_none()).peekable();
            if free.peek().is_none() {
                places.push(Place { variant, code: None, over: Vec::new() });
                continue;
            }
            let free: Vec<&Metric> = free.collect();
            let mut codes: Vec<usize> = Vec::new();
            for (_, code) in networks {
                if !codes.contains(code) && free.iter().all(|metric| has(metric, *code)) {
                    codes.push(*code);
                }
            }
            let place = |code| Place { variant: variant.clone(), code: Some(code), over: Vec::new() };
            places.extend(codes.into_iter().map(place));
        }
        places
    }

    /// Checks the claim at each of `places`. `lookup` gives the mean over seeds of a metric in a variant at a code
    /// size, or `None` if it is not recorded.
    pub fn check(&self, places: &[Place], lookup: impl Fn(&Metric, Option<&str>, usize) -> Option<f64>) -> Vec<Check> {
        let check = |place: &Place| {
            let [left, right] = self.sides(place, &lookup);
            let held = left.zip(right).map(|(left, right)| self.holds(left, right));
            Check { variant: place.variant.clone(), code: place.code, left, right, held, ..Check::default() }
        };
        places.iter().map(check).collect()
    }

    /// Values of the left and right side at a place, or `None` for a side that `lookup` has no number for. If the claim
    /// is over variants, each value is the mean over variants.
    ///
    /// `lookup` gives the value of a metric in a variant at a code size: the mean over seeds, or the value of one seed
    /// or one block of test rows.
    pub fn sides(
        &self,
        place: &Place,
        lookup: impl Fn(&Metric, Option<&str>, usize) -> Option<f64>,
    ) -> [Option<f64>; 2] {
        [&self.left, &self.right].map(|term| {
            let Some(metric) = &term.metric else { return Some(term.factor) };
            let code = metric.code.or(place.code)?;
            let value = |variant: Option<&str>| {
                lookup(metric, metric.variant.as_deref().or(variant), code).map(|value| term.factor * value)
            };
            if place.over.is_empty() {
                return value(place.variant.as_deref());
            }
            let values: Option<Vec<f64>> = place.over.iter().map(|variant| value(Some(variant))).collect();
            values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
        })
    }

    /// True if the comparison, with its margin, holds between two values.
    pub fn holds(&self, left: f64, right: f64) -> bool {
        let bound = if self.margin.is_some() { right + self.shift(right, right) } else { right };
        self.comparison.holds(left, bound)
    }

    /// Distance of the left side above the bound that the claim compares it with.
    ///
    /// This is left - right, minus the margin if the claim says that left is larger, plus the margin if it says that
    /// left is smaller. It is linear in `left` and `right`. `mean` is the mean of the right side: its sign gives the
    /// direction of a margin in percent.
    pub fn excess(&self, left: f64, right: f64, mean: f64) -> f64 {
        left - right - self.shift(right, mean)
    }

    /// Outcome for an interval of [`excess`](Self::excess): true if the claim holds at both ends, false if it holds at
    /// neither, else `None`.
    pub fn outcome(&self, low: f64, high: f64) -> Option<bool> {
        let [at_low, at_high] = [low, high].map(|excess| self.comparison.holds(excess, 0.0));
        (at_low == at_high).then_some(at_low)
    }

    /// Distance from the right side to the bound that the left side is compared with.
    fn shift(&self, right: f64, mean: f64) -> f64 {
        let margin = self.margin.map_or(0.0, |margin| margin.of(right, mean));
        match self.comparison {
            Comparison::Less | Comparison::LessOrEqual => -margin,
            Comparison::Greater | Comparison::GreaterOrEqual => margin,
        }
    }
}

/// Name of a field without the number or `_all` at its end.
fn without_count(field: &str) -> &str {
    match field.rsplit_once('_') {
        Some((name, count)) if count == "all" || count.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => field,
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
            return Err(format!("`{written}` is too small: a 64-bit number would round it to 0"));
        }
        Ok(Self { factor, metric })
    }
}

/// True if a number is written as different from 0 and parsed as 0.
pub(crate) fn is_rounded_to_zero(written: &str) -> bool {
    let mantissa = written.split(['e', 'E']).next().unwrap_or_default();
    mantissa.contains(|c: char| ('1'..='9').contains(&c)) && written.replace('_', "").parse() == Ok(0.0)
}

impl Metric {
    /// Reads a metric; the error says which part is wrong and what is allowed there.
    ///
    /// # Errors
    /// When the text has another form, or names a split, subject or field that is not measured.
    pub fn parse(text: &str) -> Result<Self, String> {
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
            // Messages list one name in place of those of a hundred classes.
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
mod tests;
