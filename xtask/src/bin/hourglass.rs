//! `hourglass`: the command line outside of cargo; see [`xtask::hourglass`].

use std::process::ExitCode;

fn main() -> ExitCode {
    // The last place where the checkout is looked for.
    xtask::hourglass(env!("CARGO_MANIFEST_DIR"))
}
