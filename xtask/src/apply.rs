//! `cargo xtask apply` and `cargo xtask export`: use the network of a recorded run on new rows, or in other programs.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use clap::{Args, ValueEnum};
use record::folders::summary_file;
use record::{Environment, RunDirectory, ScaledColumn};
use spec::own::{Condition, Missing, Reading};
use spec::{Run, Shape};
use system::storage;

use crate::name;
use crate::own::OwnData;
use crate::programs::{self, APPLY, DATA, PDF, Program, READ, TENSORBOARD, build};
use crate::{Failure, networks};

#[derive(Args)]
pub(crate) struct Apply {
    /// Folder of a recorded run, such as results/mine/readings/dense-32-4/seed-0
    run: PathBuf,
    /// What to compute
    what: What,
    /// New rows: a file or folder like the data of the training; for `decompress`, a file that `compress` wrote
    data: Option<PathBuf>,
    /// File to write: .csv, .npy, or a name without ending for a folder of PNG pictures; for `compress`, any name. It
    /// must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Method: the network, PCA with as many components, or, for `score`, the distance to the 10th nearest training row
    #[arg(long, value_enum)]
    by: Option<By>,
    /// Clean rows that the run has not seen: `score` flags rows with larger errors than theirs [default: its validation
    /// rows]
    #[arg(long, value_name = "PATH")]
    clean: Option<PathBuf>,
    /// Share of clean rows that `score` may flag [default: 0.01]
    #[arg(long, value_name = "SHARE")]
    false_alarms: Option<f64>,
    /// `score` adds the share of each column in the error
    #[arg(long)]
    shares: bool,
    /// Folder for pictures of flagged rows: `score` draws the row, its reconstruction, and where they differ
    #[arg(long, value_name = "DIR")]
    maps: Option<PathBuf>,
    /// `compress`, `reconstruct`: rounds each unit of the code to one of 2^N levels, N from 1 to 8 [default of
    /// compress: 6]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=8))]
    bits: Option<u32>,
    /// Number of rows that `sample` draws [default: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    count: Option<u32>,
    /// Seed of `sample` [default: 0]
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Folder of the data sets, where `kth_neighbour` looks for training rows [default: $HOURGLASS_DATA, then data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Threads to use; results do not depend on it [default: one per processor]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Codes of the rows
    Encode,
    /// Reconstruction of each row, in the units of the data; a denoising network removes noise
    Reconstruct,
    /// Error of each row, the column with the largest part in it, that part, and a flag on large errors
    Score,
    /// New rows: prior samples of a variational or adversarial network, or samples of codes like those of DATA
    Sample,
    /// A small file of codes
    Compress,
    /// Rows from a file that `compress` wrote
    Decompress,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum By {
    Autoencoder,
    Pca,
    KthNeighbour,
}

#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask export results/mine/readings/dense-32-4/seed-0 onnx --out mine-onnx
  cargo xtask export results/denoising/glyphs/plain-32/seed-0 pdf --out figures
  cargo xtask export results/bottleneck/glyphs pdf --out figures-over-runs
  cargo xtask export results/denoising/glyphs tensorboard --out logs     # open with: tensorboard --logdir logs")]
pub(crate) struct Export {
    /// Folder of a recorded run, such as results/mine/readings/dense-32-4/seed-0; for `pdf` and `tensorboard` also that
    /// of an experiment on a data set, such as results/mine/readings; for `tensorboard` also that of a network with its
    /// seeds
    run: PathBuf,
    /// Format of the files
    format: Format,
    /// Folder to write into; it must not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Folder of the data sets, where `data` looks for rows [default: $HOURGLASS_DATA, then data]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// encoder.onnx, decoder.onnx and autoencoder.onnx, with scaling and fills
    Onnx,
    /// autoencoder.py, with scaling and fills, and the weights that it reads
    Pytorch,
    /// The splits of the run, scaled as the network read them: CSV of tables, `.npy` of other rows
    Data,
    /// Each figure of the folder as a vector graphic, such as learning_curves.pdf, drawn from the record
    Pdf,
    /// Event files of TensorBoard: losses, test errors, figures and histograms of weights; of several seeds also their
    /// mean
    Tensorboard,
}

pub(crate) fn export(arguments: &Export) -> Result<(), Failure> {
    let Export { run: folder, format, data_dir, out, quiet } = arguments;
    is_free(out).map_err(Failure::Input)?;
    if data_dir.is_some() && *format != Format::Data {
        return Err(Failure::Input(anyhow!("--data-dir says where rows are: it is for `data`")));
    }
    if *format == Format::Pdf && !summary_file(folder).is_file() {
        complete(folder)?;
    }
    if let Some(program) = match format {
        Format::Pdf => Some(PDF),
        Format::Tensorboard => Some(TENSORBOARD),
        _ => None,
    } {
        return programs::start(program, |command| {
            command.arg(folder).arg("--out").arg(out);
            if *quiet { command.arg("--quiet") } else { command }
        });
    }
    let (run, directory) = complete(folder)?;
    if *format == Format::Data {
        let environment: Environment = storage::read_json(&directory.environment())?;
        let own = OwnData::new(*quiet);
        own.check(&run).map_err(|message| Failure::Input(anyhow!(message)))?;
        return programs::start(DATA, |command| {
            command.arg("write").arg(directory.experiment()).arg("--out").arg(out);
            command.arg("--fingerprint").arg(environment.dataset_fingerprint);
            if run.dataset.own().is_some() {
                command.arg("--unpacked").args(own.folder().ok());
            }
            if let Some(folder) = data_dir {
                command.arg("--data-dir").arg(folder);
            }
            if *quiet { command.arg("--quiet") } else { command }
        });
    }
    recorded(folder)?;
    let [apply] = programs_for(&run, [APPLY], *quiet)?;
    let mut command = name::program(apply);
    command.arg(name_of(*format)).arg(folder).arg("--out").arg(out);
    if *quiet {
        command.arg("--quiet");
    }
    programs::run(&mut command, "hourglass-apply")
}

/// Reads a complete run with its weights.
fn recorded(folder: &Path) -> Result<(Run, RunDirectory), Failure> {
    let (run, directory) = complete(folder)?;
    match directory.model().is_file() {
        true => Ok((run, directory)),
        false => {
            let path = folder.display();
            Err(Failure::Input(anyhow!("{path} is recorded without its weights; run it again")))
        }
    }
}

/// Reads a complete run, with or without its weights.
fn complete(folder: &Path) -> Result<(Run, RunDirectory), Failure> {
    let directory = RunDirectory::at(folder);
    let path = folder.display();
    if !folder.is_dir() {
        return Err(Failure::Input(anyhow!(
            "{path}: no such folder; expected the folder of a run, which ends in seed-N"
        )));
    }
    if !directory.experiment().is_file() {
        let first = record::folders::begun_runs(folder).ok().and_then(|runs| runs.into_iter().next());
        let such_as = first.map(|run| format!(" such as {}", run.display())).unwrap_or_default();
        return Err(Failure::Input(anyhow!("{path} records no run; expected a folder that ends in seed-N{such_as}")));
    }
    if !directory.is_complete()? {
        return Err(Failure::Input(anyhow!("{path} records no complete run")));
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
    let Apply { out, what, .. } = arguments;
    arguments.check().map_err(Failure::Input)?;
    let (run, directory) = recorded(&arguments.run)?;
    let (reading, known) = reading(&run, &directory)?;
    let [apply, read] = programs_for(&run, [APPLY, READ], arguments.quiet)?;
    let temporary = tempfile::Builder::new().prefix("hourglass-").tempdir();
    let temporary = temporary.context("creating a temporary folder").map_err(Failure::Failed)?;
    let raw = |data: &Path, name: &str| -> Result<PathBuf, Failure> {
        let into = temporary.path().join(name);
        let mut command = name::program(&read);
        command.arg("raw").arg("--into").arg(&into).arg("--options").arg(&reading).arg("--quiet");
        command.arg("--few");
        if let Some(known) = &known {
            // A list of columns may be longer than an argument can be.
            let path = temporary.path().join("known.json");
            storage::write(&path, known.as_bytes())?;
            command.arg("--known").arg(path);
        }
        programs::run(command.arg("--").arg(data), "hourglass-read")?;
        Ok(into)
    };
    let mut command = name::program(apply);
    command.arg(name_of(*what)).arg(&arguments.run).arg("--out").arg(out);
    match (&arguments.data, what) {
        (Some(data), What::Decompress) => {
            command.arg("--file").arg(data);
        }
        (Some(data), _) => {
            command.arg("--rows").arg(raw(data, "rows")?);
        }
        (None, _) => {}
    }
    if let Some(clean) = &arguments.clean {
        command.arg("--clean").arg(raw(clean, "clean")?);
    }
    let own = OwnData::new(arguments.quiet);
    if let Some(by) = arguments.by {
        command.arg("--by").arg(name_of(by));
        if by == By::KthNeighbour {
            own.check(&run).map_err(|message| Failure::Input(anyhow!(message)))?;
            if run.dataset.own().is_some() {
                command.arg("--unpacked").args(own.folder().ok());
            }
            if let Some(folder) = &arguments.data_dir {
                command.arg("--data-dir").arg(folder);
            }
        }
    }
    let flags = [
        ("--false-alarms", arguments.false_alarms.map(|share| share.to_string())),
        ("--bits", arguments.bits.map(|bits| bits.to_string())),
        ("--count", arguments.count.map(|count| count.to_string())),
        ("--seed", arguments.seed.map(|seed| seed.to_string())),
        ("--threads", arguments.threads.map(|threads| threads.to_string())),
    ];
    for (flag, value) in flags {
        if let Some(value) = value {
            command.args([flag, &value]);
        }
    }
    if arguments.shares {
        command.arg("--shares");
    }
    if let Some(maps) = &arguments.maps {
        command.arg("--maps").arg(maps);
    }
    if arguments.quiet {
        command.arg("--quiet");
    }
    programs::run(&mut command, "hourglass-apply")
}

/// The name of a flag's value, as typed on the command line.
fn name_of(value: impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

impl Apply {
    /// Returns an error for flags that exclude each other, before anything is built or read.
    fn check(&self) -> Result<(), anyhow::Error> {
        let Self { what, out, .. } = self;
        let of_rows = [What::Encode, What::Reconstruct, What::Score];
        let flags: [(&str, bool, &[What]); 9] = [
            ("--by", self.by.is_some(), &of_rows),
            ("--data-dir", self.data_dir.is_some(), &[What::Score]),
            ("--clean", self.clean.is_some(), &[What::Score]),
            ("--false-alarms", self.false_alarms.is_some(), &[What::Score]),
            ("--shares", self.shares, &[What::Score]),
            ("--maps", self.maps.is_some(), &[What::Score]),
            ("--bits", self.bits.is_some(), &[What::Compress, What::Reconstruct]),
            ("--count", self.count.is_some(), &[What::Sample]),
            ("--seed", self.seed.is_some(), &[What::Sample]),
        ];
        for (flag, is_given, takes) in flags {
            if is_given && !takes.contains(what) {
                let takes: Vec<String> = takes.iter().map(|what| format!("`{}`", name_of(*what))).collect();
                bail!("{flag} is for {}, and not for `{}`", takes.join(", "), name_of(*what));
            }
        }
        if self.data.is_none() && *what != What::Sample {
            bail!(
                "`{}` needs the file or folder of new rows: cargo xtask apply RUN {0} DATA --out FILE",
                name_of(*what)
            );
        }
        if self.bits.is_some() && self.by.is_some_and(|by| by != By::Autoencoder) {
            bail!("--bits rounds codes of the network: leave out --by");
        }
        if self.data_dir.is_some() && self.by != Some(By::KthNeighbour) {
            bail!("--data-dir says where training rows are: it is for --by kth_neighbour");
        }
        if self.maps.as_ref() == Some(out) {
            bail!("--out and --maps name the same path");
        }
        if self.by == Some(By::KthNeighbour) {
            if *what != What::Score {
                bail!("--by kth_neighbour is for `score`: a distance has no codes and no reconstructions");
            }
            if self.shares || self.maps.is_some() {
                bail!("--by kth_neighbour: a distance has no share of a column; leave out --shares and --maps");
            }
        }
        if let Some(share) = self.false_alarms
            && !(share > 0.0 && share < 1.0)
        {
            bail!("--false-alarms {share}: expected a share above 0 and below 1");
        }
        let is_folder = out.extension().is_none() && ![What::Encode, What::Score].contains(what);
        let is_file = out.extension().is_some_and(|ending| ending == "csv" || ending == "npy");
        if *what != What::Compress && !is_folder && !is_file {
            bail!("{}: expected a name that ends in .csv or .npy", out.display());
        }
        if *what == What::Score && out.extension().is_none_or(|ending| ending != "csv") {
            bail!("{}: scores are written as .csv", out.display());
        }
        [Some(out), self.maps.as_ref()].into_iter().flatten().try_for_each(|path| is_free(path))
    }
}

/// Returns an error if the path exists, or if its folder does not.
fn is_free(path: &Path) -> Result<(), anyhow::Error> {
    if path.exists() {
        bail!("{} is there already; choose another name", path.display());
    }
    match path.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.is_dir()) {
        Some(parent) => bail!("{}: the folder {} is not there", path.display(), parent.display()),
        None => Ok(()),
    }
}

/// The keys that read new rows for a run and, for tables, the columns that the rows have, both as JSON.
fn reading(run: &Run, directory: &RunDirectory) -> Result<(String, Option<String>), Failure> {
    let spell = |value: serde_json::Result<String>| value.context("writing the keys as JSON").map_err(Failure::Failed);
    let Some(own) = run.dataset.own() else {
        return Ok((spell(serde_json::to_string(&Reading::default()))?, None));
    };
    let was = &own.reading;
    let are_windows = matches!(run.dataset.shape, Shape::Sequence { .. });
    let clean = was.clean.as_ref().and_then(|clean| clean.parse::<Condition>().ok()).map(|clean| clean.column);
    let reading = Reading {
        label: None,
        clean: None,
        columns: Vec::new(),
        exclude: Vec::new(),
        // A missing value is filled as in training.
        missing: was.missing.map(|missing| match missing {
            Missing::Mean | Missing::Median => Missing::Mean,
            // The output has a line for each row, so no row can be dropped.
            Missing::Drop | Missing::Refuse => Missing::Refuse,
        }),
        // Windows hold lines of one group in order of time, in new data as in the training data.
        group: was.group.clone().filter(|_| are_windows),
        time: was.time.clone().filter(|_| are_windows),
        split: None,
        validation: None,
        test: None,
        // The words of the training are known, so the size of the vocabulary has no effect; 2 is the smallest valid
        // size.
        vocabulary: own.facts.is_text.then_some(2),
        ..was.clone()
    };
    let mut known = None;
    if !own.facts.is_bytes && !own.facts.is_text && directory.error_by_column().is_file() {
        let columns: Vec<ScaledColumn> = storage::read_csv(&directory.scaling())?;
        let values: Vec<String> = columns.into_iter().map(|column| column.column).collect();
        let others: Vec<&String> = [&was.label, &clean, &was.id, &was.group, &was.time, &was.split]
            .into_iter()
            .flatten()
            .chain(&was.exclude)
            .collect();
        // Files that `apply` writes number their rows in a column `row`.
        let row = "row".to_owned();
        let others: Vec<&String> = others.into_iter().chain([&row]).filter(|other| !values.contains(other)).collect();
        let all = serde_json::json!({ "values": values, "others": others, "takes_any": !was.columns.is_empty() });
        known = Some(all.to_string());
    }
    Ok((spell(serde_json::to_string(&reading))?, known))
}
