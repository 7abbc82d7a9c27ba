//! What the fuzz targets share.

use std::path::Path;

use spec::{Experiment, Run};

const SPEC: &str = "question = \"Can it go on?\"\n\
    [dataset]\nname = \"glyphs\"\ntrain = 60\nvalidation = 20\ntest = 10\n\
    [model]\narchitecture = \"linear\"\ncode = 2\n\
    [training]\nepochs = 3\nbatch_size = 20\nloss = \"mse\"\n\
    [training.sgd]\nlearning_rate = 0.01\n[training.early_stopping]\npatience = 2\n";

/// The run whose checkpoints are fuzzed.
pub fn run() -> Run {
    let experiment = Experiment::parse(Path::new("fuzz.toml"), SPEC.to_owned(), &[]).expect("an experiment file");
    experiment.runs.into_iter().next().expect("one run")
}
