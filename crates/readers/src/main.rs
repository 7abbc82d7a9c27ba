//! `hourglass-read`: turns a table of the user's into the raw form that `datasets` loads.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use readers::csv::{self, Missing, Options};
use readers::raw::RawWriter;
use system::terminal;

/// Reads a table, CSV or TSV, and writes its rows as numbers into a folder.
#[derive(Debug, Parser)]
#[command(name = "hourglass-read", version, max_term_width = 100)]
struct Arguments {
    /// The table; its first line names the columns.
    file: PathBuf,
    /// Folder to write into, which must be there.
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Column of the classes.
    #[arg(long, value_name = "COLUMN")]
    label: Option<String>,
    /// Column of the groups, each of which stays in one split.
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    /// Column of the times, numbers that rise.
    #[arg(long, value_name = "COLUMN")]
    time: Option<String>,
    /// Column that names the split of each row: train, validation or test.
    #[arg(long, value_name = "COLUMN")]
    split: Option<String>,
    /// Columns to read; else all.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    columns: Vec<String>,
    /// Columns to leave out.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    exclude: Vec<String>,
    /// Columns of categories, even where they look like numbers.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    categorical: Vec<String>,
    /// Character between fields; else found in the first line.
    #[arg(long, value_name = "CHARACTER")]
    separator: Option<char>,
    /// Decimal point or comma; else found in the first rows.
    #[arg(long, value_name = "CHARACTER")]
    decimal: Option<char>,
    /// What becomes of rows in which a value is missing.
    #[arg(long, value_enum, default_value = "refuse")]
    missing: Missing,
    /// Say nothing but errors.
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::tell(&format!("error: {}", terminal::one_line(&error.to_string())));
            let is_of_the_machine = matches!(error, readers::Error::Write { .. } | readers::Error::Storage(_));
            ExitCode::from(if is_of_the_machine { 1 } else { 2 })
        }
    }
}

fn run(arguments: Arguments) -> Result<(), readers::Error> {
    let Arguments { file, into, label, group, time, split, columns, exclude, categorical, .. } = arguments;
    let Arguments { separator, decimal, missing, quiet, .. } = arguments;
    let options = Options { label, group, time, split, columns, exclude, categorical, separator, decimal, missing };
    let table = csv::survey(&file, &options)?;
    let mut writer = RawWriter::new(&into)?;
    let provenance = table.read(&mut writer)?;
    let header = writer.finish(&file, provenance)?;
    if !quiet {
        for (column, categories) in table.encoded() {
            terminal::say(&format!("{column}: {} categories, a value for each\n", categories.len()));
        }
        let (rows, width) = (header.rows, header.columns.len());
        terminal::say(&format!("{rows} rows of {width} values, {} rows left out\n", header.dropped));
    }
    Ok(())
}
