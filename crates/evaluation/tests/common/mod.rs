//! Runs and data sets for tests. Each test file uses some of them.

#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use datasets::Splits;
use networks::NETWORKS;
use record::{Environment, RunDirectory};
use spec::catalogue::{DatasetName, Engine};
use spec::{Experiment, Run};
use system::storage;

/// The first run of an experiment file.
pub(crate) fn run(text: &str) -> Run {
    Experiment::parse(Path::new("test.toml"), text.to_owned(), &[]).unwrap().runs.remove(0)
}

/// A small run on `glyphs` with a code of 4, with `more` tables.
pub(crate) fn glyphs_run(more: &str) -> Run {
    run(&format!(
        "question = \"Does it measure?\"\n\
         [dataset]\nname = \"glyphs\"\ntrain = 700\nvalidation = 100\ntest = 300\n\
         [model]\narchitecture = \"linear\"\ncode = 4\n\
         [training]\nepochs = 1\nbatch_size = 100\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.001\n{more}"
    ))
}

/// The images of a run.
pub(crate) fn splits(run: &Run) -> Splits {
    datasets::load(&run.dataset, run.seed, None).unwrap()
}

/// The folder of the real MNIST files.
pub(crate) fn mnist_folder() -> PathBuf {
    let root = std::env::var_os("HOURGLASS_DATA").unwrap();
    datasets::find::find(DatasetName::Mnist, Some(Path::new(&root))).unwrap().folder
}

/// An environment for records of tests.
pub(crate) fn environment(seed: u64, dataset_fingerprint: String) -> Environment {
    Environment {
        hourglass: String::new(),
        versions: BTreeMap::new(),
        git_commit: None,
        git_dirty: None,
        platform: String::new(),
        cpu: None,
        cpus: 1,
        threads: 1,
        engine: Engine::Tape,
        dataset_fingerprint,
        unpublished_files: Vec::new(),
        source_fingerprint: None,
        seed,
        command: String::new(),
        started: 0,
    }
}

/// Records a network with its initial weights, as training would.
pub(crate) fn record(run: &Run, out: &Path) -> RunDirectory {
    let directory = RunDirectory::of(run, out);
    storage::create_directory(directory.path()).unwrap();
    storage::write(&directory.experiment(), run.to_toml().as_bytes()).unwrap();
    let environment = environment(run.seed, splits(run).fingerprint());
    storage::write_json(&directory.environment(), &environment).unwrap();
    let network = NETWORKS.build(&run.model).unwrap();
    let parameters = network.layout().initial_parameters(run.seed);
    let metadata = BTreeMap::from([("spec_sha256".to_owned(), run.spec_sha256())]);
    storage::write(&directory.model(), &zoo::to_bytes(network.as_ref(), &parameters, metadata)).unwrap();
    directory
}
