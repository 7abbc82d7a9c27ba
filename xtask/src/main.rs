//! `cargo xtask`; see [`xtask::cargo_xtask`].

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::cargo_xtask()
}
