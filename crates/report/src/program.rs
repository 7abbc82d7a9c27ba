//! Command line of `hourglass-evaluate`: measures a recorded run, and summarises the runs of an experiment.

mod list;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use datasets::Sources;
use figures::summary::Summary;
use record::folders::{recorded_runs, summary_file};
use record::{Environment, Metrics, RunDirectory, lock_summary};
use spec::subject;
use system::{storage, terminal};
use zoo::Networks;

use crate::across;
use crate::across::answer;
use crate::across::gate::{self, Approved, Observed};
use crate::across::reproduce::Reproduction;
use crate::across::{gate_text, text};
use crate::progress::Progress;
use crate::{Error, Report, Reporting};
use canvas::number::fixed;
use evaluation::Evaluated;

/// Exit codes shared by every Hourglass binary.
const FAILED: u8 = 1;
const BAD_INPUT: u8 = 2;
const REGRESSION: u8 = 3;

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
    /// Print a table of the verdicts on the claims of several experiments.
    Verdicts {
        /// Folders of the experiments on one data set each: `<out>/<experiment>/<dataset>`.
        #[arg(required = true)]
        experiments: Vec<PathBuf>,
    },
    /// Compare the experiments recorded below a folder with a baseline, or make them the baseline.
    Regress(RegressArgs),
    /// Compare recorded runs: errors against the spread over seeds, learning curves, and the keys that differ.
    Compare {
        /// Folders of runs, or of networks for the mean over their seeds.
        #[arg(required = true, num_args = 2..=26)]
        runs: Vec<PathBuf>,
        /// Folder for the figure.
        #[arg(long, value_name = "DIR", default_value = "results/compare")]
        out: PathBuf,
    },
    /// List recorded runs as a table, as comma-separated values, as JSON or as LaTeX.
    List(list::ListArgs),
    /// Write REPORT.md, report.html and their figures from all runs recorded below a folder.
    Report(ReportArgs),
    /// List the files below a folder that REPORT.md is made from.
    Needed {
        /// The folder.
        folder: PathBuf,
        /// The list to write, as JSON.
        list: PathBuf,
    },
    /// Say whether two records of one run are the same, and where they first differ.
    Reproduce {
        /// Folder of the recorded run.
        recorded: PathBuf,
        /// Folder of the repetition.
        again: PathBuf,
    },
}

#[derive(Args)]
struct RunArgs {
    /// Folder of the run.
    run_dir: PathBuf,
    /// Folder with the data set's files.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Folder of data sets that `hourglass-data prepare` has unpacked.
    #[arg(long, value_name = "DIR")]
    unpacked: Option<PathBuf>,
    /// Threads to use; the results do not depend on it. Default: one for each processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print no table of errors.
    #[arg(long)]
    no_table: bool,
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
    /// Print the answer in one line, and errors.
    #[arg(long)]
    answer: bool,
    /// Print nothing but errors.
    #[arg(long)]
    quiet: bool,
}

#[derive(Args)]
struct ReportArgs {
    /// The folder.
    folder: PathBuf,
    /// Folder of the experiment files, of `statements.toml` and of `published.toml`.
    #[arg(long, value_name = "DIR", default_value = "experiments")]
    experiments: PathBuf,
    /// Folder with the unpacked compact records.
    #[arg(long, value_name = "DIR")]
    unpacked: Option<PathBuf>,
    /// Report only the compact records, not the runs recorded below the folder.
    #[arg(long, requires = "unpacked")]
    published: bool,
    /// A tracked file of the report, as a path from the folder; if one such file would change, none of them is written.
    #[arg(long, value_name = "NAME")]
    tracked: Vec<String>,
}

#[derive(Args)]
struct RegressArgs {
    /// Folder of results with the recorded experiments.
    records: PathBuf,
    /// The baseline, as JSON.
    #[arg(long, value_name = "FILE")]
    baseline: PathBuf,
    /// Make the recorded results the baseline, and print which numbers changed.
    #[arg(long)]
    bless: bool,
    /// Largest relative change of a metric that a baseline may allow.
    #[arg(long, value_name = "SHARE", default_value_t = gate::RELATIVE_CEILING)]
    ceiling: f64,
    /// Write the checks as JUnit XML as well.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the checks as JSON as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Print nothing but errors and regressions.
    #[arg(long)]
    quiet: bool,
}

/// Runs `hourglass-evaluate` with the networks that are compiled into the program.
pub fn main(networks: Networks) -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(args) => run(&args, networks),
        Command::Summary(args) => summarise(&args),
        Command::Verdicts { experiments } => Ok(verdicts(&experiments)),
        Command::Regress(args) => regress(&args),
        Command::Compare { runs, out } => compare(&runs, &out),
        Command::List(args) => list::list(&args).map(|is_whole| if is_whole { 0 } else { FAILED }),
        Command::Report(args) => report(&args),
        Command::Needed { folder, list } => needed(&folder, &list),
        Command::Reproduce { recorded, again } => reproduce(&recorded, &again),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            terminal::tell(&format!("error: {error:#}"));
            let input = error.downcast_ref().is_some_and(Error::is_input);
            ExitCode::from(if input { BAD_INPUT } else { FAILED })
        }
    }
}

fn run(args: &RunArgs, networks: Networks) -> anyhow::Result<u8> {
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads.into())
            .build_global()
            .with_context(|| format!("cannot start {threads} threads"))?;
    }
    let directory = RunDirectory::at(&args.run_dir);
    let sources = Sources { data_dir: args.data_dir.as_deref(), unpacked: args.unpacked.as_deref() };
    let run = record::read_run(&directory.experiment()).map_err(Error::from)?;
    let label = format!("{} {} seed {}", run.experiment, run.label(), run.seed);
    let progress = Progress::new(&label, evaluation::steps(&run).len(), args.quiet);
    let evaluated = evaluation::evaluate_step_by_step(&directory, networks, sources, &|step| progress.begin(step));
    progress.finish();
    let Evaluated { metrics, written, undrawn } = evaluated.map_err(Error::from)?;
    if args.quiet || args.no_table {
        return Ok(undrawn_told(&undrawn, "the run is complete without it"));
    }
    let title = format!("{} seed {} on {}", run.label(), run.seed, run.dataset.name());
    terminal::say(&format!("{title}\n{}{} files in {}\n", table(&metrics), written.len(), args.run_dir.display()));
    Ok(undrawn_told(&undrawn, "the run is complete without it"))
}

/// Prints errors about figures that could not be drawn, and returns the exit code.
fn undrawn_told(undrawn: &[figures::Error], otherwise: &str) -> u8 {
    undrawn.iter().for_each(|error| terminal::tell(&format!("error: {error}; {otherwise}")));
    if undrawn.is_empty() { 0 } else { FAILED }
}

/// A table of reconstruction errors, with a line for each split and subject.
fn table(metrics: &Metrics) -> String {
    let mut text = format!(
        "  {:<12}{:<17}{:>14}{:>16}{:>9}{:>8}\n",
        "split", "subject", "MSE per pixel", "per image", "PSNR dB", "SSIM"
    );
    for split in ["train", "validation", "test"] {
        for subject in subject::reconstructing() {
            if let Some(error) = metrics.get(split).and_then(|of| of.get(subject)) {
                text += &format!(
                    "  {split:<12}{subject:<17}{:>14}{:>16}{:>9}{:>8}\n",
                    fixed(error.mse_per_pixel, 6),
                    fixed(error.squared_error_per_image, 4),
                    error.psnr_db.map_or("-".to_owned(), |psnr| fixed(psnr, 2)),
                    error.ssim.map_or("-".to_owned(), |ssim| fixed(ssim, 4))
                );
            }
        }
    }
    text
}

fn summarise(args: &SummaryArgs) -> anyhow::Result<u8> {
    let runs =
        if args.runs.is_empty() { recorded_runs(&args.out_dir).map_err(Error::from)? } else { args.runs.clone() };
    let _lock = lock_summary(&args.out_dir).map_err(Error::from)?;
    let title = args.out_dir.iter().rev().take(2).map(|name| name.to_string_lossy()).collect::<Vec<_>>();
    let progress =
        Progress::new(&title.into_iter().rev().collect::<Vec<_>>().join(" on "), 3, args.quiet || args.answer);
    progress.begin("summary");
    let summary = across::summarise(&args.out_dir, &runs, &args.claims)?;
    let path = summary_file(&args.out_dir);
    storage::write_json(&path, &summary).map_err(Error::from)?;
    progress.begin("figures");
    let figures::Drawn { written: figures, failed: undrawn } =
        figures::draw_summary(&args.out_dir).map_err(Error::from)?;
    progress.begin("page");
    let page = crate::page(&args.out_dir);
    progress.finish();
    if let Err(error) = &page {
        terminal::tell(&format!("error: {}; the summary is written, and its page is not", error.chain()));
    }
    let code = if page.is_ok() { 0 } else { FAILED };
    if args.answer {
        terminal::say(&format!("{}\n", answer::one_line(&summary)));
    }
    if args.quiet || args.answer {
        return Ok(undrawn_told(&undrawn, "the summary is written").max(code));
    }
    let mut places = format!("summary  {}\n", path.display());
    match &runs[..] {
        [run] => {
            places += &format!("run      {}\n", run.display());
            let figures = RunDirectory::at(run).plots();
            if figures.is_dir() {
                places += &format!("figures  {}\n", figures.display());
            }
        }
        runs => {
            places += &format!("runs     {} below {}, each with its plots\n", runs.len(), args.out_dir.display());
            if let Some(first) = runs.first() {
                places += &format!("first    {}\n", first.display());
            }
        }
    }
    if let Some(folder) = figures.first().and_then(|figure| figure.parent()) {
        places += &format!("figures  {}\n", folder.display());
    }
    if let Ok(page) = page {
        places += &format!("page     {}\n", page.display());
    }
    let next = next(&summary, &args.out_dir, &runs);
    terminal::say(&format!("{}\n{places}{next}", text::summary(&summary)));
    Ok(undrawn_told(&undrawn, "the summary is written").max(code))
}

/// What to try next, a line for each command.
fn next(summary: &Summary, folder: &Path, runs: &[PathBuf]) -> String {
    let first = runs.iter().map(|run| RunDirectory::at(run)).find(|run| run.environment().exists());
    // An error in reading this file has been printed before.
    let environment = first.as_ref().and_then(|run| storage::read_json::<Environment>(&run.environment()).ok());
    let epochs = first.and_then(|run| record::read_run(&run.experiment()).ok()).map(|run| run.training.epochs);
    let command = environment.map_or_else(String::new, |environment| environment.command);
    let lines = answer::next(summary, folder, &command, epochs, true);
    lines
        .into_iter()
        .enumerate()
        .map(|(index, line)| format!("{:<9}{line}\n", if index == 0 { "next" } else { "" }))
        .collect()
}

fn verdicts(experiments: &[PathBuf]) -> u8 {
    let (table, failed) = crate::verdicts(experiments);
    terminal::say(&format!("\n{table}"));
    for error in &failed {
        terminal::tell(&format!("error: {}", error.chain()));
    }
    if failed.is_empty() { 0 } else { FAILED }
}

fn regress(args: &RegressArgs) -> anyhow::Result<u8> {
    let observed = Observed::read(&args.records)?;
    if args.bless {
        let blessed = observed.bless(args.ceiling)?;
        if let Some(folder) = args.baseline.parent() {
            storage::create_directory(folder).map_err(Error::from)?;
        }
        // Changes are printed relative to the old baseline, whatever it contains.
        let before: Approved = match args.baseline.exists() {
            true => storage::read_json(&args.baseline).map_err(Error::from)?,
            false => Approved::default(),
        };
        storage::write_json(&args.baseline, &blessed).map_err(Error::from)?;
        let mut moved = gate::compare(&before, &observed);
        moved.retain(|line| line.baseline != line.obtained);
        let table = if moved.is_empty() { "nothing moved\n".to_owned() } else { gate_text::to_text(&moved) };
        if !args.quiet {
            terminal::say(&format!("{table}blessed  {}\n", args.baseline.display()));
        }
        return Ok(0);
    }
    let baseline = Approved::read(&args.baseline)?;
    let lines = gate::compare(&baseline, &observed);
    let suite = args.baseline.file_stem().unwrap_or_default().to_string_lossy();
    if let Some(path) = &args.junit {
        storage::write(path, gate_text::to_junit(&suite, &lines).as_bytes()).map_err(Error::from)?;
    }
    if let Some(path) = &args.json {
        storage::write_json(path, &lines).map_err(Error::from)?;
    }
    let regressions = lines.iter().filter(|line| line.verdict.is_regression()).count();
    if regressions > 0 || !args.quiet {
        let elsewhere = if baseline.cpu == observed.cpu() {
            String::new()
        } else {
            format!(" (the baseline was made on {}, this on {})", baseline.cpu, observed.cpu())
        };
        let count = lines.len();
        // The exit code also reports regressions.
        terminal::say(&format!("{}{count} checks, {regressions} regressions{elsewhere}\n", gate_text::to_text(&lines)));
    }
    Ok(if regressions > 0 { REGRESSION } else { 0 })
}

fn compare(runs: &[PathBuf], out: &Path) -> anyhow::Result<u8> {
    answer(&crate::compare(runs, out)?)?;
    Ok(0)
}

fn report(args: &ReportArgs) -> anyhow::Result<u8> {
    let ReportArgs { folder, experiments, unpacked, published, tracked } = args;
    let reporting = Reporting { folder, experiments, own_runs: !published, unpacked: unpacked.as_deref(), tracked };
    let Report { written, kept, failed } = reporting.make()?;
    let (markdown, page) = (folder.join("REPORT.md"), folder.join("report.html"));
    let mut text = String::new();
    if !kept.is_empty() {
        text += &format!(
            "kept     {}: it and its figures are tracked by git, and {} would change; `cargo xtask report --publish` replaces \
             them\n",
            markdown.display(),
            if kept.len() == 1 { "1 file of them".to_owned() } else { format!("{} files of them", kept.len()) }
        );
    } else {
        text += &format!("report   {}\n", markdown.display());
    }
    let pages = written.iter().filter(|path| path.extension().is_some_and(|extension| extension == "html")).count() - 1;
    let pages = if pages == 1 { "1 page".to_owned() } else { format!("{pages} pages") };
    text += &format!("page     {}, which links to {pages} of experiments\n", page.display());
    terminal::say(&text);
    for (section, error) in &failed {
        terminal::tell(&format!("error: {section}: {}", error.chain()));
    }
    Ok(if failed.is_empty() { 0 } else { FAILED })
}

fn needed(folder: &Path, list: &Path) -> anyhow::Result<u8> {
    storage::write_json(list, &crate::needed(folder)?).map_err(Error::from)?;
    Ok(0)
}

fn reproduce(recorded: &Path, again: &Path) -> anyhow::Result<u8> {
    if storage::is_same(recorded, again).map_err(Error::from)? {
        anyhow::bail!("{} is the folder of the record itself; expected the folder of its repetition", again.display());
    }
    let reproduction = Reproduction::of(&RunDirectory::at(recorded), &RunDirectory::at(again))?;
    let exact = reproduction.is_exact();
    let verdict = if exact { "reproduced" } else { "not reproduced" };
    answer(&format!("{}: {verdict} in {}\n{}", recorded.display(), again.display(), reproduction.to_text()))?;
    Ok(if exact { 0 } else { FAILED })
}

/// Prints the output that the user asked for.
fn answer(text: &str) -> anyhow::Result<()> {
    terminal::answer(text).context("cannot write to standard output")
}
