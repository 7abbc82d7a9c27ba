//! Summaries of small recorded experiments.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use figures::summary::{Spread, Summary, Verdict};
use record::{Metrics, ReconstructionError, RunDirectory, State, Status};
use report::Error;
use report::across::{recorded_runs, summarise, text};
use spec::Experiment;
use system::storage;

const EXPERIMENT: &str = "name = \"sweep\"\nquestion = \"Which code?\"\nseeds = [1, 2, 3]\n\
    [dataset]\nname = \"glyphs\"\ntrain = 100\nvalidation = 0\ntest = 50\n\
    [model]\narchitecture = \"plain\"\ncode = [4, 8]\n\
    [training]\nepochs = 1\nbatch_size = 10\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.001\n";

fn error(mse: f64) -> ReconstructionError {
    ReconstructionError {
        mse_per_pixel: mse,
        squared_error_per_image: 784.0 * mse,
        bce_per_pixel: Some(0.1),
        psnr_db: Some(20.0),
        ssim: Some(0.9),
    }
}

/// Records every run of [`EXPERIMENT`]: the error of the autoencoder is `seed / code`, and the error of PCA is 1.
/// Returns the folder of the experiment and the folders of the runs.
fn recorded(out: &Path, state: impl Fn(u64) -> State) -> (PathBuf, Vec<PathBuf>) {
    let runs = Experiment::parse(Path::new("sweep.toml"), EXPERIMENT.to_owned(), &[]).unwrap().runs;
    let folder = record::experiment_directory(&runs[0], out);
    let mut paths = Vec::new();
    for run in &runs {
        let directory = RunDirectory::of(run, out);
        storage::create_directory(directory.path()).unwrap();
        storage::write(&directory.experiment(), run.to_toml().as_bytes()).unwrap();
        let subjects = BTreeMap::from([
            ("autoencoder".to_owned(), error(run.seed as f64 / run.model.code() as f64)),
            ("pca".to_owned(), error(1.0)),
        ]);
        storage::write_json(&directory.metrics(), &Metrics::from([("test".to_owned(), subjects)])).unwrap();
        let environment = common::environment(run.seed, String::new());
        storage::write_json(&directory.environment(), &environment).unwrap();
        match state(run.seed) {
            State::Complete => directory.complete().unwrap(),
            state => directory.write_status(&Status::unfinished(state, "a test")).unwrap(),
        }
        paths.push(directory.path().to_owned());
    }
    (folder, paths)
}

fn summary(claims: &[&str], state: impl Fn(u64) -> State) -> Result<Summary, Error> {
    let out = tempfile::tempdir().unwrap();
    let (folder, runs) = recorded(out.path(), state);
    summarise(&folder, &runs, &claims.iter().map(|&claim| claim.to_owned()).collect::<Vec<_>>())
}

#[test]
fn the_spread_is_the_sample_standard_deviation() {
    let spread = Spread::of(&[1.0, 2.0, 3.0, 4.0]).unwrap();
    assert_eq!(spread.mean, 2.5);
    assert!((spread.std.unwrap() - (5.0_f64 / 3.0).sqrt()).abs() < 1e-15);
    assert_eq!(Spread::of(&[7.0]), Some(Spread { mean: 7.0, std: None }));
    assert_eq!(Spread::of(&[]), None);
}

#[test]
fn runs_are_grouped_by_network_over_their_seeds() {
    let summary = summary(&[], |_| State::Complete).unwrap();
    assert_eq!((summary.experiment.as_str(), summary.dataset.as_str()), ("sweep", "glyphs"));
    let labels: Vec<&str> = summary.groups.iter().map(|group| group.label.as_str()).collect();
    assert_eq!(labels, ["plain-4", "plain-8"]);
    assert_eq!(summary.groups[0].seeds, [1, 2, 3]);
    let own = summary.groups[0].metric("test", "autoencoder", "mse_per_pixel").unwrap();
    assert_eq!(own, Spread { mean: 0.5, std: Some(0.25) });
    assert_eq!(summary.groups[1].metric("test", "pca", "ssim"), Some(Spread { mean: 0.9, std: Some(0.0) }));
}

#[test]
fn a_claim_holds_at_every_code_size_or_depends_or_does_not_hold() {
    let claims = [
        "test.autoencoder.mse_per_pixel < 0.4 * test.pca.mse_per_pixel",
        "test.pca.psnr_db > 10",
        "test.pca.psnr_db < 10",
    ];
    let summary = summary(&claims, |_| State::Complete).unwrap();
    let verdicts: Vec<_> = summary.claims.iter().map(|claim| claim.verdict).collect();
    assert_eq!(verdicts, [Verdict::Depends, Verdict::Held, Verdict::Failed]);
    let held: Vec<_> = summary.claims[0].checks.iter().map(|check| (check.code, check.held)).collect();
    assert_eq!(held, [(Some(4), Some(false)), (Some(8), Some(true))]);
}

#[test]
fn a_claim_about_a_number_that_was_not_measured_is_open() {
    let summary = summary(&["train.autoencoder.mse_per_pixel < 1"], |_| State::Complete).unwrap();
    assert_eq!(summary.claims[0].verdict, Verdict::NotCheckable);
}

#[test]
fn runs_that_are_not_complete_are_listed_and_left_out() {
    let summary = summary(&[], |seed| if seed == 2 { State::Interrupted } else { State::Complete }).unwrap();
    assert_eq!(summary.incomplete, ["plain-4/seed-2: interrupted", "plain-8/seed-2: interrupted"]);
    assert_eq!(summary.groups[0].seeds, [1, 3]);
}

#[test]
fn an_experiment_without_a_complete_run_has_no_summary() {
    let error = summary(&[], |_| State::Failed).unwrap_err();
    assert!(matches!(error, Error::NoRuns { .. }), "{error}");
}

#[test]
fn a_text_that_is_not_a_claim_is_an_error() {
    let error = summary(&["test.autoencoder.mse_per_pixel"], |_| State::Complete).unwrap_err();
    assert!(matches!(error, Error::Claim { .. }), "{error}");
}

#[test]
fn recorded_runs_are_found_and_the_summary_reads_back() {
    let out = tempfile::tempdir().unwrap();
    let (folder, mut runs) = recorded(out.path(), |_| State::Complete);
    storage::create_directory(&folder.join("plots")).unwrap();
    runs.sort();
    assert_eq!(recorded_runs(&folder).unwrap(), runs);
    let summary = summarise(&folder, &runs, &[]).unwrap();
    let path = folder.join("summary.json");
    storage::write_json(&path, &summary).unwrap();
    assert_eq!(Summary::read(&folder).unwrap(), summary);
}

#[test]
fn a_summary_with_an_impossible_value_is_an_error_that_names_the_field() {
    let out = tempfile::tempdir().unwrap();
    let (folder, runs) = recorded(out.path(), |_| State::Complete);
    let summary = summarise(&folder, &runs, &[]).unwrap();
    let refused = |field: &str, spread: Spread, expected: &str| {
        let mut summary = summary.clone();
        let test = summary.groups[1].metrics.get_mut("test").unwrap();
        test.get_mut("pca").unwrap().insert(field.to_owned(), spread);
        storage::write_json(&folder.join("summary.json"), &summary).unwrap();
        match Summary::read(&folder) {
            Ok(_) => assert_eq!(expected, ""),
            Err(error) => assert!(error.to_string().ends_with(expected) && !expected.is_empty(), "{error}"),
        }
    };
    refused("ari", Spread { mean: -0.0909, std: Some(0.01) }, "");
    let mean = "the mean of nmi of pca in plain-8 on the test split is 1.5; expected a number from 0 to 1";
    refused("nmi", Spread { mean: 1.5, std: None }, mean);
    let std = "the standard deviation of ssim of pca in plain-8 on the test split is -0.5; expected 0 or more";
    refused("ssim", Spread { mean: 0.5, std: Some(-0.5) }, std);
}

#[test]
fn a_number_of_300_digits_is_printed_with_few_digits() {
    let text = text::summary(&summary(&["test.pca.mse_per_pixel < 1e308"], |_| State::Complete).unwrap());
    assert!(text.contains("code 4: 1.000000 against 1.000e308"), "{text}");
}

#[test]
fn the_table_names_every_network_and_verdict() {
    let claims = ["test.autoencoder.mse_per_pixel < 0.4 * test.pca.mse_per_pixel"];
    let text = text::summary(&summary(&claims, |_| State::Complete).unwrap());
    assert_eq!(
        text,
        "\
sweep on glyphs: Which code?

  network  code  seeds          autoencoder                  PCA  ratio
  plain-4     4      3  0.500000 ± 0.250000  1.000000 ± 0.000000  0.500
  plain-8     8      3  0.250000 ± 0.125000  1.000000 ± 0.000000  0.250
  test MSE per pixel, mean and standard deviation over seeds

claims
  depends              test.autoencoder.mse_per_pixel < 0.4 * test.pca.mse_per_pixel
                       code 4: 0.500000 against 0.400000  does not hold (true in 1 of 3 seeds)
                       code 8: 0.250000 against 0.400000

answer
  Better than PCA? Yes: 75 % less test error than PCA with the same 8 numbers (plain-8, the best of 2 networks).
  claims: 1 depends
"
    );
}
