//! The environment of a run: machine, versions and settings that the record names.

use std::collections::BTreeMap;
use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

use record::{Commit, Environment};
use spec::catalogue::Engine;

/// The environment of this process. The caller adds the fields that only some runs have.
pub(crate) fn observe(
    commit: Commit,
    dataset_fingerprint: String,
    seed: u64,
    command: String,
    engine: Engine,
) -> Environment {
    Environment {
        hourglass: env!("CARGO_PKG_VERSION").to_owned(),
        versions: BTreeMap::from([
            ("dfdx".to_owned(), env!("DFDX_VERSION").to_owned()),
            ("faer".to_owned(), env!("FAER_VERSION").to_owned()),
            ("rustc".to_owned(), env!("RUSTC_VERSION").to_owned()),
        ]),
        git_commit: commit.hash,
        git_dirty: commit.dirty,
        platform: format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH),
        cpu: cpu_model(),
        cpus: std::thread::available_parallelism().map_or(1, usize::from),
        threads: rayon::current_num_threads(),
        engine,
        dataset_fingerprint,
        source_fingerprint: None,
        unpublished_files: Vec::new(),
        seed,
        command,
        started: now(),
    }
}

/// Seconds since 1970; 0 if the clock shows an earlier time.
#[expect(clippy::disallowed_methods, reason = "when a run started is for people alone")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Model of the CPU, from Linux's `/proc/cpuinfo`; `None` on other systems.
fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
