//! Lists recorded runs as a table, or every measured number as a line; see [`List::make`].

mod condition;
mod expression;
mod names;
mod rows;
mod table;
mod text;
mod tidy;

use std::collections::BTreeSet;
use std::path::Path;

use record::folders::Asked;

use self::expression::Condition;
use self::names::{Name, usual};
use self::rows::{Read, Row};
use self::table::Table;
use crate::error::Error;

/// The contents and the form of a list.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// Folders and names of the experiments to list, in order.
    pub asked: &'a [Asked],
    /// Folders of results, each with the folder of its unpacked compact records, which has a subfolder for each record.
    pub unpacked: &'a [(&'a Path, &'a Path)],
    /// True if each run has a row of its own; false if the seeds of a network share a row.
    pub by_seed: bool,
    /// The condition that selects rows, as text.
    pub condition: Option<&'a str>,
    /// Names to sort rows by; `:desc` after a name puts the largest first.
    pub sort: &'a [String],
    /// Names of the columns; empty for the default columns.
    pub columns: &'a [String],
    /// The form of the output.
    pub form: Form,
}

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A table for a terminal, with its width in characters; `None` for any width.
    Text(Option<usize>),
    /// Comma-separated values with all digits; a mean and its standard deviation are two columns.
    Csv,
    /// A JSON list of objects, with all digits.
    Json,
    /// A LaTeX `tabular` for the package `booktabs`.
    Latex,
    /// Comma-separated values, one line for each measured number of each run.
    Tidy,
}

/// A finished list.
#[derive(Debug)]
pub struct Listed {
    /// The list itself. Its lines end in `\n`.
    pub text: String,
    /// Sentences about runs and columns that the list leaves out.
    pub notes: Vec<String>,
    /// Records that cannot be read. The list holds all others.
    pub failed: Vec<Error>,
}

impl List<'_> {
    /// Reads the records and makes the list.
    ///
    /// # Errors
    /// If nothing is recorded, a folder cannot be read, or a condition or a name is invalid.
    pub fn make(&self) -> Result<Listed, Error> {
        let Read { records, incomplete, failed } = Read::of(self.asked, self.unpacked)?;
        if records.is_empty() && failed.is_empty() {
            let path = self.asked.first().map_or_else(Default::default, |asked| asked.folder.clone());
            return Err(match incomplete.first() {
                Some(run) => Error::List {
                    message: format!(
                        "no run is complete, for example {run}; `cargo xtask run` with --resume continues it"
                    ),
                },
                None => Error::List {
                    message: format!(
                        "nothing is recorded in {}; `cargo xtask run experiments/denoising.toml` records a first experiment",
                        path.display()
                    ),
                },
            });
        }
        let mut notes = Vec::new();
        if !incomplete.is_empty() {
            let runs = if incomplete.len() == 1 { "1 run is" } else { &format!("{} runs are", incomplete.len()) };
            notes.push(format!("{runs} not complete and not listed, such as {}", incomplete[0]));
        }
        let keys: BTreeSet<&str> = records.iter().flat_map(|record| record.keys.keys().map(String::as_str)).collect();
        let name = |flag: &str, text: &str| {
            Name::read(text, &keys).map_err(|message| Error::List { message: format!("{flag}: {message}") })
        };
        let condition = self.condition.map(|text| {
            Condition::read(text, &keys).map_err(|message| Error::List { message: format!("--where: {message}") })
        });
        let condition = condition.transpose()?;
        let by_seed = self.by_seed || self.form == Form::Tidy;
        let mut columns = Vec::new();
        for text in self.columns {
            columns.push(name("--columns", text)?);
        }
        let mut sorts = Vec::new();
        for text in self.sort {
            let (text, descends) = match text.strip_suffix(":desc") {
                Some(text) => (text, true),
                None => (text.strip_suffix(":asc").unwrap_or(text), false),
            };
            sorts.push((name("--sort", text)?, descends));
        }
        if columns.is_empty() {
            columns = usual(by_seed);
            // Names in the condition and in the sort order also become columns.
            let used = condition.iter().flat_map(Condition::names).chain(sorts.iter().map(|(name, _)| name));
            for name in used.filter(|name| !matches!(name, Name::Fact(_))) {
                if !columns.contains(name) {
                    columns.push(name.clone());
                }
            }
        }
        let wrong = |message: String| Error::List { message: format!("--where: {message}") };
        let mut rows = match &condition {
            Some(condition) => condition.choose(records, by_seed).map_err(wrong)?,
            None => Row::all(records, by_seed),
        };
        for (name, descends) in sorts.iter().rev() {
            // The sort is stable and begins with the last name, so the first name has precedence. Rows without the name
            // come last.
            rows.sort_by(|a, b| a.compare(b, name, *descends));
        }
        if rows.is_empty() && condition.is_some() {
            notes.push("no row meets the condition of --where".to_owned());
        }
        let text = match self.form {
            Form::Tidy => tidy::csv(&rows)?,
            Form::Csv => Table::of(&columns, &rows).csv()?,
            Form::Json => Table::of(&columns, &rows).json(),
            Form::Latex => Table::of(&columns, &rows).latex(),
            Form::Text(width) => {
                let (text, left_out) = Table::of(&columns, &rows).text(width);
                if !left_out.is_empty() {
                    notes.push(format!(
                        "the terminal is too narrow for {}; --columns chooses columns, and --csv writes them all",
                        left_out.join(", ")
                    ));
                }
                text
            }
        };
        Ok(Listed { text, notes, failed })
    }
}
