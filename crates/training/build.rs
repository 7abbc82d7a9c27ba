//! Build script: passes the versions of the compiler, of dfdx and of faer to the program, which records them for each run.

#![allow(clippy::print_stdout, reason = "a build script speaks to cargo")]

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

fn main() {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let version = Command::new(rustc).arg("--version").output().ok();
    let version = version.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    println!("cargo::rustc-env=RUSTC_VERSION={}", version.unwrap_or_else(|| "unknown".to_owned()));

    // Paths are relative: an absolute path would be wrong in a checkout that is copied or moved.
    println!("cargo::rerun-if-changed=../../Cargo.lock");
    let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
    let lock = fs::read_to_string(package.join("../../Cargo.lock")).unwrap_or_default();
    for (package, variable) in [("dfdx", "DFDX_VERSION"), ("faer", "FAER_VERSION")] {
        let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{package}\""));
        let version = lines.nth(1).and_then(|line| line.split('"').nth(1)).unwrap_or("unknown");
        println!("cargo::rustc-env={variable}={version}");
    }
}
