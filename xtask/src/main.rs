//! `cargo xtask`: the command line in a checkout; see [`xtask::cargo_xtask`].

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::cargo_xtask()
}
