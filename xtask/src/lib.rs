//! The command line of Hourglass: `cargo xtask <command>` in a checkout, or `hourglass <command>` if the program is
//! installed.
//!
//! Each command has a module of its own, such as `run`, `new`, `apply`, `list`, `report`, `data`, `bench` and `ci`. The
//! command line reads experiment files and records. For all other work it builds the programs of the workspace in
//! release mode and starts them (`programs`), so that it compiles in seconds. Other modules: `plan` reads the state of
//! records, `networks` lists the networks to compile, `own` reads a user's data, `estimate` estimates times, `name`
//! finds the checkout.
//!
//! A program that is the command line:
//!
//! ```no_run
//! fn main() -> std::process::ExitCode {
//!     xtask::cargo_xtask()
//! }
//! ```

mod apply;
mod bench;
mod ci;
mod data;
mod dry_run;
mod estimate;
mod list;
mod missing;
mod name;
mod networks;
mod new;
mod open;
mod own;
mod plan;
mod programs;
mod records;
mod regress;
mod report;
mod reproduce;
mod run;
mod shell;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};
use clap_complete::Shell;
use system::interrupt::INTERRUPTED;
use system::{interrupt, terminal};

/// Trains autoencoders and compares them with PCA: one experiment file, one command, one answer.
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
  cargo xtask list --where 'dataset = mnist and code <= 32' --sort ratio
  cargo xtask regress
  cargo xtask data fetch mnist";

const APPLY_EXAMPLES: &str = "Examples:
  cargo xtask apply results/mine/readings/dense-32-4/seed-0 score today.csv --out scores.csv
  cargo xtask apply results/mine/readings/dense-32-4/seed-0 score today.csv --out scores.csv --clean checked.csv --false-alarms 0.001
  cargo xtask apply results/denoising/glyphs/plain-32/seed-0 reconstruct noisy.npy --out clean.npy

The columns of a table are matched by their names. Scores and codes do not depend on the number of threads.
Exit codes: 0 done, 1 failed, 2 usage or bad input.";

#[derive(Subcommand)]
enum Command {
    /// Run experiments: train, compare with the baselines, draw figures, and check the claims
    #[command(after_help = RUN_EXAMPLES)]
    Run(RunArguments),
    /// Look at data of your own, and write an experiment file for it
    #[command(after_help = NEW_EXAMPLES)]
    New(new::New),
    /// Encode, reconstruct or score new rows with the network of a recorded run
    #[command(after_help = APPLY_EXAMPLES)]
    Apply(apply::Apply),
    /// Write the network, the rows, the curves or the figures of recorded runs for other programs
    #[command(after_help = EXPORT_EXAMPLES)]
    Export(apply::Export),
    /// Run a suite of experiments, and compare their errors and claims with the committed baseline
    #[command(after_help = REGRESS_EXAMPLES)]
    Regress(regress::Regress),
    /// Compare recorded runs: errors beside the spread over seeds, learning curves, and the keys that differ
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare {
        /// Folders of runs, or of networks for the mean over their seeds
        #[arg(required = true, num_args = 2..=26, value_name = "RUN")]
        runs: Vec<PathBuf>,
        /// Folder for the figure
        #[arg(long, value_name = "DIR", default_value = "results/compare")]
        out: PathBuf,
    },
    /// Write REPORT.md and report.html, with figures and tables, from the recorded runs
    #[command(after_help = REPORT_NOTE)]
    Report(report::Report),
    /// List recorded runs as a table: chosen, sorted, and as CSV, JSON or LaTeX
    #[command(after_help = list::EXAMPLES)]
    List(list::List),
    /// Pack records into an archive, or unpack an archive
    #[command(after_help = RECORDS_EXAMPLES)]
    Records {
        #[command(subcommand)]
        command: records::Records,
    },
    /// Repeat a recorded run in another folder, and say whether weights, metrics and data are the same
    #[command(after_help = REPRODUCE_EXAMPLE)]
    Reproduce(reproduce::Reproduce),
    /// List, fetch or verify data sets, or describe data of your own
    #[command(after_help = DATA_EXAMPLES)]
    Data(data::Data),
    /// Measure speed: criterion's benchmarks, or other frameworks beside Hourglass
    #[command(after_help = BENCH_EXAMPLES)]
    Bench {
        #[command(subcommand)]
        command: bench::Bench,
    },
    /// Run what continuous integration runs
    #[command(after_help = CI_NOTE)]
    Ci,
    /// Print completions of `hourglass` for a shell
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Write manual pages of `hourglass`
    #[command(after_help = MAN_EXAMPLE)]
    Man {
        /// Folder to write into
        folder: PathBuf,
    },
}

const CI_NOTE: &str = "Example:
  cargo xtask ci

It checks format, lints and docs, runs the small regression suite, and then all tests: a quarter of an hour.";

const COMPLETIONS_EXAMPLES: &str = "Examples:
  hourglass completions bash > ~/.local/share/bash-completion/completions/hourglass
  hourglass completions zsh > ~/.zfunc/_hourglass
  hourglass completions fish > ~/.config/fish/completions/hourglass.fish

They complete `hourglass` alone: cargo has no completions for the commands of an alias.";

const MAN_EXAMPLE: &str = "Example:
  hourglass man ~/.local/share/man/man1";

const NEW_EXAMPLES: &str = "Examples:
  cargo xtask new readings.toml --data readings.csv
  cargo xtask new faces.toml --data pictures --label subfolder";

const EXPORT_EXAMPLES: &str = "Examples:
  cargo xtask export results/mine/readings/dense-32-4/seed-0 onnx --out mine-onnx
  cargo xtask export results/mine/readings/dense-32-4/seed-0 pytorch --out mine-pytorch";

const REGRESS_EXAMPLES: &str = "Examples:
  cargo xtask regress
  cargo xtask regress --suite full --data-dir ~/mnist --resume

Exit codes: 0 nothing got worse, 1 failed, 2 usage or bad input, 3 something got worse, 130 interrupted.";

const COMPARE_EXAMPLES: &str = "Examples:
  cargo xtask compare results/denoising/glyphs/plain-32/seed-0 results/denoising/glyphs/plain-8/seed-0
  cargo xtask compare results/bottleneck/glyphs/plain-8 results/bottleneck/glyphs/plain-16

The first run or network is A. A difference is `larger` if it is more than two standard deviations over seeds.";

const RECORDS_EXAMPLES: &str = "Examples:
  cargo xtask records pack mine.tar.gz results/mine
  cargo xtask records unpack mine.tar.gz";

const REPRODUCE_EXAMPLE: &str = "Example:
  cargo xtask reproduce results/plain/glyphs/plain-32/seed-0

Exit codes: 0 the same, 1 not the same or failed, 2 usage or bad input, 130 interrupted.";

const DATA_EXAMPLES: &str = "Examples:
  cargo xtask data list
  cargo xtask data fetch mnist
  cargo xtask data describe readings.csv";

const BENCH_EXAMPLES: &str = "Examples:
  cargo xtask bench criterion pca
  cargo xtask bench peers plain --rounds 3";

const REPORT_NOTE: &str = "Examples:
  cargo xtask report --open
  cargo xtask report /tmp/results

The page report.html shows everything: the compact records in records/, and the runs below the folder. REPORT.md and its
figures change only with --publish where git tracks them.";

const RUN_EXAMPLES: &str = "Examples:
  cargo xtask run experiments/denoising.toml
  cargo xtask run experiments/denoising.toml --dataset mnist --data-dir ~/mnist
  cargo xtask run experiments/plain.toml --set model.code=16 --set training.adam.learning_rate=0.01
  cargo xtask run experiments/denoising.toml --unset training.early_stopping --set dataset.validation=0
  cargo xtask run experiments/*.toml
  cargo xtask run experiments/*.toml --resume --fail-fast --out /tmp/results

Several files run in turn. Recorded runs are skipped. A failed run does not stop the others. A table of all verdicts comes
last. Invalid files and conflicting records are reported before anything runs. docs/keys.md lists every key of --set.
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
    /// One seed in place of the file's seeds
    #[arg(long, value_name = "N", conflicts_with = "seeds", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seed: Option<u64>,
    /// Seeds in place of the file's seeds
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    seeds: Vec<u64>,
    /// Change any key of the file, such as training.epochs=5; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Take a key or a table out of the file, such as training.early_stopping; before --set, may be repeated
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,
    /// Engine that computes the gradients: fused, or tape, which is slow and simple
    #[arg(long, value_name = "NAME")]
    engine: Option<String>,
    /// Threads to use; results do not depend on it [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Folder to record in
    #[arg(long, value_name = "DIR", default_value = "results")]
    out: PathBuf,
    /// Continue interrupted runs; the result is that of a run without interruption
    #[arg(long, conflicts_with = "force")]
    resume: bool,
    /// Run recorded runs again, and replace their records
    #[arg(long)]
    force: bool,
    /// Stop at the first run that fails
    #[arg(long)]
    fail_fast: bool,
    /// Print a table of the runs, their state and the time that they take; write nothing
    #[arg(long)]
    dry_run: bool,
    /// With --dry-run: print each run with all its keys as well
    #[arg(long, requires = "dry_run")]
    verbose: bool,
    /// Folder for event files of TensorBoard, which are written while the runs train
    #[arg(long, value_name = "DIR")]
    tensorboard: Option<PathBuf>,
    /// Open the page in a browser at the end ($BROWSER, or the system's); of several experiments, those of the first
    /// five
    #[arg(long, conflicts_with = "dry_run")]
    open: bool,
    /// Print only errors, and the answer of each experiment in one line
    #[arg(long)]
    quiet: bool,
    /// Print nothing but errors: what another command runs.
    #[arg(skip)]
    silent: bool,
}

/// Why a command failed, with its exit code.
enum Failure {
    /// Invalid flags or input, which the user can correct: exit code 2.
    Input(anyhow::Error),
    /// Anything else: exit code 1.
    Failed(anyhow::Error),
    /// Exit code of a started program that has already printed its error.
    Code(u8),
    /// Ctrl-C or SIGTERM, with the progress of the work, such as ` after epoch 3 of 20 of plain-32 seed 0`: exit code
    /// 130.
    Interrupted(String),
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
    /// An error of writing to standard output. Commands write files through `storage`, which has its own error.
    fn from(error: io::Error) -> Self {
        Self::Failed(anyhow::Error::new(error).context("cannot write to standard output"))
    }
}

/// Runs the command line as `cargo xtask`, in the checkout that cargo was started in.
pub fn cargo_xtask() -> ExitCode {
    main()
}

/// Runs the command line as `hourglass`. It works in the checkout that `HOURGLASS_WORKSPACE` names, else in the
/// checkout around the current folder, else in the checkout that it was built from. `package` is the folder of this
/// package at build time.
pub fn hourglass(package: &'static str) -> ExitCode {
    name::is_hourglass(package);
    main()
}

/// The command line, whose help calls it `name`.
fn command(name: &'static str) -> clap::Command {
    name::named(Cli::command(), name).name(name).bin_name(name)
}

fn main() -> ExitCode {
    let matches = command(terminal::command()).get_matches();
    let command = match Cli::from_arg_matches(&matches) {
        Ok(Cli { command }) => command,
        Err(error) => error.exit(),
    };
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
        Command::List(arguments) => list::list(&arguments),
        Command::Records { command } => records::records(&command),
        Command::Reproduce(arguments) => reproduce::reproduce(&arguments),
        Command::Data(arguments) => data::data(&arguments),
        Command::Bench { command } => bench::bench(&command),
        Command::Ci => ci::ci(),
        Command::Completions { shell } => shell::completions(shell),
        Command::Man { folder } => shell::man(&folder),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Code(code)) => ExitCode::from(code),
        Err(Failure::Interrupted(place)) => {
            terminal::tell(&format!("interrupted{place}"));
            ExitCode::from(INTERRUPTED)
        }
        Err(Failure::Input(error)) => tell(&error, 2),
        Err(Failure::Failed(error)) => tell(&error, 1),
    }
}

fn tell(error: &anyhow::Error, code: u8) -> ExitCode {
    terminal::tell(&format!("error: {error:#}"));
    ExitCode::from(code)
}
