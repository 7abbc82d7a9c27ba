//! `cargo xtask data`: lists, describes, fetches and verifies data. Each subcommand starts one program.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use spec::catalogue::DatasetName;
use spec::own::Reading;
use spec::{Experiment, Override};

use crate::Failure;
use crate::programs::{self, DATA, FETCH, READ};

#[derive(Args)]
pub(crate) struct Data {
    #[command(subcommand)]
    command: DataCommand,
    /// Folder that holds the files, or a subfolder for each data set [default: $HOURGLASS_DATA, then data]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print nothing but errors
    #[arg(long, global = true)]
    quiet: bool,
}

#[derive(Subcommand)]
enum DataCommand {
    /// Show every data set, and where it is
    #[command(after_help = "Example:\n  cargo xtask data list")]
    List,
    /// Describe a file or folder of your own: columns, types, ranges, missing values, classes
    #[command(after_help = "Example:\n  cargo xtask data describe readings.csv --label state")]
    Describe {
        /// A CSV file, an array, an IDX file, a text, or a folder of pictures, recordings or texts
        path: PathBuf,
        /// Source of the classes: a column, another file, or `subfolder`
        #[arg(long, value_name = "LABEL")]
        label: Option<String>,
        /// Key of an experiment file that says how to read the data, such as dataset.header=false; may be repeated
        #[arg(long, value_name = "KEY=VALUE")]
        set: Vec<String>,
        /// Print the facts as JSON
        #[arg(long)]
        json: bool,
    },
    /// Download the missing files of a data set from the first mirror that has them, and check them
    #[command(after_help = "Example:\n  cargo xtask data fetch mnist")]
    Fetch {
        /// Name of a data set that is read from files; `cargo xtask data list` shows the names
        name: DatasetName,
        /// Web address of a folder with the archives, in place of the published mirrors
        #[arg(long, value_name = "URL")]
        mirror: Option<String>,
    },
    /// Check form, counts and checksums of a data set's files
    #[command(after_help = "Example:\n  cargo xtask data verify mnist")]
    Verify {
        /// Name of a data set that is read from files; `cargo xtask data list` shows the names
        name: DatasetName,
    },
}

/// Keys of `[dataset]` that the flags set, first as a [`Reading`], then as lines of TOML.
pub(crate) fn reading(path: &str, label: Option<&str>, set: &[String]) -> Result<(Reading, Vec<String>), Failure> {
    // `--set` accepts keys of the table `dataset` only, with or without the table's name.
    let full = |set: &String| if set.starts_with("dataset.") { set.clone() } else { format!("dataset.{set}") };
    let mut overrides = set.iter().map(|set| Override::set(&full(set))).collect::<Result<Vec<_>, _>>()?;
    let line = |given: &Override| given.toml().trim_start_matches("dataset.").to_owned();
    let lines = overrides.iter().map(line).collect();
    overrides.extend(label.map(|label| Override::flag(&format!("--label {label}"), "dataset.label", label)));
    Ok((Experiment::reading(path, &overrides)?, lines))
}

pub(crate) fn data(arguments: &Data) -> Result<(), Failure> {
    if let DataCommand::Describe { path, label, set, json } = &arguments.command {
        let (reading, _) = reading(&path.to_string_lossy(), label.as_deref(), set)?;
        let reading = serde_json::to_string(&reading).context("writing the keys as JSON").map_err(Failure::Failed)?;
        return programs::start(READ, |command| {
            command.arg("describe").arg("--options").arg(reading);
            if *json { command.arg("--json") } else { command }.arg("--").arg(path)
        });
    }
    let (program, words) = match &arguments.command {
        DataCommand::Describe { .. } => return Ok(()),
        DataCommand::List => (DATA, vec!["list"]),
        DataCommand::Verify { name } => (DATA, vec!["verify", name.name()]),
        DataCommand::Fetch { name, mirror: None } => (FETCH, vec![name.name()]),
        DataCommand::Fetch { name, mirror: Some(mirror) } => (FETCH, vec![name.name(), "--mirror", mirror]),
    };
    programs::start(program, |command| {
        command.args(words);
        if let Some(folder) = &arguments.data_dir {
            command.arg("--data-dir").arg(folder);
        }
        if arguments.quiet {
            command.arg("--quiet");
        }
        command
    })
}
