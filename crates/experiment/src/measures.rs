//! What is measured beyond reconstruction error, by name: the contents of `measures.json`, and what claims may say.
//!
//! `experiments/README.md` says what each number means and its unit.

use crate::catalogue::Task;
use crate::record::subject::{
    AUTOENCODER, CLASSIFIER, CORRUPTED_INPUT, MEDIAN_FILTER, MIXTURE_SAMPLES, NON_LOCAL_MEANS, PCA, PCA_SAMPLES,
    PRIOR_SAMPLES, PROBABILISTIC_PCA, TEST_IMAGES,
};

/// What a task measures of some subjects, on the test split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// The task; `None` for what a baseline has chosen in its fit, which is recorded of every run that has it.
    pub task: Option<Task>,
    /// Whom it measures.
    pub subjects: &'static [&'static str],
    /// Names of the numbers.
    pub fields: &'static [&'static str],
}

/// Everything that tasks measure.
pub const MEASURED: &[Measured] = &[
    Measured {
        task: Some(Task::Likelihood),
        subjects: &[AUTOENCODER],
        fields: &[
            "elbo",
            "reconstruction_nats",
            "divergence_nats",
            "bound_1",
            "bound_50",
            "bound_500",
            "informative_units",
        ],
    },
    Measured { task: Some(Task::Likelihood), subjects: &[PROBABILISTIC_PCA], fields: &["log_likelihood"] },
    Measured {
        task: Some(Task::Generation),
        subjects: &[PRIOR_SAMPLES, MIXTURE_SAMPLES, PCA_SAMPLES, TEST_IMAGES],
        fields: &["frechet_distance", "nearest_distance"],
    },
    Measured { task: Some(Task::Generation), subjects: &[CLASSIFIER], fields: &["accuracy"] },
    Measured {
        task: Some(Task::Prior),
        subjects: &[AUTOENCODER],
        fields: &["prior_distance", "prior_ks", "collapsed_units"],
    },
    Measured {
        task: Some(Task::Activity),
        subjects: &[AUTOENCODER, PCA],
        fields: &["mean_activation", "dead_units", "active_share", "sparseness", "jacobian_norm"],
    },
    Measured {
        task: Some(Task::Robustness),
        subjects: &[AUTOENCODER, PCA, CORRUPTED_INPUT],
        fields: &["mse_under_gaussian", "mse_under_masking", "mse_under_salt_and_pepper"],
    },
    Measured { task: Some(Task::Factors), subjects: &[AUTOENCODER, PCA], fields: &["mig", "class_information"] },
    Measured {
        task: Some(Task::Robustness),
        subjects: &[MEDIAN_FILTER, NON_LOCAL_MEANS],
        fields: &["mse_under_gaussian", "mse_under_masking", "mse_under_salt_and_pepper"],
    },
    Measured {
        task: Some(Task::NoiseLevels),
        subjects: &[AUTOENCODER, PCA, MEDIAN_FILTER, NON_LOCAL_MEANS, CORRUPTED_INPUT],
        fields: &["mse_at_half_the_noise", "mse_at_twice_the_noise"],
    },
    Measured { task: None, subjects: &[MEDIAN_FILTER], fields: &["window"] },
    Measured { task: None, subjects: &[NON_LOCAL_MEANS], fields: &["strength"] },
    Measured {
        task: Some(Task::Generalisation),
        subjects: &[AUTOENCODER, PCA],
        fields: &["clean_mse", "clean_train_mse", "test_over_train"],
    },
];

/// Subject and field of everything that tasks measure.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    MEASURED
        .iter()
        .flat_map(|of| of.subjects.iter().flat_map(|subject| of.fields.iter().map(|field| (*subject, *field))))
}

/// What a field of a subject is measured by, if it is no reconstruction error.
pub fn measured(subject: &str, field: &str) -> Option<Measured> {
    MEASURED.iter().copied().find(|of| of.subjects.contains(&subject) && of.fields.contains(&field))
}
