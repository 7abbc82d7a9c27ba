//! `run` and `reproduce` from end to end, with the release programs: numbers, records, repetition.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use record::{Metrics, RunDirectory, State};
use system::storage;

use self::common::{workspace, xtask};

mod common;

fn run(experiment: &str, out: &Path, arguments: &[&str]) -> Output {
    xtask()
        .args(["run", &format!("experiments/{experiment}.toml"), "--out", out.to_str().unwrap()])
        .args(arguments)
        .output()
        .unwrap()
}

/// Runs an experiment and returns its output.
#[track_caller]
fn done(experiment: &str, out: &Path, arguments: &[&str]) -> String {
    let output = run(experiment, out, arguments);
    assert!(output.status.success(), "{experiment}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn metrics(run: &Path) -> Metrics {
    storage::read_json(&RunDirectory::at(run).metrics()).unwrap()
}

/// Every file of a run by name, except the files with times.
fn files(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for folder in [run.to_owned(), run.join("plots")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            // The status holds the checksums of the two others.
            if path.is_file() && !["environment.json", "epochs.csv", "status.json"].contains(&name.as_str()) {
                files.insert(name, fs::read(path).unwrap());
            }
        }
    }
    files
}

#[test]
fn a_second_run_repeats_the_first_to_the_byte_and_a_third_is_skipped() {
    let out = tempfile::tempdir().unwrap();
    let [first, second] = ["first", "second"].map(|name| out.path().join(name));
    done("smoke", &first, &["--threads", "1"]);
    done("smoke", &second, &["--threads", "2"]);
    let [recorded, again] = [&first, &second].map(|out| files(&out.join("smoke/glyphs/plain-16/seed-0")));
    let differing: Vec<_> =
        recorded.iter().filter(|(name, bytes)| again.get(*name) != Some(bytes)).map(|(n, _)| n).collect();
    assert_eq!(differing, [] as [&String; 0]);
    for name in ["model.safetensors", "metrics.json", "reconstructions.svg", "reconstructions.png", "codes.svg"] {
        assert!(recorded.contains_key(name), "{name}");
    }

    assert!(done("smoke", &first, &["--threads", "1"]).contains("is complete: skipped"));
    let other = run("smoke", &first, &["--set", "training.epochs=1"]);
    let message = String::from_utf8(other.stderr).unwrap();
    assert_eq!(other.status.code(), Some(2), "{message}");
    let difference = "records a run with another spec (training.epochs: 20 there, 1 here); choose another --out";
    assert!(message.contains(difference), "{message}");
    done("smoke", &first, &["--set", "training.epochs=1", "--force"]);
    let status = RunDirectory::at(&first.join("smoke/glyphs/plain-16/seed-0")).status().unwrap().unwrap();
    assert_eq!(status.state, State::Complete);
}

/// Starts a run that would take hours, and waits until it trains. Returns the process and the run's folder.
#[cfg(unix)]
fn long_run(out: &Path) -> (std::process::Child, RunDirectory) {
    use std::os::unix::process::CommandExt;
    let child = xtask()
        .args(["run", "experiments/smoke.toml", "--quiet", "--set", "training.epochs=1000000", "--out"])
        .arg(out)
        .stderr(std::process::Stdio::piped())
        .process_group(0)
        .spawn()
        .unwrap();
    let directory = RunDirectory::at(&out.join("smoke/glyphs/plain-16/seed-0"));
    while !directory.environment().exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    (child, directory)
}

#[cfg(unix)]
fn signal(name: &str, whom: &str) {
    assert!(Command::new("kill").args([name, "--", whom]).status().unwrap().success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_leaves_a_checkpoint_and_prints_the_command_that_continues() {
    let out = tempfile::tempdir().unwrap();
    let (child, directory) = long_run(out.path());
    // A terminal sends the signal to the whole process group.
    signal("-INT", &format!("-{}", child.id()));
    let output = child.wait_with_output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{message}");
    let expected = format!("training.epochs=1000000 --out {} --resume` continues\n", out.path().display());
    assert!(
        message.starts_with("interrupted after epoch ") || message.starts_with("interrupted in the first"),
        "{message}"
    );
    assert!(message.contains("plain-16 seed 0; `cargo xtask run experiments/smoke.toml --quiet --set "), "{message}");
    assert!(message.ends_with(&expected) && message.lines().count() == 1, "{message}");
    assert!(!message.contains("error"), "{message}");
    assert!(directory.checkpoint().exists());
}

#[cfg(unix)]
#[test]
fn a_signal_to_the_command_alone_reaches_the_training() {
    for name in ["-INT", "-TERM"] {
        let out = tempfile::tempdir().unwrap();
        let (child, directory) = long_run(out.path());
        signal(name, &child.id().to_string());
        let output = child.wait_with_output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{message}");
        assert!(message.contains("plain-16 seed 0; `cargo xtask run "), "{message}");
        assert!(directory.checkpoint().exists() && directory.lock().is_ok(), "training goes on");
    }
}

#[cfg(unix)]
#[test]
fn training_stops_when_its_parent_command_is_killed() {
    let out = tempfile::tempdir().unwrap();
    let (mut child, directory) = long_run(out.path());
    child.kill().unwrap();
    child.wait().unwrap();
    let started = std::time::Instant::now();
    while directory.lock().is_err() {
        assert!(started.elapsed().as_secs() < 60, "training goes on");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(directory.checkpoint().exists());
}

#[test]
fn reproduce_confirms_a_run_or_names_the_first_difference() {
    let out = tempfile::tempdir().unwrap();
    done("smoke", out.path(), &[]);
    let run = out.path().join("smoke/glyphs/plain-16/seed-0");
    let reproduce = |run: &Path, again: &str| {
        xtask()
            .args(["reproduce", run.to_str().unwrap(), "--threads", "1", "--out"])
            .arg(out.path().join(again))
            .output()
            .unwrap()
    };
    let output = reproduce(&run, "again");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains(": reproduced in ") && text.matches("the same, bit for bit").count() == 4, "{text}");

    let record = RunDirectory::at(&run);
    let changed = fs::read_to_string(record.metrics()).unwrap().replacen("0.0", "0.1", 1);
    fs::write(record.metrics(), changed).unwrap();
    assert_eq!(reproduce(&run, "never").status.code(), Some(2), "a record that has changed says nothing");
    fs::remove_file(record.model()).unwrap();
    record.complete().unwrap();
    let output = reproduce(&run, "once more");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("weights   not recorded"), "{text}");
    assert!(text.contains(": not reproduced in ") && text.contains("metrics   differ, first in "), "{text}");
    assert_eq!(reproduce(out.path(), "at last").status.code(), Some(2));
    let output = reproduce(&run, "again");
    assert!(String::from_utf8_lossy(&output.stderr).contains("holds a record already"));
}

#[test]
fn a_batch_continues_after_failures_skips_recorded_runs_and_ends_with_all_verdicts() {
    let folder = tempfile::tempdir().unwrap();
    let small =
        fs::read_to_string(workspace().join("experiments/smoke.toml")).unwrap().replace("epochs = 20", "epochs = 1");
    let changed = |from: &str, to: &str| small.replace(from, to);
    let files = [
        ("absent", changed("glyphs", "kmnist")),
        (
            "diverging",
            changed("[training.adam]\nlearning_rate = 0.003", "[training.sgd]\nlearning_rate = 10\nmomentum = 0.99")
                .replace("plain", "linear"),
        ),
        ("works", small.clone()),
    ];
    for (name, text) in &files {
        fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
    }
    let batch = |names: &[&str], flags: &[&str]| {
        let output = xtask()
            .arg("run")
            .args(names.iter().map(|name| folder.path().join(format!("{name}.toml"))))
            .args(["--out", folder.path().join("out").to_str().unwrap()])
            .args(flags)
            .env_remove("HOURGLASS_DATA")
            .output()
            .unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code(), text(output.stdout), text(output.stderr))
    };
    let (code, _, stderr) = batch(&["absent", "works"], &["--fail-fast"]);
    assert_eq!((code, stderr.matches("error: ").count()), (Some(2), 1), "{stderr}");
    assert!(!folder.path().join("out/works").exists());

    let (code, stdout, stderr) = batch(&["absent", "diverging", "works"], &[]);
    assert_eq!(code, Some(2), "{stdout}{stderr}");
    assert!(stdout.contains("3 experiments, 3 runs: 0 done, 3 to run"), "{stdout}");
    assert!(stdout.contains("[3 of 3] works: 1 to run"), "{stdout}");
    let table = &stdout[stdout.rfind("  experiment").unwrap()..];
    assert!(
        table.contains("works on glyphs") && table.lines().filter(|line| line.ends_with(" all")).count() == 2,
        "{table}"
    );
    assert!(stderr.contains("kmnist") && stderr.contains("diverging"), "{stderr}");

    let (code, stdout, _) = batch(&["works", "diverging"], &[]);
    assert_eq!(code, Some(1));
    assert!(stdout.contains("2 experiments, 2 runs: 1 done, 1 failed, 0 to run"), "{stdout}");
}

/// Runs an experiment and demands that each of its claims holds.
#[track_caller]
fn every_claim_holds(experiment: &str, out: &Path, arguments: &[&str]) {
    let text = done(experiment, out, arguments);
    let claims = text.lines().filter(|line| line.starts_with("  held  ")).count();
    let path = workspace().join(format!("experiments/{experiment}.toml"));
    assert_eq!(claims, spec::Experiment::load(&path, &[]).unwrap().claims.len(), "{text}");
}

const SMALL: [&str; 6] = ["--set", "training.epochs=1", "--set", "dataset.train=500", "--set", "dataset.test=200"];

#[test]
fn a_complete_record_is_rejected_after_a_change_of_its_files() {
    let out = tempfile::tempdir().unwrap();
    done("smoke", out.path(), &SMALL);
    let directory = RunDirectory::at(&out.path().join("smoke/glyphs/plain-16/seed-0"));
    let recorded = files(directory.path());
    let refused = |flags: &[&str], expected: &str| {
        let output = run("smoke", out.path(), &[&SMALL[..], flags].concat());
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{message}");
        assert!(message.contains(expected), "{message}");
    };

    let model = fs::read(directory.model()).unwrap();
    fs::write(directory.model(), &model[..1000]).unwrap();
    refused(&[], "model.safetensors has 1000 bytes");
    refused(&["--dry-run"], "model.safetensors has 1000 bytes");
    fs::write(directory.model(), model).unwrap();

    let metrics = fs::read_to_string(directory.metrics()).unwrap();
    let other = metrics.replacen("0.0", "0.1", 1);
    assert_ne!(metrics, other);
    fs::write(directory.metrics(), other).unwrap();
    refused(&[], "metrics.json has changed since it was recorded");
    let report = xtask().arg("report").arg(out.path()).output().unwrap();
    assert!(String::from_utf8_lossy(&report.stderr).contains("metrics.json has changed since"), "{report:?}");
    fs::write(directory.metrics(), metrics).unwrap();

    fs::remove_file(directory.path().join("status.json")).unwrap();
    refused(&[], "is not complete (its status.json is missing); --resume continues it, --force starts over");
    assert_eq!(files(directory.path()), recorded, "nothing is replaced unasked");
    done("smoke", out.path(), &[&SMALL[..], &["--resume"]].concat());
    assert!(directory.is_complete().unwrap());
    assert_eq!(files(directory.path()), recorded);

    fs::remove_file(directory.experiment()).unwrap();
    refused(&[], "experiment.toml is missing");
    fs::write(directory.status_file(), "{").unwrap();
    fs::write(directory.experiment(), &recorded["experiment.toml"]).unwrap();
    refused(&[], "status.json is damaged (EOF");
    done("smoke", out.path(), &[&SMALL[..], &["--force"]].concat());
    assert_eq!(files(directory.path()), recorded, "--force replaces whatever there is");
}

#[test]
fn a_command_never_replaces_its_own_input() {
    let out = tempfile::tempdir().unwrap();
    done("smoke", out.path(), &SMALL);
    let recorded = out.path().join("smoke/glyphs/plain-16/seed-0");
    let before = files(&recorded);
    let refused = |arguments: &[&str], expected: &str| {
        let output = xtask().args(arguments).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_ne!(output.status.code(), Some(0), "{message}");
        assert!(message.contains(expected), "{message}");
        assert_eq!(files(&recorded), before);
    };
    let [root, run] = [out.path(), &recorded].map(|path| path.to_str().unwrap());
    refused(&["reproduce", run, "--out", root], "is the folder of the run itself; choose another --out");
    let spec = recorded.join("experiment.toml");
    let force = ["run", spec.to_str().unwrap(), "--out", root, "--force"];
    refused(&force, "lies in the record that --force replaces");
    #[cfg(unix)]
    {
        let link = out.path().join("link");
        std::os::unix::fs::symlink(out.path(), &link).unwrap();
        refused(
            &["reproduce", run, "--out", link.to_str().unwrap()],
            "is the folder of the run itself; choose another --out",
        );
    }
}

#[test]
fn claims_hold_on_glyphs() {
    let out = tempfile::tempdir().unwrap();
    for experiment in ["plain", "linear", "shallow", "cross-entropy"] {
        every_claim_holds(experiment, out.path(), &[]);
    }
    // On glyphs the network and the best linear denoiser have the same error.
    let text = done("denoising", out.path(), &[]);
    assert_eq!(text.lines().filter(|line| line.starts_with("  held  ")).count(), 4, "{text}");
    assert!(text.contains("no difference found  test.autoencoder.mse_per_pixel < test.wiener"), "{text}");
}

#[test]
fn on_glyphs_a_deep_network_beats_plain_and_a_stacked_one_is_close() {
    let out = tempfile::tempdir().unwrap();
    done("stacked", out.path(), &["--set", "dataset.train=8000"]);
    let error = |label: &str| {
        let run = out.path().join("stacked/glyphs").join(label).join("seed-0");
        metrics(&run)["test"]["autoencoder"].mse_per_pixel
    };
    let plain = error("plain-30");
    assert!(error("dense-1000-500-250-leaky_relu-30-scratch") < plain);
    // With so few images, a pretrained network overfits more. `plain` has the learning rate that validation images
    // chose.
    assert!(error("dense-1000-500-250-leaky_relu-30-stacked") < 1.05 * plain);
}

#[test]
fn a_run_that_diverges_fails_alone() {
    let out = tempfile::tempdir().unwrap();
    let diverging = ["--set", "training.sgd.learning_rate=10", "--set", "training.sgd.momentum=0.99"];
    let linear = ["--set", "model.architecture=linear", "--quiet", "--seeds", "0,1"];
    let output = run("smoke", out.path(), &[&diverging[..], &linear].concat());
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{message}");
    assert_eq!(message.lines().filter(|line| line.starts_with("error: training diverged")).count(), 2, "{message}");
    let again = run("smoke", out.path(), &[&diverging[..], &linear].concat());
    let message = String::from_utf8(again.stderr).unwrap();
    assert_eq!(again.status.code(), Some(1), "{message}");
    assert_eq!(message.matches("skipped, --force runs it again").count(), 2, "{message}");
}

#[test]
#[ignore = "needs the real MNIST in HOURGLASS_DATA"]
fn on_real_mnist_the_published_numbers_are_met() {
    let out = tempfile::tempdir().unwrap();
    let on_mnist = |experiment: &str, label: &str| {
        every_claim_holds(experiment, out.path(), &["--dataset", "mnist"]);
        metrics(&out.path().join(experiment).join("mnist").join(label).join("seed-0"))
    };
    let plain = on_mnist("plain", "plain-32");
    let test = &plain["test"];
    assert!((test["pca"].mse_per_pixel - 0.016_828).abs() < 5e-7);
    assert!(test["autoencoder"].mse_per_pixel <= 0.0085, "{}", test["autoencoder"].mse_per_pixel);
    let shallow = on_mnist("shallow", "shallow-128");
    assert!(shallow["test"]["autoencoder"].mse_per_pixel < 0.0022);
    let entropy = on_mnist("cross-entropy", "shallow-32");
    assert!(entropy["test"]["autoencoder"].bce_per_pixel.unwrap() <= 0.092);
    on_mnist("denoising", "plain-32");
    on_mnist("linear", "linear-32");
}
