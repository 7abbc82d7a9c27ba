//! Names of the values of a row: facts of a run, measured numbers, and keys of its experiment file.

use std::collections::BTreeSet;

use spec::catalogue::Split;
use spec::{Metric, measures, subject};

/// The name of a value of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Name {
    /// A fact of every run.
    Fact(Fact),
    /// A measured number.
    Measured {
        /// `train`, `validation` or `test`.
        split: String,
        /// A subject, such as `autoencoder`; see [`subject`].
        subject: String,
        /// A field of the subject, such as `mse_per_pixel`.
        field: String,
    },
    /// A key of the experiment file, such as `training.epochs`.
    Key(String),
}

/// A fact of every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fact {
    Experiment,
    Dataset,
    Network,
    Variant,
    Code,
    Seed,
    Seeds,
    Ratio,
    Parameters,
    TrainedEpochs,
    TrainingSeconds,
    Folder,
}

impl Fact {
    pub(super) const ALL: [(&'static str, Self); 12] = [
        ("experiment", Self::Experiment),
        ("dataset", Self::Dataset),
        ("network", Self::Network),
        ("variant", Self::Variant),
        ("code", Self::Code),
        ("seed", Self::Seed),
        ("seeds", Self::Seeds),
        ("ratio", Self::Ratio),
        ("parameters", Self::Parameters),
        ("trained_epochs", Self::TrainedEpochs),
        ("training_seconds", Self::TrainingSeconds),
        ("folder", Self::Folder),
    ];
}

/// The field of the errors in the default columns.
const ERROR: &str = "mse_per_pixel";

/// The default columns of a list of networks or, with `by_seed`, of runs.
pub(super) fn usual(by_seed: bool) -> Vec<Name> {
    let seeds = if by_seed { Fact::Seed } else { Fact::Seeds };
    let facts = |facts: &[Fact]| facts.iter().map(|fact| Name::Fact(*fact)).collect::<Vec<_>>();
    let mut names = facts(&[Fact::Experiment, Fact::Dataset, Fact::Network, Fact::Code, seeds]);
    names.extend([subject::AUTOENCODER, subject::PCA].map(|subject| Name::measured("test", subject, ERROR)));
    names.extend(facts(&[Fact::Ratio, Fact::TrainingSeconds]));
    names
}

impl Name {
    /// The name of a measured number with these parts.
    pub(super) fn measured(split: &str, subject: &str, field: &str) -> Self {
        Self::Measured { split: split.to_owned(), subject: subject.to_owned(), field: field.to_owned() }
    }

    /// Parses a name: a fact, one of `keys`, or a measured number as in claims. The split of a measured number is
    /// optional.
    ///
    /// # Errors
    /// If the name is unknown; the error lists the known names and gives the nearest one.
    pub(super) fn read(text: &str, keys: &BTreeSet<&str>) -> Result<Self, String> {
        if let Some((_, fact)) = Fact::ALL.iter().find(|(name, _)| *name == text) {
            return Ok(Self::Fact(*fact));
        }
        if keys.contains(text) {
            return Ok(Self::Key(text.to_owned()));
        }
        let parts: Vec<&str> = text.split('.').collect();
        if let [subject, field] = parts[..]
            && measures::subjects().contains(&subject)
        {
            let split = measures::measured(subject, field).map_or("test", |measured| measured.split.name());
            return Self::read_measured(&format!("{split}.{text}"));
        }
        let is_split = |name: &str| name.parse::<Split>().is_ok();
        if (parts.len() == 3 && is_split(parts[0])) || (parts.len() == 4 && is_split(parts[1])) {
            return Self::read_measured(text);
        }
        Err(unknown(text, keys))
    }

    fn read_measured(text: &str) -> Result<Self, String> {
        let Metric { variant, code, split, subject, field, .. } = Metric::parse(text)?;
        if variant.is_some() || code.is_some() {
            return Err(format!(
                "`{text}` fixes a variant or a code size; use a condition for that: \
                 --where 'variant = stacked and code = 32'"
            ));
        }
        Ok(Self::Measured { split, subject, field })
    }

    /// The name as text, in the form that [`Name::read`] parses.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Fact(fact) => {
                Fact::ALL.iter().find(|(_, of)| of == fact).map_or_else(String::new, |(name, _)| (*name).to_owned())
            }
            Self::Measured { split, subject, field } => format!("{split}.{subject}.{field}"),
            Self::Key(key) => key.clone(),
        }
    }

    /// The head of the column in a table for a terminal.
    pub(super) fn title(&self) -> String {
        match self {
            Self::Measured { split, subject, field } if split == "test" && field == ERROR => match subject.as_str() {
                subject::AUTOENCODER => "test error".to_owned(),
                subject::PCA => "PCA error".to_owned(),
                _ => self.text(),
            },
            Self::Fact(Fact::Ratio) => "ratio".to_owned(),
            Self::Fact(Fact::TrainingSeconds) => "seconds".to_owned(),
            _ => self.text().replace('_', " ").replace("mse per pixel", "mse_per_pixel"),
        }
    }
}

/// The names of all measured numbers.
fn measured_names() -> impl Iterator<Item = String> {
    let splits = ["train", "validation", "test"];
    let errors = splits.into_iter().flat_map(|split| {
        let subjects = subject::reconstructing().into_iter();
        subjects.flat_map(move |subject| measures::RECONSTRUCTION.map(|field| format!("{split}.{subject}.{field}")))
    });
    let others = measures::names().map(|(subject, field)| {
        let split = measures::measured(subject, field).map_or("test", |measured| measured.split.name());
        format!("{split}.{subject}.{field}")
    });
    errors.chain(others)
}

/// The error for an unknown name.
pub(super) fn unknown(text: &str, keys: &BTreeSet<&str>) -> String {
    let mut names: Vec<String> = Fact::ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
    let facts = names.join(", ");
    names.extend(keys.iter().map(|key| (*key).to_owned()));
    names.extend(measured_names());
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let nearest = spec::nearest(text, &known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
    format!(
        "unknown name `{text}`{nearest} (names are: {facts}; measured numbers such as test.autoencoder.mse_per_pixel, see \
         docs/measures.md; and keys that a listed run has, such as training.epochs, see docs/keys.md)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> BTreeSet<&'static str> {
        BTreeSet::from(["training.epochs", "training.adam.learning_rate", "corruption"])
    }

    #[test]
    fn facts_keys_and_measured_numbers_are_names_and_keep_their_text() {
        let all = Fact::ALL.iter().map(|(name, _)| *name).chain(keys());
        for text in all.chain(["test.autoencoder.mse_per_pixel", "train.pca.ssim", "test.autoencoder.elbo"]) {
            assert_eq!(Name::read(text, &keys()).unwrap().text(), text);
        }
    }

    #[test]
    fn a_name_without_a_split_gets_the_split_of_its_number() {
        let read = |text| Name::read(text, &keys()).unwrap().text();
        assert_eq!(read("pca.mse_per_pixel"), "test.pca.mse_per_pixel");
        assert_eq!(read("autoencoder.dead_hidden_units"), "train.autoencoder.dead_hidden_units");
    }

    #[test]
    fn every_measured_number_can_be_named() {
        for name in measured_names() {
            assert_eq!(Name::read(&name, &keys()).unwrap().text(), name);
        }
    }

    #[test]
    fn an_unknown_name_is_an_error_with_the_nearest_name() {
        let refused = |text| Name::read(text, &keys()).unwrap_err();
        for (text, expected) in [
            ("netwrok", "did you mean `network`?"),
            ("training.epoch", "did you mean `training.epochs`?"),
            ("tests.autoencoder.mse_per_pixel", "did you mean `test.autoencoder.mse_per_pixel`?"),
            ("test.autoencoder.mse_per_pixl", "did you mean `mse_per_pixel`?"),
            ("test.pcaa.mse_per_pixel", "did you mean `pca`?"),
            ("something_else_entirely", "names are: experiment, dataset"),
            ("stacked.test.pca.mse_per_pixel", "fixes a variant or a code size"),
            ("test.pca.mse_per_pixel[32]", "fixes a variant or a code size"),
        ] {
            assert!(refused(text).contains(expected), "{text}: {}", refused(text));
        }
    }
}
