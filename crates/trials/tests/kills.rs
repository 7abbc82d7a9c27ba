//! Kills runs again and again, and resumes them until they are done.
//!
//!     HOURGLASS_KILLS=200 cargo test --release -p trials --test kills -- --nocapture

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use record::{Epoch, RunDirectory};
use spec::Experiment;
use system::storage;

/// About two seconds of training.
const PLAIN: &str = "name = \"kills\"\nquestion = \"Does it end the same?\"\n\
    [dataset]\nname = \"glyphs\"\ntrain = 2000\nvalidation = 200\ntest = 20\n\
    [model]\narchitecture = \"plain\"\ncode = 8\n[corruption.gaussian]\nsigma = 0.2\n\
    [training]\nepochs = 100\nbatch_size = 64\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.005\n";
const EARLY_STOPPING: &str = "[training.early_stopping]\npatience = 90\n";
const ADVERSARIAL: &str = "[training.adversarial]\nweight = 0.05\nadam.learning_rate = 0.001\n";
const TRANSFER: &str = "[training.transfer]\nfrom = \"glyphs\"\ntrain = 1500\nepochs = 60\ntune = \"decoder\"\n";
const CLASSIFIER: &str = "[training.classifier]\nepochs = 60\ndropout = 0.1\nadam.learning_rate = 0.001\n";
const PRETRAINING: &str = "[training.pretraining]\nepochs = 60\ncorruption.masking.fraction = 0.1\n";

/// Number of kills, unless `HOURGLASS_KILLS` is set.
const KILLS: usize = 6;
/// Longest time after which a process is killed.
const WITHIN: Duration = Duration::from_millis(2500);

fn start(spec: &str, out: &Path) -> Child {
    // The path from build time is wrong in a copied checkout; since version 1.94 cargo sets the variable at run time.
    let program = std::env::var_os("CARGO_BIN_EXE_trial-train").unwrap_or(env!("CARGO_BIN_EXE_trial-train").into());
    let mut child =
        Command::new(program).args(["--quiet", "--resume", "--out"]).arg(out).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(spec.as_bytes()).unwrap();
    child
}

/// Recorded weights: those of the network, of its last epoch, and of a classifier.
type Weights = (Vec<u8>, [Option<Vec<u8>>; 2]);

/// The recorded weights, and the epochs without their times.
fn outcome(spec: &str, out: &Path) -> (Weights, Vec<Epoch>) {
    let run = Experiment::parse(Path::new("kills.toml"), spec.to_owned(), &[]).unwrap().runs.remove(0);
    let directory = RunDirectory::of(&run, out);
    let mut epochs: Vec<Epoch> = storage::read_csv(&directory.epochs()).unwrap();
    epochs.iter_mut().for_each(|epoch| epoch.seconds = 0.0);
    assert!(!directory.checkpoint().exists());
    let others = [directory.last_model(), directory.classifier()].map(|path| fs::read(path).ok());
    assert_eq!(others[1].is_some(), run.training.classifier.is_some());
    ((fs::read(directory.model()).unwrap(), others), epochs)
}

#[test]
fn runs_that_are_killed_at_random_moments_end_with_the_same_files() {
    let wanted = std::env::var("HOURGLASS_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    // The moments of the kills differ each time, unless `HOURGLASS_MOMENTS` is set.
    let seed = std::env::var("HOURGLASS_MOMENTS")
        .map_or_else(|_| RandomState::new().hash_one("moments"), |text| text.parse().unwrap());
    println!("moments by HOURGLASS_MOMENTS={seed}");
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let of = |architecture: &str, epochs: &str| {
        PLAIN.replace("\"plain\"", architecture).replace("epochs = 100", epochs).replace("code = 8", "code = 16")
    };
    let specs = [
        format!("{PLAIN}{EARLY_STOPPING}"),
        format!("{PLAIN}{PRETRAINING}"),
        format!("{PLAIN}{ADVERSARIAL}"),
        format!("{PLAIN}{EARLY_STOPPING}{TRANSFER}").replace("patience = 90", "patience = 8"),
        of("\"variational\"", "epochs = 12").replace("train = 2000", "pixels = \"stochastic\"\ntrain = 2000"),
        of("\"recurrent\"", "epochs = 5"),
        PLAIN
            .replace("architecture = \"plain\"", "hidden = [60, 20]\nactivation = \"gelu\"")
            .replace("code = 8", "code = 7"),
        format!("{PLAIN}{EARLY_STOPPING}{PRETRAINING}{CLASSIFIER}").replace("patience = 90", "patience = 8"),
        PLAIN.replace("batch_size", "sampling = \"balanced\"\nbatch_size") + "[training.hard_examples]\nfocus = 2.0\n",
    ];
    let expected = specs.each_ref().map(|spec| {
        let out = tempfile::tempdir().unwrap();
        assert!(start(spec, out.path()).wait().unwrap().success());
        outcome(spec, out.path())
    });
    let (mut kills, mut runs) = (0, 0);
    while kills < wanted || runs < specs.len() {
        let (spec, expected) = (&specs[runs % specs.len()], &expected[runs % specs.len()]);
        let out = tempfile::tempdir().unwrap();
        loop {
            let mut child = start(spec, out.path());
            thread::sleep(WITHIN.mul_f64(f64::from(generator.next_u32()) / f64::from(u32::MAX)));
            if let Some(status) = child.try_wait().unwrap() {
                assert!(status.success());
                break;
            }
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
        }
        assert!(outcome(spec, out.path()) == *expected, "a run differs after {kills} kills in all");
        runs += 1;
    }
    println!("{kills} kills over {runs} runs; all ended with the same files");
}
