//! Writes the event files of a run while it trains.
//!
//! The folder of the run has a value for each epoch, and its folder `batches` a value for each batch. When a run is
//! resumed, TensorBoard drops values from a step on. Epochs and batches count steps differently, so each has a folder
//! of its own.

use std::path::{Path, PathBuf};

use record::{Epoch, RunDirectory};
use spec::Run;
use system::storage::{self, GrowingFile};
use system::{Error, terminal};

use crate::event::{self, Value, event};
use crate::scalars::{of_epoch, values};
use crate::{PREFIX, SUFFIX, file_name, hparams};

/// Name of the folder of the losses of batches, in the folder of the run.
const BATCHES: &str = "batches";

/// Writer of the event files of a training. If a file cannot be written, it prints a warning once and writes no more;
/// the training continues.
#[derive(Debug)]
pub struct Live {
    files: Option<Files>,
    /// Tags of the loss of a batch, one for each stage.
    tags: Vec<String>,
    /// Index of the present stage.
    stage: usize,
    /// Number of batches done, over all stages.
    batches: u64,
    /// Seconds since 1970-01-01 UTC at the end of the last epoch: the start of the program, and its seconds of
    /// training.
    now: f64,
}

#[derive(Debug)]
struct Files {
    epochs: GrowingFile,
    batches: GrowingFile,
}

impl Live {
    /// Creates the event files of a run below `folder`, in `<experiment>/<dataset>/<network>/seed-<n>`.
    ///
    /// `history` has the epochs of an earlier program, and `batches_of_epoch` is the number of batches of the next
    /// epoch. The earlier epochs are written again, so that the new file has all epochs and replaces the old file.
    pub fn begin(folder: &Path, run: &Run, started: u64, history: &[Epoch], batches_of_epoch: usize) -> Self {
        let stages = run.stages();
        let of_epoch = |epoch: &Epoch| {
            let stage = stages.iter().find(|stage| stage.name == epoch.stage);
            stage.map_or(0, |stage| stage.train.div_ceil(run.training.batch_size))
        };
        let batches = (history.iter().map(of_epoch).sum::<usize>() + batches_of_epoch) as u64;
        let tags = stages.iter().map(|stage| format!("{}/batch_loss", stage.name)).collect();
        // Times continue without the pause: the last earlier epoch ends at the start of this program.
        let now = started as f64 - history.iter().map(|epoch| epoch.seconds).sum::<f64>();
        let mut live = Self { files: None, tags, stage: 0, batches, now };
        let folder = RunDirectory::of(run, folder).path().to_owned();
        match files(&folder, started, batches, history.is_empty() && batches == 0) {
            Ok(files) => live.files = Some(files),
            Err(error) => tell(error),
        }
        live.write(|files| files.epochs.write(&hparams::beginning(run, started)));
        history.iter().for_each(|epoch| live.write_epoch(epoch));
        live.flush();
        live
    }

    /// Records that the stage with this index begins.
    pub fn stage(&mut self, index: usize) {
        self.stage = index;
    }

    /// Writes the mean loss of a batch that ended `seconds` after the start of its epoch.
    pub fn batch(&mut self, loss: f64, seconds: f64) {
        self.batches += 1;
        let Some(tag) = self.tags.get(self.stage) else { return };
        let bytes = event(self.now + seconds, self.batches, &[(tag.clone(), Value::Scalar(loss as f32))]);
        self.write(|files| files.batches.write(&bytes));
    }

    /// Writes the numbers of an epoch.
    pub fn epoch(&mut self, epoch: &Epoch) {
        self.write_epoch(epoch);
        self.flush();
    }

    fn write_epoch(&mut self, epoch: &Epoch) {
        self.now += epoch.seconds;
        let bytes = event(self.now, epoch.epoch as u64, &values(of_epoch(epoch)));
        self.write(|files| files.epochs.write(&bytes));
    }

    /// Writes the end of the training, with its status.
    pub fn finish(&mut self, has_succeeded: bool) {
        let status = if has_succeeded { event::SUCCESS } else { event::FAILURE };
        let bytes = event::session_end(self.now, status);
        self.write(|files| files.epochs.write(&bytes));
        self.flush();
    }

    /// Flushes all written events, so that TensorBoard can read them.
    pub fn flush(&mut self) {
        self.write(|files| files.epochs.flush().and_then(|()| files.batches.flush()));
    }

    fn write(&mut self, write: impl FnOnce(&mut Files) -> Result<(), Error>) {
        let Some(files) = &mut self.files else { return };
        if let Err(error) = write(files) {
            self.files = None;
            tell(error);
        }
    }
}

fn tell(error: Error) {
    let error = anyhow::Error::new(error);
    terminal::tell(&format!("warning: --tensorboard: {error:#}; the training continues without event files"));
}

/// Creates the event files in the folder of a run that has done `batches` batches.
fn files(folder: &Path, started: u64, batches: u64, is_new: bool) -> Result<Files, Error> {
    let of_batches = folder.join(BATCHES);
    storage::create_directory(&of_batches)?;
    let old = event_files(folder)?.into_iter().chain(if is_new { event_files(&of_batches)? } else { Vec::new() });
    old.into_iter().try_for_each(|path| storage::remove(&path))?;
    let begin = |folder: &Path, step| {
        // Two programs may start within the same second.
        let names = (0..).map(|more| folder.join(file_name(started + more)));
        let path = names.into_iter().find(|path| !path.exists()).unwrap_or_default();
        let mut file = GrowingFile::create(&path)?;
        file.write(&event::version(started as f64))?;
        file.write(&event::session_start(started as f64, step))?;
        Ok(file)
    };
    Ok(Files { epochs: begin(folder, 0)?, batches: begin(&of_batches, batches + 1)? })
}

/// Paths of the event files of Hourglass in a folder.
fn event_files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = record::folders::entries(folder)?;
    files.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(PREFIX) && name.ends_with(SUFFIX)
    });
    Ok(files)
}
