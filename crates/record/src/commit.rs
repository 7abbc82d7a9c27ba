//! The commit of the working tree that made a record.

use std::path::Path;
use std::process::Command;

/// State of a working tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Commit {
    /// Hash of its commit, or `None` if it is not in a git repository.
    pub hash: Option<String>,
    /// True if tracked files differ from the commit, apart from those in `results`. `None` without a commit.
    pub dirty: Option<bool>,
}

/// State of the working tree at `workspace`, from git. A source archive that lies inside another repository has no
/// commit, because that repository does not track it.
pub fn commit(workspace: &Path) -> Commit {
    let git = |arguments: &[&str]| git(workspace, arguments);
    let tracked = git(&["ls-files", "--error-unmatch", "Cargo.toml"]);
    let Some(hash) = tracked.and_then(|_| git(&["rev-parse", "HEAD"])) else { return Commit::default() };
    // Results do not influence a run: replaced records do not count as changes.
    let changes = git(&["status", "--porcelain", "--untracked-files=no", "--", ".", ":(exclude)results"]);
    Commit { hash: Some(hash), dirty: changes.map(|changes| !changes.is_empty()) }
}

/// Variables that name another repository, as git sets them for a hook.
const OF_ANOTHER: [&str; 6] =
    ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR", "GIT_NAMESPACE"];

/// Output of a git command in a folder. `None` without git or a repository.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    for name in OF_ANOTHER {
        command.env_remove(name);
    }
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use std::fs;

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
    fn the_commit_is_that_of_the_repository_that_tracks_the_code() {
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
