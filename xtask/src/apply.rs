//! `cargo xtask apply`: what the network of a recorded run makes of new rows.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow};
use clap::{Args, ValueEnum};
use record::{RunDirectory, ScaledColumn};
use spec::own::{Missing, Reading};
use spec::{Run, Shape};
use system::storage;

use crate::programs::{self, APPLY, Program, READ, build};
use crate::{Failure, networks};

#[derive(Args)]
pub(crate) struct Apply {
    /// Folder of a recorded run, such as results/mine/readings/dense-32-4/seed-0
    run: PathBuf,
    /// What to compute
    what: What,
    /// New rows: a file or folder like that which the run was trained on
    data: PathBuf,
    /// File to write, .csv or .npy; it must not be there
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Clean rows that the run has not seen; `score` flags rows with larger errors than theirs
    #[arg(long, value_name = "PATH")]
    clean: Option<PathBuf>,
    /// Share of clean rows that may be flagged
    #[arg(long, value_name = "SHARE", default_value_t = 0.01, requires = "clean")]
    false_alarms: f64,
    /// Threads to use; results do not depend on it [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Codes
    Encode,
    /// What the network makes of each row, in the units of the data; a denoising network removes noise
    Reconstruct,
    /// The error of each row, the column that it comes from most, and its share of the error
    Score,
}

#[derive(Args)]
pub(crate) struct Export {
    /// Folder of a recorded run, such as results/mine/readings/dense-32-4/seed-0
    run: PathBuf,
    /// Format of the files
    format: Format,
    /// Folder to write into; it must not be there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// encoder.onnx, decoder.onnx and autoencoder.onnx, with scaling and fills
    Onnx,
}

pub(crate) fn export(arguments: &Export) -> Result<(), Failure> {
    let Export { run: folder, format: Format::Onnx, out, quiet } = arguments;
    let (run, _) = recorded(folder)?;
    let [apply] = programs_for(&run, [APPLY], *quiet)?;
    let mut command = Command::new(apply);
    command.arg("onnx").arg(folder).arg("--out").arg(out);
    if *quiet {
        command.arg("--quiet");
    }
    programs::run(&mut command, "hourglass-apply")
}

/// A complete run with its weights.
fn recorded(folder: &Path) -> Result<(Run, RunDirectory), Failure> {
    let directory = RunDirectory::at(folder);
    let path = folder.display();
    if !directory.experiment().is_file() {
        return Err(Failure::Input(anyhow!("{path} records no run; expected a folder that ends in seed-N")));
    }
    if !directory.is_complete()? {
        return Err(Failure::Input(anyhow!("{path} records no complete run")));
    }
    if !directory.model().is_file() {
        return Err(Failure::Input(anyhow!("{path} is recorded without its weights; run it again")));
    }
    Ok((record::read_run(&directory.experiment())?, directory))
}

/// Builds programs with the network of a run.
fn programs_for<const N: usize>(run: &Run, programs: [Program; N], quiet: bool) -> Result<[PathBuf; N], Failure> {
    networks::list([run])?;
    match build(programs, quiet) {
        Err(Failure::Code(1)) if networks::forget_others([run])? => build(programs, quiet),
        built => built,
    }
}

pub(crate) fn apply(arguments: &Apply) -> Result<(), Failure> {
    let Apply { out, false_alarms, .. } = arguments;
    if !(*false_alarms > 0.0 && *false_alarms < 1.0) {
        return Err(Failure::Input(anyhow!("--false-alarms {false_alarms}: expected a share above 0 and below 1")));
    }
    if !out.extension().is_some_and(|ending| ending == "csv" || ending == "npy") {
        return Err(Failure::Input(anyhow!("{}: expected a name that ends in .csv or .npy", out.display())));
    }
    if out.exists() {
        return Err(Failure::Input(anyhow!("{} is there already; choose another name", out.display())));
    }
    if arguments.clean.is_some() && arguments.what != What::Score {
        return Err(Failure::Input(anyhow!("--clean is for `score` alone")));
    }
    let (run, directory) = recorded(&arguments.run)?;
    let (reading, known) = reading(&run, &directory)?;
    let [apply, read] = programs_for(&run, [APPLY, READ], arguments.quiet)?;
    let temporary = tempfile::Builder::new().prefix("hourglass-").tempdir();
    let temporary = temporary.context("creating a temporary folder").map_err(Failure::Failed)?;
    let raw = |data: &Path, name: &str| -> Result<PathBuf, Failure> {
        let into = temporary.path().join(name);
        let mut command = Command::new(&read);
        command.arg("raw").arg("--into").arg(&into).arg("--options").arg(&reading).arg("--quiet");
        command.arg("--few");
        if let Some(known) = &known {
            // A list of columns may be longer than an argument.
            let path = temporary.path().join("known.json");
            storage::write(&path, known.as_bytes())?;
            command.arg("--known").arg(path);
        }
        programs::run(command.arg("--").arg(data), "hourglass-read")?;
        Ok(into)
    };
    let what = arguments.what.to_possible_value();
    let mut command = Command::new(apply);
    command.arg(what.as_ref().map_or("", |what| what.get_name())).arg(&arguments.run);
    command.arg("--rows").arg(raw(&arguments.data, "rows")?).arg("--out").arg(&arguments.out);
    if let Some(clean) = &arguments.clean {
        command.arg("--clean").arg(raw(clean, "clean")?).arg("--false-alarms").arg(arguments.false_alarms.to_string());
    }
    if let Some(threads) = arguments.threads {
        command.arg("--threads").arg(threads.to_string());
    }
    if arguments.quiet {
        command.arg("--quiet");
    }
    programs::run(&mut command, "hourglass-apply")
}

/// How new rows are read for a run, and of a table which columns they have, both as JSON.
fn reading(run: &Run, directory: &RunDirectory) -> Result<(String, Option<String>), Failure> {
    let spell = |value: serde_json::Result<String>| value.context("spelling the keys").map_err(Failure::Failed);
    let Some(own) = run.dataset.own() else {
        return Ok((spell(serde_json::to_string(&Reading::default()))?, None));
    };
    let was = &own.reading;
    let are_windows = matches!(run.dataset.shape, Shape::Sequence { .. });
    let reading = Reading {
        label: None,
        columns: Vec::new(),
        exclude: Vec::new(),
        // A value that is missing is filled as it was in training.
        missing: was.missing.map(|missing| match missing {
            Missing::Mean | Missing::Median => Missing::Mean,
            // Each row has its line in the answer.
            Missing::Drop | Missing::Refuse => Missing::Refuse,
        }),
        // Windows hold lines of one group in order of time, wherever those come from.
        group: was.group.clone().filter(|_| are_windows),
        time: was.time.clone().filter(|_| are_windows),
        split: None,
        validation: None,
        test: None,
        // Which words are values is known.
        vocabulary: own.facts.is_text.then_some(2),
        ..was.clone()
    };
    let mut known = None;
    if !own.facts.is_bytes && !own.facts.is_text && directory.error_by_column().is_file() {
        let columns: Vec<ScaledColumn> = storage::read_csv(&directory.scaling())?;
        let values: Vec<String> = columns.into_iter().map(|column| column.column).collect();
        let others: Vec<&String> = [&was.label, &was.id, &was.group, &was.time, &was.split]
            .into_iter()
            .flatten()
            .chain(&was.exclude)
            .collect();
        let all = serde_json::json!({ "values": values, "others": others, "takes_any": !was.columns.is_empty() });
        known = Some(all.to_string());
    }
    Ok((spell(serde_json::to_string(&reading))?, known))
}
