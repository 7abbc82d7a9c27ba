//! Names of recorded numbers in words, as parts of sentences.

/// A number's name in words, without an article: `error`, `bits per image at 20 dB`. An unknown name is returned with
/// spaces for underscores.
pub(super) fn in_words(field: &str) -> String {
    known(field).unwrap_or_else(|| field.replace('_', " "))
}

fn known(field: &str) -> Option<String> {
    let fixed = match field {
        "mse_per_pixel" => "error",
        "squared_error_per_image" => "squared error per image",
        "bce_per_pixel" => "cross-entropy",
        "psnr_db" => "peak signal-to-noise ratio",
        "ssim" => "structural similarity",
        "clean_mse" => "error on clean rows",
        "rare_class_mse" => "error on the rare class",
        "other_classes_mse" => "error on the other classes",
        "mse_at_half_the_noise" => "error at half the noise",
        "mse_at_twice_the_noise" => "error at twice the noise",
        "mse_under_gaussian" => "error under Gaussian noise",
        "mse_under_masking" => "error under masking noise",
        "mse_under_salt_and_pepper" => "error under salt and pepper noise",
        "test_over_train" => "ratio of test to training error",
        "error" => "share of wrong classes",
        "dead_hidden_units" => "share of dead hidden units",
        "dead_units" => "share of dead code units",
        "active_share" => "share of active code units",
        "informative_units" => "number of informative code units",
        "class_information" => "information about the class",
        "mig" => "mutual information gap",
        "sap" => "SAP score",
        "left_out_auroc" => "AUROC of left-out classes",
        "noise_auroc" => "AUROC of noise",
        "foreign_auroc" => "AUROC of another data set",
        "faults_auroc" => "AUROC of all faults",
        "stuck_auroc" => "AUROC of stuck sensors",
        "spike_auroc" => "AUROC of spikes",
        "drift_auroc" => "AUROC of drift",
        "swapped_auroc" => "AUROC of swapped sensors",
        "blame" => "share of faults with the right column",
        "blame_of_flagged" => "share of flagged faults with the right column",
        "found" => "share of faults found",
        "false_alarms" => "share of false alarms",
        "false_alarms_low" => "lower end of the interval of false alarms",
        "false_alarms_high" => "upper end of the interval of false alarms",
        "prior_distance" => "distance of codes from the prior",
        "prior_ks" => "Kolmogorov-Smirnov distance from the prior",
        "frechet_distance" => "Fréchet distance from test images",
        "nearest_distance" => "distance to the nearest training image",
        "log_likelihood" => "log-likelihood",
        "jacobian_norm" => "norm of the encoder's Jacobian",
        "nmi" => "normalised mutual information of clusters and classes",
        "ari" => "adjusted Rand index",
        "cluster_accuracy" => "cluster accuracy",
        "knn_accuracy" => "accuracy of nearest neighbours",
        "trustworthiness" => "trustworthiness",
        "continuity" => "continuity",
        "seconds" => "time to fit",
        "bd_rate" => "change of bits against PCA at equal quality, in percent,",
        "file_bd_rate" => "change of file size against PCA at equal quality, in percent,",
        "file_bd_rate_to_jpeg" => "change of file size against JPEG at equal quality, in percent,",
        "components_to_equal_error" => "number of components that PCA needs for the same error",
        "excess_over_floor" => "error above the noise, as a share of the noise,",
        _ => "",
    };
    if !fixed.is_empty() {
        return Some(fixed.to_owned());
    }
    let labels = |count: &str| match count.len() {
        _ if count == "all" => "all labels".to_owned(),
        4.. => format!("{},{} labels", &count[..count.len() - 3], &count[count.len() - 3..]),
        _ => format!("{count} labels"),
    };
    if let Some(count) = field.strip_prefix("svm_accuracy_") {
        return Some(format!("SVM accuracy with {}", labels(count)));
    }
    if let Some(count) = field.strip_prefix("logistic_accuracy_") {
        return Some(format!("accuracy of logistic regression with {}", labels(count)));
    }
    if let Some(class) = field.strip_prefix("mse_of_class_") {
        return Some(format!("error on class {class}"));
    }
    if let Some(samples) = field.strip_prefix("bound_") {
        return Some(format!("log-likelihood bound with {samples} samples"));
    }
    let decibels = |name: &str| name.strip_suffix("_db").map(str::to_owned);
    if let Some(decibels) = field.strip_prefix("file_bits_at_").and_then(decibels) {
        return Some(format!("file bits per image at {decibels} dB"));
    }
    field.strip_prefix("bits_at_").and_then(decibels).map(|decibels| format!("bits per image at {decibels} dB"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_number_in_a_claim_of_an_experiment_file_has_words() {
        let experiments = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../experiments");
        let mut claims = 0;
        for path in std::fs::read_dir(experiments).unwrap().map(|entry| entry.unwrap().path()) {
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            for claim in text.lines().filter_map(|line| line.trim().strip_prefix('"')?.strip_suffix("\",")) {
                let Ok(claim) = spec::Claim::parse(claim) else { continue };
                claims += 1;
                for metric in claim.metrics() {
                    assert!(known(&metric.field).is_some(), "{}: {}", path.display(), metric.field);
                }
            }
        }
        assert!(claims > 100, "{claims}");
    }

    #[test]
    fn numbers_in_a_name_are_kept() {
        assert_eq!(in_words("svm_accuracy_all"), "SVM accuracy with all labels");
        assert_eq!(in_words("svm_accuracy_1000"), "SVM accuracy with 1,000 labels");
        assert_eq!(in_words("bits_at_20_db"), "bits per image at 20 dB");
        assert_eq!(in_words("something_new"), "something new");
    }
}
