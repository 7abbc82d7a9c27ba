//! Helpers that the tests of the command line share. They ask cargo for paths at run time: a path compiled into the
//! tests would be wrong after the checkout is copied.

#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses a part, and may fail")]

use std::env;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder of the workspace.
pub(crate) fn workspace() -> PathBuf {
    Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap()).parent().unwrap().to_owned()
}

/// The program, started in the workspace.
pub(crate) fn xtask() -> Command {
    // Cargo sets this variable at run time from version 1.94 on.
    let program = env::var_os("CARGO_BIN_EXE_xtask").unwrap_or(env!("CARGO_BIN_EXE_xtask").into());
    let mut command = Command::new(program);
    command.current_dir(workspace());
    command
}

/// `hourglass` in a folder, with the environment of a shell.
pub(crate) fn hourglass(folder: &Path) -> Command {
    let program = env::var_os("CARGO_BIN_EXE_hourglass").unwrap_or(env!("CARGO_BIN_EXE_hourglass").into());
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if name.to_string_lossy().starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).env("HOURGLASS_WORKSPACE", workspace()).env_remove("HOURGLASS_DATA");
    command
}

/// Prints that a test checked nothing, and why. The test harness hides the output of passing tests; this text bypasses
/// it.
pub(crate) fn skipped(test: &str, why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped {test}: {why}");
}
