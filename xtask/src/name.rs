//! The name of the command line, `cargo xtask` or `hourglass`, and the folder of its checkout.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, anyhow};
use clap::builder::StyledStr;
use system::terminal;

use crate::Failure;

/// Environment variable with the folder of the checkout, for `hourglass`.
const WORKSPACE: &str = "HOURGLASS_WORKSPACE";

/// Checkout that `hourglass` was built from; not set for `cargo xtask`.
static BUILT_FROM: OnceLock<&'static Path> = OnceLock::new();

/// Sets the name of the command line to `hourglass`, in messages, in help and in the programs that it starts.
pub(crate) fn is_hourglass(built_from: &'static str) {
    // `xtask` lies in the checkout.
    BUILT_FROM.get_or_init(|| Path::new(built_from).parent().unwrap_or(Path::new("")));
    terminal::call_command("hourglass");
}

/// A command that starts a program of Hourglass. The program's messages use the same name of the command line.
pub(crate) fn program(path: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(path);
    command.env(terminal::COMMAND_VARIABLE, terminal::command());
    command
}

/// The manifest of the checkout that commands work in; `None` if cargo finds it by itself.
pub(crate) fn manifest() -> Result<Option<PathBuf>, Failure> {
    let Some(built_from) = BUILT_FROM.get() else {
        // Cargo sets this variable for the package whose program it starts.
        return Ok(std::env::var_os("CARGO_MANIFEST_DIR").map(|package| Path::new(&package).join("Cargo.toml")));
    };
    let here = std::env::current_dir().context("finding the current folder").map_err(Failure::Failed)?;
    let named = std::env::var_os(WORKSPACE).filter(|named| !named.is_empty()).map(PathBuf::from);
    checkout(named, &here, built_from).map(|folder| Some(folder.join("Cargo.toml"))).map_err(Failure::Input)
}

/// The folder of the checkout: `named`, else the nearest at or above `here`, else `built_from`.
fn checkout(named: Option<PathBuf>, here: &Path, built_from: &Path) -> Result<PathBuf, anyhow::Error> {
    let is_checkout =
        |folder: &Path| ["xtask", "crates/programs"].iter().all(|name| folder.join(name).join("Cargo.toml").is_file());
    if let Some(named) = named {
        let folder = here.join(&named);
        let named = named.display();
        return is_checkout(&folder).then_some(folder).ok_or_else(|| {
            anyhow!(
                "{WORKSPACE}={named}: this is not a checkout of Hourglass; expected the folder that holds xtask and \
                 crates"
            )
        });
    }
    let found = here.ancestors().chain([built_from]).find(|folder| is_checkout(folder));
    found.map(Path::to_owned).ok_or_else(|| {
        let built_from = built_from.display();
        anyhow!(
            "found no checkout of Hourglass in the current folder, above it, or in {built_from}; \
             set {WORKSPACE} to the folder of the checkout"
        )
    })
}

/// The command, whose help and subcommands' help call the command line `name`.
pub(crate) fn named(command: clap::Command, name: &'static str) -> clap::Command {
    if name == terminal::COMMAND {
        return command;
    }
    let renamed = |text: &StyledStr| StyledStr::from(text.to_string().replace(terminal::COMMAND, name));
    let mut command = command.mut_subcommands(|inner| named(inner, name));
    command = command.mut_args(|argument| match argument.get_help().map(renamed) {
        Some(help) => argument.help(help),
        None => argument,
    });
    if let Some(about) = command.get_about().map(renamed) {
        command = command.about(about);
    }
    match command.get_after_help().map(renamed) {
        Some(after) => command.after_help(after),
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(folder: &Path) -> PathBuf {
        for package in ["xtask", "crates/programs"] {
            std::fs::create_dir_all(folder.join(package)).unwrap();
            std::fs::write(folder.join(package).join("Cargo.toml"), "").unwrap();
        }
        folder.to_owned()
    }

    #[test]
    fn the_checkout_is_the_named_one_else_the_surrounding_one_else_the_built_from_one() {
        let root = tempfile::tempdir().unwrap();
        let [named, around, built] = ["named", "around", "built"].map(|name| made(&root.path().join(name)));
        let inside = around.join("crates/programs");
        let nowhere = root.path();
        assert_eq!(checkout(Some(named.clone()), &inside, &built).unwrap(), named);
        assert_eq!(checkout(None, &inside, &built).unwrap(), around);
        assert_eq!(checkout(None, nowhere, &built).unwrap(), built);
        let error = checkout(Some("around/xtask".into()), nowhere, &built).unwrap_err().to_string();
        assert!(error.starts_with("HOURGLASS_WORKSPACE=around/xtask: this is not a checkout"), "{error}");
        let error = checkout(None, nowhere, nowhere).unwrap_err().to_string();
        assert!(error.ends_with("set HOURGLASS_WORKSPACE to the folder of the checkout"), "{error}");
    }
}
