//! The regression gate as a whole: this code passes it, and code with a planted fault fails it.
//!
//!     HOURGLASS_PLANT=1 cargo test --release -p xtask --test regress -- --nocapture
//!
//! plants each fault into a copy of the workspace, which takes some minutes.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use self::common::{skipped, workspace, xtask};

mod common;

const PASSED: Option<i32> = Some(0);
const REGRESSION: Option<i32> = Some(3);

/// A line of the code, and the same line with a typical mistake.
struct Slip {
    what: &'static str,
    file: &'static str,
    line: &'static str,
    slip: &'static str,
}

const SLIPS: [Slip; 4] = [
    Slip {
        what: "a wrong learning rate",
        file: "crates/training/src/fit.rs",
        line: "let factor = schedule_factor(",
        slip: "let factor = 0.5 * schedule_factor(",
    },
    Slip {
        what: "a missing bias gradient",
        file: "crates/training/src/engine/tile.rs",
        line: "for_each(|(sum, part)| *sum += part);",
        slip: "for_each(|(sum, part)| *sum += 0.0 * part);",
    },
    Slip {
        what: "corrupted input as target",
        file: "crates/training/src/engine/fused/shard.rs",
        line: "                let targets = self.below.last().unwrap_or(&self.pixels);\n                let criterion",
        slip: "                let targets = self.corrupted.as_ref().unwrap_or(self.below.last().unwrap_or(&self.pixels));\n\
               \x20               let criterion",
    },
    Slip {
        what: "a test split that begins one image early",
        file: "crates/datasets/src/splits.rs",
        line: "draw(&chosen.test, train_rows as u64)",
        slip: "draw(&chosen.test, train_rows as u64 - 1)",
    },
];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

#[test]
fn a_suite_with_less_training_fails_the_gate() {
    let out = tempfile::tempdir().unwrap();
    let specs = ["denoising", "linear", "plain", "stacked"].map(|name| format!("experiments/regression/{name}.toml"));
    let xtask = |arguments: &[&str]| xtask().args(arguments).output().unwrap();
    let records = out.path().to_str().unwrap();
    let fewer_steps = ["--quiet", "--set", "training.batch_size=256", "--out", records];
    let output = xtask(&[&["run"], &specs.each_ref().map(String::as_str)[..], &fewer_steps].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let junit = out.path().join("junit.xml");
    let output = xtask(&["regress", "--records", records, "--junit", junit.to_str().unwrap()]);
    let table = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), REGRESSION, "{table}");
    let worse = table.lines().filter(|line| line.contains("test.autoencoder") && line.ends_with("WORSE")).count();
    assert!(worse >= 3, "{table}");
    assert!(fs::read_to_string(junit).unwrap().contains("<failure "));
}

#[test]
fn every_planted_fault_has_its_place_in_the_code() {
    for Slip { what, file, line, slip } in SLIPS {
        let text = fs::read_to_string(workspace().join(file)).unwrap();
        assert_eq!((text.matches(line).count(), text.matches(slip).count()), (1, 0), "{what}");
    }
}

#[test]
fn planted_faults_fail_the_gate() {
    if std::env::var_os("HOURGLASS_PLANT").is_none() {
        let why = format!("HOURGLASS_PLANT=1 plants {} faults, in some minutes", SLIPS.len());
        skipped("planted_faults_fail_the_gate", &why);
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let copied = folder.path().join("hourglass");
    for part in [".cargo", "benches", "crates", "experiments", "xtask", "results/baselines"] {
        copy(&workspace().join(part), &copied.join(part));
    }
    for file in ["Cargo.toml", "Cargo.lock"] {
        fs::copy(workspace().join(file), copied.join(file)).unwrap();
    }
    let regress = || -> Output {
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        command.args(["xtask", "regress"]).current_dir(&copied).env("CARGO_TARGET_DIR", folder.path().join("target"));
        // Compiled dependencies are reused.
        command.env("CARGO_BUILD_BUILD_DIR", workspace().join("target/planted")).output().unwrap()
    };
    let clean = regress();
    assert_eq!(clean.status.code(), PASSED, "{}", String::from_utf8_lossy(&clean.stderr));
    for Slip { what, file, line, slip } in SLIPS {
        let path = copied.join(file);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace(line, slip)).unwrap();
        let output = regress();
        let table = String::from_utf8_lossy(&output.stdout);
        println!("{what}:\n{table}");
        assert_eq!(output.status.code(), REGRESSION, "{what}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(["  WORSE", "  CHANGED"].iter().any(|verdict| table.contains(verdict)), "{what}: {table}");
        fs::write(&path, text).unwrap();
    }
}
