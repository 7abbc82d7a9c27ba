//! Event files, which are written during training and from records, as TensorBoard reads them.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use record::{Environment, Epoch, Metrics, RunDirectory};
use serde::Deserialize;
use system::storage;

mod common;

/// Output of `tensorboard_events.py` for a run: steps, values and times of each scalar; step and sides of each picture;
/// step, number of values and sum of each histogram.
#[derive(Debug, Deserialize)]
struct Found {
    scalars: BTreeMap<String, Vec<(usize, f64, f64)>>,
    images: BTreeMap<String, (usize, u32, u32)>,
    histograms: BTreeMap<String, (usize, f64, f64)>,
    hparams: BTreeMap<String, serde_json::Value>,
    texts: BTreeMap<String, String>,
}

/// The runs of TensorBoard below some folders, by path.
fn read(folders: &[&Path]) -> BTreeMap<PathBuf, Found> {
    let script = common::workspace().join("xtask/tests/tensorboard_events.py");
    let output = Command::new("python3").arg(script).args(folders).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn is_missing(test: &str) -> bool {
    let found = Command::new("python3").args(["-c", "import tensorboard, numpy"]).output();
    let is_missing = !found.is_ok_and(|output| output.status.success());
    if is_missing {
        common::skipped(test, "python3 has no tensorboard (pip install tensorboard)");
    }
    is_missing
}

#[track_caller]
fn succeeds(arguments: &[&str]) {
    let output = common::xtask().args(arguments).env_remove("HOURGLASS_DATA").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn text_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

const SPEC: &str = "question = \"Who reads it?\"\nseeds = [0, 1]\n\
    [dataset]\nname = \"glyphs\"\ntrain = 100\nvalidation = 20\ntest = 40\n\
    [model]\nkind = \"gaussian\"\nhidden = [8]\ncode = [2, 3]\n\
    [training]\nepochs = 4\nbatch_size = 30\nloss = \"bce\"\nadam.learning_rate = 0.01\nvariational.beta = 0.5\n\
    early_stopping.patience = 3\n\
    [evaluation]\nbaselines = [\"pca\"]\nplots = [\"learning_curves\", \"error_by_code_size\"]\n";

/// Asserts that scalars are the columns of `epochs.csv` in single precision, each epoch once.
#[track_caller]
fn assert_epochs(found: &Found, epochs: &[Epoch]) {
    type Column = fn(&Epoch) -> Option<f64>;
    let columns: [(&str, Column); 6] = [
        ("train_loss", |epoch| Some(epoch.train_loss)),
        ("validation_loss", |epoch| epoch.validation_loss),
        ("learning_rate", |epoch| Some(f64::from(epoch.learning_rate))),
        ("seconds", |epoch| Some(epoch.seconds)),
        ("train_divergence", |epoch| epoch.train_divergence),
        ("validation_divergence", |epoch| epoch.validation_divergence),
    ];
    for (name, of) in columns {
        let values = &found.scalars[&format!("training/{name}")];
        let expected: Vec<_> = epochs.iter().map(|epoch| (epoch.epoch, f64::from(of(epoch).unwrap() as f32))).collect();
        assert_eq!(values.iter().map(|(step, value, _)| (*step, *value)).collect::<Vec<_>>(), expected, "{name}");
        assert!(values.windows(2).all(|pair| pair[0].2 < pair[1].2), "{name}: times rise");
    }
}

#[test]
fn tensorboard_reads_what_was_recorded() {
    if is_missing("tensorboard_reads_what_was_recorded") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let [spec, out, live] = ["board.toml", "out", "live"].map(at);
    fs::write(&spec, SPEC).unwrap();
    let run = ["run", text_of(&spec), "--out", text_of(&out), "--quiet"];
    succeeds(&[&run[..], &["--tensorboard", text_of(&live)]].concat());
    let experiment = out.join("board/glyphs");
    for name in ["all", "again"] {
        succeeds(&["export", text_of(&experiment), "tensorboard", "--out", text_of(&at(name)), "--quiet"]);
    }
    let found = read(&[&live, &at("all"), &at("again")]);
    // Each network has two seeds, their mean and two limits. The experiment has figures.
    assert_eq!(found.keys().filter(|path| path.starts_with(at("all"))).count(), 2 * 5 + 1);
    let networks: Vec<String> =
        names_in(&experiment).into_iter().filter(|name| experiment.join(name).join("seed-0").is_dir()).collect();
    assert_eq!(networks.len(), 2, "{networks:?}");
    for network in &networks {
        let records = [0, 1].map(|seed| RunDirectory::at(&experiment.join(network).join(format!("seed-{seed}"))));
        let mut epochs = Vec::new();
        for (seed, record) in records.iter().enumerate() {
            let path = format!("{network}/seed-{seed}");
            let [of_record, of_training] =
                [&found[&at("all").join(&path)], &found[&live.join("board/glyphs").join(&path)]];
            let recorded: Vec<Epoch> = storage::read_csv(&record.epochs()).unwrap();
            assert_epochs(of_record, &recorded);
            assert_epochs(of_training, &recorded);
            let environment: Environment = storage::read_json(&record.environment()).unwrap();
            let seconds: f64 = recorded.iter().map(|epoch| epoch.seconds).sum();
            let end = of_record.scalars["training/train_loss"].last().unwrap().2;
            assert!((end - environment.started as f64 - seconds).abs() < 1e-3);
            let batches = &found[&live.join("board/glyphs").join(&path).join("batches")].scalars["training/batch_loss"];
            let steps: Vec<usize> = batches.iter().map(|(step, ..)| *step).collect();
            assert_eq!(steps, (1..=recorded.len() * 4).collect::<Vec<_>>());
            let metrics: Metrics = storage::read_json(&record.metrics()).unwrap();
            let error = metrics["test"]["autoencoder"].mse_per_pixel as f32;
            let (step, value, _) = of_record.scalars["test/autoencoder/mse_per_pixel"][0];
            assert_eq!((step, value), (recorded.len(), f64::from(error)));
            assert!(of_record.images["plots/learning_curves"].1 > 100);
            let code = if *network == networks[0] { 2 } else { 3 };
            let (_, count, _) = of_record.histograms["weights/decoder.0.weight"];
            assert_eq!(count as usize, 8 * code, "{:?}", of_record.histograms);
            assert_eq!(of_record.hparams["model.code"], code as f64);
            assert_eq!(of_record.hparams["group"], format!("board/glyphs/{network}"));
            assert_eq!((&of_record.hparams["status"], &of_training.hparams["status"]), (&1.into(), &1.into()));
            assert!(of_record.texts["experiment.toml"].contains("    question = \"Who reads it?\"\n"));
            epochs.push(recorded);
        }
        let least = epochs[0].len().min(epochs[1].len());
        let [mean, minus, plus] = ["mean", "mean-minus-deviation", "mean-plus-deviation"]
            .map(|name| &found[&at("all").join(network).join(name)].scalars["training/train_loss"]);
        assert_eq!(mean.len(), least);
        for index in 0..least {
            let [a, b] = [&epochs[0], &epochs[1]].map(|epochs| epochs[index].train_loss);
            let deviation = (a - b).abs() / 2.0_f64.sqrt();
            for (curve, expected) in [(mean, 0.0), (minus, -deviation), (plus, deviation)] {
                assert!((curve[index].1 - (a + b) / 2.0 - expected).abs() < 1e-6);
            }
        }
    }
    assert!(found[&at("all/experiment")].images.contains_key("plots/error_by_code_size"));
    let files = |name: &str| {
        let runs = found.keys().filter_map(|path| path.strip_prefix(at(name)).ok().map(Path::to_owned));
        runs.map(|run| (run.clone(), fs::read(only_file(&at(name).join(run))).unwrap())).collect::<BTreeMap<_, _>>()
    };
    assert_eq!(files("all"), files("again"), "the same records give the same bytes");
}

/// A run is interrupted by Ctrl-C, resumed, and resumed again from the same checkpoint. The event files then hold
/// epochs and batches after the checkpoint, which the second resume repeats.
#[cfg(unix)]
#[test]
fn a_resumed_run_has_each_step_once() {
    use std::os::unix::process::CommandExt;
    use std::time::Duration;

    if is_missing("a_resumed_run_has_each_step_once") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let [spec, out, live, aside] = ["board.toml", "out", "live", "aside"].map(|name| folder.path().join(name));
    // The training takes some seconds, so that it can be interrupted.
    let more = [("code = [2, 3]", "code = 2"), ("epochs = 4", "epochs = 400"), ("early_stopping.patience = 3\n", "")];
    let text = more.iter().fold(SPEC.to_owned(), |text, (from, to)| text.replace(from, to));
    fs::write(&spec, text.replace("train = 100", "train = 2000")).unwrap();
    let run =
        ["run", text_of(&spec), "--seed", "0", "--out", text_of(&out), "--tensorboard", text_of(&live), "--quiet"];
    let mut command = common::xtask();
    command.args(run).env_remove("HOURGLASS_DATA").process_group(0);
    let mut child = command.spawn().unwrap();
    let place = |root: &Path| -> Option<PathBuf> {
        let networks = fs::read_dir(root.join("board/glyphs")).ok()?;
        networks.map(|entry| entry.unwrap().path().join("seed-0")).find(|path| path.is_dir())
    };
    let has_epochs = || {
        let files = place(&live).map(|run| fs::read_dir(run.join("batches")).unwrap());
        files.is_some_and(|files| files.map(|file| file.unwrap().metadata().unwrap().len()).sum::<u64>() > 100_000)
    };
    while !has_epochs() {
        assert!(child.try_wait().unwrap().is_none(), "the run ended before it was interrupted");
        std::thread::sleep(Duration::from_millis(5));
    }
    let killed = Command::new("kill").args(["-INT", "--", &format!("-{}", child.id())]).status();
    assert!(killed.unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let record = place(&out).unwrap();
    assert!(RunDirectory::at(&record).checkpoint().is_file());
    fs::create_dir(&aside).unwrap();
    for name in names_in(&record) {
        fs::copy(record.join(&name), aside.join(&name)).unwrap();
    }
    succeeds(&[&run[..], &["--resume"]].concat());
    let check = || {
        let found = read(&[&live]);
        let epochs: Vec<Epoch> = storage::read_csv(&RunDirectory::at(&record).epochs()).unwrap();
        let run = place(&live).unwrap();
        assert_epochs(&found[&run], &epochs);
        let batches = &found[&run.join("batches")].scalars["training/batch_loss"];
        let steps: Vec<usize> = batches.iter().map(|(step, ..)| *step).collect();
        assert_eq!(steps, (1..=400 * 67).collect::<Vec<_>>());
    };
    check();
    fs::remove_dir_all(&record).unwrap();
    fs::rename(&aside, &record).unwrap();
    succeeds(&[&run[..], &["--resume"]].concat());
    check();
    // A new start of the run removes the old event files.
    succeeds(&[&run[..], &["--force", "--set", "training.epochs=2"]].concat());
    let found = &read(&[&live])[&place(&live).unwrap()];
    assert_eq!(found.scalars["training/train_loss"].len(), 2);
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn only_file(folder: &Path) -> PathBuf {
    let names = names_in(folder);
    let files: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).filter(|path| path.is_file()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

#[test]
fn folders_that_cannot_be_exported_are_named_in_the_error() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("logs");
    let refused = |run: &Path| {
        let output = common::xtask().arg("export").arg(run).args(["tensorboard", "--out"]).arg(&out).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(!out.exists());
        String::from_utf8(output.stderr).unwrap()
    };
    let absent = refused(&folder.path().join("absent"));
    assert!(absent.contains("absent: no such folder; expected the folder of a run, which ends in seed-N"), "{absent}");
    let empty = refused(folder.path());
    assert!(empty.contains("records no run; expected the folder of a run, of a network, or results/"), "{empty}");
    let model = common::workspace().join("models/fan");
    let [one, other] = ["one", "other"].map(|name| folder.path().join(name));
    for copy in [&one, &other] {
        fs::create_dir(copy).unwrap();
        for name in names_in(&model) {
            fs::copy(model.join(&name), copy.join(name)).unwrap();
        }
    }
    let same = refused(folder.path());
    assert!(same.contains("one and") && same.contains("record the same network and seed"), "{same}");
    fs::remove_dir_all(&other).unwrap();
    fs::write(one.join("epochs.csv"), "epoch\n1\n").unwrap();
    let changed = refused(&one);
    assert!(changed.contains("epochs.csv has 8 bytes"), "{changed}");
    fs::write(one.join("status.json"), "{\"state\": \"interrupted\"}").unwrap();
    let begun = refused(&one);
    assert!(begun.contains("records no complete run; cargo xtask run with --resume completes it"), "{begun}");
}
