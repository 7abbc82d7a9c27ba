//! The programs behind the command line: built in release mode on first use, then started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use anyhow::{Context, anyhow};

use crate::Failure;

/// A release program of this workspace.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    package: &'static str,
    binary: &'static str,
}

pub(crate) const TRAIN: Program = Program { package: "training", binary: "hourglass-train" };
pub(crate) const EVALUATE: Program = Program { package: "evaluation", binary: "hourglass-evaluate" };
const DATA: Program = Program { package: "datasets", binary: "hourglass-data" };

/// Builds programs in release mode. cargo does nothing where they are up to date, and says what it does where not.
pub(crate) fn build(programs: &[Program], quiet: bool) -> Result<(), Failure> {
    let mut cargo = cargo();
    cargo.args(["build", "--release", "--locked"]);
    for program in programs {
        cargo.args(["--package", program.package, "--bin", program.binary]);
    }
    // Silent when there is nothing to do; a first build takes minutes and shows its progress.
    if quiet || programs.iter().all(|program| program.path().exists()) {
        cargo.arg("--quiet");
    } else {
        eprintln!("Building the release programs; the first time takes a few minutes.");
    }
    succeed(cargo.status(), "cargo build")
}

impl Program {
    /// The built program.
    pub(crate) fn path(self) -> PathBuf {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
        target.join("release").join(format!("{}{}", self.binary, std::env::consts::EXE_SUFFIX))
    }
}

/// `cargo xtask data ...`: hands everything to the data program.
pub(crate) fn data(arguments: &[OsString]) -> Result<(), Failure> {
    build(&[DATA], false)?;
    succeed(Command::new(DATA.path()).args(arguments).status(), DATA.binary)
}

/// cargo in the workspace.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace());
    cargo
}

/// The root of the workspace.
pub(crate) fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Turns the end of a program that reports its own errors into ours: 2 stays 2, an interruption 130, all else 1.
pub(crate) fn succeed(status: std::io::Result<ExitStatus>, what: &str) -> Result<(), Failure> {
    let status = status.with_context(|| format!("cannot start {what}")).map_err(Failure::Failed)?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code @ (2 | 130)) => Err(Failure::Code(code as u8)),
        Some(_) => Err(Failure::Code(1)),
        None => Err(Failure::Failed(anyhow!("{what} was ended by a signal"))),
    }
}
