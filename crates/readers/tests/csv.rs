//! Tests of tables: the rows that are read, and the line and column of errors.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::fs;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use readers::csv::{self, Missing, Options};
use readers::describe;
use readers::raw::RawWriter;
use spec::own::Reading;
use spec::raw::{self, Header, Kind};
use tempfile::TempDir;

/// Header and values of a table.
fn read_file(path: &Path, options: &Options) -> Result<(Header, Vec<f32>), String> {
    let folder = TempDir::new().unwrap();
    let told = |error: readers::Error| error.to_string();
    let table = csv::survey(path, options).map_err(told)?;
    let mut writer = RawWriter::new(folder.path(), path).unwrap();
    let provenance = table.read(&mut writer).map_err(told)?;
    let header = writer.finish(&provenance, String::new()).unwrap();
    let written: Header = system::storage::read_json(&folder.path().join(raw::HEADER)).unwrap();
    assert_eq!(written, header);
    let bytes = fs::read(folder.path().join(raw::FLOATS)).unwrap();
    Ok((header, bytes.chunks_exact(4).map(|each| f32::from_le_bytes(each.try_into().unwrap())).collect()))
}

fn read(bytes: impl AsRef<[u8]>, options: &Options) -> Result<(Header, Vec<f32>), String> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    fs::write(&path, bytes).unwrap();
    read_file(&path, options)
}

fn refusal(bytes: impl AsRef<[u8]>, options: &Options) -> String {
    let message = read(bytes, options).unwrap_err();
    assert!(message.contains("rows.csv: ") && !message.contains('\n'), "{message}");
    message
}

fn labelled() -> Options {
    Options { label: Some("state".to_owned()), ..Options::default() }
}

#[test]
fn numbers_are_read_exactly() {
    let (header, values) = read("a,b\n1,-2.5\n1e-3,+4E2\n", &Options::default()).unwrap();
    assert_eq!(values, [1.0, -2.5, 1e-3, 400.0]);
    assert_eq!((header.rows, header.columns.len(), header.dropped), (2, 2, 0));
    assert!(header.columns.iter().all(|column| column.kind == Kind::Number && !column.is_constant));
}

#[test]
fn byte_order_marks_and_line_ends_do_not_change_the_rows() {
    let plain = read("a,b\n1,2\n3,4\n", &Options::default()).unwrap().1;
    for other in [
        "\u{feff}a,b\r\n1,2\r\n3,4\r\n",
        "\"a\",\"b\"\n\"1\", 2\n 3 ,\"4\"",
        "a;b\n1;2\n3;4\n",
        "a\tb\n1\t2\n\n3\t4\n",
        "a|b\n1|2\n3|4\n",
    ] {
        let (header, values) = read(other, &Options::default()).unwrap();
        assert_eq!(values, plain, "{other:?}");
        assert_eq!(header.columns[0].name, "a", "{other:?}");
    }
}

#[test]
fn a_decimal_comma_is_read_and_a_mixed_decimal_point_is_refused() {
    let (_, values) = read("a;b\n1,5;2\n-3,25;4\n", &Options::default()).unwrap();
    assert_eq!(values, [1.5, 2.0, -3.25, 4.0]);
    let options = Options { decimal: Some(','), ..Options::default() };
    let message = refusal("a;b\n1,5;2\n1,6;2\n1.234,5;4\n", &options);
    assert!(message.contains("line 4, column `a`: `1.234,5` is not a number"), "{message}");
}

#[test]
fn text_of_few_values_becomes_a_column_for_each() {
    let (header, values) = read("colour,a\nred,1\nblue,2\nred,3\n", &Options::default()).unwrap();
    assert_eq!(values, [0.0, 1.0, 1.0, 1.0, 0.0, 2.0, 0.0, 1.0, 3.0]);
    let names: Vec<&str> = header.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["colour=blue", "colour=red", "a"]);
    assert_eq!(header.columns[0].kind, Kind::Category);
    let options = Options { categorical: vec!["a".to_owned()], ..Options::default() };
    assert_eq!(read("a,b\n1,1\n2,2\n", &options).unwrap().1, [1.0, 0.0, 1.0, 0.0, 1.0, 2.0]);
}

#[test]
fn classes_are_sorted_by_number_or_name() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("rows.csv");
    fs::write(&path, "state,a,b\n10,1,2\n9,3,4\n10,5,6\n").unwrap();
    let table = csv::survey(&path, &labelled()).unwrap();
    let mut writer = RawWriter::new(folder.path(), &path).unwrap();
    let provenance = table.read(&mut writer).unwrap();
    let header = writer.finish(&provenance, String::new()).unwrap();
    assert_eq!(header.classes, ["9", "10"]);
    assert_eq!(fs::read(folder.path().join(raw::LABELS)).unwrap(), [1, 0, 0, 0, 1, 0]);
}

#[test]
fn missing_values_are_refused_dropped_or_kept_according_to_the_options() {
    let table = "a,b\n1,NA\n?,2\n3,4\n5,nan\n,\n6,7\n";
    let with = |missing| Options { missing, ..Options::default() };
    assert!(refusal(table, &with(Missing::Refuse)).contains("line 2, column `b`: a value is missing"));
    let (header, values) = read(table, &with(Missing::Drop)).unwrap();
    assert_eq!((values, header.rows, header.dropped), (vec![3.0, 4.0, 6.0, 7.0], 2, 4));
    let (header, values) = read(table, &with(Missing::Keep)).unwrap();
    assert_eq!(header.columns.iter().map(|column| column.missing).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(values.iter().filter(|value| value.is_nan()).count(), 5);
}

#[test]
fn a_constant_column_is_marked_in_the_header() {
    let (header, _) = read("a,b\n1,2\n1,3\n", &Options::default()).unwrap();
    assert_eq!(header.columns.iter().map(|column| column.is_constant).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn quotes_may_be_apostrophes() {
    let quoted = "'a, b','c'\n'1','2'\n3,4\n";
    let (header, values) = read(quoted, &Options { quote: Some('\''), ..Options::default() }).unwrap();
    assert_eq!(header.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["a, b", "c"]);
    assert_eq!(values, [1.0, 2.0, 3.0, 4.0]);
    // Found if all names of the first line are between apostrophes.
    assert_eq!(read("'a';'b c'\n'1';2\n3;4\n", &Options::default()).unwrap().1, [1.0, 2.0, 3.0, 4.0]);
    let same = read(quoted, &Options { quote: Some(','), ..Options::default() }).unwrap_err();
    assert!(same.contains("`,` is both the separator and another mark"), "{same}");
    let open = read("a,b,note\n1,2,x\n3,4,\"y\n5,6,z\n", &Options::default()).unwrap_err();
    assert!(open.contains("line 3: a closing quote is missing in this row"), "{open}");
}

#[test]
fn errors_about_tables_name_line_and_column() {
    let plain = Options::default();
    let drop = Options { missing: Missing::Drop, ..Options::default() };
    let many: String = (0..40).map(|row| format!("{row},1,name {row}\n")).collect();
    let utf16: Vec<u8> = "a,b\n1,2\n3,4\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cases: [(Vec<u8>, &Options, &str); 18] = [
        ("a,b\n1,2\n3,x\n4,5\n".into(), &plain, "line 3, column `b`: `x` is not a number"),
        (
            "a,b\nx,2\ny,5\n7,5\n".into(),
            &plain,
            "line 4, column `a`: `7` is a number, but 2 fields of the column are words",
        ),
        ("a,b\n1,2\n3\n".into(), &plain, "line 3: 1 fields, expected 2"),
        ("a,b\n1,2\n3,4,5\n".into(), &plain, "line 3: 3 fields, expected 2"),
        ("a,a\n1,2\n3,4\n".into(), &plain, "line 1: two columns are named `a`"),
        (
            "a,b\n1,2\n3,4\n".into(),
            &labelled(),
            "label names column `state`, which does not exist; the columns are a, b",
        ),
        ("a,b\n?,2\n3,\n".into(), &drop, "a value is missing in 2 of 2 rows"),
        ("a,b\n1,2\n".into(), &plain, "1 rows below the line of names, expected at least 2"),
        ("a\n1\n2\n".into(), &plain, "1 columns of values, expected at least 2"),
        ("a,b\n1,2\ninf,2\n".into(), &plain, "line 3, column `a`: `inf` is not finite"),
        ("a,b\n1,2\n1,1e39\n".into(), &plain, "line 3, column `b`: `1e39` is not finite"),
        ("1,2\n1,2\n1,3\n".into(), &plain, "line 1: `1` is a number, where names of columns are expected"),
        (format!("a,b,c\n{many}").into(), &plain, "column `c`: `name 0` is one of more than 32 different texts"),
        (utf16, &plain, "UTF-16"),
        (Vec::new(), &plain, "0 bytes"),
        (b"a,b\n1,2\n3,\0\n".to_vec(), &plain, "byte 10 is 0, so this is not a text file"),
        (b"a,b\nx\xff,1\ny,2\n".to_vec(), &plain, "line 2, column `a`: not UTF-8"),
        ("a,b,s\n1,2,train\n3,4,hold\n".into(), &split(), "line 3, column `s`: `hold` is not a split"),
    ];
    for (table, options, expected) in cases {
        let message = refusal(&table, options);
        assert!(message.contains(expected), "{message}\nexpected: {expected}");
    }
}

fn split() -> Options {
    Options { split: Some("s".to_owned()), ..Options::default() }
}

#[test]
fn a_folder_a_pipe_and_an_empty_file_are_refused() {
    let folder = TempDir::new().unwrap();
    let refusal = |path: &Path| csv::survey(path, &Options::default()).unwrap_err().to_string();
    assert!(refusal(folder.path()).contains("a folder, expected a CSV or TSV file"));
    assert!(refusal(&folder.path().join("none.csv")).starts_with("cannot read "));
    #[cfg(unix)]
    {
        let pipe = folder.path().join("pipe.csv");
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(refusal(&pipe).contains("not a regular file"));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_mangled_table_panics(
        at: prop::sample::Index, cut in 0..20_usize, with: Vec<u8>, text in "[0-9a,;.\"\\r\\n -]{0,20}", label: bool,
    ) {
        let mut content = b"state,a,b,c\n1,1.5,x,2026-11-28\n2,-3e4,\"y\",2026-11-29T10:00\n2,?,x,2026-11-30\n".to_vec();
        let at = at.index(content.len());
        let with = with.into_iter().take(20).chain(text.into_bytes());
        content.splice(at..(at + cut).min(content.len()), with);
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("rows.csv");
        fs::write(&path, content).unwrap();
        let label = label.then(|| "state".to_owned());
        let options = Options { label: label.clone(), missing: Missing::Keep, ..Options::default() };
        let table = read_file(&path, &options);
        let facts = describe::describe(&path, &Reading { label, ..Reading::default() });
        // A table that can be read can also be described, without faults.
        if let Ok((header, _)) = table {
            let facts = facts.unwrap();
            prop_assert_eq!(facts.rows, header.rows as u64);
            prop_assert_eq!(facts.shape, Some(header.shape));
            prop_assert!(facts.columns.iter().all(|column| column.fault.is_none()));
            describe::text(&path, &facts);
        }
    }
}
