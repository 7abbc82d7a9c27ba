//! The validated specification: what an experiment file says once every rule has been checked.
//!
//! An [`Experiment`] comes from [`Experiment::load`](crate::Experiment::load), which holds it to every range and
//! cross-field rule of `experiments/README.md`; nothing downstream checks them again.

use crate::catalogue::{
    Activation, Architecture, Baseline, Beginning, CLASSES, DatasetName, Engine, Loss, Pixels, Plot, SampleWeights,
    Sampling, Task, Tune,
};
use crate::claim::Claim;
use crate::network::{self, Form, Network};
use crate::shape::Shape;

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

/// Which images, and how many of them in each split.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Dataset {
    /// The source.
    pub name: DatasetName,
    /// Pixels on each side of its images; one of [`SIDES`](crate::catalogue::SIDES).
    pub side: usize,
    /// What becomes of the grey levels.
    pub pixels: Pixels,
    /// Training images, at least 10. Together with `validation` at most 60,000.
    pub train: usize,
    /// Images held out of the official training file; may be 0.
    pub validation: usize,
    /// Images out of the official test file, 10 to 10,000.
    pub test: usize,
    /// What training and validation images see of one class; test images have all classes as often as their file.
    pub imbalance: Option<Imbalance>,
}

impl Dataset {
    /// The shape of its rows.
    pub fn shape(&self) -> Shape {
        Shape::square(self.side)
    }

    /// Whether its images are a known surface with noise of known variance, which no reconstruction can foretell.
    pub fn has_known_noise(&self) -> bool {
        self.name == DatasetName::Surface && self.pixels == Pixels::Grey
    }
}

/// One class that is left out of training and validation, or rare there. The other classes fill up what it leaves, so that
/// the splits keep their size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Imbalance {
    /// No image of it.
    Without {
        /// Label, 0 to 9.
        class: u8,
    },
    /// Few of it.
    Rare {
        /// Label, 0 to 9.
        class: u8,
        /// Its share of the images of either split, above 0 and below 1.
        share: f32,
    },
}

impl Imbalance {
    /// The class it is about: its label.
    pub const fn class(self) -> u8 {
        match self {
            Self::Without { class } | Self::Rare { class, .. } => class,
        }
    }

    /// Images of the class among `count`: its share, rounded, and at least one if there are any.
    pub fn images(self, count: usize) -> usize {
        match self {
            Self::Rare { share, .. } if count > 0 => {
                ((f64::from(share) * count as f64).round() as usize).clamp(1, count)
            }
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

/// Noise on the input pixels, which stay in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Corruption {
    /// Adds normal noise to each pixel, then clips to [0, 1].
    Gaussian {
        /// Standard deviation, in (0, 10].
        sigma: f32,
    },
    /// Sets pixels to 0.
    Masking {
        /// Probability of each pixel, in (0, 1].
        fraction: f32,
    },
    /// Sets pixels to 0 or 1, each with half the probability.
    SaltAndPepper {
        /// Probability of each pixel, in (0, 1].
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

/// How a network is trained.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Training {
    /// Passes over the training split, at least 1; with early stopping, at most so many.
    pub epochs: usize,
    /// Images in one step, at least 1 and at most the training split; the last batch may be smaller.
    pub batch_size: usize,
    /// What is minimised.
    pub loss: Loss,
    /// What computes its gradients.
    pub engine: Engine,
    /// How gradients change the weights.
    pub optimiser: Optimiser,
    /// How the learning rate changes over the epochs.
    pub schedule: Schedule,
    /// How much each training image counts in the loss; in that of the validation all count the same.
    pub sample_weights: SampleWeights,
    /// Which images an epoch passes.
    pub sampling: Sampling,
    /// Weight on examples that the network finds hard.
    pub hard_examples: Option<HardExamples>,
    /// What keeps it from learning the training images by heart.
    pub regularisation: Regularisation,
    /// When to stop before `epochs`.
    pub early_stopping: Option<EarlyStopping>,
    /// Greedy layer-wise pretraining before it.
    pub pretraining: Option<Pretraining>,
    /// The prior's part in the loss; there where the architecture has a Gaussian code, and only there.
    pub variational: Option<Variational>,
    /// A discriminator that matches the codes to a standard normal prior.
    pub adversarial: Option<Adversarial>,
    /// Another data set that the network learns from first.
    pub transfer: Option<Transfer>,
    /// A classifier that the encoder becomes after it.
    pub classifier: Option<Classifier>,
}

/// An optimiser and its constants.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimiser {
    /// Adam (Kingma & Ba, 2015).
    Adam {
        /// Step size, in (0, 10].
        learning_rate: f32,
        /// Decay of the first moment, in [0, 1).
        beta1: f32,
        /// Decay of the second moment, in [0, 1).
        beta2: f32,
        /// Added to the root of the second moment, above 0.
        epsilon: f32,
    },
    /// Stochastic gradient descent with classical momentum.
    Sgd {
        /// Step size, in (0, 10].
        learning_rate: f32,
        /// Share of the last step that is kept, in [0, 1).
        momentum: f32,
    },
}

impl Optimiser {
    /// The step size before any schedule.
    pub const fn learning_rate(self) -> f32 {
        match self {
            Self::Adam { learning_rate, .. } | Self::Sgd { learning_rate, .. } => learning_rate,
        }
    }
}

/// Learning rate over the epochs, as a factor on the optimiser's own.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// Always 1.
    Constant,
    /// Half a cosine from 1 in the first epoch to `final_fraction` in the last.
    Cosine {
        /// Factor in the last epoch, in [0, 1].
        final_fraction: f32,
    },
    /// Multiplied by `factor` after every `every` epochs.
    Step {
        /// Epochs between changes, at least 1.
        every: usize,
        /// In (0, 1].
        factor: f32,
    },
}

/// Penalties and dropout, all 0 by default. The losses that are recorded are those without penalties.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Regularisation {
    /// Adds `l2 / 2 * sum(weight^2)` to what is minimised, biases excluded; in [0, 1].
    pub l2: f32,
    /// Decoupled weight decay (Loshchilov & Hutter, 2019): each step multiplies the weights, not the biases, by
    /// `1 - learning_rate * weight_decay`, at the learning rate of the epoch; in [0, 1].
    pub weight_decay: f32,
    /// Sparse autoencoder: adds `code_l1` times the mean over images of the sum over units of `|code|` to the loss,
    /// which is a mean per pixel; in [0, 1]. Plays no part in a pretraining.
    pub code_l1: f32,
    /// Probability with which each unit of a hidden layer is zeroed in training, the others being divided by
    /// `1 - dropout` (Srivastava et al., 2014); in [0, 1). Code and output are never dropped.
    pub dropout: f32,
    /// Contractive autoencoder (Rifai et al., 2011): adds `contractive` times the mean over images of the squared
    /// Frobenius norm of the encoder's Jacobian to the loss, which is a mean per pixel; in [0, 1]. For encoders of one
    /// or two layers. Plays no part in a pretraining.
    pub contractive: f32,
}

/// Focus on hard examples, in the spirit of the focal loss (Lin et al., 2017): at the start of each epoch, an image's loss is
/// weighted in proportion to its reconstruction loss to the power of `focus`, mean 1 over the training split. Plays no part
/// in a pretraining.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct HardExamples {
    /// Above 0, at most 5.
    pub focus: f32,
}

/// Stops when the validation loss no longer falls, and keeps the best weights.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct EarlyStopping {
    /// Epochs without improvement before it stops, at least 1.
    pub patience: usize,
    /// Relative fall of the validation loss that counts as improvement, in [0, 1).
    pub min_improvement: f32,
}

/// Greedy layer-wise pretraining (Hinton & Salakhutdinov, 2006; Vincent et al., 2010): each layer is an autoencoder of
/// the codes below it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Pretraining {
    /// Epochs for each layer, at least 1.
    pub epochs: usize,
    /// Masking of each layer's input, which makes the layers denoising autoencoders.
    pub corruption: Option<Corruption>,
}

/// A variational autoencoder's loss (Kingma & Welling, 2014): the mean loss per pixel and, per image, `beta / 784` times
/// the divergence of its code from the standard normal prior, in nats. With `bce` and a beta of 1 that is the negative
/// evidence lower bound over 784.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variational {
    /// Weight of the divergence, in [0, 1000] (Higgins et al., 2017).
    pub beta: f32,
    /// Epochs over which the weight rises from 0, by equal steps; 0 for none.
    pub warm_up: usize,
}

impl Variational {
    /// Weight of the divergence in an epoch, from 0.
    pub fn weight(self, epoch: usize) -> f32 {
        let share = if epoch < self.warm_up { epoch as f32 / self.warm_up as f32 } else { 1.0 };
        self.beta * share
    }
}

/// An adversarial autoencoder (Makhzani et al., 2016): a discriminator learns to tell codes from draws of a standard
/// normal prior, and the encoder to deceive it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adversarial {
    /// Factor of the encoder's part, the mean over images of `-ln(discriminator's probability that the code is of the
    /// prior)`, which is added to the mean loss per pixel; above 0, at most 10.
    pub weight: f32,
    /// What trains the discriminator; it follows the schedule of the autoencoder's.
    pub optimiser: Optimiser,
}

/// Training on another data set first, the source, of which only the weights are kept. The optimiser starts anew after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transfer {
    /// The source; it may be the run's own.
    pub from: DatasetName,
    /// Its training images, at least 10; with the run's validation images at most 60,000.
    pub train: usize,
    /// Epochs on it, at least 1.
    pub epochs: usize,
    /// What is then trained on the run's own data set, for `training.epochs`.
    pub tune: Tune,
}

/// A copy of the encoder with a softmax layer on its code, trained on the labels of clean images by their mean cross-entropy
/// (Vincent et al., 2010, section 6). The autoencoder stays what it is. Batch size, schedule, early stopping and the weights
/// and sampling of classes are the run's; its regularisation plays no part.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Classifier {
    /// Epochs of it, at least 1.
    pub epochs: usize,
    /// Where its encoder comes from.
    pub from: Beginning,
    /// As in [`Regularisation`], of its hidden layers; in [0, 1).
    pub dropout: f32,
    /// What trains it.
    pub optimiser: Optimiser,
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
        Some(Dataset { name, train, imbalance: None, ..self.dataset.clone() })
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
            forms.push(network::judge(self.dataset.shape().values(), CLASSES));
        }
        forms
    }
}
