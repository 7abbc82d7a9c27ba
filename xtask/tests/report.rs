//! The committed report is what the command makes of the committed records.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use record::{Environment, RunDirectory};
use serde_json::Value;
use spec::Experiment;
use system::storage;

use self::common::{skipped, workspace, xtask};

mod common;

const RESULTS: &str = "results";

/// Copies the files below `results` as git has them, whatever has become of them or lies beside them in the working tree;
/// false where there is no git or no repository.
fn check_out(to: &Path) -> bool {
    let git = |arguments: &[&str], stdin: Stdio| {
        Command::new("git").args(arguments).current_dir(workspace()).stdin(stdin).stdout(Stdio::piped()).spawn()
    };
    let Ok(mut list) = git(&["ls-files", "-z", RESULTS], Stdio::null()) else { return false };
    let prefix = format!("--prefix={}/", to.display());
    let copy = git(&["checkout-index", "-z", "--stdin", &prefix], list.stdout.take().unwrap().into()).unwrap();
    let copied = copy.wait_with_output().unwrap().status.success();
    list.wait().unwrap().success() && copied
}

/// Every file below a folder, by its path from there.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for path in fs::read_dir(next).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with(".lock") {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn committed_records_do_not_stand_in_the_way_of_who_runs_them_again() {
    let out = tempfile::tempdir().unwrap();
    if !check_out(out.path()) {
        skipped("committed_records_do_not_stand_in_the_way_of_who_runs_them_again", "this is no git repository");
        return;
    }
    let results = out.path().join(RESULTS);
    let mut commands = BTreeSet::new();
    for path in files(&results).into_keys().filter(|path| path.ends_with("environment.json")) {
        commands.insert(storage::read_json::<Environment>(&results.join(path)).unwrap().command);
    }
    for text in &commands {
        let mut command = xtask();
        command.args(text.strip_prefix("cargo xtask ").unwrap().split(' '));
        command.args(["--dry-run", "--out"]).arg(&results);
        let output = command.current_dir(workspace()).output().unwrap();
        assert!(output.status.success(), "{text}: {}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(commands.len() > 10);
}

#[test]
fn committed_records_are_complete_and_sealed() {
    let out = tempfile::tempdir().unwrap();
    if !check_out(out.path()) {
        skipped("committed_records_are_complete_and_sealed", "this is no git repository");
        return;
    }
    let results = out.path().join(RESULTS);
    let mut records = 0;
    for path in files(&results).into_keys().filter(|path| path.ends_with("status.json")) {
        let record = RunDirectory::at(results.join(&path).parent().unwrap());
        assert!(record.is_complete().unwrap(), "{}", path.display());
        assert!(record.status().unwrap().unwrap().seal.is_some(), "{}", path.display());
        records += 1;
    }
    assert!(records > 100);
}

#[test]
fn committed_summaries_and_the_full_baseline_have_the_claims_of_the_files() {
    let out = tempfile::tempdir().unwrap();
    if !check_out(out.path()) {
        skipped("committed_summaries_and_the_full_baseline_have_the_claims_of_the_files", "this is no git repository");
        return;
    }
    let results = out.path().join(RESULTS);
    let mut on_mnist = BTreeSet::new();
    for path in files(&results).into_keys().filter(|path| path.ends_with("summary.json")) {
        let [experiment, dataset] = [0, 1].map(|part| path.iter().nth(part).unwrap().to_str().unwrap());
        let file = workspace().join("experiments").join(format!("{experiment}.toml"));
        let claims: Vec<String> =
            Experiment::load(&file, &[]).unwrap().claims.iter().map(ToString::to_string).collect();
        let summary: Value = storage::read_json(&results.join(&path)).unwrap();
        let recorded = summary["claims"].as_array().unwrap().iter().map(|claim| claim["text"].as_str().unwrap());
        assert!(recorded.eq(&claims), "{} has other claims than {}", path.display(), file.display());
        if dataset == "mnist" {
            on_mnist.extend(claims.iter().map(|claim| format!("{experiment} mnist: {claim}")));
        }
    }
    let full: Value = storage::read_json(&results.join("baselines/full.json")).unwrap();
    let held: BTreeSet<String> = full["claims"].as_object().unwrap().keys().cloned().collect();
    let differ: Vec<_> = held.symmetric_difference(&on_mnist).collect();
    assert!(differ.is_empty(), "either has {differ:?}");
}

#[test]
fn the_committed_report_is_made_from_the_committed_records() {
    let out = tempfile::tempdir().unwrap();
    if !check_out(out.path()) {
        skipped("the_committed_report_is_made_from_the_committed_records", "this is no git repository");
        return;
    }
    let results = out.path().join(RESULTS);
    let committed = files(&results);
    for path in ["REPORT.md", "report.html", "report"].map(|name| results.join(name)) {
        if path.is_dir() { fs::remove_dir_all(path).unwrap() } else { fs::remove_file(path).unwrap() }
    }
    let mut command = xtask();
    let output = command.arg("report").arg(&results).current_dir(workspace()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let made = files(&results);
    assert!(made.keys().eq(committed.keys()), "made {:?}, committed {:?}", made.keys(), committed.keys());
    for (path, bytes) in &made {
        assert!(*bytes == committed[path], "{} differs; `cargo xtask report` makes it anew", path.display());
    }
}
