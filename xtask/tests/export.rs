//! Exported networks of every kind have the same outputs in ONNX Runtime, PyTorch and `apply`.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

use record::ScaledColumn;
use system::storage;

mod common;

fn xtask(arguments: &[&str]) -> Output {
    common::xtask().args(arguments).env_remove("HOURGLASS_DATA").output().unwrap()
}

#[track_caller]
fn succeeds(arguments: &[&str]) {
    let output = xtask(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn text_of(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Writes an array in NumPy's format, with `bytes` as its values.
fn npy(path: &Path, kind: &str, sides: &str, bytes: Vec<u8>) {
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sides}), }}");
    header += &" ".repeat(117 - header.len());
    let mut file = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    file.extend(header.into_bytes());
    file.push(b'\n');
    file.extend(bytes);
    fs::write(path, file).unwrap();
}

/// Export formats, each with the Python packages that run it.
const FORMATS: [(&str, &str); 2] = [("onnx", "onnxruntime"), ("pytorch", "torch, safetensors")];

#[test]
fn networks_of_every_kind_have_the_same_outputs_in_other_programs() {
    let has = |packages: &str| {
        let found = Command::new("python3").args(["-c", &format!("import numpy, {packages}")]).output();
        found.is_ok_and(|output| output.status.success())
    };
    let (formats, missing): (Vec<_>, Vec<_>) = FORMATS.iter().partition(|(_, packages)| has(packages));
    for (format, packages) in missing {
        let of = "networks_of_every_kind_have_the_same_outputs_in_other_programs";
        let _ = writeln!(std::io::stderr(), "skipped {of}, {format}: python3 has no numpy, {packages} (pip install)");
    }
    if formats.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let compared = folder.path().join("compared");
    let images: Vec<u8> = (0..40 * 784_u32).map(|at| (at * at % 253) as u8).collect();
    let floats = (0..40 * 6_u32).flat_map(|at| ((at * at % 89) as f32 - 30.0).to_le_bytes()).collect::<Vec<u8>>();
    let own = folder.path().join("numbers.npy");
    npy(&own, "<f4", "40, 6", floats.clone());
    let glyphs = "name = \"glyphs\"\ntrain = 60\nvalidation = 20\ntest = 20";
    let numbers = format!("path = {:?}\ntrain = 0.5\ntest = 0.3", text_of(&own));
    // Each line has some words, each repeated a few times.
    let words = ["ash", "birch", "cedar", "fir", "tree"];
    let counts = |row: usize| [row * row % 4, row % 3, row * 7 % 5, row / 9, 1];
    let lines = folder.path().join("lines.txt");
    let line = |row: usize| {
        words.iter().zip(counts(row)).map(|(word, count)| format!("{word} ").repeat(count)).collect::<String>()
    };
    fs::write(&lines, (0..40).map(|row| line(row) + "\n").collect::<String>()).unwrap();
    let texts = format!("path = {:?}\nvocabulary = 5\ntrain = 0.5\ntest = 0.3", text_of(&lines));
    for (name, dataset, model) in [
        ("texts", texts.as_str(), "hidden = [8]\ncode = 2\nactivation = \"tanh\""),
        ("dense", glyphs, "hidden = [12]\ncode = 3\nactivation = \"gelu\""),
        ("elu", glyphs, "hidden = [12, 9]\ncode = 3\nactivation = \"elu\""),
        ("gaussian", glyphs, "kind = \"gaussian\"\nhidden = [12]\ncode = 3\nactivation = \"leaky_relu\""),
        ("gated", glyphs, "kind = \"gated\"\nhidden = [6]\ncode = 3"),
        ("residual", glyphs, "kind = \"residual\"\nhidden = [12]\ncode = 3"),
        ("scaled", numbers.as_str(), "hidden = [8]\ncode = 2\nactivation = \"tanh\""),
    ] {
        let at = compared.join(name);
        fs::create_dir_all(&at).unwrap();
        let file = folder.path().join(format!("{name}.toml"));
        let spec = format!(
            "question = \"?\"\n[dataset]\n{dataset}\n[model]\n{model}\n[training]\nepochs = 2\nbatch_size = 10\nloss = \"mse\"\n\
             adam.learning_rate = 0.01\n"
        );
        fs::write(&file, spec).unwrap();
        let out = folder.path().join("out");
        succeeds(&["run", text_of(&file), "--out", text_of(&out), "--quiet"]);
        let network = fs::read_dir(out.join(name)).unwrap().next().unwrap().unwrap().path();
        let network = fs::read_dir(network).unwrap().map(|entry| entry.unwrap().path());
        let run = network.map(|path| path.join("seed-0")).find(|path| path.is_dir()).unwrap();
        match name {
            "texts" => {
                let columns: Vec<ScaledColumn> = storage::read_csv(&run.join("scaling.csv")).unwrap();
                let place = |column: &ScaledColumn| words.iter().position(|word| *word == column.column).unwrap();
                let value = |row: usize, column: &ScaledColumn| (counts(row)[place(column)] as f32).ln_1p();
                let values = (0..40).flat_map(|row| columns.iter().map(move |column| value(row, column)));
                npy(&at.join("rows.npy"), "<f4", "40, 5", values.flat_map(f32::to_le_bytes).collect());
            }
            "scaled" => npy(&at.join("rows.npy"), "<f4", "40, 6", floats.clone()),
            _ => npy(&at.join("rows.npy"), "|u1", "40, 28, 28", images.clone()),
        }
        let [mut rows, codes, outputs] = ["rows", "codes", "outputs"].map(|name| at.join(format!("{name}.npy")));
        if name == "texts" {
            rows.clone_from(&lines);
        }
        succeeds(&["apply", text_of(&run), "encode", text_of(&rows), "--out", text_of(&codes), "--quiet"]);
        succeeds(&["apply", text_of(&run), "reconstruct", text_of(&rows), "--out", text_of(&outputs), "--quiet"]);
        for (format, _) in FORMATS {
            succeeds(&["export", text_of(&run), format, "--out", text_of(&at.join(format)), "--quiet"]);
        }
        assert_eq!(at.join("onnx/decoder.onnx").exists(), name != "residual", "{name}");
        let mut python = Command::new("python3");
        python.args(["-m", "py_compile"]).arg(at.join("pytorch/autoencoder.py"));
        assert!(python.output().unwrap().status.success(), "{name}");
    }
    for (format, _) in formats {
        let script = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join(format!("tests/{format}.py"));
        let output = Command::new("python3").arg(script).arg(&compared).output().unwrap();
        let [told, errors] = [output.stdout, output.stderr].map(|told| String::from_utf8_lossy(&told).into_owned());
        assert!(output.status.success(), "{format}: {told}{errors}");
    }
}

#[test]
fn the_splits_of_a_run_are_written_for_other_programs() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let spec = |dataset: &str, rest: &str| {
        format!(
            "question = \"?\"\n[dataset]\nname = \"{dataset}\"\ntrain = 120\nvalidation = 40\ntest = 80\n[model]\nhidden = [8]\n\
             code = 2\n{rest}[training]\nepochs = 1\nbatch_size = 10\nloss = \"mse\"\nadam.learning_rate = 0.01\n"
        )
    };
    let run = |name: &str, text: String, dataset: &str| {
        fs::write(at(&format!("{name}.toml")), text).unwrap();
        succeeds(&["run", text_of(&at(&format!("{name}.toml"))), "--out", text_of(&at("out")), "--quiet"]);
        let run = at("out").join(name).join(dataset).join("dense-8-2/seed-0");
        succeeds(&["export", text_of(&run), "data", "--out", text_of(&at(&format!("{name}-data"))), "--quiet"]);
        run
    };
    run("machine", spec("sensors", ""), "sensors");
    let table = |name: &str| fs::read_to_string(at("machine-data").join(name)).unwrap();
    assert!(table("train.csv").starts_with("x0,x1,") && table("train.csv").lines().count() == 121);
    assert!(table("test.csv").lines().next().unwrap().ends_with(",x23,fault"));
    assert!(table("test.csv").lines().any(|line| line.ends_with(",stuck")));
    let digits = run("digits", spec("glyphs", "[corruption.gaussian]\nsigma = 0.5\n"), "glyphs");
    let size = |name: &str| fs::metadata(at("digits-data").join(name)).unwrap().len();
    assert_eq!((size("test.npy"), size("test-class.npy")), (128 + 80 * 784, 128 + 160));
    // Test rows have the noise.
    let clean = fs::read(at("digits-data/train.npy")).unwrap();
    let noisy = fs::read(at("digits-data/test.npy")).unwrap();
    let zeros = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == 0).count() as f64 / bytes.len() as f64;
    assert!(zeros(&clean) > 0.6 && zeros(&noisy) < 0.6, "{} {}", zeros(&clean), zeros(&noisy));
    let there = xtask(&["export", text_of(&digits), "data", "--out", text_of(&at("digits-data"))]);
    assert_eq!(there.status.code(), Some(2));
}
