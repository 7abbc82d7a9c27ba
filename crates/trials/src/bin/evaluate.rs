//! Measures recorded runs; see [`evaluation::program`].

use std::process::ExitCode;

fn main() -> ExitCode {
    evaluation::program::main(networks::NETWORKS)
}
