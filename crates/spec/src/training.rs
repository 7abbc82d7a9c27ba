//! How a network is trained: `[training]` once every rule has been checked.

use crate::Corruption;
use crate::catalogue::{Beginning, DatasetName, Engine, Initialisation, Loss, SampleWeights, Sampling, Tune};

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
    /// Which weights the network begins with.
    pub initialisation: Initialisation,
    /// First steps of each stage over which the learning rate rises in equal parts to that of the schedule.
    pub warm_up_steps: usize,
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
    /// Least and greatest strength of the noise, between which each row draws its own in each epoch; without, that of the
    /// corruption.
    pub corruption_levels: Option<[f32; 2]>,
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

/// A variational autoencoder's loss (Kingma & Welling, 2014): the mean loss per value and, for rows of d values, `beta / d`
/// times the divergence of the code from the standard normal prior, in nats. With `bce` and a beta of 1 that is the negative
/// evidence lower bound over d.
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
