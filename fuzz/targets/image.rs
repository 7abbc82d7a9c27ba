//! Fuzz target of PNG and JPEG pictures, read as they are and resized.

#![no_main]

use hourglass_fuzz::{Checked, file};
use libfuzzer_sys::fuzz_target;
use readers::images::{Options, quiet_decoders, read};

// A panic of a decoder becomes an error. Any other panic ends the target.
fuzz_target!(init: quiet_decoders(), |data: &[u8]| {
    let (folder, _) = file("x.png", data);
    let resized = Options { size: Some((5, 7)), channels: Some(1), ..Options::default() };
    for options in [Options::default(), resized] {
        let mut checked = Checked::default();
        if let Ok(counts) = read(folder.path(), &options, &mut checked) {
            assert_eq!((counts.rows, checked.rows), (1, 1));
        }
    }
});
