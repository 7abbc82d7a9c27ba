//! What is measured beyond reconstruction error, by name: the contents of `measures.json`, and what claims may say.
//!
//! `experiments/README.md` says what each number means and its unit.

use crate::catalogue::{CLASSES, Task};
use crate::subject::*;

/// Names of the errors that are measured of every reconstruction, on every split.
pub const RECONSTRUCTION: [&str; 5] = ["mse_per_pixel", "squared_error_per_image", "bce_per_pixel", "psnr_db", "ssim"];

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

/// Error of the test images of each class, 0 to 9.
pub const MSE_OF_CLASS: [&str; CLASSES] = [
    "mse_of_class_0",
    "mse_of_class_1",
    "mse_of_class_2",
    "mse_of_class_3",
    "mse_of_class_4",
    "mse_of_class_5",
    "mse_of_class_6",
    "mse_of_class_7",
    "mse_of_class_8",
    "mse_of_class_9",
];

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
        subjects: &[PRIOR_SAMPLES, MIXTURE_SAMPLES, PCA_SAMPLES, PCA_MIXTURE_SAMPLES, TEST_IMAGES],
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
    Measured { task: Some(Task::Neighbours), subjects: &[AUTOENCODER, PCA, RAW_PIXELS], fields: &["knn_accuracy"] },
    Measured {
        task: Some(Task::Neighbours),
        subjects: &[AUTOENCODER, PCA],
        fields: &["trustworthiness", "continuity"],
    },
    Measured {
        task: Some(Task::Classification),
        subjects: &[AUTOENCODER, PCA, RAW_PIXELS],
        fields: &[
            "svm_accuracy_100",
            "svm_accuracy_1000",
            "svm_accuracy_all",
            "logistic_accuracy_100",
            "logistic_accuracy_1000",
            "logistic_accuracy_all",
        ],
    },
    Measured {
        task: Some(Task::Clustering),
        subjects: &[AUTOENCODER, PCA, RAW_PIXELS],
        fields: &["nmi", "ari", "cluster_accuracy"],
    },
    Measured {
        task: Some(Task::Compression),
        subjects: &[AUTOENCODER],
        fields: &[
            "rate_2",
            "distortion_2",
            "rate_4",
            "distortion_4",
            "rate_6",
            "distortion_6",
            "rate_8",
            "distortion_8",
        ],
    },
    Measured {
        task: Some(Task::Compression),
        subjects: &[PCA],
        fields: &[
            "rate_at_distortion_2",
            "distortion_at_rate_2",
            "rate_at_distortion_4",
            "distortion_at_rate_4",
            "rate_at_distortion_6",
            "distortion_at_rate_6",
            "rate_at_distortion_8",
            "distortion_at_rate_8",
        ],
    },
    Measured {
        task: Some(Task::Anomaly),
        subjects: &[AUTOENCODER, PCA, KTH_NEIGHBOUR],
        fields: &[
            "left_out_auroc",
            "left_out_precision",
            "noise_auroc",
            "noise_precision",
            "foreign_auroc",
            "foreign_precision",
        ],
    },
    Measured { task: Some(Task::Compression), subjects: &[PNG, JPEG], fields: &["bits_per_image"] },
    Measured { task: Some(Task::Compression), subjects: &[JPEG], fields: &["distortion"] },
    Measured { task: Some(Task::Components), subjects: &[PCA], fields: &["components_to_equal_error"] },
    Measured { task: Some(Task::Components), subjects: &[NOISE_FLOOR], fields: &["mse_per_pixel"] },
    Measured { task: Some(Task::Components), subjects: &[AUTOENCODER, PCA], fields: &["excess_over_floor"] },
    Measured { task: Some(Task::Classes), subjects: &[AUTOENCODER, PCA], fields: &MSE_OF_CLASS },
    Measured {
        task: Some(Task::Classes),
        subjects: &[AUTOENCODER, PCA],
        fields: &["worst_class_mse", "rare_class_mse", "other_classes_mse"],
    },
    Measured {
        task: Some(Task::Transfer),
        subjects: &[PCA_SOURCE, PCA_TUNED, SOURCE_MEAN_IMAGE],
        fields: &["mse_per_pixel"],
    },
    Measured {
        task: Some(Task::Robustness),
        subjects: &[LINEAR_DENOISER, MEDIAN_FILTER, NON_LOCAL_MEANS],
        fields: &["mse_under_gaussian", "mse_under_masking", "mse_under_salt_and_pepper"],
    },
    Measured {
        task: Some(Task::NoiseLevels),
        subjects: &[AUTOENCODER, PCA, LINEAR_DENOISER, MEDIAN_FILTER, NON_LOCAL_MEANS, CORRUPTED_INPUT],
        fields: &["mse_at_half_the_noise", "mse_at_twice_the_noise"],
    },
    Measured { task: None, subjects: &[MEDIAN_FILTER], fields: &["window"] },
    Measured { task: None, subjects: &[NON_LOCAL_MEANS], fields: &["strength", "noise_deviation"] },
    Measured {
        task: Some(Task::Generalisation),
        subjects: &[AUTOENCODER, PCA],
        fields: &["clean_mse", "clean_train_mse", "test_over_train"],
    },
    Measured { task: Some(Task::FineTuning), subjects: &[FINE_TUNED], fields: &["error", "cross_entropy"] },
    Measured { task: Some(Task::Cost), subjects: &[AUTOENCODER, PCA], fields: &["parameters", SECONDS] },
];

/// Wall-clock time: of all that is measured, the one thing that is another each time, and has no part in whether two records
/// are the same.
pub const SECONDS: &str = "seconds";

/// Whoever is measured, each once: those whose reconstruction error is, then those of tasks.
pub fn subjects() -> Vec<&'static str> {
    let mut subjects = reconstructing();
    for subject in MEASURED.iter().flat_map(|of| of.subjects) {
        if !subjects.contains(subject) {
            subjects.push(subject);
        }
    }
    subjects
}

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
