//! Names of the measures beyond reconstruction error: the contents of `measures.json`, and the fields that claims may
//! name.
//!
//! `tasks.rs` declares those of tasks, and `baselines.rs` the parameters that baselines choose.

use crate::baselines::Baseline;
use crate::catalogue::Split;
use crate::experiment::{Dataset, Imbalance, Run};
use crate::subject;
use crate::tasks::{Condition, Measures, Task};
pub use crate::tasks::{MOST_CLASSES, MSE_OF_CLASS, PARAMETERS, SECONDS};

/// Names of the reconstruction errors, which are measured on every split.
pub const RECONSTRUCTION: [&str; 5] = ["mse_per_pixel", "squared_error_per_image", "bce_per_pixel", "psnr_db", "ssim"];

/// Condition of a reconstruction error that the data does not meet, in words that follow "is only measured"; `None` if
/// the data meets all.
pub fn lacking_in_data(subject: &str, field: &str, dataset: &Dataset) -> Option<&'static str> {
    let of_unit_range = ["bce_per_pixel", "psnr_db", "ssim"].contains(&field) || subject == subject::PCA_CLIPPED;
    if of_unit_range && !dataset.is_in_unit_range() {
        return Some("on values from 0 to 1");
    }
    (field == "ssim" && dataset.shape.similarity_plane().is_none())
        .then_some("on grey images of 11 x 11 pixels or more")
}

impl Condition {
    /// The condition in words that follow "is only measured", or `None` if the run meets it.
    pub(crate) fn lacking(self, run: &Run) -> Option<&'static str> {
        let imbalance = run.dataset.imbalance;
        let (is_met, place) = match self {
            Self::RareClass => (matches!(imbalance, Some(Imbalance::Rare { .. })), "with a [dataset.rare]"),
            Self::ClassLeftOut => (imbalance.is_some(), "with dataset.without, dataset.only or [dataset.rare]"),
            Self::Foreign => {
                (run.dataset.foreign().is_some(), "if another embedded data set has rows of the same shape")
            }
            Self::KnownNoise => (
                run.dataset.has_known_noise(),
                "on data with noise of known variance, such as `surface` with grey pixels",
            ),
            Self::KnownFactors => (run.dataset.has_known_factors(), "on data with known factors, such as `glyphs`"),
            Self::HiddenRelu => (run.model.network.has_hidden_relu(), "on a network with hidden ReLU layers"),
        };
        (!is_met).then_some(place)
    }
}

/// Measures beyond reconstruction error: their names, subjects, split and task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// Task that measures them. `None` for numbers without a task: parameters that baselines choose, and the share of
    /// hidden units that never fire.
    pub task: Option<Task>,
    /// Split that they are measured on.
    pub split: Split,
    /// Names of the subjects.
    pub subjects: &'static [&'static str],
    /// Names of the numbers.
    pub fields: &'static [&'static str],
    /// Names of the numbers that only some runs of the task have, and the condition of each.
    pub only: &'static [(&'static str, Condition)],
}

impl Measured {
    /// Condition of a number that the run does not meet, in words that follow "is only measured"; `None` if the run
    /// meets all.
    pub(crate) fn lacking(&self, field: &str, run: &Run) -> Option<&'static str> {
        let class = MSE_OF_CLASS.iter().position(|of| *of == field);
        if class.is_some_and(|class| class >= run.dataset.classes().len()) {
            return Some("on a data set with such a class");
        }
        self.only.iter().find(|(of, _)| *of == field).and_then(|(_, condition)| condition.lacking(run))
    }
}

/// Name of the share of units in hidden ReLU layers that fire for no training row, from 0 to 1.
pub const DEAD_HIDDEN_UNITS: &str = "dead_hidden_units";

/// Measures of every run with hidden ReLU layers.
const OF_THE_NETWORK: Measured = Measured {
    task: None,
    split: Split::Train,
    subjects: &[subject::AUTOENCODER],
    fields: &[DEAD_HIDDEN_UNITS],
    only: &[(DEAD_HIDDEN_UNITS, Condition::HiddenRelu)],
};

/// All measures beyond reconstruction error: those of the tasks, the parameters that baselines choose, and those of the
/// network.
pub const MEASURED: &[Measured] = &{
    let (mut all, mut count) = ([OF_THE_NETWORK; MEASURED_COUNT], 0);
    let mut index = 0;
    while index < Task::ALL.len() {
        let (task, mut place) = (Task::ALL[index], 0);
        while place < task.measures().len() {
            let Measures { subjects, fields, only } = task.measures()[place];
            all[count] = Measured { task: Some(task), split: Split::Test, subjects, fields, only };
            (count, place) = (count + 1, place + 1);
        }
        index += 1;
    }
    index = 0;
    while index < Baseline::ALL.len() {
        let baseline = Baseline::ALL[index];
        if !baseline.chooses().is_empty() {
            let (subjects, fields) = (baseline.first_subject(), baseline.chooses());
            all[count] = Measured { task: None, split: Split::Test, subjects, fields, only: &[] };
            count += 1;
        }
        index += 1;
    }
    all
};

const MEASURED_COUNT: usize = {
    let (mut count, mut index) = (1, 0);
    while index < Task::ALL.len() {
        count += Task::ALL[index].measures().len();
        index += 1;
    }
    index = 0;
    while index < Baseline::ALL.len() {
        count += !Baseline::ALL[index].chooses().is_empty() as usize;
        index += 1;
    }
    count
};

/// Names of all subjects: those with a reconstruction error, then those of tasks.
pub fn subjects() -> Vec<&'static str> {
    subject::ALL.iter().map(|subject| subject.name).collect()
}

/// Pairs of subject and field, for all measures beyond reconstruction error.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    MEASURED
        .iter()
        .flat_map(|of| of.subjects.iter().flat_map(|subject| of.fields.iter().map(|field| (*subject, *field))))
}

/// Measures of older versions that no task has now. Claims in summaries of older records name them.
const FORMER: &[(&str, &[&str])] = &[
    ("probabilistic_pca", &["log_likelihood"]),
    (
        subject::PCA,
        &[
            "rate_at_distortion_2",
            "distortion_at_rate_2",
            "rate_at_distortion_4",
            "distortion_at_rate_4",
            "rate_at_distortion_6",
            "distortion_at_rate_6",
            "rate_at_distortion_8",
            "distortion_at_rate_8",
        ],
    ),
];

/// True if only records of older versions have this field of this subject.
pub(crate) fn is_former(subject: &str, field: &str) -> bool {
    FORMER.iter().any(|(of, fields)| *of == subject && fields.contains(&field))
}

/// The entry of [`MEASURED`] for a field of a subject; `None` for a reconstruction error.
pub fn measured(subject: &str, field: &str) -> Option<Measured> {
    MEASURED.iter().copied().find(|of| of.subjects.contains(&subject) && of.fields.contains(&field))
}
