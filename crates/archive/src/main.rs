//! `hourglass-records`: packs and unpacks records. `cargo xtask records` and `cargo xtask report` start it.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use system::{storage, terminal};

use archive::{Error, Packed, Unpacked};

#[derive(Debug, Parser)]
#[command(name = "hourglass-records", version, about = "Moves records as archives", max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Pack the runs in and below some folders into one file.
    Pack {
        /// The archive to write, such as records.tar.gz.
        file: PathBuf,
        /// Folders of results, experiments, networks or runs.
        #[arg(default_value = "results", value_name = "FOLDER")]
        folders: Vec<PathBuf>,
    },
    /// Check an archive, and unpack it into a folder of results.
    Unpack {
        /// The archive.
        file: PathBuf,
        /// The folder of results.
        #[arg(default_value = "results", value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Unpack all compact records of a folder of results into an empty folder.
    Gather {
        /// The folder of results.
        folder: PathBuf,
        /// The empty folder.
        into: PathBuf,
    },
    /// Pack files of a folder of results into its compact records.
    Publish {
        /// The folder of results.
        folder: PathBuf,
        /// JSON file with a list of paths, relative to the folder of results.
        names: PathBuf,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(text) => {
            terminal::say(&text);
            ExitCode::SUCCESS
        }
        Err(error) => {
            terminal::tell(&format!("error: {:#}", anyhow::Error::from(error)));
            ExitCode::from(2)
        }
    }
}

/// Carries out a command, and returns the text to print.
fn run(command: Command) -> Result<String, Error> {
    match command {
        Command::Pack { file, folders } => {
            let Packed { runs, unfinished } = archive::pack(&file, &folders)?;
            let mut text = format!("packed   {} in {}\n", count(runs.len()), file.display());
            unfinished.iter().for_each(|run| text += &format!("note     {} is not complete\n", run.display()));
            Ok(text)
        }
        Command::Unpack { file, folder } => {
            let Unpacked { new, known } = archive::unpack(&file, &folder)?;
            let already =
                if known.is_empty() { String::new() } else { format!(", {} were already there", count(known.len())) };
            Ok(format!("unpacked {} below {}{already}\n", count(new.len()), folder.display()))
        }
        Command::Gather { folder, into } => archive::gather(&folder, &into).map(|_| String::new()),
        Command::Publish { folder, names } => {
            let names: Vec<String> = storage::read_json(&names)?;
            let records = archive::publish(&folder, &names)?;
            Ok(format!("records  {} in {}\n", records.len(), record::folders::compact_records(&folder).display()))
        }
    }
}

fn count(runs: usize) -> String {
    if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") }
}
