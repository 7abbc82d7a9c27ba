//! `completions` and `man`: completions for shells, and manual pages.

use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap_complete::Shell;
use clap_mangen::Man;
use system::{storage, terminal};

use crate::{Failure, command};

/// The program that the completions and manual pages describe.
const PROGRAM: &str = "hourglass";

/// Prints the completions for a shell.
pub(crate) fn completions(shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut command(PROGRAM), PROGRAM, &mut script);
    let script = String::from_utf8(script).context("encoding the completions as UTF-8").map_err(Failure::Failed)?;
    Ok(terminal::answer(&script)?)
}

/// Writes a manual page for the program and one for each of its commands into a folder.
pub(crate) fn man(folder: &Path) -> Result<(), Failure> {
    if folder.exists() && !folder.is_dir() {
        return Err(Failure::Input(anyhow!("{}: this is a file; expected a folder", folder.display())));
    }
    storage::create_directory(folder)?;
    let mut program = command(PROGRAM);
    program.build();
    let mut written = Vec::new();
    page(&program, folder, &mut written)?;
    let (count, folder) = (written.len(), folder.display());
    Ok(terminal::answer(&format!("{count} pages in {folder}; to read one: man {folder}/{PROGRAM}-run.1\n"))?)
}

/// Writes the manual page of a command, such as `hourglass-run.1`, and the pages of its subcommands.
fn page(command: &clap::Command, folder: &Path, written: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let mut text = Vec::new();
    Man::new(command.clone()).render(&mut text).context("writing a page").map_err(Failure::Failed)?;
    let path = folder.join(format!("{}.1", command.get_display_name().unwrap_or(PROGRAM)));
    storage::write(&path, &text)?;
    written.push(path);
    let is_own = |inner: &&clap::Command| inner.get_name() != "help";
    command.get_subcommands().filter(is_own).try_for_each(|inner| page(inner, folder, written))
}
