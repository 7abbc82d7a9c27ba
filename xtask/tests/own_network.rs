//! A network whose layers an experiment file lists: it is compiled once, trained, resumed, repeated and reported like
//! any other.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::Path;
use std::process::Output;

use self::common::xtask;

mod common;

const FILE: &str = r#"question = "Does a network of any width work?"
claims = ["test.autoencoder.mse_per_pixel < test.mean_image.mse_per_pixel"]

[dataset]
name = "glyphs"
train = 600
test = 200

[model]
hidden = [300, 100]
code = 7
activation = "gelu"

[training]
epochs = 12
batch_size = 50
loss = "mse"

[training.adam]
learning_rate = 0.001
"#;

fn run(file: &Path, out: &Path, more: &[&str]) -> Output {
    xtask().arg("run").arg(file).arg("--out").arg(out).args(more).output().unwrap()
}

#[track_caller]
fn done(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_network_of_a_file_is_compiled_once_trained_repeated_and_reported() {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("own.toml"), folder.path().join("out"));
    fs::write(&file, FILE).unwrap();
    let printed = done(&run(&file, &out, &["--seeds", "0,1"]));
    assert!(printed.contains("dense-300-100-gelu-7") && printed.contains("held"), "{printed}");

    // A compiled network is in the list. The list does not change, so cargo compiles nothing.
    let dry = xtask()
        .args(["run"])
        .arg(&file)
        .args(["--dry-run", "--verbose", "--out"])
        .arg(folder.path().join("none"))
        .output();
    let dry = done(&dry.unwrap());
    assert!(dry.contains("[300, 100]") && !dry.contains("to compile first"), "{dry}");
    let dry = done(&run(
        &file,
        &out,
        &["--dry-run", "--verbose", "--seed", "5", "--set", "model.code=913", "--set", "dataset.train=1000"],
    ));
    assert!(dry.contains("# 1 network to compile first, once"), "{dry}");
    assert!(dry.contains("# overcomplete: the code has 913 units for 784 values"), "{dry}");
    let second = run(&file, &out, &["--seed", "2"]);
    assert!(!String::from_utf8_lossy(&second.stderr).contains("Compiling"), "{second:?}");
    done(&second);

    let record = out.join("own/glyphs/dense-300-100-gelu-7/seed-0");
    let again = xtask().args(["reproduce", record.to_str().unwrap()]).output().unwrap();
    assert!(done(&again).contains("reproduced"), "{again:?}");
    done(&xtask().args(["report", out.to_str().unwrap()]).output().unwrap());
    assert!(fs::read_to_string(out.join("pages/own-glyphs.html")).unwrap().contains("dense-300-100-gelu"));
    let refused = run(&file, &out, &["--set", "model.hidden=[0]"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("model.hidden: layer 1 has 0 units"), "{refused:?}");
}

#[test]
fn rows_of_tables_are_trained_on_measured_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let file = common::workspace().join("experiments/sensors.toml");
    let printed = done(&run(&file, folder.path(), &["--seeds", "0,1"]));
    // All claims but the two about false alarms, which depend on chance.
    assert!(printed.matches("\n  held  ").count() >= 14, "{printed}");
    let record = folder.path().join("sensors/sensors/dense-64-32-gelu-3/seed-0");
    let metrics = fs::read_to_string(record.join("metrics.json")).unwrap();
    assert!(metrics.contains("mse_per_pixel") && !metrics.contains("ssim") && !metrics.contains("psnr"), "{metrics}");
    assert!(!record.join("error_by_class.csv").exists());
    let figure = fs::read_to_string(record.join("plots/reconstructions.svg")).unwrap();
    assert!(figure.contains("original") && figure.contains("Shaded: the columns"), "{figure}");
    let again = xtask().args(["reproduce", record.to_str().unwrap()]).output().unwrap();
    assert!(done(&again).contains("reproduced"), "{again:?}");
    done(&xtask().arg("report").arg(folder.path()).output().unwrap());
}
