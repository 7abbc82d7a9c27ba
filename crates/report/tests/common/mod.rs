//! Recorded experiments for the tests of this crate.

#![allow(dead_code, unused_imports, clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use figures::summary::summary_file;
use networks::NETWORKS;
use record::{Epoch, RunDirectory, State, Status, experiment_directory};
use report::across::gate::Observed;
use report::across::reproduce::Reproduction;
use report::{Error, across};
use spec::catalogue::Plot;
use system::storage;

pub(crate) use self::runs::*;

#[path = "../../../evaluation/tests/common/mod.rs"]
mod runs;

/// The folder of the committed experiment files.
pub(crate) fn experiments() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../experiments")
}

/// Records, measures and summarises two seeds of an experiment. Returns the folder of the summary.
pub(crate) fn record_experiment(out: &Path) -> PathBuf {
    let mut runs = Vec::new();
    let mut folder = PathBuf::new();
    for seed in [0, 1] {
        let mut run = glyphs_run("[corruption.masking]\nfraction = 0.25\n");
        run.seed = seed;
        let directory = record(&run, out);
        let epoch = Epoch {
            epoch: 1,
            stage: "training".to_owned(),
            train_loss: 0.1,
            validation_loss: Some(0.2),
            learning_rate: 0.001,
            seconds: 1.5,
            ..Epoch::default()
        };
        storage::write_csv(&directory.epochs(), &[epoch]).unwrap();
        evaluation::evaluate(&directory, NETWORKS, None).unwrap();
        runs.push(directory.path().to_owned());
        folder = experiment_directory(&run, out);
    }
    let claims = ["test.pca.mse_per_pixel < 1".to_owned(), "test.pca.mse_per_pixel > 1".to_owned()];
    let summary = across::summarise(&folder, &runs, &claims).unwrap();
    storage::write_json(&summary_file(&folder), &summary).unwrap();
    folder
}

/// The files of [`record_experiment`] that are read back: the files of one run, and the summary.
pub(crate) fn recorded_files(folder: &Path) -> Vec<PathBuf> {
    let run = std::fs::read_dir(folder.join("linear-4/seed-0")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = run.filter(|path| path.is_file() && !path.ends_with(".lock")).collect();
    files.push(summary_file(folder));
    files.sort();
    files
}

/// The first two runs of [`record_experiment`].
pub(crate) fn recorded_runs(folder: &Path) -> [PathBuf; 2] {
    [0, 1].map(|seed| folder.join(format!("linear-4/seed-{seed}")))
}

/// Removes the checksums from the records of [`record_experiment`], as in records of earlier versions. Changed files
/// are then read without a checksum error.
pub(crate) fn unseal(folder: &Path) {
    for run in recorded_runs(folder) {
        let complete = Status { state: State::Complete, reason: None, seal: None };
        RunDirectory::at(&run).write_status(&complete).unwrap();
    }
}

/// A function that reads the records of [`record_experiment`]: its arguments are the folder of results and the folder
/// of the experiment.
pub(crate) type Way = fn(&Path, &Path) -> Result<(), Error>;

/// Every reader except `compare`, the fast ones first.
pub(crate) const WAYS: [Way; 6] = [
    |_, folder| {
        let run = RunDirectory::at(&recorded_runs(folder)[0]);
        let model = record::read_run(&run.experiment())?.model;
        Ok(NETWORKS.load(&model, &run.model()).map(drop).map_err(evaluation::Error::from)?)
    },
    |_, folder| {
        let claim = "test.pca.mse_per_pixel < 1".to_owned();
        across::summarise(folder, &recorded_runs(folder), &[claim]).map(drop)
    },
    |_, folder| {
        let [recorded, again] = recorded_runs(folder).map(|run| RunDirectory::at(&run));
        Reproduction::of(&recorded, &again).map(drop)
    },
    |_, folder| {
        let run = RunDirectory::at(&recorded_runs(folder)[0]);
        Plot::ALL.iter().try_for_each(|&plot| Ok(figures::run_svg(plot, &run).map(drop)?))
    },
    |out, _| Observed::read(out)?.bless(1.0).map(drop),
    |out, _| report::report(out, &experiments()).map(drop),
];

/// Index of the first reader that also reads the summary.
pub(crate) const OF_RUNS: usize = 4;
