//! What is measured beyond reconstruction error, by name: the contents of `measures.json`, and what claims may say.
//!
//! Tasks declare it in `tasks.rs`, baselines that choose a parameter in `baselines.rs`.

use crate::baselines::Baseline;
use crate::catalogue::Split;
use crate::experiment::{Dataset, Imbalance, Run};
use crate::subject;
use crate::tasks::{Condition, Measures, Task};
pub use crate::tasks::{MOST_CLASSES, MSE_OF_CLASS, PARAMETERS, SECONDS};

/// Names of the errors that are measured of every reconstruction, on every split.
pub const RECONSTRUCTION: [&str; 5] = ["mse_per_pixel", "squared_error_per_image", "bce_per_pixel", "psnr_db", "ssim"];

/// What the data lack so that a reconstruction error is measured of them, in words; `None` if it is.
pub fn lacking_in_data(subject: &str, field: &str, dataset: &Dataset) -> Option<&'static str> {
    let of_unit_range = ["bce_per_pixel", "psnr_db", "ssim"].contains(&field) || subject == subject::PCA_CLIPPED;
    if of_unit_range && !dataset.is_in_unit_range() {
        return Some("of values from 0 to 1");
    }
    (field == "ssim" && dataset.shape.similarity_plane().is_none())
        .then_some("of grey images of 11 x 11 pixels or more")
}

impl Condition {
    /// Where the number is measured, in words; `None` if the run is such a one.
    pub(crate) fn lacking(self, run: &Run) -> Option<&'static str> {
        let imbalance = run.dataset.imbalance;
        let (is_met, place) = match self {
            Self::RareClass => (matches!(imbalance, Some(Imbalance::Rare { .. })), "with a [dataset.rare]"),
            Self::ClassLeftOut => (imbalance.is_some(), "with dataset.without, dataset.only or [dataset.rare]"),
            Self::Foreign => (run.dataset.foreign().is_some(), "where there is another embedded data set of such rows"),
            Self::KnownNoise => (
                run.dataset.has_known_noise(),
                "on data with noise of known variance, such as `surface` with grey pixels",
            ),
            Self::KnownFactors => (run.dataset.has_known_factors(), "on data with known factors, such as `glyphs`"),
            Self::HiddenRelu => (run.model.network.has_hidden_relu(), "of a network with hidden ReLU layers"),
        };
        (!is_met).then_some(place)
    }
}

/// What is measured of some subjects, on which split, and by which task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// The task. `None` of what needs no task: the parameters that baselines choose, and the share of hidden units that never fire.
    pub task: Option<Task>,
    /// The split.
    pub split: Split,
    /// The subjects.
    pub subjects: &'static [&'static str],
    /// Names of the numbers.
    pub fields: &'static [&'static str],
    /// Numbers that not every run of the task has, and what a run needs for them.
    pub only: &'static [(&'static str, Condition)],
}

impl Measured {
    /// Where a number is measured, in words; `None` if it is measured of this run, once its task is.
    pub(crate) fn lacking(&self, field: &str, run: &Run) -> Option<&'static str> {
        let class = MSE_OF_CLASS.iter().position(|of| *of == field);
        if class.is_some_and(|class| class >= run.dataset.classes().len()) {
            return Some("of a data set with such a class");
        }
        self.only.iter().find(|(of, _)| *of == field).and_then(|(_, condition)| condition.lacking(run))
    }
}

/// Share of the units of hidden ReLU layers that fire for no training row.
pub const DEAD_HIDDEN_UNITS: &str = "dead_hidden_units";

/// The numbers that are recorded of every run with hidden ReLU layers.
const OF_THE_NETWORK: Measured = Measured {
    task: None,
    split: Split::Train,
    subjects: &[subject::AUTOENCODER],
    fields: &[DEAD_HIDDEN_UNITS],
    only: &[(DEAD_HIDDEN_UNITS, Condition::HiddenRelu)],
};

/// Everything that is measured beyond reconstruction error: task by task, then the parameters that baselines choose, then what
/// every network has.
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

/// Every subject by name: those with a reconstruction error, then those of tasks.
pub fn subjects() -> Vec<&'static str> {
    subject::ALL.iter().map(|subject| subject.name).collect()
}

/// Subject and field of everything that is measured beyond reconstruction error.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    MEASURED
        .iter()
        .flat_map(|of| of.subjects.iter().flat_map(|subject| of.fields.iter().map(|field| (*subject, *field))))
}

/// Numbers that tasks of older versions measured and none does now: claims in summaries of their records go on to be read.
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

/// What a field of a subject is measured by, if it is no reconstruction error.
pub fn measured(subject: &str, field: &str) -> Option<Measured> {
    MEASURED.iter().copied().find(|of| of.subjects.contains(&subject) && of.fields.contains(&field))
}
