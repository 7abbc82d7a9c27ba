//! Checks that the weights of six experiments are, bit for bit, those that were recorded here.
//!
//! Other processors may round matrix products differently. Each set of golden hashes names a digest of such products. If
//! this processor computes other products, the test reports it and passes. `HOURGLASS_WEIGHTS=full` trains the whole
//! experiments, which takes about five minutes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use datasets::Sources;
use faer::{Accum, MatMut, MatRef, Par};
use networks::NETWORKS;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use spec::{Experiment, Override};
use system::seal::hexadecimal;
use training::Options;

const EXPERIMENTS: [&str; 6] = ["plain", "deep", "variational", "recurrent", "stacked", "adversarial"];

/// Experiments with variants of leaky units, and the flags that replace these by ReLU.
const LEAKY: [(&str, &str); 6] = [
    ("recurrent", "variants.plain.model.activation=\"relu\""),
    ("stacked", "variants.stacked.model.activation=\"relu\""),
    ("stacked", "variants.scratch.model.activation=\"relu\""),
    ("adversarial", "variants.adversarial.model.activation=\"relu\""),
    ("adversarial", "variants.variational.model.activation=\"relu\""),
    ("adversarial", "variants.wide.model.activation=\"relu\""),
];

/// Flags that shorten an experiment to a few seconds.
const SHORT: [&str; 4] = ["training.epochs=2", "dataset.train=600", "dataset.validation=100", "dataset.test=50"];

/// A digest of matrix products of the sizes of a training. No code of this project takes part, so only another processor
/// changes it.
fn products() -> String {
    let values = |count: usize, step: usize| -> Vec<f32> {
        (0..count).map(|at| (at * step % 1009) as f32 / 1009.0 - 0.5).collect()
    };
    let mut hash = Sha256::new();
    for (rows, inner, columns) in [(128, 784, 64), (100, 784, 1000), (128, 512, 256), (64, 32, 784)] {
        let (left, right) = (values(rows * inner, 7919), values(inner * columns, 104_729));
        let mut product = vec![0.0_f32; rows * columns];
        faer::linalg::matmul::matmul(
            MatMut::from_row_major_slice_mut(&mut product, rows, columns),
            Accum::Replace,
            MatRef::from_row_major_slice(&left, rows, inner),
            MatRef::from_row_major_slice(&right, inner, columns),
            1.0,
            Par::Seq,
        );
        product.iter().for_each(|value| hash.update(value.to_le_bytes()));
    }
    hexadecimal(&hash.finalize())
}

/// A digest of the tensors of a model file, in the order of their names.
fn digest(path: &Path) -> String {
    let mut hash = Sha256::new();
    for (name, values) in zoo::tensors(&std::fs::read(path).unwrap()).unwrap() {
        hash.update(name);
        values.iter().for_each(|value| hash.update(value.to_le_bytes()));
    }
    hexadecimal(&hash.finalize())
}

/// Digest of the weights of each run, by experiment and run.
fn trained(sets: &[&str]) -> BTreeMap<String, String> {
    let folder = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../experiments");
    let out = tempfile::tempdir().unwrap();
    let stop = AtomicBool::new(false);
    let options = Options {
        out: out.path(),
        sources: Sources::default(),
        command: String::new(),
        workspace: None,
        resume: false,
        tensorboard: None,
        quiet: true,
        stop: &stop,
    };
    let mut digests = BTreeMap::new();
    for name in EXPERIMENTS {
        let mut flags = vec!["seeds=[0]"];
        flags.extend(sets);
        if name == "stacked" && !sets.is_empty() {
            flags.push("training.pretraining.epochs=1");
        }
        // Only networks with ReLU are compiled into the programs of tests.
        flags.extend(LEAKY.iter().filter(|(leaky, _)| *leaky == name).map(|(_, flag)| flag));
        let flags: Vec<Override> = flags.into_iter().map(|flag| Override::set(flag).unwrap()).collect();
        let mut runs = Experiment::load(&folder.join(format!("{name}.toml")), &flags).unwrap().runs;
        runs.retain(|run| NETWORKS.build(&run.model).is_ok());
        for run in runs {
            let directory = training::train(&run, NETWORKS, &options).unwrap();
            digests.insert(format!("{name}/{}", run.label()), digest(&directory.model()));
        }
    }
    digests
}

#[test]
fn weights_are_those_recorded_bit_for_bit() {
    let golden: Value = serde_json::from_str(include_str!("golden/weights.json")).unwrap();
    let full = std::env::var("HOURGLASS_WEIGHTS").is_ok_and(|asked| asked == "full");
    let products = products();
    let known = &golden[&products];
    let (name, sets) = if full { ("full", &[][..]) } else { ("short", &SHORT[..]) };
    if known.is_null() && !full {
        println!("skipped: no weights are recorded for processors with matrix products of digest {products}");
        return;
    }
    let found = json!(trained(sets));
    assert_eq!(found.as_object().unwrap().len(), 15, "every run of the six experiments");
    assert_eq!(found, known[name], "at products of digest {products}");
}
