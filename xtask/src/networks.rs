//! The list of networks that the programs are built with. `crates/networks/build.rs` makes a type from each line.

use std::path::PathBuf;

use spec::Run;
use system::{storage, terminal};

use crate::Failure;
use crate::programs::workspace;

/// Largest number of networks in the list. Each adds about a tenth of a second to a build after a change of the list.
const MOST: usize = 256;

/// Networks of runs that are not in the list, as lines of the list.
pub(crate) fn missing<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Result<Vec<String>, Failure> {
    let listed = listed()?;
    let mut missing = needed(&runs.into_iter().collect::<Vec<_>>());
    missing.retain(|line| !listed.contains(line));
    Ok(missing)
}

/// Puts the networks of runs at the start of the list. Networks of earlier commands stay in it, so that two commands at
/// once keep each other's networks. The file changes only if a network is missing, so that cargo compiles nothing
/// twice.
pub(crate) fn list<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Result<(), Failure> {
    let runs: Vec<&Run> = runs.into_iter().collect();
    if missing(runs.iter().copied())?.is_empty() {
        return Ok(());
    }
    let _lock = lock()?;
    // Another command may have changed the list before this one got the lock.
    let needed = needed(&runs);
    let earlier = listed()?.into_iter().filter(|line| !needed.contains(line));
    let mut lines: Vec<String> = needed.iter().cloned().chain(earlier).collect();
    lines.truncate(MOST.max(needed.len()));
    write(&lines)
}

/// Removes all networks but those of the runs from the list. True if there was another one. Lines of another version of
/// the code can break the build.
pub(crate) fn forget_others<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Result<bool, Failure> {
    let _lock = lock()?;
    let needed = needed(&runs.into_iter().collect::<Vec<_>>());
    let has_others = listed()?.iter().any(|line| !needed.contains(line));
    if has_others {
        terminal::tell("the list of networks may have entries of another version: building without them");
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

/// The path of the list. It lies beside the workspace's manifest, where the build script finds it from any build
/// folder.
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
