//! The regression gate: what a suite of experiments came to, held against what it came to when it was last approved.
//!
//! An autoencoder's error may fall and must not rise; the errors of PCA and of the noisy input, which no training touches,
//! must stay; data sets must be the same bit for bit; a claim that held must hold. Errors are means over seeds, and what
//! they are allowed to move is three standard errors of that mean, at least [`RELATIVE_FLOOR`] and at most a ceiling. On
//! one machine the same code gives the same bits, so that nothing moves at all; the allowance is for other machines.

use std::collections::BTreeMap;
use std::path::Path;

use record::folders::{recorded_experiments, recorded_runs};
use record::{Environment, RunDirectory};
use serde::{Deserialize, Serialize};
use spec::measures;
use spec::subject;
use system::storage;

use crate::across::text::chance;
use crate::across::words::at;
use crate::error::Error;
use canvas::number::fixed;
use figures::summary::{Spread, Summary, Verdict};

/// Nothing is held closer than this share of itself,
pub const RELATIVE_FLOOR: f64 = 1e-3;
/// or this (MSE per pixel),
pub const ABSOLUTE_FLOOR: f64 = 1e-6;
/// and, where a loss of 3 % must never pass, nothing may move further than this share of itself.
pub const RELATIVE_CEILING: f64 = 0.025;

/// Standard errors of the mean that are no regression.
const STANDARD_ERRORS: f64 = 3.0;

/// Whose error is held: the first may fall, the others stay.
const SUBJECTS: [&str; 3] = [subject::AUTOENCODER, subject::PCA, subject::CORRUPTED_INPUT];
const FIELD: &str = "mse_per_pixel";
pub(crate) const SAME_DATA: &str = "the same data";
const COMPLETE: &str = "complete";

/// What a suite came to when it was approved: the contents of `results/baselines/<suite>.json`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// The processors it was made on.
    pub cpu: String,
    /// `<experiment> <data set> <network> <split>.<subject>.<field>` -> what is expected of it.
    pub metrics: BTreeMap<String, Expected>,
    /// `<experiment> <data set> <network> seed <seed>` -> fingerprint of its data set.
    pub fingerprints: BTreeMap<String, String>,
    /// `<experiment> <data set>: <claim>` -> its verdict.
    pub claims: BTreeMap<String, Verdict>,
}

/// A number to be met again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Mean over the seeds.
    pub mean: f64,
    /// Sample standard deviation over them.
    pub std: f64,
    /// How many there were.
    pub seeds: usize,
    /// It may move by the larger of this
    pub absolute: f64,
    /// and this share of `mean`.
    pub relative: f64,
}

/// What a suite comes to now.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    cpu: String,
    metrics: BTreeMap<String, (Spread, usize)>,
    fingerprints: BTreeMap<String, String>,
    claims: BTreeMap<String, Verdict>,
    /// Of each claim, the difference and interval of its first check that is not clearly true, or else of its first.
    chance: BTreeMap<String, String>,
    /// Runs that did not come to an end.
    incomplete: Vec<String>,
}

/// One comparison of the gate: a number, a data set, a claim or a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateLine {
    /// What is compared.
    pub name: String,
    /// Its value in the approved baseline.
    pub baseline: String,
    /// Its value now.
    pub obtained: String,
    /// The values that pass.
    pub allowed: String,
    /// How the two compare.
    pub verdict: GateVerdict,
}

/// How a value compares with its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GateVerdict {
    /// Within what is allowed.
    Same,
    /// Better than that; worth approving.
    Better,
    /// Worse than that.
    Worse,
    /// Other than it must be.
    Changed,
    /// It has no baseline yet.
    New,
    /// It has a baseline, and was not recorded.
    Missing,
}

impl GateVerdict {
    /// True if this line fails the gate.
    pub const fn is_regression(self) -> bool {
        !matches!(self, Self::Same | Self::Better)
    }

    /// In one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Better => "better",
            Self::Worse => "WORSE",
            Self::Changed => "CHANGED",
            Self::New => "NEW",
            Self::Missing => "MISSING",
        }
    }
}

impl Expected {
    /// What is expected from now on of a number of this spread; the error says why it cannot be held.
    fn of(spread: Spread, seeds: usize, ceiling: f64) -> Result<Self, String> {
        let std = spread.std.ok_or("a single seed has no spread; give the suite several")?;
        if spread.mean.is_nan() || spread.mean <= 0.0 {
            return Err(format!("a mean of {} leaves nothing to hold", spread.mean));
        }
        let relative = (STANDARD_ERRORS * std / (seeds as f64).sqrt() / spread.mean).max(RELATIVE_FLOOR);
        if relative > ceiling {
            return Err(format!(
                "{STANDARD_ERRORS} standard errors over {seeds} seeds are {:.1} % of it, more than the {:.1} % that may be \
                 allowed; give the suite more seeds or epochs",
                100.0 * relative,
                100.0 * ceiling
            ));
        }
        let absolute = ABSOLUTE_FLOOR.min(ceiling * spread.mean);
        Ok(Self { mean: spread.mean, std, seeds, absolute, relative })
    }

    fn allowance(&self) -> f64 {
        self.absolute.max(self.relative * self.mean)
    }
}

impl Approved {
    /// Reads a baseline that a suite is held against.
    ///
    /// # Errors
    /// When the file is missing, cannot be read, or holds nothing: a gate without a number to hold would pass anything.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let format = |message: &str| Error::File(system::Error::format(path, message.to_owned()));
        if !path.exists() {
            return Err(format("there is no baseline yet; --bless makes one"));
        }
        let baseline: Self = storage::read_json(path)?;
        if baseline.metrics.is_empty() || baseline.fingerprints.is_empty() {
            return Err(format("holds no experiment, and would pass anything; --bless makes it anew"));
        }
        Ok(baseline)
    }
}

impl Observed {
    /// Reads every experiment recorded below `folder`, each on any data set.
    ///
    /// # Errors
    /// When a record cannot be read.
    pub fn read(folder: &Path) -> Result<Self, Error> {
        let mut observed = Self {
            cpu: String::new(),
            metrics: BTreeMap::new(),
            fingerprints: BTreeMap::new(),
            claims: BTreeMap::new(),
            chance: BTreeMap::new(),
            incomplete: Vec::new(),
        };
        recorded_experiments(folder)?.iter().try_for_each(|directory| observed.add(directory))?;
        Ok(observed)
    }

    fn add(&mut self, directory: &Path) -> Result<(), Error> {
        let summary = Summary::read(directory)?;
        let experiment = format!("{} {}", summary.experiment, summary.dataset);
        self.incomplete.extend(summary.incomplete.iter().map(|run| format!("{experiment} {run}")));
        for group in &summary.groups {
            for split in group.metrics.keys() {
                for subject in SUBJECTS {
                    if let Some(spread) = group.metric(split, subject, FIELD) {
                        let name = format!("{experiment} {} {split}.{subject}.{FIELD}", group.label);
                        self.metrics.insert(name, (spread, group.seeds.len()));
                    }
                }
            }
        }
        // What a claim says of time depends on what else the machine does.
        let of_seconds = |text: &str| text.contains(&format!(".{}", measures::SECONDS));
        for claim in summary.claims.into_iter().filter(|claim| !of_seconds(&claim.text)) {
            let name = format!("{experiment}: {}", claim.text);
            let unclear = claim.checks.iter().find(|check| check.clear() != Some(true)).or(claim.checks.first());
            if let Some(check) = unclear.filter(|check| check.knows_chance()) {
                self.chance.insert(name.clone(), format!("{}{}", at(check, "code "), chance(check).trim()));
            }
            self.claims.insert(name, claim.verdict);
        }
        for run in recorded_runs(directory)? {
            RunDirectory::at(&run).is_complete()?;
            let environment: Environment = storage::read_json(&run.join("environment.json"))?;
            let network = run.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
            let name = format!("{experiment} {network} seed {}", environment.seed);
            self.fingerprints.insert(name, environment.dataset_fingerprint);
            self.cpu = environment.cpu.unwrap_or_else(|| environment.platform.clone());
        }
        Ok(())
    }

    /// The processors it was made on.
    pub fn cpu(&self) -> &str {
        &self.cpu
    }

    /// Approves it; nothing may then move by more than the share `ceiling` of itself.
    ///
    /// # Errors
    /// When there is nothing, a run is not complete, or the seeds of a metric differ so much that a loss of quality could
    /// hide among them.
    pub fn bless(&self, ceiling: f64) -> Result<Approved, Error> {
        let mut metrics = BTreeMap::new();
        let mut faults: Vec<String> = self.incomplete.iter().map(|run| format!("{run}: not complete")).collect();
        for (name, &(spread, seeds)) in &self.metrics {
            match Expected::of(spread, seeds, ceiling) {
                Ok(expected) => drop(metrics.insert(name.clone(), expected)),
                Err(message) => faults.push(format!("{name}: {message}")),
            }
        }
        if !faults.is_empty() || metrics.is_empty() {
            faults.extend(self.metrics.is_empty().then(|| "nothing is recorded".to_owned()));
            return Err(Error::Baseline { message: faults.join("\n  ") });
        }
        Ok(Approved {
            cpu: self.cpu.clone(),
            metrics,
            fingerprints: self.fingerprints.clone(),
            claims: self.claims.clone(),
        })
    }
}

/// Holds what a suite came to against its baseline: everything that either of them knows, metrics before data sets before
/// claims.
pub fn compare(baseline: &Approved, observed: &Observed) -> Vec<GateLine> {
    let mut lines = pair(&baseline.metrics, &observed.metrics, |name, expected, (spread, _)| {
        let (allowance, moved) = (expected.allowance(), spread.mean - expected.mean);
        let may_fall = name.contains(&format!(".{}.", subject::AUTOENCODER));
        let verdict = match (moved.abs() <= allowance, may_fall, moved < 0.0) {
            (true, ..) => GateVerdict::Same,
            (false, true, true) => GateVerdict::Better,
            (false, true, false) => GateVerdict::Worse,
            // NaN ends here as well.
            (false, false, _) => GateVerdict::Changed,
        };
        let sign = if may_fall { "+" } else { "±" };
        (number(expected.mean), number(spread.mean), format!("{sign}{}", number(allowance)), verdict)
    });
    lines.extend(pair(&baseline.fingerprints, &observed.fingerprints, |_, expected, found| {
        let verdict = if expected == found { GateVerdict::Same } else { GateVerdict::Changed };
        (short(expected), short(found), SAME_DATA.to_owned(), verdict)
    }));
    lines.extend(observed.incomplete.iter().map(|run| GateLine {
        name: run.clone(),
        baseline: COMPLETE.to_owned(),
        obtained: "not complete".to_owned(),
        allowed: COMPLETE.to_owned(),
        verdict: GateVerdict::Missing,
    }));
    lines.extend(pair(&baseline.claims, &observed.claims, |name, expected, found| {
        let verdict = match (expected, found) {
            (expected, found) if expected == found => GateVerdict::Same,
            (_, Verdict::Held) | (Verdict::Failed, Verdict::Depends | Verdict::NoDifference) => GateVerdict::Better,
            // It depends where some checks are clearly true, or clearly false.
            (Verdict::NoDifference, Verdict::Depends) => GateVerdict::Changed,
            _ => GateVerdict::Worse,
        };
        let chance = observed.chance.get(name).filter(|_| verdict != GateVerdict::Same);
        let obtained = chance.map_or_else(|| found.name().to_owned(), |chance| format!("{}: {chance}", found.name()));
        (expected.name().to_owned(), obtained, expected.name().to_owned(), verdict)
    }));
    lines
}

/// Every name that one of two maps has, with what `check` makes of both values: baseline, obtained, allowed, verdict.
fn pair<E, F>(
    expected: &BTreeMap<String, E>,
    found: &BTreeMap<String, F>,
    check: impl Fn(&str, &E, &F) -> (String, String, String, GateVerdict),
) -> Vec<GateLine> {
    let mut names: Vec<&String> = expected.keys().chain(found.keys()).collect();
    names.sort();
    names.dedup();
    let of = |name: &String| {
        let (baseline, obtained, allowed, verdict) = match (expected.get(name), found.get(name)) {
            (Some(expected), Some(found)) => check(name, expected, found),
            (None, _) => ("none".to_owned(), "there".to_owned(), String::new(), GateVerdict::New),
            (_, None) => ("there".to_owned(), "none".to_owned(), String::new(), GateVerdict::Missing),
        };
        GateLine { name: name.clone(), baseline, obtained, allowed, verdict }
    };
    names.into_iter().map(of).collect()
}

fn number(value: f64) -> String {
    fixed(value, 7)
}

/// As much of a fingerprint as tells it from others.
fn short(fingerprint: &str) -> String {
    fingerprint.chars().take(12).collect()
}

#[cfg(test)]
pub(crate) mod tests;
