//! Measures recorded runs; see [`report::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    report::program::main(networks::NETWORKS)
}
