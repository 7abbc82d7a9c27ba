//! Finds and reads the complete records below a folder.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::bail;
use record::{Environment, Epoch, RunDirectory, folders};
use spec::Run;
use system::storage;
use tensorboard::group;

/// The parts of a complete record that are exported.
pub(crate) struct Record {
    pub(crate) directory: RunDirectory,
    pub(crate) spec: Run,
    pub(crate) environment: Environment,
    pub(crate) epochs: Vec<Epoch>,
}

/// The records below a folder.
pub(crate) struct Recorded {
    pub(crate) runs: Vec<Record>,
    /// Folders of runs that are not complete.
    pub(crate) incomplete: Vec<PathBuf>,
    /// Folder of the figures over all runs, which exists for an experiment.
    pub(crate) plots: PathBuf,
}

impl Recorded {
    /// Reads the records of a run, of a network, or of an experiment on a data set.
    pub(crate) fn below(folder: &Path) -> Result<Self, anyhow::Error> {
        let path = folder.display();
        if !folder.is_dir() {
            bail!("{path}: no such folder; expected the folder of a run, which ends in seed-N, or one above it");
        }
        let (is_run, plots) = (folder.join("experiment.toml").is_file(), folder.join("plots"));
        let mut found = if is_run { vec![folder.to_owned()] } else { seeds(folder)? };
        let is_experiment = found.is_empty();
        if is_experiment {
            found = folders::recorded_runs(folder)?;
        }
        if found.is_empty() {
            let expected = "expected the folder of a run, of a network, or results/<experiment>/<dataset>";
            // The folder may be the folder of all results, or of an experiment on several data sets.
            let above = [Some(folder), folder.parent()].into_iter().flatten();
            let begun = above.flat_map(|above| folders::begun_experiments(above).unwrap_or_default());
            let such_as =
                begun.filter(|each| each.starts_with(folder)).map(|each| format!(" such as {}", each.display()));
            bail!("{path} records no run; {expected}{}", such_as.into_iter().next().unwrap_or_default());
        }
        let (mut runs, mut incomplete) = (Vec::new(), Vec::new());
        for path in found {
            let directory = RunDirectory::at(&path);
            match directory.is_complete()? {
                true => runs.push(Record::read(directory)?),
                false => incomplete.push(path),
            }
        }
        if runs.is_empty() {
            bail!("{path} records no complete run; cargo xtask run with --resume completes it");
        }
        let plots = if is_experiment { plots } else { PathBuf::new() };
        Ok(Self { runs, incomplete, plots })
    }
}

/// The folder to write for the network of each run: the name of the network, or `<experiment>/<dataset>/<network>` if
/// the runs belong to several experiments.
///
/// # Errors
/// If two runs have the same network and seed.
pub(crate) fn names(runs: &[Record]) -> Result<Vec<String>, anyhow::Error> {
    let place = |run: &Record| (run.spec.experiment.clone(), run.spec.dataset.name());
    let is_one = runs.windows(2).all(|pair| place(&pair[0]) == place(&pair[1]));
    let mut seen = BTreeMap::new();
    for run in runs {
        let path = run.directory.path();
        if let Some(other) = seen.insert((group(&run.spec), run.spec.seed), path) {
            let (one, other) = (other.display(), path.display());
            bail!("{one} and {other} record the same network and seed; export them one by one");
        }
    }
    Ok(runs.iter().map(|run| if is_one { run.spec.label() } else { group(&run.spec) }).collect())
}

/// The folders of runs in the folder of a network.
fn seeds(network: &Path) -> Result<Vec<PathBuf>, anyhow::Error> {
    let mut seeds = folders::subfolders(network)?;
    seeds.retain(|seed| seed.join("experiment.toml").is_file());
    Ok(seeds)
}

impl Record {
    fn read(directory: RunDirectory) -> Result<Self, anyhow::Error> {
        let spec = record::read_run(&directory.experiment())?;
        let environment = storage::read_json(&directory.environment())?;
        let epochs = storage::read_csv(&directory.epochs())?;
        Ok(Self { directory, spec, environment, epochs })
    }

    /// Numbers measured on the test split, by tag.
    pub(crate) fn test(&self) -> Result<Vec<(String, f64)>, anyhow::Error> {
        let measures = self.directory.measures();
        let measures = if measures.is_file() { storage::read_json(&measures)? } else { Default::default() };
        Ok(tensorboard::of_test(&storage::read_json(&self.directory.metrics())?, &measures))
    }
}
