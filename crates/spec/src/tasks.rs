//! The tasks: what is measured beyond reconstruction error. An entry of the table declares one: its name, the images it is for,
//! and what it measures of which subjects.
//!
//! Each is carried out by a file of its name in `crates/evaluation/src/tasks`. `experiments/README.md` says what each number
//! means and its unit.

use crate::names::names;
use crate::subject::*;

/// What a task measures of some subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    /// The subjects.
    pub subjects: &'static [&'static str],
    /// Names of the numbers.
    pub fields: &'static [&'static str],
    /// Numbers that not every run of the task has, and what a run needs for them.
    pub only: &'static [(&'static str, Condition)],
}

impl Measures {
    /// Numbers that every run of the task has.
    pub const fn of(subjects: &'static [&'static str], fields: &'static [&'static str]) -> Self {
        Self { subjects, fields, only: &[] }
    }

    /// The same, some of them under a condition.
    #[must_use]
    pub const fn only(self, only: &'static [(&'static str, Condition)]) -> Self {
        Self { only, ..self }
    }
}

/// What a run needs so that a number is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// A class that is rare in training.
    RareClass,
    /// A class that is left out of training.
    ClassLeftOut,
    /// Noise of known variance.
    KnownNoise,
}

/// Error of the test images of each class, 0 to 9.
pub const MSE_OF_CLASS: &[&str] = &[
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

/// Wall-clock time: of all that is measured, the one thing that is another each time, and has no part in whether two records
/// are the same.
pub const SECONDS: &str = "seconds";

/// Declares the tasks: name, whether it is for images of any number of pixels, and what it measures.
macro_rules! tasks {
    ($($(#[$doc:meta])* $variant:ident = $name:literal { any_side: $any_side:literal, measures: $measures:expr, },)+) => {
        names! {
            /// Something measured beyond reconstruction error, each in a file of its name in `crates/evaluation/src/tasks`.
            Task, "task" { $($(#[$doc])* $variant = $name,)+ }
        }

        impl Task {
            /// True if it is for images of any number of pixels, and not of 28x28 alone.
            pub const fn is_for_any_side(self) -> bool {
                match self { $(Self::$variant => $any_side,)+ }
            }

            /// What it measures of which subjects, on the test split.
            pub const fn measures(self) -> &'static [Measures] {
                match self {
                    $(Self::$variant => {
                        const MEASURES: &[Measures] = $measures;
                        MEASURES
                    })+
                }
            }
        }
    };
}

tasks! {
    /// Bounds of the log-likelihood of test images, beside that of probabilistic PCA; for `variational`.
    Likelihood = "likelihood" {
        any_side: false,
        measures: &[
            Measures::of(
                &[AUTOENCODER],
                &[
                    "elbo", "reconstruction_nats", "divergence_nats", "bound_1", "bound_50", "bound_500",
                    "informative_units",
                ],
            ),
            Measures::of(&[PROBABILISTIC_PCA], &["log_likelihood"]),
        ],
    },
    /// How much samples look like data: Frechet distance, and distance to the nearest training image.
    Generation = "generation" {
        any_side: false,
        measures: &[
            Measures::of(
                &[PRIOR_SAMPLES, MIXTURE_SAMPLES, PCA_SAMPLES, PCA_MIXTURE_SAMPLES, TEST_IMAGES],
                &["frechet_distance", "nearest_distance"],
            ),
            Measures::of(&[SAMPLE_CLASSIFIER], &["accuracy"]),
        ],
    },
    /// How well the codes fit the standard normal prior.
    Prior = "prior" {
        any_side: false,
        measures: &[
            Measures::of(&[AUTOENCODER], &["prior_distance", "prior_ks", "collapsed_units"]),
        ],
    },
    /// How many units are active, how strongly, and how steep the encoder is.
    Activity = "activity" {
        any_side: false,
        measures: &[
            Measures::of(
                &[AUTOENCODER, PCA],
                &["mean_activation", "dead_units", "active_share", "sparseness", "jacobian_norm"],
            ),
        ],
    },
    /// Error under kinds of corruption that played no part in training.
    Robustness = "robustness" {
        any_side: true,
        measures: &[
            Measures::of(
                &[AUTOENCODER, PCA, CORRUPTED_INPUT],
                &["mse_under_gaussian", "mse_under_masking", "mse_under_salt_and_pepper"],
            ),
            Measures::of(DENOISERS, &["mse_under_gaussian", "mse_under_masking", "mse_under_salt_and_pepper"]),
        ],
    },
    /// What single units of the code know of class and factors of variation.
    Factors = "factors" {
        any_side: false,
        measures: &[
            Measures::of(&[AUTOENCODER, PCA], &["mig", "class_information"]),
        ],
    },
    /// Whether codes keep classes and neighbours together.
    Neighbours = "neighbours" {
        any_side: false,
        measures: &[
            Measures::of(&[AUTOENCODER, PCA, RAW_PIXELS], &["knn_accuracy"]),
            Measures::of(&[AUTOENCODER, PCA], &["trustworthiness", "continuity"]),
        ],
    },
    /// What linear classifiers make of codes, given few labels or many.
    Classification = "classification" {
        any_side: false,
        measures: &[
            Measures::of(
                &[AUTOENCODER, PCA, RAW_PIXELS],
                &[
                    "svm_accuracy_100", "svm_accuracy_1000", "svm_accuracy_all", "logistic_accuracy_100",
                    "logistic_accuracy_1000", "logistic_accuracy_all",
                ],
            ),
        ],
    },
    /// Whether k-means on codes finds the classes.
    Clustering = "clustering" {
        any_side: false,
        measures: &[
            Measures::of(&[AUTOENCODER, PCA, RAW_PIXELS], &["nmi", "ari", "cluster_accuracy"]),
        ],
    },
    /// How many bits an image takes as a code, and what is lost by it.
    Compression = "compression" {
        any_side: false,
        measures: &[
            Measures::of(
                &[AUTOENCODER],
                &[
                    "rate_2", "distortion_2", "rate_4", "distortion_4", "rate_6", "distortion_6", "rate_8",
                    "distortion_8",
                ],
            ),
            Measures::of(
                &[PCA],
                &[
                    "rate_at_distortion_2", "distortion_at_rate_2", "rate_at_distortion_4", "distortion_at_rate_4",
                    "rate_at_distortion_6", "distortion_at_rate_6", "rate_at_distortion_8", "distortion_at_rate_8",
                ],
            ),
            Measures::of(&[PNG, JPEG], &["bits_per_image"]),
            Measures::of(&[JPEG], &["distortion"]),
        ],
    },
    /// Whether error tells what was never shown: a class left out, noise, another data set.
    Anomaly = "anomaly" {
        any_side: false,
        measures: &[
            Measures::of(
                &[AUTOENCODER, PCA, KTH_NEIGHBOUR],
                &[
                    "left_out_auroc", "left_out_precision", "noise_auroc", "noise_precision", "foreign_auroc",
                    "foreign_precision",
                ],
            )
            .only(&[("left_out_auroc", Condition::ClassLeftOut), ("left_out_precision", Condition::ClassLeftOut)]),
        ],
    },
    /// How many principal components equal the autoencoder, and how far both are from a known least error.
    Components = "components" {
        any_side: false,
        measures: &[
            Measures::of(&[PCA], &["components_to_equal_error"]),
            Measures::of(&[NOISE_FLOOR], &["mse_per_pixel"]).only(&[("mse_per_pixel", Condition::KnownNoise)]),
            Measures::of(
                &[AUTOENCODER, PCA],
                &["excess_over_floor"],
            )
            .only(&[("excess_over_floor", Condition::KnownNoise)]),
        ],
    },
    /// The error of each class, and of one that is rare beside the others.
    Classes = "classes" {
        any_side: true,
        measures: &[
            Measures::of(&[AUTOENCODER, PCA], MSE_OF_CLASS),
            Measures::of(
                &[AUTOENCODER, PCA],
                &["worst_class_mse", "rare_class_mse", "other_classes_mse"],
            )
            .only(&[("rare_class_mse", Condition::RareClass), ("other_classes_mse", Condition::RareClass)]),
        ],
    },
    /// What PCA of a transfer's source makes of the target's images.
    Transfer = "transfer" {
        any_side: false,
        measures: &[
            Measures::of(&[PCA_SOURCE, PCA_TUNED, SOURCE_MEAN_IMAGE], &["mse_per_pixel"]),
        ],
    },
    /// Error under the run's own kind of corruption at half and at twice the strength of the training.
    NoiseLevels = "noise_levels" {
        any_side: true,
        measures: &[
            Measures::of(&[AUTOENCODER, PCA], &["mse_at_half_the_noise", "mse_at_twice_the_noise"]),
            Measures::of(DENOISERS, &["mse_at_half_the_noise", "mse_at_twice_the_noise"]),
            Measures::of(&[CORRUPTED_INPUT], &["mse_at_half_the_noise", "mse_at_twice_the_noise"]),
        ],
    },
    /// Error on clean images, of the test split beside those of the training.
    Generalisation = "generalisation" {
        any_side: true,
        measures: &[
            Measures::of(&[AUTOENCODER, PCA], &["clean_mse", "clean_train_mse", "test_over_train"]),
        ],
    },
    /// What the encoder comes to once it is trained on labels; for runs with a classifier.
    FineTuning = "fine_tuning" {
        any_side: false,
        measures: &[
            Measures::of(&[FINE_TUNED], &["error", "cross_entropy"]),
        ],
    },
    /// Learned numbers and seconds of autoencoder and PCA.
    Cost = "cost" {
        any_side: true,
        measures: &[
            Measures::of(&[AUTOENCODER, PCA], &["parameters", SECONDS]),
        ],
    },
}
