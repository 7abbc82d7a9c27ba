//! The claims of all experiment files compared with `experiments/refutations.toml`, which lists the results that would
//! refute them.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use spec::Experiment;

/// Files beside the experiments that are not experiments.
const OTHERS: [&str; 3] = ["statements.toml", "published.toml", "refutations.toml"];

fn experiments() -> PathBuf {
    Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../experiments")
}

/// Map from a kind of claim to the claims of that kind, with their files.
fn claims() -> BTreeMap<String, Vec<String>> {
    let mut kinds: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for folder in [experiments(), experiments().join("regression")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_other = OTHERS.iter().any(|name| path.ends_with(name));
            if is_other || path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            for claim in Experiment::load(&path, &[]).unwrap().claims {
                kinds.entry(claim.kind()).or_default().push(format!("{name}: {claim}"));
            }
        }
    }
    kinds
}

#[test]
fn every_kind_of_claim_has_a_refutation_and_every_refutation_has_a_claim() {
    let text = fs::read_to_string(experiments().join("refutations.toml")).unwrap();
    let entries: BTreeMap<String, String> = toml::from_str(&text).unwrap();
    let claims = claims();
    assert!(claims.len() > 50, "{}", claims.len());
    let without: Vec<_> = claims.iter().filter(|(kind, _)| !entries.contains_key(*kind)).collect();
    assert!(without.is_empty(), "experiments/refutations.toml lacks these kinds: {without:#?}");
    let unused: Vec<_> = entries.keys().filter(|kind| !claims.contains_key(*kind)).collect();
    assert!(unused.is_empty(), "no experiment claims these kinds of experiments/refutations.toml: {unused:#?}");
}

#[test]
fn refutations_are_sentences_and_each_kind_has_its_own() {
    let text = fs::read_to_string(experiments().join("refutations.toml")).unwrap();
    let entries: BTreeMap<String, String> = toml::from_str(&text).unwrap();
    for (kind, sentence) in &entries {
        let words = sentence.split_whitespace().count();
        let is_sentence = sentence.starts_with(char::is_uppercase) && sentence.ends_with('.');
        assert!(is_sentence && (6..=30).contains(&words), "{kind}: {sentence}");
    }
    let sentences: BTreeSet<&String> = entries.values().collect();
    assert_eq!(sentences.len(), entries.len());
}
