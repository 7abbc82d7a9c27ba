//! Tasks: measurements beyond reconstruction error. Each entry of the table declares one: its name, its needs, and what
//! it measures of which subjects.
//!
//! `crates/evaluation/src/tasks` has one file for each task. `docs/measures.md` gives the meaning and unit of each
//! number.

use crate::names::names;
use crate::needs::{EIGENVECTORS, Need};
use crate::subject::*;

/// Names of the numbers that a task measures of some subjects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    /// Names of the subjects.
    pub subjects: &'static [&'static str],
    /// Names of the numbers.
    pub fields: &'static [&'static str],
    /// Names of the numbers that only some runs of the task have, and the condition of each.
    pub only: &'static [(&'static str, Condition)],
}

impl Measures {
    /// Numbers that every run of the task has.
    pub const fn of(subjects: &'static [&'static str], fields: &'static [&'static str]) -> Self {
        Self { subjects, fields, only: &[] }
    }

    /// The same measures, where the numbers in `only` have a condition.
    #[must_use]
    pub const fn only(self, only: &'static [(&'static str, Condition)]) -> Self {
        Self { only, ..self }
    }
}

/// Condition on a run for a number to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// A class that is rare in training.
    RareClass,
    /// A class that is left out of training.
    ClassLeftOut,
    /// Another embedded data set with rows of the same shape.
    Foreign,
    /// Noise of known variance.
    KnownNoise,
    /// A network with hidden ReLU layers.
    HiddenRelu,
    /// Rows whose factors of variation are known.
    KnownFactors,
}

/// Greatest number of classes whose errors are measured separately.
pub const MOST_CLASSES: usize = 100;

/// Names of the errors of single classes: `mse_of_class_0`, `mse_of_class_1` and so on.
pub const MSE_OF_CLASS: &[&str] = &{
    let mut names = [""; MOST_CLASSES];
    let mut class = 0;
    while class < MOST_CLASSES {
        let (bytes, length) = &LETTERS[class];
        names[class] = match std::str::from_utf8(bytes.split_at(*length).0) {
            Ok(name) => name,
            Err(_) => panic!("the letters of a name"),
        };
        class += 1;
    }
    names
};

/// Letters of each name, and number of letters.
const LETTERS: &[([u8; 15], usize); MOST_CLASSES] = &{
    let start = *b"mse_of_class_00";
    let mut letters = [(start, start.len()); MOST_CLASSES];
    let mut class = 0;
    while class < MOST_CLASSES {
        let [tens, units] = [b'0' + (class / 10) as u8, b'0' + (class % 10) as u8];
        let (name, length) = &mut letters[class];
        if class < 10 {
            (name[13], *length) = (units, 14);
        } else {
            (name[13], name[14]) = (tens, units);
        }
        class += 1;
    }
    letters
};

/// Name of a wall-clock time in seconds. It differs in each repetition, so that comparisons of two records ignore it.
pub const SECONDS: &str = "seconds";
/// Name of the number of parameters, which does not depend on chance.
pub const PARAMETERS: &str = "parameters";

/// Declares the tasks: name, needs, and measures of each. The first token stands for `$` in the macro `each_task`,
/// which passes the table on.
macro_rules! tasks {
    ($dollar:tt $($(#[$doc:meta])* $variant:ident = $name:ident { needs: $needs:expr, measures: $measures:expr, },)+) => {
        names! {
            /// A measurement beyond reconstruction error. `crates/evaluation/src/tasks` has one file for each.
            Task, "task" { $($(#[$doc])* $variant = stringify!($name),)+ }
        }

        impl Task {
            /// What the task needs of a run. A file that lists it without meeting a need is an error.
            pub const fn needs(self) -> &'static [Need] {
                use Need::*;
                match self { $(Self::$variant => &$needs,)+ }
            }

            /// Measures of the task and their subjects, on the test split.
            pub const fn measures(self) -> &'static [Measures] {
                match self {
                    $(Self::$variant => {
                        const MEASURES: &[Measures] = $measures;
                        MEASURES
                    })+
                }
            }
        }

        /// Passes the table of tasks to a macro, as `Variant name,` for each, so that no other crate lists them again.
        #[macro_export]
        macro_rules! each_task {
            ($dollar then:ident) => { $dollar then! { $($variant $name,)+ } };
        }
    };
}

tasks! {$
    /// Bounds of the log-likelihood of binarised test images, compared with a mixture of Bernoulli distributions. For
    /// networks with a Gaussian code.
    Likelihood = likelihood {
        needs: [Likelihood],
        measures: &[
            Measures::of(
                &[AUTOENCODER],
                &[
                    "elbo", "reconstruction_nats", "divergence_nats", "bound_1", "bound_50", "bound_500",
                    "informative_units",
                ],
            ),
            Measures::of(&[BERNOULLI_MIXTURE], &["log_likelihood", "components"]),
        ],
    },
    /// Quality of samples: Frechet distance to test images, and distance to the nearest training image.
    Generation = generation {
        needs: [Classes, Decoder],
        measures: &[
            Measures::of(
                &[PRIOR_SAMPLES, MIXTURE_SAMPLES, PCA_SAMPLES, PCA_MIXTURE_SAMPLES, TEST_IMAGES],
                &["frechet_distance", "nearest_distance"],
            ),
            Measures::of(&[PCA_SAMPLES, PCA_MIXTURE_SAMPLES], &["components"]),
            Measures::of(
                &[TEST_IMAGES],
                &["frechet_distance_of_500", "frechet_distance_of_1000", "frechet_distance_of_2000"],
            ),
            Measures::of(&[TRAINING_RECONSTRUCTIONS], &["nearest_distance"]),
            Measures::of(&[SAMPLE_CLASSIFIER], &["accuracy"]),
        ],
    },
    /// Distance of the codes from the standard normal prior.
    Prior = prior {
        needs: [],
        measures: &[
            Measures::of(&[AUTOENCODER], &["prior_distance", "prior_ks", "collapsed_units"]),
        ],
    },
    /// Number and strength of active units, and steepness of the encoder.
    Activity = activity {
        needs: [],
        measures: &[
            Measures::of(
                &[AUTOENCODER, PCA],
                &["mean_activation", "dead_units", "active_share", "sparseness", "jacobian_norm"],
            ),
        ],
    },
    /// Error under kinds of corruption that were not used in training.
    Robustness = robustness {
        needs: [UnitRange],
        measures: &[
            Measures::of(
                &[AUTOENCODER, PCA, CORRUPTED_INPUT],
                &["mse_under_gaussian", "mse_under_masking", "mse_under_salt_and_pepper"],
            ),
            Measures::of(DENOISERS, &["mse_under_gaussian", "mse_under_masking", "mse_under_salt_and_pepper"]),
        ],
    },
    /// Information of single units of the code about class and factors of variation.
    Factors = factors {
        needs: [Classes, Decoder],
        measures: &[
            Measures::of(&[AUTOENCODER, PCA], &["mig", "sap", "class_information"])
                .only(&[("mig", Condition::KnownFactors), ("sap", Condition::KnownFactors)]),
            Measures::of(&[ROTATED_PCA], &["mig", "sap", "mig_spread"]).only(&[
                ("mig", Condition::KnownFactors), ("sap", Condition::KnownFactors),
                ("mig_spread", Condition::KnownFactors),
            ]),
        ],
    },
    /// Agreement of neighbours in the code with classes and with neighbours in the rows.
    Neighbours = neighbours {
        needs: [Classes],
        measures: &[
            Measures::of(&[AUTOENCODER, PCA, RAW_PIXELS], &["knn_accuracy"]),
            Measures::of(&[AUTOENCODER, PCA], &["trustworthiness", "continuity"]),
        ],
    },
    /// Accuracy of linear classifiers of codes, with few labels or many.
    Classification = classification {
        needs: [Classes],
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
    /// Agreement of clusters of codes, found by k-means, with the classes.
    Clustering = clustering {
        needs: [Classes],
        measures: &[
            Measures::of(&[AUTOENCODER, PCA, RAW_PIXELS], &["nmi", "ari", "cluster_accuracy"]),
        ],
    },
    /// Number of bits of an image that is compressed by its code, and the error of that.
    Compression = compression {
        needs: [GreyImages, UnitRange, Decoder],
        measures: &[
            Measures::of(
                &[AUTOENCODER],
                &[
                    "rate_2", "distortion_2", "rate_4", "distortion_4", "rate_6", "distortion_6", "rate_8",
                    "distortion_8", "bd_rate", "file_bits_2", "file_bits_4", "file_bits_6", "file_bits_8", "file_bd_rate",
                    "file_bd_rate_to_jpeg",
                ],
            ),
            Measures::of(
                &[AUTOENCODER, PCA],
                &[
                    "bits_at_14_db", "bits_at_16_db", "bits_at_18_db", "bits_at_20_db", "bits_at_22_db",
                    "bits_at_24_db", "bits_at_26_db",
                ],
            ),
            Measures::of(&[PNG, JPEG], &["bits_per_image"]),
            Measures::of(&[JPEG], &["distortion"]),
        ],
    },
    /// Detection by error of rows unlike the training rows: a class left out, noise, another data set.
    Anomaly = anomaly {
        needs: [UnseenForeign],
        measures: &[
            Measures::of(
                &[AUTOENCODER, PCA, KTH_NEIGHBOUR],
                &[
                    "left_out_auroc", "left_out_precision", "noise_auroc", "noise_precision", "foreign_auroc",
                    "foreign_precision",
                ],
            )
            .only(&[
                ("left_out_auroc", Condition::ClassLeftOut), ("left_out_precision", Condition::ClassLeftOut),
                ("foreign_auroc", Condition::Foreign), ("foreign_precision", Condition::Foreign),
            ]),
        ],
    },
    /// Detection by error of known faults of a machine, and of the faulty column.
    Faults = faults {
        needs: [KnownFaults],
        measures: &[
            Measures::of(
                &[AUTOENCODER, PCA, KTH_NEIGHBOUR],
                &["stuck_auroc", "spike_auroc", "drift_auroc", "swapped_auroc", "faults_auroc"],
            ),
            Measures::of(
                &[AUTOENCODER, PCA],
                &["blame", "false_alarms", "false_alarms_low", "false_alarms_high", "found", "blame_of_flagged"],
            ),
        ],
    },
    /// Number of principal components with the same error as the autoencoder, and distance of both from the least
    /// possible error.
    Components = components {
        needs: [EIGENVECTORS],
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
    /// Error of each class, and of a rare class compared with the others.
    Classes = classes {
        needs: [Classes, AtMostClasses(MOST_CLASSES)],
        measures: &[
            Measures::of(&[AUTOENCODER, PCA], MSE_OF_CLASS),
            Measures::of(
                &[AUTOENCODER, PCA],
                &["worst_class_mse", "rare_class_mse", "other_classes_mse"],
            )
            .only(&[("rare_class_mse", Condition::RareClass), ("other_classes_mse", Condition::RareClass)]),
        ],
    },
    /// Error of PCA of the source data of a transfer on images of the target data.
    Transfer = transfer {
        needs: [Transfer],
        measures: &[
            Measures::of(&[PCA_SOURCE, PCA_TUNED, SOURCE_MEAN_IMAGE], &["mse_per_pixel"]),
        ],
    },
    /// Error under the run's kind of corruption at half and twice the strength of training.
    NoiseLevels = noise_levels {
        needs: [Corruption],
        measures: &[
            Measures::of(&[AUTOENCODER, PCA], &["mse_at_half_the_noise", "mse_at_twice_the_noise"]),
            Measures::of(DENOISERS, &["mse_at_half_the_noise", "mse_at_twice_the_noise"]),
            Measures::of(&[CORRUPTED_INPUT], &["mse_at_half_the_noise", "mse_at_twice_the_noise"]),
        ],
    },
    /// Error on clean images of the test split, compared with that of the training split.
    Generalisation = generalisation {
        needs: [],
        measures: &[
            Measures::of(&[AUTOENCODER, PCA], &["clean_mse", "clean_train_mse", "test_over_train"]),
        ],
    },
    /// Error of the encoder after it is trained on labels. For runs with a classifier.
    FineTuning = fine_tuning {
        needs: [Classifier],
        measures: &[
            Measures::of(&[FINE_TUNED], &["error", "cross_entropy"]),
        ],
    },
    /// Number of parameters and training time of autoencoder and PCA.
    Cost = cost {
        needs: [],
        measures: &[
            Measures::of(&[AUTOENCODER, PCA], &[PARAMETERS, SECONDS]),
        ],
    },
}
