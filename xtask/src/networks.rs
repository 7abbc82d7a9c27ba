//! The list of networks that the programs are built with: `crates/networks/build.rs` makes a type of each line.

use std::path::{Path, PathBuf};

use spec::Run;
use system::{storage, terminal};

use crate::Failure;
use crate::programs::workspace;

/// Networks that the list holds. Each costs about a tenth of a second when the list has changed.
const MOST: usize = 256;

/// Networks of runs that the programs were not built with last, as lines of the list.
pub(crate) fn missing<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Result<Vec<String>, Failure> {
    let listed = listed()?;
    let mut missing = needed(&runs.into_iter().collect::<Vec<_>>());
    missing.retain(|line| !listed.contains(line));
    Ok(missing)
}

/// Puts the networks of runs on the list, before those of earlier commands, which stay there: two commands at once do not undo
/// each other's programs. The file changes only where one is missing, so that nothing is compiled twice.
pub(crate) fn list<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Result<(), Failure> {
    let runs: Vec<&Run> = runs.into_iter().collect();
    if missing(runs.iter().copied())?.is_empty() {
        return Ok(());
    }
    let _lock = lock()?;
    // Another command may have changed it in between.
    let needed = needed(&runs);
    let earlier = listed()?.into_iter().filter(|line| !needed.contains(line));
    let mut lines: Vec<String> = needed.iter().cloned().chain(earlier).collect();
    lines.truncate(MOST.max(needed.len()));
    write(&lines)
}

/// Puts the networks of a file on the list, one on each line; a line that begins with `#` is a comment. Those of earlier commands stay.
pub(crate) fn list_all(file: &Path) -> Result<(), Failure> {
    let text = storage::read_text(file)?;
    let wanted: Vec<String> = text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    let _lock = lock()?;
    let earlier = listed()?.into_iter().filter(|line| !wanted.contains(line));
    let lines: Vec<String> = wanted.iter().cloned().chain(earlier).take(MOST).collect();
    write(&lines)
}

/// Leaves nothing on the list but the networks of runs, and tells whether there was anything else. Lines of another version of
/// the code can keep it from compiling.
pub(crate) fn forget_others<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Result<bool, Failure> {
    let _lock = lock()?;
    let needed = needed(&runs.into_iter().collect::<Vec<_>>());
    let has_others = listed()?.iter().any(|line| !needed.contains(line));
    if has_others {
        terminal::tell("the list of networks may hold some of another version: building without them");
        write(&needed)?;
    }
    Ok(has_others)
}

/// The networks of runs, each once.
fn needed(runs: &[&Run]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for line in runs.iter().flat_map(|run| run.forms()).map(|form| form.to_string()) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// The list lies beside the workspace's manifest, where the build script finds it whatever folder cargo builds in.
fn file() -> Result<PathBuf, Failure> {
    Ok(workspace()?.root.join(".networks.txt"))
}

fn lock() -> Result<storage::Lock, Failure> {
    Ok(storage::wait_for_lock(&file()?.with_extension("lock"))?)
}

fn write(lines: &[String]) -> Result<(), Failure> {
    Ok(storage::write(&file()?, (lines.join("\n") + "\n").as_bytes())?)
}

fn listed() -> Result<Vec<String>, Failure> {
    let file = file()?;
    if !file.exists() {
        return Ok(Vec::new());
    }
    Ok(storage::read_text(&file)?.lines().map(str::to_owned).collect())
}
