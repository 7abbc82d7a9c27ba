//! Wire types: the experiment file as TOML, where only types and names have been checked.
//!
//! `docs/keys.md` documents every field. The same types write the resolved spec into a record.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::catalogue::{
    Activation, Architecture, Baseline, Beginning, DatasetName, Engine, Initialisation, Kind, Loss, Pixels, Plot,
    SampleWeights, Sampling, Task, Tune,
};
use crate::own::{Facts, Fit, Format, Missing, Part, Scale, Unit, Weight};

/// Groups of keys of which a table holds at most one: setting one key of a group removes the others.
pub(crate) const ALTERNATIVES: [&[&str]; 6] = [
    &["name", "path"],
    &["gaussian", "masking", "salt_and_pepper"],
    &["adam", "sgd"],
    &["cosine", "step"],
    &["without", "only", "rare"],
    &["group", "time", "column"],
];

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Experiment {
    pub(crate) name: Option<Spanned<String>>,
    pub(crate) variant: Option<Spanned<String>>,
    pub(crate) question: Spanned<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) claims: Vec<Spanned<String>>,
    pub(crate) seeds: Option<Spanned<Vec<i64>>>,
    pub(crate) dataset: Dataset,
    pub(crate) model: Model,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) corruption: Option<Spanned<Corruption>>,
    pub(crate) training: Training,
    #[serde(default)]
    pub(crate) evaluation: Evaluation,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dataset {
    pub(crate) name: Option<Spanned<DatasetName>>,
    pub(crate) path: Option<Spanned<String>>,
    pub(crate) format: Option<Spanned<Format>>,
    pub(crate) label: Option<Spanned<String>>,
    pub(crate) clean: Option<Spanned<String>>,
    pub(crate) id: Option<Spanned<String>>,
    pub(crate) columns: Option<Spanned<Vec<String>>>,
    pub(crate) exclude: Option<Spanned<Vec<String>>>,
    pub(crate) categorical: Option<Spanned<Vec<String>>>,
    pub(crate) header: Option<Spanned<bool>>,
    pub(crate) separator: Option<Spanned<char>>,
    pub(crate) decimal: Option<Spanned<char>>,
    pub(crate) quote: Option<Spanned<char>>,
    pub(crate) missing: Option<Spanned<Missing>>,
    pub(crate) array: Option<Spanned<String>>,
    pub(crate) transpose: Option<Spanned<bool>>,
    pub(crate) size: Option<Spanned<[usize; 2]>>,
    pub(crate) fit: Option<Spanned<Fit>>,
    pub(crate) channels: Option<Spanned<usize>>,
    pub(crate) background: Option<Spanned<[u8; 3]>>,
    pub(crate) rate: Option<Spanned<u32>>,
    pub(crate) window: Option<Spanned<usize>>,
    pub(crate) hop: Option<Spanned<usize>>,
    pub(crate) bands: Option<Spanned<usize>>,
    pub(crate) unit: Option<Spanned<Unit>>,
    pub(crate) vocabulary: Option<Spanned<usize>>,
    pub(crate) weight: Option<Spanned<Weight>>,
    pub(crate) scale: Option<Spanned<Scale>>,
    pub(crate) side: Option<Spanned<i64>>,
    pub(crate) pixels: Option<Spanned<Pixels>>,
    pub(crate) train: Option<Spanned<Amount>>,
    pub(crate) validation: Option<Spanned<Amount>>,
    pub(crate) test: Option<Spanned<Amount>>,
    pub(crate) without: Option<Spanned<i64>>,
    pub(crate) only: Option<Spanned<i64>>,
    pub(crate) rare: Option<Spanned<Rare>>,
    pub(crate) split: Option<Spanned<Split>>,
    /// Facts about a user's data, in records alone.
    pub(crate) facts: Option<Facts>,
}

/// Column that decides the split of a row.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Split {
    Group(Spanned<String>),
    Time(Spanned<String>),
    Column(Spanned<String>),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rare {
    pub(crate) class: Spanned<i64>,
    pub(crate) share: Spanned<f64>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    pub(crate) architecture: Option<Spanned<Architecture>>,
    pub(crate) kind: Option<Spanned<Kind>>,
    pub(crate) hidden: Option<Spanned<Vec<i64>>>,
    pub(crate) activation: Option<Spanned<Activation>>,
    pub(crate) code: Spanned<OneOrMany>,
    pub(crate) code_activation: Option<Spanned<Activation>>,
    pub(crate) output: Option<Spanned<Activation>>,
    pub(crate) tied: Option<Spanned<bool>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Corruption {
    None,
    Gaussian(Gaussian),
    Masking(Fraction),
    SaltAndPepper(Fraction),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gaussian {
    pub(crate) sigma: Spanned<f64>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fraction {
    pub(crate) fraction: Spanned<f64>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Training {
    pub(crate) epochs: Spanned<i64>,
    pub(crate) batch_size: Spanned<i64>,
    pub(crate) loss: Option<Spanned<Loss>>,
    pub(crate) initialisation: Option<Spanned<Initialisation>>,
    pub(crate) warm_up_steps: Option<Spanned<i64>>,
    pub(crate) engine: Option<Engine>,
    pub(crate) sample_weights: Option<Spanned<SampleWeights>>,
    pub(crate) sampling: Option<Spanned<Sampling>>,
    pub(crate) corruption_levels: Option<Spanned<Vec<f64>>>,
    pub(crate) adam: Option<Spanned<Adam>>,
    pub(crate) sgd: Option<Spanned<Sgd>>,
    pub(crate) schedule: Option<Spanned<Schedule>>,
    pub(crate) regularisation: Option<Regularisation>,
    pub(crate) hard_examples: Option<Spanned<HardExamples>>,
    pub(crate) early_stopping: Option<Spanned<EarlyStopping>>,
    pub(crate) pretraining: Option<Spanned<Pretraining>>,
    pub(crate) variational: Option<Spanned<Variational>>,
    pub(crate) adversarial: Option<Spanned<Adversarial>>,
    pub(crate) transfer: Option<Spanned<Transfer>>,
    pub(crate) classifier: Option<Spanned<Classifier>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adam {
    pub(crate) learning_rate: Spanned<f64>,
    pub(crate) beta1: Option<Spanned<f64>>,
    pub(crate) beta2: Option<Spanned<f64>>,
    pub(crate) epsilon: Option<Spanned<f64>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sgd {
    pub(crate) learning_rate: Spanned<f64>,
    pub(crate) momentum: Option<Spanned<f64>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Schedule {
    Constant,
    Cosine(Cosine),
    Step(Step),
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cosine {
    pub(crate) final_fraction: Spanned<f64>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) every: Spanned<i64>,
    pub(crate) factor: Spanned<f64>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Regularisation {
    pub(crate) l2: Option<Spanned<f64>>,
    pub(crate) weight_decay: Option<Spanned<f64>>,
    pub(crate) code_l1: Option<Spanned<f64>>,
    pub(crate) dropout: Option<Spanned<f64>>,
    pub(crate) contractive: Option<Spanned<f64>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HardExamples {
    pub(crate) focus: Option<Spanned<f64>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct EarlyStopping {
    pub(crate) patience: Spanned<i64>,
    pub(crate) min_improvement: Option<Spanned<f64>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Pretraining {
    pub(crate) epochs: Spanned<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) corruption: Option<Spanned<Corruption>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variational {
    pub(crate) beta: Option<Spanned<f64>>,
    pub(crate) warm_up: Option<Spanned<i64>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Adversarial {
    pub(crate) weight: Spanned<f64>,
    pub(crate) adam: Option<Spanned<Adam>>,
    pub(crate) sgd: Option<Spanned<Sgd>>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Transfer {
    pub(crate) from: DatasetName,
    pub(crate) train: Option<Spanned<i64>>,
    pub(crate) epochs: Spanned<i64>,
    pub(crate) tune: Spanned<Tune>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Classifier {
    pub(crate) epochs: Spanned<i64>,
    pub(crate) from: Option<Beginning>,
    pub(crate) dropout: Option<Spanned<f64>>,
    pub(crate) adam: Option<Spanned<Adam>>,
    pub(crate) sgd: Option<Spanned<Sgd>>,
}

#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Evaluation {
    pub(crate) baselines: Option<Spanned<Vec<Baseline>>>,
    pub(crate) tasks: Option<Spanned<Vec<Task>>>,
    pub(crate) plots: Option<Spanned<Vec<Plot>>>,
    pub(crate) corruption_levels: Option<Spanned<Vec<f64>>>,
}

/// Rows of a split.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Amount {
    /// Number of rows.
    Count(i64),
    /// Share of all rows.
    Share(f64),
    /// All rows of a file or folder.
    Part(Part),
}

impl Serialize for Amount {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Count(count) => serializer.serialize_i64(*count),
            Self::Share(share) => serializer.serialize_f64(*share),
            Self::Part(Part { path, label: None, array: None }) => serializer.serialize_str(path),
            Self::Part(part) => part.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Amount;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a number of rows, their share of all rows, or the file or folder that holds them")
            }

            fn visit_str<E>(self, path: &str) -> Result<Amount, E> {
                Ok(Amount::Part(Part { path: path.to_owned(), label: None, array: None }))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Amount, A::Error> {
                Part::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Amount::Part)
            }

            fn visit_i64<E>(self, value: i64) -> Result<Amount, E> {
                Ok(Amount::Count(value))
            }

            fn visit_f64<E>(self, value: f64) -> Result<Amount, E> {
                Ok(Amount::Share(value))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// A whole number, or a list of them.
#[derive(Debug, Clone)]
pub(crate) enum OneOrMany {
    One(i64),
    Many(Vec<i64>),
}

impl OneOrMany {
    pub(crate) fn values(&self) -> &[i64] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

impl Serialize for OneOrMany {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(value) => serializer.serialize_i64(*value),
            Self::Many(values) => values.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = OneOrMany;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a whole number or a list of them")
            }

            fn visit_i64<E>(self, value: i64) -> Result<OneOrMany, E> {
                Ok(OneOrMany::One(value))
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut values: A) -> Result<OneOrMany, A::Error> {
                let mut list = Vec::new();
                while let Some(value) = values.next_element()? {
                    list.push(value);
                }
                Ok(OneOrMany::Many(list))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

/// A number of rows, as a wire value.
pub(crate) fn rows(count: usize) -> Option<Spanned<Amount>> {
    Some(at_no_place(Amount::Count(count as i64)))
}

/// A number, as a wire value.
pub(crate) fn count(value: usize) -> Option<Spanned<i64>> {
    Some(at_no_place(value as i64))
}

/// The shortest decimal number that is read back as the same f32: 0.001, not 0.0010000000474974513.
pub(crate) fn decimal(value: f32) -> Spanned<f64> {
    at_no_place(value.to_string().parse().unwrap_or(f64::from(value)))
}

/// A value without a position in a file, because it is written, not read.
pub(crate) fn at_no_place<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}
