//! Training options: the table `[training]` after every rule has been checked.

use crate::Corruption;
use crate::catalogue::{Beginning, DatasetName, Engine, Initialisation, Loss, SampleWeights, Sampling, Tune};

/// Training options of a run.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Training {
    /// Number of passes over the training split, at least 1. With early stopping, the greatest number.
    pub epochs: usize,
    /// Number of images in one step, from 1 to the size of the training split. The last batch may be smaller.
    pub batch_size: usize,
    /// Loss that is minimised.
    pub loss: Loss,
    /// Initial weights of the network.
    pub initialisation: Initialisation,
    /// Number of first steps of each stage in which the learning rate increases linearly to that of the schedule.
    pub warm_up_steps: usize,
    /// Method that computes gradients.
    pub engine: Engine,
    /// Optimiser of the network.
    pub optimiser: Optimiser,
    /// Learning rate by epoch.
    pub schedule: Schedule,
    /// Weight of each training image in the loss. All images have the same weight in the validation loss.
    pub sample_weights: SampleWeights,
    /// Choice of the images of an epoch.
    pub sampling: Sampling,
    /// Least and greatest strength of the corruption: each row draws its own strength in each epoch. If `None`, all
    /// rows have the strength of `corruption`.
    pub corruption_levels: Option<[f32; 2]>,
    /// Weights on examples with a large error.
    pub hard_examples: Option<HardExamples>,
    /// Penalties and dropout.
    pub regularisation: Regularisation,
    /// Condition to stop before `epochs`.
    pub early_stopping: Option<EarlyStopping>,
    /// Layer-wise pretraining before the training.
    pub pretraining: Option<Pretraining>,
    /// Weight of the divergence in the loss. Given for a network with a Gaussian code, and for no other.
    pub variational: Option<Variational>,
    /// Discriminator that matches the codes to a standard normal prior.
    pub adversarial: Option<Adversarial>,
    /// Training on another data set before the training on the run's own.
    pub transfer: Option<Transfer>,
    /// Classifier that the encoder is trained as after the training.
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
        /// Constant added to the root of the second moment, above 0.
        epsilon: f32,
    },
    /// Stochastic gradient descent with classical momentum.
    Sgd {
        /// Step size, in (0, 10].
        learning_rate: f32,
        /// Share of the last step that is added to the next, in [0, 1).
        momentum: f32,
    },
}

impl Optimiser {
    /// Step size before the schedule changes it.
    pub const fn learning_rate(self) -> f32 {
        match self {
            Self::Adam { learning_rate, .. } | Self::Sgd { learning_rate, .. } => learning_rate,
        }
    }
}

/// Learning rate by epoch, as a factor of that of the optimiser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Schedule {
    /// Always 1.
    Constant,
    /// Half a cosine, from 1 in the first epoch to `final_fraction` in the last.
    Cosine {
        /// Factor in the last epoch, in [0, 1].
        final_fraction: f32,
    },
    /// The factor is multiplied by `factor` after every `every` epochs.
    Step {
        /// Epochs between changes, at least 1.
        every: usize,
        /// Factor of each change, in (0, 1].
        factor: f32,
    },
}

/// Penalties and dropout, all 0 by default. Recorded losses do not include penalties.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub struct Regularisation {
    /// Adds `l2 / 2 * sum(weight^2)` to the loss, without biases; in [0, 1].
    pub l2: f32,
    /// Decoupled weight decay (Loshchilov & Hutter, 2019): each step multiplies the weights, not the biases, by
    /// `1 - learning_rate * weight_decay`, at the learning rate of the epoch; in [0, 1].
    pub weight_decay: f32,
    /// Sparse autoencoder: adds `code_l1` times the mean over images of the sum over units of `|code|` to the loss,
    /// which is a mean per value; in [0, 1]. Not used in pretraining.
    pub code_l1: f32,
    /// Probability that a unit of a hidden layer is set to 0 in training; the other units are divided by `1 - dropout`
    /// (Srivastava et al., 2014). In [0, 1). Not used on code and output.
    pub dropout: f32,
    /// Contractive autoencoder (Rifai et al., 2011): adds `contractive` times the mean over images of the squared
    /// Frobenius norm of the Jacobian of the encoder to the loss, which is a mean per value; in [0, 1]. For encoders of
    /// one or two layers. Not used in pretraining.
    pub contractive: f32,
}

/// Weights on examples with a large error, similar to the focal loss (Lin et al., 2017).
///
/// At the start of each epoch, the weight of an image is proportional to its reconstruction loss to the power of
/// `focus`. The mean weight over the training split is 1. Not used in pretraining.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct HardExamples {
    /// Exponent of the reconstruction loss, above 0 and at most 5.
    pub focus: f32,
}

/// Early stopping: ends the training if the validation loss no longer falls, and keeps the best weights.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct EarlyStopping {
    /// Number of epochs without improvement before the training ends, at least 1.
    pub patience: usize,
    /// Least relative fall of the validation loss that counts as improvement, in [0, 1).
    pub min_improvement: f32,
}

/// Greedy layer-wise pretraining (Hinton & Salakhutdinov, 2006; Vincent et al., 2010): each layer is trained as an
/// autoencoder of the codes below it.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Pretraining {
    /// Epochs for each layer, at least 1.
    pub epochs: usize,
    /// Masking of the input of each layer, which makes the layers denoising autoencoders.
    pub corruption: Option<Corruption>,
}

/// Loss of a variational autoencoder (Kingma & Welling, 2014).
///
/// For rows of d values, the loss is the mean loss per value plus `beta / d` times the divergence of the code from the
/// standard normal prior, in nats. With `bce` and a beta of 1 it is the negative evidence lower bound divided by d.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Variational {
    /// Weight of the divergence, in [0, 1000] (Higgins et al., 2017).
    pub beta: f32,
    /// Number of epochs in which the weight increases linearly from 0; 0 for none.
    pub warm_up: usize,
}

impl Variational {
    /// Weight of the divergence in an epoch, counted from 0.
    pub fn weight(self, epoch: usize) -> f32 {
        let share = if epoch < self.warm_up { epoch as f32 / self.warm_up as f32 } else { 1.0 };
        self.beta * share
    }
}

/// An adversarial autoencoder (Makhzani et al., 2016): a discriminator learns to distinguish codes from samples of a
/// standard normal prior, and the encoder learns to prevent that.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adversarial {
    /// Factor of the adversarial term, above 0 and at most 10. The term is the mean over images of `-ln(p)`, where `p`
    /// is the probability, by the discriminator, that the code comes from the prior. It is added to the mean loss per
    /// value.
    pub weight: f32,
    /// Optimiser of the discriminator. It follows the schedule of the autoencoder.
    pub optimiser: Optimiser,
}

/// Transfer: training on another data set, the source, before the run's own. Only the weights are kept: the optimiser
/// starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Transfer {
    /// Source data set. It may be the run's own.
    pub from: DatasetName,
    /// Number of training images of the source, at least 10. With the validation images of the run, at most 60,000.
    pub train: usize,
    /// Number of epochs on the source, at least 1.
    pub epochs: usize,
    /// Part of the network that is then trained on the run's own data, for `training.epochs`.
    pub tune: Tune,
}

/// A classifier: a copy of the encoder with a softmax layer on its code, trained on the labels of clean images with
/// mean cross-entropy (Vincent et al., 2010, section 6).
///
/// The autoencoder does not change. Batch size, schedule, early stopping, and the weights and sampling of classes are
/// those of the run. Its regularisation is not used.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Classifier {
    /// Number of epochs, at least 1.
    pub epochs: usize,
    /// Initial weights of the encoder.
    pub from: Beginning,
    /// Dropout of the hidden layers, as in [`Regularisation`]; in [0, 1).
    pub dropout: f32,
    /// Optimiser of the classifier.
    pub optimiser: Optimiser,
}
