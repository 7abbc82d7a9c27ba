//! `contrib/mlflow_import.py`: the runs in MLflow after an import.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use record::{Environment, Epoch, Metrics, RunDirectory};
use serde::Deserialize;
use system::storage;

mod common;

/// Output of `mlflow_runs.py` for a run: steps, values and times of each metric.
#[derive(Debug, Deserialize, PartialEq)]
struct Run {
    experiment: String,
    name: String,
    id: String,
    status: String,
    started: u64,
    ended: u64,
    parent: Option<String>,
    parameters: BTreeMap<String, String>,
    metrics: BTreeMap<String, Vec<(usize, f64, u64)>>,
    artifacts: Vec<String>,
}

fn can(test: &str, code: &str, what: &str) -> bool {
    let found = Command::new("python3").args(["-c", code]).output();
    let can = found.is_ok_and(|output| output.status.success());
    if !can {
        common::skipped(test, what);
    }
    can
}

/// Runs the script in a folder, which then holds its database.
fn import(folder: &Path, arguments: &[&Path]) -> Output {
    let script = common::workspace().join("contrib/mlflow_import.py");
    let mut python = Command::new("python3");
    python.arg(script).args(arguments).current_dir(folder).env_remove("MLFLOW_TRACKING_URI").output().unwrap()
}

/// Copies a record of `models` and changes its environment and metrics. The checksums would not match, so they are left
/// out.
fn copy(model: &str, to: &Path, change: impl FnOnce(&mut Environment, &mut Metrics)) {
    fs::create_dir_all(to.join("plots")).unwrap();
    for entry in fs::read_dir(common::workspace().join("models").join(model)).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
    fs::write(to.join("plots/codes.svg"), "<svg/>").unwrap();
    fs::write(to.join("status.json"), "{\"state\": \"complete\"}").unwrap();
    let record = RunDirectory::at(to);
    let mut environment = storage::read_json(&record.environment()).unwrap();
    let mut metrics = storage::read_json(&record.metrics()).unwrap();
    change(&mut environment, &mut metrics);
    storage::write_json(&record.environment(), &environment).unwrap();
    storage::write_json(&record.metrics(), &metrics).unwrap();
}

#[test]
fn mlflow_holds_every_record_once() {
    let test = "mlflow_holds_every_record_once";
    if !can(test, "import tomllib, mlflow, sqlalchemy", "python3 has no mlflow (pip install mlflow)") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let network = folder.path().join("results/noise/fans/dense-3");
    let seed = |seed: u64| network.join(format!("seed-{seed}"));
    copy("fan", &seed(0), |_, _| {});
    copy("fan", &seed(1), |environment, metrics| {
        environment.seed = 1;
        metrics.get_mut("test").unwrap().get_mut("autoencoder").unwrap().mse_per_pixel *= 2.0;
    });
    let results = folder.path().join("results");
    let models = common::workspace().join("models");
    let done = |arguments: &[&Path], expected: &str| {
        let output = import(folder.path(), arguments);
        let [told, errors] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(output.status.success() && told.starts_with(expected), "{told}{errors}");
    };
    let read = || -> Vec<Run> {
        let script = common::workspace().join("xtask/tests/mlflow_runs.py");
        let mut python = Command::new("python3");
        let output = python.arg(script).arg("sqlite:///mlflow.db").current_dir(folder.path()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    done(&[&seed(0)], "1 of 1 runs imported; 0 were imported before\n");
    done(&[&results, &models.join("machine")], "2 of 3 runs imported; 1 were imported before\n");
    let runs = read();
    done(&[&results, &models.join("machine")], "0 of 3 runs imported; 3 were imported before\n");
    assert_eq!(read(), runs, "an import that finds nothing new changes nothing");

    let names: Vec<(&str, &str)> = runs.iter().map(|run| (run.experiment.as_str(), run.name.as_str())).collect();
    let of_fans = ["dense-3", "dense-3/seed-0", "dense-3/seed-1"].map(|name| ("noise/fans", name));
    assert_eq!(names, [&[("machine/train", "machine"), ("machine/train", "machine/seed-0")], &of_fans[..]].concat());
    assert!(runs.iter().all(|run| run.status == "FINISHED"));
    let [parent, children @ ..] = &runs[2..] else { unreachable!() };
    let mut errors = Vec::new();
    for (number, run) in children.iter().enumerate() {
        assert_eq!((&run.parent, run.parameters["training.loss"].as_str()), (&Some(parent.id.clone()), "mse"));
        let record = RunDirectory::at(&seed(number as u64));
        let environment: Environment = storage::read_json(&record.environment()).unwrap();
        let epochs: Vec<Epoch> = storage::read_csv(&record.epochs()).unwrap();
        let losses: Vec<(usize, f64)> =
            run.metrics["training/validation_loss"].iter().map(|(step, value, _)| (*step, *value)).collect();
        let expected = epochs.iter().map(|epoch| (epoch.epoch, epoch.validation_loss.unwrap()));
        assert_eq!(losses, expected.collect::<Vec<_>>());
        let seconds: f64 = epochs.iter().map(|epoch| epoch.seconds).sum();
        assert_eq!(run.started, environment.started * 1000);
        assert_eq!(run.ended, run.started + (seconds * 1000.0).round() as u64);
        let metrics: Metrics = storage::read_json(&record.metrics()).unwrap();
        let error = metrics["test"]["autoencoder"].mse_per_pixel;
        let (step, value, _) = run.metrics["test/autoencoder/mse_per_pixel"][0];
        assert_eq!((step, value), (epochs.len(), error));
        let artifacts = ["environment.json", "epochs.csv", "experiment.toml", "metrics.json", "plots/codes.svg"];
        assert_eq!(run.artifacts, artifacts);
        errors.push(error);
    }
    // The first import had one seed, so the mean over both seeds comes later.
    let mean = parent.metrics["test/autoencoder/mse_per_pixel"].last().unwrap();
    assert!(mean.0 == 2 && (mean.1 - (errors[0] + errors[1]) / 2.0).abs() < 1e-12, "{mean:?}");
    let deviation = parent.metrics["test/autoencoder/mse_per_pixel/standard_deviation"][0].1;
    assert!((deviation - (errors[0] - errors[1]).abs() / 2.0_f64.sqrt()).abs() < 1e-12);
    assert!(
        !parent.parameters.contains_key("seeds")
            && parent.parameters["model.code"] == children[0].parameters["model.code"]
    );
}

#[test]
fn records_that_cannot_be_imported_are_named() {
    if !can("records_that_cannot_be_imported_are_named", "import tomllib", "there is no python3 of 3.11 or newer") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let run = folder.path().join("run");
    let refused = |path: &Path| {
        let output = import(folder.path(), &[path]);
        assert_eq!((output.status.code(), String::from_utf8(output.stdout).unwrap().as_str()), (Some(2), ""));
        String::from_utf8(output.stderr).unwrap()
    };
    let absent = refused(&folder.path().join("absent"));
    assert!(absent.contains("absent: no such folder; expected the folder of a run, which ends in seed-N"), "{absent}");
    let empty = refused(folder.path());
    assert!(empty.contains("records no run; expected a folder such as results/<experiment>/<dataset>"), "{empty}");
    copy("fan", &run, |_, _| {});
    fs::write(run.join("metrics.json"), "{\"test\": ").unwrap();
    let damaged = refused(&run);
    assert!(damaged.contains("metrics.json: Expecting value: line 1"), "{damaged}");
    fs::copy(common::workspace().join("models/fan/status.json"), run.join("status.json")).unwrap();
    let changed = refused(&run);
    assert!(changed.contains("metrics.json has changed since it was recorded"), "{changed}");
    assert!(!folder.path().join("mlflow.db").exists());
}
