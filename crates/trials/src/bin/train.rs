//! `hourglass-train` with the networks of tests; see [`training::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    training::program::main(networks::NETWORKS)
}
