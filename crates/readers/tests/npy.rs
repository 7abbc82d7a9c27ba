//! Tests of NumPy arrays: rows equal NumPy's, and damaged files are refused.

#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::path::Path;

use common::{Kept, bytes, golden, numbers, write};
use proptest::prelude::*;
use readers::Error;
use readers::npy::{Layout, Options, read};
use serde_json::Value;
use spec::Shape;

fn refused(path: &Path, options: &Options) -> String {
    read(path, options, &mut Kept::default()).unwrap_err().to_string()
}

#[test]
fn arrays_have_the_rows_that_numpy_wrote() {
    let folder = tempfile::tempdir().unwrap();
    for case in golden("npy.json").as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let path = write(folder.path(), "array", &bytes(&case["file"]));
        let text = |key: &str| case.get(key).and_then(Value::as_str).map(str::to_owned);
        let options = Options { array: text("array"), labels: text("label_array"), ..Options::default() };
        let mut kept = Kept::default();
        let counts = read(&path, &options, &mut kept).unwrap();
        let expected: Vec<Vec<f64>> = case["rows"].as_array().unwrap().iter().map(numbers).collect();
        let rows: Vec<Vec<f64>> = kept.rows.iter().map(|row| row.iter().map(|v| f64::from(*v)).collect()).collect();
        assert_eq!(rows, expected, "{name}");
        assert_eq!((counts.rows, kept.bytes), (rows.len() as u64, case["bytes"].as_bool().unwrap()), "{name}");
        let sides: Vec<usize> = numbers(&case["sides"]).iter().map(|side| *side as usize).collect();
        let shape = match sides[..] {
            [width] => Shape::Vector { width },
            [height, width] => Shape::Image { height, width, channels: 1 },
            [height, width, channels] => Shape::Image { height, width, channels },
            _ => unreachable!("{name}"),
        };
        assert_eq!(kept.shape, Some(shape), "{name}");
        let labels: Vec<Option<String>> = match case["labels"].as_array() {
            Some(labels) => labels.iter().map(|label| label.as_str().map(str::to_owned)).collect(),
            None => vec![None; rows.len()],
        };
        assert_eq!(kept.labels, labels, "{name}");
    }
}

/// An array of 3 rows of 2 bytes.
fn small() -> Vec<u8> {
    array("{'descr': '|u1', 'fortran_order': False, 'shape': (3, 2), }", &[1, 2, 3, 4, 5, 6])
}

fn array(header: &str, values: &[u8]) -> Vec<u8> {
    [&b"\x93NUMPY\x01\0"[..], &(header.len() as u16).to_le_bytes(), header.as_bytes(), values].concat()
}

#[test]
fn files_of_another_length_than_their_header_declares_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let good = small();
    let path = write(folder.path(), "x.npy", &good[..good.len() - 1]);
    let message = refused(&path, &Options::default());
    assert!(message.contains("x.npy: the file is truncated: it has ") && message.contains("declares"), "{message}");
    let path = write(folder.path(), "x.npy", &[&good[..], &[0]].concat());
    assert!(refused(&path, &Options::default()).contains(": the array ends at byte "));
    for shape in ["(18446744073709551615, 2)", "(4294967296, 4294967296)", "(1000000000, 1000)"] {
        for fortran in ["True", "False"] {
            let header = format!("{{'descr': '<f8', 'fortran_order': {fortran}, 'shape': {shape}}}");
            let path = write(folder.path(), "x.npy", &array(&header, &[0; 16]));
            assert!(refused(&path, &Options::default()).contains("the file is truncated"));
        }
    }
}

#[test]
fn a_file_of_labels_needs_one_label_for_each_row() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "x.npy", &small());
    let labels = |count: u8| {
        let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({count},)}}");
        let values: Vec<u8> = (7..7 + count).collect();
        Some(write(folder.path(), "y.npy", &array(&header, &values)))
    };
    let mut kept = Kept::default();
    let options = Options { labels_file: labels(3), layout: Layout::Sequence, ..Options::default() };
    read(&path, &options, &mut kept).unwrap();
    assert_eq!(kept.labels, ["7", "8", "9"].map(|label| Some(label.to_owned())));
    assert_eq!(kept.shape, Some(Shape::Sequence { steps: 2, width: 1 }));
    let options = Options { labels_file: labels(2), ..Options::default() };
    let message = refused(&path, &options);
    assert!(message.ends_with("y.npy: there are 2 labels for 3 rows; one each is expected"), "{message}");
}

#[test]
fn an_error_about_an_archive_of_several_arrays_lists_them() {
    let folder = tempfile::tempdir().unwrap();
    let cases = golden("npy.json");
    let case = |name: &str| {
        let found = cases.as_array().unwrap().iter().find(|case| case["name"] == name).unwrap();
        bytes(&found["file"])
    };
    let path = write(folder.path(), "x.npz", &case("savez: named"));
    let message = refused(&path, &Options::default());
    assert!(message.ends_with("set dataset.array to one of them: x_train, y_train, x_test, y_test"), "{message}");
    let options = Options { array: Some("z".to_owned()), ..Options::default() };
    assert!(refused(&path, &options).contains("there is no array \"z\"; the arrays are: x_train"));
    let mut damaged = case("savez: x, y and others");
    let at = damaged.windows(4).position(|bytes| bytes == (-1_f32).to_be_bytes()).unwrap();
    damaged[at + 3] ^= 1;
    let path = write(folder.path(), "x.npz", &damaged);
    let message = refused(&path, &Options::default());
    assert!(message.contains("x.npz: array \"x\": the bytes cannot be read"), "{message}");
    let path = write(folder.path(), "x.npy", &small());
    assert!(refused(&path, &options).contains("not an archive (.npz) with an array \"z\""));
}

#[test]
fn a_folder_and_an_empty_file_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(
        read(&folder.path().join("x"), &Options::default(), &mut Kept::default()),
        Err(Error::Read { .. })
    ));
    assert!(refused(folder.path(), &Options::default()).ends_with("a file is expected"));
    assert!(refused(Path::new("/dev/null"), &Options::default()).ends_with("a regular file is expected"));
    let path = write(folder.path(), "empty.npy", &[]);
    assert!(refused(&path, &Options::default()).ends_with("empty.npy: the file is empty (0 bytes)"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mangled_array_panics(
        case: prop::sample::Index, at: prop::sample::Index, cut in 0..30_usize, with: Vec<u8>, fortran: bool,
    ) {
        let cases = golden("npy.json");
        let cases = cases.as_array().unwrap();
        let mut content = bytes(&cases[case.index(cases.len())]["file"]);
        let at = at.index(content.len());
        content.splice(at..(at + cut).min(content.len()), with.into_iter().take(30));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        fs::write(&path, content).unwrap();
        let layout = if fortran { Layout::Vector } else { Layout::Dimensions };
        let _ = read(&path, &Options { layout, ..Options::default() }, &mut Kept::default());
    }
}
