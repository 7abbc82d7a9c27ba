//! Tables, with options that the first byte chooses.

#![no_main]

use hourglass_fuzz::{Checked, file};
use libfuzzer_sys::fuzz_target;
use readers::csv::{self, Missing, Options};

fuzz_target!(|data: &[u8]| {
    let Some((first, table)) = data.split_first() else { return };
    let (_folder, path) = file("table.csv", table);
    let name = |bit: u8, name: &str| (first & bit != 0).then(|| name.to_owned());
    let options = Options {
        label: name(1, "a"),
        group: name(2, "b"),
        time: name(4, "t"),
        split: name(8, "split"),
        missing: [Missing::Refuse, Missing::Drop, Missing::Keep][usize::from(first >> 4) % 3],
        decimal: (first & 128 != 0).then_some(','),
        ..Options::default()
    };
    if let Ok(found) = csv::survey(&path, &options) {
        let mut checked = Checked::default();
        let _ = found.read(&mut checked);
    }
});
