//! Compares the classical denoisers with SciPy and scikit-image, and checks the record of a run that has them.

#![allow(clippy::unwrap_used)]

mod common;

use networks::NETWORKS;
use std::collections::BTreeMap;

use datasets::Splits;
use evaluation::measure::{Measurement, TrainedNetwork, measure};
use evaluation::{MedianFilter, NonLocalMeans};
use record::{CorruptionError, Measures, RunDirectory};
use serde::Deserialize;
use spec::subject;
use system::storage;
use zoo::Matrix;

const PLANE: (usize, usize) = (28, 28);

#[derive(Deserialize)]
struct Golden {
    image: Vec<u8>,
    median_filter: BTreeMap<usize, Vec<u8>>,
    non_local_means: Vec<Denoised>,
    with_exact_weights: Vec<Denoised>,
}

#[derive(Deserialize)]
struct Denoised {
    h: f32,
    sigma: f32,
    pixels: Vec<f64>,
}

fn golden() -> (Golden, Matrix) {
    let golden: Golden = serde_json::from_str(include_str!("golden/denoisers.json")).unwrap();
    let pixels = golden.image.iter().map(|&byte| f32::from(byte) / 255.0).collect();
    (golden, Matrix::new(1, 784, pixels))
}

#[test]
fn the_median_filter_matches_scipy() {
    let (golden, image) = golden();
    assert!(!golden.median_filter.is_empty());
    for (window, expected) in golden.median_filter {
        let filtered = MedianFilter::new(window, PLANE).reconstruct(&image);
        let expected: Vec<f32> = expected.into_iter().map(|byte| f32::from(byte) / 255.0).collect();
        assert_eq!(filtered.values(), expected, "window {window}");
    }
}

/// Largest and mean absolute difference of denoised and expected pixels.
#[track_caller]
fn distances(image: &Matrix, expected: &Denoised) -> (f64, f64) {
    let denoised = NonLocalMeans::new(expected.h, expected.sigma, PLANE).reconstruct(image);
    let differences: Vec<f64> = denoised
        .values()
        .iter()
        .zip(&expected.pixels)
        .map(|(value, expected)| (f64::from(*value) - expected).abs())
        .collect();
    assert_eq!(differences.len(), 784);
    // The maximum of a number and NaN is the number, so NaN is excluded first.
    assert!(differences.iter().all(|difference| difference.is_finite()));
    (differences.iter().copied().fold(0.0, f64::max), differences.iter().sum::<f64>() / 784.0)
}

#[test]
fn non_local_means_match_scikit_image_up_to_its_fast_exponential() {
    let (golden, image) = golden();
    assert!(!golden.with_exact_weights.is_empty() && !golden.non_local_means.is_empty());
    for expected in golden.with_exact_weights {
        let (largest, _) = distances(&image, &expected);
        assert!(largest < 2e-6, "h = {}, sigma = {}: {largest}", expected.h, expected.sigma);
    }
    for expected in golden.non_local_means {
        let (largest, mean) = distances(&image, &expected);
        assert!(largest < 0.006 && mean < 0.0013, "h = {}, sigma = {}: {largest}, {mean}", expected.h, expected.sigma);
    }
}

#[test]
fn each_image_is_denoised_independently() {
    let (_, image) = golden();
    let dark = Matrix::new(1, 784, image.values().iter().map(|pixel| 0.5 * pixel).collect());
    let both = Matrix::new(2, 784, [dark.values(), image.values()].concat());
    let filter = NonLocalMeans::new(0.2, 0.1, PLANE);
    let apart = [filter.reconstruct(&dark), filter.reconstruct(&image)];
    assert_eq!(filter.reconstruct(&both).values(), [apart[0].values(), apart[1].values()].concat());
}

const ALL: &str = "[evaluation]\nbaselines = [\"pca\", \"linear_denoiser\", \"wiener\", \"median_filter\", \"non_local_means\"]\n\
                   tasks = [\"robustness\", \"noise_levels\"]\n";

fn measured(corruption: &str, threads: usize, change: impl Fn(&mut Splits)) -> Measurement {
    let run = common::glyphs_run(&format!("[corruption.{corruption}\n{ALL}"));
    let mut splits = common::splits(&run);
    change(&mut splits);
    let network = NETWORKS.build(&run.model).unwrap();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| measure(&run, &splits, &TrainedNetwork::of(network.as_ref(), NETWORKS))).unwrap()
}

#[test]
fn denoisers_are_measured_wherever_pca_is() {
    let measurement = measured("salt_and_pepper]\nfraction = 0.2", 2, |_| {});
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::at(folder.path());
    measurement.write(&directory).unwrap();
    let measures: Measures = storage::read_json(&directory.measures()).unwrap();
    let rows: Vec<CorruptionError> = storage::read_csv(&directory.error_by_corruption()).unwrap();
    let denoisers = [subject::LINEAR_DENOISER, subject::WIENER, subject::MEDIAN_FILTER, subject::NON_LOCAL_MEANS];
    for subject in denoisers.into_iter().chain([subject::PCA, subject::CORRUPTED_INPUT]) {
        for split in ["train", "validation", "test"] {
            assert!(measurement.metrics[split].contains_key(subject), "{split} {subject}");
        }
        let of = &measures["test"][subject];
        for field in ["mse_under_masking", "mse_at_half_the_noise", "mse_at_twice_the_noise"] {
            assert!(of.contains_key(field), "{subject} {field}");
        }
        let at = |level: f32| rows.iter().find(|row| row.subject == subject && row.level == level).unwrap();
        assert_eq!(of["mse_at_half_the_noise"], at(0.1).mse_per_pixel);
        assert_eq!(of["mse_at_twice_the_noise"], at(0.4).mse_per_pixel);
    }
    assert!(measures["test"][subject::MEDIAN_FILTER]["window"] > 1.0);
    assert!(measures["test"][subject::NON_LOCAL_MEANS]["strength"] > 0.0);
    let test = &measurement.metrics["test"];
    assert!(test[subject::MEDIAN_FILTER].mse_per_pixel < test[subject::CORRUPTED_INPUT].mse_per_pixel);
}

#[test]
fn twice_the_noise_is_limited_to_the_greatest_strength() {
    let measurement = measured("masking]\nfraction = 0.75", 2, |_| {});
    let (_, output) = &measurement.tasks[1];
    let twice = |of: &str| {
        let found = output.measures.iter().find(|(subject, field, _)| *subject == of && field.contains("twice"));
        found.unwrap().2
    };
    let black = twice(subject::CORRUPTED_INPUT);
    assert_eq!(twice(subject::MEDIAN_FILTER), black);
    assert_eq!(twice(subject::NON_LOCAL_MEANS), black);
}

#[test]
fn parameters_are_chosen_without_test_images() {
    let gaussian = "gaussian]\nsigma = 0.4";
    let chosen = measured(gaussian, 1, |_| {}).always;
    let names: Vec<String> = chosen.iter().map(|(subject, field, _)| format!("{subject}.{field}")).collect();
    let filters = ["median_filter.window", "non_local_means.strength", "non_local_means.noise_deviation"];
    assert_eq!(names, [&["wiener.regularisation"][..], &filters].concat());
    let other = measured(gaussian, 1, |splits| splits.test = splits.validation.clone());
    assert_eq!(other.always, chosen);
}

#[test]
fn denoised_results_are_the_same_at_any_number_of_threads() {
    let gaussian = "gaussian]\nsigma = 0.4";
    assert_eq!(measured(gaussian, 1, |_| {}), measured(gaussian, 3, |_| {}));
}
