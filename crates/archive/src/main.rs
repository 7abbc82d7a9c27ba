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
        /// Unpack each into a folder of its own; one that is damaged is told of, and does not keep the others.
        #[arg(long)]
        apart: bool,
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
        Ok((text, failed)) => {
            terminal::say(&text);
            let code = u8::from(!failed.is_empty());
            failed.into_iter().for_each(tell);
            ExitCode::from(code)
        }
        Err(error) => {
            tell(error);
            ExitCode::from(2)
        }
    }
}

fn tell(error: Error) {
    terminal::tell(&format!("error: {:#}", anyhow::Error::from(error)));
}

/// Carries out a command, and returns the text to print with an error for each archive that was left out.
fn run(command: Command) -> Result<(String, Vec<Error>), Error> {
    let text = match command {
        Command::Pack { file, folders } => {
            let Packed { runs, unfinished } = archive::pack(&file, &folders)?;
            let mut text = format!("packed   {} in {}\n", count(runs.len()), file.display());
            unfinished.iter().for_each(|run| text += &format!("note     {} is not complete\n", run.display()));
            text
        }
        Command::Unpack { file, folder } => {
            let Unpacked { new, known } = archive::unpack(&file, &folder)?;
            let already =
                if known.is_empty() { String::new() } else { format!(", {} were already there", count(known.len())) };
            format!("unpacked {} below {}{already}\n", count(new.len()), folder.display())
        }
        Command::Gather { folder, into, apart: true } => {
            return Ok((String::new(), archive::gather_apart(&folder, &into)?));
        }
        Command::Gather { folder, into, apart: false } => archive::gather(&folder, &into).map(|_| String::new())?,
        Command::Publish { folder, names } => {
            let names: Vec<String> = storage::read_json(&names)?;
            let records = archive::publish(&folder, &names)?;
            format!("records  {} in {}\n", records.len(), record::folders::compact_records(&folder).display())
        }
    };
    Ok((text, Vec::new()))
}

fn count(runs: usize) -> String {
    if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") }
}
