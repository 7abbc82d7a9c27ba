//! `cargo xtask list`: prints recorded runs as a table, from run folders and compact records.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, anyhow};
use clap::Args;
use record::folders::{Asked, compact_records};

use crate::Failure;
use crate::programs::{self, EVALUATE, RECORDS};

/// The folder where names of experiments are looked up.
const RESULTS: &str = "results";

pub(crate) const EXAMPLES: &str = "Examples:
  cargo xtask list
  cargo xtask list denoising plain/mnist
  cargo xtask list results/mine --seeds --sort seed
  cargo xtask list --where 'code = 32 and test.autoencoder.mse_per_pixel < test.pca.mse_per_pixel' --sort ratio
  cargo xtask list --where 'corruption = gaussian and not (dataset = mnist or training.epochs < 20)'
  cargo xtask list clustering --columns network,autoencoder.nmi,pca.nmi,training.adam.learning_rate --latex
  cargo xtask list --tidy > all.csv

Names in conditions, orders and columns:
  experiment, dataset, network, variant, code, seed, seeds, ratio (test error as a multiple of that of PCA),
  parameters, trained_epochs, training_seconds, folder
  test.autoencoder.mse_per_pixel    any number of docs/measures.md, named as claims name it
  training.adam.learning_rate       any key of docs/keys.md

A condition has = != < <= > >=, and, or, not, and parentheses; texts with spaces or dots stand in quotes.
docs/tools.md says more. Exit codes: 0 done, 1 a record cannot be read, 2 usage or bad input.";

#[derive(Args)]
pub(crate) struct List {
    /// Folders of results, experiments, networks or runs; or experiments of the folder results, such as plain or
    /// plain/mnist
    #[arg(default_value = RESULTS, value_name = "FOLDER|EXPERIMENT")]
    asked: Vec<PathBuf>,
    /// One row for each run, in place of one for each network with means over seeds
    #[arg(long)]
    seeds: bool,
    /// Rows to show, such as 'code = 32 and ratio < 0.9'
    #[arg(long = "where", value_name = "CONDITION", allow_hyphen_values = true)]
    condition: Option<String>,
    /// Names to sort by, such as dataset,ratio:desc for the largest ratio first
    #[arg(long, value_name = "NAME[:desc]", value_delimiter = ',')]
    sort: Vec<String>,
    /// Names to show, in place of the usual ones
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    columns: Vec<String>,
    /// Print comma-separated values, with all digits
    #[arg(long, group = "form")]
    csv: bool,
    /// Print JSON, with all digits
    #[arg(long, group = "form")]
    json: bool,
    /// Print a LaTeX table for the package booktabs
    #[arg(long, group = "form")]
    latex: bool,
    /// Print everything measured as comma-separated values, one line for each number of each run
    #[arg(long, group = "form", conflicts_with = "columns")]
    tidy: bool,
}

pub(crate) fn list(arguments: &List) -> Result<(), Failure> {
    let List { asked, seeds, condition, sort, columns, csv, json, latex, tidy } = arguments;
    let mut folders: Vec<PathBuf> = Vec::new();
    for text in asked {
        let asked = Asked::read(text, Path::new(RESULTS)).ok_or_else(|| no_folder(text))?;
        if !asked.folder.is_dir() {
            return Err(no_folder(if asked.experiment.is_some() { text } else { &asked.folder }));
        }
        if compact_records(&asked.folder).is_dir() && !folders.contains(&asked.folder) {
            folders.push(asked.folder);
        }
    }
    let [evaluate, records] = programs::build([EVALUATE, RECORDS], false)?;
    let temporary = tempfile::tempdir().context("cannot make a temporary folder").map_err(Failure::Failed)?;
    let mut command = Command::new(evaluate);
    command.arg("list");
    let mut failed = Ok(());
    for (index, folder) in folders.iter().enumerate() {
        let unpacked = temporary.path().join(index.to_string());
        let mut gather = Command::new(&records);
        match programs::run(gather.arg("gather").arg("--apart").arg(folder).arg(&unpacked), "hourglass-records") {
            // A compact record is damaged, and the program has named it. The command lists all others.
            Err(Failure::Code(1)) => failed = Err(Failure::Code(1)),
            ended => ended?,
        }
        command.arg("--unpacked").arg(folder).arg(unpacked);
    }
    let flags = [("text", false), ("csv", *csv), ("json", *json), ("latex", *latex), ("tidy", *tidy)];
    let form = flags.iter().find(|(_, is_set)| *is_set).map_or("text", |(form, _)| form);
    command.arg("--form").arg(form);
    if *seeds {
        command.arg("--seeds");
    }
    if let Some(condition) = condition {
        command.arg("--where").arg(condition);
    }
    for (flag, names) in [("--sort", sort), ("--columns", columns)] {
        for name in names {
            command.arg(flag).arg(name);
        }
    }
    programs::run(command.arg("--").args(asked), "hourglass-evaluate")?;
    failed
}

fn no_folder(text: &Path) -> Failure {
    Failure::Input(anyhow!(
        "{}: no such folder; expected a folder of recorded runs, such as {RESULTS}, or an experiment, such as denoising or \
         denoising/mnist",
        text.display()
    ))
}
