//! Comparison of a run with its repetition.

#![allow(clippy::unwrap_used)]

use networks::NETWORKS;
use record::{Epoch, RunDirectory};
use report::across::reproduce::Reproduction;
use system::storage;

mod common;

#[test]
fn times_do_not_matter_in_the_comparison_of_a_repetition() {
    let run = common::glyphs_run("[evaluation]\ntasks = [\"cost\"]\n");
    let out = tempfile::tempdir().unwrap();
    let evaluated = |name: &str, seconds: f64| {
        let directory = common::record(&run, &out.path().join(name));
        let epoch = Epoch { epoch: 1, stage: "training".to_owned(), seconds, ..Epoch::default() };
        storage::write_csv(&directory.epochs(), &[epoch.clone(), Epoch { epoch: 2, ..epoch }]).unwrap();
        let written = evaluation::evaluate(&directory, NETWORKS, None).unwrap().written;
        assert!(written.iter().any(|path| path.ends_with("plots/filters.png")));
        directory
    };
    let (then, now) = (evaluated("then", 1.0), evaluated("now", 2.0));
    let seconds = |of: &RunDirectory| {
        let measures: record::Measures = storage::read_json(&of.measures()).unwrap();
        measures["test"]["autoencoder"]["seconds"]
    };
    assert_eq!((seconds(&then), seconds(&now)), (2.0, 4.0));
    assert!(Reproduction::of(&then, &now).unwrap().is_exact());
}
