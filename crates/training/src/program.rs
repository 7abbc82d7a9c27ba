//! `hourglass-train`: the program that trains one run. `cargo xtask run` starts it.

use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anyhow::Context;
use clap::Parser;
use datasets::Sources;
use spec::Experiment;
use system::interrupt;
use system::interrupt::INTERRUPTED;
use system::terminal;
use zoo::Networks;

use crate::{Error, Options};

/// Trains one run and writes its record, except the evaluation. Reads the resolved spec from standard input.
///
/// If a zero byte ends the spec, the end of standard input means that the calling program has ended. Like Ctrl-C, it stops
/// the training after the current step, and a checkpoint is written.
#[derive(Debug, Parser)]
#[command(name = "hourglass-train")]
struct Arguments {
    /// Root of the records
    #[arg(long, default_value = "results")]
    out: PathBuf,
    /// Folder with the real data set's files
    #[arg(long)]
    data_dir: Option<PathBuf>,
    /// Folder of data sets that `hourglass-data prepare` has unpacked
    #[arg(long)]
    unpacked: Option<PathBuf>,
    /// Threads to use; the result does not depend on it
    #[arg(long)]
    threads: Option<usize>,
    /// The command to record
    #[arg(long, default_value = "hourglass-train")]
    command: String,
    /// Working tree that this program was built from, for the commit to record
    #[arg(long)]
    workspace: Option<PathBuf>,
    /// Continue an interrupted training from its checkpoint
    #[arg(long)]
    resume: bool,
    /// Folder for event files of TensorBoard, which are written while the run trains
    #[arg(long, value_name = "DIR")]
    tensorboard: Option<PathBuf>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

/// Whether another program started this one and waits for its end.
static WATCHED: AtomicBool = AtomicBool::new(false);

/// The program, with the networks that are compiled into it.
pub fn main(networks: Networks) -> ExitCode {
    match run(&Arguments::parse(), networks) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            match error.downcast_ref() {
                // An interruption is no error, and whoever started the program and waits for it says so.
                Some(Error::Interrupted) if WATCHED.load(Ordering::Relaxed) => {}
                Some(Error::Interrupted) => terminal::tell(&format!("{error:#}")),
                _ => terminal::tell(&format!("error: {error:#}")),
            }
            ExitCode::from(match error.downcast_ref() {
                Some(Error::Interrupted) => INTERRUPTED,
                // Divergence is a result of the run; the user can correct every other error.
                Some(Error::Diverged { .. }) => 1,
                _ => 2,
            })
        }
    }
}

fn run(arguments: &Arguments, networks: Networks) -> anyhow::Result<()> {
    interrupt::listen().context("listening for Ctrl-C")?;
    let text = read_spec().context("reading the spec from standard input")?;
    let spec = Experiment::parse(Path::new("experiment.toml"), text, &[])?;
    rayon::ThreadPoolBuilder::new().num_threads(arguments.threads.unwrap_or(0)).build_global()?;
    let options = Options {
        out: &arguments.out,
        sources: Sources { data_dir: arguments.data_dir.as_deref(), unpacked: arguments.unpacked.as_deref() },
        command: arguments.command.clone(),
        workspace: arguments.workspace.as_deref(),
        resume: arguments.resume,
        tensorboard: arguments.tensorboard.as_deref(),
        quiet: arguments.quiet,
        stop: interrupt::asked(),
    };
    for run in &spec.runs {
        crate::train(run, networks, &options)?;
    }
    Ok(())
}

/// Reads the spec. If a zero byte ends it, starts to watch standard input for the end of the calling program.
fn read_spec() -> std::io::Result<String> {
    let mut bytes = Vec::new();
    std::io::stdin().lock().read_until(0, &mut bytes)?;
    if bytes.pop_if(|byte| *byte == 0).is_some() {
        WATCHED.store(true, Ordering::Relaxed);
        thread::spawn(|| {
            let mut rest = Vec::new();
            // A read error counts as the end.
            drop(std::io::stdin().read_to_end(&mut rest));
            interrupt::ask();
        });
    }
    String::from_utf8(bytes).map_err(std::io::Error::other)
}
