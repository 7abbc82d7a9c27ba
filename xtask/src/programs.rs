//! The programs behind the command line: built in release mode on first use, then started.

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

/// Packages that are built together, whatever is asked for: cargo compiles a dependency once for each set of features, and
/// every choice of packages has its own.
const TOGETHER: [&str; 2] = ["datasets", "programs"];

/// Where cargo works.
#[derive(serde::Deserialize)]
pub(crate) struct Workspace {
    /// The folder of the workspace.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// The folder of what is built and of what may be thrown away.
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
}

/// Asks cargo for the workspace that this command was started in. What stood in this program when it was built would be
/// another one's in a checkout that was copied or moved since.
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
    let found = found.context("reading what `cargo metadata` says of the workspace").map_err(Failure::Failed)?;
    Ok(WORKSPACE.get_or_init(|| found))
}

/// Builds programs in release mode and gives where each lies. cargo does nothing where they are up to date, and shows
/// its progress where not.
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

/// Has the evaluation do all the work of a command.
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

/// cargo in the workspace, without what an outer cargo tells its program of the package: build scripts of dependencies look
/// at that, and would run again whenever somebody calls cargo by another way.
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

/// Starts a program that reports its own errors, and waits until it has ended.
pub(crate) fn run(command: &mut Command, what: &str) -> Result<(), Failure> {
    let child = command.spawn().map_err(|error| cannot_start(what, error))?;
    finish(child, None, what)
}

/// Starts a program, waits until it has ended, and gives what it printed on standard output.
pub(crate) fn output(command: &mut Command, what: &str) -> Result<Vec<u8>, Failure> {
    let mut printed = Vec::new();
    follow(command, what, |bytes| printed.extend_from_slice(bytes))?;
    Ok(printed)
}

/// Starts a program, hands over what it prints on standard output as it comes, and waits until it has ended. What it prints on
/// standard error is handed on: cargo fails where it cannot be written. A terminal cannot be closed like that, and shows
/// progress.
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
        // A panic of a reader is one of our own.
        let read = [printed, told].map(|reader| reader.join().unwrap_or_else(|panic| resume_unwind(panic)));
        ended?;
        let read: io::Result<Vec<()>> = read.into_iter().collect();
        read.with_context(|| format!("reading what {what} prints")).map(drop).map_err(Failure::Failed)
    })
}

/// Hands over all that comes out of a program, as it comes.
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

/// Waits until a program has ended, and turns its end into ours: 2 (bad input), 3 (a regression) and 130 (interrupted) stay
/// what they are, all else becomes 1. `watched` is its standard input, where closing that makes it stop.
pub(crate) fn finish(mut child: Child, watched: Option<ChildStdin>, what: &str) -> Result<(), Failure> {
    let status = interrupt::wait(&mut child, watched);
    let status = status.with_context(|| format!("cannot wait for {what}")).map_err(Failure::Failed)?;
    // However the program ended: this command was asked to stop.
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
