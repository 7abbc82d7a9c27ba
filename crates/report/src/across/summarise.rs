//! Makes a summary of the runs of an experiment on one data set.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use record::folders::short_name;
use record::ranges;
use record::{ClassError, Environment, Epoch, Measures, OwnSplits, ReconstructionError, RunDirectory, State};
use spec::Regularisation;
use spec::measures::DEAD_HIDDEN_UNITS;
use spec::subject;
use spec::{Check, Claim, Metric, Run};
use system::storage;

use crate::across::differences;
use crate::across::differences::BlocksOfRuns;
use crate::error::Error;
use evaluation::metrics::PSNR_LIMIT;
use figures::summary::{ClaimResult, Group, Spread, Summary, Verdict};

/// Summarises the runs recorded in the folders `runs`, and checks `claims`. Runs that are not complete are listed and
/// otherwise left out; if there are any, the claims are open.
///
/// # Errors
/// If a record cannot be read, the runs belong to different experiments or data sets, a claim is invalid, or no run is
/// complete.
pub fn summarise(directory: &Path, runs: &[PathBuf], claims: &[String]) -> Result<Summary, Error> {
    let claims: Vec<Claim> = claims
        .iter()
        .map(|text| Claim::parse(text).map_err(|message| Error::Claim { text: text.clone(), message }))
        .collect::<Result<_, _>>()?;

    let mut first: Option<Run> = None;
    let mut complete: Vec<(Run, Measures)> = Vec::new();
    let mut blocks = Some(BlocksOfRuns::default());
    let (mut incomplete, mut warnings) = (Vec::new(), Vec::new());
    for path in runs {
        let record = RunDirectory::at(path);
        let status = record.status()?;
        if !record.experiment().exists() {
            incomplete.push(format!("{}: not started", short_name(path)));
            continue;
        }
        let run = record::read_run(&record.experiment())?;
        let of = |run: &Run| format!("{} on {}", run.experiment, run.dataset.name());
        let expected = of(first.get_or_insert_with(|| run.clone()));
        if of(&run) != expected {
            return Err(Error::Mixed { path: path.clone(), expected, found: of(&run) });
        }
        match status.map(|status| status.state) {
            Some(State::Complete) if record.is_complete()? => {
                // Without checksums, only this check finds that the file is missing.
                let asked = !run.evaluation.tasks.is_empty();
                if asked && !record.measures().exists() && !record.remarks().exists() {
                    let path = record.measures();
                    return Err(record::Error::Changed { path, difference: "is missing".to_owned() }.into());
                }
                let measures = measured(&record)?;
                warnings.extend(collapses(&run, &record, &measures)?);
                // All seeds have the same warning, which is listed once.
                warnings.extend(other_files(&record)?.filter(|warning| !warnings.contains(warning)));
                // If a run is an older record without blocks, claims are checked with the rules of that time.
                match (differences::read(&record)?, &mut blocks) {
                    (Some(of_run), Some(blocks)) => blocks.add(&run, of_run),
                    _ => blocks = None,
                }
                complete.push((run, measures));
            }
            // Another process may have changed the run in between.
            Some(State::Interrupted | State::Complete) => incomplete.push(format!("{}: interrupted", short_name(path))),
            Some(State::Failed) => incomplete.push(format!("{}: failed", short_name(path))),
            None => incomplete.push(format!("{}: its status.json is missing", short_name(path))),
        }
    }
    let Some(first) = first.filter(|_| !complete.is_empty()) else {
        return Err(Error::NoRuns { path: directory.to_owned() });
    };

    let by_seed = by_seed(&complete);
    let groups = group(complete);
    // A mean without one of the seeds, or a sweep without one of the sizes, would answer a different question.
    let checkable: &[Group] = if incomplete.is_empty() { &groups } else { &[] };
    let claims = claims.iter().map(|claim| check(claim, checkable, &by_seed, blocks.as_ref())).collect();
    Ok(Summary {
        experiment: first.experiment,
        question: first.question,
        plots: first.evaluation.plots,
        dataset: first.dataset.name(),
        groups,
        incomplete,
        claims,
        warnings,
    })
}

/// Accuracy of a discriminator, on codes and prior samples, from which on its gradient is too small to train the
/// encoder.
const TOO_SURE: f64 = 0.95;

/// Share of dead hidden units up to which there is no warning.
const FEW_DEAD: f64 = 0.05;

/// A warning about data files whose checksums are not the published ones.
fn other_files(record: &RunDirectory) -> Result<Option<String>, Error> {
    let Environment { unpublished_files: files, .. } = storage::read_json(&record.environment())?;
    Ok((!files.is_empty()).then(|| format!("no published checksum vouches for the data files {}", files.join(", "))))
}

/// Words of the warning that units of a code collapsed; [`is_collapse`] searches for them.
const UNITS_COLLAPSED: &str = "units of the code collapsed and carry nothing";
/// Words of the warning that adversarial training collapsed; [`is_collapse`] searches for them.
const GAME_COLLAPSED: &str = "the game collapsed, for the discriminator tells";

/// True for a warning that a code or adversarial training collapsed, false for any other warning.
pub(crate) fn is_collapse(warning: &str) -> bool {
    // Names of runs, variants and files cannot contain these words.
    [UNITS_COLLAPSED, GAME_COLLAPSED].iter().any(|words| warning.contains(words))
}

/// Warnings about a run: collapsed units of the code or collapsed adversarial training, remarks of tasks, and subjects
/// without a signal-to-noise ratio.
fn collapses(run: &Run, record: &RunDirectory, measures: &Measures) -> Result<Vec<String>, Error> {
    let name = format!("{} seed {}", run.label(), run.seed);
    let mut warnings = Vec::new();
    let measured = |field: &str| measures.get("test")?.get(subject::AUTOENCODER)?.get(field).copied();
    if let Some(share) = measured("collapsed_units").filter(|share| *share > 0.0) {
        let units = (share * run.model.code() as f64).round();
        warnings.push(format!("{name}: {units} of {} {UNITS_COLLAPSED}", run.model.code()));
    }
    let dead = measures.get("train").and_then(|of| of.get(subject::AUTOENCODER)?.get(DEAD_HIDDEN_UNITS).copied());
    if let Some(share) = dead.filter(|share| *share > FEW_DEAD) {
        let percent = 100.0 * share;
        warnings.push(format!(
            "{name}: {percent:.0} % of the hidden units fire for no training row (hidden_units.csv); \
             training.initialisation = \"data\" and training.warm_up_steps keep more of them"
        ));
    }
    if record.splits().exists() {
        let splits: OwnSplits = storage::read_json(&record.splits())?;
        if splits.duplicates > 0 {
            warnings.push(format!(
                "{name}: {} of {} validation and test rows are equal to a row of an earlier split, which flatters every \
                 subject (splits.json)",
                splits.duplicates,
                splits.validation.len() + splits.test.len()
            ));
        }
        let reading = run.dataset.own().map(|own| &own.reading);
        if let Some((of, clean)) = reading.and_then(|of| Some((of, of.clean.as_deref()?))) {
            let classes: Vec<ClassError> = ranges::read_rows(&record.error_by_class())?;
            let of_network = classes.iter().filter(|of| of.subject == subject::AUTOENCODER);
            // The first class is the class of clean rows.
            let (clean_rows, others): (Vec<&ClassError>, _) = of_network.partition(|of| of.class == 0);
            let count = |classes: &[&ClassError]| classes.iter().map(|of| of.images).sum::<usize>();
            let (mut clean_rows, others) = (count(&clean_rows), count(&others));
            // In a random split, all rows that are not clean are test rows. In other splits, each split had such rows,
            // and those of the test split are kept.
            let is_by_chance = of.group.is_none() && of.time.is_none() && of.split.is_none() && of.test.is_none();
            if is_by_chance {
                clean_rows += splits.train.len() + splits.validation.len();
            }
            if others > clean_rows {
                warnings.push(format!(
                    "{name}: {others} of {} {}rows are not clean, which is more than half; is dataset.clean = \"{clean}\" the \
                     right way round?",
                    clean_rows + others,
                    if is_by_chance { "" } else { "test " }
                ));
            }
        }
        if splits.dropped > 0 {
            warnings.push(format!("{name}: {} rows were left out, for they lack a value", splits.dropped));
        }
    }
    if run.training.adversarial.is_some() {
        let epochs: Vec<Epoch> = ranges::read_rows(&record.epochs())?;
        let last = epochs.iter().rfind(|epoch| epoch.is_of_autoencoder());
        let accuracy = last.and_then(|epoch| epoch.discriminator_accuracy);
        if let Some(accuracy) = accuracy.filter(|accuracy| *accuracy >= TOO_SURE) {
            let percent = 100.0 * accuracy;
            warnings.push(format!("{name}: {GAME_COLLAPSED} {percent:.0} % of codes from draws of the prior"));
        }
    }
    if record.remarks().exists() {
        let remarks: Vec<String> = storage::read_json(&record.remarks())?;
        warnings.extend(remarks.into_iter().map(|remark| format!("{name}: {remark}")));
    }
    for (subject, fields) in measures.get("test").into_iter().flatten() {
        if fields.get("psnr_db").is_some_and(|psnr| *psnr >= PSNR_LIMIT) {
            warnings.push(format!(
                "{name}: {subject} reconstructs the test images without error, or next to none; its psnr_db stands at the \
                 limit of {PSNR_LIMIT}"
            ));
        }
    }
    Ok(warnings)
}

/// Every measured number of a run: reconstruction errors and measures of tasks.
///
/// # Errors
/// If a file cannot be read, or a value is outside the range of its number.
pub(crate) fn measured(record: &RunDirectory) -> Result<Measures, Error> {
    let metrics = ranges::read_metrics(&record.metrics())?;
    let mut all = Measures::new();
    for (split, of) in metrics {
        for (subject, error) in of {
            let fields = all.entry(split.clone()).or_default().entry(subject).or_default();
            let values = ReconstructionError::FIELDS.iter().map(|field| (*field, error.field(field)));
            fields.extend(values.filter_map(|(field, value)| Some((field.to_owned(), value?))));
        }
    }
    if record.measures().exists() {
        let measures = ranges::read_measures(&record.measures())?;
        for (split, of) in measures {
            for (subject, fields) in of {
                all.entry(split.clone()).or_default().entry(subject).or_default().extend(fields);
            }
        }
    }
    Ok(all)
}

/// The groups of each single seed that all networks have.
fn by_seed(runs: &[(Run, Measures)]) -> Vec<Vec<Group>> {
    let labels: BTreeSet<String> = runs.iter().map(|(run, _)| run.label()).collect();
    let seeds: BTreeSet<u64> = runs.iter().map(|(run, _)| run.seed).collect();
    let of = |seed: u64| group(runs.iter().filter(|(run, _)| run.seed == seed).cloned().collect());
    seeds.into_iter().map(of).filter(|groups| groups.len() == labels.len()).collect()
}

/// Groups runs by label, in order of first appearance.
fn group(mut runs: Vec<(Run, Measures)>) -> Vec<Group> {
    let mut groups = Vec::new();
    while let Some((first, _)) = runs.first() {
        let label = first.label();
        let (mut members, others): (Vec<_>, Vec<_>) = runs.into_iter().partition(|(run, _)| run.label() == label);
        runs = others;
        // In order of the seeds, so that sums do not depend on the order of the arguments.
        members.sort_by_key(|(run, _)| run.seed);
        members.dedup_by_key(|(run, _)| run.seed);
        if let Some((run, _)) = members.first() {
            groups.push(Group {
                label,
                architecture: run.model.name(),
                code: run.model.code(),
                variant: run.variant.clone(),
                seeds: members.iter().map(|(run, _)| run.seed).collect(),
                train: Some(run.dataset.train),
                side: run.dataset.side(),
                regularised: is_regularised(run),
                metrics: spreads(&members),
            });
        }
    }
    groups
}

fn is_regularised(run: &Run) -> bool {
    let training = &run.training;
    run.corruption.is_some()
        || training.early_stopping.is_some()
        || training.regularisation != Regularisation::default()
}

/// Mean and standard deviation of every number that all runs measured.
fn spreads(members: &[(Run, Measures)]) -> BTreeMap<String, BTreeMap<String, BTreeMap<String, Spread>>> {
    let mut spreads: BTreeMap<String, BTreeMap<String, BTreeMap<String, Spread>>> = BTreeMap::new();
    let Some((_, first)) = members.first() else { return spreads };
    for (split, of) in first {
        for (subject, fields) in of {
            for field in fields.keys() {
                let value = |measures: &Measures| measures.get(split)?.get(subject)?.get(field).copied();
                let values: Option<Vec<f64>> = members.iter().map(|(_, measures)| value(measures)).collect();
                if let Some(spread) = values.and_then(|values| Spread::of(&values)) {
                    let fields = spreads.entry(split.clone()).or_default().entry(subject.clone()).or_default();
                    fields.insert(field.clone(), spread);
                }
            }
        }
    }
    spreads
}

/// Checks a claim. The checks have intervals if `blocks` has the means over blocks of every run.
fn check(claim: &Claim, groups: &[Group], by_seed: &[Vec<Group>], blocks: Option<&BlocksOfRuns>) -> ClaimResult {
    let networks: Vec<_> = groups.iter().map(|group| (group.variant.as_deref(), group.code)).collect();
    let places = claim.places(&networks);
    let checked = |groups: &[Group]| {
        claim.check(&places, |metric: &Metric, variant: Option<&str>, code: usize| {
            differences::mean(groups, metric, variant, code)
        })
    };
    let mut checks = checked(groups);
    if by_seed.len() > 1 {
        let of_seeds: Vec<Vec<Check>> = by_seed.iter().map(|groups| checked(groups)).collect();
        for (place, check) in checks.iter_mut().enumerate() {
            let held = of_seeds.iter().filter(|checks| checks[place].held == Some(true)).count();
            check.seeds = Some([held, of_seeds.len()]);
        }
    }
    if let Some(blocks) = blocks {
        differences::weigh(claim, &places, by_seed, blocks, &mut checks);
    }
    ClaimResult { text: claim.text().to_owned(), verdict: Verdict::of(&checks), checks }
}
