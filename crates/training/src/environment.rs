//! What a run runs on.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use experiment::catalogue::Engine;
use experiment::record::Environment;

/// Looks at the machine, the versions and the working tree.
pub(crate) fn observe(
    dataset_fingerprint: String,
    source_fingerprint: Option<String>,
    seed: u64,
    command: String,
    engine: Engine,
    engine_reason: Option<String>,
) -> Environment {
    let git_commit = git(&["rev-parse", "HEAD"]);
    // Records are what comes out: those that an earlier run replaced change nothing of this one.
    let status = ["status", "--porcelain", "--untracked-files=no", "--", ":/", ":(top,exclude)results"];
    let git_dirty = git_commit.as_ref().and_then(|_| git(&status));
    Environment {
        hourglass: env!("CARGO_PKG_VERSION").to_owned(),
        versions: BTreeMap::from([
            ("dfdx".to_owned(), env!("DFDX_VERSION").to_owned()),
            ("faer".to_owned(), env!("FAER_VERSION").to_owned()),
            ("rustc".to_owned(), env!("RUSTC_VERSION").to_owned()),
        ]),
        git_commit,
        git_dirty: git_dirty.map(|changes| !changes.is_empty()),
        platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        cpu: cpu_model(),
        cpus: std::thread::available_parallelism().map_or(1, usize::from),
        threads: rayon::current_num_threads(),
        engine,
        engine_reason,
        dataset_fingerprint,
        source_fingerprint,
        seed,
        command,
        started: now(),
    }
}

/// Seconds since 1970; 0 where the clock says earlier.
#[expect(clippy::disallowed_methods, reason = "when a run started is for people alone")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Output of a git command in the folder of this code; `None` without git or a repository.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(["-C", env!("CARGO_MANIFEST_DIR")]).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Linux tells in `/proc/cpuinfo`; elsewhere the model stays unknown.
fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
