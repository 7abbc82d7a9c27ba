//! Fuzz target of checkpoints and models of a small run. Each input is read as it is, and with a matching seal, so that
//! more inputs get past the check of the seal.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use networks::NETWORKS;
use spec::Run;
use system::seal;

static RUN: LazyLock<Run> = LazyLock::new(hourglass_fuzz::run);

fuzz_target!(|data: &[u8]| {
    let network = NETWORKS.build(&RUN.model).expect("a network of the catalogue");
    let mut bytes = data.to_vec();
    for _ in 0..2 {
        let _ = training::Checkpoint::from_bytes(&bytes, &RUN);
        let _ = zoo::from_bytes(network.as_ref(), &bytes);
        if seal::seal(&mut bytes).is_err() {
            break;
        }
    }
});
