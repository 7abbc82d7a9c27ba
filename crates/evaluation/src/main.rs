//! `hourglass-evaluate`: measures a recorded run, and summarises the runs of an experiment.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use evaluation::{Error, measure, plots, summary};
use experiment::record::{self, Metrics, RunDirectory, State, Status, subject};

/// Exit codes shared by every Hourglass binary.
const FAILED: u8 = 1;
const BAD_INPUT: u8 = 2;

#[derive(Parser)]
#[command(name = "hourglass-evaluate", version, about = "Measures recorded runs against their baselines")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure one trained run and draw its figures.
    Run(RunArgs),
    /// Summarise the complete runs of an experiment over their seeds, and check its claims.
    Summary(SummaryArgs),
}

#[derive(Args)]
struct RunArgs {
    /// Folder of the run.
    run_dir: PathBuf,
    /// Folder with the data set's files.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Threads to use; the results do not depend on it. Default: one for each processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print nothing but errors.
    #[arg(long)]
    quiet: bool,
}

#[derive(Args)]
struct SummaryArgs {
    /// Folder of the experiment on one data set: `<out>/<experiment>/<dataset>`.
    #[arg(long, value_name = "DIR")]
    out_dir: PathBuf,
    /// Folder of a run to include; without any, every run recorded below the experiment's folder.
    #[arg(long = "run", value_name = "DIR")]
    runs: Vec<PathBuf>,
    /// A claim to check, such as `test.autoencoder.mse_per_pixel < test.pca.mse_per_pixel`.
    #[arg(long = "claim", value_name = "TEXT", allow_hyphen_values = true)]
    claims: Vec<String>,
    /// Print nothing but errors.
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(args) => run(&args),
        Command::Summary(args) => summarise(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A library error's text already holds its causes.
            let input = match error.downcast_ref::<Error>() {
                Some(error) => {
                    eprintln!("error: {error}");
                    error.is_input()
                }
                None => {
                    eprintln!("error: {error:#}");
                    false
                }
            };
            ExitCode::from(if input { BAD_INPUT } else { FAILED })
        }
    }
}

fn run(args: &RunArgs) -> anyhow::Result<()> {
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.into())
            .build_global()
            .with_context(|| format!("cannot start {threads} threads"))?;
    }
    let directory = RunDirectory::at(&args.run_dir);
    // Locking creates the folder, which a mistyped path should not.
    let run = experiment::read_run(&directory.experiment()).map_err(Error::from)?;
    let _lock = directory.lock().map_err(Error::from)?;

    let evaluate = || {
        let measurement = measure::measure_run(&directory, args.data_dir.as_deref())?;
        let mut written = measurement.write(&directory)?;
        written.extend(plots::draw_run(&directory)?);
        Ok((measurement.metrics, written))
    };
    let (metrics, written) = match evaluate() {
        Ok(done) => done,
        Err(error) => return Err(record_failure(&directory, error)),
    };
    directory.write_status(&Status { state: State::Complete, reason: None }).map_err(Error::from)?;
    if args.quiet {
        return Ok(());
    }
    let title = format!("{} seed {} on {}", run.label(), run.seed, run.dataset.name);
    print(&format!("{title}\n{}{} files in {}\n", table(&metrics), written.len(), args.run_dir.display()))
}

/// A run that cannot be measured for what it is has failed; one whose data set is missing can be measured later.
fn record_failure(directory: &RunDirectory, error: Error) -> anyhow::Error {
    if matches!(error, Error::NotFinite { .. } | Error::Eigendecomposition) {
        let status = Status { state: State::Failed, reason: Some(error.to_string()) };
        if let Err(second) = directory.write_status(&status) {
            return anyhow::anyhow!("{error}; and that could not be recorded: {second}");
        }
    }
    error.into()
}

/// Reconstruction error of each split and subject, one line each.
fn table(metrics: &Metrics) -> String {
    let mut text = format!(
        "  {:<12}{:<17}{:>14}{:>16}{:>9}{:>8}\n",
        "split", "subject", "MSE per pixel", "per image", "PSNR dB", "SSIM"
    );
    let order =
        [subject::AUTOENCODER, subject::PCA, subject::PCA_CLIPPED, subject::MEAN_IMAGE, subject::CORRUPTED_INPUT];
    for split in ["train", "validation", "test"] {
        for subject in order {
            if let Some(error) = metrics.get(split).and_then(|of| of.get(subject)) {
                text += &format!(
                    "  {split:<12}{subject:<17}{:>14.6}{:>16.4}{:>9.2}{:>8.4}\n",
                    error.mse_per_pixel, error.squared_error_per_image, error.psnr_db, error.ssim
                );
            }
        }
    }
    text
}

fn summarise(args: &SummaryArgs) -> anyhow::Result<()> {
    let runs = if args.runs.is_empty() { summary::recorded_runs(&args.out_dir)? } else { args.runs.clone() };
    let summary = summary::summarise(&args.out_dir, &runs, &args.claims)?;
    let path = summary::summary_file(&args.out_dir);
    record::create_directory(&args.out_dir).map_err(Error::from)?;
    record::write_json(&path, &summary).map_err(Error::from)?;
    let figures = plots::draw_summary(&args.out_dir).map_err(Error::from)?;
    if args.quiet {
        return Ok(());
    }
    let mut places = format!("summary  {}\n", path.display());
    match &runs[..] {
        [run] => places += &format!("run      {0}\nfigures  {0}/plots\n", run.display()),
        runs => places += &format!("runs     {} below {}, each with its plots\n", runs.len(), args.out_dir.display()),
    }
    if let Some(folder) = figures.first().and_then(|figure| figure.parent()) {
        places += &format!("figures  {}\n", folder.display());
    }
    print(&format!("{}\n{places}", summary.to_text()))
}

/// Writes to standard output; a reader that has gone away, such as `head`, is no failure.
fn print(text: &str) -> anyhow::Result<()> {
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error).context("cannot write the table"),
        _ => Ok(()),
    }
}
