//! Fuzz target of records. The first byte chooses a file, and the others are its contents. The record is then read in
//! every way.

#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

#[path = "../../crates/report/tests/common/mod.rs"]
mod common;

static RECORD: LazyLock<(TempDir, PathBuf, Vec<(PathBuf, Vec<u8>)>)> = LazyLock::new(|| {
    let out = tempfile::tempdir().expect("a folder for the record");
    let folder = common::record_experiment(out.path());
    common::unseal(&folder);
    let files = common::recorded_files(&folder);
    let files = files.into_iter().map(|path| (path.clone(), fs::read(path).expect("a recorded file"))).collect();
    (out, folder, files)
});

fuzz_target!(init: LazyLock::force(&RECORD), |data: &[u8]| {
    let (out, folder, files) = &*RECORD;
    let Some((&choice, bytes)) = data.split_first() else { return };
    let (path, intact) = &files[usize::from(choice) % files.len()];
    fs::write(path, bytes).expect("the record can be written to");
    // If one way fails, the slower ones after it would fail too. The report reads the same files of a run as the
    // figures.
    let (of_runs, of_summaries) = common::WAYS.split_at(common::OF_RUNS);
    let ways = if path.ends_with("summary.json") { of_summaries } else { of_runs };
    let _ = ways.iter().try_for_each(|way| way(out.path(), folder));
    fs::write(path, intact).expect("the record can be written to");
});
