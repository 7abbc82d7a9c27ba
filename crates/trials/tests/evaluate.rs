//! `hourglass-evaluate` on recorded runs: the files it writes, and the records it refuses.

#![allow(clippy::unwrap_used)]

#[path = "../../evaluation/tests/common/mod.rs"]
mod common;

use networks::NETWORKS;
use std::collections::BTreeMap;
use std::process::{Command, Output};

use figures::summary::{Summary, Verdict};
use record::{Environment, Epoch, Metrics, RunDirectory, State};
use system::storage;

fn evaluate(arguments: &[&str]) -> Output {
    // The path from build time is wrong in a copied checkout; since version 1.94 cargo sets the variable at run time.
    let program =
        std::env::var_os("CARGO_BIN_EXE_trial-evaluate").unwrap_or(env!("CARGO_BIN_EXE_trial-evaluate").into());
    Command::new(program).args(arguments).output().unwrap()
}

fn evaluate_run(directory: &RunDirectory, more: &[&str]) -> Output {
    let path = directory.path().to_str().unwrap();
    evaluate(&[&["run", path], more].concat())
}

/// Asserts the exit code, and that there is one line of error, which contains `text`.
fn assert_refused(output: &Output, code: i32, text: &str) {
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    assert_eq!(error.matches(text).count(), 1, "{error}");
}

#[test]
fn a_recorded_run_is_measured_drawn_and_summarised() {
    let out = tempfile::tempdir().unwrap();
    let run = common::glyphs_run("[corruption.masking]\nfraction = 0.25\n");
    let directory = common::record(&run, out.path());
    let epoch =
        Epoch { epoch: 1, stage: "training".to_owned(), learning_rate: 0.001, seconds: 1.5, ..Epoch::default() };
    storage::write_csv(&directory.epochs(), &[epoch]).unwrap();
    let output = evaluate_run(&directory, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(String::from_utf8_lossy(&output.stdout).contains("corrupted_input"));
    assert_eq!(directory.status().unwrap().unwrap().state, State::Complete);
    let metrics: Metrics = storage::read_json(&directory.metrics()).unwrap();
    assert_eq!(metrics["test"].len(), 5);

    let folder = record::experiment_directory(&run, out.path());
    let path = folder.to_str().unwrap();
    let output = evaluate(&["summary", "--out-dir", path, "--claim", "test.pca.mse_per_pixel < 1"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let summary: Summary = storage::read_json(&folder.join("summary.json")).unwrap();
    assert_eq!(summary.groups[0].label, "linear-4");
    assert_eq!(summary.claims[0].verdict, Verdict::Held);
    assert!(
        String::from_utf8_lossy(&output.stdout).contains("index.html\nnext     ")
            && folder.join("index.html").is_file()
    );
}

#[test]
fn records_are_the_same_bytes_at_any_number_of_threads() {
    let out = tempfile::tempdir().unwrap();
    let directory = common::record(&common::glyphs_run("[corruption.gaussian]\nsigma = 0.5\n"), out.path());
    let mut seen = Vec::new();
    for threads in ["1", "3"] {
        assert!(evaluate_run(&directory, &["--quiet", "--threads", threads]).status.success());
        let files = [
            directory.metrics(),
            directory.error_by_class(),
            directory.error_by_corruption(),
            directory.codes(),
            directory.images(),
        ];
        seen.push(files.map(|file| std::fs::read(file).unwrap()));
    }
    assert!(seen[0] == seen[1]);
}

#[test]
fn a_data_set_other_than_that_of_the_training_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let directory = common::record(&common::glyphs_run(""), out.path());
    let mut environment: Environment = storage::read_json(&directory.environment()).unwrap();
    environment.dataset_fingerprint = "0".repeat(64);
    storage::write_json(&directory.environment(), &environment).unwrap();
    assert_refused(&evaluate_run(&directory, &[]), 2, "fingerprint");
    assert!(directory.status().unwrap().is_none());
}

#[test]
fn weights_of_another_spec_are_refused() {
    let out = tempfile::tempdir().unwrap();
    let directory = common::record(&common::glyphs_run(""), out.path());
    let other = common::glyphs_run("beta1 = 0.8\n");
    storage::write(&directory.experiment(), other.to_toml().as_bytes()).unwrap();
    assert_refused(&evaluate_run(&directory, &[]), 2, "another spec");
}

#[test]
fn a_run_in_use_is_refused() {
    let out = tempfile::tempdir().unwrap();
    let directory = common::record(&common::glyphs_run(""), out.path());
    let _lock = directory.lock().unwrap();
    assert_refused(&evaluate_run(&directory, &[]), 2, "in use");
}

#[test]
fn weights_that_overflow_are_recorded_as_a_failed_run() {
    let out = tempfile::tempdir().unwrap();
    let run = common::glyphs_run("");
    let directory = common::record(&run, out.path());
    let network = NETWORKS.build(&run.model).unwrap();
    // The weights are finite, as a model file requires, but their products are not.
    let parameters = vec![1e30; network.parameter_count()];
    let bytes = zoo::to_bytes(network.as_ref(), &parameters, BTreeMap::new());
    storage::write(&directory.model(), &bytes).unwrap();
    assert_refused(&evaluate_run(&directory, &[]), 1, "not finite");
    let status = directory.status().unwrap().unwrap();
    assert_eq!(status.state, State::Failed);
    assert!(status.reason.unwrap().contains("autoencoder"));
}

#[test]
fn a_folder_without_a_record_is_bad_input_and_does_not_change() {
    let out = tempfile::tempdir().unwrap();
    let missing = RunDirectory::at(&out.path().join("nothing"));
    assert_refused(&evaluate_run(&missing, &[]), 2, "experiment.toml");
    assert!(!missing.path().exists());
}

#[test]
fn a_summary_without_runs_is_bad_input() {
    let out = tempfile::tempdir().unwrap();
    assert_refused(&evaluate(&["summary", "--out-dir", out.path().to_str().unwrap()]), 2, "no complete run");
}
