//! `cargo xtask regress`: runs a suite of experiments and compares the results with a committed baseline.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::{Parser, ValueEnum};
use record::{Commit, Environment, RunDirectory};
use spec::catalogue::DatasetName;
use spec::{Claim, Experiment};
use system::{storage, terminal};

use crate::own::OwnData;
use crate::plan;
use crate::plan::is_of_the_report;
use crate::programs::{self, EVALUATE, TRAIN, workspace};
use crate::run;
use crate::{Failure, RunArguments};

#[derive(Parser)]
pub(crate) struct Regress {
    /// Suite to run
    #[arg(long, value_enum, default_value_t = Suite::Smoke)]
    suite: Suite,
    /// Keep the runs that an interrupted suite completed at this commit
    #[arg(long, conflicts_with = "records")]
    resume: bool,
    /// Make the results the new baseline, and print which numbers moved
    #[arg(long)]
    bless: bool,
    /// Run nothing; check the records below this folder
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// Folder with the files of MNIST, for the full suite [default: $HOURGLASS_DATA, then data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Threads to use; results do not depend on it [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Write the checks as JUnit XML as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the checks as JSON as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Print nothing but errors and regressions
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Suite {
    /// Small experiments on glyphs, in about a minute
    Smoke,
    /// Every experiment on digits, on MNIST, in about three hours
    Full,
}

impl Suite {
    fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Full => "full",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Smoke => "experiments/regression",
            Self::Full => "experiments",
        }
    }
}

pub(crate) fn regress(arguments: &Regress) -> Result<(), Failure> {
    let suite = arguments.suite;
    let baseline = workspace()?.root.join("results/baselines").join(format!("{}.json", suite.name()));
    if !arguments.bless && !baseline.exists() {
        let path = baseline.display();
        return Err(Failure::Input(anyhow!("{path}: there is no baseline of this suite yet; --bless makes one")));
    }
    for (flag, file) in [("--junit", &arguments.junit), ("--json", &arguments.json)] {
        if let Some(file) = file.as_ref()
            && storage::is_same(file, &baseline)?
        {
            let path = file.display();
            return Err(Failure::Input(anyhow!(
                "{flag} {path}: this file is the baseline; choose another file, or replace it with --bless"
            )));
        }
    }
    let folder = workspace()?.target.join("regress");
    // The lock lasts until the records are compared: another run of the suite would remove them.
    let mut _lock = None;
    let records = match &arguments.records {
        Some(records) => records.clone(),
        None => {
            let records = folder.join(suite.name());
            storage::create_directory(&folder)?;
            _lock = Some(storage::lock(&folder.join(format!(".{}.lock", suite.name())))?);
            run_suite(arguments, &records).map_err(|failure| match failure {
                Failure::Interrupted(place) => {
                    let name = suite.name();
                    Failure::Interrupted(format!("{place}; `cargo xtask regress --suite {name} --resume` continues"))
                }
                failure => failure,
            })?;
            records
        }
    };
    programs::evaluate(|command| {
        command.arg("regress").arg(records).arg("--baseline").arg(baseline);
        for (flag, file) in [("--junit", &arguments.junit), ("--json", &arguments.json)] {
            if let Some(file) = file {
                command.arg(flag).arg(file);
            }
        }
        if suite == Suite::Full {
            // On MNIST, seeds differ by more than the default limit of the smoke suite.
            command.args(["--ceiling", "0.15"]);
        }
        let flags = [("--bless", arguments.bless), ("--quiet", arguments.quiet)];
        command.args(flags.iter().filter(|(_, given)| *given).map(|(flag, _)| flag))
    })
}

/// Runs the experiments of a suite, each from several seeds.
fn run_suite(arguments: &Regress, records: &Path) -> Result<(), Failure> {
    if !arguments.resume {
        // Records of another version of the suite do not belong to this one.
        storage::remove_directory(records)?;
    }
    storage::create_directory(records)?;
    let mut specs = experiment_files(&workspace()?.root.join(arguments.suite.folder()))?;
    let mut few_seeds = Vec::new();
    if arguments.suite == Suite::Full {
        [specs, few_seeds] = on_mnist(specs)?;
    }
    if !arguments.quiet {
        let (count, suite) = (specs.len() + few_seeds.len(), arguments.suite.name());
        terminal::tell(&format!("{count} experiments of the {suite} suite, recorded in {}", records.display()));
    }
    let dataset = (arguments.suite == Suite::Full).then(|| "mnist".to_owned());
    // A compile error fails the command here, before it can count as a regression.
    programs::build([TRAIN, EVALUATE], arguments.quiet)?;
    let run_arguments = |specs: Vec<PathBuf>, seeds: Vec<u64>| RunArguments {
        specs,
        dataset: dataset.clone(),
        data_dir: arguments.data_dir.clone(),
        seed: None,
        seeds,
        set: Vec::new(),
        unset: Vec::new(),
        engine: None,
        threads: arguments.threads,
        out: records.to_owned(),
        tensorboard: None,
        resume: arguments.resume,
        force: false,
        dry_run: false,
        verbose: false,
        open: false,
        fail_fast: false,
        // The small suite takes a minute.
        quiet: arguments.quiet || arguments.suite == Suite::Smoke,
        silent: arguments.quiet || arguments.suite == Suite::Smoke,
    };
    let parts = [run_arguments(specs, Vec::new()), run_arguments(few_seeds, FEWEST_SEEDS.to_vec())];
    for part in parts.into_iter().filter(|part| !part.specs.is_empty()) {
        run_part(&part)?;
    }
    Ok(())
}

/// Runs experiments that share their flags.
fn run_part(arguments: &RunArguments) -> Result<(), Failure> {
    if arguments.resume {
        let own = record::commit(&workspace()?.root);
        if own.hash.is_none() || own.dirty != Some(false) {
            let message = "--resume keeps only runs of the same commit, and the working tree is not a clean commit; \
                           commit the changes, or leave out --resume";
            return Err(Failure::Input(anyhow!(message)));
        }
        for run in
            plan::experiments(arguments, &OwnData::new(arguments.quiet))?.iter().flat_map(|experiment| &experiment.runs)
        {
            remove_unless_by(&own, &RunDirectory::of(run, &arguments.out))?;
        }
    }
    match run::run_and_summarise(arguments) {
        // The run has printed its error already. The checks report its missing results.
        Err(Failure::Code(1)) => Ok(()),
        result => result,
    }
}

/// Removes the record of a run unless this commit made it.
fn remove_unless_by(commit: &Commit, directory: &RunDirectory) -> Result<(), Failure> {
    let made: Option<Environment> = storage::read_json(&directory.environment()).ok();
    let by = made.map(|made| Commit { hash: made.git_commit, dirty: made.git_dirty });
    if by.as_ref() != Some(commit) {
        storage::remove_directory(directory.path())?;
    }
    Ok(())
}

/// Seeds in the full suite of an experiment whose file lists fewer.
const FEWEST_SEEDS: [u64; 3] = [0, 1, 2];

/// The experiment files of the full suite: those on the digits of MNIST. Files on other data, other image sizes, known
/// factors or validation images only are left out. The first list has the files with enough seeds, the second has the
/// others.
fn on_mnist(specs: Vec<PathBuf>) -> Result<[Vec<PathBuf>; 2], Failure> {
    let mut kept = [Vec::new(), Vec::new()];
    for path in specs {
        let experiment = Experiment::load(&path, &[])?;
        let runs = &experiment.runs;
        let is_of_test_images = |claim: &Claim| claim.metrics().any(|metric| metric.split == "test");
        if !experiment.asks_for_factors()
            && experiment.claims.iter().any(is_of_test_images)
            && runs.iter().all(|run| run.dataset.named() == Some(DatasetName::Glyphs) && run.dataset.side().is_none())
        {
            let seeds: BTreeSet<u64> = runs.iter().map(|run| run.seed).collect();
            kept[usize::from(seeds.len() < FEWEST_SEEDS.len())].push(path);
        }
    }
    Ok(kept)
}

/// The experiment files of a folder, by name.
fn experiment_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let read = || -> std::io::Result<Vec<PathBuf>> { fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect() };
    let mut files = read().with_context(|| format!("cannot read {}", folder.display())).map_err(Failure::Input)?;
    let is_toml = |path: &Path| path.extension().is_some_and(|extension| extension == "toml");
    files.retain(|path| is_toml(path) && !is_of_the_report(path));
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_records_of_the_same_commit_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let own = Commit { hash: Some("a".to_owned()), dirty: Some(false) };
        let kept = |name: &str, environment: &str| {
            let directory = RunDirectory::at(&folder.path().join(name));
            fs::create_dir(directory.path()).unwrap();
            fs::write(directory.environment(), environment).unwrap();
            assert!(remove_unless_by(&own, &directory).is_ok());
            directory.environment().exists()
        };
        let by = |hash: &str, dirty: bool| {
            format!(
                "{{\"hourglass\": \"0\", \"versions\": {{}}, \"git_commit\": {hash:?}, \"git_dirty\": {dirty}, \
                 \"platform\": \"p\", \"cpu\": null, \"cpus\": 1, \"threads\": 1, \"engine\": \"fused\", \
                 \"dataset_fingerprint\": \"\", \"seed\": 0, \"command\": \"\", \"started\": 0}}"
            )
        };
        assert!(kept("own", &by("a", false)));
        assert!(!kept("dirty", &by("a", true)));
        assert!(!kept("other", &by("b", false)));
        assert!(!kept("damaged", "{"));
        assert!(remove_unless_by(&own, &RunDirectory::at(&folder.path().join("none"))).is_ok());
    }
}
