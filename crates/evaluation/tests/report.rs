//! The report: made from records alone, the same each time.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use evaluation::summary::{self, summary_file};
use experiment::record::{Epoch, experiment_directory};
use experiment::storage;

/// Two seeds of an experiment, measured and summarised; gives the summary's folder.
fn record(out: &Path) -> PathBuf {
    let mut runs = Vec::new();
    let mut folder = PathBuf::new();
    for seed in [0, 1] {
        let mut run = common::glyphs_run("[corruption.masking]\nfraction = 0.25\n");
        run.seed = seed;
        let directory = common::record(&run, out);
        let epoch = Epoch {
            epoch: 1,
            stage: "training".to_owned(),
            train_loss: 0.1,
            validation_loss: Some(0.2),
            learning_rate: 0.001,
            seconds: 1.5,
        };
        storage::write_csv(&directory.epochs(), &[epoch]).unwrap();
        evaluation::evaluate(&directory, None).unwrap();
        runs.push(directory.path().to_owned());
        folder = experiment_directory(&run, out);
    }
    let claims = ["test.pca.mse_per_pixel < 1".to_owned(), "test.pca.mse_per_pixel > 1".to_owned()];
    let summary = summary::summarise(&folder, &runs, &claims).unwrap();
    storage::write_json(&summary_file(&folder), &summary).unwrap();
    folder
}

#[test]
fn the_report_is_the_same_each_time_and_whole() {
    let out = tempfile::tempdir().unwrap();
    record(out.path());
    let made = || {
        let paths = evaluation::report(out.path()).unwrap();
        paths.iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect::<Vec<_>>()
    };
    let first = made();
    assert_eq!(made(), first);
    let text = String::from_utf8(first[0].1.clone()).unwrap();
    for part in [
        "1 experiments, 2 training runs",
        "| held | `test.pca.mse_per_pixel < 1` |",
        "| did not hold | `test.pca.mse_per_pixel > 1` |",
        "[test on glyphs](#test-on-glyphs)",
        "## test on glyphs\n\nDoes it measure?\n",
        "| linear-4 | 4 | 2 |",
        "(report/test-glyphs-reconstructions.svg)",
        "3 s in all",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    for (path, _) in &first[2..] {
        assert!(text.contains(&format!("report/{}", path.file_name().unwrap().to_string_lossy())));
    }
    let page = String::from_utf8(first[1].1.clone()).unwrap();
    assert_eq!(page.matches("data:image/svg+xml;base64,").count(), first.len() - 2);
    assert!(!page.contains("http"), "it needs nothing from outside");
}

#[test]
fn a_report_of_nothing_or_of_runs_that_are_gone_is_an_error() {
    let out = tempfile::tempdir().unwrap();
    assert!(evaluation::report(out.path()).unwrap_err().to_string().contains("no complete run"));
    let folder = record(out.path());
    fs::remove_dir_all(folder.join("linear-4/seed-1")).unwrap();
    let error = evaluation::report(out.path()).unwrap_err().to_string();
    assert!(error.contains("summary.json") && error.contains("seed-1"), "{error}");
}
