//! Fuzz target of texts, one document a line, as words and as characters.

#![no_main]

use hourglass_fuzz::{Checked, file};
use libfuzzer_sys::fuzz_target;
use readers::text::{Labels, Options, read};
use spec::own::Unit;

fuzz_target!(|data: &[u8]| {
    let (_folder, path) = file("texts.txt", data);
    for unit in [Unit::Words, Unit::Characters] {
        let mut checked = Checked::default();
        if let Ok(counts) = read(&path, &Options { unit, vocabulary: 5, labels: Labels::None }, &mut checked) {
            assert_eq!(counts.rows, checked.rows);
        }
    }
});
