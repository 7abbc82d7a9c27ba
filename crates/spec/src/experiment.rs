//! The validated specification: what an experiment file says once every rule has been checked.
//!
//! An [`Experiment`] comes from [`Experiment::load`](crate::Experiment::load), which holds it to every range and
//! cross-field rule of `docs/keys.md`; nothing downstream checks them again.

use crate::catalogue::{Activation, Architecture, Baseline, DatasetName, Pixels, Plot, Task};
use crate::claim::Claim;
use crate::datasets::{Origin, Values};
use crate::kind::Form;
use crate::network::{self, Network};
use crate::own::{Own, Scale};
use crate::shape::Shape;
use crate::{Training, Transfer};

/// One experiment file: a question, claims about its answer, and the runs that answer it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Experiment {
    /// The file's stem, or its `name`; the first part of every path it records under.
    pub name: String,
    /// What is asked, as one sentence.
    pub question: String,
    /// Comparisons between recorded metrics that the report checks.
    pub claims: Vec<Claim>,
    /// Every training, resolved: variants, then code sizes, then seeds. Never empty.
    pub runs: Vec<Run>,
}

/// One training of one network from one seed, every default filled in.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Run {
    /// Name of the experiment it belongs to.
    pub experiment: String,
    /// What the experiment asks.
    pub question: String,
    /// Name of the variant (`[variants.NAME]`), if the experiment has any.
    pub variant: Option<String>,
    /// Root of every random stream.
    pub seed: u64,
    /// Images to train on and to measure on.
    pub dataset: Dataset,
    /// The network.
    pub model: Model,
    /// What is done to the inputs; the targets stay clean.
    pub corruption: Option<Corruption>,
    /// How it is trained.
    pub training: Training,
    /// What is measured and drawn.
    pub evaluation: Evaluation,
}

/// Where rows come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataSource {
    /// A data set that Hourglass knows.
    Named(DatasetName),
    /// A user's own file or folder.
    Own(Box<Own>),
}

/// Which rows, and how many of them in each split.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Dataset {
    /// Where its rows come from.
    pub source: DataSource,
    /// The shape of its rows: one of those that the source has.
    pub shape: Shape,
    /// What becomes of the grey levels.
    pub pixels: Pixels,
    /// Training rows, at least 10. Together with `validation` at most as many as the source has. Of a user's data that is split by
    /// group or time about so many, for groups and rows of one time stay together.
    pub train: usize,
    /// Rows held out of those to train on; may be 0.
    pub validation: usize,
    /// Rows to test on, at least 10.
    pub test: usize,
    /// What training and validation rows have of one class; test rows have all classes as often as their source.
    pub imbalance: Option<Imbalance>,
}

impl Dataset {
    /// Its name in paths and tables.
    pub fn name(&self) -> String {
        match &self.source {
            DataSource::Named(name) => name.to_string(),
            DataSource::Own(own) => own.name(),
        }
    }

    /// The name of a data set that Hourglass knows.
    pub const fn named(&self) -> Option<DatasetName> {
        match self.source {
            DataSource::Named(name) => Some(name),
            DataSource::Own(_) => None,
        }
    }

    /// A user's own data.
    pub fn own(&self) -> Option<&Own> {
        match &self.source {
            DataSource::Named(_) => None,
            DataSource::Own(own) => Some(own),
        }
    }

    /// What the labels 0, 1, ... stand for; empty where rows have none.
    pub fn classes(&self) -> Vec<&str> {
        match &self.source {
            DataSource::Named(name) => name.facts().classes.to_vec(),
            DataSource::Own(own) => own.facts.classes.iter().map(String::as_str).collect(),
        }
    }

    /// Whether its values lie in [0, 1].
    pub fn is_in_unit_range(&self) -> bool {
        match &self.source {
            DataSource::Named(name) => name.facts().values == Values::Bytes,
            DataSource::Own(own) => own.facts.is_bytes,
        }
    }

    /// Whether training values lie in [0, 1]: those of [`is_in_unit_range`](Self::is_in_unit_range), and those that are scaled so.
    pub fn is_bounded(&self) -> bool {
        self.is_in_unit_range() || self.own().is_some_and(|own| own.scale == Scale::MinMax)
    }

    /// Pixels on each side of its images, where it is not the usual number of the source.
    pub fn side(&self) -> Option<usize> {
        let usual = self.named()?.facts().shapes[0];
        let (side, _) = self.shape.grey_image().filter(|_| self.shape != usual)?;
        Some(side)
    }

    /// The same of another source, grey, with all classes; `None` if that has no rows of this shape.
    fn of(&self, name: DatasetName) -> Option<Self> {
        let has_shape = name.facts().shapes.contains(&self.shape);
        has_shape.then(|| Self { source: DataSource::Named(name), imbalance: None, ..self.clone() })
    }

    /// Embedded rows of the same shape that are anomalies to a network that learned these.
    pub fn foreign(&self) -> Option<Self> {
        let name = self.named()?.facts().foreign?;
        let foreign = self.of(name)?;
        (name.facts().origin == Origin::Embedded).then_some(foreign)
    }

    /// Whether it is known what each row was drawn by: slant, thickness and the like.
    pub fn has_known_factors(&self) -> bool {
        self.named().is_some_and(|name| name.facts().has_known_factors)
    }

    /// Whether its images are a known surface with noise of known variance, which no reconstruction can foretell.
    pub fn has_known_noise(&self) -> bool {
        self.named().is_some_and(|name| name.facts().has_known_noise) && self.pixels == Pixels::Grey
    }

    /// Whether known faults can be planted among its test rows.
    pub fn has_known_faults(&self) -> bool {
        self.named().is_some_and(|name| name.facts().has_known_faults)
    }
}

/// One class that is left out of training and validation, rare there, or the only one there. The test split keeps all classes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Imbalance {
    /// No image of it.
    Without {
        /// Its label.
        class: u16,
    },
    /// No image of another.
    Only {
        /// Its label.
        class: u16,
    },
    /// Few of it.
    Rare {
        /// Its label.
        class: u16,
        /// Its share of the images of either split, above 0 and below 1.
        share: f32,
    },
}

impl Imbalance {
    /// The class it is about: its label.
    pub const fn class(self) -> u16 {
        match self {
            Self::Without { class } | Self::Only { class } | Self::Rare { class, .. } => class,
        }
    }

    /// The class that stands against the others, its label, and whether it is what was trained on: all of it, or most.
    pub fn one_class(self) -> (u16, bool) {
        match self {
            Self::Without { class } => (class, false),
            Self::Only { class } => (class, true),
            Self::Rare { class, share } => (class, share > 0.5),
        }
    }

    /// Images of the class among `count`: none, all, or its share, rounded, and at least one if there are any.
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
    /// The name that the file gives, if it does not write out its layers.
    pub architecture: Option<Architecture>,
    /// Its layers.
    pub network: Network,
    /// Whether the decoder's weights are the encoder's, transposed; each side keeps its own biases.
    pub tied: bool,
}

impl Model {
    /// Its name in paths and tables: `plain`, or `dense-300-100-gelu` of layers that a file writes out; without ReLU's name.
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

    /// Weights and biases that are learned: of tied weights each counts once.
    pub fn parameter_count(&self) -> usize {
        let [encoder, _] = self.network.form().layers();
        let shared: usize = encoder.iter().map(|(reads, writes)| reads * writes).sum();
        self.network.parameter_count() - if self.tied { shared } else { 0 }
    }
}

/// Noise on the inputs. Values of a source whose values lie in [0, 1] stay there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Corruption {
    /// Adds normal noise to each value.
    Gaussian {
        /// Standard deviation, in (0, 10].
        sigma: f32,
    },
    /// Sets values to 0.
    Masking {
        /// Probability of each value, in (0, 1].
        fraction: f32,
    },
    /// Sets values to 0 or 1, each with half the probability.
    SaltAndPepper {
        /// Probability of each value, in (0, 1].
        fraction: f32,
    },
}

impl Corruption {
    /// Its key in an experiment file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gaussian { .. } => "gaussian",
            Self::Masking { .. } => "masking",
            Self::SaltAndPepper { .. } => "salt_and_pepper",
        }
    }

    /// What its strength is called.
    pub const fn level_name(self) -> &'static str {
        match self {
            Self::Gaussian { .. } => "sigma",
            Self::Masking { .. } | Self::SaltAndPepper { .. } => "fraction",
        }
    }

    /// Its strength: sigma or fraction.
    pub const fn level(self) -> f32 {
        match self {
            Self::Gaussian { sigma } => sigma,
            Self::Masking { fraction } | Self::SaltAndPepper { fraction } => fraction,
        }
    }

    /// The greatest strength there is.
    pub const fn most_level(self) -> f32 {
        match self {
            Self::Gaussian { .. } => 10.0,
            Self::Masking { .. } | Self::SaltAndPepper { .. } => 1.0,
        }
    }

    /// The same kind of noise at another strength; a level of 0 leaves images as they are.
    #[must_use]
    pub const fn at_level(self, level: f32) -> Self {
        match self {
            Self::Gaussian { .. } => Self::Gaussian { sigma: level },
            Self::Masking { .. } => Self::Masking { fraction: level },
            Self::SaltAndPepper { .. } => Self::SaltAndPepper { fraction: level },
        }
    }
}

/// What is measured and drawn after training.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evaluation {
    /// What the autoencoder is held against, in this order.
    pub baselines: Vec<Baseline>,
    /// What is measured beyond reconstruction error.
    pub tasks: Vec<Task>,
    /// The figures.
    pub plots: Vec<Plot>,
    /// Strengths at which the test error is measured, increasing; empty without corruption.
    pub corruption_levels: Vec<f32>,
}

impl Run {
    /// The data set that a transferred network first learns from: like its own, with all classes, but for the images. They are
    /// chosen by the same seed.
    pub fn source(&self) -> Option<Dataset> {
        let Transfer { from: name, train, .. } = self.training.transfer?;
        Some(Dataset { train, ..self.dataset.of(name)? })
    }

    /// Name of the run's folder: `plain-32`, or `deep-32-stacked` for a variant. A variant that is named after its
    /// network adds nothing to it.
    pub fn label(&self) -> String {
        let (name, code) = (self.model.name(), self.model.code());
        match &self.variant {
            Some(variant) if *variant != name => format!("{name}-{code}-{variant}"),
            _ => format!("{name}-{code}"),
        }
    }

    /// Every network that its training and evaluation build, as types that must be compiled.
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
