//! The validated specification: an experiment file after every rule has been checked.
//!
//! [`Experiment::load`](crate::Experiment::load) checks every range and every rule between keys of `docs/keys.md`. No
//! other code checks them again.

use crate::catalogue::{Activation, Architecture, Baseline, DatasetName, Pixels, Plot, Task};
use crate::claim::Claim;
use crate::datasets::{Origin, Values};
use crate::kind::Form;
use crate::network::{self, Network};
use crate::own::{Own, Scale};
use crate::shape::Shape;
use crate::{Training, Transfer};

/// One experiment file: a question, claims about the answer, and the runs that answer it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Experiment {
    /// Name: the stem of the file, or its key `name`. It is the first part of every path that the experiment records
    /// to.
    pub name: String,
    /// The question of the experiment, one sentence.
    pub question: String,
    /// Comparisons between recorded metrics, which a summary and the report check.
    pub claims: Vec<Claim>,
    /// All runs, with every default filled in: by variant, then code size, then seed. Never empty.
    pub runs: Vec<Run>,
}

/// One training of one network from one seed, with every default filled in.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Run {
    /// Name of the experiment.
    pub experiment: String,
    /// Question of the experiment.
    pub question: String,
    /// Name of the variant (`[variants.NAME]`), if the experiment has variants.
    pub variant: Option<String>,
    /// Seed of every random stream.
    pub seed: u64,
    /// Rows to train on and to measure on.
    pub dataset: Dataset,
    /// The network.
    pub model: Model,
    /// Noise on the inputs. Targets stay clean.
    pub corruption: Option<Corruption>,
    /// How the network is trained.
    pub training: Training,
    /// Measures and figures.
    pub evaluation: Evaluation,
}

/// Source of the rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataSource {
    /// A data set that Hourglass knows.
    Named(DatasetName),
    /// A user's own file or folder.
    Own(Box<Own>),
}

/// Source and shape of the rows, and the number of rows in each split.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Dataset {
    /// Source of the rows.
    pub source: DataSource,
    /// Shape of a row: one of the shapes that the source has.
    pub shape: Shape,
    /// Binarisation of grey levels.
    pub pixels: Pixels,
    /// Number of training rows, at least 10. Training and validation rows together are at most those of the source.
    ///
    /// If a user's data is split by group or time, the number is approximate, because all rows of one group or time
    /// stay in one split.
    pub train: usize,
    /// Number of validation rows, held out of training; may be 0.
    pub validation: usize,
    /// Number of test rows, at least 10.
    pub test: usize,
    /// Share of one class among training and validation rows. Test rows have all classes, as often as the source.
    pub imbalance: Option<Imbalance>,
}

impl Dataset {
    /// Name in paths and tables.
    pub fn name(&self) -> String {
        match &self.source {
            DataSource::Named(name) => name.to_string(),
            DataSource::Own(own) => own.name(),
        }
    }

    /// Name of a data set that Hourglass knows; `None` for a user's own data.
    pub const fn named(&self) -> Option<DatasetName> {
        match self.source {
            DataSource::Named(name) => Some(name),
            DataSource::Own(_) => None,
        }
    }

    /// A user's own data; `None` for a data set that Hourglass knows.
    pub fn own(&self) -> Option<&Own> {
        match &self.source {
            DataSource::Named(_) => None,
            DataSource::Own(own) => Some(own),
        }
    }

    /// Names of the classes 0, 1, ...; empty if rows have no classes.
    pub fn classes(&self) -> Vec<&str> {
        match &self.source {
            DataSource::Named(name) => name.facts().classes.to_vec(),
            DataSource::Own(own) => own.facts.classes.iter().map(String::as_str).collect(),
        }
    }

    /// True if all values lie in [0, 1].
    pub fn is_in_unit_range(&self) -> bool {
        match &self.source {
            DataSource::Named(name) => name.facts().values == Values::Bytes,
            DataSource::Own(own) => own.facts.is_bytes,
        }
    }

    /// True if all training values lie in [0, 1]: the values do, or they are scaled to it.
    pub fn is_bounded(&self) -> bool {
        self.is_in_unit_range() || self.own().is_some_and(|own| own.scale == Scale::MinMax)
    }

    /// Side of a square image in pixels, if it is not the default of the source.
    pub fn side(&self) -> Option<usize> {
        let usual = self.named()?.facts().shapes[0];
        let (side, _) = self.shape.grey_image().filter(|_| self.shape != usual)?;
        Some(side)
    }

    /// The same number of rows from another source, grey and with all classes. `None` if that source has no rows of
    /// this shape.
    fn of(&self, name: DatasetName) -> Option<Self> {
        let has_shape = name.facts().shapes.contains(&self.shape);
        has_shape.then(|| Self { source: DataSource::Named(name), imbalance: None, ..self.clone() })
    }

    /// Embedded rows of the same shape that are anomalies for a network that was trained on this data.
    pub fn foreign(&self) -> Option<Self> {
        let name = self.named()?.facts().foreign?;
        let foreign = self.of(name)?;
        (name.facts().origin == Origin::Embedded).then_some(foreign)
    }

    /// True if the factors that each row was drawn from, such as slant and thickness, are known.
    pub fn has_known_factors(&self) -> bool {
        self.named().is_some_and(|name| name.facts().has_known_factors)
    }

    /// True if the rows lie on a known surface with noise of known variance, which no reconstruction can predict.
    pub fn has_known_noise(&self) -> bool {
        self.named().is_some_and(|name| name.facts().has_known_noise) && self.pixels == Pixels::Grey
    }

    /// True if known faults can be added to the test rows.
    pub fn has_known_faults(&self) -> bool {
        self.named().is_some_and(|name| name.facts().has_known_faults)
    }
}

/// One class that is left out of training and validation, rare there, or the only one there. The test split keeps all
/// classes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Imbalance {
    /// No row of this class.
    Without {
        /// Label of the class.
        class: u16,
    },
    /// No row of any other class.
    Only {
        /// Label of the class.
        class: u16,
    },
    /// Few rows of this class.
    Rare {
        /// Label of the class.
        class: u16,
        /// Share of the class in the rows of each split, above 0 and below 1.
        share: f32,
    },
}

impl Imbalance {
    /// Label of the class.
    pub const fn class(self) -> u16 {
        match self {
            Self::Without { class } | Self::Only { class } | Self::Rare { class, .. } => class,
        }
    }

    /// Label of the class that is compared with all others, and whether it is the class (or most of the rows) that was
    /// trained on.
    pub fn one_class(self) -> (u16, bool) {
        match self {
            Self::Without { class } => (class, false),
            Self::Only { class } => (class, true),
            Self::Rare { class, share } => (class, share > 0.5),
        }
    }

    /// Number of rows of the class among `count`: none, all, or its share. The share is rounded, and is at least one
    /// row if there are any rows.
    pub fn images(self, count: usize) -> usize {
        match self {
            Self::Rare { share, .. } if count > 0 => {
                ((f64::from(share) * count as f64).round() as usize).clamp(1, count)
            }
            Self::Only { .. } => count,
            _ => 0,
        }
    }
}

/// The network of a run.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Model {
    /// Preset that the file names; `None` if the file writes out the layers.
    pub architecture: Option<Architecture>,
    /// Layers of the network.
    pub network: Network,
    /// True if the weights of the decoder are those of the encoder, transposed. Each side keeps its own biases.
    pub tied: bool,
}

impl Model {
    /// Name in paths and tables: the preset, such as `plain`, or `dense-300-100-gelu` for layers that a file writes
    /// out. The default activation, ReLU, is left out.
    pub fn name(&self) -> String {
        if let Some(architecture) = self.architecture {
            return architecture.name().to_owned();
        }
        let Network { kind, hidden, activation, .. } = &self.network;
        let mut parts = vec![kind.to_string()];
        parts.extend(hidden.iter().map(usize::to_string));
        if !hidden.is_empty() && *activation != Activation::Relu {
            parts.push(activation.to_string());
        }
        parts.join("-")
    }

    /// Units of the code.
    pub fn code(&self) -> usize {
        self.network.code
    }

    /// Number of learned weights and biases. Tied weights count once.
    pub fn parameter_count(&self) -> usize {
        let [encoder, _] = self.network.form().layers();
        let shared: usize = encoder.iter().map(|(reads, writes)| reads * writes).sum();
        self.network.parameter_count() - if self.tied { shared } else { 0 }
    }
}

/// Noise on the inputs. Values of a source whose values lie in [0, 1] are clipped to [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Corruption {
    /// Adds normal noise to each value.
    Gaussian {
        /// Standard deviation, in (0, 10].
        sigma: f32,
    },
    /// Sets values to 0.
    Masking {
        /// Probability that a value is set to 0, in (0, 1].
        fraction: f32,
    },
    /// Sets values to 0 or 1, each with half the probability.
    SaltAndPepper {
        /// Probability that a value is changed, in (0, 1].
        fraction: f32,
    },
}

impl Corruption {
    /// Key in an experiment file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gaussian { .. } => "gaussian",
            Self::Masking { .. } => "masking",
            Self::SaltAndPepper { .. } => "salt_and_pepper",
        }
    }

    /// Name of the strength: `sigma` or `fraction`.
    pub const fn level_name(self) -> &'static str {
        match self {
            Self::Gaussian { .. } => "sigma",
            Self::Masking { .. } | Self::SaltAndPepper { .. } => "fraction",
        }
    }

    /// Strength: sigma or fraction.
    pub const fn level(self) -> f32 {
        match self {
            Self::Gaussian { sigma } => sigma,
            Self::Masking { fraction } | Self::SaltAndPepper { fraction } => fraction,
        }
    }

    /// Greatest strength that is allowed.
    pub const fn most_level(self) -> f32 {
        match self {
            Self::Gaussian { .. } => 10.0,
            Self::Masking { .. } | Self::SaltAndPepper { .. } => 1.0,
        }
    }

    /// The same kind of noise at another strength. A strength of 0 leaves rows unchanged.
    #[must_use]
    pub const fn at_level(self, level: f32) -> Self {
        match self {
            Self::Gaussian { .. } => Self::Gaussian { sigma: level },
            Self::Masking { .. } => Self::Masking { fraction: level },
            Self::SaltAndPepper { .. } => Self::SaltAndPepper { fraction: level },
        }
    }
}

/// Measures and figures of a run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// Baselines, in the order of tables.
    pub baselines: Vec<Baseline>,
    /// Tasks: measures beyond reconstruction error.
    pub tasks: Vec<Task>,
    /// Figures.
    pub plots: Vec<Plot>,
    /// Strengths of the corruption at which the test error is measured, increasing. Empty without corruption.
    pub corruption_levels: Vec<f32>,
}

impl Run {
    /// Data set that a transferred network is trained on first, or `None` without transfer. It has all classes and the
    /// shape of the run's own data. The same seed chooses its rows.
    pub fn source(&self) -> Option<Dataset> {
        let Transfer { from: name, train, .. } = self.training.transfer?;
        Some(Dataset { train, ..self.dataset.of(name)? })
    }

    /// Name of the run's folder: `plain-32`, or `deep-32-stacked` for a variant. A variant with the name of its network
    /// is left out.
    pub fn label(&self) -> String {
        let (name, code) = (self.model.name(), self.model.code());
        match &self.variant {
            Some(variant) if *variant != name => format!("{name}-{code}-{variant}"),
            _ => format!("{name}-{code}"),
        }
    }

    /// Every network that training and evaluation of this run build, as types to compile.
    pub fn forms(&self) -> Vec<Form> {
        let (network, training) = (&self.model.network, &self.training);
        let mut forms: Vec<Form> = self.stages().into_iter().map(|stage| stage.form).collect();
        forms.extend(training.adversarial.map(|_| network.discriminator()));
        if self.evaluation.tasks.contains(&Task::Generation) {
            forms.push(network::judge(self.dataset.shape.values(), self.dataset.classes().len()));
        }
        forms
    }
}
