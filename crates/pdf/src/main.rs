//! `hourglass-pdf`: writes the figures of a record as PDF. `cargo xtask export RUN pdf` starts it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, anyhow};
use clap::Parser;
use figures::Scenes;
use record::RunDirectory;
use record::folders::summary_file;
use system::storage::NewFolder;
use system::{storage, terminal};

#[derive(Parser)]
#[command(name = "hourglass-pdf", version, about = "Writes the figures of a record as PDF", max_term_width = 100)]
struct Arguments {
    /// Folder of a run, or of an experiment on one data set, which has figures over several runs
    record: PathBuf,
    /// Folder to write into; it must not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Print nothing but errors
    #[arg(long)]
    quiet: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(undrawn) => {
            undrawn.iter().for_each(|error| terminal::tell(&format!("error: {error}; all other figures are written")));
            ExitCode::from(u8::from(!undrawn.is_empty()))
        }
        Err(error) => {
            terminal::tell(&format!("error: {error:#}"));
            let is_of_the_machine = error.chain().any(|cause| cause.downcast_ref::<std::io::Error>().is_some());
            ExitCode::from(if is_of_the_machine { 1 } else { 2 })
        }
    }
}

/// Writes the figures, and returns the errors of those that could not be drawn.
fn run(arguments: &Arguments) -> anyhow::Result<Vec<figures::Error>> {
    let Arguments { record, out, quiet } = arguments;
    let Scenes { made, failed } = scenes(record)?;
    let mut files = Vec::new();
    for (name, scene) in &made {
        files.push((format!("{name}.pdf"), pdf::bytes(scene).with_context(|| format!("figure {name}"))?));
    }
    if files.is_empty() {
        let why = failed.first().map_or_else(
            || "its experiment file lists no figure, or the files that figures are drawn from are missing".to_owned(),
            ToString::to_string,
        );
        return Err(anyhow!("{}: no figure can be drawn: {why}", record.display()));
    }
    // The folder is created with all files, or not at all.
    let folder = NewFolder::create(out)?;
    for (name, bytes) in &files {
        storage::write(&folder.inside().join(name), bytes)?;
    }
    folder.finish()?;
    if !quiet {
        let names = files.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
        terminal::say(&format!("{}: {names}\n", out.display()));
    }
    Ok(failed)
}

fn scenes(record: &Path) -> anyhow::Result<Scenes> {
    let run = RunDirectory::at(record);
    if run.experiment().is_file() {
        return Ok(figures::run_scenes(&run)?);
    }
    if summary_file(record).is_file() {
        return Ok(figures::summary_scenes(record)?);
    }
    Err(anyhow!(
        "{}: no record found; expected the folder of a run, or of an experiment on one data set with a summary.json",
        record.display()
    ))
}
