//! Tests of IDX files of any shape and type, and of damaged ones.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::Write;

use common::{Kept, write};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use readers::idx::{Options, read};
use spec::Shape;

fn idx(kind: u8, sides: &[u32], values: &[u8]) -> Vec<u8> {
    let sides: Vec<u8> = sides.iter().flat_map(|side| side.to_be_bytes()).collect();
    [&[0, 0, kind, (sides.len() / 4) as u8][..], &sides, values].concat()
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn images_of_any_sides_are_read_with_labels_plain_or_in_a_gzip() {
    let folder = tempfile::tempdir().unwrap();
    let images = idx(8, &[2, 2, 3], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    let labels = write(folder.path(), "labels", &gzip(&idx(8, &[2], &[5, 0])));
    for content in [images.clone(), gzip(&images)] {
        let path = write(folder.path(), "images", &content);
        let mut kept = Kept::default();
        let options = Options { labels: Some(labels.clone()), ..Options::default() };
        assert_eq!(read(&path, &options, &mut kept).unwrap().rows, 2);
        assert_eq!(kept.shape, Some(Shape::Image { height: 2, width: 3, channels: 1 }));
        assert!(kept.bytes);
        assert_eq!(kept.rows, [[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [7.0, 8.0, 9.0, 10.0, 11.0, 12.0]]);
        assert_eq!(kept.labels, [Some("5".to_owned()), Some("0".to_owned())]);
    }
    let path = write(folder.path(), "images", &images);
    let mut kept = Kept::default();
    read(&path, &Options { transpose: true, ..Options::default() }, &mut kept).unwrap();
    assert_eq!(kept.shape, Some(Shape::Image { height: 3, width: 2, channels: 1 }));
    assert_eq!(kept.rows[0], [1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
}

#[test]
fn numbers_of_every_type_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(u8, Vec<u8>); 5] = [
        (0x09, [-3_i8, 2].map(|v| v as u8).to_vec()),
        (0x0b, [-3_i16, 2].map(i16::to_be_bytes).concat()),
        (0x0c, [-3_i32, 2].map(i32::to_be_bytes).concat()),
        (0x0d, [-3_f32, 2.0].map(f32::to_be_bytes).concat()),
        (0x0e, [-3_f64, 2.0].map(f64::to_be_bytes).concat()),
    ];
    for (kind, values) in cases {
        let path = write(folder.path(), "values", &idx(kind, &[1, 2], &values));
        let mut kept = Kept::default();
        read(&path, &Options::default(), &mut kept).unwrap();
        assert_eq!((kept.rows, kept.bytes), (vec![vec![-3.0, 2.0]], false));
    }
}

#[test]
fn files_with_a_wrong_size_in_the_header_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |content: &[u8], options: &Options| {
        let path = write(folder.path(), "images", content);
        read(&path, options, &mut Kept::default()).unwrap_err().to_string()
    };
    let options = Options::default();
    let message = refused(&idx(8, &[2, 2], &[1, 2, 3]), &options);
    assert!(message.ends_with("images: the file has 15 bytes, but its header declares 16 bytes"), "{message}");
    assert!(refused(&idx(8, &[2, 2], &[1; 5]), &options).contains("has 17 bytes"));
    assert!(refused(&idx(8, &[u32::MAX; 4], &[1; 5]), &options).contains("more bytes than there can be"));
    let message = refused(&gzip(&idx(8, &[2, 2], &[1, 2, 3])), &options);
    assert!(message.contains("row 1: the file is truncated: it ends 1 bytes too early"), "{message}");
    assert!(refused(&gzip(&idx(8, &[2, 2], &[1; 5])), &options).contains("bytes follow after the last row"));
    assert!(refused(&gzip(&idx(8, &[u32::MAX, 4000, 4000], &[1; 5])), &options).contains("truncated"));
    assert!(refused(&gzip(&idx(8, &[2, 2], &[1; 4]))[..20], &options).contains("truncated"));
    assert!(refused(b"no IDX at all", &options).contains("byte 0: this is not an IDX file"));
    assert!(refused(&idx(7, &[1, 1], &[1]), &options).contains("byte 2: the type is 0x07"));
    assert!(refused(&idx(8, &[3], &[1, 2, 3]), &options).contains("its rows have no values"));
    let labels = Some(write(folder.path(), "labels", &idx(8, &[3], &[1, 2, 3])));
    let message = refused(&idx(8, &[2, 1], &[1, 2]), &Options { labels, ..Options::default() });
    assert!(message.ends_with("labels: there are 3 labels for 2 rows; one each is expected"), "{message}");
    let transposed = Options { transpose: true, ..Options::default() };
    assert!(refused(&idx(8, &[2, 1], &[1, 2]), &transposed).contains("rows of 1 values cannot be transposed"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mangled_file_panics(at: prop::sample::Index, cut in 0..8_usize, with: Vec<u8>, zipped: bool, transpose: bool) {
        let mut content = idx(8, &[3, 4, 5], &[7; 60]);
        if zipped {
            content = gzip(&content);
        }
        let at = at.index(content.len());
        content.splice(at..(at + cut).min(content.len()), with.into_iter().take(8));
        let folder = tempfile::tempdir().unwrap();
        let path = write(folder.path(), "x", &content);
        let _ = read(&path, &Options { transpose, ..Options::default() }, &mut Kept::default());
    }
}
