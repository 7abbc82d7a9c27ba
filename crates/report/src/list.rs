//! Recorded runs as a table, and everything measured as a list of numbers: [`List::make`].

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

/// What a list shows, and how.
#[derive(Debug, Clone, Copy)]
pub struct List<'a> {
    /// Folders and names of what is listed, in order.
    pub asked: &'a [Asked],
    /// Folders of results, and the folders that the compact records of each are unpacked into, apart.
    pub unpacked: &'a [(&'a Path, &'a Path)],
    /// Whether each run has a row of its own. Otherwise the seeds of a network share a row.
    pub by_seed: bool,
    /// The condition on rows, as written.
    pub condition: Option<&'a str>,
    /// Names that rows are sorted by, each with `:desc` for the largest first.
    pub sort: &'a [String],
    /// Names of the columns; none for the usual ones.
    pub columns: &'a [String],
    /// The form of the output.
    pub form: Form,
}

/// The form of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A table of so many columns of characters at most; `None` for any number.
    Text(Option<usize>),
    /// Comma-separated values with all digits: a mean and its standard deviation in two columns.
    Csv,
    /// A list of objects, with all digits.
    Json,
    /// A `tabular` of the package `booktabs`.
    Latex,
    /// Comma-separated values, one line for each measured number of each run.
    Tidy,
}

/// A list that is made.
#[derive(Debug)]
pub struct Listed {
    /// The list itself. Its lines end in `\n`.
    pub text: String,
    /// Sentences on what is not in the list.
    pub notes: Vec<String>,
    /// Records that cannot be read. The list holds all others.
    pub failed: Vec<Error>,
}

impl List<'_> {
    /// Reads the records and makes the list.
    ///
    /// # Errors
    /// When nothing is recorded, a folder cannot be read, or a condition or a name is wrong.
    pub fn make(&self) -> Result<Listed, Error> {
        let Read { records, incomplete, failed } = Read::of(self.asked, self.unpacked)?;
        if records.is_empty() && failed.is_empty() {
            let path = self.asked.first().map_or_else(Default::default, |asked| asked.folder.clone());
            return Err(match incomplete.first() {
                Some(run) => Error::List {
                    message: format!("no run is complete, such as {run}; `cargo xtask run` with --resume goes on"),
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
            // What rows are chosen or sorted by is shown as well.
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
            // Stable, so that the first name counts most. Rows without the name stand last either way.
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
