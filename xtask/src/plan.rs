//! Plans the runs of a command: reads the experiment files, applies the flags, and checks the state of each record.

use std::path::Path;

use anyhow::anyhow;
use record::{RunDirectory, State, Status};
use spec::catalogue::DatasetName;
use spec::{Experiment, Override, Run};
use system::storage;

use crate::missing::wrong_path;
use crate::own::OwnData;
use crate::{Failure, RunArguments};

/// Files in `experiments/` that are not experiments: the report and tests read them. `experiments/*.toml` includes
/// them.
const OF_THE_REPORT: [&str; 3] = ["statements.toml", "published.toml", REFUTATIONS];
/// The file with the conditions that would refute claims.
const REFUTATIONS: &str = "refutations.toml";

/// True if a file belongs to the report and is not an experiment.
pub(crate) fn is_of_the_report(path: &Path) -> bool {
    OF_THE_REPORT.iter().any(|name| path.ends_with(name))
}

/// Reads and checks every experiment file. Files of the report are skipped among other files, and are an error alone.
pub(crate) fn experiments(arguments: &RunArguments, own: &OwnData) -> Result<Vec<Experiment>, Failure> {
    let mut overrides = Vec::new();
    for key in &arguments.unset {
        overrides.push(Override::unset(key)?);
    }
    for set in &arguments.set {
        overrides.push(Override::set(set)?);
    }
    let mut flag = |flag: &str, given: &str, key: &str, value: &str| {
        overrides.push(Override::flag(&format!("{flag} {given}"), key, value));
    };
    if let Some(dataset) = &arguments.dataset {
        // `./NAME` names a file that has the name of a data set.
        let is_path = dataset.parse::<DatasetName>().is_err() && Path::new(dataset).exists();
        flag("--dataset", dataset, if is_path { "dataset.path" } else { "dataset.name" }, dataset);
    }
    if let Some(name) = &arguments.engine {
        flag("--engine", name, "training.engine", name);
    }
    if let Some(seed) = arguments.seed {
        flag("--seed", &seed.to_string(), "seeds", &format!("[{seed}]"));
    }
    if !arguments.seeds.is_empty() {
        let seeds = arguments.seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        flag("--seeds", &seeds, "seeds", &format!("[{seeds}]"));
    }
    let mut experiments: Vec<Experiment> = Vec::new();
    let mut faults: Vec<String> = Vec::new();
    if let (true, Some(path)) = (arguments.specs.iter().all(|path| is_of_the_report(path)), arguments.specs.first()) {
        let reader =
            if path.ends_with(REFUTATIONS) { "the tests of `spec` read it" } else { "`cargo xtask report` reads it" };
        faults.push(format!("{} is not an experiment file: {reader}", path.display()));
    }
    for path in arguments.specs.iter().filter(|path| !is_of_the_report(path)) {
        if let Some(fault) = wrong_path(path) {
            faults.push(fault);
            continue;
        }
        match Experiment::load_with(path, &overrides, &|path, reading| own.facts(path, reading)) {
            // Some file systems ignore the case of letters.
            Ok(experiment) if experiments.iter().any(|other| other.name.eq_ignore_ascii_case(&experiment.name)) => {
                faults.push(format!("two files are named `{}`; their records would mix", experiment.name));
            }
            Ok(experiment) if arguments.force && replaces(path, &experiment, arguments)? => {
                let path = path.display();
                faults.push(format!(
                    "{path} lies in the record that --force replaces; copy it elsewhere first, or choose another --out"
                ));
            }
            Ok(experiment) => experiments.push(experiment),
            Err(error) => {
                // An invalid flag gives the same message for every file, which is printed once.
                let fault = format!("{:#}", anyhow!(error));
                if !faults.contains(&fault) {
                    faults.push(fault);
                }
            }
        }
    }
    if faults.is_empty() { Ok(experiments) } else { Err(Failure::Input(anyhow!(faults.join("\nerror: ")))) }
}

/// True if a file is part of the record of one of its own runs.
fn replaces(path: &Path, experiment: &Experiment, arguments: &RunArguments) -> Result<bool, Failure> {
    for run in &experiment.runs {
        if storage::is_same(path, &RunDirectory::of(run, &arguments.out).experiment())? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// State of the record of a run.
pub(crate) enum Standing {
    /// The run is not recorded, or is to be continued.
    Due,
    /// The run is recorded with the same spec.
    Complete,
    /// The run is recorded without its weights, which a command with this run needs.
    WithoutWeights,
    /// The run failed with this error, and would fail again.
    Failed(String),
    /// The run was interrupted, for this reason; neither `--resume` nor `--force` is set.
    Interrupted(String),
}

/// Reads the state of the record of a run. Without `--force` or `--resume`, no record is replaced or continued.
pub(crate) fn standing(run: &Run, arguments: &RunArguments) -> Result<Standing, Failure> {
    let directory = RunDirectory::of(run, &arguments.out);
    if arguments.force {
        return Ok(Standing::Due);
    }
    let spec = directory.experiment();
    if !spec.exists() {
        // A complete record has a spec; `is_complete` returns an error if the spec is missing.
        directory.is_complete()?;
        return match [directory.metrics(), directory.model()].iter().find(|path| path.exists()) {
            Some(path) if directory.status()?.is_none() => Err(Failure::Input(anyhow!(
                "{} exists, but has no spec and no status of a run; choose another --out, or replace it with --force",
                path.display()
            ))),
            _ => Ok(Standing::Due),
        };
    }
    let path = directory.path().display();
    let mut recorded = record::read_run(&spec).map_err(|error| {
        let error = anyhow!(error);
        Failure::Input(anyhow!("{path} cannot be read ({error:#}); choose another --out, or replace it with --force"))
    })?;
    if !directory.model().exists() {
        // `--force` repeats the run in any case, so a difference in figures alone does not matter.
        recorded.evaluation.plots.clone_from(&run.evaluation.plots);
    }
    if directory.is_complete()? {
        // No number depends on the words of the question.
        recorded.question.clone_from(&run.question);
    }
    if recorded != *run {
        let differences = differences(&recorded, run);
        return Err(Failure::Input(anyhow!(
            "{path} records a run with another spec{differences}; choose another --out, or replace it with --force"
        )));
    }
    let Some(status) = directory.status()? else {
        // Each run writes this file first, so a user has removed it.
        let reason = "its status.json is missing".to_owned();
        return Ok(if arguments.resume { Standing::Due } else { Standing::Interrupted(reason) });
    };
    if status.state == State::Interrupted && !arguments.dry_run {
        // A run that another process is working on has the same status; `lock` returns an error for it.
        directory.lock()?;
    }
    match (status.state, status.reason.unwrap_or_default()) {
        (State::Complete, _) => {
            // Another process may have finished the run before this one got the lock.
            let complete = directory.is_complete()?;
            Ok(match (complete, directory.model().exists()) {
                (true, true) => Standing::Complete,
                (true, false) => Standing::WithoutWeights,
                (false, _) => Standing::Due,
            })
        }
        (State::Failed, reason) => Ok(Standing::Failed(reason)),
        (State::Interrupted, _) if arguments.resume => Ok(Standing::Due),
        (State::Interrupted, reason) => Ok(Standing::Interrupted(reason)),
    }
}

/// The keys that differ between two specs, with both values.
fn differences(recorded: &Run, wanted: &Run) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "absent".to_owned());
    let listed: Vec<String> = Run::differing_keys(&[recorded, wanted])
        .iter()
        .map(|(key, values)| format!("{key}: {} there, {} here", value(&values[0]), value(&values[1])))
        .collect();
    if listed.is_empty() { String::new() } else { format!(" ({})", listed.join("; ")) }
}

/// Marks the record of a run, if there is one, as interrupted, so that it is run again.
pub(crate) fn give_up(run: &Run, arguments: &RunArguments) -> Result<(), Failure> {
    let directory = RunDirectory::of(run, &arguments.out);
    if directory.status_file().exists() {
        let _lock = directory.lock()?;
        directory.write_status(&Status::unfinished(State::Interrupted, "to be run again"))?;
        storage::remove(&directory.experiment())?;
    }
    Ok(())
}
