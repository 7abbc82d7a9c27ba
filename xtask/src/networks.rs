//! The list of networks that the programs are built with: `crates/networks/build.rs` makes a type of each line.

use std::path::PathBuf;

use spec::Run;
use system::storage;

use crate::Failure;
use crate::programs::workspace;

/// Networks that the list holds. Each costs about a tenth of a second when the list has changed.
const MOST: usize = 256;

/// Networks of runs that the programs were not built with last, as lines of the list.
pub(crate) fn missing<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Result<Vec<String>, Failure> {
    let listed = listed()?;
    let mut missing: Vec<String> = Vec::new();
    for form in runs.into_iter().flat_map(Run::forms) {
        let line = form.to_string();
        if !listed.contains(&line) && !missing.contains(&line) {
            missing.push(line);
        }
    }
    Ok(missing)
}

/// Puts the networks of runs on the list. Those of earlier commands stay there, so that two commands at once do not undo each
/// other's programs; the file changes only where one is missing, so that nothing is compiled twice.
pub(crate) fn list<'r>(runs: impl IntoIterator<Item = &'r Run>) -> Result<(), Failure> {
    let runs: Vec<&Run> = runs.into_iter().collect();
    if missing(runs.iter().copied())?.is_empty() {
        return Ok(());
    }
    let file = file()?;
    let _lock = storage::wait_for_lock(&file.with_extension("lock"))?;
    // Another command may have changed it in between.
    let needed: Vec<String> = runs.into_iter().flat_map(Run::forms).map(|form| form.to_string()).collect();
    let mut lines: Vec<String> = Vec::new();
    for line in needed.iter().chain(&listed()?) {
        if !lines.contains(line) {
            lines.push(line.clone());
        }
    }
    lines.truncate(MOST.max(needed.len()));
    lines.sort();
    Ok(storage::write(&file, (lines.join("\n") + "\n").as_bytes())?)
}

fn file() -> Result<PathBuf, Failure> {
    Ok(workspace()?.target.join("networks.txt"))
}

fn listed() -> Result<Vec<String>, Failure> {
    let file = file()?;
    if !file.exists() {
        return Ok(Vec::new());
    }
    Ok(storage::read_text(&file)?.lines().map(str::to_owned).collect())
}
