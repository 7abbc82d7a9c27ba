//! The resolved spec: a run, written as the experiment file that repeats it.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use system::seal;

use crate::Run;
use crate::catalogue::Initialisation;
use crate::wire::{self, at_no_place};

fn text(file: &wire::Experiment) -> String {
    #[expect(clippy::expect_used, reason = "TOML can hold tables of plain values")]
    toml::to_string(file).expect("a spec can be written in TOML")
}

impl Run {
    /// The resolved spec: an experiment file of this run alone, with every default written out.
    pub fn to_toml(&self) -> String {
        text(&self.file())
    }

    fn file(&self) -> wire::Experiment {
        wire::Experiment {
            name: Some(at_no_place(self.experiment.clone())),
            variant: self.variant.clone().map(at_no_place),
            question: at_no_place(self.question.clone()),
            claims: Vec::new(),
            seeds: Some(at_no_place(vec![self.seed as i64])),
            dataset: wire::Dataset::from(&self.dataset),
            model: wire::Model::from(&self.model),
            corruption: Some(wire::Corruption::written(self.corruption)),
            training: wire::Training::from(&self.training),
            evaluation: wire::Evaluation::from(&self.evaluation),
        }
    }

    /// Keys of the resolved spec, such as `training.epochs`, with their values in TOML. The question is left out.
    pub fn keys(&self) -> BTreeMap<String, toml::Value> {
        let mut keys = BTreeMap::new();
        #[expect(clippy::expect_used, reason = "the text was written as TOML")]
        let table = self.to_toml().parse::<toml::Table>().expect("a spec can be read back");
        let mut tables = vec![(String::new(), table)];
        while let Some((path, table)) = tables.pop() {
            for (key, value) in table {
                match value {
                    toml::Value::Table(table) => tables.push((format!("{path}{key}."), table)),
                    value => drop(keys.insert(format!("{path}{key}"), value)),
                }
            }
        }
        keys.remove("question");
        keys
    }

    /// Keys whose values differ between `runs`, in order, with the value of each run. `None` is the value of a run
    /// without the key.
    pub fn differing_keys(runs: &[&Self]) -> Vec<(String, Vec<Option<String>>)> {
        let keys: Vec<BTreeMap<String, toml::Value>> = runs.iter().map(|run| run.keys()).collect();
        let names: BTreeSet<&String> = keys.iter().flat_map(BTreeMap::keys).collect();
        let values =
            |name: &String| keys.iter().map(|keys| keys.get(name).map(toml::Value::to_string)).collect::<Vec<_>>();
        let all = names.into_iter().map(|name| (name.clone(), values(name)));
        all.filter(|(_, values)| values.windows(2).any(|pair| pair[0] != pair[1])).collect()
    }

    /// SHA-256 of the resolved spec, in lowercase hexadecimal. Models and checkpoints store it.
    pub fn spec_sha256(&self) -> String {
        let mut file = self.file();
        // Models older than this key store the digest of a spec without it.
        if self.training.initialisation == Initialisation::Glorot {
            file.training.initialisation = None;
        }
        seal::hexadecimal(&Sha256::digest(text(&file)))
    }
}
