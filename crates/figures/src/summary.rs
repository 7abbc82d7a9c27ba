//! Reads `summary.json`, the summary of an experiment on one data set: means and standard deviations over seeds, and
//! verdicts on claims.

use std::collections::BTreeMap;
use std::path::Path;

pub use record::folders::summary_file;
use record::ranges;
use serde::{Deserialize, Serialize};
use spec::catalogue::{DatasetName, Plot};
use spec::{Check, Shape, measures, subject};
use system::storage;

/// The contents of `summary.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Summary {
    /// Name of the experiment.
    pub experiment: String,
    /// Question of the experiment.
    pub question: String,
    /// Name of the data set.
    pub dataset: String,
    /// An entry for each network with a complete run, in the order of the runs.
    pub groups: Vec<Group>,
    /// Figures that the experiment file lists.
    pub plots: Vec<Plot>,
    /// Runs that are not complete, with their state, such as `plain-32/seed-1: interrupted`.
    pub incomplete: Vec<String>,
    /// Results of the claims, in the order of the experiment file.
    pub claims: Vec<ClaimResult>,
    /// Warnings, a sentence for each: collapsed codes or discriminators, numbers without a meaning that were not
    /// measured, and fits that did not converge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// The runs of one network, which differ only in the seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Name of the network's folder, such as `plain-32`.
    pub label: String,
    /// Name of the architecture, such as `plain` or `dense-300-100`.
    pub architecture: String,
    /// Number of units of the code.
    pub code: usize,
    /// Name of the variant; `None` if the experiment has no variants.
    pub variant: Option<String>,
    /// Seeds of the complete runs, in increasing order.
    pub seeds: Vec<u64>,
    /// Number of training images; `None` in older summaries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<usize>,
    /// Pixels on each side of the images, if it is not the usual number of the data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<usize>,
    /// True if the training was regularised: by noise, a penalty, dropout, or early stopping.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub regularised: bool,
    /// Mean and standard deviation over seeds, by split, subject and field. Fields are those of
    /// [`ReconstructionError`](record::ReconstructionError) and of the measures of tasks.
    pub metrics: BTreeMap<String, BTreeMap<String, BTreeMap<String, Spread>>>,
}

/// Mean and standard deviation of a number over seeds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Mean over seeds.
    pub mean: f64,
    /// Sample standard deviation over seeds (`ddof = 1`); `None` for a single seed.
    pub std: Option<f64>,
}

/// A claim and its result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimResult {
    /// Text of the claim, as in the experiment file.
    pub text: String,
    /// Verdict on the claim.
    pub verdict: Verdict,
    /// A check for each variant and code size that the claim does not fix.
    pub checks: Vec<Check>,
}

/// Verdict on a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every check is clearly true.
    Held,
    /// Some checks are clearly true or clearly false, and not all of them are the same.
    Depends,
    /// Every check is clearly false.
    Failed,
    /// No check is clear: the differences may be chance.
    NoDifference,
    /// A run or a number that the claim needs is missing.
    NotCheckable,
}

impl Verdict {
    /// All verdicts, in the order of columns in tables.
    pub const ALL: [Self; 5] = [Self::Held, Self::Depends, Self::Failed, Self::NoDifference, Self::NotCheckable];

    /// The verdict in words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Depends => "depends",
            Self::Failed => "did not hold",
            Self::NoDifference => "no difference found",
            Self::NotCheckable => "open",
        }
    }

    /// The verdict on a claim with these checks; see [`Check::clear`]. A check of an older record, without an interval,
    /// is unclear if seeds disagree; the verdict is then that the claim depends on the seed.
    pub fn of(checks: &[Check]) -> Self {
        let all = |clear: bool| checks.iter().all(|check| check.clear() == Some(clear));
        let is_unclear = |check: &Check| check.clear().is_none() && check.knows_chance();
        let is_open = |check: &Check| check.held.is_none() || (check.knows_chance() && check.low.is_none());
        if checks.is_empty() || checks.iter().any(is_open) {
            Self::NotCheckable
        } else if all(true) {
            Self::Held
        } else if all(false) {
            Self::Failed
        } else if checks.iter().all(is_unclear) {
            Self::NoDifference
        } else {
            Self::Depends
        }
    }
}

impl Spread {
    /// Mean and sample standard deviation of values; `None` without values.
    pub fn of(values: &[f64]) -> Option<Self> {
        if values.is_empty() {
            return None;
        }
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        Some(Self { mean, std: (values.len() > 1).then(|| (squares / (count - 1.0)).sqrt()) })
    }
}

impl Summary {
    /// The usual shape of the rows of the data set; `None` for an unknown data set.
    pub fn shape(&self) -> Option<Shape> {
        let dataset: DatasetName = self.dataset.parse().ok()?;
        Some(dataset.facts().shapes[0])
    }

    /// Pixels on each side of the images of a group; `None` if rows are not images.
    pub fn side(&self, group: &Group) -> Option<usize> {
        group.side.or_else(|| self.shape()?.grey_image().map(|(side, _)| side))
    }

    /// True if rows are images, so that each value is a pixel.
    pub fn is_of_images(&self) -> bool {
        let has_similarity = |group: &Group| group.metric("test", "autoencoder", "ssim").is_some();
        match self.shape() {
            Some(shape) => matches!(shape, Shape::Image { .. }),
            None => self.groups.iter().any(|group| group.side.is_some() || has_similarity(group)),
        }
    }

    /// Measures of the networks besides reconstruction errors. The name of each is `subject.field`, after the split
    /// unless it is the test split. The values are in the order of the groups, `None` where a number was not measured.
    pub fn measures(&self) -> Vec<(String, Vec<Option<Spread>>)> {
        measures::names()
            .map(|(subject, field)| {
                let split = measures::measured(subject, field).map_or("test", |measured| measured.split.name());
                let values = self.groups.iter().map(|group| group.metric(split, subject, field)).collect::<Vec<_>>();
                let named = if split == "test" { String::new() } else { format!("{split}.") };
                (format!("{named}{subject}.{field}"), values)
            })
            .filter(|(_, values)| values.iter().any(Option::is_some))
            .collect()
    }
}

impl Group {
    /// Name of the network among those with the same code size: the variant, else the architecture.
    pub fn network(&self) -> &str {
        self.variant.as_deref().unwrap_or(&self.architecture)
    }

    /// A number of a subject on a split; `None` if it was not measured.
    pub fn metric(&self, split: &str, subject: &str, field: &str) -> Option<Spread> {
        self.metrics.get(split)?.get(subject)?.get(field).copied()
    }

    /// Ratio of the mean squared test error of the network to that of PCA with a code of the same size; `None` without
    /// these errors.
    pub fn ratio_to_pca(&self) -> Option<f64> {
        let of = |subject| self.metric("test", subject, "mse_per_pixel").map(|error| error.mean);
        let pca = of(subject::PCA).filter(|pca| *pca > 0.0)?;
        Some(of(subject::AUTOENCODER)? / pca)
    }
}

impl Summary {
    /// Reads `summary.json` of an experiment's folder.
    ///
    /// # Errors
    /// If the file cannot be read, a mean is outside the range of its number, or a standard deviation is negative; the
    /// error names the file and the field.
    pub fn read(directory: &Path) -> Result<Self, record::Error> {
        let path = summary_file(directory);
        let summary: Self = storage::read_json(&path)?;
        for group in &summary.groups {
            for (split, of) in &group.metrics {
                for (subject, fields) in of {
                    for (field, spread) in fields {
                        let place = format!("{field} of {subject} in {} on the {split} split", group.label);
                        ranges::check(&path, &format!("the mean of {place}"), field, spread.mean)?;
                        if let Some(std) = spread.std.filter(|std| *std < 0.0) {
                            let message = format!("the standard deviation of {place} is {std}; expected 0 or more");
                            return Err(system::Error::Format { path, message }.into());
                        }
                    }
                }
            }
        }
        Ok(summary)
    }
}
