//! Shared code of the fuzz targets.

use std::fs;
use std::path::{Path, PathBuf};

use readers::{About, Error, Sink, Values};
use spec::{Experiment, Run, Shape};
use tempfile::TempDir;

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

/// A temporary folder with one file of this name and contents, and the path of the file.
pub fn file(name: &str, content: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(name);
    fs::write(&path, content).expect("the file can be written");
    (folder, path)
}

/// A sink that checks that all rows have the same shape.
#[derive(Debug, Default)]
pub struct Checked {
    shape: Option<Shape>,
    /// Number of rows so far.
    pub rows: u64,
}

impl Sink for Checked {
    fn begin(&mut self, shape: Shape, _: &[String]) -> Result<(), Error> {
        assert_eq!(self.shape.replace(shape), None, "begin is called once");
        Ok(())
    }

    fn row(&mut self, values: Values<'_>, _: About<'_>) -> Result<(), Error> {
        let count = match values {
            Values::Bytes(bytes) => bytes.len(),
            Values::Floats(floats) => floats.len(),
            Values::Entries(entries) => {
                assert!(entries.iter().all(|(entry, count)| !entry.is_empty() && *count > 0));
                self.rows += 1;
                return Ok(());
            }
        };
        assert_eq!(Some(count), self.shape.map(Shape::values));
        self.rows += 1;
        Ok(())
    }
}
