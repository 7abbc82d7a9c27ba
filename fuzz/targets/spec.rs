//! Fuzz target of experiment files, and of a value for `--set` after a zero byte. An accepted file must be read back
//! the same from its resolved spec.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use spec::{Experiment, Override};

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let (file, set) = text.split_once('\0').unwrap_or((&text, ""));
    let overrides: Vec<Override> = Override::set(set).into_iter().collect();
    let parse =
        |text: &str, overrides: &[Override]| Experiment::parse(Path::new("fuzz.toml"), text.to_owned(), overrides);
    let Ok(experiment) = parse(file, &overrides) else { return };
    for run in experiment.runs.iter().take(10) {
        let again = parse(&run.to_toml(), &[]).expect("a resolved spec is a spec");
        assert_eq!(again.runs, std::slice::from_ref(run));
    }
});
