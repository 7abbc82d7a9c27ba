//! The run record: names, formats and safe writing of everything a run leaves on disk.
//!
//! ```text
//! <out>/<experiment>/<dataset>/<architecture>-<code>[-<variant>]/seed-<n>/
//!   experiment.toml            resolved spec, itself a runnable experiment file
//!   environment.json           versions, machine, commit, dataset fingerprint, command
//!   epochs.csv                 one row per epoch and stage
//!   model.safetensors          the weights that were evaluated
//!   last.safetensors           the weights of the last epoch, where early stopping chose others
//!   classifier.safetensors     those of the classifier, where one was trained
//!   checkpoint.safetensors     where to go on, until the training is done
//!   metrics.json               split -> subject -> reconstruction error
//!   measures.json              split -> subject -> field -> what the tasks measured
//!   remarks.json               what has no meaning in this run and was not measured, or did not converge; a sentence each
//!   <task>.csv, <task>.safetensors
//!                              what the plots of a task are drawn from
//!   blocks.csv                 means over blocks of test rows: what confidence intervals of claims rest on
//!   error_by_class.csv, error_by_corruption.csv, codes.csv, images.safetensors
//!                              what the plots are drawn from
//!   thresholds.csv             errors above which new rows are flagged
//!   apply.safetensors          what new rows need beside the weights
//!   plots/                     *.svg and *.png
//!   status.json                complete | interrupted | failed; of a complete one, size and digest of each file
//! <out>/<experiment>/<dataset>/
//!   summary.json               mean and standard deviation over seeds, verdict on each claim
//!   plots/                     figures over several runs
//! <out>/records/<experiment>-<dataset>.tar.gz
//!                              a compact record: of such folders the files that the report needs
//! ```

use std::path::Path;

use spec::{Experiment, Run};

mod commit;
mod directory;
mod error;
pub mod folders;
mod formats;
pub mod ranges;
mod sealed;

pub use self::commit::{Commit, commit};
pub use self::directory::{RunDirectory, experiment_directory, lock_summary};
pub use self::error::Error;
pub use self::formats::*;
pub use self::sealed::{Seal, Sealed, may_be_missing, sha256};

/// Reads the resolved spec of a recorded run.
///
/// # Errors
/// When the file cannot be read, breaks a rule, or holds more than one run.
pub fn read_run(path: &Path) -> Result<Run, Error> {
    let mut runs = Experiment::load_record(path)?.runs;
    match runs.len() {
        1 => Ok(runs.remove(0)),
        n => Err(system::Error::format(path, format!("expected the spec of one run, found {n}")).into()),
    }
}
