//! A recorded run applied to new rows: the numbers of the evaluation, in the form of the data, or one line that says why not.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use record::{Metrics, ScaledColumn};
use system::storage;
use tempfile::TempDir;

mod common;

fn xtask(arguments: &[&str]) -> Output {
    common::xtask().args(arguments).env_remove("HOURGLASS_DATA").output().unwrap()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

const COLUMNS: [&str; 6] = ["name", "colour", "p", "q", "r", "s"];

/// Rows of two numbers that stand behind four, a colour and a name.
fn rows(from: usize, to: usize) -> Vec<[String; 6]> {
    let row = |row: usize| {
        let [a, b] = [31, 47].map(|length| (row * row % length) as f64 / length as f64);
        let noise = (row * 7_919 % 101) as f64 / 2_000.0;
        let numbers = [a + b, a - b + noise, 3.0 * a, b * b].map(|value| format!("{value:.4}"));
        let [p, q, r, s] = numbers;
        [format!("m{row}"), if row.is_multiple_of(3) { "red" } else { "blue" }.to_owned(), p, q, r, s]
    };
    (from..to).map(row).collect()
}

/// A table of some of the columns.
fn write(path: &Path, rows: &[[String; 6]], columns: &[usize]) {
    let line = |fields: Vec<&str>| fields.join(",") + "\n";
    let mut table = line(columns.iter().map(|column| COLUMNS[*column]).collect());
    rows.iter().for_each(|row| table += &line(columns.iter().map(|column| row[*column].as_str()).collect()));
    fs::write(path, table).unwrap();
}

const ALL: [usize; 6] = [0, 1, 2, 3, 4, 5];

/// A run on 200 rows whose test rows, 60, are `test.csv`; the folder and that of the run.
fn trained() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    write(&at("train.csv"), &rows(0, 200), &ALL);
    write(&at("test.csv"), &rows(200, 260), &ALL);
    let spec = format!(
        "question = \"?\"\n[dataset]\npath = {:?}\ntest = {:?}\nid = \"name\"\n[model]\nhidden = [8]\ncode = 2\n[training]\n\
         epochs = 20\nbatch_size = 16\nadam.learning_rate = 0.01\n",
        text(&at("train.csv")),
        text(&at("test.csv"))
    );
    fs::write(at("mine.toml"), spec).unwrap();
    let run = xtask(&["run", text(&at("mine.toml")), "--out", text(&at("out")), "--quiet"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let record = at("out/mine/train/dense-8-2/seed-0");
    (folder, record)
}

/// What `apply` writes, or the line that it ends with.
fn apply(record: &Path, what: &str, data: &Path, out: &Path, flags: &[&str]) -> Result<String, String> {
    let output = xtask(&[&["apply", text(record), what, text(data), "--out", text(out), "--quiet"], flags].concat());
    let message = String::from_utf8(output.stderr).unwrap();
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&fs::read(out).unwrap()).into_owned());
    }
    assert_eq!(output.status.code(), Some(2), "{message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(!out.exists() || out.ends_with("there.csv"), "half of an output is left");
    Err(message)
}

#[test]
fn new_rows_have_the_errors_codes_and_reconstructions_of_the_evaluation() {
    let (folder, record) = trained();
    let at = |name: &str| folder.path().join(name);
    let scores = apply(&record, "score", &at("test.csv"), &at("scores.csv"), &[]).unwrap();
    let lines: Vec<Vec<&str>> = scores.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(lines[0], ["row", "error", "column", "share"]);
    assert_eq!((lines.len(), lines[1][0], lines[60][0]), (61, "m200", "m259"));
    let errors: Vec<f64> = lines[1..].iter().map(|line| line[1].parse().unwrap()).collect();
    let metrics: Metrics = storage::read_json(&record.join("metrics.json")).unwrap();
    let recorded = metrics["test"]["autoencoder"].mse_per_pixel;
    assert!((errors.iter().sum::<f64>() / 60.0 - recorded).abs() < 1e-15 * 60.0, "{recorded}");

    // Columns in another order, without those that are no values, at any number of threads.
    let numbers = |scores: &str| -> Vec<String> {
        scores.lines().map(|line| line.split_once(',').unwrap().1.to_owned()).collect()
    };
    write(&at("other.csv"), &rows(200, 260), &[5, 2, 1, 4, 3]);
    for threads in ["1", "3"] {
        let out = at(&format!("scores-{threads}.csv"));
        let again = apply(&record, "score", &at("other.csv"), &out, &["--threads", threads]).unwrap();
        assert_eq!(numbers(&again), numbers(&scores));
        assert!(again.lines().nth(1).unwrap().starts_with("0,"), "rows without a name are numbered");
    }
    write(&at("one.csv"), &rows(200, 201), &ALL);
    let one = apply(&record, "score", &at("one.csv"), &at("score.csv"), &[]).unwrap();
    assert_eq!(one.lines().nth(1).unwrap().split(',').next(), Some("m200"));

    // Reconstructions are in the units of the columns: their distance is the error.
    let outputs = apply(&record, "reconstruct", &at("test.csv"), &at("outputs.csv"), &[]).unwrap();
    let scaling: Vec<ScaledColumn> = storage::read_csv(&record.join("scaling.csv")).unwrap();
    let names: Vec<&str> = scaling.iter().map(|column| column.column.as_str()).collect();
    assert_eq!(names, ["colour=blue", "colour=red", "p", "q", "r", "s"]);
    assert_eq!(outputs.lines().next().unwrap(), "row,".to_owned() + &names.join(","));
    for ((line, error), row) in outputs.lines().skip(1).zip(&errors).zip(rows(200, 260)) {
        let colour = |name: &str| f64::from(u8::from(row[1] == name));
        let numbers = row[2..].iter().map(|number| number.parse::<f64>().unwrap());
        let values = [colour("blue"), colour("red")].into_iter().chain(numbers);
        let output = line.split(',').skip(1).map(|number| number.parse::<f64>().unwrap());
        let squares = values.zip(output).zip(&scaling).map(|((a, b), column)| ((a - b) / column.scale).powi(2));
        assert!((squares.sum::<f64>() / 6.0 - error).abs() < 1e-5, "{line}: {error}");
    }
    apply(&record, "encode", &at("test.csv"), &at("codes.npy"), &[]).unwrap();
    let codes = fs::read(at("codes.npy")).unwrap();
    assert!(String::from_utf8_lossy(&codes[..128]).contains("'shape': (60, 2, )"));
    assert_eq!((codes.len() % 64, codes.len() > 480), (60 * 2 * 4 % 64, true));
    let table = apply(&record, "encode", &at("test.csv"), &at("codes.csv"), &[]).unwrap();
    let first: Vec<f32> = table.lines().nth(1).unwrap().split(',').skip(1).map(|code| code.parse().unwrap()).collect();
    let start = codes.len() - 480;
    assert_eq!(codes[start..start + 8], first.iter().flat_map(|code| code.to_le_bytes()).collect::<Vec<u8>>());
}

#[test]
fn rows_above_the_errors_of_clean_rows_are_flagged() {
    let (folder, record) = trained();
    let at = |name: &str| folder.path().join(name);
    write(&at("clean.csv"), &rows(300, 420), &ALL);
    let mut dirty = rows(500, 520);
    dirty[3][4] = "9".to_owned();
    dirty[7][5] = "-5".to_owned();
    write(&at("dirty.csv"), &dirty, &ALL);
    let clean = at("clean.csv");
    let flags = ["--clean", text(&clean), "--false-alarms", "0.02"];
    let scores = apply(&record, "score", &at("dirty.csv"), &at("scores.csv"), &flags).unwrap();
    let lines: HashMap<&str, Vec<&str>> =
        scores.lines().skip(1).map(|line| (line.split(',').next().unwrap(), line.split(',').collect())).collect();
    assert_eq!((lines["m503"][2], lines["m503"][4]), ("r", "1"), "{scores}");
    assert_eq!((lines["m507"][2], lines["m507"][4]), ("s", "1"), "{scores}");
    assert!(lines.values().filter(|line| line[4] == "1").count() <= 5, "{scores}");
    let few = ["--clean", text(&clean), "--false-alarms", "0.001"];
    let message = apply(&record, "score", &at("dirty.csv"), &at("few.csv"), &few).unwrap_err();
    assert!(message.contains("--false-alarms: 0.001 needs 999 clean rows at least; there are 120"), "{message}");
}

#[test]
fn what_does_not_fit_the_run_is_refused_by_name_and_leaves_nothing() {
    let (folder, record) = trained();
    let at = |name: &str| folder.path().join(name);
    let refused = |name: &str, expected: &str| {
        let message = apply(&record, "score", &at(name), &at("scores.csv"), &[]).unwrap_err();
        assert!(message.contains(expected), "{message}");
    };
    write(&at("lacks.csv"), &rows(0, 20), &[0, 1, 2, 3, 5]);
    refused("lacks.csv", "lacks.csv: line 1: no column `r`, which the network was trained with");
    fs::write(at("surplus.csv"), "name,colour,p,q,r,s,t\na,red,1,2,3,4,5\n").unwrap();
    refused("surplus.csv", "surplus.csv: line 1: the network was not trained with column `t`");
    fs::write(at("word.csv"), "name,colour,p,q,r,s\na,red,1,2,3,4\nb,red,1,two,3,4\n").unwrap();
    refused("word.csv", "word.csv: line 3, column `q`: `two` is not a number");
    fs::write(at("green.csv"), "name,colour,p,q,r,s\na,green,1,2,3,4\n").unwrap();
    refused("green.csv", "green.csv: column `colour` has `green`, and the network knows blue, red");
    fs::write(at("hole.csv"), "name,colour,p,q,r,s\na,red,1,,3,4\n").unwrap();
    refused("hole.csv", "hole.csv: line 2, column `q`: a value is missing");
    refused("absent.csv", "absent.csv");
    let to = |out: &str| apply(&record, "score", &at("test.csv"), &at(out), &[]).unwrap_err();
    assert!(to("scores.txt").contains("expected a name that ends in .csv or .npy"));
    assert!(to("scores.npy").contains("scores are written as .csv"));
    fs::write(at("there.csv"), "mine").unwrap();
    assert!(to("there.csv").contains("is there already"));
    assert_eq!(fs::read_to_string(at("there.csv")).unwrap(), "mine");
    let elsewhere = apply(&at("out"), "score", &at("test.csv"), &at("scores.csv"), &[]).unwrap_err();
    assert!(elsewhere.contains("records no run"), "{elsewhere}");
    let mut weights = fs::read(record.join("model.safetensors")).unwrap();
    *weights.last_mut().unwrap() ^= 1;
    fs::write(record.join("model.safetensors"), weights).unwrap();
    let damaged = apply(&record, "score", &at("test.csv"), &at("scores.csv"), &[]).unwrap_err();
    assert!(damaged.contains("model.safetensors"), "{damaged}");
}
