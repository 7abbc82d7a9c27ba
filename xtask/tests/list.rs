//! `cargo xtask list` on committed records: rows, conditions, output formats, and errors.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use self::common::{skipped, workspace, xtask};

mod common;

/// A folder with the runs of two committed experiments: three seeds of six networks, and of one.
fn results() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["bottleneck", "smoke"] {
        let archive = workspace().join(format!("results/records/{name}-mnist.tar.gz"));
        archive::unpack(&archive, folder.path()).unwrap();
    }
    folder
}

fn list(asked: &Path, flags: &[&str]) -> Output {
    xtask().arg("list").arg(asked).args(flags).output().unwrap()
}

fn printed(output: &Output) -> String {
    assert!(output.status.success(), "{}", told(output));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Lines of comma-separated values as columns by name. No cell of these tests holds a comma.
fn columns(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let head = lines.next().unwrap();
    let rows: Vec<Vec<String>> = lines.collect();
    let column = |index: usize| rows.iter().map(|row| row[index].clone()).collect();
    head.into_iter().enumerate().map(|(index, name)| (name, column(index))).collect()
}

/// Test errors of the seeds of a network, as recorded.
fn errors(network: &Path) -> Vec<f64> {
    let error = |seed: usize| {
        let text = fs::read_to_string(network.join(format!("seed-{seed}/metrics.json"))).unwrap();
        let metrics: Value = serde_json::from_str(&text).unwrap();
        metrics["test"]["autoencoder"]["mse_per_pixel"].as_f64().unwrap()
    };
    [0, 1, 2].map(error).to_vec()
}

#[test]
fn a_row_is_the_mean_over_seeds_or_a_run() {
    let results = results();
    let folder = results.path().join("bottleneck/mnist");
    let networks = columns(&printed(&list(&folder, &["--csv"])));
    assert_eq!(networks["network"], ["plain-2", "plain-4", "plain-8", "plain-16", "plain-32", "plain-64"]);
    assert!(networks["seeds"].iter().all(|seeds| seeds == "3"));
    let errors = errors(&folder.join("plain-16"));
    let mean = errors.iter().sum::<f64>() / 3.0;
    let deviation = (errors.iter().map(|error| (error - mean).powi(2)).sum::<f64>() / 2.0).sqrt();
    let number = |name: &str| networks[name][3].parse::<f64>().unwrap();
    assert!((number("test.autoencoder.mse_per_pixel") - mean).abs() < 1e-12);
    assert!((number("test.autoencoder.mse_per_pixel.std") - deviation).abs() < 1e-12);
    assert!((number("ratio") - mean / number("test.pca.mse_per_pixel")).abs() < 1e-12);

    let runs = columns(&printed(&list(&folder.join("plain-16"), &["--csv", "--seeds"])));
    assert_eq!(runs["seed"], ["0", "1", "2"]);
    assert_eq!(runs["test.autoencoder.mse_per_pixel"], errors.iter().map(f64::to_string).collect::<Vec<_>>());
}

#[test]
fn conditions_choose_rows_and_names_sort_them() {
    let results = results();
    let networks = |flags: &[&str]| {
        let flags = [&["--columns", "network", "--csv"], flags].concat();
        columns(&printed(&list(results.path(), &flags)))["network"].clone()
    };
    for (condition, expected) in [
        ("experiment = smoke", &["plain-16"][..]),
        ("experiment != smoke and code > 8 and not code = 32", &["plain-16", "plain-64"]),
        ("(code = 2 or code = 4) and experiment = 'bottleneck'", &["plain-2", "plain-4"]),
        (
            "experiment = bottleneck and test.autoencoder.mse_per_pixel < 0.43 * pca.mse_per_pixel",
            &["plain-16", "plain-32", "plain-64"],
        ),
        ("dataset.name = mnist and training.adam.learning_rate >= 0.001 and code = 64", &["plain-64"]),
        // None of these runs has this number.
        ("autoencoder.elbo < 0 or not autoencoder.elbo < 0", &[]),
    ] {
        assert_eq!(networks(&["--where", condition]), expected, "{condition}");
    }
    let sorted = networks(&["--where", "experiment = bottleneck", "--sort", "test.autoencoder.mse_per_pixel"]);
    assert_eq!(sorted, ["plain-64", "plain-32", "plain-16", "plain-8", "plain-4", "plain-2"]);
    let sorted = networks(&["--sort", "experiment:desc,code:desc", "--where", "code <= 16"]);
    assert_eq!(sorted, ["plain-16", "plain-16", "plain-8", "plain-4", "plain-2"]);

    // A condition on `seed` selects runs before the mean is taken.
    let flags = ["--where", "seed = 1 and code = 16 and experiment = bottleneck", "--csv"];
    let rows = columns(&printed(&list(results.path(), &flags)));
    let errors = errors(&results.path().join("bottleneck/mnist/plain-16"));
    assert_eq!(rows["test.autoencoder.mse_per_pixel"], [errors[1].to_string()]);
    assert_eq!(rows["seeds"], ["1"]);
}

#[test]
fn names_of_the_condition_become_columns_and_a_pipe_gets_whole_lines() {
    let results = results();
    let flags = ["--where", "training.epochs > 0", "--sort", "train.autoencoder.mse_per_pixel"];
    let output = xtask().arg("list").arg(results.path()).args(flags).env("COLUMNS", "20").output().unwrap();
    let text = printed(&output);
    let head = text.lines().next().unwrap();
    for name in ["experiment", "test error", "PCA error", "ratio", "training.epochs", "train.autoencoder.mse_per_pixel"]
    {
        assert!(head.contains(name), "{head}");
    }
    assert_eq!(text.lines().count(), 8, "{text}");
    assert!(!text.contains('\u{1b}') && !text.contains('…'), "{text}");
}

#[test]
fn other_programs_read_every_output_format() {
    let results = results();
    let rows: Value = serde_json::from_str(&printed(&list(results.path(), &["--json", "--seeds"]))).unwrap();
    assert_eq!(rows.as_array().unwrap().len(), 21);
    assert_eq!(rows[0]["code"], Value::from(2));

    let tidy = columns(&printed(&list(results.path(), &["--tidy", "--where", "experiment = smoke"])));
    let mut recorded = 0;
    for seed in 0..3 {
        for file in ["metrics.json", "measures.json"] {
            let path = results.path().join(format!("smoke/mnist/plain-16/seed-{seed}")).join(file);
            let text = fs::read_to_string(path).unwrap_or_else(|_| "{}".to_owned());
            let splits: BTreeMap<String, BTreeMap<String, BTreeMap<String, f64>>> =
                serde_json::from_str(&text).unwrap();
            recorded += splits.values().flat_map(BTreeMap::values).map(BTreeMap::len).sum::<usize>();
        }
    }
    assert!(recorded > 30 && tidy["value"].len() == recorded, "{recorded} against {}", tidy["value"].len());
    assert!(tidy["value"].iter().all(|value| value.parse::<f64>().is_ok()));

    let latex = printed(&list(results.path(), &["--latex"]));
    assert!(latex.contains("\\toprule") && latex.contains("\\pm") && latex.contains("\\mathbf"), "{latex}");
    if Command::new("pdflatex").arg("--version").output().is_err() {
        return skipped("other_programs_read_every_output_format", "there is no pdflatex for the table");
    }
    let document =
        format!("\\documentclass{{article}}\\usepackage{{booktabs}}\\begin{{document}}{latex}\\end{{document}}");
    fs::write(results.path().join("table.tex"), document).unwrap();
    let mut latex = Command::new("pdflatex");
    let compiled = latex.args(["-halt-on-error", "table.tex"]).current_dir(results.path()).output().unwrap();
    assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stdout));
}

#[test]
fn wrong_names_conditions_and_flags_are_refused() {
    let results = results();
    for (flags, expected) in [
        (&["--where", "cod = 32"][..], "--where: unknown name `cod`; did you mean `code`?"),
        (&["--where", "code ="], "--where: expected a number, a name or a text at the end"),
        (&["--where", "code = many"], "--where: `code` is a number, and `many` is not"),
        (&["--where", "network > 5"], "--where: `network` is a text; compare it with `5` by = or !="),
        (&["--where", "seed = 1 or code = 2"], "or add --seeds"),
        (&["--sort", "ration"], "--sort: unknown name `ration`; did you mean `ratio`?"),
        (&["--columns", "network,test.autoencoder.mse"], "--columns: unknown field of autoencoder `mse`"),
        (&["--csv", "--json"], "cannot be used with"),
        (&["--tidy", "--columns", "code"], "cannot be used with"),
    ] {
        let output = list(results.path(), flags);
        assert_eq!(output.status.code(), Some(2), "{flags:?}: {}", told(&output));
        assert!(told(&output).contains(expected) && output.stdout.is_empty(), "{flags:?}: {}", told(&output));
    }
    for (asked, expected) in [
        (results.path().join("smok"), "did you mean `smoke`?"),
        (results.path().join("smoke/mnits"), "did you mean `mnist`?"),
        (PathBuf::from("no/such/folder"), "no/such/folder: no such folder; expected a folder of recorded runs"),
    ] {
        let output = list(&asked, &[]);
        assert_eq!(output.status.code(), Some(2), "{}", told(&output));
        assert!(told(&output).contains(expected), "{}", told(&output));
    }
    let empty = tempfile::tempdir().unwrap();
    let output = list(empty.path(), &[]);
    assert!(output.status.code() == Some(2) && told(&output).contains("nothing is recorded"), "{}", told(&output));
}

#[test]
fn a_damaged_record_is_reported_and_all_others_are_listed() {
    let results = results();
    let run = results.path().join("bottleneck/mnist/plain-16/seed-1");
    fs::write(run.join("metrics.json"), "{}").unwrap();
    fs::write(results.path().join("bottleneck/mnist/plain-8/seed-0/status.json"), "{").unwrap();
    fs::remove_file(results.path().join("smoke/mnist/plain-16/seed-2/status.json")).unwrap();
    let output = list(results.path(), &["--csv"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    let rows = columns(&String::from_utf8(output.stdout.clone()).unwrap());
    assert_eq!(rows["seeds"], ["3", "3", "2", "2", "3", "3", "2"]);
    for expected in
        ["plain-16/seed-1/metrics.json has 2 bytes", "plain-8/seed-0/status.json is damaged", "1 run is not complete"]
    {
        assert!(told(&output).contains(expected), "{expected}: {}", told(&output));
    }
}

#[test]
fn compact_records_are_listed_where_there_are_no_run_folders() {
    let folder = tempfile::tempdir().unwrap();
    let records = folder.path().join("records");
    fs::create_dir(&records).unwrap();
    for name in ["bottleneck-mnist.tar.gz", "smoke-mnist.tar.gz"] {
        fs::copy(workspace().join("results/records").join(name), records.join(name)).unwrap();
    }
    let rows = |asked: &Path| columns(&printed(&list(asked, &["--csv", "--seeds", "--columns", "experiment,folder"])));
    let all = rows(folder.path());
    assert_eq!(all["experiment"].len(), 21);
    assert!(all["folder"][0].ends_with("records/bottleneck-mnist.tar.gz"), "{}", all["folder"][0]);
    assert_eq!(rows(&folder.path().join("smoke"))["experiment"].len(), 3);

    // If the folder has one run, the runs of its compact record are not listed.
    archive::unpack(&records.join("smoke-mnist.tar.gz"), folder.path()).unwrap();
    for seed in ["seed-1", "seed-2"] {
        fs::remove_dir_all(folder.path().join("smoke/mnist/plain-16").join(seed)).unwrap();
    }
    let smoke = rows(&folder.path().join("smoke"));
    assert_eq!(smoke["experiment"].len(), 1);
    assert!(smoke["folder"][0].ends_with("plain-16/seed-0"), "{}", smoke["folder"][0]);

    let archive = records.join("bottleneck-mnist.tar.gz");
    let mut bytes = fs::read(&archive).unwrap();
    bytes.truncate(bytes.len() / 2);
    fs::write(&archive, bytes).unwrap();
    let output = list(folder.path(), &["--csv"]);
    assert_eq!(output.status.code(), Some(1), "{}", told(&output));
    assert!(told(&output).contains("bottleneck-mnist.tar.gz"), "{}", told(&output));
    let rows = columns(&String::from_utf8(output.stdout.clone()).unwrap());
    assert_eq!(rows["experiment"], ["smoke"]);
}

#[test]
fn figures_of_a_run_and_over_runs_are_written_as_pdf() {
    let results = results();
    let out = results.path().join("figures");
    let export = |record: &Path| xtask().arg("export").arg(record).arg("pdf").arg("--out").arg(&out).output().unwrap();
    for (record, figure) in
        [("bottleneck/mnist/plain-16/seed-0", "learning_curves.pdf"), ("bottleneck/mnist", "error_by_code_size.pdf")]
    {
        let output = export(&results.path().join(record));
        assert!(printed(&output).contains(figure));
        let file = fs::read(out.join(figure)).unwrap();
        assert!(file.starts_with(b"%PDF-") && file.ends_with(b"%%EOF"), "{figure}");
        let output = export(&results.path().join(record));
        assert!(output.status.code() == Some(2) && told(&output).contains("is there already"), "{}", told(&output));
        fs::remove_dir_all(&out).unwrap();
    }
    for (record, expected) in [("bottleneck/mnist/plain-16", "records no run; expected"), ("nothing", "no such folder")]
    {
        let output = export(&results.path().join(record));
        assert!(output.status.code() == Some(2) && told(&output).contains(expected), "{}", told(&output));
    }
    assert!(!out.exists());
}
