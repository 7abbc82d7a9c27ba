//! Injects a fault into each write of an evaluation, a report or a summary, one after the other.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use networks::NETWORKS;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use figures::summary::{Summary, summary_file};
use record::{Metrics, State};
use report::Error;
use report::across;
use system::storage;
use system::storage::faults;
use system::storage::faults::Fault;

const SPEC: &str = "question = \"Does it survive?\"\n\
    [dataset]\nname = \"glyphs\"\ntrain = 60\nvalidation = 0\ntest = 20\n\
    [model]\narchitecture = \"linear\"\ncode = 4\n\
    [training]\nepochs = 1\nbatch_size = 20\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.001\n\
    [evaluation]\nbaselines = [\"mean_image\"]\nplots = [\"reconstructions\"]\n";

/// Lock for tests that write: an injected fault affects every thread.
static DISK: Mutex<()> = Mutex::new(());

/// Every file below a folder, by its path from there.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn faults_of(changes: usize) -> impl Iterator<Item = Fault> {
    [Fault::Once, Fault::Torn, Fault::Forever].into_iter().flat_map(move |kind| (0..changes).map(kind))
}

#[test]
fn after_any_fault_in_an_evaluation_the_record_can_be_evaluated() {
    let _disk = DISK.lock().unwrap_or_else(PoisonError::into_inner);
    let run = common::run(SPEC);
    let record = || {
        let out = tempfile::tempdir().unwrap();
        let directory = common::record(&run, out.path());
        (out, directory)
    };
    let (_out, undisturbed) = record();
    let (result, changes) = faults::with(Fault::Never, || evaluation::evaluate(&undisturbed, NETWORKS, None));
    result.unwrap();
    assert!(changes > 5, "{changes} changes of the disk");
    let expected = files(undisturbed.path());
    for again in [false, true] {
        for fault in faults_of(changes + usize::from(again)) {
            let (out, directory) = record();
            if again {
                evaluation::evaluate(&directory, NETWORKS, None).unwrap();
            }
            let (result, _) = faults::with(fault, || evaluation::evaluate(&directory, NETWORKS, None));
            let text = result.unwrap_err().to_string();
            assert!(text.contains(&*out.path().to_string_lossy()), "{fault:?}: the error names no file: {text}");
            match directory.status().unwrap() {
                // The fault came before the first change of the complete record.
                Some(status) if status.state == State::Complete => assert_eq!(files(directory.path()), expected),
                Some(status) => assert_eq!(status.state, State::Interrupted, "{fault:?}"),
                None => assert!(!again),
            }
            if directory.metrics().exists() {
                storage::read_json::<Metrics>(&directory.metrics()).unwrap();
            }
            evaluation::evaluate(&directory, NETWORKS, None).unwrap();
            assert_eq!(files(directory.path()), expected, "{fault:?}");
        }
    }
    println!("walked {} faults of an evaluation", 3 * (2 * changes + 1));
}

#[test]
fn after_any_fault_a_report_has_only_whole_files_and_can_be_made_again() {
    let _disk = DISK.lock().unwrap_or_else(PoisonError::into_inner);
    let out = tempfile::tempdir().unwrap();
    let folder = common::record_experiment(out.path());
    let summary = summary_file(&folder);
    let (asked, text) = (fs::read(&summary).unwrap(), fs::read_to_string(&summary).unwrap());
    let report = || report::report(out.path(), &common::experiments()).map(drop);
    report().unwrap();
    let old = files(out.path());
    fs::write(&summary, text.replace("Does it measure?", "Does it still measure?")).unwrap();
    let (result, changes) = faults::with(Fault::Never, report);
    result.unwrap();
    assert!(changes > 5, "{changes} changes of the disk");
    let new = files(out.path());
    assert_ne!(old, new);
    for fault in faults_of(changes) {
        fs::write(&summary, &asked).unwrap();
        report().unwrap();
        fs::write(&summary, &new[summary.strip_prefix(out.path()).unwrap()]).unwrap();
        let text = faults::with(fault, report).0.unwrap_err().to_string();
        assert!(text.contains(&*out.path().to_string_lossy()), "{fault:?}: the error names no file: {text}");
        for (path, bytes) in files(out.path()) {
            assert!([&old, &new].iter().any(|files| files.get(&path) == Some(&bytes)), "{fault:?}: {}", path.display());
        }
        report().unwrap();
        assert_eq!(files(out.path()), new, "{fault:?}");
    }
    println!("walked {} faults of a report", 3 * changes);
}

#[test]
fn after_any_fault_a_summary_is_the_old_one_or_the_new_one() {
    let _disk = DISK.lock().unwrap_or_else(PoisonError::into_inner);
    let run = common::glyphs_run("[evaluation]\nplots = [\"error_by_code_size\"]\n");
    let out = tempfile::tempdir().unwrap();
    let directory = common::record(&run, out.path());
    evaluation::evaluate(&directory, NETWORKS, None).unwrap();
    let folder = record::experiment_directory(&run, out.path());
    let summarise = |claims: &[String]| -> Result<(), Error> {
        let summary = across::summarise(&folder, &[directory.path().to_owned()], claims)?;
        storage::write_json(&summary_file(&folder), &summary)?;
        figures::draw_summary(&folder)?;
        Ok(())
    };
    let read = || storage::read_json::<Summary>(&summary_file(&folder)).unwrap();
    let claim = ["test.pca.mse_per_pixel < 1".to_owned()];
    summarise(&claim).unwrap();
    let new = read();
    summarise(&[]).unwrap();
    let old = read();
    let (result, changes) = faults::with(Fault::Never, || summarise(&claim));
    result.unwrap();
    assert!(changes > 0, "the disk was not changed");
    for fault in faults_of(changes) {
        summarise(&[]).unwrap();
        let (result, _) = faults::with(fault, || summarise(&claim));
        assert!(result.is_err(), "{fault:?}");
        let found = read();
        assert!(found == old || found == new, "{fault:?}");
    }
    println!("walked {} faults of a summary", 3 * changes);
}
