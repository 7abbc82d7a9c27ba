//! What tasks, baselines and figures need of a run. Where that is lacking they are refused by name.

use crate::catalogue::{Loss, Pixels, Task};
use crate::experiment::{Corruption, Dataset, Model};
use crate::training::Training;

/// Something that a task, a baseline or a figure needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Rows that are images of grey pixels.
    GreyImages,
    /// Values in [0, 1], as pixels have them.
    UnitRange,
    /// A class for each row.
    Classes,
    /// No more classes than this.
    AtMostClasses(usize),
    /// No more values a row than this: where time grows with their cube.
    AtMostValues(usize),
    /// Rows of a machine over time, among which known faults can be planted.
    KnownFaults,
    /// Rows of another embedded data set, where there is one of the same shape, that the training never shows.
    UnseenForeign,
    /// A network whose output follows from its code alone.
    Decoder,
    /// A code that is a normal distribution, and pixels that are 0 or 1, of which the decoder gives the probability.
    Likelihood,
    /// Noise on the inputs.
    Corruption,
    /// A training that begins on another data set.
    Transfer,
    /// A classifier that begins as the encoder.
    Classifier,
    /// A task among the run's. A figure is drawn by default where it is.
    Task(Task),
    /// A training with terms beside the loss: a divergence, or a discriminator.
    TermsBesideTheLoss,
}

/// The limit on the width of rows where all eigenvectors of their covariance are computed.
pub(crate) const EIGENVECTORS: Need = Need::AtMostValues(4_096);

/// The parts of a run that needs look at.
pub(crate) struct Parts<'r> {
    pub(crate) dataset: &'r Dataset,
    pub(crate) model: &'r Model,
    pub(crate) corruption: Option<Corruption>,
    pub(crate) training: &'r Training,
    pub(crate) tasks: &'r [Task],
}

impl Need {
    /// True if it is about the data: nothing else of the file can give what is lacking.
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

    /// What is lacking, to follow a name, such as "needs grey images, and `sensors` has rows of 24 values"; `None` if nothing is.
    pub(crate) fn lacking(self, of: &Parts) -> Option<String> {
        let Parts { dataset, model, corruption, training, tasks } = of;
        let (name, shape, classes) = (dataset.name(), dataset.shape, dataset.classes().len());
        let (is_met, lacking) = match self {
            Self::GreyImages => {
                (shape.grey_image().is_some(), format!("needs grey images, and `{name}` has rows of {shape}"))
            }
            Self::UnitRange => {
                (dataset.is_in_unit_range(), format!("needs values from 0 to 1, which those of `{name}` are not"))
            }
            Self::Classes => (classes > 0, format!("needs classes, and `{name}` has none")),
            Self::AtMostClasses(most) => {
                (classes <= most, format!("needs at most {most} classes, and `{name}` has {classes}"))
            }
            Self::AtMostValues(most) => {
                (shape.values() <= most, format!("needs rows of at most {most} values, and these are of {shape}"))
            }
            Self::KnownFaults => (
                dataset.has_known_faults(),
                format!("needs a data set with known faults, such as `sensors`, and `{name}` has none"),
            ),
            Self::UnseenForeign => {
                let foreign = dataset.foreign().and_then(|foreign| foreign.named());
                let shown = foreign.filter(|name| training.transfer.is_some_and(|transfer| transfer.from == *name));
                let name = shown.map(|name| name.name()).unwrap_or_default();
                (
                    shown.is_none(),
                    format!("takes images of `{name}` for ones never seen, which training.transfer.from shows to the network"),
                )
            }
            Self::Decoder => (
                model.network.kind.facts().decodes_codes,
                format!("needs an output that follows from the code alone, which `{}` lacks", model.name()),
            ),
            Self::Likelihood => match (&training.variational, dataset.pixels) {
                (None, _) => (false, format!("needs a Gaussian code, which `{}` lacks", model.name())),
                (Some(_), Pixels::Grey) => (
                    false,
                    "needs binarised pixels, since a density of grey ones has no bound: set dataset.pixels to \"threshold\" \
                     or \"stochastic\", or leave it out"
                        .to_owned(),
                ),
                (Some(_), Pixels::Threshold | Pixels::Stochastic) => (
                    training.loss == Loss::Bce,
                    "needs outputs that are probabilities of pixels: set training.loss to \"bce\", or leave it out"
                        .to_owned(),
                ),
            },
            Self::Corruption => {
                (corruption.is_some(), "needs noise, and there is none: add a [corruption], or leave it out".to_owned())
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
