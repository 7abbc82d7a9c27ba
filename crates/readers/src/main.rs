//! `hourglass-read`: converts a user's files to the raw form that `datasets` loads, and describes them.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use readers::load::Purpose;
use readers::{Error, describe, load};
use spec::own::Reading;
use system::terminal;

/// Reads tables, arrays, pictures, recordings and texts.
#[derive(Debug, Parser)]
#[command(name = "hourglass-read", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the rows into a folder, as numbers.
    Raw {
        #[command(flatten)]
        source: Source,
        /// Folder to write into; created if it does not exist.
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
        /// The rows are input for a trained network: one row is enough.
        #[arg(long)]
        few: bool,
        /// JSON file with the columns that the network was trained on: {"values": [...], "others": [...], "takes_any":
        /// false}.
        #[arg(long, value_name = "FILE", requires = "few")]
        known: Option<PathBuf>,
        /// Print errors only.
        #[arg(long)]
        quiet: bool,
    },
    /// Show the contents of a file or folder.
    Describe {
        #[command(flatten)]
        source: Source,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct Source {
    /// A CSV, TSV, .npy, .npz, IDX, WAV or text file, or a folder of PNG, JPEG, WAV or .txt files.
    path: PathBuf,
    /// Keys of `[dataset]` of an experiment file, as JSON.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    options: String,
}

impl Source {
    fn reading(&self) -> Result<Reading, Error> {
        serde_json::from_str(&self.options).map_err(|error| Error::file("--options".as_ref(), error.to_string()))
    }
}

fn main() -> ExitCode {
    readers::images::quiet_decoders();
    let done = match Arguments::parse().command {
        Command::Raw { source, into, few, known, quiet } => {
            purpose(few, known).and_then(|purpose| raw(&source, &purpose, &into, quiet))
        }
        Command::Describe { source, json } => describe(&source, json),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::tell(&format!("error: {}", terminal::one_line(&error.to_string())));
            ExitCode::from(if error.is_of_the_machine() { 1 } else { 2 })
        }
    }
}

fn purpose(few: bool, known: Option<PathBuf>) -> Result<Purpose, Error> {
    let known = known.map(|path| system::storage::read_json(&path)).transpose()?;
    Ok(if few { Purpose::Network(known) } else { Purpose::Training })
}

fn raw(source: &Source, purpose: &Purpose, into: &Path, quiet: bool) -> Result<(), Error> {
    let loaded = load::to_raw(&source.path, &source.reading()?, purpose, into)?;
    if quiet {
        return Ok(());
    }
    for skipped in &loaded.counts.skipped {
        let first = terminal::one_line(&skipped.first);
        terminal::say(&format!("{} files left out, {}, such as {first}\n", skipped.count, skipped.reason));
    }
    for note in &loaded.counts.notes {
        terminal::say(&format!("{note}\n"));
    }
    let header = loaded.header;
    let dropped = if header.dropped > 0 { format!(", {} rows left out", header.dropped) } else { String::new() };
    let path = source.path.display().to_string();
    let path = terminal::one_line(&path);
    terminal::say(&format!("{path}: {} rows of {}{dropped}\n", header.rows, header.shape));
    Ok(())
}

fn describe(source: &Source, json: bool) -> Result<(), Error> {
    let facts = describe::describe(&source.path, &source.reading()?)?;
    let text = match json {
        true => facts.to_json() + "\n",
        false => describe::text(&source.path, &facts),
    };
    let printed = terminal::answer(&text);
    printed.map_err(|error| Error::Write { path: "standard output".into(), source: error })
}
