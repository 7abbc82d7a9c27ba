//! Builds the programs of the workspace in release mode, starts them, and maps their exit codes to ours.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, IsTerminal};
use std::panic::resume_unwind;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::thread;

use anyhow::{Context, anyhow};
use system::interrupt;
use system::interrupt::INTERRUPTED;
use system::terminal;

use crate::{Failure, name};

/// A release program of this workspace.
#[derive(Clone, Copy)]
pub(crate) struct Program {
    package: &'static str,
    binary: &'static str,
}

pub(crate) const TRAIN: Program = Program { package: "programs", binary: "hourglass-train" };
pub(crate) const EVALUATE: Program = Program { package: "programs", binary: "hourglass-evaluate" };
pub(crate) const BENCH: Program = Program { package: "benches", binary: "hourglass-bench" };
pub(crate) const DATA: Program = Program { package: "datasets", binary: "hourglass-data" };
pub(crate) const READ: Program = Program { package: "readers", binary: "hourglass-read" };
pub(crate) const FETCH: Program = Program { package: "fetch", binary: "hourglass-fetch" };
pub(crate) const APPLY: Program = Program { package: "apply", binary: "hourglass-apply" };
pub(crate) const PDF: Program = Program { package: "pdf", binary: "hourglass-pdf" };
pub(crate) const TENSORBOARD: Program = Program { package: "tensorboard", binary: "hourglass-tensorboard" };
pub(crate) const RECORDS: Program = Program { package: "archive", binary: "hourglass-records" };

/// Packages that every build includes. Cargo compiles a dependency once for each set of features, and each choice of
/// packages has its own set; building these together avoids compiling dependencies twice.
const TOGETHER: [&str; 2] = ["datasets", "programs"];

/// The folders of the workspace that cargo works in.
#[derive(serde::Deserialize)]
pub(crate) struct Workspace {
    /// The folder of the workspace.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// Cargo's target folder, for build outputs and temporary files.
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
}

/// Asks cargo for the workspace that this command was started in. A path compiled into this program would be wrong
/// after the checkout is copied or moved.
pub(crate) fn workspace() -> Result<&'static Workspace, Failure> {
    static WORKSPACE: OnceLock<Workspace> = OnceLock::new();
    if let Some(workspace) = WORKSPACE.get() {
        return Ok(workspace);
    }
    let mut cargo = Command::new(cargo_path());
    cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
    if let Some(manifest) = name::manifest()? {
        cargo.arg("--manifest-path").arg(manifest);
    }
    let found = serde_json::from_slice(&output(&mut cargo, "cargo metadata")?);
    let found = found.context("reading the output of `cargo metadata`").map_err(Failure::Failed)?;
    Ok(WORKSPACE.get_or_init(|| found))
}

/// Builds programs in release mode and returns their paths. Cargo does nothing for programs that are up to date, and
/// shows its progress for the others.
pub(crate) fn build<const N: usize>(programs: [Program; N], quiet: bool) -> Result<[PathBuf; N], Failure> {
    let mut cargo = cargo()?;
    cargo.args(["build", "--release", "--locked", "--bins", "--message-format=json-render-diagnostics"]);
    for package in TOGETHER.into_iter().chain(programs.map(|program| program.package)) {
        cargo.args(["--package", package]);
    }
    if quiet {
        cargo.arg("--quiet");
    }
    let messages = output(&mut cargo, "cargo build")?;
    // Flags, variables and configuration files can all change where cargo puts programs, so its messages name the
    // paths.
    let artifacts: Vec<Artifact> =
        messages.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
    let mut paths = std::array::from_fn(|_| PathBuf::new());
    for (path, program) in paths.iter_mut().zip(programs) {
        let artifact = artifacts.iter().find(|artifact| artifact.target.name == program.binary);
        let executable = artifact.and_then(|artifact| artifact.executable.clone());
        *path = executable.ok_or_else(|| Failure::Failed(anyhow!("cargo did not build {}", program.binary)))?;
    }
    Ok(paths)
}

/// A message of cargo about one file that it built.
#[derive(serde::Deserialize)]
struct Artifact {
    target: Target,
    executable: Option<PathBuf>,
}

#[derive(serde::Deserialize)]
struct Target {
    name: String,
}

/// Builds `hourglass-evaluate` and starts it with these arguments.
pub(crate) fn evaluate(arguments: impl FnOnce(&mut Command) -> &mut Command) -> Result<(), Failure> {
    start(EVALUATE, arguments)
}

/// Builds a program and starts it with these arguments.
pub(crate) fn start(program: Program, arguments: impl FnOnce(&mut Command) -> &mut Command) -> Result<(), Failure> {
    let [path] = build([program], false)?;
    run(arguments(&mut name::program(path)), program.binary)
}

fn cargo_path() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// A cargo command in the workspace, without the variables that an outer cargo sets for a package. Build scripts of
/// dependencies read these variables, and would run again whenever cargo is called another way.
pub(crate) fn cargo() -> Result<Command, Failure> {
    let mut cargo = Command::new(cargo_path());
    cargo.current_dir(&workspace()?.root);
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            cargo.env_remove(name);
        }
    }
    Ok(cargo)
}

fn cannot_start(what: &str, error: io::Error) -> Failure {
    if error.kind() == io::ErrorKind::NotFound && what.starts_with("cargo ") {
        return Failure::Failed(anyhow!(
            "cannot find cargo: Hourglass compiles networks when they are asked for, and needs Rust 1.89 or newer; \
             install Rust from https://rustup.rs"
        ));
    }
    Failure::Failed(anyhow::Error::new(error).context(format!("cannot start {what}")))
}

/// Starts a program that reports its own errors, and waits for its end.
pub(crate) fn run(command: &mut Command, what: &str) -> Result<(), Failure> {
    let child = command.spawn().map_err(|error| cannot_start(what, error))?;
    finish(child, None, what)
}

/// Starts a program, waits for its end, and returns its standard output.
pub(crate) fn output(command: &mut Command, what: &str) -> Result<Vec<u8>, Failure> {
    let mut printed = Vec::new();
    follow(command, what, |bytes| printed.extend_from_slice(bytes))?;
    Ok(printed)
}

/// Starts a program, passes its standard output to `each` as it arrives, and waits for its end. Standard error is
/// passed on through this process unless it is a terminal: cargo fails on a closed pipe, but shows its progress on a
/// terminal.
pub(crate) fn follow(command: &mut Command, what: &str, mut each: impl FnMut(&[u8]) + Send) -> Result<(), Failure> {
    if !io::stderr().is_terminal() {
        command.stderr(Stdio::piped());
    }
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|error| cannot_start(what, error))?;
    let (printed, told) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        let printed = scope.spawn(move || printed.map_or(Ok(()), |printed| pass(printed, &mut each)));
        let told = scope.spawn(move || told.map_or(Ok(()), |told| pass(told, &mut terminal::hand_on_error)));
        let ended = finish(child, None, what);
        // A panic in a reader thread continues in this thread.
        let read = [printed, told].map(|reader| reader.join().unwrap_or_else(|panic| resume_unwind(panic)));
        ended?;
        let read: io::Result<Vec<()>> = read.into_iter().collect();
        read.with_context(|| format!("reading the output of {what}")).map(drop).map_err(Failure::Failed)
    })
}

/// Passes the output of a program to `each`, as it arrives.
fn pass(printed: impl io::Read, each: &mut impl FnMut(&[u8])) -> io::Result<()> {
    let mut printed = BufReader::new(printed);
    loop {
        let bytes = match printed.fill_buf() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            bytes => bytes?,
        };
        if bytes.is_empty() {
            return Ok(());
        }
        each(bytes);
        let count = bytes.len();
        printed.consume(count);
    }
}

/// Waits for the end of a program and maps its exit code to ours: 2 (bad input), 3 (a regression) and 130 (interrupted)
/// stay the same, any other failure becomes 1. `watched` is the standard input of a program that stops when its
/// standard input is closed.
pub(crate) fn finish(mut child: Child, watched: Option<ChildStdin>, what: &str) -> Result<(), Failure> {
    let status = interrupt::wait(&mut child, watched);
    let status = status.with_context(|| format!("cannot wait for {what}")).map_err(Failure::Failed)?;
    // An interrupt of this command counts as an interruption, whatever the exit code of the program.
    if interrupt::asked().load(Ordering::Relaxed) {
        return Err(Failure::Interrupted(String::new()));
    }
    match status.code() {
        Some(0) => Ok(()),
        Some(code @ (2 | 3)) => Err(Failure::Code(code as u8)),
        Some(code) if code == i32::from(INTERRUPTED) => Err(Failure::Interrupted(String::new())),
        Some(_) => Err(Failure::Code(1)),
        #[cfg(unix)]
        None if std::os::unix::process::ExitStatusExt::signal(&status) == Some(SIGINT) => {
            Err(Failure::Interrupted(String::new()))
        }
        None => Err(Failure::Failed(anyhow!("{what} was ended by a signal"))),
    }
}

/// The signal of Ctrl-C.
#[cfg(unix)]
const SIGINT: i32 = 2;
