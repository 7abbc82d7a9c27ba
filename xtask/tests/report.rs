//! `cargo xtask report` on the committed records writes the committed report.

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

/// Files below `results` that git tracks. A test below limits their size.
const COMMITTED: [&str; 6] = ["README.md", "REPORT.md", "baselines", "peers.toml", "records", "report"];

/// Copies the files below `results` from the commit, not from the working tree, and returns their folder. Without git,
/// copies the files of the working tree.
fn check_out(to: &Path) -> PathBuf {
    let results = to.join(RESULTS);
    let git = |arguments: &[&str], stdin: Stdio| {
        Command::new("git").args(arguments).current_dir(workspace()).stdin(stdin).stdout(Stdio::piped()).spawn()
    };
    let checked_out = || {
        let mut list = git(&["ls-files", "-z", RESULTS], Stdio::null()).ok()?;
        let prefix = format!("--prefix={}/", to.display());
        let copy = git(&["checkout-index", "-z", "--stdin", &prefix], list.stdout.take().unwrap().into()).unwrap();
        let copied = copy.wait_with_output().unwrap().status.success();
        (list.wait().unwrap().success() && copied).then_some(())
    };
    if checked_out().is_none() {
        for (path, bytes) in files(&workspace().join(RESULTS)) {
            if COMMITTED.iter().any(|name| path.starts_with(name)) {
                fs::create_dir_all(results.join(&path).parent().unwrap()).unwrap();
                fs::write(results.join(path), bytes).unwrap();
            }
        }
    }
    results
}

/// Unpacks the committed records into a folder of results, and returns this folder.
fn unpacked(to: &Path) -> PathBuf {
    let results = check_out(to);
    assert!(archive::gather(&results, &results).unwrap() > 20);
    results
}

/// Runs `cargo xtask report` on a folder, and returns its output.
fn report(results: &Path, flags: &[&str]) -> String {
    let output = xtask().arg("report").arg(results).args(flags).current_dir(workspace()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
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
fn committed_experiments_can_be_run_again() {
    let out = tempfile::tempdir().unwrap();
    let results = unpacked(out.path());
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
    let results = unpacked(out.path());
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
    let results = unpacked(out.path());
    let mut on_mnist = BTreeSet::new();
    for path in files(&results).into_keys().filter(|path| path.ends_with("summary.json")) {
        let [experiment, dataset] = [0, 1].map(|part| path.iter().nth(part).unwrap().to_str().unwrap());
        let file = workspace().join("experiments").join(format!("{experiment}.toml"));
        let claims: Vec<String> =
            Experiment::load(&file, &[]).unwrap().claims.iter().map(ToString::to_string).collect();
        let summary: Value = storage::read_json(&results.join(&path)).unwrap();
        let recorded = summary["claims"].as_array().unwrap().iter().map(|claim| claim["text"].as_str().unwrap());
        assert!(recorded.eq(&claims), "{} has other claims than {}", path.display(), file.display());
        // Experiments that only choose settings, on validation images, are not in the suite.
        if dataset == "mnist" && claims.iter().any(|claim| claim.contains("test.")) {
            on_mnist.extend(claims.iter().map(|claim| format!("{experiment} mnist: {claim}")));
        }
    }
    let full: Value = storage::read_json(&results.join("baselines/full.json")).unwrap();
    let held: BTreeSet<String> = full["claims"].as_object().unwrap().keys().cloned().collect();
    let differ: Vec<_> = held.symmetric_difference(&on_mnist).collect();
    assert!(differ.is_empty(), "either has {differ:?}");
}

#[test]
fn the_committed_report_is_made_from_the_committed_records_byte_for_byte() {
    let out = tempfile::tempdir().unwrap();
    let results = check_out(out.path());
    let committed = files(&results);
    fs::remove_file(results.join("REPORT.md")).unwrap();
    fs::remove_dir_all(results.join("report")).unwrap();
    report(&results, &[]);
    assert!(results.join("report.html").is_file());
    fs::remove_file(results.join("report.html")).unwrap();
    fs::remove_dir_all(results.join("pages")).unwrap();
    let made = files(&results);
    assert!(made.keys().eq(committed.keys()), "made {:?}, committed {:?}", made.keys(), committed.keys());
    for (path, bytes) in &made {
        assert!(*bytes == committed[path], "{} differs; `cargo xtask report --publish` makes it anew", path.display());
    }
}

#[test]
fn committed_results_stay_small() {
    let lines = fs::read_to_string(workspace().join("results/REPORT.md")).unwrap().lines().count();
    assert!(lines <= 400, "REPORT.md has {lines} lines");
    let out = tempfile::tempdir().unwrap();
    let committed = files(&check_out(out.path()));
    let other: Vec<_> = committed.keys().filter(|path| !COMMITTED.iter().any(|name| path.starts_with(name))).collect();
    assert!(other.is_empty(), "{other:?}");
    let bytes: usize = committed.values().map(Vec::len).sum();
    assert!(committed.len() <= 150, "{} files", committed.len());
    assert!(bytes <= 8_000_000, "{bytes} bytes");
}

#[test]
fn a_report_changes_tracked_files_only_with_publish() {
    const TEST: &str = "a_report_changes_tracked_files_only_with_publish";
    let out = tempfile::tempdir().unwrap();
    let results = check_out(out.path());
    let git = |arguments: &[&str]| {
        let settings = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "core.autocrlf=false"];
        Command::new("git").current_dir(&results).args(settings).args(arguments).output()
    };
    if !git(&["init", "--quiet"]).is_ok_and(|output| output.status.success()) {
        skipped(TEST, "there is no git");
        return;
    }
    let own = ["plain", "linear"].map(|name| results.join(format!("records/{name}-mnist.tar.gz")));
    let plain = fs::read(&own[0]).unwrap();
    fs::remove_file(&own[0]).unwrap();
    let before = report(&results, &[]);
    assert!(before.starts_with("report   "), "{before}");
    fs::remove_file(results.join("report.html")).unwrap();
    fs::remove_dir_all(results.join("pages")).unwrap();
    for arguments in [&["add", "."][..], &["commit", "--quiet", "-m", "A report"]] {
        assert!(git(arguments).unwrap().status.success());
    }
    let tracked = files(&results);
    let of_git = |files: &BTreeMap<PathBuf, Vec<u8>>| {
        tracked
            .keys()
            .filter(|path| !path.starts_with(".git"))
            .map(|path| (path.clone(), files[path].clone()))
            .collect()
    };
    let published: BTreeMap<PathBuf, Vec<u8>> = of_git(&tracked);

    // Runs of a user.
    let archive = out.path().join("plain.tar.gz");
    fs::write(&archive, plain).unwrap();
    archive::unpack(&archive, &results).unwrap();
    let kept = report(&results, &[]);
    assert!(kept.starts_with("kept     ") && kept.contains("1 file ") && kept.contains("--publish"), "{kept}");
    assert_eq!(of_git(&files(&results)), published);
    assert!(fs::read_to_string(results.join("report.html")).unwrap().contains("plain on mnist"));

    report(&results, &["--publish"]);
    let after = files(&results);
    assert!(String::from_utf8_lossy(&after[Path::new("REPORT.md")]).contains("## plain on mnist"));
    assert_eq!(after[Path::new("records/plain-mnist.tar.gz")], fs::read(&archive).unwrap(), "packed as it was");
    assert_eq!(after[Path::new("records/linear-mnist.tar.gz")], fs::read(&own[1]).unwrap());
    assert!(after.keys().any(|path| path.ends_with("plain-mnist-reconstructions.svg")));
}

#[test]
fn a_damaged_record_is_named_and_the_report_stays() {
    let out = tempfile::tempdir().unwrap();
    let results = check_out(out.path());
    let record = results.join("records/plain-mnist.tar.gz");
    let whole = fs::read(&record).unwrap();
    fs::write(&record, &whole[..whole.len() / 2]).unwrap();
    let before = files(&results);
    let output = xtask().arg("report").arg(&results).current_dir(workspace()).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains("plain-mnist.tar.gz: damaged"), "{message}");
    assert_eq!(files(&results), before);
}

#[test]
fn records_are_packed_and_unpacked_by_the_command_line() {
    let out = tempfile::tempdir().unwrap();
    let results = unpacked(out.path());
    let (archive, into) = (out.path().join("linear.tar.gz"), out.path().join("into"));
    let records = |arguments: [&std::ffi::OsStr; 3]| {
        let output = xtask().arg("records").args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let linear = results.join("linear");
    let (code, text, message) = records(["pack".as_ref(), archive.as_os_str(), linear.as_os_str()]);
    assert!(code == Some(0) && text.starts_with("packed   3 runs in "), "{text}{message}");
    let (code, text, message) = records(["unpack".as_ref(), archive.as_os_str(), into.as_os_str()]);
    assert!(code == Some(0) && text.starts_with("unpacked 3 runs below "), "{text}{message}");
    assert_eq!(files(&into.join("linear")), files(&linear));
    fs::write(into.join("linear/mnist/summary.json"), "{}").unwrap();
    let (code, _, message) = records(["unpack".as_ref(), archive.as_os_str(), into.as_os_str()]);
    assert!(code == Some(2) && message.contains("linear/mnist/summary.json differs from the file in "), "{message}");
}
