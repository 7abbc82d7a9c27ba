//! Rules of a user's own data, with a reader that reads nothing.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::cell::RefCell;
use std::fs;
use std::path::Path;

use spec::catalogue::{Activation, Loss};
use spec::own::{Facts, Missing, Reading, Scale};
use spec::{DataSource, Experiment, Override, Run, Shape};

fn facts() -> Facts {
    Facts {
        sha256: "5".repeat(64),
        rows: 200,
        rows_of_splits: None,
        is_bytes: false,
        is_text: false,
        classes: vec!["calm".to_owned(), "storm".to_owned()],
        shape: Shape::Vector { width: 6 },
    }
}

/// An experiment on `weather 2026.csv`, with these lines in `[dataset]`.
fn file(lines: &str) -> String {
    format!(
        "question = \"?\"\n[dataset]\npath = \"data/weather 2026.csv\"\n{lines}\n[model]\nhidden = [5]\ncode = 2\n[training]\n\
         epochs = 1\nbatch_size = 10\nadam.learning_rate = 0.01\n"
    )
}

fn load_with(text: &str, facts: &Facts) -> Result<Run, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weather.toml");
    fs::write(&path, text).unwrap();
    let experiment = Experiment::load_with(&path, &[], &|_, _| Ok(facts.clone()));
    let short = |error: spec::Error| error.to_string().replace(&format!("{}:", path.display()), "");
    experiment.map(|mut experiment| experiment.runs.remove(0)).map_err(short)
}

fn load(lines: &str) -> Result<Run, String> {
    load_with(&file(lines), &facts())
}

#[test]
fn splits_have_the_given_shares_or_numbers_and_by_default_70_15_and_15_percent() {
    let counts = |lines: &str| {
        let dataset = load(lines).unwrap().dataset;
        [dataset.train, dataset.validation, dataset.test]
    };
    assert_eq!(counts(""), [140, 30, 30]);
    assert_eq!(counts("train = 100\nvalidation = 0\ntest = 0.25"), [100, 0, 50]);
    let refused = |lines: &str| load(lines).unwrap_err();
    assert!(
        refused("train = 180").contains("dataset.train 180, dataset.validation 30 and dataset.test 30 add up to more")
    );
    assert!(refused("test = 1.0").contains("dataset.test = 1.0: expected a number from 0 to below 1"));
    assert!(refused("test = 5").contains("5 test rows of 200 rows in all; expected at least 10 of each"));
    let few = Facts { rows: 12, ..facts() };
    assert!(load_with(&file(""), &few).unwrap_err().contains("8 training rows and 1 test rows of 12 rows"));
}

#[test]
fn a_column_of_splits_gives_the_number_of_rows() {
    let facts = Facts { rows_of_splits: Some([150, 20, 30]), ..facts() };
    let run = load_with(&file("split.column = \"part\""), &facts).unwrap();
    assert_eq!([run.dataset.train, run.dataset.validation, run.dataset.test], [150, 20, 30]);
    let refused = load_with(&file("train = 10\nsplit.column = \"part\""), &facts).unwrap_err();
    assert!(
        refused.contains("dataset.train: remove this key, because the column of split.column gives the number of rows"),
        "{refused}"
    );
}

#[test]
fn splits_can_have_their_own_files() {
    let parts = Facts { rows: 260, rows_of_splits: Some([200, 0, 60]), ..facts() };
    let counts = |lines: &str| {
        let run = load_with(&file(lines), &parts).unwrap();
        assert_eq!(
            Experiment::parse(Path::new("experiment.toml"), run.to_toml(), &[]).unwrap().runs,
            std::slice::from_ref(&run)
        );
        [run.dataset.train, run.dataset.validation, run.dataset.test]
    };
    assert_eq!(counts("test = \"new.csv\""), [170, 30, 60]);
    assert_eq!(counts("train = 100\nvalidation = 0\ntest = { path = \"new.npz\", label = \"y\" }"), [100, 0, 60]);
    let all = Facts { rows: 290, rows_of_splits: Some([200, 30, 60]), ..facts() };
    let run = load_with(&file("validation = \"v.csv\"\ntest = \"new.csv\""), &all).unwrap();
    assert_eq!([run.dataset.train, run.dataset.validation, run.dataset.test], [200, 30, 60]);
    assert_eq!(run.dataset.own().unwrap().reading.validation.as_ref().unwrap().path, "v.csv");
    let refused = |lines: &str| load_with(&file(lines), &parts).unwrap_err();
    assert!(refused("train = \"a.csv\"").contains("dataset.train: the file of the training rows is dataset.path"));
    assert!(refused("train = 180\ntest = \"new.csv\"").contains("the splits need 210 rows, but dataset.path has 200"));
    assert!(
        refused("test = \"new.csv\"\nsplit.column = \"part\"").contains("split.column cannot be combined with a file")
    );
    assert!(refused("test = { label = \"y\" }").contains("the key `path` is missing here"));
    let named = file("test = \"new.csv\"").replace("path = \"data/weather 2026.csv\"", "name = \"glyphs\"");
    let refused = load_with(&named, &parts).unwrap_err();
    assert!(refused.contains("dataset.test of glyphs: expected a number of rows"), "{refused}");
}

#[test]
fn the_scaling_decides_default_output_and_loss() {
    let of = |lines: &str| {
        let run = load(lines).unwrap();
        (run.dataset.own().unwrap().scale, run.model.network.output, run.training.loss)
    };
    assert_eq!(of(""), (Scale::Standard, Activation::Identity, Loss::Mse));
    let texts = Facts { is_text: true, ..facts() };
    let run = load_with(&file(""), &texts).unwrap();
    assert_eq!((run.dataset.own().unwrap().scale, run.model.network.output), (Scale::None, Activation::Identity));
    assert_eq!(of("scale = \"min-max\""), (Scale::MinMax, Activation::Sigmoid, Loss::Mse));
    let bytes = Facts { is_bytes: true, shape: Shape::square(4), ..facts() };
    let run = load_with(&file(""), &bytes).unwrap();
    assert_eq!((run.dataset.own().unwrap().scale, run.model.network.output), (Scale::None, Activation::Sigmoid));
    let refused = load_with(&file("scale = \"robust\""), &bytes).unwrap_err();
    assert!(refused.contains("dataset.scale: these values are bytes"), "{refused}");
    let entropy = file("").replace("epochs = 1", "epochs = 1\nloss = \"bce\"");
    let refused = load_with(&entropy, &facts()).unwrap_err();
    assert!(refused.contains("needs values from 0 to 1, but `weather-2026` has others; use \"mse\""), "{refused}");
}

#[test]
fn the_reader_gets_every_key_that_is_about_reading() {
    let seen = RefCell::new(None);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weather.toml");
    let lines = "label = \"state\"\nexclude = [\"id\"]\ndecimal = \",\"\nmissing = \"median\"\nsplit.time = \"day\"";
    fs::write(&path, file(lines)).unwrap();
    let reader = |path: &str, reading: &Reading| {
        *seen.borrow_mut() = Some((path.to_owned(), reading.clone()));
        Ok(facts())
    };
    Experiment::load_with(&path, &[], &reader).unwrap();
    let expected = Reading {
        label: Some("state".to_owned()),
        exclude: vec!["id".to_owned()],
        decimal: Some(','),
        missing: Some(Missing::Median),
        time: Some("day".to_owned()),
        ..Reading::default()
    };
    assert_eq!(seen.take(), Some(("data/weather 2026.csv".to_owned(), expected)));
    let refused = Experiment::load_with(&path, &[], &|_, _| Err("line 3: a word".to_owned())).unwrap_err().to_string();
    assert!(refused.ends_with("weather.toml:3:8: line 3: a word"), "{refused}");
}

#[test]
fn a_record_is_read_without_the_data_and_gives_the_same_run() {
    for lines in
        ["", "label = \"state\"\nscale = \"robust\"\nsplit.group = \"place\"\nwithout = 1\ncolumns = [\"a\", \"b\"]"]
    {
        let run = load(lines).unwrap();
        let again = Experiment::parse(Path::new("experiment.toml"), run.to_toml(), &[]).unwrap().runs.remove(0);
        assert_eq!(run, again);
        assert_eq!(run.dataset.name(), "weather-2026");
        assert_eq!(run.dataset.classes(), ["calm", "storm"]);
    }
    let column = Facts { rows_of_splits: Some([150, 20, 30]), ..facts() };
    let run = load_with(&file("split.column = \"part\""), &column).unwrap();
    assert_eq!(Experiment::parse(Path::new("experiment.toml"), run.to_toml(), &[]).unwrap().runs, [run]);
}

#[test]
fn a_name_and_a_path_exclude_each_other_and_flags_replace_one_by_the_other() {
    let refused = load("name = \"glyphs\"").unwrap_err();
    assert!(refused.contains("dataset.name and dataset.path exclude each other"), "{refused}");
    let named = file("").replace("path = \"data/weather 2026.csv\"", "label = \"state\"\nname = \"glyphs\"");
    let refused = load_with(&named, &facts()).unwrap_err();
    assert!(refused.contains("dataset.label is for your own data: it needs dataset.path"), "{refused}");
    let none = file("").replace("path = \"data/weather 2026.csv\"", "");
    assert!(load_with(&none, &facts()).unwrap_err().contains("[dataset] needs a name, or the path of your own data"));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weather.toml");
    fs::write(&path, file("")).unwrap();
    let flag = Override::flag("--dataset sensors", "dataset.name", "sensors");
    let run = Experiment::load(&path, &[flag]).unwrap().runs.remove(0);
    assert!(matches!(run.dataset.source, DataSource::Named(_)));
    let flag = Override::flag("--dataset x.csv", "dataset.path", "x.csv");
    let run = Experiment::load_with(&path, &[flag], &|path, _| Err(path.to_owned())).unwrap_err().to_string();
    assert!(run.contains("x.csv"), "{run}");
    let refused = load("\n[variants.a.dataset]\npath = \"other.csv\"").unwrap_err();
    assert!(refused.contains("a variant cannot change `dataset.path`"), "{refused}");
}

#[test]
fn keys_of_named_data_sets_are_refused_for_own_data() {
    assert!(load("side = 28").unwrap_err().contains("dataset.side is for embedded data sets"));
    assert!(load("rare = { class = 0, share = 0.1 }").unwrap_err().contains("[dataset.rare] works with dataset.name"));
    assert!(load("without = 2").unwrap_err().contains("dataset.without = 2: expected a number from 0 to 1"));
    assert!(load("pixels = \"threshold\"").unwrap_err().contains("needs data whose values are bytes"));
}
