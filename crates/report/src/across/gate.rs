//! The regression gate: compares the results of a suite of experiments with an approved baseline.
//! The error of an autoencoder may fall and must not rise. The errors of PCA and of the noisy input do not depend on
//! training and must not change. Data sets must be equal bit for bit. A claim that held must hold. Errors are means
//! over seeds. They may change by three standard errors of the mean, at least [`RELATIVE_FLOOR`] and at most a ceiling.
//! On one machine the same code gives the same bits; the allowance is for other machines.

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

/// Smallest relative change that can fail the gate.
pub const RELATIVE_FLOOR: f64 = 1e-3;
/// Smallest absolute change that can fail the gate, in MSE per pixel.
pub const ABSOLUTE_FLOOR: f64 = 1e-6;
/// Largest allowed relative change in a suite where a loss of 3 % must always fail the gate.
pub const RELATIVE_CEILING: f64 = 0.025;

/// Allowed change in standard errors of the mean.
const STANDARD_ERRORS: f64 = 3.0;

/// Subjects whose errors are compared: the first may fall, the others must not change.
const SUBJECTS: [&str; 3] = [subject::AUTOENCODER, subject::PCA, subject::CORRUPTED_INPUT];
const FIELD: &str = "mse_per_pixel";
pub(crate) const SAME_DATA: &str = "the same data";
const COMPLETE: &str = "complete";

/// The approved results of a suite: the contents of `results/baselines/<suite>.json`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Approved {
    /// Processors of the machines that made the baseline.
    pub cpu: String,
    /// Map from `<experiment> <data set> <network> <split>.<subject>.<field>` to the expected number.
    pub metrics: BTreeMap<String, Expected>,
    /// Map from `<experiment> <data set> <network> seed <seed>` to the fingerprint of the data set.
    pub fingerprints: BTreeMap<String, String>,
    /// Map from `<experiment> <data set>: <claim>` to the verdict.
    pub claims: BTreeMap<String, Verdict>,
}

/// An expected number and the allowed change.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Mean over seeds.
    pub mean: f64,
    /// Sample standard deviation over seeds.
    pub std: f64,
    /// Number of seeds.
    pub seeds: usize,
    /// Allowed absolute change; the larger of the two allowances counts.
    pub absolute: f64,
    /// Allowed change as a share of `mean`.
    pub relative: f64,
}

/// The present results of a suite.
#[derive(Debug, Clone, PartialEq)]
pub struct Observed {
    cpu: String,
    metrics: BTreeMap<String, (Spread, usize)>,
    fingerprints: BTreeMap<String, String>,
    claims: BTreeMap<String, Verdict>,
    /// Difference and interval of each claim's first check that is not clearly true, or else of the first check.
    chance: BTreeMap<String, String>,
    /// Runs that are not complete.
    incomplete: Vec<String>,
}

/// One comparison of the gate: a number, a data set, a claim or a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GateLine {
    /// Name of the compared item.
    pub name: String,
    /// Its value in the approved baseline.
    pub baseline: String,
    /// Its value now.
    pub obtained: String,
    /// The values that pass.
    pub allowed: String,
    /// Result of the comparison.
    pub verdict: GateVerdict,
}

/// Result of comparing a value with its baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum GateVerdict {
    /// The value is within the allowance.
    Same,
    /// The value is better than the allowance; a new baseline is worth making.
    Better,
    /// The value is worse than the allowance.
    Worse,
    /// The value differs, and must not.
    Changed,
    /// The item has no baseline yet.
    New,
    /// The item has a baseline and was not recorded.
    Missing,
}

impl GateVerdict {
    /// True if this line fails the gate.
    pub const fn is_regression(self) -> bool {
        !matches!(self, Self::Same | Self::Better)
    }

    /// The verdict in one word.
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
    /// The expectation for a number with this spread. The error says why the number cannot be part of a baseline.
    fn of(spread: Spread, seeds: usize, ceiling: f64) -> Result<Self, String> {
        let std = spread.std.ok_or("a single seed has no spread; give the suite several seeds")?;
        if spread.mean.is_nan() || spread.mean <= 0.0 {
            return Err(format!("a mean of {} cannot be compared", spread.mean));
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
    /// Reads the baseline of a suite.
    ///
    /// # Errors
    /// If the file is missing, cannot be read, or has no experiment: every result would pass an empty baseline.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let format = |message: &str| Error::File(system::Error::format(path, message.to_owned()));
        if !path.exists() {
            return Err(format("there is no baseline yet; --bless makes one"));
        }
        let baseline: Self = storage::read_json(path)?;
        if baseline.metrics.is_empty() || baseline.fingerprints.is_empty() {
            return Err(format("holds no experiment, so every result would pass; --bless makes a new one"));
        }
        Ok(baseline)
    }
}

impl Observed {
    /// Reads the results of every experiment recorded below `folder`, on every data set.
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
        // Claims about time are left out, because times depend on the load of the machine.
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

    /// Processors of the machines that made the records.
    pub fn cpu(&self) -> &str {
        &self.cpu
    }

    /// Makes a baseline of these results, in which no number may change by more than the share `ceiling`.
    ///
    /// # Errors
    /// If nothing is recorded, a run is not complete, or the seeds of a metric differ so much that the allowance would
    /// exceed `ceiling`.
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

/// Compares the results of a suite with its baseline: a line for every item that either of them has, metrics first,
/// then data sets, then claims.
pub fn compare(baseline: &Approved, observed: &Observed) -> Vec<GateLine> {
    let mut lines = pair(&baseline.metrics, &observed.metrics, |name, expected, (spread, _)| {
        let (allowance, moved) = (expected.allowance(), spread.mean - expected.mean);
        let may_fall = name.contains(&format!(".{}.", subject::AUTOENCODER));
        let verdict = match (moved.abs() <= allowance, may_fall, moved < 0.0) {
            (true, ..) => GateVerdict::Same,
            (false, true, true) => GateVerdict::Better,
            (false, true, false) => GateVerdict::Worse,
            // NaN also leads here.
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
            // `Depends` means that some checks are clearly true or clearly false.
            (Verdict::NoDifference, Verdict::Depends) => GateVerdict::Changed,
            _ => GateVerdict::Worse,
        };
        let chance = observed.chance.get(name).filter(|_| verdict != GateVerdict::Same);
        let obtained = chance.map_or_else(|| found.name().to_owned(), |chance| format!("{}: {chance}", found.name()));
        (expected.name().to_owned(), obtained, expected.name().to_owned(), verdict)
    }));
    lines
}

/// A line for every name in one of two maps. `check` compares both values: baseline, obtained, allowed, verdict.
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

/// The first digits of a fingerprint, enough to identify it.
fn short(fingerprint: &str) -> String {
    fingerprint.chars().take(12).collect()
}

#[cfg(test)]
pub(crate) mod tests;
