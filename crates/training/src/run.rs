//! One run, from its spec to the weights on disk.

use std::collections::BTreeMap;
use std::path::Path;

use experiment::Run;
use experiment::record::{self, Epoch, RunDirectory, State as RunState, Status};
use zoo::Trainable;

use crate::environment;
use crate::error::Error;
use crate::fit::{Observer, State};
use crate::progress::Progress;
use crate::stages::{self, Trained};

/// How a run is carried out, apart from what it computes.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// Root of the records.
    pub out: &'a Path,
    /// Where real data lies, if the user says so.
    pub data_dir: Option<&'a Path>,
    /// The command to record.
    pub command: String,
    /// Whether to print nothing but errors.
    pub quiet: bool,
}

/// Trains a run and records everything but its evaluation. Nothing is written before the data set is loaded and checked.
///
/// # Errors
/// When the data set is missing or faulty, the record cannot be written or is in use, or the loss stops being finite;
/// the last is recorded as a failed run.
pub fn train(run: &Run, options: &Options<'_>) -> Result<RunDirectory, Error> {
    let splits = datasets::load(&run.dataset, run.seed, options.data_dir)?;
    let mut network = zoo::build(run.model)?;
    let directory = RunDirectory::of(run, options.out);
    let _lock = directory.lock()?;
    let status = |state, reason: &str| directory.write_status(&Status { state, reason: Some(reason.to_owned()) });
    status(RunState::Interrupted, "training has not finished")?;
    record::write_atomic(&directory.experiment(), run.to_toml().as_bytes())?;
    let environment = environment::observe(splits.fingerprint(), run.seed, options.command.clone());
    record::write_json(&directory.environment(), &environment)?;

    let label = format!("{} {} seed {}", run.experiment, run.label(), run.seed);
    let mut recorder = Recorder {
        directory: &directory,
        epochs: Vec::new(),
        progress: Progress::new(&label, stages::epochs(run), splits.train.len(), options.quiet),
    };
    let trained = stages::train(run, network.as_mut(), &splits, &mut recorder);
    recorder.progress.finish();
    match trained {
        Ok(Trained { parameters, last }) => {
            write_model(&directory.model(), run, network.as_ref(), &parameters)?;
            if let Some(last) = last {
                write_model(&directory.last_model(), run, network.as_ref(), &last)?;
            }
            status(RunState::Interrupted, "trained, but not evaluated")?;
            Ok(directory)
        }
        Err(error) => {
            status(RunState::Failed, &error.to_string())?;
            Err(error)
        }
    }
}

/// Keeps `epochs.csv` and the progress bar up to date.
struct Recorder<'a> {
    directory: &'a RunDirectory,
    epochs: Vec<Epoch>,
    progress: Progress,
}

impl Observer for Recorder<'_> {
    fn batch(&mut self, images: usize, loss: f64) {
        self.progress.batch(images, loss);
    }

    fn epoch(&mut self, epoch: &Epoch, _: &State) -> Result<(), Error> {
        self.progress.epoch(epoch);
        self.epochs.push(epoch.clone());
        Ok(record::write_csv(&self.directory.epochs(), &self.epochs)?)
    }
}

fn write_model(path: &Path, run: &Run, network: &dyn Trainable, parameters: &[f32]) -> Result<(), Error> {
    let metadata = BTreeMap::from([
        ("architecture".to_owned(), run.model.architecture.name().to_owned()),
        ("code".to_owned(), run.model.code.to_string()),
        ("output_activation".to_owned(), network.output_activation().to_owned()),
        ("spec_sha256".to_owned(), run.spec_sha256()),
    ]);
    Ok(record::write_atomic(path, &zoo::to_bytes(network, parameters, metadata))?)
}
