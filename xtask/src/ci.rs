//! `cargo xtask ci`: what continuous integration runs, stopping at the first failure.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::Context;
use clap::Parser;

use crate::Failure;
use crate::programs::{cargo, succeed, workspace};
use crate::regress::{self, Regress};

/// Everything runs in release mode: the tests share what the programs are built from, and train small networks.
const STEPS: [&[&str]; 3] = [
    &["fmt", "--all", "--check"],
    &["clippy", "--release", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
    &["doc", "--release", "--workspace", "--no-deps", "--document-private-items", "--locked"],
];

/// Names the folder in which tests look for the real MNIST.
const DATA: &str = "HOURGLASS_DATA";

pub(crate) fn ci() -> Result<(), Failure> {
    for step in STEPS {
        println!("$ cargo {}", step.join(" "));
        succeed(cargo().args(step).env("RUSTDOCFLAGS", "-D warnings").status(), step[0])?;
    }
    println!("$ cargo xtask regress");
    regress::regress(&Regress::parse_from(["regress"]))?;
    test()
}

/// Runs every test and ends with their count.
fn test() -> Result<(), Failure> {
    let mut command = cargo();
    command.args(["test", "--release", "--workspace", "--locked", "--no-fail-fast", "--"]);
    let data = match real_mnist() {
        Some(folder) => {
            command.env(DATA, &folder).arg("--include-ignored");
            format!("real MNIST: tested on the files in {}", folder.display())
        }
        None => {
            command.env_remove(DATA);
            "real MNIST: its tests are skipped, for it is neither in $HOURGLASS_DATA nor in data/mnist".to_owned()
        }
    };
    println!("{data}\n$ cargo test --release --workspace --locked --no-fail-fast");
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo").map_err(Failure::Failed)?;
    let mut counts = [0, 0, 0];
    for line in child.stdout.take().into_iter().flat_map(|output| BufReader::new(output).lines()) {
        let line = line.context("reading what the tests print").map_err(Failure::Failed)?;
        for (count, more) in counts.iter_mut().zip(results(&line)) {
            *count += more;
        }
        println!("{line}");
    }
    let status = child.wait();
    println!("{data}\n{} passed, {} failed, {} skipped", counts[0], counts[1], counts[2]);
    succeed(status, "cargo test")
}

/// Tests passed, failed and ignored, from a closing line of one test program.
fn results(line: &str) -> [usize; 3] {
    let Some(line) = line.strip_prefix("test result: ") else { return [0; 3] };
    ["passed", "failed", "ignored"].map(|what| {
        let before = line.split(what).next().unwrap_or_default();
        before.split_whitespace().last().and_then(|count| count.parse().ok()).unwrap_or(0)
    })
}

/// Where the real MNIST lies, if anywhere: the folder itself, or one that holds it as `mnist`.
fn real_mnist() -> Option<PathBuf> {
    let holds =
        |folder: &Path| ["", ".gz"].iter().any(|end| folder.join(format!("train-images-idx3-ubyte{end}")).exists());
    let roots = std::env::var_os(DATA).map(PathBuf::from).into_iter().chain([workspace().join("data")]);
    roots.flat_map(|root| [root.join("mnist"), root]).find(|folder| holds(folder))
}
