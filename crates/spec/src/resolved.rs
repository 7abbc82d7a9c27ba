//! A run written back as the experiment file that repeats it.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};
use toml::Spanned;

use crate::catalogue::{Kind, Sampling};
use crate::network::Network;
use crate::wire;
use crate::{Corruption, Imbalance, Model, Optimiser, Run, Schedule};
use system::seal;

impl Run {
    /// The resolved spec: an experiment file of this one run, every default written out.
    pub fn to_toml(&self) -> String {
        let file = wire::Experiment {
            name: Some(at_no_place(self.experiment.clone())),
            variant: self.variant.clone().map(at_no_place),
            question: at_no_place(self.question.clone()),
            claims: Vec::new(),
            seeds: Some(at_no_place(vec![self.seed as i64])),
            dataset: wire::Dataset {
                name: self.dataset.name,
                // Left out as below: see `training.sampling`.
                side: self.dataset.side().and_then(count),
                pixels: Some(at_no_place(self.dataset.pixels)),
                train: count(self.dataset.train),
                validation: count(self.dataset.validation),
                test: count(self.dataset.test),
                without: match self.dataset.imbalance {
                    Some(Imbalance::Without { class }) => Some(at_no_place(i64::from(class))),
                    _ => None,
                },
                rare: match self.dataset.imbalance {
                    Some(Imbalance::Rare { class, share }) => {
                        let class = at_no_place(i64::from(class));
                        Some(at_no_place(wire::Rare { class, share: decimal(share) }))
                    }
                    _ => None,
                },
            },
            model: self.model(),
            corruption: Some(corruption(self.corruption)),
            training: self.training(),
            evaluation: wire::Evaluation {
                baselines: Some(at_no_place(self.evaluation.baselines.clone())),
                tasks: Some(at_no_place(self.evaluation.tasks.clone())),
                plots: Some(at_no_place(self.evaluation.plots.clone())),
                corruption_levels: Some(at_no_place(
                    self.evaluation.corruption_levels.iter().map(|level| decimal(*level).into_inner()).collect(),
                )),
            },
        };
        #[expect(clippy::expect_used, reason = "tables of plain values are what TOML is for")]
        toml::to_string(&file).expect("a spec can be spelled in TOML")
    }

    /// The keys of the resolved spec but its question, as `training.epochs`, and their values in TOML.
    fn keys(&self) -> BTreeMap<String, String> {
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

    /// SHA-256 of the resolved spec, in hexadecimal.
    pub fn spec_sha256(&self) -> String {
        seal::hexadecimal(&Sha256::digest(self.to_toml()))
    }

    /// A named network by its name, any other by its layers.
    fn model(&self) -> wire::Model {
        let Model { architecture, network, tied } = &self.model;
        let own = architecture.is_none().then_some(network);
        let widths = |network: &Network| network.hidden.iter().map(|width| *width as i64).collect();
        let gated = network.kind == Kind::Gated;
        wire::Model {
            architecture: architecture.map(at_no_place),
            kind: own.map(|network| at_no_place(network.kind)),
            hidden: own.map(|network| at_no_place(widths(network))),
            activation: own.filter(|_| !gated).map(|network| at_no_place(network.activation)),
            code: at_no_place(wire::OneOrMany::One(network.code as i64)),
            code_activation: own
                .filter(|network| network.is_mirrored())
                .map(|network| at_no_place(network.code_activation)),
            output: own.filter(|_| !gated).map(|network| at_no_place(network.output)),
            tied: Some(at_no_place(*tied)),
        }
    }

    fn training(&self) -> wire::Training {
        let training = &self.training;
        let (adam, sgd) = optimiser(training.optimiser);
        let schedule = match training.schedule {
            Schedule::Constant => wire::Schedule::Constant,
            Schedule::Cosine { final_fraction } => {
                wire::Schedule::Cosine(wire::Cosine { final_fraction: decimal(final_fraction) })
            }
            Schedule::Step { every, factor } => {
                wire::Schedule::Step(wire::Step { every: at_no_place(every as i64), factor: decimal(factor) })
            }
        };
        wire::Training {
            epochs: at_no_place(training.epochs as i64),
            batch_size: at_no_place(training.batch_size as i64),
            loss: at_no_place(training.loss),
            engine: Some(training.engine),
            sample_weights: Some(at_no_place(training.sample_weights)),
            // What is off is left out, so that specs from before it could be asked for stay what they were.
            sampling: (training.sampling != Sampling::Shuffled).then_some(at_no_place(training.sampling)),
            adam,
            sgd,
            schedule: Some(at_no_place(schedule)),
            regularisation: Some(wire::Regularisation {
                l2: Some(decimal(training.regularisation.l2)),
                weight_decay: Some(decimal(training.regularisation.weight_decay)),
                code_l1: Some(decimal(training.regularisation.code_l1)),
                dropout: Some(decimal(training.regularisation.dropout)),
                contractive: Some(decimal(training.regularisation.contractive)),
            }),
            hard_examples: training
                .hard_examples
                .map(|hard| at_no_place(wire::HardExamples { focus: Some(decimal(hard.focus)) })),
            early_stopping: training.early_stopping.map(|stopping| {
                at_no_place(wire::EarlyStopping {
                    patience: at_no_place(stopping.patience as i64),
                    min_improvement: Some(decimal(stopping.min_improvement)),
                })
            }),
            pretraining: training.pretraining.map(|pretraining| {
                at_no_place(wire::Pretraining {
                    epochs: at_no_place(pretraining.epochs as i64),
                    corruption: Some(corruption(pretraining.corruption)),
                })
            }),
            variational: training.variational.map(|variational| {
                at_no_place(wire::Variational {
                    beta: Some(decimal(variational.beta)),
                    warm_up: Some(at_no_place(variational.warm_up as i64)),
                })
            }),
            adversarial: training.adversarial.map(|adversarial| {
                let (adam, sgd) = optimiser(adversarial.optimiser);
                at_no_place(wire::Adversarial { weight: decimal(adversarial.weight), adam, sgd })
            }),
            transfer: training.transfer.map(|transfer| {
                at_no_place(wire::Transfer {
                    from: transfer.from,
                    train: count(transfer.train),
                    epochs: at_no_place(transfer.epochs as i64),
                    tune: at_no_place(transfer.tune),
                })
            }),
            classifier: training.classifier.map(|classifier| {
                let (adam, sgd) = optimiser(classifier.optimiser);
                at_no_place(wire::Classifier {
                    epochs: at_no_place(classifier.epochs as i64),
                    from: Some(classifier.from),
                    dropout: Some(decimal(classifier.dropout)),
                    adam,
                    sgd,
                })
            }),
        }
    }
}

fn optimiser(optimiser: Optimiser) -> (Option<Spanned<wire::Adam>>, Option<Spanned<wire::Sgd>>) {
    match optimiser {
        Optimiser::Adam { learning_rate, beta1, beta2, epsilon } => {
            let adam = wire::Adam {
                learning_rate: decimal(learning_rate),
                beta1: Some(decimal(beta1)),
                beta2: Some(decimal(beta2)),
                epsilon: Some(decimal(epsilon)),
            };
            (Some(at_no_place(adam)), None)
        }
        Optimiser::Sgd { learning_rate, momentum } => {
            let sgd = wire::Sgd { learning_rate: decimal(learning_rate), momentum: Some(decimal(momentum)) };
            (None, Some(at_no_place(sgd)))
        }
    }
}

fn corruption(corruption: Option<Corruption>) -> Spanned<wire::Corruption> {
    at_no_place(match corruption {
        None => wire::Corruption::None,
        Some(Corruption::Gaussian { sigma }) => wire::Corruption::Gaussian(wire::Gaussian { sigma: decimal(sigma) }),
        Some(Corruption::Masking { fraction }) => {
            wire::Corruption::Masking(wire::Fraction { fraction: decimal(fraction) })
        }
        Some(Corruption::SaltAndPepper { fraction }) => {
            wire::Corruption::SaltAndPepper(wire::Fraction { fraction: decimal(fraction) })
        }
    })
}

fn count(value: usize) -> Option<Spanned<i64>> {
    Some(at_no_place(value as i64))
}

/// The shortest decimal that reads back as the same f32: 0.001, not 0.0010000000474974513.
fn decimal(value: f32) -> Spanned<f64> {
    at_no_place(value.to_string().parse().unwrap_or(f64::from(value)))
}

/// Spans are for reading; a written value has none.
fn at_no_place<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}
