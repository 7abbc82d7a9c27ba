//! `new` and `run` on a user's own data: two commands from a file to an answer, and the errors of invalid data.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use record::{ColumnError, OwnSplits, ScaledColumn};
use spec::Experiment;
use system::storage;
use tempfile::TempDir;

mod common;

fn xtask(arguments: &[&str]) -> Output {
    common::xtask().args(arguments).env_remove("HOURGLASS_DATA").output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A folder with a table of `rows` rows and 20 columns. Three columns hold no values: an id, a day and a state.
fn table(rows: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut lines =
        "id,day,state,".to_owned() + &(0..17).map(|at| format!("s{at}")).collect::<Vec<_>>().join(",") + "\n";
    for row in 0..rows {
        // All readings are functions of three periodic numbers with different periods.
        let [a, b, c] = [7, 11, 13].map(|length| (row * row % length) as f64 / length as f64);
        let state = if a > 0.4 { "open" } else { "shut" };
        let _ = write!(lines, "m{row},2026-{:02}-{:02},{state}", 1 + row / 28 % 12, 1 + row % 28);
        for sensor in 0..17_i32 {
            let noise = (row * 31 + sensor as usize * 17) % 101;
            let value = a * f64::from(sensor % 3) + b * c * f64::from(sensor % 4) + c + noise as f64 / 1000.0;
            let _ = write!(lines, ",{value:.4}");
        }
        lines += "\n";
    }
    fs::write(folder.path().join("readings.csv"), lines).unwrap();
    folder
}

#[test]
fn new_writes_a_file_for_rows_that_are_clean_and_others() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let line = |row: usize| {
        let state = if row % 20 == 7 { "worn" } else { "ok" };
        format!("r{row},{},{},{},{state}\n", row * row % 101, row * 7 % 53, if state == "ok" { row % 10 } else { 99 })
    };
    fs::write(at("readings.csv"), "id,a,b,c,state\n".to_owned() + &(0..300).map(line).collect::<String>()).unwrap();
    let new = ["new", &at("worn.toml"), "--data", &at("readings.csv"), "--set", "clean=state == 'ok'"];
    let output = common::xtask().args(new).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(at("worn.toml")).unwrap();
    assert!(text.contains("clean = \"state == 'ok'\"") && text.contains("tasks = [\"anomaly\"]"), "{text}");
    assert!(!text.contains("label") && !text.contains("exclude"), "{text}");
    let run = ["run", &at("worn.toml"), "--out", &at("out"), "--quiet", "--set", "training.epochs=2", "--seeds", "0"];
    let output = common::xtask().args(run).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn two_commands_turn_a_table_into_an_answer() {
    let folder = table(300);
    let at = |name: &str| folder.path().join(name);
    let (data, file, out) = (at("readings.csv"), at("mine.toml"), at("results"));
    let made = xtask(&["new", text(&file), "--data", text(&data), "--label", "state", "--quiet"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let run =
        xtask(&["run", text(&file), "--out", text(&out), "--set", "training.epochs=2", "--seeds", "0,1", "--quiet"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));

    let record = out.join("mine/readings/dense-32-4/seed-0");
    let spec = Experiment::load_record(&record.join("experiment.toml")).unwrap().runs.remove(0);
    let own = spec.dataset.own().unwrap();
    assert_eq!((own.facts.rows, own.facts.classes.as_slice()), (300, &["open".to_owned(), "shut".to_owned()][..]));
    let splits: OwnSplits = storage::read_json(&record.join("splits.json")).unwrap();
    let mut all = [splits.train, splits.validation, splits.test].concat();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 300, "every row is in one split");
    let scaling: Vec<ScaledColumn> = storage::read_csv(&record.join("scaling.csv")).unwrap();
    let errors: Vec<ColumnError> = storage::read_csv(&record.join("error_by_column.csv")).unwrap();
    let of_network = errors.iter().filter(|error| error.subject == "autoencoder");
    for (error, column) in of_network.zip(&scaling) {
        assert_eq!(error.column, column.column);
        let expected = error.mse.sqrt() * column.scale;
        assert!((error.root_mean_squared_error - expected).abs() < 1e-12 * expected, "{}", error.column);
    }
    let model = fs::read(record.join("model.safetensors")).unwrap();
    let metadata = String::from_utf8_lossy(&model[..4000]).into_owned();
    assert!(
        ["\"columns\"", "\"centre\"", "\"scale\"", "\"fill\"", "\"classes\""].iter().all(|key| metadata.contains(key))
    );

    // A recorded run is skipped; after a change of the data, its spec differs.
    let again = xtask(&["run", text(&file), "--out", text(&out), "--set", "training.epochs=2", "--seeds", "0,1"]);
    assert!(String::from_utf8_lossy(&again.stdout).contains("is complete: skipped"));
    let reproduced = xtask(&["reproduce", text(&record), "--out", text(&at("again"))]);
    assert!(reproduced.status.success(), "{}", String::from_utf8_lossy(&reproduced.stderr));
    let changed = fs::read_to_string(&data).unwrap().replacen("0.0", "0.1", 1);
    fs::write(&data, changed).unwrap();
    let reproduced = xtask(&["reproduce", text(&record), "--out", text(&at("third"))]);
    let message = String::from_utf8_lossy(&reproduced.stderr);
    assert_eq!(reproduced.status.code(), Some(2), "{message}");
    assert!(message.contains("readings.csv: the data differ from those of the recorded run"), "{message}");
}

/// Runs an experiment on a file of these contents, with these lines in `[dataset]`.
#[track_caller]
fn refused(name: &str, contents: &[u8], lines: &str, expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (data, file, out) = (folder.path().join(name), folder.path().join("mine.toml"), folder.path().join("out"));
    if !name.is_empty() {
        fs::write(&data, contents).unwrap();
    }
    let spec = format!(
        "question = \"?\"\n[dataset]\npath = {:?}\n{lines}\n[model]\nhidden = [4]\ncode = 1\n[training]\nepochs = 1\n\
         batch_size = 16\nadam.learning_rate = 0.01\n",
        text(&data)
    );
    fs::write(&file, spec).unwrap();
    let output = xtask(&["run", text(&file), "--out", text(&out), "--quiet"]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert!(message.contains(expected), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(!out.exists(), "something was written");
}

/// A table of `rows` rows of two numbers, followed by the line `last`.
fn two_columns(rows: usize, last: &str) -> Vec<u8> {
    let row = |row: usize| format!("{}.5,{}\n", row * 37 % 101, row * 7 % 13);
    ("a,b\n".to_owned() + &(0..rows).map(row).collect::<String>() + last).into_bytes()
}

#[test]
fn faults_of_tables_are_reported_in_one_line_before_anything_is_written() {
    refused("t.csv", &two_columns(60, "1,word\n"), "", "t.csv: line 62, column `b`");
    refused("t.csv", &two_columns(60, "1,2,3\n"), "", "t.csv: line 62");
    refused("t.csv", &two_columns(60, "1,\n"), "", "column `b`");
    refused("t.csv", b"a,a\n1,2\n3,4\n", "", "t.csv");
    refused("t.csv", &two_columns(60, ""), "label = \"state\"", "`state`");
    refused("t.csv", b"a,b\n1,\n,2\n", "missing = \"drop\"", "t.csv");
    refused("t.csv", &two_columns(1, ""), "", "t.csv");
    refused("t.csv", b"a\n1\n2\n3\n", "", "t.csv");
    refused("t.csv", b"", "", "t.csv");
    refused("t.csv", &[0xff, 0xfe, b'a', 0], "", "t.csv");
    refused("", b"", "", "");
    refused("t.csv", &two_columns(60, ""), "size = [8, 8]", "dataset.size");
    refused("t.csv", &two_columns(20, ""), "train = 12", "12 training rows and 3 test rows");
    refused("t.csv", &two_columns(60, ""), "train = 12\ntest = 10", "training.batch_size = 16: expected 1 to 12");
}

#[test]
fn faults_found_by_the_split_or_the_scaling_leave_no_files() {
    let constant = "a,b\n".to_owned() + &(0..80).map(|row| format!("{row},7\n")).collect::<String>();
    refused(
        "t.csv",
        constant.as_bytes(),
        "",
        "column `b` is constant and cannot be scaled; leave it out: dataset.exclude",
    );
    let rare =
        "a,b,c\n".to_owned() + &(0..80).map(|row| format!("{row},{},{}\n", row * 7 % 11, row / 79)).collect::<String>();
    refused("t.csv", rare.as_bytes(), "label = \"c\"", "class `1` has too few rows (1 of 80)");
}

#[test]
fn new_replaces_no_file_and_writes_none_for_unreadable_data() {
    let folder = table(100);
    let file = folder.path().join("mine.toml");
    fs::write(&file, "mine").unwrap();
    let data = folder.path().join("readings.csv");
    let of = |file: &Path, data: &Path| {
        let output = xtask(&["new", text(file), "--data", text(data), "--quiet"]);
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(of(&file, &data).contains("is there already"));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    let other = folder.path().join("other.toml");
    assert!(of(&other, &folder.path().join("absent.csv")).contains("absent.csv"));
    fs::write(&data, two_columns(20, "")).unwrap();
    assert!(of(&other, &data).contains("20 rows; expected at least 67"));
    assert!(!other.exists());
}

/// The record of the only network of an experiment `mine` on this data.
fn record(out: &Path, data: &str) -> (PathBuf, OwnSplits) {
    let networks = fs::read_dir(out.join("mine").join(data)).unwrap().map(|entry| entry.unwrap().path());
    let mut networks = networks.filter(|path| path.join("seed-0").is_dir());
    let record = networks.next().unwrap().join("seed-0");
    let splits = storage::read_json(&record.join("splits.json")).unwrap();
    (record, splits)
}

#[test]
fn a_test_file_of_its_own_is_the_test_split() {
    let folder = table(300);
    let at = |name: &str| folder.path().join(name);
    let all = fs::read_to_string(at("readings.csv")).unwrap();
    let lines: Vec<&str> = all.lines().collect();
    let part = |name: &str, rows: &[&str]| fs::write(at(name), [&lines[..1], rows].concat().join("\n") + "\n").unwrap();
    part("before.csv", &lines[1..241]);
    part("after.csv", &lines[241..]);
    let (file, out) = (at("mine.toml"), at("results"));
    let [before, after] = ["before.csv", "after.csv"].map(at);
    let made = xtask(&["new", text(&file), "--data", text(&before), "--test", text(&after), "--quiet"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let arguments = ["run", text(&file), "--out", text(&out), "--set", "training.epochs=2", "--seeds", "0", "--quiet"];
    let run = xtask(&arguments);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let (_, splits) = record(&out, "before");
    assert_eq!(splits.test, (240..300).collect::<Vec<u32>>());
    assert_eq!(splits.train.len() + splits.validation.len(), 240);
    assert!(splits.train.iter().chain(&splits.validation).all(|row| *row < 240));

    // With a split by time, a test file with a day of the training file leaks.
    part("after.csv", &[&lines[240..], &lines[1..2]].concat());
    let spec = fs::read_to_string(&file).unwrap();
    assert!(spec.contains("split.time = \"day\""), "{spec}");
    let run = xtask(&["run", text(&file), "--out", text(&at("leak")), "--quiet"]);
    let message = String::from_utf8(run.stderr).unwrap();
    assert_eq!((run.status.code(), message.lines().count()), (Some(2), 1), "{message}");
    assert!(message.contains("split.time: ") && message.contains("are not later than all of the"), "{message}");
    assert!(!at("leak").exists());
    fs::write(&after, all.replacen("s3", "s33", 1)).unwrap();
    let message = String::from_utf8(xtask(&arguments).stderr).unwrap();
    assert!(message.contains("after.csv: line 1: column `s33` where") && message.contains("has `s3`"), "{message}");
}

#[test]
fn texts_become_rows_of_counts_of_the_words_in_training_texts() {
    let folder = tempfile::tempdir().unwrap();
    let texts = folder.path().join("texts");
    for (class, words) in [("sea", ["wave", "salt", "sail"]), ("wood", ["tree", "moss", "deer"])] {
        fs::create_dir_all(texts.join(class)).unwrap();
        for row in 0..60_usize {
            let text = (0..8).map(|at| if (row + at * at) % 5 == 0 { "and" } else { words[(row * 7 + at * 3) % 3] });
            let text = text.collect::<Vec<_>>().join(" ") + &format!(", {row}.");
            fs::write(texts.join(class).join(format!("{row}.txt")), text).unwrap();
        }
    }
    let (file, out) = (folder.path().join("mine.toml"), folder.path().join("results"));
    let made = xtask(&["new", text(&file), "--data", text(&texts), "--quiet"]);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let spec = fs::read_to_string(&file).unwrap();
    assert!(spec.contains("format = \"text\"\nunit = \"words\"\nvocabulary = 6\n"), "{spec}");
    let run =
        xtask(&["run", text(&file), "--out", text(&out), "--set", "training.epochs=2", "--seeds", "0", "--quiet"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let (record, splits) = record(&out, "texts");
    assert_eq!([splits.train.len(), splits.validation.len(), splits.test.len()], [84, 18, 18]);
    let errors: Vec<ColumnError> = storage::read_csv(&record.join("error_by_column.csv")).unwrap();
    let names: HashSet<&str> = errors.iter().map(|error| error.column.as_str()).collect();
    assert!(names.is_subset(&HashSet::from(["and", "wave", "salt", "sail", "tree", "moss", "deer"])), "{names:?}");
}

/// Has `new` write a file for this data, and runs it as it is but for the number of epochs. What `new` wrote.
#[track_caller]
fn new_and_run(data: &Path, flags: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("mine.toml"), folder.path().join("out"));
    let made = xtask(&[&["new", text(&file), "--data", text(data), "--quiet"], flags].concat());
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let run =
        xtask(&["run", text(&file), "--out", text(&out), "--set", "training.epochs=1", "--seeds", "0", "--quiet"]);
    let spec = fs::read_to_string(&file).unwrap();
    assert!(run.status.success(), "{}\n{spec}", String::from_utf8_lossy(&run.stderr));
    spec
}

/// A table of 120 rows of two numbers and a third column, whose values `column` makes from the row number.
fn with_column(folder: &Path, name: &str, column: impl Fn(usize) -> String) -> PathBuf {
    let row = |row: usize| format!("{}.5,{},{}\n", row * 37 % 101, row * 7 % 13, column(row));
    let path = folder.join(format!("{name}.csv"));
    fs::write(&path, format!("a,b,{name}\n") + &(0..120).map(row).collect::<String>()).unwrap();
    path
}

#[test]
fn files_written_by_new_run_unchanged_for_every_kind_of_column() {
    let folder = tempfile::tempdir().unwrap();
    let table = |name: &str, column: fn(usize) -> String| with_column(folder.path(), name, column);
    let amount = new_and_run(&table("target", |row| (row * 3 % 50).to_string()), &[]);
    assert!(!amount.contains("\nlabel = "), "an amount is no class: {amount}");
    let class = new_and_run(&table("outcome", |row| (row % 3).to_string()), &[]);
    assert!(class.contains("label = \"outcome\""), "{class}");
    let few_groups = new_and_run(&table("device", |row| format!("m{}", row % 2)), &[]);
    assert!(!few_groups.contains("split.group"), "{few_groups}");
    let groups = new_and_run(&table("patient", |row| format!("p{}", row % 12)), &[]);
    assert!(groups.contains("split.group = \"patient\""), "{groups}");
    let uneven = new_and_run(&table("session", |row| format!("s{}", row.saturating_sub(115))), &[]);
    assert!(uneven.contains("# Rows are split at random. No column can split them: "), "{uneven}");
    let late = new_and_run(&table("time", |row| row.min(20).to_string()), &[]);
    assert!(late.contains("split at random. No column") && !late.contains("split.time ="), "{late}");
    let years = new_and_run(&table("year", |row| (2020 + row % 2).to_string()), &[]);
    assert!(!years.contains("split.time"), "{years}");
    let holes = new_and_run(&table("class", |row| if row == 5 { String::new() } else { (row % 2).to_string() }), &[]);
    assert!(!holes.contains("\nlabel = ") && holes.contains("missing = \"mean\""), "{holes}");
    let both = new_and_run(&table("month", |row| (row % 12).to_string()), &["--label", "month"]);
    assert!(both.contains("label = \"month\"") && !both.contains("split.time"), "{both}");
    let series = folder.path().join("series.csv");
    let lines = (0..700).map(|row| format!("{row},{},{}\n", row * row % 97, u8::from(row % 230 == 9)));
    fs::write(&series, "time,level,label\n".to_owned() + &lines.collect::<String>()).unwrap();
    let windows = new_and_run(&series, &[]);
    assert!(windows.contains("window = 7\n") && windows.contains("label = \"label\""), "{windows}");
    let dealt = fs::read_to_string(&series).unwrap().replace("time,", "number,");
    fs::write(&series, dealt).unwrap();
    let flag = ["--set", "exclude=[\"number\"]"];
    let windows = new_and_run(&series, &flag);
    assert!(windows.contains("exclude = [\"number\", \"label\"]"), "a class would lie in one window: {windows}");
    // Only the test file has the fault, and both files count time from 0.
    let [before, after] = ["before.csv", "after.csv"].map(|name| folder.path().join(name));
    for (path, fault) in [(&before, false), (&after, true)] {
        let line = |row: usize| format!("{row},{},{}\n", row * row % 97, u8::from(fault && row > 650));
        fs::write(path, "time,level,fault\n".to_owned() + &(0..700).map(line).collect::<String>()).unwrap();
    }
    let faults = new_and_run(&before, &["--test", text(&after)]);
    assert!(faults.contains("label = \"fault\"") && faults.contains("exclude = [\"time\"]"), "{faults}");
    assert!(faults.contains("window = 7") && !faults.contains("split.time"), "{faults}");
    let part = new_and_run(&table("part", |row| ["train", "validation", "test"][row % 3].to_owned()), &[]);
    assert!(part.contains("split.column = \"part\"") && !part.contains("train = 0.7"), "{part}");
    let word = new_and_run(&table("state", |row| ["calm", "storm"][row % 2].to_owned()), &[]);
    assert!(word.contains("label = \"state\""), "the only column of words: {word}");
    let named = new_and_run(&table("id", |row| format!("row {row}")), &[]);
    assert!(named.contains("id = \"id\""), "{named}");
    let wide = new_and_run(&table("patient", |row| format!("p{}", row / 10)), &["--set", "window=3", "--set", "hop=1"]);
    assert!(wide.contains("rows of 3 steps of 2 values"), "{wide}");
}

#[test]
fn new_reports_every_fault_that_run_would_report() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mine.toml");
    let refused = |data: &Path, flags: &[&str], expected: &str| {
        let output = xtask(&[&["new", text(&file), "--data", text(data), "--quiet"], flags].concat());
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), message.lines().count()), (Some(2), 1), "{message}");
        assert!(message.contains(expected) && !file.exists(), "{message}");
    };
    let plain = with_column(folder.path(), "c", |row| (row * row % 71).to_string());
    let word = with_column(folder.path(), "word", |row| if row == 40 { "abc".to_owned() } else { row.to_string() });
    refused(&word, &[], "column `word`: line 42: `abc` is not a number");
    let flag = "exclude=[\"word\"]";
    assert!(new_and_run(&word, &["--set", flag]).contains("exclude = [\"word\"]"));
    refused(&plain, &["--test", "nowhere.csv"], "nowhere.csv");
    let other = with_column(folder.path(), "d", |row| row.to_string());
    refused(&plain, &["--test", text(&other)], "line 1: column `d` where");
    let uneven = with_column(folder.path(), "session", |row| format!("s{}", row.saturating_sub(115)));
    refused(&uneven, &["--set", "split.group=session"], "test rows are left, expected at least 10");
    let rare = with_column(folder.path(), "kind", |row| if row < 2 { "rare" } else { "usual" }.to_owned());
    refused(&rare, &["--label", "kind"], "class `rare` has 2 rows; each split needs one; leave out --label");
    assert!(!new_and_run(&rare, &[]).contains("\nlabel ="));
}

#[test]
fn a_table_without_names_is_read_with_header_false() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flowers.data");
    let row = |row: usize| format!("{}.5,{},kind-{}\n", row * 37 % 101, row * 7 % 13, row % 3);
    fs::write(&path, (0..90).map(row).collect::<String>()).unwrap();
    let file = folder.path().join("mine.toml");
    let refused = xtask(&["new", text(&file), "--data", text(&path), "--quiet"]);
    let message = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(2), "{message}");
    assert!(
        message.contains("flowers.data: line 1: `0.5` is a number") && message.contains("header = false"),
        "{message}"
    );
    let spec = new_and_run(&path, &["--set", "dataset.header=false", "--label", "column 3"]);
    assert!(spec.contains("header = false\n") && spec.contains("of 2 values"), "{spec}");
    assert!(spec.contains(" 90 rows"), "the first line is a row: {spec}");
}

#[test]
fn files_written_by_new_for_pictures_arrays_and_recordings_run_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // Pictures of two classes and two sizes; one size is larger than `new` allows.
    for row in 0..90_u32 {
        let (width, height) = if row % 9 == 0 { (40, 40) } else { (160, 120) };
        let subfolder = at("pictures").join(["dark", "light"][row as usize % 2]);
        fs::create_dir_all(&subfolder).unwrap();
        let pixels: Vec<u8> =
            (0..width * height).map(|at| (at * (row + 3) % 251) as u8 / (1 + row as u8 % 2)).collect();
        let file = fs::File::create(subfolder.join(format!("{row}.png"))).unwrap();
        let mut encoder = png::Encoder::new(file, width, height);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    }
    let pictures = new_and_run(&at("pictures"), &[]);
    assert!(pictures.contains("size = [64, 48]") && pictures.contains("label = \"subfolder\""), "{pictures}");

    let mut array = b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (100, 5), }".to_vec();
    array.resize(127, b' ');
    array.push(b'\n');
    let values = (0..500_u32).map(|at| if at == 77 { f32::NAN } else { (at * at % 89) as f32 });
    array.extend(values.flat_map(f32::to_le_bytes));
    fs::write(at("array.npy"), array).unwrap();
    assert!(new_and_run(&at("array.npy"), &[]).contains("missing = \"mean\""));

    let mut images = [0, 0, 8, 3, 0, 0, 0, 100, 0, 0, 0, 6, 0, 0, 0, 6].to_vec();
    images.extend((0..3600_u32).map(|at| (at * at % 241) as u8));
    fs::write(at("images-idx3-ubyte"), images).unwrap();
    new_and_run(&at("images-idx3-ubyte"), &[]);

    // One recording: its beginning is for training, its end for the test.
    let samples = 1024 * 80_u32;
    let mut wav = b"RIFF".to_vec();
    wav.extend((36 + 2 * samples).to_le_bytes());
    wav.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0\x02\0\x10\0data");
    wav.extend((2 * samples).to_le_bytes());
    wav.extend((0..samples).flat_map(|at| ((at * at % 6007) as i16).to_le_bytes()));
    fs::write(at("engine.wav"), wav).unwrap();
    new_and_run(&at("engine.wav"), &[]);
}
