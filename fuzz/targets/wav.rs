//! Fuzz target of recordings, as windows at the original and another rate, and as spectra.

#![no_main]

use hourglass_fuzz::{Checked, file};
use libfuzzer_sys::fuzz_target;
use readers::wav::{Form, Mel, Options, read};

fuzz_target!(|data: &[u8]| {
    let (_folder, path) = file("x.wav", data);
    let windows = Form::Windows { window: 7, hop: 3 };
    let spectra = Form::Frames(Mel { bands: 2, frame: 16, hop: 8, steps: 2, stride: 2 });
    for (rate, form) in [(None, windows.clone()), (Some(8000), windows), (None, spectra)] {
        let mut checked = Checked::default();
        if let Ok(counts) = read(&path, &Options { rate, form, ..Options::default() }, &mut checked) {
            assert_eq!(counts.rows, checked.rows);
        }
    }
});
