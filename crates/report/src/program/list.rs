//! `hourglass-evaluate list`: its flags and its output.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, ValueEnum};
use record::folders::Asked;
use system::terminal;

use crate::{Error, Form, List, Listed};

#[derive(Args)]
pub(super) struct ListArgs {
    /// Folders of results, experiments, networks or runs; or experiments by name, such as plain or plain/mnist.
    #[arg(default_value = "results")]
    asked: Vec<PathBuf>,
    /// A folder of results, and the folder with its unpacked compact records, each in a subfolder.
    #[arg(long, num_args = 2, value_names = ["FOLDER", "DIR"], action = clap::ArgAction::Append)]
    unpacked: Vec<PathBuf>,
    /// One row for each run, instead of one for each network.
    #[arg(long)]
    seeds: bool,
    /// Condition that selects rows.
    #[arg(long = "where", value_name = "CONDITION", allow_hyphen_values = true)]
    condition: Option<String>,
    /// Names that rows are sorted by, each with `:desc` for the largest first.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    sort: Vec<String>,
    /// Names of the columns.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    columns: Vec<String>,
    /// The form of the output.
    #[arg(long, value_enum, default_value = "text")]
    form: ListForm,
}

#[derive(Clone, Copy, ValueEnum)]
enum ListForm {
    Text,
    Csv,
    Json,
    Latex,
    Tidy,
}

/// Prints the list. Returns false if a record cannot be read.
pub(super) fn list(args: &ListArgs) -> anyhow::Result<bool> {
    let mut asked = Vec::new();
    for text in &args.asked {
        asked.push(Asked::read(text, Path::new("results")).ok_or_else(|| Error::List {
            message: format!(
                "{}: no such folder; expected a folder, or a name such as plain or plain/mnist",
                text.display()
            ),
        })?);
    }
    let unpacked: Vec<(&Path, &Path)> = args.unpacked.as_chunks().0.iter().map(|[of, into]| (&**of, &**into)).collect();
    let form = match args.form {
        ListForm::Text => Form::Text(terminal::columns()),
        ListForm::Csv => Form::Csv,
        ListForm::Json => Form::Json,
        ListForm::Latex => Form::Latex,
        ListForm::Tidy => Form::Tidy,
    };
    let ListArgs { seeds, condition, sort, columns, .. } = args;
    let list = List {
        asked: &asked,
        unpacked: &unpacked,
        by_seed: *seeds,
        condition: condition.as_deref(),
        sort,
        columns,
        form,
    };
    let Listed { text, notes, failed } = list.make()?;
    terminal::answer(&text).context("cannot write to standard output")?;
    notes.iter().for_each(|note| terminal::tell(&format!("note: {note}")));
    failed.iter().for_each(|error| terminal::tell(&format!("error: {}; all other runs are listed", error.chain())));
    Ok(failed.is_empty())
}
