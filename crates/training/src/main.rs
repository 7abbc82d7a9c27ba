//! `hourglass-train`: trains one run. `cargo xtask run` starts it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;
use experiment::Experiment;
use training::{Error, Options};

/// Trains one run, whose resolved spec is read from standard input, and records everything but its evaluation.
#[derive(Debug, Parser)]
struct Arguments {
    /// Root of the records
    #[arg(long, default_value = "results")]
    out: PathBuf,
    /// Folder with the real data set's files
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Threads to use; the result does not depend on it
    #[arg(long)]
    threads: Option<usize>,
    /// The command to record
    #[arg(long, default_value = "hourglass-train")]
    command: String,
    /// Continue an interrupted training from its checkpoint
    #[arg(long)]
    resume: bool,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            // Divergence is a result of the run; everything else is something the user can put right.
            let diverged = matches!(error.downcast_ref(), Some(Error::Diverged { .. }));
            ExitCode::from(if diverged { 1 } else { 2 })
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("reading the spec from standard input")?;
    let spec = Experiment::parse(Path::new("experiment.toml"), text, &[])?;
    rayon::ThreadPoolBuilder::new().num_threads(arguments.threads.unwrap_or(0)).build_global()?;
    let options = Options {
        out: &arguments.out,
        data_dir: arguments.data_dir.as_deref(),
        command: arguments.command.clone(),
        resume: arguments.resume,
        quiet: arguments.quiet,
    };
    for run in &spec.runs {
        training::train(run, &options)?;
    }
    Ok(())
}
