//! What is commonly claimed of autoencoders, and what the recorded experiments say of it.

use std::collections::BTreeSet;

use crate::report::document::{Block, anchor};
use crate::report::words::title;
use crate::summary::{ClaimResult, Outcome, Summary};

/// A claim in words, and the claims of experiments that speak for it where they hold, or against it.
struct Statement {
    says: &'static str,
    evidence: &'static [Evidence],
}

/// Claims of an experiment, as its file writes them.
struct Evidence {
    experiment: &'static str,
    /// Whether the statement is true where these hold, rather than where they do not.
    speaks_for: bool,
    claims: &'static [&'static str],
}

const fn for_it(experiment: &'static str, claims: &'static [&'static str]) -> Evidence {
    Evidence { experiment, speaks_for: true, claims }
}

const fn against_it(experiment: &'static str, claims: &'static [&'static str]) -> Evidence {
    Evidence { experiment, speaks_for: false, claims }
}

const BEATS_PCA: &str = "test.autoencoder.mse_per_pixel < test.pca.mse_per_pixel";

const STATEMENTS: &[Statement] = &[
    Statement {
        says: "Gradient descent minimises the squared error of reconstruction: a linear autoencoder reaches PCA's",
        evidence: &[for_it(
            "linear",
            &[
                "train.autoencoder.mse_per_pixel <= 1.03 * train.pca.mse_per_pixel",
                "train.autoencoder.mse_per_pixel >= train.pca.mse_per_pixel",
            ],
        )],
    },
    Statement {
        says: "They learn what PCA cannot",
        evidence: &[
            for_it("plain", &["test.autoencoder.mse_per_pixel <= 0.6 * test.pca.mse_per_pixel"]),
            for_it("shallow", &[BEATS_PCA]),
            for_it("bottleneck", &[BEATS_PCA, "test.autoencoder.mse_per_pixel[16] < test.pca.mse_per_pixel[32]"]),
            for_it(
                "nonlinear",
                &[
                    BEATS_PCA,
                    "test.pca.components_to_equal_error[2] >= 8",
                    "test.autoencoder.excess_over_floor[2] <= 0.25",
                ],
            ),
        ],
    },
    Statement {
        says: "Deeper networks and stacked ones do better",
        evidence: &[
            for_it("deep", &["deep.test.autoencoder.mse_per_pixel < plain.test.autoencoder.mse_per_pixel"]),
            for_it(
                "stacked",
                &[
                    "stacked.test.autoencoder.mse_per_pixel < plain.test.autoencoder.mse_per_pixel",
                    "stacked.test.autoencoder.mse_per_pixel < scratch.test.autoencoder.mse_per_pixel",
                ],
            ),
        ],
    },
    Statement {
        says: "Trained to undo corruption, they remove noise",
        evidence: &[
            for_it(
                "denoising",
                &[
                    BEATS_PCA,
                    "test.autoencoder.mse_per_pixel < test.linear_denoiser.mse_per_pixel",
                    "test.autoencoder.mse_per_pixel < test.corrupted_input.mse_per_pixel",
                ],
            ),
            for_it(
                "denoising-methods",
                &[
                    BEATS_PCA,
                    "test.autoencoder.mse_per_pixel < test.linear_denoiser.mse_per_pixel",
                    "test.autoencoder.mse_per_pixel < test.median_filter.mse_per_pixel",
                    "test.autoencoder.mse_per_pixel < test.non_local_means.mse_per_pixel",
                    "test.autoencoder.mse_at_half_the_noise < test.linear_denoiser.mse_at_half_the_noise",
                    "test.autoencoder.mse_at_half_the_noise < test.median_filter.mse_at_half_the_noise",
                    "test.autoencoder.mse_at_half_the_noise < test.non_local_means.mse_at_half_the_noise",
                    "test.autoencoder.mse_at_twice_the_noise < test.linear_denoiser.mse_at_twice_the_noise",
                    "test.autoencoder.mse_at_twice_the_noise < test.median_filter.mse_at_twice_the_noise",
                    "test.autoencoder.mse_at_twice_the_noise < test.non_local_means.mse_at_twice_the_noise",
                ],
            ),
        ],
    },
    Statement {
        says: "They serve dimension reduction",
        evidence: &[for_it(
            "reduction",
            &[
                "test.autoencoder.knn_accuracy > test.pca.knn_accuracy",
                "test.autoencoder.trustworthiness > test.pca.trustworthiness",
                "test.autoencoder.continuity > test.pca.continuity",
            ],
        )],
    },
    Statement {
        says: "They serve compression",
        evidence: &[for_it(
            "compression",
            &[
                "test.autoencoder.distortion_2 < test.pca.distortion_at_rate_2",
                "test.autoencoder.distortion_4 < test.pca.distortion_at_rate_4",
                "test.autoencoder.distortion_6 < test.pca.distortion_at_rate_6",
                "test.autoencoder.distortion_8 < test.pca.distortion_at_rate_8",
            ],
        )],
    },
    Statement {
        says: "They generate images",
        evidence: &[for_it(
            "generation",
            &[
                "variational.test.prior_samples.frechet_distance < variational.test.pca_samples.frechet_distance",
                "adversarial.test.prior_samples.frechet_distance < adversarial.test.pca_samples.frechet_distance",
                "wide.test.mixture_samples.frechet_distance < wide.test.pca_mixture_samples.frechet_distance",
            ],
        )],
    },
    Statement {
        says: "Their codes are features for a classifier such as an SVM",
        evidence: &[for_it(
            "features",
            &[
                "test.autoencoder.svm_accuracy_100 > test.raw_pixels.svm_accuracy_100",
                "test.autoencoder.svm_accuracy_100 > test.pca.svm_accuracy_100",
                "test.autoencoder.svm_accuracy_1000 > test.raw_pixels.svm_accuracy_1000",
                "test.autoencoder.svm_accuracy_1000 > test.pca.svm_accuracy_1000",
                "test.autoencoder.svm_accuracy_all > test.raw_pixels.svm_accuracy_all",
                "test.autoencoder.svm_accuracy_all > test.pca.svm_accuracy_all",
            ],
        )],
    },
    Statement {
        says: "Pretrained without labels, a network classifies better",
        evidence: &[for_it(
            "fine-tuning",
            &[
                "denoising.test.fine_tuned.error < scratch.test.fine_tuned.error",
                "denoising.test.fine_tuned.error < longer.test.fine_tuned.error",
                "stacked.test.fine_tuned.error < scratch.test.fine_tuned.error",
            ],
        )],
    },
    Statement {
        says: "They serve clustering",
        evidence: &[for_it(
            "clustering",
            &[
                "test.autoencoder.nmi > test.raw_pixels.nmi",
                "test.autoencoder.nmi > test.pca.nmi",
                "test.autoencoder.cluster_accuracy > test.raw_pixels.cluster_accuracy",
                "test.autoencoder.cluster_accuracy > test.pca.cluster_accuracy",
            ],
        )],
    },
    Statement {
        says: "Their error detects anomalies",
        evidence: &[for_it(
            "anomaly",
            &[
                "test.autoencoder.left_out_auroc > test.pca.left_out_auroc",
                "test.autoencoder.left_out_auroc > test.kth_neighbour.left_out_auroc",
                "test.autoencoder.left_out_auroc > 0.8",
                "test.autoencoder.noise_auroc > 0.99",
                "test.autoencoder.noise_auroc > test.pca.noise_auroc",
                "test.autoencoder.noise_auroc > test.kth_neighbour.noise_auroc",
                "test.autoencoder.foreign_auroc > test.pca.foreign_auroc",
                "test.autoencoder.foreign_auroc > test.kth_neighbour.foreign_auroc",
                "test.autoencoder.foreign_auroc > 0.9",
            ],
        )],
    },
    Statement {
        says: "They overfit small data, and more than PCA does",
        evidence: &[for_it(
            "small-data",
            &[
                "images-1000.test.autoencoder.test_over_train < images-100.test.autoencoder.test_over_train",
                "images-10000.test.autoencoder.test_over_train < images-1000.test.autoencoder.test_over_train",
                "images-100.test.autoencoder.test_over_train > images-100.test.pca.test_over_train",
                "images-1000.test.autoencoder.test_over_train > images-1000.test.pca.test_over_train",
            ],
        )],
    },
    Statement {
        says: "They do not carry over to new data as they are, nor better than PCA",
        evidence: &[
            for_it("transfer", &["none.test.autoencoder.mse_per_pixel > longer.test.autoencoder.mse_per_pixel"]),
            against_it(
                "transfer",
                &[
                    "none.test.autoencoder.mse_per_pixel <= none.test.pca.mse_per_pixel",
                    "none.test.autoencoder.mse_per_pixel < none.test.pca_source.mse_per_pixel",
                ],
            ),
        ],
    },
    Statement {
        says: "They need more for data of more dimensions: the same code loses more of an image of more pixels, and PCA's \
               does not",
        evidence: &[
            against_it(
                "high-dimension",
                &[
                    "side-56.test.autoencoder.mse_per_pixel <= 1.25 * side-28.test.autoencoder.mse_per_pixel",
                    "side-112.test.autoencoder.mse_per_pixel <= 1.25 * side-28.test.autoencoder.mse_per_pixel",
                ],
            ),
            for_it("high-dimension", &["side-112.test.pca.mse_per_pixel <= 1.25 * side-28.test.pca.mse_per_pixel"]),
        ],
    },
    Statement {
        says: "They need care with imbalanced classes",
        evidence: &[for_it(
            "imbalance",
            &[
                "unweighted.test.autoencoder.rare_class_mse > 1.1 * natural.test.autoencoder.mse_of_class_8",
                "resampled.test.autoencoder.rare_class_mse < unweighted.test.autoencoder.rare_class_mse",
                "weighted.test.autoencoder.rare_class_mse < unweighted.test.autoencoder.rare_class_mse",
                "hard.test.autoencoder.rare_class_mse < unweighted.test.autoencoder.rare_class_mse",
            ],
        )],
    },
    Statement {
        says: "What they learn is hard to interpret: no easier than principal components",
        evidence: &[against_it(
            "interpret",
            &[
                "variational.test.autoencoder.mig > variational.test.pca.mig",
                "sparse.test.autoencoder.mig > sparse.test.pca.mig",
                "plain.test.autoencoder.mig > plain.test.pca.mig",
                "sparse.test.autoencoder.class_information > sparse.test.pca.class_information",
            ],
        )],
    },
    Statement {
        says: "Sparse codes say more, and are robust",
        evidence: &[for_it(
            "sparse",
            &[
                "sparse.test.autoencoder.active_share < 0.5 * plain.test.autoencoder.active_share",
                "sparse.test.autoencoder.class_information > plain.test.autoencoder.class_information",
                "sparse.test.autoencoder.mse_under_gaussian < plain.test.autoencoder.mse_under_gaussian",
                "sparse.test.autoencoder.mse_under_masking < plain.test.autoencoder.mse_under_masking",
            ],
        )],
    },
    Statement {
        says: "Contractive encoders are robust",
        evidence: &[for_it(
            "contractive",
            &[
                "contractive.test.autoencoder.mse_under_gaussian < plain.test.autoencoder.mse_under_gaussian",
                "contractive.test.autoencoder.mse_under_masking < plain.test.autoencoder.mse_under_masking",
                "contractive.test.autoencoder.mse_under_salt_and_pepper < \
                 plain.test.autoencoder.mse_under_salt_and_pepper",
                "contractive.test.autoencoder.mse_under_gaussian < contractive.test.pca.mse_under_gaussian",
                "contractive.test.autoencoder.jacobian_norm < contractive.test.pca.jacobian_norm",
            ],
        )],
    },
    Statement {
        says: "Encoders may be recurrent, to some gain",
        evidence: &[for_it(
            "recurrent",
            &["recurrent.test.autoencoder.mse_per_pixel < plain.test.autoencoder.mse_per_pixel"],
        )],
    },
    Statement {
        says: "Encoders may be variational: images get a likelihood",
        evidence: &[
            for_it(
                "variational",
                &["gaussian.test.autoencoder.bound_500 > gaussian.test.probabilistic_pca.log_likelihood"],
            ),
            for_it("binarised", &["stochastic.test.autoencoder.bound_500 >= -90"]),
        ],
    },
    Statement {
        says: "Adversarial training makes codes follow a prior",
        evidence: &[for_it(
            "adversarial",
            &[
                "adversarial.test.autoencoder.prior_distance < 0.1 * wide.test.autoencoder.prior_distance",
                "adversarial.test.autoencoder.prior_ks < 0.05",
            ],
        )],
    },
];

/// A row for each statement: what came of it, in how many checks, and where.
pub(super) fn table(summaries: &[&Summary]) -> Block {
    let rows = STATEMENTS.iter().map(|statement| {
        let (mut held, mut failed, mut checks) = (0, 0, 0);
        let (mut places, mut missing) = (Vec::new(), BTreeSet::new());
        for evidence in statement.evidence {
            let of: Vec<_> = summaries.iter().filter(|summary| summary.experiment == evidence.experiment).collect();
            if of.is_empty() {
                missing.insert(evidence.experiment.to_owned());
            }
            for summary in of {
                let title = title(summary);
                let named = |claim: &&ClaimResult| evidence.claims.contains(&claim.text.as_str());
                let checkable = |claim: &&ClaimResult| named(claim) && claim.verdict != Outcome::NotCheckable;
                // A record may be older than what its file claims by now.
                if summary.claims.iter().filter(checkable).count() < evidence.claims.len() {
                    missing.insert(format!("some claims of {title}"));
                }
                for claim in summary.claims.iter().filter(named) {
                    checks += claim.checks.len();
                    let clear = |speaks: bool| {
                        claim.checks.iter().filter(|check| check.clear() == Some(evidence.speaks_for == speaks)).count()
                    };
                    (held, failed) = (held + clear(true), failed + clear(false));
                }
                let link = format!("[{title}](#{})", anchor(&title));
                if !places.contains(&link) {
                    places.push(link);
                }
            }
        }
        let verdict = if !missing.is_empty() {
            Outcome::NotCheckable
        } else if held == checks {
            Outcome::Held
        } else if failed == checks {
            Outcome::Failed
        } else {
            Outcome::Depends
        };
        if !missing.is_empty() {
            places.push(format!("not recorded: {}", missing.into_iter().collect::<Vec<_>>().join(", ")));
        }
        vec![statement.says.to_owned(), verdict.name().to_owned(), format!("{held} of {checks}"), places.join(", ")]
    });
    Block::Table {
        head: ["claim", "verdict", "true in so many checks", "evidence"].map(str::to_owned).to_vec(),
        rows: rows.collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use spec::{Check, Experiment};

    use super::*;

    #[test]
    fn a_statement_is_open_until_all_its_evidence_is_recorded() {
        let check = Check { variant: None, code: None, left: None, right: None, held: Some(true), seeds: None };
        let result = |text: &&str, verdict, held| ClaimResult {
            text: (*text).to_owned(),
            verdict,
            checks: vec![Check { held, ..check.clone() }],
        };
        let summary = |experiment: &str, claims: Vec<ClaimResult>| Summary {
            experiment: experiment.to_owned(),
            question: String::new(),
            dataset: "glyphs".to_owned(),
            groups: Vec::new(),
            plots: Vec::new(),
            incomplete: Vec::new(),
            claims,
            warnings: Vec::new(),
        };
        let statement = STATEMENTS.iter().find(|statement| statement.says.starts_with("Deeper")).unwrap();
        let [deep, stacked] = [0, 1].map(|index| statement.evidence[index].claims);
        let row = |summaries: &[&Summary]| {
            let Block::Table { rows, .. } = table(summaries) else { unreachable!() };
            rows.into_iter().find(|row| row[0] == statement.says).unwrap()[1..].to_vec()
        };
        assert_eq!(row(&[]), ["open", "0 of 0", "not recorded: deep, stacked"]);
        let deep = summary("deep", deep.iter().map(|text| result(text, Outcome::Held, Some(true))).collect());
        let link = "[deep on glyphs](#deep-on-glyphs)";
        assert_eq!(row(&[&deep]), ["open", "1 of 1", &format!("{link}, not recorded: stacked")]);
        let mut claims = vec![result(&stacked[0], Outcome::Held, Some(true))];
        let links = format!("{link}, [stacked on glyphs](#stacked-on-glyphs)");
        let missing = format!("{links}, not recorded: some claims of stacked on glyphs");
        assert_eq!(row(&[&deep, &summary("stacked", claims.clone())]), ["open", "2 of 2", &missing]);
        claims.push(result(&stacked[1], Outcome::NotCheckable, None));
        assert_eq!(row(&[&deep, &summary("stacked", claims.clone())]), ["open", "2 of 3", &missing]);
        claims[1] = result(&stacked[1], Outcome::Failed, Some(false));
        assert_eq!(row(&[&deep, &summary("stacked", claims)]), ["depends", "2 of 3", &links]);
    }

    #[test]
    fn statements_rest_on_claims_that_experiments_make() {
        let folder = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../experiments");
        for Evidence { experiment, claims, .. } in STATEMENTS.iter().flat_map(|statement| statement.evidence) {
            let file = Experiment::load(&folder.join(format!("{experiment}.toml")), &[]).unwrap();
            let made: Vec<&str> = file.claims.iter().map(|claim| claim.text()).collect();
            assert!(claims.iter().all(|claim| made.contains(claim)), "{experiment}: {claims:?} of {made:?}");
        }
    }
}
