//! What a run runs on.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use record::Environment;
use spec::catalogue::Engine;

/// The state of a working tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Commit {
    /// Its commit, where git knows one.
    hash: Option<String>,
    /// Whether tracked files differ from it, but for those in `results`.
    dirty: Option<bool>,
}

/// Looks at the machine and the versions. What only some runs have is left out.
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

/// Seconds since 1970; 0 where the clock says earlier.
#[expect(clippy::disallowed_methods, reason = "when a run started is for people alone")]
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Asks git for the commit of a working tree. A source archive that lies inside another repository has none: that one does not
/// track it.
pub(crate) fn commit(workspace: &Path) -> Commit {
    let git = |arguments: &[&str]| git(workspace, arguments);
    let tracked = git(&["ls-files", "--error-unmatch", "Cargo.toml"]);
    let Some(hash) = tracked.and_then(|_| git(&["rev-parse", "HEAD"])) else { return Commit::default() };
    // Records are what comes out: those that an earlier run replaced change nothing of this one.
    let changes = git(&["status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)results"]);
    Commit { hash: Some(hash), dirty: changes.map(|changes| !changes.is_empty()) }
}

/// Variables that name another repository, as in a hook of one.
const OF_ANOTHER: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE"];

/// Output of a git command in a folder; `None` without git or a repository.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    for name in OF_ANOTHER {
        command.env_remove(name);
    }
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Linux tells in `/proc/cpuinfo`; elsewhere the model stays unknown.
fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_git(folder: &Path, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"];
        let mut command = Command::new("git");
        for name in OF_ANOTHER {
            command.env_remove(name);
        }
        let output = command.arg("-C").arg(folder).args(identity).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn a_commit_is_that_of_the_repository_which_tracks_the_code() {
        let outer = tempfile::tempdir().unwrap();
        assert_eq!(commit(outer.path()), Commit::default());
        let code = outer.path().join("code");
        fs::create_dir_all(code.join("results")).unwrap();
        for file in ["Cargo.toml", "results/summary.json", "../other.txt"] {
            fs::write(code.join(file), "one").unwrap();
        }
        run_git(outer.path(), &["init", "--quiet"]);
        run_git(outer.path(), &["add", "other.txt"]);
        run_git(outer.path(), &["commit", "--quiet", "-m", "Without the code"]);
        assert_eq!(commit(&code), Commit::default(), "an archive inside another repository");
        run_git(outer.path(), &["add", "code"]);
        run_git(outer.path(), &["commit", "--quiet", "-m", "With the code"]);
        let clean = commit(&code);
        assert_eq!((clean.hash.as_ref().map(String::len), clean.dirty), (Some(40), Some(false)));
        for (file, dirty) in [("../other.txt", false), ("results/summary.json", false), ("Cargo.toml", true)] {
            fs::write(code.join(file), "two").unwrap();
            assert_eq!(commit(&code), Commit { dirty: Some(dirty), ..clean.clone() }, "{file}");
        }
    }
}
