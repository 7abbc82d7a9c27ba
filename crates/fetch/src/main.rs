//! `hourglass-fetch`: downloads data sets. `cargo xtask data fetch` starts it.

use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use fetch::{Error, Event, Options};
use indicatif::{ProgressBar, ProgressStyle};
use spec::catalogue::DatasetName;
use system::terminal;

/// Downloads the missing files of a data set, with checks, from the first mirror that delivers them.
#[derive(Debug, Parser)]
#[command(name = "hourglass-fetch", version, max_term_width = 100)]
struct Arguments {
    /// Data set that is read from files.
    name: DatasetName,
    /// URL of a folder with the archives, used instead of the published mirrors.
    #[arg(long, value_name = "URL")]
    mirror: Option<String>,
    /// Folder that holds the files, or a subfolder for each data set [default: $HOURGLASS_DATA, then `data`]
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Print errors only.
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::tell(&format!("error: {error:#}"));
            ExitCode::from(exit_code(&error))
        }
    }
}

/// 1 if the network failed, 2 if a flag, a file or a folder is wrong.
fn exit_code(error: &anyhow::Error) -> u8 {
    match error.downcast_ref::<Error>() {
        Some(Error::Download { .. }) | None => 1,
        Some(_) => 2,
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let (name, quiet) = (arguments.name, arguments.quiet);
    let options = Options { mirror: arguments.mirror.clone(), ..Options::default() };
    let mut progress = Progress::new(quiet);
    let folder = fetch::fetch(name, arguments.data_dir.as_deref(), &options, |event| progress.show(event))?;
    if quiet {
        return Ok(());
    }
    let text = format!("{name} is complete in {}\n", folder.display());
    terminal::answer(&text).context("cannot write to standard output")
}

/// Progress of a download on standard error: a bar on a terminal, lines elsewhere.
enum Progress {
    Quiet,
    Lines,
    Bar(ProgressBar),
}

impl Progress {
    fn new(quiet: bool) -> Self {
        match (quiet, io::stderr().is_terminal()) {
            (true, _) => Self::Quiet,
            (false, false) => Self::Lines,
            (false, true) => {
                let bar = ProgressBar::no_length();
                // If indicatif does not accept the template, its default bar is shown.
                if let Ok(style) = ProgressStyle::with_template("{bar:30} {bytes}/{total_bytes} {bytes_per_sec}") {
                    bar.set_style(style);
                }
                bar.enable_steady_tick(Duration::from_millis(200));
                Self::Bar(bar)
            }
        }
    }

    fn show(&mut self, event: Event<'_>) {
        let line = match event {
            Event::Present { path } => format!("{}: already there, checked", path.display()),
            Event::Asked { url } => format!("fetching {url}"),
            Event::Failed { attempt } => format!("failed: {attempt}"),
            Event::Written { path } => format!("{}: written, checked", path.display()),
            Event::Started { bytes } => {
                if let Self::Bar(bar) = self {
                    bar.reset();
                    bytes.map_or_else(|| bar.unset_length(), |bytes| bar.set_length(bytes));
                }
                return;
            }
            Event::Received { bytes } => {
                if let Self::Bar(bar) = self {
                    bar.set_position(bytes);
                }
                return;
            }
        };
        match self {
            Self::Quiet => {}
            Self::Lines => terminal::tell(&line),
            Self::Bar(bar) => bar.println(line),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }
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
    fn the_exit_code_is_1_for_a_failed_download_and_2_for_an_existing_file() {
        let failed = Error::Download { file: "a".to_owned(), attempts: Vec::new() };
        assert_eq!(exit_code(&failed.into()), 1);
        assert_eq!(exit_code(&Error::InTheWay { path: PathBuf::from("a") }.into()), 2);
        let embedded = datasets::Error::Embedded { dataset: DatasetName::Glyphs };
        assert_eq!(exit_code(&Error::from(embedded).into()), 2);
    }
}
