//! Tells the program which compiler and which dfdx and faer it is built with, for the record of each run.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = Command::new(rustc).arg("--version").output().ok();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    println!("cargo::rustc-env=RUSTC_VERSION={}", version.unwrap_or_else(|| "unknown".to_owned()));

    let lockfile = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    println!("cargo::rerun-if-changed={}", lockfile.display());
    let lock = fs::read_to_string(&lockfile).unwrap_or_default();
    for (package, variable) in [("dfdx", "DFDX_VERSION"), ("faer", "FAER_VERSION")] {
        let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{package}\""));
        let version = lines.nth(1).and_then(|line| line.split('"').nth(1)).unwrap_or("unknown");
        println!("cargo::rustc-env={variable}={version}");
    }
}
