//! One run, from its spec to the weights on disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use experiment::Run;
use experiment::catalogue::Architecture;
use experiment::record::{self, Epoch, RunDirectory, State as RunState, Status};
use zoo::Trainable;

use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::fit::{Observer, State};
use crate::optimiser::Optimiser;
use crate::progress::Progress;
use crate::stages::{self, Trained};
use crate::{engine, environment};

/// Epochs and checkpoint are written after an epoch, but no more often than this: flushing them to disk takes longer than
/// a small epoch.
const SAVE_EVERY: Duration = Duration::from_secs(1);

/// How a run is carried out, apart from what it computes.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// Root of the records.
    pub out: &'a Path,
    /// Where real data lies, if the user says so.
    pub data_dir: Option<&'a Path>,
    /// The command to record.
    pub command: String,
    /// Whether to continue from the checkpoint of an interrupted training, where there is one.
    pub resume: bool,
    /// Whether to print nothing but errors.
    pub quiet: bool,
}

/// Trains a run and records everything but its evaluation. Nothing is written before the data set is loaded and checked.
///
/// # Errors
/// When the data set is missing or faulty, the record cannot be written or is in use, a checkpoint to resume from is not
/// of this run, or the loss stops being finite; the last is recorded as a failed run.
pub fn train(run: &Run, options: &Options<'_>) -> Result<RunDirectory, Error> {
    let splits = datasets::load(&run.dataset, run.seed, options.data_dir)?;
    let network = zoo::build(run.model)?;
    let (engine, engine_reason) = engine::choose(run.training.engine, network.as_ref());
    let directory = RunDirectory::of(run, options.out);
    let _lock = directory.lock()?;
    let label = format!("{} {} seed {}", run.experiment, run.label(), run.seed);
    let mut recorder = Recorder {
        directory: &directory,
        spec_sha256: run.spec_sha256(),
        stage: (0, Vec::new()),
        epochs: Vec::new(),
        saved: None,
        progress: Progress::new(&label, run.epochs(), splits.train.len(), options.quiet),
    };
    let fingerprint = splits.fingerprint();
    let resume = options.resume && is_begun(run, &directory, &fingerprint)?;
    if resume && directory.model().exists() && !directory.checkpoint().exists() {
        // Trained already: only the evaluation was interrupted.
        return Ok(directory);
    }
    let checkpoint = if resume { recorder.resume(run, network.as_ref())? } else { None };
    let status = |state, reason: &str| directory.write_status(&Status { state, reason: Some(reason.to_owned()) });
    status(RunState::Interrupted, "training has not finished")?;
    if checkpoint.is_none() {
        directory.clear()?;
    }
    record::write_atomic(&directory.experiment(), run.to_toml().as_bytes())?;
    let environment = environment::observe(fingerprint, run.seed, options.command.clone(), engine, engine_reason);
    record::write_json(&directory.environment(), &environment)?;

    // On a thread of the pool: handing each pass over to it from outside would cost more than a small pass.
    let trained =
        rayon::scope(|_| stages::train(run, zoo::build(run.model)?, engine, &splits, checkpoint, &mut recorder));
    recorder.progress.finish();
    recorder.write_epochs()?;
    match trained {
        Ok(Trained { parameters, last }) => {
            write_model(&directory.model(), run, network.as_ref(), &parameters)?;
            if let Some(last) = last {
                write_model(&directory.last_model(), run, network.as_ref(), &last)?;
            }
            record::remove(&directory.checkpoint())?;
            status(RunState::Interrupted, "trained, but not evaluated")?;
            Ok(directory)
        }
        Err(error) => {
            status(RunState::Failed, &error.to_string())?;
            Err(error)
        }
    }
}

/// Whether the folder holds the beginning of this run, on the same data.
fn is_begun(run: &Run, directory: &RunDirectory, fingerprint: &str) -> Result<bool, Error> {
    if !directory.experiment().exists() || !directory.environment().exists() {
        return Ok(false);
    }
    let recorded: record::Environment = record::read_json(&directory.environment())?;
    if experiment::read_run(&directory.experiment())? != *run || recorded.dataset_fingerprint != fingerprint {
        return Err(Error::checkpoint(
            directory.path(),
            "what is recorded here began with another spec or data".to_owned(),
        ));
    }
    Ok(true)
}

/// Keeps `epochs.csv`, the checkpoint and the progress bar up to date.
struct Recorder<'a> {
    directory: &'a RunDirectory,
    spec_sha256: String,
    /// The present stage, and the network's parameters when it began.
    stage: (usize, Vec<f32>),
    epochs: Vec<Epoch>,
    /// When the checkpoint was written; the first epoch of a stage always writes one.
    saved: Option<Instant>,
    progress: Progress,
}

impl Recorder<'_> {
    fn write_epochs(&self) -> Result<(), Error> {
        Ok(record::write_csv(&self.directory.epochs(), &self.epochs)?)
    }

    /// Reads the checkpoint, if there is one, and the epochs up to it.
    fn resume(&mut self, run: &Run, network: &dyn Trainable) -> Result<Option<Checkpoint>, Error> {
        let path = self.directory.checkpoint();
        if !path.exists() {
            return Ok(None);
        }
        let optimiser = |parameters| Optimiser::new(run.training.optimiser, parameters);
        let checkpoint = Checkpoint::read(&path, optimiser)?;
        if checkpoint.spec_sha256 != self.spec_sha256 || !stages::fits(&checkpoint, run, network) {
            return Err(Error::checkpoint(&path, "this is the checkpoint of another run".to_owned()));
        }
        let done = stages::epochs_before(run, checkpoint.stage) + checkpoint.state.epochs;
        self.epochs = record::read_csv(&self.directory.epochs())?;
        // A kill may come after an epoch's row and before its checkpoint: that epoch is done again.
        self.epochs.retain(|epoch| epoch.epoch <= done);
        self.progress.resume(done);
        Ok(Some(checkpoint))
    }
}

impl Observer for Recorder<'_> {
    fn stage(&mut self, index: usize, parameters: &[f32]) {
        self.stage = (index, parameters.to_vec());
        self.saved = None;
    }

    fn batch(&mut self, images: usize, loss: f64) {
        self.progress.batch(images, loss);
    }

    fn epoch(&mut self, epoch: &Epoch, state: &State) -> Result<(), Error> {
        self.progress.epoch(epoch);
        self.epochs.push(epoch.clone());
        if self.saved.is_none_or(|saved| saved.elapsed() >= SAVE_EVERY) {
            self.write_epochs()?;
            let (stage, parameters) = self.stage.clone();
            let checkpoint =
                Checkpoint { spec_sha256: self.spec_sha256.clone(), stage, parameters, state: state.clone() };
            checkpoint.write(&self.directory.checkpoint())?;
            self.saved = Some(Instant::now());
        }
        Ok(())
    }
}

fn write_model(path: &Path, run: &Run, network: &dyn Trainable, parameters: &[f32]) -> Result<(), Error> {
    let metadata = BTreeMap::from([
        ("architecture".to_owned(), run.model.architecture.name().to_owned()),
        ("code".to_owned(), run.model.code.to_string()),
        ("hidden_activation".to_owned(), Architecture::HIDDEN_ACTIVATION.to_owned()),
        ("code_activation".to_owned(), run.model.architecture.code_activation().to_owned()),
        ("output_activation".to_owned(), network.output_activation().to_owned()),
        ("spec_sha256".to_owned(), run.spec_sha256()),
    ]);
    Ok(record::write_atomic(path, &zoo::to_bytes(network, parameters, metadata))?)
}
