//! `hourglass-evaluate`: measures recorded runs, with the networks that experiments ask for; see [`report::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    report::program::main(networks::NETWORKS)
}
