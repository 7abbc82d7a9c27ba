//! `cargo xtask apply` on new rows: its numbers equal those of the evaluation, and each error is one line.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use record::{ErrorThreshold, Measures, Metrics, OwnSplits, ScaledColumn};
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

/// Rows of four numbers that are functions of two, a colour and a name.
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

/// Writes a table with some of the columns.
fn write(path: &Path, rows: &[[String; 6]], columns: &[usize]) {
    let line = |fields: Vec<&str>| fields.join(",") + "\n";
    let mut table = line(columns.iter().map(|column| COLUMNS[*column]).collect());
    rows.iter().for_each(|row| table += &line(columns.iter().map(|column| row[*column].as_str()).collect()));
    fs::write(path, table).unwrap();
}

const ALL: [usize; 6] = [0, 1, 2, 3, 4, 5];

/// A run on 200 rows, of which the 60 test rows are in `test.csv`. Returns the folder of the data and the folder of the
/// run.
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

/// The file that `apply` writes, or its line of error.
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

    // The order of columns, columns that are not values, and the number of threads do not matter.
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

    // Reconstructions are in the units of the columns, so the error follows from the differences.
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

/// The numbers of a tensor of doubles in a safetensors file.
fn doubles(path: &Path, name: &str) -> Vec<f64> {
    let bytes = fs::read(path).unwrap();
    let (length, rest) = bytes.split_first_chunk().unwrap();
    let (header, values) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let header: serde_json::Value = serde_json::from_slice(header).unwrap();
    let [from, to] = [0, 1].map(|end| header[name]["data_offsets"][end].as_u64().unwrap() as usize);
    values[from..to].as_chunks().0.iter().map(|eight| f64::from_le_bytes(*eight)).collect()
}

#[test]
fn scores_equal_the_evaluation_bit_for_bit_at_any_number_of_threads() {
    let (folder, record) = trained();
    let at = |name: &str| folder.path().join(name);
    let splits: OwnSplits = storage::read_json(&record.join("splits.json")).unwrap();
    let all = rows(0, 200);
    let validation: Vec<[String; 6]> = splits.validation.iter().map(|row| all[*row as usize].clone()).collect();
    write(&at("validation.csv"), &validation, &ALL);
    for (by, tensor) in [("autoencoder", "validation_errors.autoencoder"), ("pca", "validation_errors.pca")] {
        let out = at(&format!("{by}.csv"));
        let scores = apply(&record, "score", &at("validation.csv"), &out, &["--by", by]).unwrap();
        let mut errors: Vec<f64> =
            scores.lines().skip(1).map(|line| line.split(',').nth(1).unwrap().parse().unwrap()).collect();
        errors.sort_by(f64::total_cmp);
        let recorded = doubles(&record.join("apply.safetensors"), tensor);
        assert_eq!(errors.len(), 30);
        assert_eq!(
            errors.iter().map(|e| e.to_bits()).collect::<Vec<_>>(),
            recorded.iter().map(|e| e.to_bits()).collect::<Vec<_>>()
        );
    }
    // More rows than one block of a thread holds.
    write(&at("many.csv"), &rows(0, 700), &ALL);
    let verbs: [(&str, &str, &[&str]); 5] = [
        ("encode", "npy", &[]),
        ("reconstruct", "csv", &[]),
        ("reconstruct", "npy", &["--bits", "3"]),
        ("sample", "csv", &["--count", "600"]),
        ("compress", "hgc", &[]),
    ];
    for (place, (verb, ending, flags)) in verbs.into_iter().enumerate() {
        let written = ["1", "3"].map(|threads| {
            let out = at(&format!("{place}-{threads}.{ending}"));
            apply(&record, verb, &at("many.csv"), &out, &[flags, &["--threads", threads]].concat()).unwrap();
            fs::read(out).unwrap()
        });
        assert!(written[0] == written[1] && written[0].len() > 500, "{verb} {flags:?}");
    }
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
    let shares = [&flags[..], &["--shares"]].concat();
    let shares = apply(&record, "score", &at("dirty.csv"), &at("shares.csv"), &shares).unwrap();
    let names = ["colour=blue", "colour=red", "p", "q", "r", "s"].map(|name| format!("share of {name}"));
    assert_eq!(shares.lines().next().unwrap(), format!("row,error,column,share,flagged,{}", names.join(",")));
    for line in shares.lines().skip(1) {
        let shares: Vec<f64> = line.split(',').skip(5).map(|share| share.parse().unwrap()).collect();
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 0.001, "{line}");
    }
    // PCA and distances to training rows flag rows in the same way.
    for (by, header) in [("pca", "row,error,column,share,flagged"), ("kth_neighbour", "row,distance,flagged")] {
        let flags = [&flags[..], &["--by", by]].concat();
        let scores = apply(&record, "score", &at("dirty.csv"), &at(&format!("{by}.csv")), &flags).unwrap();
        assert_eq!((scores.lines().next().unwrap(), scores.lines().count()), (header, 21));
        for row in ["m503,", "m507,"] {
            assert!(scores.lines().any(|line| line.starts_with(row) && line.ends_with(",1")), "{by}: {scores}");
        }
    }
    let few = ["--clean", text(&clean), "--false-alarms", "0.001"];
    let message = apply(&record, "score", &at("dirty.csv"), &at("few.csv"), &few).unwrap_err();
    assert!(message.contains("--false-alarms: 0.001 needs 999 clean rows at least; there are 120"), "{message}");
}

#[test]
fn without_clean_rows_the_threshold_comes_from_validation_rows() {
    let (folder, record) = trained();
    let at = |name: &str| folder.path().join(name);
    let recorded: Vec<ErrorThreshold> = storage::read_csv(&record.join("thresholds.csv")).unwrap();
    let of = |row: &ErrorThreshold| (row.subject.clone(), row.false_alarms, row.rows);
    assert_eq!(
        recorded.iter().map(of).collect::<Vec<_>>(),
        [("autoencoder".into(), 0.05, 30), ("pca".into(), 0.05, 30)]
    );
    let score = |name: &str, flags: &[&str]| apply(&record, "score", &at("test.csv"), &at(name), flags);
    let scores = score("scores.csv", &["--false-alarms", "0.05"]).unwrap();
    for line in scores.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let is_above = fields[1].parse::<f64>().unwrap() > recorded[0].threshold;
        assert_eq!(fields[4], if is_above { "1" } else { "0" }, "{line}");
    }
    // 30 rows are too few for a share of 0.01.
    let message = score("few.csv", &["--false-alarms", "0.01"]).unwrap_err();
    assert!(message.contains("--false-alarms: 0.01 needs 99 validation rows at least; there are 30"), "{message}");
    assert_eq!(score("none.csv", &[]).unwrap().lines().next(), Some("row,error,column,share"));
}

#[test]
fn a_network_trained_on_clean_rows_finds_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    // Every ninth row has one changed number.
    let state = |row: usize| if row % 9 == 4 { "worn" } else { "ok" };
    let table = |from: usize, to: usize| -> String {
        let line = |(row, [name, colour, p, q, r, s]): (usize, [String; 6])| {
            let r = if state(row) == "ok" { r } else { format!("{}", 3.0 - r.parse::<f64>().unwrap()) };
            format!("{name},{colour},{p},{q},{r},{s},{}\n", state(row))
        };
        "name,colour,p,q,r,s,state\n".to_owned() + &(from..to).zip(rows(from, to)).map(line).collect::<String>()
    };
    fs::write(at("all.csv"), table(0, 600)).unwrap();
    let spec = format!(
        "question = \"?\"\n[dataset]\npath = {:?}\nclean = \"state == 'ok'\"\nid = \"name\"\n[model]\nhidden = [8]\ncode = 3\n\
         [training]\nepochs = 40\nbatch_size = 16\nadam.learning_rate = 0.01\n[evaluation]\ntasks = [\"anomaly\"]\n",
        text(&at("all.csv"))
    );
    fs::write(at("mine.toml"), spec).unwrap();
    let run = xtask(&["run", text(&at("mine.toml")), "--out", text(&at("out")), "--quiet"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let record = at("out/mine/all/dense-8-3/seed-0");
    let splits: OwnSplits = storage::read_json(&record.join("splits.json")).unwrap();
    let worn = |rows: &[u32]| rows.iter().filter(|row| state(**row as usize) == "worn").count();
    // All rows that are not clean are in the test split.
    assert_eq!((worn(&splits.train), worn(&splits.validation), worn(&splits.test)), (0, 0, 67));
    assert_eq!(splits.train.len() + splits.validation.len() + splits.test.len(), 600);
    let measures: Measures = storage::read_json(&record.join("measures.json")).unwrap();
    let auroc = |subject: &str| measures["test"][subject]["left_out_auroc"];
    assert!(auroc("autoencoder") > 0.9 && auroc("kth_neighbour") > 0.5, "{measures:?}");

    // New rows may have the column of `clean` or lack it.
    fs::write(at("new.csv"), table(700, 736)).unwrap();
    let scores = apply(&record, "score", &at("new.csv"), &at("scores.csv"), &["--false-alarms", "0.05"]).unwrap();
    let flagged = |row: usize| scores.lines().any(|line| line.starts_with(&format!("m{row},")) && line.ends_with(",1"));
    let found = (700..736).filter(|row| state(*row) == "worn" && flagged(*row)).count();
    assert!(found >= 3, "{scores}");
    write(&at("without.csv"), &rows(700, 736), &ALL);
    apply(&record, "score", &at("without.csv"), &at("without-scores.csv"), &[]).unwrap();

    let backwards = "dataset.clean=\"state == 'worn'\"";
    let output = xtask(&["run", text(&at("mine.toml")), "--set", backwards, "--out", text(&at("backwards"))]);
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(told.contains("533 of 600 rows are not clean, which is more than half"), "{told}");

    let refused = |clean: &str, expected: &str| {
        let output = xtask(&["run", text(&at("mine.toml")), "--set", &format!("dataset.clean={clean:?}"), "--dry-run"]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && message.contains(expected), "{message}");
    };
    refused("state = 'ok'", "dataset.clean: `state = 'ok'`: expected a column, ==");
    refused("state == 'fine'", "dataset.clean: no row of");
    refused("stat == 'ok'", "clean names column `stat`, which does not exist");
    refused("state != 'a' and state != 'b'", "expected a column, ==");
    refused("state < 3", "all.csv: line 2, column `state`: `ok` is not a number, but `clean` compares it with one");
}

#[test]
fn exported_splits_keep_the_names_of_rows() {
    let (folder, record) = trained();
    let at = |name: &str| folder.path().join(name);
    let output = xtask(&["export", text(&record), "data", "--out", text(&at("data")), "--quiet"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let splits: OwnSplits = storage::read_json(&record.join("splits.json")).unwrap();
    let ids = splits.ids.unwrap();
    for (split, expected) in [("train", ids.train), ("validation", ids.validation), ("test", ids.test)] {
        let table = fs::read_to_string(at(&format!("data/{split}.csv"))).unwrap();
        let mut lines = table.lines();
        assert!(lines.next().unwrap().starts_with("name,colour=blue,"), "{table}");
        let found: Vec<&str> = lines.map(|line| line.split(',').next().unwrap()).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn decompress_gives_the_reconstructions_of_rounded_codes_and_rejects_other_files() {
    let (folder, record) = trained();
    let at = |name: &str| folder.path().join(name);
    apply(&record, "compress", &at("test.csv"), &at("test.hgc"), &["--bits", "4"]).unwrap();
    let bytes = fs::read(at("test.hgc")).unwrap();
    // 60 rows of two units of 4 bits are 60 bytes and less.
    assert!(bytes.len() < 34 + 8 + 60 + 4 + 16, "{}", bytes.len());
    let values = |table: String| -> Vec<String> {
        table.lines().map(|line| line.split_once(',').unwrap().1.to_owned()).collect()
    };
    let rounded = apply(&record, "reconstruct", &at("test.csv"), &at("rounded.csv"), &["--bits", "4"]).unwrap();
    for threads in ["1", "3"] {
        let out = at(&format!("rows-{threads}.csv"));
        let rows = apply(&record, "decompress", &at("test.hgc"), &out, &["--threads", threads]).unwrap();
        assert_eq!(values(rows), values(rounded.clone()));
    }
    let refused = |name: &str, bytes: &[u8], expected: &str| {
        fs::write(at(name), bytes).unwrap();
        let message = apply(&record, "decompress", &at(name), &at("rows.csv"), &[]).unwrap_err();
        assert!(message.contains(&format!("{name}: {expected}")), "{message}");
    };
    for place in 10..bytes.len() {
        if place % 9 == 1 {
            let mut flipped = bytes.clone();
            flipped[place] ^= 4;
            refused("flipped.hgc", &flipped, "damaged");
        }
    }
    refused("cut.hgc", &bytes[..bytes.len() - 3], "damaged");
    refused("short.hgc", &bytes[..20], "damaged");
    let absent = apply(&record, "decompress", &at("absent.hgc"), &at("rows.csv"), &[]).unwrap_err();
    assert!(absent.contains("absent.hgc: no such file"), "{absent}");
    refused("other.csv", b"a,b\n1,2\n3,4\n5,6\n7,8\n1,2\n3,4\n5,6\n7,8\n", "not a file that `compress` wrote");
    let mut newer = bytes.clone();
    newer[8] = 2;
    refused("newer.hgc", &newer, "format 2; this version of Hourglass reads format 1");

    let spec = fs::read_to_string(at("mine.toml")).unwrap();
    fs::write(at("other.toml"), spec.replace("question = \"?\"", "question = \"?\"\nseeds = [1]")).unwrap();
    let run = xtask(&["run", text(&at("other.toml")), "--out", text(&at("out")), "--quiet"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let other = at("out/other/train/dense-8-2/seed-1");
    let message = apply(&other, "decompress", &at("test.hgc"), &at("rows.csv"), &[]).unwrap_err();
    assert!(message.contains("test.hgc: compressed by another network than that of"), "{message}");
}

#[test]
fn the_record_of_compression_has_the_file_sizes_of_its_test_images() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let spec = "question = \"?\"\n[dataset]\nname = \"glyphs\"\ntrain = 300\nvalidation = 40\ntest = 50\n[model]\nhidden = [12]\n\
                code = 3\n[training]\nepochs = 2\nbatch_size = 10\nloss = \"mse\"\nadam.learning_rate = 0.01\n[evaluation]\n\
                tasks = [\"compression\"]\n";
    fs::write(at("small.toml"), spec).unwrap();
    let run = xtask(&["run", text(&at("small.toml")), "--out", text(&at("out")), "--quiet"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let record = at("out/small/glyphs/dense-12-3/seed-0");
    let data = xtask(&["export", text(&record), "data", "--out", text(&at("data")), "--quiet"]);
    assert!(data.status.success(), "{}", String::from_utf8_lossy(&data.stderr));
    let measures: Measures = storage::read_json(&record.join("measures.json")).unwrap();
    for bits in ["2", "6"] {
        let out = at(&format!("{bits}.hgc"));
        apply(&record, "compress", &at("data/test.npy"), &out, &["--bits", bits]).unwrap();
        let length = fs::metadata(&out).unwrap().len() as f64;
        let recorded = measures["test"]["autoencoder"][format!("file_bits_{bits}").as_str()];
        assert_eq!(recorded, 8.0 * length / 50.0);
    }
}

#[test]
fn samples_are_drawn_from_a_mixture_of_codes_and_are_the_same_for_a_seed() {
    let (folder, record) = trained();
    let at = |name: &str| folder.path().join(name);
    let sample = |name: &str, flags: &[&str]| apply(&record, "sample", &at("train.csv"), &at(name), flags).unwrap();
    let drawn = sample("drawn.csv", &["--count", "300"]);
    assert_eq!(drawn, sample("again.csv", &["--count", "300", "--threads", "1"]));
    assert_ne!(drawn, sample("other.csv", &["--count", "300", "--seed", "1"]));
    assert_eq!(drawn.lines().count(), 301);
    // Means of samples are close to means of the reconstructed rows.
    let means = |table: &str| -> Vec<f64> {
        let rows: Vec<Vec<f64>> = table
            .lines()
            .skip(1)
            .map(|line| line.split(',').skip(1).map(|number| number.parse().unwrap()).collect())
            .collect();
        (0..6).map(|column| rows.iter().map(|row| row[column]).sum::<f64>() / rows.len() as f64).collect()
    };
    let outputs = apply(&record, "reconstruct", &at("train.csv"), &at("outputs.csv"), &[]).unwrap();
    for (drawn, output) in means(&drawn).into_iter().zip(means(&outputs)) {
        assert!((drawn - output).abs() < 0.15, "{drawn} {output}");
    }
    let output = xtask(&["apply", text(&record), "sample", "--out", text(&at("none.csv"))]);
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && message.contains("follow no known distribution"), "{message}");
}

#[test]
fn pictures_are_read_and_written_as_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let spec = "question = \"?\"\n[dataset]\nname = \"glyphs\"\ntrain = 300\nvalidation = 40\ntest = 20\n[model]\nhidden = [12]\n\
                code = 3\n[training]\nepochs = 2\nbatch_size = 10\nloss = \"mse\"\nadam.learning_rate = 0.01\n";
    fs::write(at("small.toml"), spec).unwrap();
    let run = xtask(&["run", text(&at("small.toml")), "--out", text(&at("out")), "--quiet"]);
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let record = at("out/small/glyphs/dense-12-3/seed-0");
    let written = |what: &str, data: &Path, out: &str, flags: &[&str]| {
        let output =
            xtask(&[&["apply", text(&record), what, text(data), "--out", text(&at(out)), "--quiet"], flags].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    // Twelve pictures of stripes.
    let pixels: Vec<u8> = (0..12 * 784).map(|at| if (at + at / 784) % 3 == 0 { 255 } else { 0 }).collect();
    let mut array = b"\x93NUMPY\x01\x00\x76\x00".to_vec();
    let header = "{'descr': '|u1', 'fortran_order': False, 'shape': (12, 28, 28), }";
    array.extend(format!("{header:<117}\n").into_bytes());
    array.extend(pixels);
    fs::write(at("stripes.npy"), array).unwrap();
    written("reconstruct", &at("stripes.npy"), "clean", &[]);
    let size = |path: &Path| {
        let header = fs::read(path).unwrap();
        [16, 20].map(|at| u32::from_be_bytes(header[at..at + 4].try_into().unwrap()))
    };
    assert_eq!(fs::read_dir(at("clean")).unwrap().count(), 12);
    assert_eq!(size(&at("clean/11.png")), [28, 28]);
    written("reconstruct", &at("stripes.npy"), "clean.npy", &[]);
    written("score", &at("clean"), "scores.csv", &["--maps", text(&at("maps")), "--false-alarms", "0.05"]);
    let scores = fs::read_to_string(at("scores.csv")).unwrap();
    let flagged = scores.lines().filter(|line| line.ends_with(",1")).count();
    assert!(scores.contains("\n11.png,") && fs::read_dir(at("maps")).unwrap().count() == flagged, "{scores}");
    written("score", &at("stripes.npy"), "stripes.csv", &["--maps", text(&at("stripes")), "--false-alarms", "0.05"]);
    let scores = fs::read_to_string(at("stripes.csv")).unwrap();
    assert!(scores.lines().skip(1).all(|line| line.ends_with(",1")), "{scores}");
    assert_eq!(size(&at("stripes/0.png")), [3 * 112 + 8, 112]);
    let refused = apply(&record, "score", &at("stripes.npy"), &at("shares.csv"), &["--shares"]).unwrap_err();
    assert!(refused.contains("--shares: pixels are not columns"), "{refused}");
    let [floats, bytes] = [fs::read(at("clean.npy")).unwrap(), fs::read(at("clean/3.png")).unwrap()];
    assert!(floats.len() == 128 + 4 * 12 * 784 && bytes.len() < 1000);
}

#[test]
fn the_committed_models_find_anomalies_and_remove_noise() {
    let models = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../models");
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let files =
        |path: &Path| fs::read_dir(path).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file());
    let of_networks = ["machine", "denoiser", "log", "fan"].into_iter().flat_map(|name| files(&models.join(name)));
    let all = files(&models).chain(of_networks);
    let bytes: u64 = all.map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(bytes < 1_000_000, "{bytes}");

    let readings = models.join("readings.csv");
    let scores = apply(&models.join("machine"), "score", &readings, &at("scores.csv"), &[]).unwrap();
    let flagged = scores.lines().filter(|line| line.ends_with(",1")).count();
    assert!((25..=40).contains(&flagged), "35 of 200 rows have a fault, {flagged} are flagged");

    let five = ["--false-alarms", "0.05"];
    let flagged = |scores: &str| -> Vec<String> {
        let lines = scores.lines().filter(|line| line.ends_with(",1"));
        lines.map(|line| line.split(',').next().unwrap().to_owned()).collect()
    };
    let lines = apply(&models.join("log"), "score", &models.join("log.txt"), &at("lines.csv"), &five).unwrap();
    let strange = ["7", "16", "25", "34", "43", "52"];
    let found = flagged(&lines);
    assert!(strange.iter().all(|row| found.iter().any(|flagged| flagged == row)) && found.len() < 10, "{found:?}");
    let hum = apply(&models.join("fan"), "score", &models.join("fan.wav"), &at("hum.csv"), &five).unwrap();
    // Rows that contain at least half a row of a rattle; the rattles last from 0.4 to 0.6 s and from 1 to 1.3 s.
    let rattles = ["0.36", "0.48", "0.96", "1.08", "1.2"].map(|second| format!("fan.wav {second} s"));
    assert_eq!(flagged(&hum), rattles);

    let denoiser = models.join("denoiser");
    apply(&denoiser, "reconstruct", &models.join("noisy.npy"), &at("clean.npy"), &[]).unwrap();
    let (noisy, clean) = (fs::read(models.join("noisy.npy")).unwrap(), fs::read(at("clean.npy")).unwrap());
    let clean: Vec<f32> = clean[128..].as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
    // Most pixels of digits are black; noise changes them.
    let dark = |values: &mut dyn Iterator<Item = f32>| values.filter(|value| *value < 25.0).count();
    let before = dark(&mut noisy[128..].iter().map(|byte| f32::from(*byte)));
    assert_eq!(clean.len(), 20 * 784);
    assert!(before < 10_000 && dark(&mut clean.iter().copied()) > 11_000, "{before}");
}

#[test]
fn flags_that_exclude_each_other_are_errors_that_name_the_flag() {
    let refused = |arguments: &[&str], expected: &str| {
        let output = xtask(&[&["apply", "nowhere"], arguments].concat());
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && message.contains(expected), "{message}");
    };
    refused(&["encode", "a.csv", "--out", "b.csv", "--clean", "c.csv"], "--clean is for `score`, and not for `encode`");
    refused(&["sample", "--out", "b.csv", "--bits", "3"], "--bits is for `compress`, `reconstruct`");
    refused(&["encode", "a.csv", "--out", "b.csv", "--data-dir", "d"], "--data-dir is for `score`");
    refused(&["score", "a.csv", "--out", "b.csv", "--data-dir", "d"], "--data-dir says where training rows are");
    refused(&["score", "a.csv", "--out", "b.csv", "--maps", "b.csv"], "--out and --maps name the same path");
    refused(&["score", "--out", "b.csv"], "`score` needs the file or folder of new rows");
    refused(&["encode", "a.csv", "--out", "b.csv", "--by", "kth_neighbour"], "--by kth_neighbour is for `score`");
    refused(
        &["reconstruct", "a.csv", "--out", "b.csv", "--by", "pca", "--bits", "3"],
        "--bits rounds codes of the network",
    );
    refused(&["score", "a.csv", "--out", "b.csv", "--false-alarms", "1.5"], "--false-alarms 1.5: expected a share");
    refused(&["decompress", "a.hgc", "--out", "b.txt"], "expected a name that ends in .csv or .npy");
}

#[test]
fn data_that_do_not_fit_the_run_are_named_errors_and_leave_no_files() {
    let (folder, record) = trained();
    let at = |name: &str| folder.path().join(name);
    let refused = |name: &str, expected: &str| {
        let message = apply(&record, "score", &at(name), &at("scores.csv"), &[]).unwrap_err();
        assert!(message.contains(expected), "{message}");
    };
    write(&at("lacks.csv"), &rows(0, 20), &[0, 1, 2, 3, 5]);
    refused("lacks.csv", "lacks.csv: line 1: no column `r`, but the network was trained with it");
    fs::write(at("surplus.csv"), "name,colour,p,q,r,s,t\na,red,1,2,3,4,5\n").unwrap();
    refused("surplus.csv", "surplus.csv: line 1: the network was not trained with column `t`");
    fs::write(at("word.csv"), "name,colour,p,q,r,s\na,red,1,2,3,4\nb,red,1,two,3,4\n").unwrap();
    refused("word.csv", "word.csv: line 3, column `q`: `two` is not a number");
    fs::write(at("green.csv"), "name,colour,p,q,r,s\na,green,1,2,3,4\n").unwrap();
    refused("green.csv", "green.csv: column `colour` has `green`, but the network was trained with blue, red");
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
