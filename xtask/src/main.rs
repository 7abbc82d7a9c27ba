//! The command line of Hourglass: `cargo xtask <command>`.

mod apply;
mod bench;
mod ci;
mod data;
mod networks;
mod new;
mod own;
mod plan;
mod programs;
mod records;
mod regress;
mod report;
mod reproduce;
mod run;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use system::{interrupt, terminal};

/// Reproducible autoencoder experiments: one TOML, one command, an answer held against PCA.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", version, after_help = EXAMPLES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  cargo xtask run experiments/denoising.toml
  cargo xtask run experiments/plain.toml --dataset mnist --seeds 0,1,2
  cargo xtask run experiments/deep.toml --set training.epochs=5 --dry-run
  cargo xtask new mine.toml --data readings.csv
  cargo xtask apply results/mine/readings/dense-32-4/seed-0 score today.csv --out scores.csv
  cargo xtask regress
  cargo xtask data fetch mnist";

const APPLY_EXAMPLES: &str = "Examples:
  cargo xtask apply results/mine/readings/dense-32-4/seed-0 score today.csv --out scores.csv
  cargo xtask apply results/mine/readings/dense-32-4/seed-0 score today.csv --out scores.csv --clean checked.csv --false-alarms 0.001
  cargo xtask apply results/denoising/glyphs/plain-32-gaussian-0.5/seed-0 reconstruct noisy.npy --out clean.npy

The columns of a table are matched by their names. Scores and codes do not depend on the number of threads.
Exit codes: 0 done, 1 failed, 2 usage or bad input.";

#[derive(Subcommand)]
enum Command {
    /// Run experiments: train, measure against the baselines, draw, and check the claims
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArguments),
    /// Look at data of your own, and write an experiment file for it
    #[command(after_help = NEW_EXAMPLES)]
    New(new::New),
    /// Encode, reconstruct or score new rows with the network of a recorded run
    #[command(after_help = APPLY_EXAMPLES)]
    Apply(apply::Apply),
    /// Write the network, the splits or the curves of recorded runs for other programs
    Export(apply::Export),
    /// Run a suite of experiments and hold their errors and claims against the committed baseline
    #[command(after_help = "Exit codes: 0 nothing got worse, 1 failed, 2 usage or bad input, 3 something got worse.")]
    Regress(regress::Regress),
    /// Compare recorded runs: errors against the spread over seeds, learning curves, and the keys that differ
    Compare {
        /// Folders of runs, or of networks for the mean over their seeds
        #[arg(required = true, num_args = 2..=26, value_name = "RUN")]
        runs: Vec<PathBuf>,
        /// Folder for the figure
        #[arg(long, value_name = "DIR", default_value = "results/compare")]
        out: PathBuf,
    },
    /// Write REPORT.md and report.html, with figures and tables, from recorded runs alone
    #[command(after_help = REPORT_NOTE)]
    Report(report::Report),
    /// Pack records into an archive, or unpack one
    Records {
        #[command(subcommand)]
        command: records::Records,
    },
    /// Do a recorded run again elsewhere, and say whether weights, metrics and data are the same
    #[command(after_help = "Exit codes: 0 the same, 1 not the same or failed, 2 usage or bad input, 130 interrupted.")]
    Reproduce(reproduce::Reproduce),
    /// List, fetch or verify data sets, or describe data of your own
    Data(data::Data),
    /// Measure speed: criterion's benchmarks, or other frameworks beside Hourglass
    Bench {
        #[command(subcommand)]
        command: bench::Bench,
    },
    /// Run what continuous integration runs
    Ci,
}

const NEW_EXAMPLES: &str = "Examples:
  cargo xtask new readings.toml --data readings.csv
  cargo xtask new faces.toml --data pictures --label subfolder";

const REPORT_NOTE: &str =
    "REPORT.md and its figures stay as they are where git tracks them and they would change; --publish writes
them. The page report.html always shows everything: the compact records in records/, and the runs below the folder.";

const RUN_EXAMPLES: &str = "Examples:
  cargo xtask run experiments/denoising.toml
  cargo xtask run experiments/denoising.toml --dataset mnist --data-dir ~/mnist
  cargo xtask run experiments/plain.toml --set model.code=16 --set training.adam.learning_rate=0.01
  cargo xtask run experiments/denoising.toml --unset training.early_stopping --set dataset.validation=0
  cargo xtask run experiments/denoising.toml --tensorboard logs     # look at it with: tensorboard --logdir logs
  cargo xtask run experiments/*.toml
  cargo xtask run experiments/*.toml --resume --fail-fast --out /tmp/results

Several files are worked through in turn: what is recorded is skipped, a run that fails does not hold up the others, and
a table of all verdicts ends the work. Faults in files, or a record in the way, are told before any work begins.
docs/keys.md lists every key that --set reaches.
Exit codes: 0 done, 1 a run failed, 2 usage or bad input, 130 interrupted.";

/// Flags of `run`.
#[derive(Args)]
struct RunArguments {
    /// Experiment files
    #[arg(required = true, value_name = "SPEC")]
    specs: Vec<PathBuf>,
    /// Data set in place of the file's: a name that `cargo xtask data list` shows, or a path to your own
    #[arg(long, value_name = "NAME|PATH")]
    dataset: Option<String>,
    /// Folder with the data set's files [default: $HOURGLASS_DATA, then data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The one seed, in place of the file's
    #[arg(long, value_name = "N", conflicts_with = "seeds", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Seeds in place of the file's
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seeds: Vec<u64>,
    /// Any key of the file, such as training.epochs=5; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Take a key or a table out of the file, such as training.early_stopping; before --set, may be repeated
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,
    /// What computes the gradients: fused or tape
    #[arg(long, value_name = "NAME")]
    engine: Option<String>,
    /// Threads to use; results do not depend on it [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Folder to record in
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Folder for event files of TensorBoard, which are written while the runs train
    #[arg(long, value_name = "DIR")]
    tensorboard: Option<PathBuf>,
    /// Go on where interrupted runs stopped, with the same result as if they had not
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Run again what is already recorded, and replace it
    #[arg(long)]
    force: bool,
    /// Stop at the first run that fails, instead of going on with the others
    #[arg(long)]
    fail_fast: bool,
    /// Print the resolved specs, where they would be recorded and what they would cost; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

/// Why a command ends without its work done.
enum Failure {
    /// Usage or input that the user can put right: exit code 2.
    Input(anyhow::Error),
    /// Anything else: exit code 1.
    Failed(anyhow::Error),
    /// A program that has already said why: its exit code.
    Code(u8),
}

macro_rules! input {
    ($($error:ty),+) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::Input(error.into())
            }
        })+
    };
}

input!(spec::Error, record::Error, system::Error);

impl From<io::Error> for Failure {
    /// Of standard output, which is all that commands write themselves.
    fn from(error: io::Error) -> Self {
        Self::Failed(anyhow::Error::new(error).context("cannot write to standard output"))
    }
}

fn main() -> ExitCode {
    let command = Cli::parse().command;
    let listening = interrupt::listen().context("cannot listen for Ctrl-C").map_err(Failure::Failed);
    let result = listening.and_then(|()| match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::New(arguments) => new::new(&arguments),
        Command::Apply(arguments) => apply::apply(&arguments),
        Command::Export(arguments) => apply::export(&arguments),
        Command::Regress(arguments) => regress::regress(&arguments),
        Command::Compare { runs, out } => {
            programs::evaluate(|command| command.arg("compare").args(&runs).arg("--out").arg(&out))
        }
        Command::Report(arguments) => report::report(&arguments),
        Command::Records { command } => records::records(&command),
        Command::Reproduce(arguments) => reproduce::reproduce(&arguments),
        Command::Data(arguments) => data::data(&arguments),
        Command::Bench { command } => bench::bench(&command),
        Command::Ci => ci::ci(),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Code(code)) => ExitCode::from(code),
        Err(Failure::Input(error)) => tell(&error, 2),
        Err(Failure::Failed(error)) => tell(&error, 1),
    }
}

fn tell(error: &anyhow::Error, code: u8) -> ExitCode {
    terminal::tell(&format!("error: {error:#}"));
    ExitCode::from(code)
}
