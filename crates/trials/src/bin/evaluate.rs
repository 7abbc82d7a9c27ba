//! `hourglass-evaluate` with the networks of tests; see [`report::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    report::program::main(networks::NETWORKS)
}
