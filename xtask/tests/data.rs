//! Data sets from files: each command checks and unpacks them once, and records files that are not the published ones.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Output;

use flate2::Compression;
use flate2::write::GzEncoder;
use record::{Environment, RunDirectory};
use system::storage;

use self::common::xtask;

mod common;

/// Archives in the format of kmnist with other images, each of a single grey value.
fn foreign_kmnist(folder: &Path) {
    for (name, count) in [("train", 60_000_u32), ("t10k", 10_000)] {
        let [images, labels] = [[0, 0, 8, 3], [0, 0, 8, 1]].map(|magic| [magic, count.to_be_bytes()].concat());
        let images = [&images[..], &[0, 0, 0, 28, 0, 0, 0, 28], &vec![90; count as usize * 784]].concat();
        let labels = [labels, (0..count).map(|index| (index % 10) as u8).collect()].concat();
        for (name, content) in
            [(format!("{name}-images-idx3-ubyte.gz"), images), (format!("{name}-labels-idx1-ubyte.gz"), labels)]
        {
            let mut encoder = GzEncoder::new(fs::File::create(folder.join(name)).unwrap(), Compression::fast());
            encoder.write_all(&content).unwrap();
            encoder.finish().unwrap();
        }
    }
}

fn run(data: &Path, out: &Path, temporary: &Path) -> (Output, String) {
    let mut command = xtask();
    command
        .args(["run", "experiments/smoke.toml", "experiments/linear.toml", "--dataset", "kmnist", "--data-dir"])
        .arg(data);
    command
        .args(["--set", "training.epochs=1", "--set", "dataset.train=500", "--set", "dataset.test=200", "--out"])
        .arg(out);
    let output = command.env("TMPDIR", temporary).output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, message)
}

#[test]
fn files_that_are_not_the_published_ones_are_reported_once_and_recorded() {
    let [data, out, temporary] = [0, 1, 2].map(|_| tempfile::tempdir().unwrap());
    foreign_kmnist(data.path());
    let (output, message) = run(data.path(), out.path(), temporary.path());
    assert!(output.status.success(), "{message}");
    assert_eq!(
        message.matches("note: there is no published checksum for train-images-idx3-ubyte.gz, ").count(),
        1,
        "{message}"
    );
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "what was unpacked is left behind");
    let record = RunDirectory::at(&out.path().join("smoke/kmnist/plain-16/seed-0"));
    let environment: Environment = storage::read_json(&record.environment()).unwrap();
    assert_eq!(environment.unpublished_files.len(), 4);
    assert_eq!(environment.unpublished_files[0], "kmnist/train-images-idx3-ubyte.gz");
}

#[test]
fn missing_files_and_a_missing_temporary_folder_are_errors_that_name_the_next_command() {
    let [data, out] = [0, 1].map(|_| tempfile::tempdir().unwrap());
    let absent = data.path().join("absent");
    let (output, message) = run(data.path(), out.path(), data.path());
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert_eq!(message.matches("error: no kmnist files: looked in ").count(), 1, "once for both: {message}");
    assert!(!message.contains("failed: "), "no run for what none of them has: {message}");
    foreign_kmnist(data.path());
    let (output, message) = run(data.path(), out.path(), &absent);
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(
        message.contains("set TMPDIR to a folder with 60 MB to spare, or unpack the archives (gunzip -k "),
        "{message}"
    );
}
