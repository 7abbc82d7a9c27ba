//! Tests of recordings: samples equal libsndfile's, and spectra equal NumPy's.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Kept, bytes, golden, numbers, write};
use proptest::prelude::*;
use readers::wav::{Form, Labels, Mel, Options, read};
use spec::Shape;

fn windows(window: usize, hop: usize) -> Options {
    Options { form: Form::Windows { window, hop }, ..Options::default() }
}

#[test]
fn recordings_have_the_samples_of_libsndfile() {
    let folder = tempfile::tempdir().unwrap();
    for case in golden("wav.json")["recordings"].as_array().unwrap() {
        let path = write(folder.path(), "x.wav", &bytes(&case["file"]));
        let mut kept = Kept::default();
        read(&path, &windows(10, 10), &mut kept).unwrap();
        assert_eq!(kept.shape, Some(Shape::Sequence { steps: 10, width: 1 }));
        let (found, expected) = (kept.rows.concat(), numbers(&case["samples"]));
        assert_eq!(found.len(), expected.len());
        let close = |(found, expected): (&f32, &f64)| (f64::from(*found) - expected).abs() < 1e-7;
        assert!(found.iter().zip(&expected).all(close), "{}", case["name"]);
    }
}

#[test]
fn spectra_equal_those_of_numpy() {
    let folder = tempfile::tempdir().unwrap();
    let case = &golden("wav.json")["mel"];
    let path = write(folder.path(), "x.wav", &bytes(&case["file"]));
    let number = |key: &str| case[key].as_u64().unwrap() as usize;
    let mel = Mel { bands: number("bands"), frame: number("frame"), hop: number("hop"), steps: 2, stride: 2 };
    let mut kept = Kept::default();
    read(&path, &Options { form: Form::Frames(mel), ..Options::default() }, &mut kept).unwrap();
    assert_eq!(kept.shape, Some(Shape::Sequence { steps: 2, width: 6 }));
    let expected: Vec<f64> = case["spectra"].as_array().unwrap().iter().flat_map(numbers).collect();
    assert_eq!(kept.rows.len(), expected.len() / 12);
    for (found, expected) in kept.rows.concat().iter().zip(&expected) {
        assert!((f64::from(*found) - expected).abs() < 1e-5 * expected.abs().max(1.0), "{found} {expected}");
    }
}

fn recording(rate: u32, samples: usize) -> Vec<u8> {
    let mut content = std::io::Cursor::new(Vec::new());
    let spec =
        hound::WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut writer = hound::WavWriter::new(&mut content, spec).unwrap();
    (0..samples).for_each(|at| writer.write_sample((at % 100) as i16).unwrap());
    writer.finalize().unwrap();
    content.into_inner()
}

#[test]
fn the_rows_of_a_folder_are_grouped_by_file() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "on/a.wav", &recording(8000, 25));
    write(folder.path(), "off/b.wav", &recording(8000, 35));
    write(folder.path(), "off/short.wav", &recording(8000, 9));
    let mut kept = Kept::default();
    let counts = read(folder.path(), &Options { labels: Labels::Subfolder, ..windows(10, 10) }, &mut kept).unwrap();
    let text = |names: &[&str]| names.iter().map(|name| Some((*name).to_owned())).collect::<Vec<_>>();
    let ids = ["off/b.wav 0 s", "off/b.wav 0.00125 s", "off/b.wav 0.0025 s", "on/a.wav 0 s", "on/a.wav 0.00125 s"];
    assert_eq!(kept.ids, text(&ids));
    let [on, off] = ["on/a.wav", "off/b.wav"].map(|name| folder.path().join(name).to_string_lossy().into_owned());
    assert_eq!(kept.groups, text(&[&off, &off, &off, &on, &on]));
    assert_eq!(kept.labels, text(&["off", "off", "off", "on", "on"]));
    assert_eq!((counts.rows, counts.skipped[0].reason.as_str(), counts.skipped[0].count), (5, "shorter than a row", 1));
}

#[test]
fn recordings_of_two_rates_need_a_rate() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.wav", &recording(8000, 80));
    write(folder.path(), "b.wav", &recording(16_000, 160));
    let message = read(folder.path(), &windows(40, 40), &mut Kept::default()).unwrap_err().to_string();
    assert!(message.contains("b.wav: 16000 samples a second, but 8000 in "), "{message}");
    let mut kept = Kept::default();
    let counts = read(folder.path(), &Options { rate: Some(8000), ..windows(40, 40) }, &mut kept).unwrap();
    assert_eq!((counts.rows, &counts.notes[..]), (4, &["1 recordings were resampled".to_owned()][..]));
}

#[test]
fn an_error_about_a_damaged_recording_names_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |content: &[u8], options: &Options| {
        let path = write(folder.path(), "x.wav", content);
        read(&path, options, &mut Kept::default()).unwrap_err().to_string()
    };
    let (whole, options) = (recording(8000, 50), windows(10, 10));
    for end in 1..whole.len() {
        let message = refused(&whole[..end], &options);
        assert!(message.contains("x.wav: "), "{message}");
    }
    let message = refused(&whole[..whole.len() - 1], &options);
    assert!(message.contains("sample 49: the WAV is truncated"), "{message}");
    assert!(refused(&whole, &windows(51, 1)).ends_with("shorten the window or the steps"));
    assert!(refused(&whole, &windows(0, 1)).contains("window is 0; 1 to 16777216 are allowed"));
    assert!(refused(b"ID3 no wave", &options).contains("not a WAV"));
    let slow = recording(100, 50);
    let message = refused(&slow, &Options { rate: Some(8000), ..windows(10, 10) });
    assert!(
        message.ends_with("100 samples a second cannot become 8000; at most 16 times as many are allowed"),
        "{message}"
    );
    let mut lying = whole.clone();
    lying[40..44].copy_from_slice(&0x7fff_fff0_u32.to_le_bytes());
    assert!(refused(&lying, &options).contains("sample 50: the WAV is truncated"));
    let cases = golden("wav.json");
    let float = cases["recordings"].as_array().unwrap().iter().find(|case| case["name"] == "FLOAT mono").unwrap();
    let mut infinite = bytes(&float["file"]);
    let end = infinite.len() - 50 * 4 - 20;
    let at = infinite[..end + 20].windows(4).rposition(|chunk| chunk == b"data").unwrap() + 8;
    infinite[at + 8..at + 12].copy_from_slice(&f32::INFINITY.to_le_bytes());
    assert!(refused(&infinite, &options).contains("sample 2: the sample is inf"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mangled_recording_panics(
        which: prop::sample::Index, at: prop::sample::Index, cut in 0..30_usize, with: Vec<u8>, resampled: bool,
    ) {
        let cases = golden("wav.json");
        let cases = cases["recordings"].as_array().unwrap();
        let mut content = bytes(&cases[which.index(cases.len())]["file"]);
        let at = at.index(content.len());
        content.splice(at..(at + cut).min(content.len()), with.into_iter().take(30));
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "x.wav", &content);
        let options = Options { rate: resampled.then_some(16_000), ..windows(7, 3) };
        let _ = read(&path, &options, &mut Kept::default());
    }
}
