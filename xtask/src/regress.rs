//! `cargo xtask regress`: runs a suite of experiments and holds what they come to against a committed baseline.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::{Parser, ValueEnum};
use spec::Experiment;
use spec::catalogue::DatasetName;
use system::{storage, terminal};

use crate::plan::is_of_the_report;
use crate::programs::{self, EVALUATE, TRAIN, workspace};
use crate::run;
use crate::{Failure, RunArguments};

#[derive(Parser)]
pub(crate) struct Regress {
    /// What to run
    #[arg(long, value_enum, default_value_t = Suite::Smoke)]
    suite: Suite,
    /// Make what comes out the baseline, and print what moved
    #[arg(long)]
    bless: bool,
    /// Run nothing, and take what is recorded below this folder
    #[arg(long, value_name = "DIR")]
    records: Option<PathBuf>,
    /// Folder with the files of MNIST, for the full suite [default: $HOURGLASS_DATA, then data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Threads to use; results do not depend on it [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Write the checks as JUnit XML as well
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the checks as JSON as well
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Print nothing but errors and regressions
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Suite {
    /// Small experiments on glyphs, in about a minute
    Smoke,
    /// Every experiment on digits, on MNIST, in about three hours
    Full,
}

impl Suite {
    fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Full => "full",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Smoke => "experiments/regression",
            Self::Full => "experiments",
        }
    }
}

pub(crate) fn regress(arguments: &Regress) -> Result<(), Failure> {
    let suite = arguments.suite;
    let baseline = workspace()?.root.join("results/baselines").join(format!("{}.json", suite.name()));
    if !arguments.bless && !baseline.exists() {
        let path = baseline.display();
        return Err(Failure::Input(anyhow!("{path}: there is no baseline of this suite yet; --bless makes one")));
    }
    for (flag, file) in [("--junit", &arguments.junit), ("--json", &arguments.json)] {
        if let Some(file) = file.as_ref()
            && storage::is_same(file, &baseline)?
        {
            let path = file.display();
            return Err(Failure::Input(anyhow!("{flag} {path}: this is the baseline, which --bless alone replaces")));
        }
    }
    let folder = workspace()?.target.join("regress");
    // Held until the records have been looked at: another run of the suite would remove them.
    let mut _lock = None;
    let records = match &arguments.records {
        Some(records) => records.clone(),
        None => {
            let records = folder.join(suite.name());
            storage::create_directory(&folder)?;
            _lock = Some(storage::lock(&folder.join(format!(".{}.lock", suite.name())))?);
            run_suite(arguments, &records)?;
            records
        }
    };
    programs::evaluate(|command| {
        command.arg("regress").arg(records).arg("--baseline").arg(baseline);
        for (flag, file) in [("--junit", &arguments.junit), ("--json", &arguments.json)] {
            if let Some(file) = file {
                command.arg(flag).arg(file);
            }
        }
        if suite == Suite::Full {
            // Seeds on MNIST differ by more than the quick suite may miss.
            command.args(["--ceiling", "0.15"]);
        }
        let flags = [("--bless", arguments.bless), ("--quiet", arguments.quiet)];
        command.args(flags.iter().filter(|(_, given)| *given).map(|(flag, _)| flag))
    })
}

/// Runs the experiments of a suite anew, each from several seeds.
fn run_suite(arguments: &Regress, records: &Path) -> Result<(), Failure> {
    // What an earlier version of the suite left is no part of this one.
    storage::remove_directory(records)?;
    storage::create_directory(records)?;
    let mut specs = experiment_files(&workspace()?.root.join(arguments.suite.folder()))?;
    if arguments.suite == Suite::Full {
        specs = on_mnist(specs)?;
    }
    if !arguments.quiet {
        let (count, suite) = (specs.len(), arguments.suite.name());
        terminal::tell(&format!("{count} experiments of the {suite} suite, recorded in {}", records.display()));
    }
    let dataset = (arguments.suite == Suite::Full).then(|| "mnist".to_owned());
    // Code that does not compile is no regression.
    programs::build([TRAIN, EVALUATE], arguments.quiet)?;
    let result = run::run_and_summarise(&RunArguments {
        specs,
        dataset,
        data_dir: arguments.data_dir.clone(),
        seed: None,
        // Those of the small experiments stand in their files.
        seeds: if arguments.suite == Suite::Full { vec![0, 1, 2] } else { Vec::new() },
        set: Vec::new(),
        unset: Vec::new(),
        engine: None,
        threads: arguments.threads,
        out: records.to_owned(),
        resume: false,
        force: false,
        dry_run: false,
        fail_fast: false,
        quiet: true,
    });
    match result {
        // It has said which run failed, and why; what is missing is for the checks to tell.
        Err(Failure::Code(1)) => Ok(()),
        result => result,
    }
}

/// The files that ask of digits as MNIST has them, and not of data of their own or of other sides.
fn on_mnist(specs: Vec<PathBuf>) -> Result<Vec<PathBuf>, Failure> {
    let mut kept = Vec::new();
    for path in specs {
        let runs = Experiment::load(&path, &[])?.runs;
        if runs.iter().all(|run| run.dataset.name == DatasetName::Glyphs && run.dataset.side().is_none()) {
            kept.push(path);
        }
    }
    Ok(kept)
}

/// The experiment files of a folder, by name.
fn experiment_files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let read = || -> std::io::Result<Vec<PathBuf>> { fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect() };
    let mut files = read().with_context(|| format!("cannot read {}", folder.display())).map_err(Failure::Input)?;
    let is_toml = |path: &Path| path.extension().is_some_and(|extension| extension == "toml");
    files.retain(|path| is_toml(path) && !is_of_the_report(path));
    files.sort();
    Ok(files)
}
