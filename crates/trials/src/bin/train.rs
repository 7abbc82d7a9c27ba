//! Trains one run; see [`training::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    training::program::main(networks::NETWORKS)
}
