//! Changes of an experiment file by flags.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::{Path, PathBuf};
use std::{env, fs};

use spec::{Experiment, Override, Run};
use spec::{Optimiser, Schedule};

const FILE: &str = r#"question = "What do flags reach?"

[dataset]
name = "glyphs"
train = 1000
validation = 100

[model]
architecture = "plain"
code = 16

[corruption.gaussian]
sigma = 0.5

[training]
epochs = 3
batch_size = 100
loss = "mse"
schedule.cosine.final_fraction = 0.1

[training.adam]
learning_rate = 0.001

[training.early_stopping]
patience = 2

[training.adversarial]
weight = 0.1
adam = { learning_rate = 0.001 }
"#;

const CLASSIFIER: &str = "\n[training.classifier]\nepochs = 2\nadam = { learning_rate = 0.001 }\n";

fn load(text: &str, sets: &[&str], unsets: &[&str]) -> Result<Vec<Run>, String> {
    let sets = sets.iter().map(|set| Override::set(set));
    let overrides = sets.chain(unsets.iter().map(|key| Override::unset(key))).collect::<Result<Vec<_>, _>>();
    let overrides = overrides.map_err(|error| error.to_string())?;
    let experiment = Experiment::parse(Path::new("flags.toml"), text.to_owned(), &overrides);
    experiment.map(|experiment| experiment.runs).map_err(|error| error.to_string())
}

#[track_caller]
fn run(text: &str, sets: &[&str], unsets: &[&str]) -> Run {
    load(text, sets, unsets).unwrap().remove(0)
}

#[test]
fn the_optimiser_of_any_table_can_be_replaced() {
    let sgd = Optimiser::Sgd { learning_rate: 0.1, momentum: 0.0 };
    assert_eq!(run(FILE, &["training.sgd.learning_rate=0.1"], &[]).training.optimiser, sgd);
    let changed = run(FILE, &["training.adversarial.sgd.learning_rate=0.1"], &[]);
    assert_eq!(changed.training.adversarial.unwrap().optimiser, sgd);
    let text = FILE.split("[training.adversarial]").next().unwrap().to_owned() + CLASSIFIER;
    let changed = run(&text, &["training.classifier.sgd.learning_rate=0.1"], &[]);
    assert_eq!(changed.training.classifier.unwrap().optimiser, sgd);
    assert!(matches!(changed.training.optimiser, Optimiser::Adam { .. }), "the other optimiser does not change");
    let of_variant = FILE.to_owned() + "\n[variants.a]\n[variants.b.training.adam]\nlearning_rate = 0.002\n";
    let runs = load(&of_variant, &["variants.b.training.sgd.learning_rate=0.1"], &[]).unwrap();
    assert!(matches!(runs[0].training.optimiser, Optimiser::Adam { .. }));
    assert_eq!(runs[1].training.optimiser, sgd);
}

#[test]
fn a_flag_for_a_table_of_one_variant_changes_that_variant_alone() {
    let text = FILE.split("[training.adversarial]").next().unwrap().to_owned()
        + "\n[variants.plain]\n[variants.judged.training.adversarial]\nweight = 0.1\nadam = { learning_rate = 0.001 }\n";
    let runs = load(&text, &["training.adversarial.sgd.learning_rate=0.1"], &[]).unwrap();
    let sgd = Optimiser::Sgd { learning_rate: 0.1, momentum: 0.0 };
    assert!(runs[0].training.adversarial.is_none());
    assert_eq!(runs[1].training.adversarial.unwrap().optimiser, sgd);
    let fault = load(&text, &["training.classifier.dropout=0.1"], &[]).unwrap_err();
    assert!(fault.starts_with("--set training.classifier.dropout=0.1: the key `epochs` is missing"), "{fault}");
    let whole = load(&text, &["training.schedule.step.every=2", "training.schedule.step.factor=0.5"], &[]).unwrap();
    assert!(whole.iter().all(|run| run.training.schedule == Schedule::Step { every: 2, factor: 0.5 }));
    let path = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../experiments/adversarial.toml");
    let set = Override::set("training.adversarial.sgd.learning_rate=0.1").unwrap();
    assert!(Experiment::load(&path, &[set]).is_ok());
}

#[test]
fn unset_removes_a_table() {
    let changed = run(FILE, &["dataset.validation=0"], &["training.early_stopping"]);
    assert_eq!((changed.dataset.validation, changed.training.early_stopping), (0, None));
    assert_eq!(run(FILE, &[], &["training.schedule"]).training.schedule, Schedule::Constant);
    assert_eq!(run(FILE, &[], &["corruption"]).corruption, None);
    let changed = run(FILE, &["training.early_stopping.patience=9"], &["training.early_stopping"]);
    assert_eq!(changed.training.early_stopping.unwrap().patience, 9, "a removed table can be set again");
    for order in [["training.early_stopping", "training.early_stopping.patience"], ["corruption", "corruption"]] {
        assert!(load(FILE, &[], &order).is_ok(), "{order:?}");
    }
}

#[test]
fn unset_removes_a_key_from_all_variants_or_from_one() {
    let text = FILE.to_owned() + "\n[variants.a]\n[variants.b.training.early_stopping]\npatience = 5\n";
    let stopping = |unset| -> Vec<bool> {
        load(&text, &[], &[unset]).unwrap().iter().map(|run| run.training.early_stopping.is_some()).collect()
    };
    assert_eq!(stopping("training.early_stopping"), [false, false]);
    assert_eq!(stopping("variants.b.training.early_stopping"), [true, false]);
}

#[test]
fn unset_of_a_missing_or_required_key_is_an_error() {
    let fault = |key| load(FILE, &[], &[key]).unwrap_err();
    let absent = "--unset training.early_stoping: flags.toml does not set this key";
    assert!(fault("training.early_stoping").starts_with(absent), "{}", fault("training.early_stoping"));
    assert!(fault("variants.a.training").contains("does not set this key"));
    assert!(fault("variants.a").contains("--unset removes keys, not variants"));
    assert!(fault("variants").contains("--unset removes keys, not variants"));
    assert!(fault("training.early_stopping.patience.days").contains("does not set this key"));
    assert!(fault("training.epochs").starts_with("--unset training.epochs: the key `epochs` is required"));
    assert!(fault("training").starts_with("--unset training: the key `training` is required"));
    for key in ["", "a b", "a=1", "a..b", "a\nb"] {
        assert!(fault(key).contains("expected path.to.key"), "{key}");
    }
}

#[test]
fn a_value_is_read_as_text_if_the_key_expects_text() {
    for (set, expected) in [
        ("name=20260913", "20260913"),
        ("name=1e3", "1e3"),
        ("name=true", "true"),
        ("name=2026-09-13", "2026-09-13"),
        ("name=0x10", "0x10"),
        ("name=\"quoted\"", "quoted"),
        ("name=plain", "plain"),
    ] {
        assert_eq!(run(FILE, &[set], &[]).experiment, expected, "{set}");
    }
    assert_eq!(run(FILE, &["question=1"], &[]).question, "1");
    let list = load(FILE, &["question=[1]"], &[]).unwrap_err();
    assert!(list.starts_with("--set question=[1]: invalid type"), "{list}");
    let fault = load(FILE, &["dataset.name=7"], &[]).unwrap_err();
    assert!(fault.starts_with("--set dataset.name=7: ") && fault.contains("glyphs"), "{fault}");
    let fault = load(&FILE.replace("name = \"glyphs\"", "name = 7"), &[], &[]).unwrap_err();
    assert!(fault.starts_with("flags.toml:4:8: "), "text in a file needs quotation marks: {fault}");
}

#[test]
fn every_key_of_every_experiment_can_be_set_to_its_own_value() {
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../experiments");
    let mut files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let others = ["statements.toml", "published.toml", "refutations.toml"];
        if others.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        files += 1;
        for run in Experiment::load(&path, &[]).unwrap().runs {
            let resolved = run.to_toml();
            let mut tables = vec![(String::new(), resolved.parse::<toml::Table>().unwrap())];
            while let Some((above, table)) = tables.pop() {
                for (key, value) in table {
                    let key = format!("{above}{key}");
                    match value {
                        toml::Value::Table(table) => tables.push((key + ".", table)),
                        value => {
                            let set = Override::set(&format!("{key}={value}")).unwrap();
                            let again = Experiment::parse(&path, resolved.clone(), &[set]);
                            assert_eq!(again.unwrap().runs, std::slice::from_ref(&run), "{}: {key}", path.display());
                        }
                    }
                }
            }
        }
    }
    assert!(files > 20);
}
