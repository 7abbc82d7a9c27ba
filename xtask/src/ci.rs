//! `cargo xtask ci`: what continuous integration runs, in the same order, stopping at the first failure.

use crate::Failure;
use crate::programs::{cargo, succeed};

const STEPS: [&[&str]; 4] = [
    &["fmt", "--all", "--check"],
    &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
    &["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"],
    &["test", "--workspace", "--locked"],
];

pub(crate) fn ci() -> Result<(), Failure> {
    for step in STEPS {
        println!("$ cargo {}", step.join(" "));
        let mut command = cargo();
        command.args(step).env("RUSTDOCFLAGS", "-D warnings");
        succeed(command.status(), step[0])?;
    }
    Ok(())
}
