//! Tests of pictures: pixels equal Pillow's, and errors name the file.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::collections::BTreeMap;

use common::{Kept, bytes, golden, numbers, write};
use proptest::prelude::*;
use readers::images::resize::Fit;
use readers::images::{Labels, Options, read};
use serde_json::Value;
use spec::Shape;

fn case(name: &str) -> Vec<u8> {
    let cases = golden("images.json");
    bytes(&cases.as_array().unwrap().iter().find(|case| case["name"] == name).unwrap()["file"])
}

#[test]
fn pictures_have_the_pixels_of_pillow() {
    for case in golden("images.json").as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "x.png", &bytes(&case["file"]));
        let list = |key: &str| case.get(key).map(numbers);
        let options = Options {
            channels: case.get("channels").and_then(Value::as_u64).map(|channels| channels as usize),
            size: list("size").map(|size| (size[0] as usize, size[1] as usize)),
            background: list("background").map_or([255; 3], |colour| [0, 1, 2].map(|at| colour[at] as u8)),
            fit: Fit::Stretch,
            ..Options::default()
        };
        let mut kept = Kept::default();
        read(folder.path(), &options, &mut kept).unwrap();
        let side = |key: &str| case[key].as_u64().unwrap() as usize;
        let (width, height, expected) = (side("width"), side("height"), numbers(&case["pixels"]));
        let channels = expected.len() / width / height;
        assert_eq!(kept.shape, Some(Shape::Image { height, width, channels }), "{name}");
        let tolerance = case["tolerance"].as_f64().unwrap();
        let pairs = kept.rows[0].iter().zip(&expected);
        let off = pairs.map(|(found, expected)| (f64::from(*found) - expected).abs()).fold(0.0, f64::max);
        assert!(off <= tolerance, "{name}: off by {off}");
    }
}

#[test]
fn files_are_read_in_the_order_of_their_names_with_labels_and_ids() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["dog/b.png", "cat/c.PNG", "dog/a.png", "cat/.hidden.png", "cat/notes.txt"] {
        write(folder.path(), name, &case("grey"));
    }
    let mut kept = Kept::default();
    let counts = read(folder.path(), &Options { labels: Labels::Subfolder, ..Options::default() }, &mut kept).unwrap();
    assert_eq!(kept.ids, ["cat/c.PNG", "dog/a.png", "dog/b.png"].map(|id| Some(id.to_owned())));
    assert_eq!(kept.labels, ["cat", "dog", "dog"].map(|label| Some(label.to_owned())));
    assert!(kept.bytes && counts.rows == 3);
    assert_eq!(counts.skipped.iter().map(|skipped| skipped.count).collect::<Vec<_>>(), [1, 1]);
    let refused = |table: &[(&str, &str)]| {
        let table: BTreeMap<String, String> = table.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let options = Options { labels: Labels::Table(table), ..Options::default() };
        read(folder.path(), &options, &mut Kept::default()).map(|counts| counts.rows).map_err(|error| error.to_string())
    };
    let all = [("cat/c.PNG", "x"), ("dog/a.png", "y"), ("dog/b.png", "x")];
    assert_eq!(refused(&all), Ok(3));
    assert!(refused(&all[..2]).unwrap_err().contains("no entry \"dog/b.png\""));
    assert!(refused(&[&all[..], &[("z.png", "x")]].concat()).unwrap_err().contains("\"z.png\", which is not a file"));
}

#[test]
fn an_error_about_pictures_that_differ_names_both() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.png", &case("grey"));
    write(folder.path(), "b.png", &case("colour"));
    let refused = |options: &Options| read(folder.path(), options, &mut Kept::default()).unwrap_err().to_string();
    let message = refused(&Options::default());
    assert!(message.contains("b.png: the picture is in colour, not grey as in "), "{message}");
    assert!(message.ends_with("a.png; pictures of both kinds need `channels`"), "{message}");
    write(folder.path(), "b.png", &case("halved"));
    let message = refused(&Options::default());
    assert!(message.contains("b.png: the picture has 32 x 24 pixels, not 9 x 6 as in "), "{message}");
    for fit in [Fit::Crop, Fit::Pad, Fit::Stretch] {
        let mut kept = Kept::default();
        let options = Options { size: Some((8, 8)), fit, ..Options::default() };
        assert_eq!(read(folder.path(), &options, &mut kept).unwrap().notes, ["2 pictures were resized"]);
        assert_eq!(kept.shape, Some(Shape::square(8)));
    }
    assert!(refused(&Options { channels: Some(2), ..Options::default() }).contains("channels is 2; 1 (grey)"));
    assert!(refused(&Options { size: Some((0, 4)), ..Options::default() }).contains("size is 0 x 4"));
}

#[test]
fn truncated_pictures_are_refused_wherever_they_end() {
    for (name, tail) in [("colour", 1), ("JPEG, progressive False", 2), ("JPEG, progressive True", 2)] {
        let folder = tempfile::tempdir().unwrap();
        let whole = case(name);
        for end in (1..=whole.len() - tail).rev().step_by(37) {
            write(folder.path(), "cut.png", &whole[..end]);
            let message = read(folder.path(), &Options::default(), &mut Kept::default()).unwrap_err().to_string();
            assert!(message.contains("cut.png: "), "{message}");
        }
    }
}

#[test]
fn a_palette_that_is_cut_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    // 4 x 2 pixels of 2 bits, with a palette of 13 bytes. All checksums are right.
    let hexadecimal = "89504e470d0a1a0a0000000d494844520000000400000002020300000002c695f00000000d504c5445000102030405060708090a0b0c\
                       22d130f10000000c49444154789c63606060000000040001f61738550000000049454e44ae426082";
    write(folder.path(), "x.png", &bytes(&serde_json::Value::from(hexadecimal)));
    let message = read(folder.path(), &Options::default(), &mut Kept::default()).unwrap_err().to_string();
    assert!(
        message.ends_with("the palette of the PNG has 13 bytes; 3 for each of 1 to 256 colours are expected"),
        "{message}"
    );
}

#[test]
fn a_header_that_declares_more_than_the_file_can_hold_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let header = {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, 10_000, 10_000);
        encoder.set_color(png::ColorType::Rgba);
        let mut writer = encoder.write_header().unwrap();
        writer.write_chunk(png::chunk::IDAT, &[0x78, 0x9c, 3, 0]).unwrap();
        drop(writer);
        bytes
    };
    write(folder.path(), "liar.png", &header);
    let message = read(folder.path(), &Options::default(), &mut Kept::default()).unwrap_err().to_string();
    assert!(message.contains("liar.png: the header declares 10000 x 10000 pixels, which "), "{message}");
    write(folder.path(), "liar.png", b"GIF89a");
    let message = read(folder.path(), &Options::default(), &mut Kept::default()).unwrap_err().to_string();
    assert!(message.ends_with("neither a PNG nor a JPEG file, although its name says so"), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mangled_picture_panics(
        which: prop::sample::Index, at: prop::sample::Index, cut in 0..30_usize, with: Vec<u8>,
    ) {
        let cases = golden("images.json");
        let cases = cases.as_array().unwrap();
        let mut content = bytes(&cases[which.index(cases.len())]["file"]);
        let at = at.index(content.len());
        content.splice(at..(at + cut).min(content.len()), with.into_iter().take(30));
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "x.png", &content);
        let options = Options { size: Some((5, 7)), ..Options::default() };
        let _ = read(folder.path(), &options, &mut Kept::default());
    }
}
