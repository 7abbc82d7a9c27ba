//! [`train`]: one run, from its spec to the weights on disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use datasets::own::{ColumnScaling, OwnFit};
use datasets::{Sources, Splits};
use record::{Environment, Epoch, OwnIds, OwnSplits, RunDirectory, ScaledColumn, State as RunState, Status};
use spec::{Network, Run};
use system::storage;
use tensorboard::Live;
use zoo::{Networks, Trainable};

use crate::checkpoint::Checkpoint;
use crate::environment;
use crate::error::Error;
use crate::fit::{Observer, State};
use crate::progress::Progress;
use crate::stages::{self, Weights};

/// Shortest time between two writes of epochs and checkpoint.
const SAVE_EVERY: Duration = Duration::from_secs(1);
/// Writing epochs and checkpoint takes at most one part in this many of the time.
const SAVE_SHARE: u32 = 50;

/// Options of a training that do not change its result.
#[derive(Debug, Clone)]
pub struct Options<'a> {
    /// Root folder of the records.
    pub out: &'a Path,
    /// Folders of data files.
    pub sources: Sources<'a>,
    /// Command line to record.
    pub command: String,
    /// Working tree of the code, whose commit is recorded.
    pub workspace: Option<&'a Path>,
    /// True to continue from the checkpoint of an interrupted training, if there is one.
    pub resume: bool,
    /// Folder for event files of TensorBoard, which are written while the run trains.
    pub tensorboard: Option<&'a Path>,
    /// True to print nothing but errors.
    pub quiet: bool,
    /// Flag that another thread sets to stop the training after the current step; a checkpoint is then written.
    pub stop: &'a AtomicBool,
}

/// Trains a run and writes its record, except the evaluation. Writes nothing before the data set is loaded and checked.
///
/// # Errors
/// - The data set is missing or invalid.
/// - The record cannot be written, or is in use.
/// - The checkpoint to resume from belongs to another run.
/// - The training is interrupted.
/// - The loss is not a finite number, which is recorded as a failed run.
pub fn train(run: &Run, networks: Networks, options: &Options<'_>) -> Result<RunDirectory, Error> {
    let load = |dataset| datasets::load(dataset, run.seed, options.sources);
    let (splits, source) = (load(&run.dataset)?, run.source().as_ref().map(load).transpose()?);
    let network = networks.build(&run.model)?;
    let directory = RunDirectory::of(run, options.out);
    let _lock = directory.lock()?;
    let label = format!("{} {} seed {}", run.experiment, run.label(), run.seed);
    let mut recorder = Recorder {
        directory: &directory,
        spec_sha256: run.spec_sha256(),
        stage: (0, Vec::new()),
        last: None,
        epochs: Vec::new(),
        live: None,
        saved: Instant::now(),
        save_again: SAVE_EVERY,
        stop: options.stop,
        progress: Progress::new(&label, run.epochs(), run.images_passed() / run.epochs(), options.quiet),
    };
    let (fingerprint, source_fingerprint) = (splits.fingerprint(), source.as_ref().map(Splits::fingerprint));
    let files_of = |name: &str, splits: &Splits| -> Vec<String> {
        splits.unpublished.iter().map(|file| format!("{name}/{file}")).collect()
    };
    let mut unpublished = files_of(&run.dataset.name(), &splits);
    if let (Some(transfer), Some(source)) = (run.training.transfer, &source) {
        unpublished.extend(files_of(transfer.from.name(), source));
    }
    let for_training = |splits: Splits| splits.for_training(run.dataset.pixels, run.seed);
    let (splits, source) = (for_training(splits), source.map(for_training));
    let resume = options.resume && is_begun(run, &directory, &fingerprint, source_fingerprint.as_deref())?;
    if resume && directory.model().exists() && !directory.checkpoint().exists() {
        // The run is trained already; only its evaluation was interrupted.
        directory.write_status(&Status::trained())?;
        return Ok(directory);
    }
    let checkpoint = if resume { recorder.resume(run)? } else { None };
    let status = |state, reason: &str| directory.write_status(&Status::unfinished(state, reason));
    status(RunState::Interrupted, "training has not finished")?;
    if checkpoint.is_none() {
        directory.clear()?;
    }
    storage::write(&directory.experiment(), run.to_toml().as_bytes())?;
    let command = options.command.clone();
    let commit = options.workspace.map(record::commit).unwrap_or_default();
    let environment = Environment {
        source_fingerprint,
        unpublished_files: unpublished,
        ..environment::observe(commit, fingerprint, run.seed, command, run.training.engine)
    };
    storage::write_json(&directory.environment(), &environment)?;
    if let Some(own) = &splits.own {
        write_own(own, &directory)?;
    }

    if let Some(folder) = options.tensorboard {
        let batches = checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.state.batches);
        recorder.live = Some(Live::begin(folder, run, environment.started, &recorder.epochs, batches));
    }

    // Runs on a thread of the pool. Entering the pool for each pass would cost more than a small pass.
    let trained = rayon::scope(|_| stages::train(run, networks, &splits, source.as_ref(), checkpoint, &mut recorder));
    recorder.progress.finish();
    if let (Some(live), Ok(_) | Err(Error::Diverged { .. })) = (&mut recorder.live, &trained) {
        live.finish(trained.is_ok());
    }
    match trained {
        Ok(Weights { network: parameters, last, classifier }) => {
            recorder.write_epochs()?;
            let output = run.model.network.output.name();
            let own = splits.own.as_deref();
            if let Some(last) = last {
                write_model(&directory.last_model(), run, own, network.as_ref(), &last, output)?;
            }
            if let Some(parameters) = classifier {
                write_model(
                    &directory.classifier(),
                    run,
                    own,
                    networks.classifier(&run.model, run.dataset.classes().len())?.as_ref(),
                    &parameters,
                    "logits",
                )?;
            }
            // The model file is written last: if it exists and the checkpoint does not, the training is complete.
            write_model(&directory.model(), run, own, network.as_ref(), &parameters, output)?;
            storage::remove(&directory.checkpoint())?;
            directory.write_status(&Status::trained())?;
            Ok(directory)
        }
        Err(error) => {
            // A diverged run would diverge again, so it is recorded as failed. After any other error, the run can resume
            // from its checkpoint.
            if let Error::Diverged { .. } = error {
                recorder.write_epochs()?;
                status(RunState::Failed, &error.to_string())?;
            }
            Err(error)
        }
    }
}

/// True if the folder holds an unfinished record of this run on the same data.
fn is_begun(
    run: &Run,
    directory: &RunDirectory,
    fingerprint: &str,
    source_fingerprint: Option<&str>,
) -> Result<bool, Error> {
    if !directory.experiment().exists() || !directory.environment().exists() {
        return Ok(false);
    }
    let recorded: Environment = storage::read_json(&directory.environment())?;
    if record::read_run(&directory.experiment())? != *run
        || recorded.dataset_fingerprint != fingerprint
        || recorded.source_fingerprint.as_deref() != source_fingerprint
    {
        return Err(Error::checkpoint(
            directory.path(),
            "the record in this folder has another spec or other data".to_owned(),
        ));
    }
    Ok(true)
}

/// Keeps `epochs.csv`, the checkpoint, the event files and the progress bar up to date.
struct Recorder<'a> {
    directory: &'a RunDirectory,
    spec_sha256: String,
    /// Index of the current stage, and the network's parameters at its start.
    stage: (usize, Vec<f32>),
    /// Parameters of the network's last epoch, if early stopping chose others.
    last: Option<Vec<f32>>,
    epochs: Vec<Epoch>,
    live: Option<Live>,
    /// Time of the last checkpoint.
    saved: Instant,
    /// Time until the next checkpoint, counted from the last.
    save_again: Duration,
    stop: &'a AtomicBool,
    progress: Progress,
}

impl Recorder<'_> {
    fn write_epochs(&self) -> Result<(), Error> {
        Ok(storage::write_csv(&self.directory.epochs(), &self.epochs)?)
    }

    /// Writes epochs and checkpoint if enough time has passed, or at once if the training is to stop.
    fn save(&mut self, state: &State) -> Result<(), Error> {
        let stop = self.stop.load(Ordering::Relaxed);
        if !stop && self.saved.elapsed() < self.save_again {
            return Ok(());
        }
        let started = Instant::now();
        // What a resumed training does not pass again is then with those who read it.
        if let Some(live) = &mut self.live {
            live.flush();
        }
        self.write_epochs()?;
        let (stage, parameters) = self.stage.clone();
        let (spec_sha256, history) = (self.spec_sha256.clone(), self.epochs.clone());
        let checkpoint =
            Checkpoint { spec_sha256, history, stage, parameters, last: self.last.clone(), state: state.clone() };
        checkpoint.write(&self.directory.checkpoint())?;
        self.saved = Instant::now();
        self.save_again = SAVE_EVERY.max(started.elapsed() * SAVE_SHARE);
        if stop { Err(Error::Interrupted) } else { Ok(()) }
    }

    /// Reads the checkpoint, if there is one, and the epochs before it.
    fn resume(&mut self, run: &Run) -> Result<Option<Checkpoint>, Error> {
        let path = self.directory.checkpoint();
        if !path.exists() {
            return Ok(None);
        }
        let checkpoint = Checkpoint::read(&path, run)?;
        self.epochs.clone_from(&checkpoint.history);
        let images = checkpoint.state.batches * run.training.batch_size;
        self.progress.resume(checkpoint.history.len(), images);
        Ok(Some(checkpoint))
    }
}

impl Observer for Recorder<'_> {
    fn stage(&mut self, index: usize, parameters: &[f32], last: Option<&[f32]>) {
        self.stage = (index, parameters.to_vec());
        self.last = last.map(<[f32]>::to_vec);
        if let Some(live) = &mut self.live {
            live.stage(index);
        }
    }

    fn batch(&mut self, images: usize, loss: f64, state: &State) -> Result<(), Error> {
        self.progress.batch(images, loss);
        if let Some(live) = &mut self.live {
            live.batch(loss, state.seconds);
        }
        self.save(state)
    }

    fn epoch(&mut self, epoch: &Epoch, state: &State) -> Result<(), Error> {
        self.progress.epoch(epoch);
        self.epochs.push(epoch.clone());
        if let Some(live) = &mut self.live {
            live.epoch(epoch);
        }
        self.save(state)
    }
}

/// Writes how the user's own data was split and scaled.
fn write_own(own: &OwnFit, directory: &RunDirectory) -> Result<(), Error> {
    let [train, validation, test] = own.rows.clone();
    let ids = own.ids.as_deref().map(storage::read_text).transpose()?.map(|text| {
        let names: Vec<&str> = text.lines().collect();
        let of = |rows: &[u32]| {
            rows.iter().map(|row| names.get(*row as usize).copied().unwrap_or_default().to_owned()).collect()
        };
        OwnIds { train: of(&train), validation: of(&validation), test: of(&test) }
    });
    let splits = OwnSplits { duplicates: own.duplicates, dropped: own.dropped, train, validation, test, ids };
    storage::write_long_json(&directory.splits(), &splits)?;
    if let Some(scaling) = &own.scaling {
        let columns = own.columns.iter().zip(&own.missing).zip(&scaling.columns);
        let columns = columns.map(|((column, missing), of)| ScaledColumn {
            column: column.clone(),
            centre: of.centre,
            scale: of.scale,
            fill: of.fill,
            missing: *missing,
        });
        storage::write_csv(&directory.scaling(), &columns.collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Writes a model file. `output` is the activation of the last layer. For a user's own data, the metadata says how rows are
/// made from it.
fn write_model(
    path: &Path,
    run: &Run,
    own: Option<&OwnFit>,
    network: &dyn Trainable,
    parameters: &[f32],
    output: &str,
) -> Result<(), Error> {
    let Network { activation, code, code_activation, .. } = &run.model.network;
    let mut metadata = BTreeMap::from([
        ("architecture".to_owned(), run.model.name()),
        ("code".to_owned(), code.to_string()),
        ("hidden_activation".to_owned(), activation.to_string()),
        ("code_activation".to_owned(), code_activation.to_string()),
        ("output_activation".to_owned(), output.to_owned()),
        ("spec_sha256".to_owned(), run.spec_sha256()),
    ]);
    if let Some(own) = own {
        metadata.insert("classes".to_owned(), json(&run.dataset.classes()));
        metadata.insert("columns".to_owned(), json(&own.columns));
        if let Some(scaling) = &own.scaling {
            let numbers = |of: fn(&ColumnScaling) -> f64| json(&scaling.columns.iter().map(of).collect::<Vec<_>>());
            metadata.insert("centre".to_owned(), numbers(|column| column.centre));
            metadata.insert("scale".to_owned(), numbers(|column| column.scale));
            metadata.insert("fill".to_owned(), numbers(|column| column.fill));
        }
    }
    Ok(storage::write(path, &zoo::to_bytes(network, parameters, metadata))?)
}

fn json<T: serde::Serialize>(value: &T) -> String {
    #[expect(clippy::expect_used, reason = "texts and finite numbers are what JSON is for")]
    serde_json::to_string(value).expect("columns can be spelled in JSON")
}
