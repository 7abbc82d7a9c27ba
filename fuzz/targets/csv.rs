//! Fuzz target of tables. The first two bytes choose the keys.

#![no_main]

use hourglass_fuzz::{Checked, file};
use libfuzzer_sys::fuzz_target;
use readers::load;
use spec::own::{Format, Missing, Reading};

fuzz_target!(|data: &[u8]| {
    let Some(([first, second], table)) = data.split_first_chunk() else { return };
    let (_folder, path) = file("table.csv", table);
    let name = |bit: u8, name: &str| (first & bit != 0).then(|| name.to_owned());
    let reading = Reading {
        label: name(1, "a"),
        group: name(2, "b"),
        time: name(4, "t"),
        split: name(8, "split"),
        missing: [None, Some(Missing::Drop), Some(Missing::Mean)][usize::from(first >> 4) % 3],
        decimal: (first & 128 != 0).then_some(','),
        header: [None, Some(false), Some(true)][usize::from(second & 15) % 3],
        window: (second & 16 != 0).then_some(3),
        hop: (second & 32 != 0).then_some(2),
        ..Reading::default()
    };
    if load::format(&path, &reading).is_ok() {
        let _ = load::read(&path, Format::Table, &reading, &mut Checked::default());
    }
});
