//! `hourglass-train`: trains one run, with the networks that experiments ask for; see [`training::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    training::program::main(networks::NETWORKS)
}
