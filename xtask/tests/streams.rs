//! Commands finish their work with the same records if standard output or standard error is closed or full.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use record::RunDirectory;

use self::common::xtask;

mod common;

const SMALL: [&str; 4] = ["--set", "training.epochs=1", "--set", "dataset.train=500"];
const SPECS: [&str; 2] = ["experiments/smoke.toml", "experiments/linear.toml"];

/// A pipe whose reading end is closed.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// Runs two experiments with these streams. Returns the exit code, and for each experiment whether it was recorded.
fn run(out: &Path, stdout: Stdio, stderr: Stdio, flags: &[&str]) -> (Option<i32>, [bool; 2]) {
    let mut command = xtask();
    command.arg("run").args(SPECS).args(SMALL).args(["--set", "dataset.test=200", "--out"]).arg(out).args(flags);
    let status = command.stdout(stdout).stderr(stderr).status().unwrap();
    let runs = ["smoke/glyphs/plain-16/seed-0", "linear/glyphs/linear-32/seed-0"];
    (status.code(), runs.map(|run| RunDirectory::at(&out.join(run)).is_complete().unwrap()))
}

#[test]
fn closed_and_full_streams_stop_no_work() {
    let out = tempfile::tempdir().unwrap();
    let done = (Some(0), [true, true]);
    assert_eq!(run(out.path(), closed(), closed(), &[]), done);
    assert_eq!(run(out.path(), closed(), closed(), &["--force"]), done, "records that were given up");
    assert_eq!(run(out.path(), full(), full(), &["--force"]), done);
    assert_eq!(run(out.path(), closed(), full(), &[]), done, "nothing to do");
}

#[test]
fn exit_codes_do_not_depend_on_the_streams() {
    let code = |arguments: &[&str], stdout: Stdio, stderr: Stdio| {
        xtask().args(arguments).stdout(stdout).stderr(stderr).status().unwrap().code()
    };
    for (stdout, stderr) in [(closed(), closed()), (full(), full())] {
        assert_eq!(code(&["run", "absent.toml"], stdout, stderr), Some(2));
    }
    let dry_run = ["run", SPECS[0], "--dry-run"];
    assert_eq!(code(&dry_run, closed(), closed()), Some(0), "a reader that has seen enough");
    assert_eq!(code(&dry_run, full(), Stdio::null()), Some(1), "an answer that is lost");
    assert_eq!(code(&["data", "list"], closed(), Stdio::null()), Some(0));
    assert_eq!(code(&["data", "list"], full(), Stdio::null()), Some(1));
    let out = tempfile::tempdir().unwrap();
    fs::create_dir(out.path().join("empty")).unwrap();
    assert_eq!(code(&["report", out.path().to_str().unwrap()], closed(), closed()), Some(2));
}
