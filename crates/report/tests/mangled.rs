//! Records with random changes: each is read, or is an error with a reason.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

mod common;

use std::cell::Cell;
use std::fs;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

#[test]
fn an_untouched_record_is_read_in_every_way() {
    let out = tempfile::tempdir().unwrap();
    let folder = common::record_experiment(out.path());
    assert_eq!(common::recorded_files(&folder).len(), 14);
    for (index, way) in common::WAYS.into_iter().enumerate() {
        way(out.path(), &folder).unwrap_or_else(|error| panic!("way {index}: {error}"));
    }
}

#[test]
fn no_mangled_record_panics() {
    let out = tempfile::tempdir().unwrap();
    let folder = common::record_experiment(out.path());
    common::unseal(&folder);
    let files: Vec<_> =
        common::recorded_files(&folder).into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    let number = "(-?[0-9]{0,25}|1e[0-9]{1,4}|NaN|null|\"|,|\n)".prop_map(String::into_bytes);
    let edit = (
        any::<prop::sample::Index>(),
        // In a large file, changes of the header matter most.
        any::<prop::sample::Index>(),
        0..30_usize,
        prop_oneof![any::<Vec<u8>>(), number],
    );
    let config = ProptestConfig { cases: 50, failure_persistence: None, ..ProptestConfig::default() };
    let refused = Cell::new(0);
    let result = TestRunner::new(config).run(&edit, |(file, at, cut, with)| {
        for (path, intact) in &files {
            fs::write(path, intact).unwrap();
        }
        let (path, intact) = file.get(&files);
        let at = at.index(intact.len().min(4_000));
        let mut mangled = intact.clone();
        mangled.splice(at..(at + cut).min(intact.len()), with);
        fs::write(path, &mangled).unwrap();
        let compared = report::compare(&common::recorded_runs(&folder), &out.path().join("compare")).map(drop);
        let read = common::WAYS.map(|way| way(out.path(), &folder));
        for error in read.into_iter().chain([compared]).filter_map(Result::err) {
            let text = error.to_string();
            let reasons = [&*out.path().to_string_lossy(), "cannot draw ", "these results cannot be a baseline"];
            refused.set(refused.get() + 1);
            prop_assert!(reasons.iter().any(|reason| text.contains(reason)), "{text}");
        }
        Ok(())
    });
    result.unwrap();
    assert!(refused.get() > 0, "nothing that was mangled was refused");
}
