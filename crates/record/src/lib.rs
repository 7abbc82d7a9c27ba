//! Records: names, formats and checks of every file that a run leaves on disk.
//!
//! [`RunDirectory`] gives the path of each file, and the types of this crate are the formats. A complete record has a
//! [`Seal`] with the digest of each file. [`ranges`] checks every number that is read back.
//!
//! ```
//! use std::path::Path;
//! use record::RunDirectory;
//! use spec::Experiment;
//!
//! let experiment = Experiment::load(Path::new("../../experiments/plain.toml"), &[])?;
//! let folder = RunDirectory::of(&experiment.runs[0], Path::new("results"));
//! assert_eq!(folder.metrics(), Path::new("results/plain/glyphs/plain-32/seed-0/metrics.json"));
//! # Ok::<(), spec::Error>(())
//! ```
//!
//! ```text
//! <out>/<experiment>/<dataset>/<architecture>-<code>[-<variant>]/seed-<n>/
//!   experiment.toml            resolved spec, itself a runnable experiment file
//!   environment.json           versions, machine, commit, dataset fingerprint, command
//!   epochs.csv                 one row per epoch and stage
//!   model.safetensors          the weights that were evaluated
//!   last.safetensors           the weights of the last epoch, if early stopping chose others
//!   classifier.safetensors     the weights of the classifier, if there is one
//!   checkpoint.safetensors     the state of an unfinished training
//!   metrics.json               split -> subject -> reconstruction error
//!   measures.json              split -> subject -> field -> measure of a task
//!   remarks.json               sentences: measures without meaning in this run, fits that did not converge
//!   <task>.csv, <task>.safetensors
//!                              data of the figures of a task
//!   blocks.csv                 means over blocks of test rows, for confidence intervals of claims
//!   error_by_class.csv, error_by_corruption.csv, codes.csv, images.safetensors
//!                              data of other figures
//!   thresholds.csv             errors above which new rows are flagged
//!   apply.safetensors          data that `apply` needs besides the weights
//!   plots/                     *.svg and *.png
//!   status.json                complete | interrupted | failed; for a complete run, size and digest of each file
//! <out>/<experiment>/<dataset>/
//!   summary.json               mean and standard deviation over seeds, verdict on each claim
//!   plots/                     figures over several runs
//! <out>/records/<experiment>-<dataset>.tar.gz
//!                              a compact record: those files of the folders that the report needs
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
/// If the file cannot be read, breaks a rule, or holds more than one run.
pub fn read_run(path: &Path) -> Result<Run, Error> {
    let mut runs = Experiment::load_record(path)?.runs;
    match runs.len() {
        1 => Ok(runs.remove(0)),
        n => Err(system::Error::format(path, format!("expected the spec of one run, found {n}")).into()),
    }
}
