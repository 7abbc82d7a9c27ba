//! Tests of the program `hourglass-read`: its files, its errors of one line, and that a failure leaves no files.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::{bytes, golden, write};
use readers::describe::{ColumnKind, Facts};
use serde_json::Value;
use spec::Shape;
use spec::own::Format;
use spec::raw::{self, Header, Kind};
use tempfile::TempDir;

fn program(arguments: &[&str], current: &Path) -> Output {
    let path = std::env::var_os("CARGO_BIN_EXE_hourglass-read");
    let path = path.unwrap_or(env!("CARGO_BIN_EXE_hourglass-read").into());
    Command::new(path).args(arguments).current_dir(current).output().unwrap()
}

/// Reads a path of the folder into `raw`, a folder in it.
fn read(folder: &Path, path: &str, options: &str) -> Result<(Header, PathBuf), String> {
    let output = program(&["raw", path, "--into", "raw", "--options", options, "--quiet"], folder);
    let into = folder.join("raw");
    let error = String::from_utf8(output.stderr).unwrap();
    if output.status.success() {
        assert_eq!((error.as_str(), output.stdout.len()), ("", 0));
        return Ok((system::storage::read_json(&into.join(raw::HEADER)).unwrap(), into));
    }
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.starts_with("error: ") && error.lines().count() == 1, "{error}");
    let left = fs::read_dir(into).map_or(0, Iterator::count);
    assert_eq!(left, 0, "a failed read leaves files: {error}");
    Err(error)
}

fn facts(folder: &Path, path: &str, options: &str) -> Facts {
    let output = program(&["describe", path, "--options", options, "--json"], folder);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn floats(folder: &Path) -> Vec<f32> {
    let bytes = fs::read(folder.join(raw::FLOATS)).unwrap();
    bytes.chunks_exact(4).map(|each| f32::from_le_bytes(each.try_into().unwrap())).collect()
}

fn picture(name: &str) -> Vec<u8> {
    let cases = golden("images.json");
    bytes(&cases.as_array().unwrap().iter().find(|case| case["name"] == name).unwrap()["file"])
}

fn array(header: &str, values: &[u8]) -> Vec<u8> {
    [&b"\x93NUMPY\x01\0"[..], &(header.len() as u16).to_le_bytes(), header.as_bytes(), values].concat()
}

fn plain_array(descr: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    array(&format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"), values)
}

fn idx(sides: &[u32], values: &[u8]) -> Vec<u8> {
    let lengths: Vec<u8> = sides.iter().flat_map(|side| side.to_be_bytes()).collect();
    [&[0, 0, 8, sides.len() as u8][..], &lengths, values].concat()
}

fn recording(samples: usize) -> Vec<u8> {
    let mut content = std::io::Cursor::new(Vec::new());
    let sample_format = hound::SampleFormat::Int;
    let spec = hound::WavSpec { channels: 1, sample_rate: 8000, bits_per_sample: 16, sample_format };
    let mut writer = hound::WavWriter::new(&mut content, spec).unwrap();
    (0..samples).for_each(|at| writer.write_sample((at % 100) as i16).unwrap());
    writer.finalize().unwrap();
    content.into_inner()
}

#[test]
fn a_table_is_read_with_all_roles_of_columns() {
    let folder = TempDir::new().unwrap();
    let table = "a,b,state,who,day,part,name\n1,2,on,x,2026-11-28,train,r 1\n3,,off,y,2026-11-29T12:00,test,r\u{7}2\n\
                 5,6,on,x,2026-11-30 00:00:00+01:00,val,r3\n";
    write(folder.path(), "t.csv", table.as_bytes());
    let options =
        r#"{"label": "state", "group": "who", "time": "day", "split": "part", "id": "name", "missing": "mean"}"#;
    let (header, into) = read(folder.path(), "t.csv", options).unwrap();
    assert_eq!((header.rows, header.shape), (3, Shape::Vector { width: 2 }));
    assert!(header.has_names && !header.is_bytes);
    assert_eq!(header.columns.iter().map(|column| column.missing).collect::<Vec<_>>(), [0, 1]);
    let values = floats(&into);
    assert!(values[3].is_nan() && values[..3] == [1.0, 2.0, 3.0] && values[4..] == [5.0, 6.0]);
    assert_eq!(header.classes, ["off", "on"]);
    assert_eq!(fs::read(into.join(raw::LABELS)).unwrap(), [1, 0, 0, 0, 1, 0]);
    assert_eq!(fs::read(into.join(raw::SPLITS)).unwrap(), [0, 2, 1]);
    assert_eq!(fs::read_to_string(into.join(raw::IDS)).unwrap(), "r 1\nr 2\nr3\n");
    let times = fs::read(into.join(raw::TIMES)).unwrap();
    let times: Vec<f64> = times.chunks_exact(8).map(|each| f64::from_le_bytes(each.try_into().unwrap())).collect();
    assert_eq!(times, [1_795_824_000.0, 1_795_953_600.0, 1_795_993_200.0]);
}

#[test]
fn arrays_and_idx_files_keep_their_shape_and_bytes() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "x.npy", &plain_array("|u1", "(2, 1, 2)", &[1, 2, 3, 2]));
    write(folder.path(), "y.npy", &plain_array("|u1", "(2,)", &[7, 8]));
    let (header, into) = read(folder.path(), "x.npy", r#"{"label": "y.npy"}"#).unwrap();
    assert_eq!(header.shape, Shape::Image { height: 1, width: 2, channels: 1 });
    assert!(header.is_bytes && !header.has_names && !header.has_ids);
    assert_eq!(fs::read(into.join(raw::BYTES)).unwrap(), [1, 2, 3, 2]);
    assert!(!into.join(raw::FLOATS).exists());
    let columns: Vec<_> = header.columns.iter().map(|column| (column.name.as_str(), column.is_constant)).collect();
    assert_eq!(columns, [("0", false), ("1", true)]);
    assert_eq!(header.classes, ["7", "8"]);

    // A raw form of another kind replaces the earlier one.
    write(
        folder.path(),
        "f.npy",
        &plain_array("<f4", "(3, 1)", &[1.5_f32, f32::NAN, 2.0].map(f32::to_le_bytes).concat()),
    );
    let message = read(folder.path(), "f.npy", "{}").unwrap_err();
    assert!(message.contains("f.npy: row 1, column 0: a value is missing (NaN)"), "{message}");
    let (header, into) = read(folder.path(), "f.npy", r#"{"missing": "drop"}"#).unwrap();
    assert_eq!((header.rows, header.dropped, floats(&into)), (2, 1, vec![1.5, 2.0]));
    assert!(!into.join(raw::BYTES).exists() && !into.join(raw::LABELS).exists());

    for name in ["some-idx3-ubyte", "some.idx", "some.bin"] {
        write(folder.path(), name, &idx(&[2, 1, 2], &[1, 2, 3, 4]));
        write(folder.path(), "labels", &idx(&[2], &[0, 1]));
        let (header, into) = read(folder.path(), name, r#"{"label": "labels", "transpose": true}"#).unwrap();
        assert_eq!(header.shape, Shape::Image { height: 2, width: 1, channels: 1 });
        assert_eq!(fs::read(into.join(raw::BYTES)).unwrap(), [1, 2, 3, 4]);
    }
}

#[test]
fn folders_are_read_with_labels_of_subfolders_or_a_table() {
    let folder = TempDir::new().unwrap();
    for name in ["p/cat/a.png", "p/dog/b.png", "p/dog/notes.txt"] {
        write(folder.path(), name, &picture("grey"));
    }
    let (header, into) = read(folder.path(), "p", r#"{"label": "subfolder", "size": [3, 2], "fit": "pad"}"#).unwrap();
    assert_eq!(header.shape, Shape::Image { height: 2, width: 3, channels: 1 });
    assert_eq!(header.classes, ["cat", "dog"]);
    assert!(header.is_bytes && header.has_ids);
    assert_eq!(fs::read_to_string(into.join(raw::IDS)).unwrap(), "cat/a.png\ndog/b.png\n");

    write(folder.path(), "labels.csv", b"label,file\nx,cat/a.png\ny,./dog/b.png\n");
    let (header, _) = read(folder.path(), "p", r#"{"label": "labels.csv"}"#).unwrap();
    assert_eq!(header.classes, ["x", "y"]);
    write(folder.path(), "labels.csv", b"label,name\nx,cat/a.png\ny,dog/b.png\n");
    let message = read(folder.path(), "p", r#"{"label": "labels.csv"}"#).unwrap_err();
    assert!(message.contains("labels.csv: line 1: no column `file`"), "{message}");

    for name in ["w/on/a.wav", "w/off/b.wav"] {
        write(folder.path(), name, &recording(8000));
    }
    let (header, _) = read(folder.path(), "w", r#"{"label": "subfolder", "window": 4000, "hop": 2000}"#).unwrap();
    assert_eq!((header.rows, header.shape), (6, Shape::Sequence { steps: 4000, width: 1 }));
    assert!(header.has_groups && header.has_ids && !header.is_bytes);
    // A spectrum takes 200 samples and starts every 80: 98 in a second.
    let (header, _) = read(folder.path(), "w", r#"{"rate": 8000, "bands": 10}"#).unwrap();
    assert_eq!((header.rows, header.shape), (2, Shape::Sequence { steps: 98, width: 10 }));
    let (header, _) = read(folder.path(), "w", r#"{"rate": 8000, "bands": 10, "window": 4000, "hop": 800}"#).unwrap();
    assert_eq!((header.rows, header.shape), (12, Shape::Sequence { steps: 48, width: 10 }));
}

#[test]
fn the_checksum_is_that_of_the_file_or_of_the_list_of_files() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "t.csv", b"a,b\n1,2\n3,4\n");
    let sha256sum = |text: &str| {
        let file = write(folder.path(), "list", text.as_bytes());
        let output = Command::new("sha256sum").arg(file).output().unwrap();
        String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
    };
    let (header, _) = read(folder.path(), "t.csv", "{}").unwrap();
    assert_eq!(header.source_sha256, sha256sum("a,b\n1,2\n3,4\n"));
    write(folder.path(), "w/b.wav", &recording(3000));
    write(folder.path(), "w/a/c.wav", &recording(2000));
    let (header, _) = read(folder.path(), "w", "{}").unwrap();
    let output = Command::new("sha256sum").args(["a/c.wav", "b.wav"]).current_dir(folder.path().join("w")).output();
    assert_eq!(header.source_sha256, sha256sum(&String::from_utf8(output.unwrap().stdout).unwrap()));
}

#[test]
fn an_error_is_one_line_and_leaves_no_files() {
    let folder = TempDir::new().unwrap();
    let lying = {
        let mut content = recording(5000);
        content[40..44].copy_from_slice(&0x7fff_fff0_u32.to_le_bytes());
        content
    };
    let utf16: Vec<u8> = "\u{feff}a,b\n1,2\n3,4\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let grey = picture("grey");
    let files: [(&str, &[u8]); 22] = [
        ("word.csv", b"a,b\n1,2\n3,x\n4,5\n"),
        ("ragged.csv", b"a,b\n1,2\n3\n"),
        ("twice.csv", b"a,a\n1,2\n3,4\n"),
        ("good.csv", b"a,b\n1,2\n3,4\n"),
        ("lacking.csv", b"a,b\n?,2\n3,\n"),
        ("row.csv", b"a,b\n1,2\n"),
        ("column.csv", b"a\n1\n2\n"),
        ("date.csv", b"a,b,d\n1,2,2026-11-28\n3,4,2026-11-29\n"),
        ("times.csv", b"a,b,t\n1,2,2026-11-28\n3,4,7\n"),
        ("utf16.csv", &utf16),
        ("nothing.csv", b""),
        ("nothing.npy", b""),
        ("mixed/a.png", &grey),
        ("mixed/b.png", &picture("halved")),
        ("cut/a.png", &grey[..grey.len() - 20]),
        ("both/a.png", &grey),
        ("both/b.wav", b"RIFF"),
        ("objects.npy", &plain_array("|O", "(2, 2)", &[0; 4])),
        ("deep.npy", &plain_array("|u1", "(2, 1, 1, 1, 1)", &[0; 2])),
        ("single.npy", &plain_array("|u1", "(1, 2)", &[0; 2])),
        ("lying.wav", &lying),
        ("unknown", b"\x01\x02\x03\x04"),
    ];
    for (name, content) in files {
        write(folder.path(), name, content);
    }
    fs::create_dir(folder.path().join("empty")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe.csv")).status().unwrap().success());
    assert!(Command::new("mkfifo").arg(folder.path().join("pipe")).status().unwrap().success());
    for (path, options, expected) in [
        ("word.csv", "{}", "word.csv: line 3, column `b`: `x` is not a number"),
        ("ragged.csv", "{}", "ragged.csv: line 3: 1 fields, expected 2"),
        ("twice.csv", "{}", "twice.csv: line 1: two columns are named `a`"),
        (
            "good.csv",
            r#"{"label": "c"}"#,
            "good.csv: line 1: label names column `c`, which does not exist; the columns are a, b",
        ),
        ("lacking.csv", "{}", "lacking.csv: line 2, column `a`: a value is missing; set dataset.missing to "),
        ("lacking.csv", r#"{"missing": "drop"}"#, "lacking.csv: a value is missing in 2 of 2 rows"),
        ("row.csv", "{}", "row.csv: 1 rows below the line of names, expected at least 2"),
        ("column.csv", "{}", "column.csv: 1 columns of values, expected at least 2"),
        ("date.csv", "{}", "date.csv: line 2, column `d`: `2026-11-28` is a date; `split.time` orders rows by it"),
        ("times.csv", r#"{"time": "t"}"#, "times.csv: line 3, column `t`: `7` is a number, but `2026-11-28` is a date"),
        (
            "times.csv",
            r#"{"time": "a", "exclude": ["t"], "id": "a"}"#,
            "column `a` is given for both split.time and id",
        ),
        ("utf16.csv", "{}", "utf16.csv: not UTF-8 (it looks like UTF-16): convert it"),
        ("nothing.csv", "{}", "nothing.csv: the file is empty (0 bytes)"),
        ("nothing.npy", "{}", "nothing.npy: the file is empty (0 bytes)"),
        ("mixed", "{}", "mixed/b.png: the picture has 32 x 24 pixels, not 9 x 6 as in mixed/a.png"),
        ("cut", "{}", "cut/a.png: the PNG is truncated or damaged"),
        ("both", "{}", "both: the folder holds pictures and recordings; set `dataset.format`"),
        ("empty", "{}", "empty: the folder is empty; expected a folder of PNG, JPEG, WAV or .txt files"),
        ("objects.npy", "{}", "objects.npy: header: the values are Python objects"),
        ("deep.npy", "{}", "deep.npy: the array has 5 dimensions, (2, 1, 1, 1, 1); 2 to 4 are expected"),
        ("single.npy", "{}", "single.npy: the number of rows is 1, expected at least 2"),
        ("lying.wav", "{}", "lying.wav: sample 5000: the WAV is truncated"),
        ("unknown", "{}", "unknown: the format is unknown; expected a folder of PNG"),
        ("unknown", "{}", "`dataset.format` sets the format: table, npy, idx, images, wav"),
        ("there/is/none.csv", "{}", "cannot read there/is/none.csv: "),
        ("mixed/a.png", "{}", "mixed/a.png: one picture; a folder of pictures is expected"),
        ("mixed", r#"{"format": "table"}"#, "mixed: a folder, expected a CSV or TSV file"),
        ("good.csv", r#"{"format": "images"}"#, "good.csv: this is not a folder; a folder is expected"),
        ("pipe.csv", "{}", "pipe.csv: this is a pipe or a device; a regular file is expected"),
        ("pipe", r#"{"format": "wav"}"#, "pipe: this is a pipe or a device; a regular file is expected"),
        ("pipe", r#"{"format": "table"}"#, "pipe: not a regular file"),
        (
            "good.csv",
            r#"{"size": [2, 2]}"#,
            "dataset.size: is for the format images, but good.csv has the format table",
        ),
        ("mixed", r#"{"missing": "drop"}"#, "dataset.missing: is for the format table or npy or idx, but mixed has"),
        ("mixed", r#"{"group": "a"}"#, "dataset.split.group: is for the format table, but mixed has the format images"),
        ("good.csv", r#"{"labels": "a"}"#, "--options: unknown field `labels`, expected one of `format`, `label`"),
        ("good.csv", r#"{"missing": "fill"}"#, "--options: unknown missing `fill`"),
        ("lying.wav", r#"{"bands": 4}"#, "dataset.bands: needs `rate`"),
    ] {
        let message = read(folder.path(), path, options).unwrap_err();
        assert!(message.contains(expected), "{message}expected: {expected}");
    }
}

#[test]
fn a_failed_read_removes_the_earlier_raw_form() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "t.csv", b"a,b\n1,2\n3,4\n");
    let (header, _) = read(folder.path(), "t.csv", "{}").unwrap();
    assert_eq!(header.columns[1].kind, Kind::Number);
    write(folder.path(), "t.csv", b"a,b\n1,2\n3,x\n");
    read(folder.path(), "t.csv", "{}").unwrap_err();
}

#[test]
fn a_folder_that_cannot_be_written_ends_with_1() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "t.csv", b"a,b\n1,2\n3,4\n");
    write(folder.path(), "file", b"");
    let output = program(&["raw", "t.csv", "--into", "file/raw"], folder.path());
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_full_disk_ends_with_1_and_leaves_nothing() {
    let folder = TempDir::new().unwrap();
    let table: String = (0..60_000).map(|row| format!("{row},{row}\n")).collect();
    write(folder.path(), "t.csv", format!("a,b\n{table}").as_bytes());
    let path = std::env::var_os("CARGO_BIN_EXE_hourglass-read");
    let path = path.unwrap_or(env!("CARGO_BIN_EXE_hourglass-read").into());
    // No file may be longer than 16 blocks of 512 bytes. With the signal ignored, writing fails as on a full disk.
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' XFSZ; ulimit -f 16; exec \"$0\" raw t.csv --into raw"]).arg(path);
    let output = shell.current_dir(folder.path()).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), error.lines().count()), (Some(1), 1), "{error}");
    assert!(error.starts_with("error: cannot write raw/values.f32: "), "{error}");
    assert_eq!(fs::read_dir(folder.path().join("raw")).unwrap().count(), 0);
}

#[test]
fn the_answer_lists_what_was_read() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "t.csv", b"a,colour\n1,red\n2,blue\n,red\n");
    let output = program(&["raw", "t.csv", "--into", "raw", "--options", r#"{"missing":"drop"}"#], folder.path());
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "colour: 2 categories, one value for each\nt.csv: 2 rows of 3 values, 1 rows left out\n");
}

const TABLE: &str = "id,a,b,a again,empty,same,colour,day,mixed,species\n\
    1,1,0.5,1.0,,7,red,2026-11-28,1,cat\n\
    2,2,?,2,,7,blue,2026-11-29,2,dog\n\
    3,3,1.5,3.00,NA,7,red,2026-11-30,x,cat\n";

#[test]
fn a_description_of_a_table_holds_its_columns_and_their_faults() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "t.csv", TABLE.as_bytes());
    let facts = facts(folder.path(), "t.csv", "{}");
    assert_eq!((facts.format, facts.rows, facts.has_names, facts.is_bytes), (Format::Table, 3, true, false));
    assert_eq!((facts.separator, facts.decimal), (Some(','), Some('.')));
    // id, a, b, a again, same, and two categories each of colour and species.
    assert_eq!(facts.shape, Some(Shape::Vector { width: 9 }));
    let column = |name: &str| facts.columns.iter().find(|column| column.name == name).unwrap();
    let kinds: Vec<ColumnKind> = facts.columns.iter().map(|column| column.kind).collect();
    use ColumnKind::{Category, Date, Empty, Mixed, Number};
    assert_eq!(kinds, [Number, Number, Number, Number, Empty, Number, Category, Date, Mixed, Category]);
    let b = column("b");
    assert_eq!((b.least, b.mean, b.greatest, b.missing), (Some(0.5), Some(1.0), Some(1.5), 1));
    assert_eq!(b.histogram, [1, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    assert_eq!((column("colour").categories, b.categories), (Some(2), None));
    assert_eq!(column("a").duplicate_of.as_deref(), Some("id"));
    assert_eq!(column("a again").duplicate_of.as_deref(), Some("id"));
    assert!(b.duplicate_of.is_none() && column("species").duplicate_of.is_none());
    assert!(column("same").is_constant && column("empty").is_constant && !column("colour").is_constant);
    assert_eq!(column("day").least, Some(1_795_824_000.0));
    let fault = |name: &str| column(name).fault.clone().unwrap();
    assert!(fault("mixed").starts_with("line 4: `x` is not a number, but 2 fields of the column are"));
    assert!(fault("day").starts_with("line 2: `2026-11-28` is a date"));
    assert!(fault("empty").contains("the value is missing in every row"));
    assert_eq!(facts.candidates.label, ["species", "colour"]);
    assert_eq!(
        (&facts.candidates.time[..], &facts.candidates.id[..]),
        (&["day".to_owned()][..], &["id".to_owned()][..])
    );
    let classes: Vec<_> = facts.classes.iter().map(|class| (class.name.as_str(), class.count)).collect();
    assert_eq!((facts.label.as_deref(), classes), (Some("species"), vec![("cat", 2), ("dog", 1)]));

    let with = self::facts(folder.path(), "t.csv", r#"{"label": "colour", "exclude": ["mixed", "day", "empty"]}"#);
    assert_eq!((with.label.as_deref(), with.classes.len()), (Some("colour"), 2));
    assert!(with.columns.iter().all(|column| column.fault.is_none()));
}

#[test]
fn descriptions_fit_into_100_columns() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "t.csv", TABLE.as_bytes());
    write(folder.path(), "p/cat/a.png", &picture("grey"));
    write(folder.path(), "p/dog/b.png", &picture("colour"));
    write(folder.path(), "p/dog/notes.txt", b"");
    write(
        folder.path(),
        "x.npy",
        &plain_array("<f4", "(2, 2)", &[1.5_f32, 2.0, 1.5, 3.0].map(f32::to_le_bytes).concat()),
    );
    write(folder.path(), "w.wav", &recording(5000));
    for (path, expected) in [
        ("t.csv", "species                  2 categories"),
        ("t.csv", "equal to an earlier column: a equals id, a again equals id"),
        ("t.csv", "2 classes, from species"),
        ("p", "p: images, 2 rows\n"),
        ("p", "\n2 classes, from subfolder\n  cat "),
        ("p", "1 files left out, of another kind, such as dog/notes.txt"),
        (
            "x.npy",
            "x.npy: npy, 2 rows of 2 values\nvalues of type float32: least 1.500, mean 2, greatest 3, 0 missing; 1 places",
        ),
        ("w.wav", "w.wav: wav, 4 rows of 1024 steps of a value\n"),
    ] {
        let output = program(&["describe", path], folder.path());
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(expected), "{text}expected: {expected}");
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
    }
}

#[test]
fn descriptions_of_arrays_and_pictures_hold_ranges_and_sizes() {
    let folder = TempDir::new().unwrap();
    write(
        folder.path(),
        "x.npy",
        &plain_array("<f8", "(2, 3)", &[1.5, 2.0, 1.5, 1.5, f64::NAN, 1.5].map(f64::to_le_bytes).concat()),
    );
    let array = facts(folder.path(), "x.npy", "{}");
    assert_eq!((array.element.as_deref(), array.shape), (Some("float64"), Some(Shape::Vector { width: 3 })));
    let values = array.values.unwrap();
    assert_eq!((values.least, values.mean, values.greatest), (Some(1.5), Some(1.6), Some(2.0)));
    assert_eq!((values.missing, values.constant, values.histogram[0], values.histogram[9]), (1, Some(3), 4, 1));
    assert_eq!(array.columns[2].duplicate_of.as_deref(), Some("0"));
    assert!(!array.has_names && array.columns[1].duplicate_of.is_none());
    write(folder.path(), "p/cat/a.png", &picture("grey"));
    write(folder.path(), "p/dog/b.png", &picture("grey"));
    write(folder.path(), "p/dog/c.png", &picture("halved"));
    let pictures = facts(folder.path(), "p", "{}");
    assert_eq!((pictures.shape, pictures.rows, pictures.is_bytes), (None, 3, true));
    assert_eq!((pictures.sizes.len(), pictures.sizes[0].count, pictures.sizes[0].width), (2, 2, 9));
    assert_eq!(pictures.label.as_deref(), Some("subfolder"));
    assert_eq!(pictures.classes.iter().map(|class| class.count).collect::<Vec<_>>(), [1, 2]);
    let resized = facts(folder.path(), "p", r#"{"size": [4, 4], "channels": 1}"#);
    assert_eq!(resized.shape, Some(Shape::square(4)));
}

#[test]
fn tables_of_many_blocks_are_read_exactly() {
    let folder = TempDir::new().unwrap();
    // More than 2 MiB, with newlines inside quotes.
    let row = |at: usize| format!("{at},{}.25,\"text\n{}\"\n", at % 1000, at % 3);
    let table: String = (0..150_000).map(row).collect();
    write(folder.path(), "t.csv", format!("n,x,kind\n{table}").as_bytes());
    let (header, into) = read(folder.path(), "t.csv", "{}").unwrap();
    let values = floats(&into);
    assert_eq!((header.rows, values.len()), (150_000, 5 * 150_000));
    for (at, row) in values.chunks_exact(5).enumerate() {
        let kind = [0, 1, 2].map(|kind| if at % 3 == kind { 1.0 } else { 0.0 });
        assert_eq!(row, [&[at as f32, (at % 1000) as f32 + 0.25][..], &kind].concat());
    }
    let facts = facts(folder.path(), "t.csv", "{}");
    assert_eq!(
        (facts.rows, facts.columns[0].mean, facts.columns[0].greatest),
        (150_000, Some(74_999.5), Some(149_999.0))
    );
    assert_eq!(facts.columns[1].histogram, [15_000; 10]);
    write(folder.path(), "t.csv", format!("n,x,kind\n{table}1,word,\"text\n0\"\n").as_bytes());
    let message = read(folder.path(), "t.csv", "{}").unwrap_err();
    assert!(message.contains("line 300002, column `x`: `word` is not a number, but 150000"), "{message}");
}

#[test]
fn json_of_a_description_names_its_facts() {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "t.csv", b"a,b\n1,2\n3,4\n");
    let output = program(&["describe", "t.csv", "--json"], folder.path());
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(value["shape"]["vector"]["width"], 2);
    assert_eq!(value["columns"][0]["kind"], "number");
    assert_eq!(value["separator"], ",");
}

#[test]
fn windows_are_consecutive_lines_of_one_group_in_order_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = "day,who,state,a,b\n".to_owned();
    for row in 0..11 {
        let (who, state) = (if row < 6 { "x" } else { "y" }, if row == 4 { "odd" } else { "even" });
        table += &format!("{row},{who},{state},{row}.5,{}\n", 10 * row);
    }
    write(folder.path(), "t.csv", table.as_bytes());
    let options = r#"{"window": 3, "hop": 2, "label": "state", "time": "day", "columns": ["a", "b"], "id": "who"}"#;
    let (header, raw) = read(folder.path(), "t.csv", options).unwrap();
    assert_eq!((header.rows, header.shape, header.overlap), (5, Shape::Sequence { steps: 3, width: 2 }, 1));
    assert_eq!(header.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let values = fs::read(raw.join(spec::raw::FLOATS)).unwrap();
    let values: Vec<f32> = values.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
    assert_eq!(values[6..12], [2.5, 20.0, 3.5, 30.0, 4.5, 40.0]);
    let times = fs::read(raw.join(spec::raw::TIMES)).unwrap();
    assert_eq!(times[..8], 2.0_f64.to_le_bytes(), "the time of the last line");
    assert_eq!(header.classes, ["even", "odd"]);
    let labels = fs::read(raw.join(spec::raw::LABELS)).unwrap();
    assert_eq!(labels, [0, 0, 1, 0, 1, 0, 0, 0, 0, 0], "the rare class of line 4, in both of its windows");
    // A window with a line that is not clean is not clean, even if such lines are common.
    let options = r#"{"window": 3, "hop": 2, "clean": "b < 45", "time": "day", "columns": ["a"]}"#;
    let (header, raw) = read(folder.path(), "t.csv", options).unwrap();
    assert_eq!(header.classes, ["clean", "not clean"]);
    let labels = fs::read(raw.join(spec::raw::LABELS)).unwrap();
    assert_eq!(labels, [0, 0, 0, 0, 1, 0, 1, 0, 1, 0]);
    fs::remove_dir_all(raw).unwrap();
    // Line 5 has another person than line 6: no window holds both.
    let (header, raw) = read(folder.path(), "t.csv", r#"{"window": 3, "group": "who", "columns": ["a"]}"#).unwrap();
    assert_eq!((header.rows, header.overlap), (3, 0));
    let values = fs::read(raw.join(spec::raw::FLOATS)).unwrap();
    assert_eq!(values[24..28], 6.5_f32.to_le_bytes());
    fs::remove_dir_all(raw).unwrap();
    for (options, expected) in [
        (r#"{"hop": 2}"#, "dataset.hop: needs `window`"),
        (r#"{"window": 1}"#, "dataset.window: 1; expected 2 lines or more"),
        (r#"{"window": 3, "hop": 0}"#, "dataset.hop: 0; expected 1 line or more"),
        (r#"{"window": 3, "missing": "drop"}"#, "\"drop\" would leave gaps in windows"),
        (r#"{"window": 12, "columns": ["a"]}"#, "the table has no 12 consecutive lines of one group and split"),
        (r#"{"columns": ["a"]}"#, "; set `window` to join several lines into a row"),
        (r#"{"window": 3, "time": "b2"}"#, "split.time names column `b2`, which does not exist"),
    ] {
        let message = read(folder.path(), "t.csv", options).unwrap_err();
        assert!(message.contains(expected), "{message}");
    }
    write(folder.path(), "back.csv", b"day,a\n1,2\n3,4\n2,6\n4,8\n");
    let message = read(folder.path(), "back.csv", r#"{"window": 2, "time": "day"}"#).unwrap_err();
    assert!(message.contains("back.csv: line 4: its time is before that of the previous line"), "{message}");
}

#[test]
fn a_panic_of_a_decoder_becomes_an_error_of_one_line() {
    let folder = tempfile::tempdir().unwrap();
    // Found by fuzzing: zune-jpeg 0.5.15 indexes past the end of a block.
    write(folder.path(), "p/a.jpg", include_bytes!("golden/damaged.jpg"));
    write(folder.path(), "p/b.jpg", include_bytes!("golden/damaged.jpg"));
    let message = read(folder.path(), "p", "{}").unwrap_err();
    assert!(message.contains("a.jpg: the picture is damaged: its decoder fails"), "{message}");
}
