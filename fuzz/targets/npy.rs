//! Fuzz target of NumPy arrays, archives of arrays, and IDX files of any shape.

#![no_main]

use hourglass_fuzz::{Checked, file};
use libfuzzer_sys::fuzz_target;
use readers::{idx, npy};

fuzz_target!(|data: &[u8]| {
    let (_folder, path) = file("array", data);
    let mut checked = Checked::default();
    if let Ok(counts) = npy::read(&path, &npy::Options::default(), &mut checked) {
        assert_eq!(counts.rows, checked.rows);
    }
    let _ = idx::read(&path, &idx::Options::default(), &mut Checked::default());
});
