//! `hourglass-data`: lists and verifies data sets, and unpacks them for runs. `cargo xtask data` and `cargo xtask run`
//! start it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};
use datasets::files::{self, Verified};
use datasets::find;
use datasets::{Error, Prepared, Sources};
use spec::Experiment;
use spec::catalogue::DatasetName;
use spec::datasets::Facts;
use system::storage::NewFolder;
use system::terminal;

/// Lists and verifies the data sets of Hourglass.
#[derive(Debug, Parser)]
#[command(name = "hourglass-data", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Folder that holds the files, or a subfolder for each data set [default: $HOURGLASS_DATA, then `data`]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print errors only.
    #[arg(long, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show every data set, and where it is.
    List,
    /// Check format, counts and checksums of the files of a data set.
    Verify {
        /// Data set that is read from files.
        name: DatasetName,
    },
    /// Check the files of a data set, and unpack them for the programs of a batch of runs.
    #[command(hide = true)]
    Prepare {
        /// Data set that is read from files.
        name: DatasetName,
        /// Folder to unpack into.
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
    },
    /// Write the splits of a run as files for other programs.
    #[command(hide = true)]
    Write {
        /// Resolved spec of the run.
        spec: PathBuf,
        /// Folder to write into; it must not exist.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Folder of the raw forms of the user's data.
        #[arg(long, value_name = "DIR")]
        unpacked: Option<PathBuf>,
        /// Fingerprint of the splits.
        #[arg(long, value_name = "SHA256")]
        fingerprint: String,
    },
    /// Split and scale the rows of a run, and print errors.
    #[command(hide = true)]
    Deal {
        /// Resolved spec of the run.
        spec: PathBuf,
        /// Folder of the raw forms of the user's data.
        #[arg(long, value_name = "DIR")]
        unpacked: PathBuf,
        /// Seeds of the splits.
        #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
        seeds: Vec<u64>,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            terminal::tell(&format!("error: {error:#}"));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// 1 if the parser failed, 2 if a flag, a file or a folder is wrong.
fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<Error>() {
        Some(Error::Parser { .. }) | None => 1,
        Some(_) => 2,
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let folder = arguments.data_dir.as_deref();
    let quiet = arguments.quiet;
    match &arguments.command {
        Command::List => print(&list(folder), quiet)?,
        Command::Verify { name } => {
            let mut code = ExitCode::SUCCESS;
            for result in files::verify(*name, folder)? {
                match result {
                    Ok(verified) => print(&describe(&verified), quiet)?,
                    Err(error) => {
                        terminal::tell(&format!("error: {:#}", anyhow::Error::from(error)));
                        code = ExitCode::from(2);
                    }
                }
            }
            return Ok(code);
        }
        Command::Deal { spec, unpacked, seeds } => {
            let sources = Sources { data_dir: folder, unpacked: Some(unpacked) };
            for run in Experiment::load_record(spec)?.runs {
                seeds.iter().try_for_each(|seed| datasets::load(&run.dataset, *seed, sources).map(drop))?;
            }
        }
        Command::Write { spec, out, unpacked, fingerprint } => {
            let sources = Sources { data_dir: folder, unpacked: unpacked.as_deref() };
            for run in Experiment::load_record(spec)?.runs {
                let splits = datasets::load(&run.dataset, run.seed, sources)?;
                if splits.fingerprint() != *fingerprint {
                    let name = run.dataset.name();
                    terminal::tell(&format!("error: {name}: the rows differ from those of the recorded run"));
                    return Ok(ExitCode::from(2));
                }
                let splits = splits.shown(run.dataset.pixels, run.seed);
                let new = NewFolder::create(out)?;
                let paths = datasets::write(&run, &splits, &new.inside())?;
                new.finish()?;
                let names = paths.iter().filter_map(|path| path.file_name()).map(|name| name.to_string_lossy());
                print(&format!("{}: {}\n", out.display(), names.collect::<Vec<_>>().join(", ")), quiet)?;
            }
        }
        Command::Prepare { name, into } => {
            let Prepared { folder, unpublished } = datasets::prepare(*name, folder, into)?;
            if !unpublished.is_empty() && !quiet {
                terminal::tell(&format!(
                    "note: there is no published checksum for {} of {name} in {}; the records list these files",
                    unpublished.join(", "),
                    folder.display()
                ));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints an answer, unless the program is quiet.
fn print(text: &str, quiet: bool) -> anyhow::Result<()> {
    if quiet { Ok(()) } else { terminal::answer(text).context("cannot write to standard output") }
}

fn list(data_dir: Option<&Path>) -> String {
    let mut text = format!("{:<14} {:<16} {:<45} where\n", "name", "train + test", "what");
    for &name in DatasetName::ALL {
        let Facts { what, rows: [train, test], .. } = name.facts();
        let images = format!("{train} + {test}");
        let place = match find::find(name, data_dir) {
            Ok(found) => found.folder.display().to_string(),
            Err(Error::Embedded { .. }) => "in the program".to_owned(),
            Err(Error::Incomplete { folder, problem, .. }) => {
                format!("{}: {problem}: cargo xtask data fetch {name}", folder.display())
            }
            Err(_) => format!("missing: cargo xtask data fetch {name}"),
        };
        text += &format!("{:<14} {images:<16} {what:<45} {place}\n", name.name());
    }
    text
}

fn describe(verified: &Verified) -> String {
    let (file, path) = (&verified.file, verified.path.display());
    let verdict = match verified.published {
        true => "as published",
        false => "well-formed; there is no published checksum for it",
    };
    format!("{path}: {} {}, SHA-256 of the contents {}, {verdict}\n", file.count, file.kind, verified.content_sha256)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn the_list_has_every_data_set_and_the_command_that_gets_it() {
        let text = list(Some(Path::new("/nowhere")));
        assert!(text.contains("glyphs") && text.contains("in the program"), "{text}");
        for name in ["mnist", "fashion-mnist", "kmnist"] {
            assert!(text.contains(&format!("missing: cargo xtask data fetch {name}\n")), "{text}");
        }
    }

    #[test]
    fn the_exit_code_is_1_for_a_failed_parser_and_2_for_a_missing_file() {
        let failed = Error::Parser { dataset: DatasetName::Mnist };
        let missing = Error::Missing { dataset: DatasetName::Mnist, places: Vec::new() };
        assert_eq!(exit_code(&failed.into()), 1);
        assert_eq!(exit_code(&missing.into()), 2);
    }
}
