//! What the runs of an experiment on one data set say together, as `summary.json` holds it: mean and spread over seeds, and
//! whether claims hold.

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
    /// What it asks.
    pub question: String,
    /// Name of the data set.
    pub dataset: String,
    /// One entry per network with a complete run, in the order the runs were given.
    pub groups: Vec<Group>,
    /// Figures that the runs ask for.
    pub plots: Vec<Plot>,
    /// Runs that were given and are not complete: `plain-32/seed-1: interrupted`.
    pub incomplete: Vec<String>,
    /// The experiment's claims, in its order.
    pub claims: Vec<ClaimResult>,
    /// Codes or discriminators that collapsed, what has no meaning and was not measured, and fits that did not converge; a
    /// sentence for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// The runs of one network, which differ only in their seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Name of its folder, such as `plain-32`.
    pub label: String,
    /// Name of its network, such as `plain` or `dense-300-100`.
    pub architecture: String,
    /// Units of its code.
    pub code: usize,
    /// Name of its variant, if the experiment has any.
    pub variant: Option<String>,
    /// Seeds of its complete runs, rising.
    pub seeds: Vec<u64>,
    /// Training images; those of older summaries are not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train: Option<usize>,
    /// Pixels on each side of its images, where that is not the usual number of the data set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<usize>,
    /// Whether anything kept its training from learning the images by heart: noise, a penalty, dropout, or an early end.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub regularised: bool,
    /// Split -> subject -> field of [`ReconstructionError`](record::ReconstructionError) or of what a task measures -> value over the seeds.
    pub metrics: BTreeMap<String, BTreeMap<String, BTreeMap<String, Spread>>>,
}

/// A number measured once per seed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spread {
    /// Mean over the seeds.
    pub mean: f64,
    /// Sample standard deviation over the seeds (`ddof = 1`); `None` for a single one.
    pub std: Option<f64>,
}

/// A claim and what the records say of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimResult {
    /// The claim as written.
    pub text: String,
    /// Whether it held.
    pub verdict: Verdict,
    /// One entry for each variant and code size that the claim does not fix itself.
    pub checks: Vec<Check>,
}

/// Whether a claim held.
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
    /// A run or a measurement it needs is missing.
    NotCheckable,
}

impl Verdict {
    /// All of them, in the order in which tables count them.
    pub const ALL: [Self; 5] = [Self::Held, Self::Depends, Self::Failed, Self::NoDifference, Self::NotCheckable];

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Depends => "depends",
            Self::Failed => "did not hold",
            Self::NoDifference => "no difference found",
            Self::NotCheckable => "open",
        }
    }

    /// That on a claim which was checked at these places; see [`Check::clear`]. Checks that do not know chance, of older records,
    /// are unclear where seeds disagree: then it depends on the seed.
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
    /// Mean and sample standard deviation; `None` without values.
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
    /// The usual shape of the rows of its data set; `None` of one that is not known here.
    pub fn shape(&self) -> Option<Shape> {
        let dataset: DatasetName = self.dataset.parse().ok()?;
        Some(dataset.facts().shapes[0])
    }

    /// Pixels on each side of the images of a group; `None` where rows are no images.
    pub fn side(&self, group: &Group) -> Option<usize> {
        group.side.or_else(|| self.shape()?.grey_image().map(|(side, _)| side))
    }

    /// True if rows are images: then a value is a pixel.
    pub fn is_of_images(&self) -> bool {
        let has_similarity = |group: &Group| group.metric("test", "autoencoder", "ssim").is_some();
        match self.shape() {
            Some(shape) => matches!(shape, Shape::Image { .. }),
            None => self.groups.iter().any(|group| group.side.is_some() || has_similarity(group)),
        }
    }

    /// What is measured of the networks beyond reconstruction error: `subject.field`, after the split where that is not the test
    /// split, and a value for each, those that were not measured left out.
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
    /// What tells the network apart from the experiment's others of the same code size: its variant, else its shape.
    pub fn network(&self) -> &str {
        self.variant.as_deref().unwrap_or(&self.architecture)
    }

    /// A field of a subject's error on a split, if it was measured.
    pub fn metric(&self, split: &str, subject: &str, field: &str) -> Option<Spread> {
        self.metrics.get(split)?.get(subject)?.get(field).copied()
    }

    /// Mean squared test error of the network as a multiple of that of PCA with a code of the same size, if there is such a number.
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
    /// When the file cannot be read, a mean is outside the range of its number, or a standard deviation is negative; the error
    /// names the file and the field.
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
