//! Documents against the files that they describe: headings of `docs/keys.md` against keys, the list of experiments against their files.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use spec::{Experiment, Override};

const FILE: &str = "question = \"?\"\n[dataset]\nname = \"glyphs\"\n[model]\narchitecture = \"plain\"\ncode = 8\n\
    [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n";

/// Keys of a table, taken from the error for an unknown key; `None` if `table` is not a table.
fn keys(table: &str) -> Option<Vec<String>> {
    let unknown = if table.is_empty() { "zz=1".to_owned() } else { format!("{table}.zz=1") };
    let set = Override::set(&unknown).unwrap();
    let fault = Experiment::parse(Path::new("keys.toml"), FILE.to_owned(), &[set]).unwrap_err().to_string();
    let (_, list) = fault.split_once("(there are: ").filter(|_| fault.contains("`zz`"))?;
    Some(list.trim_end_matches(')').split(", ").map(str::to_owned).collect())
}

/// Every key as `--set` takes it, and the tables that contain them.
fn all() -> [BTreeSet<String>; 2] {
    let (mut leaves, mut tables) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![String::new()];
    while let Some(table) = open.pop() {
        for key in keys(&table).unwrap() {
            let path = if table.is_empty() { key } else { format!("{table}.{key}") };
            let is_table = keys(&path).is_some();
            if is_table {
                tables.insert(path.clone());
                open.push(path);
            } else {
                leaves.insert(path);
            }
        }
    }
    [leaves, tables]
}

/// Keys of the headings that start with a key: "### `a`, `b`".
fn documented() -> BTreeSet<String> {
    let path = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../docs/keys.md");
    let text = fs::read_to_string(path).unwrap();
    let headings = text.lines().filter_map(|line| line.strip_prefix("### ")).filter(|heading| heading.starts_with('`'));
    let key = |quoted: &str| {
        let key = quoted.strip_prefix('`').and_then(|rest| rest.strip_suffix('`')).filter(|key| !key.contains('`'));
        key.unwrap_or_else(|| panic!("docs/keys.md: {quoted} in a heading is no key in backticks")).to_owned()
    };
    headings.flat_map(|heading| heading.split(", ").map(key).collect::<Vec<_>>()).collect()
}

#[test]
fn every_key_is_documented_and_every_documented_key_exists() {
    let [leaves, tables] = all();
    let documented = documented();
    assert!(leaves.len() > 60 && documented.len() > 60, "{leaves:?} {documented:?}");
    // A table of an optimiser or a corruption within another table refers to the keys of the first such table.
    let refers = |key: &str| documented.contains(key) && !["corruption", "training.schedule"].contains(&key);
    let is_covered =
        |leaf: &str| documented.contains(leaf) || leaf.match_indices('.').any(|(dot, _)| refers(&leaf[..dot]));
    // Alternatives without keys are values: `corruption = "none"`.
    let is_value = |leaf: &str| leaf.ends_with(".none") || leaf.ends_with(".constant");
    let missing: Vec<&String> = leaves.iter().filter(|leaf| !is_covered(leaf) && !is_value(leaf)).collect();
    assert!(missing.is_empty(), "not in docs/keys.md: {missing:?}");
    let is_there = |key: &String| leaves.contains(key) || tables.contains(key) || key == "variants.NAME";
    let unknown: Vec<&String> = documented.iter().filter(|key| !is_there(key)).collect();
    assert!(unknown.is_empty(), "in docs/keys.md alone: {unknown:?}");
}

#[test]
fn the_list_of_experiments_has_the_question_of_every_file() {
    let folder = Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../experiments");
    let list = fs::read_to_string(folder.join("README.md")).unwrap();
    let list = list.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut files = 0;
    for path in fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_toml = path.extension().is_some_and(|extension| extension == "toml");
        if !is_toml || ["statements", "published", "refutations"].contains(&&*name) {
            continue;
        }
        files += 1;
        let Experiment { question, .. } = Experiment::load(&path, &[]).unwrap();
        let entry = format!("[`{name}.toml`]({name}.toml): {question}");
        assert!(list.contains(&entry), "experiments/README.md lacks: {entry}");
        assert!(question.split_whitespace().count() <= 25, "{name}: {question}");
    }
    assert!(files > 30, "{files}");
}
