//! The programs behind the command line: built in release mode on first use, then started.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

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
pub(crate) const BENCH: Program = Program { package: "benches", binary: "hourglass-bench" };
const DATA: Program = Program { package: "datasets", binary: "hourglass-data" };

/// Packages that are built together, whatever is asked for: cargo compiles a dependency once for each set of features, and
/// every choice of packages has its own.
const TOGETHER: [&str; 3] = ["datasets", "evaluation", "training"];

/// Builds programs in release mode and gives where each lies. cargo does nothing where they are up to date, and shows
/// its progress where not.
pub(crate) fn build<const N: usize>(programs: [Program; N], quiet: bool) -> Result<[PathBuf; N], Failure> {
    let mut cargo = cargo();
    cargo.args(["build", "--release", "--locked", "--bins", "--message-format=json-render-diagnostics"]);
    for package in TOGETHER.into_iter().chain(programs.map(|program| program.package)) {
        cargo.args(["--package", package]);
    }
    if quiet {
        cargo.arg("--quiet");
    }
    let output = cargo.stderr(Stdio::inherit()).output();
    let messages = output.as_ref().map_or(Vec::new(), |output| output.stdout.clone());
    succeed(output.map(|output| output.status), "cargo build")?;
    // cargo alone knows where it puts programs: flags, variables and configuration files may all change it.
    let artifacts: Vec<Artifact> =
        messages.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let mut paths = std::array::from_fn(|_| PathBuf::new());
    for (path, program) in paths.iter_mut().zip(programs) {
        let artifact = artifacts.iter().find(|artifact| artifact.target.name == program.binary);
        let executable = artifact.and_then(|artifact| artifact.executable.clone());
        *path = executable.ok_or_else(|| Failure::Failed(anyhow!("cargo built no {}", program.binary)))?;
    }
    Ok(paths)
}

/// What cargo says of something it has built.
#[derive(serde::Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(serde::Deserialize)]
struct Target {
    name: String,
}

/// `cargo xtask data ...`: hands everything to the data program.
pub(crate) fn data(arguments: &[OsString]) -> Result<(), Failure> {
    let [program] = build([DATA], false)?;
    succeed(Command::new(program).args(arguments).status(), DATA.binary)
}

/// Has the evaluation do all the work of a command.
pub(crate) fn evaluate(arguments: impl FnOnce(&mut Command) -> &mut Command) -> Result<(), Failure> {
    let [program] = build([EVALUATE], false)?;
    succeed(arguments(&mut Command::new(program)).status(), EVALUATE.binary)
}

/// cargo in the workspace, without what an outer cargo tells its program of the package: build scripts of dependencies look
/// at that, and would run again whenever somebody calls cargo by another way.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(workspace());
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// The signal of Ctrl-C.
#[cfg(unix)]
const SIGINT: i32 = 2;

/// The root of the workspace.
pub(crate) fn workspace() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Exit code of a command that was interrupted.
pub(crate) const INTERRUPTED: u8 = 130;

/// Turns the end of a program that reports its own errors into ours: 2 (bad input), 3 (a regression) and
/// 130 (interrupted) stay what they are, all else becomes 1.
pub(crate) fn succeed(status: std::io::Result<ExitStatus>, what: &str) -> Result<(), Failure> {
    let status = status.with_context(|| format!("cannot start {what}")).map_err(Failure::Failed)?;
    match status.code() {
        Some(0) => Ok(()),
        Some(code @ (2 | 3 | 130)) => Err(Failure::Code(code as u8)),
        Some(_) => Err(Failure::Code(1)),
        #[cfg(unix)]
        None if std::os::unix::process::ExitStatusExt::signal(&status) == Some(SIGINT) => {
            Err(Failure::Code(INTERRUPTED))
        }
        None => Err(Failure::Failed(anyhow!("{what} was ended by a signal"))),
    }
}
