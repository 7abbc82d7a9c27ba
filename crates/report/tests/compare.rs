//! Comparison of recorded runs.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use networks::NETWORKS;
use std::path::{Path, PathBuf};

use record::{Epoch, Metrics, RunDirectory};
use system::storage;

/// Records and measures a run with a learning rate and a seed.
fn record(out: &Path, rate: &str, seed: u64) -> PathBuf {
    let mut run = common::run(&format!(
        "name = \"rate-{rate}\"\nquestion = \"Which rate?\"\n\
         [dataset]\nname = \"glyphs\"\ntrain = 100\nvalidation = 0\ntest = 50\n\
         [model]\narchitecture = \"linear\"\ncode = 4\n\
         [training]\nepochs = 1\nbatch_size = 100\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.{rate}\n\
         [evaluation]\nplots = []\n"
    ));
    run.seed = seed;
    let directory = common::record(&run, out);
    let epoch = |epoch, train_loss| Epoch {
        epoch,
        stage: "training".to_owned(),
        train_loss,
        validation_loss: None,
        learning_rate: 0.1,
        seconds: 1.0,
        ..Epoch::default()
    };
    storage::write_csv(&directory.epochs(), &[epoch(1, 0.4), epoch(2, 0.1 + 0.01 * seed as f64)]).unwrap();
    evaluation::evaluate(&directory, NETWORKS, None).unwrap();
    directory.path().to_owned()
}

#[test]
fn runs_are_compared_by_errors_curves_and_keys() {
    let out = tempfile::tempdir().unwrap();
    let [a, b] = [record(out.path(), "01", 0), record(out.path(), "02", 1)];
    record(out.path(), "01", 2);
    let figures = out.path().join("figures");
    let text = report::compare(&[a.clone(), b], &figures).unwrap();
    let line = |start: &str| text.lines().find(|line| line.trim_start().starts_with(start)).unwrap().to_owned();
    // The spread is the standard deviation over the two seeds of A.
    let own = line("test.autoencoder.mse_per_pixel");
    assert!(own.contains(')') && ["larger", "within spread"].iter().any(|word| own.ends_with(word)), "{text}");
    let sentence = text.lines().find(|line| line.starts_with("B against A: the test error differs by ")).unwrap();
    let word = if own.ends_with("larger") { "by more than the spread over seeds" } else { "which may be chance" };
    assert!(sentence.contains(word) && sentence.contains("are larger than 2 standard deviations"), "{text}");
    assert!(line("training.adam.learning_rate").contains("0.01") && text.contains("0.02"), "{text}");
    assert!(line("seeds").contains("[0]") && text.contains("[1]"), "{text}");
    assert!(!text.contains("training.epochs") && !text.contains("question"), "{text}");
    let svg = std::fs::read_to_string(figures.join("curves.svg")).unwrap();
    assert!(svg.contains("Lowest training loss at the end: A linear-4"), "{svg}");

    // The folder of a network means the mean over its seeds.
    let network = a.parent().unwrap().to_owned();
    let text = report::compare(&[network, a], &figures).unwrap();
    assert!(text.contains("mean of 2 seeds"), "{text}");

    // Single seeds have no spread to compare a difference with.
    let [c, d] = [record(out.path(), "03", 0), record(out.path(), "04", 1)];
    let text = report::compare(&[c, d], &figures).unwrap();
    let line = text.lines().find(|line| line.trim_start().starts_with("test.autoencoder.mse_per_pixel")).unwrap();
    assert!(line.ends_with("no spread"), "{text}");
    assert!(text.contains("B against A: single seeds have no spread, so chance is not ruled out"), "{text}");
}

#[test]
fn a_mean_is_over_all_seeds_or_absent() {
    let out = tempfile::tempdir().unwrap();
    let [first, second] = [record(out.path(), "01", 0), record(out.path(), "01", 1)];
    let directory = RunDirectory::at(&second);
    let mut metrics: Metrics = storage::read_json(&directory.metrics()).unwrap();
    metrics.get_mut("test").unwrap().remove("mean_image").unwrap();
    storage::write_json(&directory.metrics(), &metrics).unwrap();
    directory.complete().unwrap();
    let network = first.parent().unwrap().to_owned();
    let text = report::compare(&[network, first], &out.path().join("figures")).unwrap();
    let line = text.lines().find(|line| line.trim_start().starts_with("test.mean_image.mse_per_pixel")).unwrap();
    assert_eq!(line.split_whitespace().nth(1), Some("–"), "{text}");
}

#[test]
fn folders_without_a_complete_run_are_errors() {
    let out = tempfile::tempdir().unwrap();
    let run = record(out.path(), "01", 0);
    let error = report::compare(&[run.clone(), out.path().join("nothing")], out.path()).unwrap_err();
    assert!(error.to_string().contains("nothing"), "{error}");
    std::fs::remove_file(run.join("status.json")).unwrap();
    let network = run.parent().unwrap().to_owned();
    let error = report::compare(&[run, network.clone()], out.path()).unwrap_err().to_string();
    assert!(
        error.contains(network.to_str().unwrap()) && error.contains("expected the folder of a run, such as"),
        "{error}"
    );
}
