//! A run written back as the experiment file that repeats it.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use system::seal;

use crate::Run;
use crate::catalogue::Initialisation;
use crate::wire::{self, at_no_place};

fn text(file: &wire::Experiment) -> String {
    #[expect(clippy::expect_used, reason = "tables of plain values are what TOML is for")]
    toml::to_string(file).expect("a spec can be spelled in TOML")
}

impl Run {
    /// The resolved spec: an experiment file of this one run, every default written out.
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

    /// The keys of the resolved spec but its question, as `training.epochs`, and their values in TOML.
    pub fn keys(&self) -> BTreeMap<String, String> {
        let mut keys = BTreeMap::new();
        #[expect(clippy::expect_used, reason = "what was written as TOML is TOML")]
        let table = self.to_toml().parse::<toml::Table>().expect("a spec can be read back");
        let mut tables = vec![(String::new(), table)];
        while let Some((path, table)) = tables.pop() {
            for (key, value) in table {
                match value {
                    toml::Value::Table(table) => tables.push((format!("{path}{key}."), table)),
                    value => drop(keys.insert(format!("{path}{key}"), value.to_string())),
                }
            }
        }
        keys.remove("question");
        keys
    }

    /// The keys that not all of `runs` have with the same value, in order, and the value that each has.
    pub fn differing_keys(runs: &[&Self]) -> Vec<(String, Vec<Option<String>>)> {
        let keys: Vec<BTreeMap<String, String>> = runs.iter().map(|run| run.keys()).collect();
        let names: BTreeSet<&String> = keys.iter().flat_map(BTreeMap::keys).collect();
        let values = |name: &String| keys.iter().map(|keys| keys.get(name).cloned()).collect::<Vec<_>>();
        let all = names.into_iter().map(|name| (name.clone(), values(name)));
        all.filter(|(_, values)| values.windows(2).any(|pair| pair[0] != pair[1])).collect()
    }

    /// SHA-256 of the resolved spec, in hexadecimal. Models and checkpoints name it.
    pub fn spec_sha256(&self) -> String {
        let mut file = self.file();
        // Models from before the key name the digest of a spec without it.
        if self.training.initialisation == Initialisation::Glorot {
            file.training.initialisation = None;
        }
        seal::hexadecimal(&Sha256::digest(text(&file)))
    }
}
