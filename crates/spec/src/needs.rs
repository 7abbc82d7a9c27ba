//! Needs of tasks, baselines and figures. A run that does not meet a need gives an error with its name.

use crate::catalogue::{Loss, Pixels, Task};
use crate::experiment::{Corruption, Dataset, Model};
use crate::training::Training;

/// A property of a run that a task, a baseline or a figure needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Rows that are images of grey pixels.
    GreyImages,
    /// Values in [0, 1].
    UnitRange,
    /// A class for each row.
    Classes,
    /// At most this number of classes.
    AtMostClasses(usize),
    /// At most this number of values in a row. The time of the computation grows with the cube of that number.
    AtMostValues(usize),
    /// Readings of a machine over time, to which known faults can be added.
    KnownFaults,
    /// Another embedded data set of the same shape, if there is one, that the network was not trained on.
    UnseenForeign,
    /// A decoder that reads the code alone.
    Decoder,
    /// A code that is a normal distribution, and pixels that are 0 or 1; the decoder gives the probability of a 1.
    Likelihood,
    /// Noise on the inputs.
    Corruption,
    /// A training that starts on another data set.
    Transfer,
    /// A classifier that starts as the encoder.
    Classifier,
    /// This task among the tasks of the run. By default, a figure with this need is drawn if the run has the task.
    Task(Task),
    /// A training with terms in addition to the loss: a divergence, or a discriminator.
    TermsBesideTheLoss,
}

/// Greatest width of rows for which all eigenvectors of their covariance are computed.
pub(crate) const EIGENVECTORS: Need = Need::AtMostValues(4_096);

/// Parts of a run that needs are checked against.
pub(crate) struct Parts<'r> {
    pub(crate) dataset: &'r Dataset,
    pub(crate) model: &'r Model,
    pub(crate) corruption: Option<Corruption>,
    pub(crate) training: &'r Training,
    pub(crate) tasks: &'r [Task],
}

impl Need {
    /// True if the need is about the data, so that no other key of the file can meet it.
    pub(crate) const fn is_of_data(self) -> bool {
        matches!(
            self,
            Self::GreyImages
                | Self::UnitRange
                | Self::Classes
                | Self::AtMostClasses(_)
                | Self::AtMostValues(_)
                | Self::KnownFaults
        )
    }

    /// The missing property in words that follow a name, such as "needs grey images, but `sensors` has rows of 24
    /// values". `None` if the need is met.
    pub(crate) fn lacking(self, of: &Parts) -> Option<String> {
        let Parts { dataset, model, corruption, training, tasks } = of;
        let (name, shape, classes) = (dataset.name(), dataset.shape, dataset.classes().len());
        let (is_met, lacking) = match self {
            Self::GreyImages => {
                (shape.grey_image().is_some(), format!("needs grey images, but `{name}` has rows of {shape}"))
            }
            Self::UnitRange => {
                (dataset.is_in_unit_range(), format!("needs values from 0 to 1, but `{name}` has others"))
            }
            Self::Classes => (classes > 0, format!("needs classes, but `{name}` has none")),
            Self::AtMostClasses(most) => {
                (classes <= most, format!("needs at most {most} classes, but `{name}` has {classes}"))
            }
            Self::AtMostValues(most) => {
                (shape.values() <= most, format!("needs rows of at most {most} values, but `{name}` has rows of {shape}"))
            }
            Self::KnownFaults => (
                dataset.has_known_faults(),
                format!("needs a data set with known faults, such as `sensors`, but `{name}` has none"),
            ),
            Self::UnseenForeign => {
                let foreign = dataset.foreign().and_then(|foreign| foreign.named());
                let shown = foreign.filter(|name| training.transfer.is_some_and(|transfer| transfer.from == *name));
                let name = shown.map(|name| name.name()).unwrap_or_default();
                (
                    shown.is_none(),
                    format!("needs images of `{name}` that the network never saw, but training.transfer.from trains the network on them"),
                )
            }
            Self::Decoder => (
                model.network.kind.facts().decodes_codes,
                format!("needs a decoder that reads the code alone, which `{}` does not have", model.name()),
            ),
            Self::Likelihood => match (&training.variational, dataset.pixels) {
                (None, _) => (false, format!("needs a Gaussian code, which `{}` does not have", model.name())),
                (Some(_), Pixels::Grey) => (
                    false,
                    "needs binarised pixels, because a density of grey pixels has no bound: set dataset.pixels to \"threshold\" \
                     or \"stochastic\", or remove it"
                        .to_owned(),
                ),
                (Some(_), Pixels::Threshold | Pixels::Stochastic) => (
                    training.loss == Loss::Bce,
                    "needs outputs that are probabilities of pixels: set training.loss to \"bce\", or remove it"
                        .to_owned(),
                ),
            },
            Self::Corruption => {
                (corruption.is_some(), "needs noise, but the file has none: add a [corruption], or remove it".to_owned())
            }
            Self::Transfer => (training.transfer.is_some(), "needs a source: add [training.transfer]".to_owned()),
            Self::Classifier => {
                (training.classifier.is_some(), "needs a classifier: add [training.classifier]".to_owned())
            }
            Self::Task(task) => (tasks.contains(&task), format!("needs `{task}` among evaluation.tasks")),
            Self::TermsBesideTheLoss => (
                training.variational.is_some() || training.adversarial.is_some(),
                "needs a training with [training.variational] or [training.adversarial]".to_owned(),
            ),
        };
        (!is_met).then_some(lacking)
    }
}
