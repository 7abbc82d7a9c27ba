//! A whole measurement of a small run, with networks whose errors can be computed by hand.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use datasets::{Rows, Splits};
use evaluation::measure::{Measurement, TrainedNetwork, measure};
use evaluation::{Error, Pca};
use networks::NETWORKS;
use record::{CodePoint, ErrorThreshold, RunDirectory};
use safetensors::tensor::{Dtype, SafeTensors};
use spec::Run;
use spec::catalogue::{Baseline, Task};
use spec::measures;
use spec::subject;
use system::storage;
use zoo::{Autoencoder, Matrix};

const PIXELS: usize = 784;

const NOISE: &str = "[corruption.gaussian]\nsigma = 0.5\n[evaluation]\ncorruption_levels = [0.0, 0.5, 1.0]\n";

/// A model that halves every pixel. Its code is the first four pixels.
struct Halving;

impl Autoencoder for Halving {
    fn code_size(&self) -> usize {
        4
    }

    fn parameter_count(&self) -> usize {
        0
    }

    fn encode(&self, images: &Matrix) -> Matrix {
        Matrix::new(images.rows(), 4, (0..images.rows()).flat_map(|row| images.row(row)[400..404].to_vec()).collect())
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        Matrix::new(codes.rows(), PIXELS, vec![0.0; codes.rows() * PIXELS])
    }

    fn reconstruct(&self, images: &Matrix) -> Matrix {
        Matrix::new(images.rows(), PIXELS, images.values().iter().map(|value| value / 2.0).collect())
    }
}

/// A model that reconstructs every value as NaN.
struct Broken;

impl Autoencoder for Broken {
    fn code_size(&self) -> usize {
        4
    }

    fn parameter_count(&self) -> usize {
        0
    }

    fn encode(&self, images: &Matrix) -> Matrix {
        Matrix::new(images.rows(), 4, vec![f32::NAN; images.rows() * 4])
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        Matrix::new(codes.rows(), PIXELS, vec![f32::NAN; codes.rows() * PIXELS])
    }
}

/// A model that adds a small constant to the reconstructions of PCA.
struct Shifted(Pca);

impl Autoencoder for Shifted {
    fn code_size(&self) -> usize {
        self.0.code_size()
    }

    fn parameter_count(&self) -> usize {
        self.0.parameter_count()
    }

    fn encode(&self, images: &Matrix) -> Matrix {
        self.0.encode(images)
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        let mut images = self.0.decode(codes);
        images.values_mut().iter_mut().for_each(|value| *value += 0.001);
        images
    }
}

fn measured(more: &str, threads: usize) -> Measurement {
    let run = common::glyphs_run(more);
    let splits = common::splits(&run);
    let filters = Matrix::new(20, PIXELS, (0..20 * PIXELS).map(|index| index as f32).collect());
    let mut trained = TrainedNetwork::new(&Halving, NETWORKS);
    trained.filters = Some(&filters);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| measure(&run, &splits, &trained).unwrap())
}

#[test]
fn every_split_and_subject_is_measured() {
    let clean = measured("", 2);
    assert_eq!(clean.metrics.keys().collect::<Vec<_>>(), ["test", "train", "validation"]);
    for subjects in clean.metrics.values() {
        assert_eq!(subjects.keys().collect::<Vec<_>>(), ["autoencoder", "mean_image", "pca", "pca_clipped"]);
        assert!(subjects[subject::PCA_CLIPPED].mse_per_pixel <= subjects[subject::PCA].mse_per_pixel);
    }
    let noisy = measured(NOISE, 2);
    assert_eq!(noisy.metrics.len(), 3);
    assert!(noisy.metrics.values().all(|subjects| subjects.contains_key(subject::CORRUPTED_INPUT)));
}

#[test]
fn halving_every_pixel_has_an_error_of_a_quarter_of_the_mean_square() {
    let run = common::glyphs_run("");
    let test = common::splits(&run).test;
    let squares: f64 = test.bytes().unwrap().iter().map(|&byte| (f64::from(byte) / 255.0).powi(2)).sum();
    let error = measured("", 2).metrics["test"][subject::AUTOENCODER];
    let expected = squares / 4.0 / test.len() as f64;
    assert!((error.squared_error_per_image / expected - 1.0).abs() < 1e-6);
    assert!((error.mse_per_pixel * 784.0 / error.squared_error_per_image - 1.0).abs() < 1e-12);
}

#[test]
fn the_training_error_of_pca_is_measured_as_its_discarded_variance() {
    let train = common::splits(&common::glyphs_run("")).train;
    let pca = Pca::fit(&train, 4).unwrap();
    let discarded = pca.total_variance() - pca.explained_variance().iter().sum::<f64>();
    let expected = discarded * (train.len() - 1) as f64 / train.len() as f64;
    let error = measured("", 2).metrics["train"][subject::PCA];
    assert!((error.squared_error_per_image / expected - 1.0).abs() < 1e-6);
}

#[test]
fn a_measurement_is_the_same_at_any_number_of_threads() {
    assert_eq!(measured(NOISE, 1), measured(NOISE, 3));
}

#[test]
fn the_corruption_curve_equals_the_metrics_at_the_level_of_the_run() {
    let noisy = measured(NOISE, 2);
    let at = |name: &str, level: f32| {
        let row = noisy.error_by_corruption.iter().find(|row| row.subject == name && row.level == level);
        row.unwrap().mse_per_pixel
    };
    for name in [subject::AUTOENCODER, subject::PCA, subject::CORRUPTED_INPUT] {
        let error = noisy.metrics["test"][name].mse_per_pixel;
        assert!((at(name, 0.5) / error - 1.0).abs() < 1e-12, "{name}");
    }
    assert_eq!(at(subject::CORRUPTED_INPUT, 0.0), 0.0);
    assert!(at(subject::CORRUPTED_INPUT, 0.5) < at(subject::CORRUPTED_INPUT, 1.0));
    assert!(measured("", 2).error_by_corruption.is_empty());
}

#[test]
fn class_errors_average_to_the_error_of_the_split() {
    let measurement = measured(NOISE, 2);
    for name in [subject::AUTOENCODER, subject::PCA, subject::MEAN_IMAGE] {
        let rows: Vec<_> = measurement.error_by_class.iter().filter(|row| row.subject == name).collect();
        assert_eq!(rows.iter().map(|row| row.images).sum::<usize>(), 300);
        let mean = rows.iter().map(|row| row.images as f64 * row.mse_per_pixel).sum::<f64>() / 300.0;
        assert!((mean / measurement.metrics["test"][name].mse_per_pixel - 1.0).abs() < 1e-12);
    }
}

#[test]
fn codes_of_more_than_two_units_are_rotated_to_their_principal_axes() {
    let measurement = measured("", 2);
    for name in [subject::AUTOENCODER, subject::PCA] {
        let points: Vec<&CodePoint> = measurement.codes.iter().filter(|point| point.subject == name).collect();
        assert_eq!(points.len(), 300);
        let variance = |of: fn(&CodePoint) -> f32| {
            let mean = points.iter().map(|point| f64::from(of(point))).sum::<f64>() / 300.0;
            points.iter().map(|point| (f64::from(of(point)) - mean).powi(2)).sum::<f64>()
        };
        assert!(variance(|point| point.x) >= variance(|point| point.y), "{name}");
    }
}

#[test]
fn the_grid_shows_the_first_test_image_of_each_class() {
    let run = common::glyphs_run("");
    let test = common::splits(&run).test;
    let measurement = measured(NOISE, 2);
    let file = SafeTensors::deserialize(&measurement.images).unwrap();
    let labels = file.tensor("labels").unwrap().data().to_vec();
    assert_eq!(labels, (0..10).collect::<Vec<u8>>());
    for (row, &label) in labels.iter().enumerate() {
        let first = test.labels().iter().position(|&of| of == u16::from(label)).unwrap();
        let shown = |name: &str| file.tensor(name).unwrap().data()[row * PIXELS..][..PIXELS].to_vec();
        assert_eq!(shown("clean"), test.byte_row(first).unwrap());
        assert_ne!(shown("corrupted"), test.byte_row(first).unwrap());
    }
    for (name, dtype, shape) in [
        ("autoencoder", Dtype::U8, [10, PIXELS]),
        ("pca", Dtype::U8, [10, PIXELS]),
        ("encoder_filters", Dtype::I8, [16, PIXELS]),
        ("pca_components", Dtype::I8, [4, PIXELS]),
    ] {
        let tensor = file.tensor(name).unwrap();
        assert_eq!((tensor.dtype(), tensor.shape()), (dtype, &shape[..]), "{name}");
    }
    let clean = measured("", 2);
    assert!(SafeTensors::deserialize(&clean.images).unwrap().tensor("corrupted").is_err());
}

#[test]
fn a_baseline_that_the_file_does_not_list_is_not_measured() {
    let measurement = measured("[evaluation]\nbaselines = [\"mean_image\"]\n", 2);
    assert!(measurement.metrics["test"].keys().eq([subject::AUTOENCODER, subject::MEAN_IMAGE]));
    assert_eq!(measurement.codes.len(), 300);
    assert!(measurement.codes.iter().all(|point| point.subject == subject::AUTOENCODER));
    assert!(SafeTensors::deserialize(&measurement.images).unwrap().tensor("pca").is_err());
}

#[test]
fn if_source_and_target_are_equal_pca_of_the_source_is_pca_at_any_number_of_threads() {
    let run = common::glyphs_run(
        "[training.transfer]\nfrom = \"glyphs\"\nepochs = 1\ntune = \"all\"\n[evaluation]\ntasks = [\"transfer\"]\n",
    );
    let measured = |of: &Run, threads| {
        let (splits, source) = (common::splits(&run), datasets::load(&of.source().unwrap(), run.seed, None).unwrap());
        let mut trained = TrainedNetwork::new(&Halving, NETWORKS);
        trained.source = Some(&source);
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| measure(&run, &splits, &trained).unwrap())
    };
    let values = |measurement: &Measurement| -> Vec<f64> {
        measurement.tasks[0].1.measures.iter().map(|(.., value)| *value).collect()
    };
    let same = measured(&run, 2);
    let metrics = &same.metrics["test"];
    let [source, tuned, mean] = values(&same)[..] else { panic!("three subjects") };
    assert!((source / metrics["pca"].mse_per_pixel - 1.0).abs() < 1e-12);
    assert!((mean / metrics["mean_image"].mse_per_pixel - 1.0).abs() < 1e-12);
    assert!((tuned / source - 1.0).abs() < 1e-5);
    let mut other = run.clone();
    other.training.transfer.as_mut().unwrap().train = 200;
    let other = |threads| values(&measured(&other, threads));
    assert!(other(1)[0] > source && other(1) == other(3));
}

#[test]
fn measures_of_classes_equal_the_errors_by_class() {
    let measurement = measured("[evaluation]\ntasks = [\"classes\"]\n", 2);
    let measures = &measurement.tasks[0].1.measures;
    assert_eq!(measurement.error_by_class.len(), 3 * 10);
    for row in measurement.error_by_class.iter().filter(|row| row.subject != subject::MEAN_IMAGE) {
        let field = format!("mse_of_class_{}", row.class);
        assert!(
            measures
                .iter()
                .any(|(of, name, value)| { (*of, *name, *value) == (&row.subject[..], &field[..], row.mse_per_pixel) })
        );
    }
    assert!(measures.iter().all(|(_, field, _)| !field.starts_with("rare")));
}

#[test]
fn a_network_that_returns_nan_is_an_error_that_names_subject_and_split() {
    let run = common::glyphs_run("");
    let error = measure(&run, &common::splits(&run), &TrainedNetwork::new(&Broken, NETWORKS)).unwrap_err();
    assert!(matches!(error, Error::NotFinite { subject: subject::AUTOENCODER, split: "train" }), "{error}");
    assert!(!error.is_input());
}

#[test]
fn written_measurements_are_read_back_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let directory = RunDirectory::at(folder.path());
    let noisy = measured(NOISE, 2);
    assert_eq!(noisy.write(&directory).unwrap().len(), 8);
    assert_eq!(storage::read_json::<record::Metrics>(&directory.metrics()).unwrap(), noisy.metrics);
    assert_eq!(storage::read_csv::<CodePoint>(&directory.codes()).unwrap(), noisy.codes);
    assert_eq!(std::fs::read(directory.images()).unwrap(), noisy.images);
    assert!(directory.error_by_corruption().exists());
    assert!(directory.apply().exists());
    let thresholds: Vec<ErrorThreshold> = storage::read_csv(&directory.thresholds()).unwrap();
    assert!(
        thresholds.is_sorted_by_key(|threshold| (threshold.subject.clone(), threshold.rank)) && !thresholds.is_empty()
    );
    // A new measurement without corruption removes the files of the old curve.
    assert_eq!(measured("", 2).write(&directory).unwrap().len(), 7);
    assert!(!directory.error_by_corruption().exists());
}

#[test]
fn a_network_that_is_pca_equals_its_number_of_components_and_its_excess_is_over_the_noise() {
    let run = |dataset: &str| {
        let run = common::glyphs_run("[evaluation]\ntasks = [\"components\"]\n").to_toml();
        common::run(&run.replace("\"glyphs\"", &format!("\"{dataset}\"")).replace("code = 4", "code = 8"))
    };
    let measures = |dataset: &str| {
        let run = run(dataset);
        let splits = common::splits(&run);
        let model = Shifted(Pca::fit(&splits.train, 8).unwrap());
        let measurement = measure(&run, &splits, &TrainedNetwork::new(&model, NETWORKS)).unwrap();
        let [(_, output)] = measurement.tasks.try_into().unwrap();
        (measurement.metrics["test"].clone(), output.measures)
    };
    let (errors, of_surface) = measures("surface");
    let value = |subject, field| of_surface.iter().find(|of| (of.0, of.1) == (subject, field)).unwrap().2;
    assert_eq!(value(subject::PCA, "components_to_equal_error"), 8.0);
    let floor = value(subject::NOISE_FLOOR, "mse_per_pixel");
    assert_eq!(floor, datasets::surface::NOISE_VARIANCE);
    for of in [subject::AUTOENCODER, subject::PCA] {
        let excess = errors[of].mse_per_pixel / floor - 1.0;
        assert!((value(of, "excess_over_floor") - excess).abs() < 1e-5 * (1.0 + excess), "{of}");
    }
    let (_, of_glyphs) = measures("glyphs");
    assert_eq!(of_glyphs, [(subject::PCA, "components_to_equal_error", 8.0)], "no floor is known");
}

/// The same number of images with other pixels and other labels.
fn perturbed(images: &Rows) -> Rows {
    let pixels =
        images.bytes().unwrap().iter().enumerate().map(|(index, pixel)| pixel.wrapping_add((index % 97) as u8));
    Rows::new(
        images.shape(),
        pixels.collect::<Vec<_>>(),
        images.labels().iter().map(|label| (label + 3) % 10).collect(),
    )
}

/// The subjects whose samples are measured.
const SAMPLERS: [&str; 4] =
    [subject::PRIOR_SAMPLES, subject::MIXTURE_SAMPLES, subject::PCA_SAMPLES, subject::PCA_MIXTURE_SAMPLES];

#[test]
fn no_test_image_or_label_reaches_a_fit() {
    let baselines: Vec<String> = Baseline::ALL.iter().map(|baseline| format!("\"{baseline}\"")).collect();
    let run = common::glyphs_run(&format!(
        "[corruption.masking]\nfraction = 0.25\n[evaluation]\nbaselines = [{}]\n\
         tasks = [\"classification\", \"clustering\", \"compression\", \"components\", \"transfer\", \"anomaly\", \
         \"neighbours\", \"robustness\", \"noise_levels\", \"generation\"]\n[training.transfer]\nfrom = \"surface\"\nepochs = 1\ntune = \"all\"\n",
        baselines.join(", ")
    ));
    let mut network = NETWORKS.build(&run.model).unwrap();
    network.set_parameters(&network.layout().initial_parameters(0));
    let splits = common::splits(&run);
    let other = Splits { test: perturbed(&splits.test), ..splits.clone() };
    let source = Splits { train: perturbed(&splits.train), ..splits.clone() };
    let mut trained = TrainedNetwork::of(network.as_ref(), NETWORKS);
    trained.source = Some(&source);
    let [first, second] = [&splits, &other].map(|splits| measure(&run, splits, &trained).unwrap());
    assert_eq!(first.always, second.always, "what denoisers were set to");
    assert_eq!(first.metrics["train"], second.metrics["train"], "baselines, on what they were fit to");
    assert_ne!(first.metrics["test"], second.metrics["test"]);
    let mut fits = 0;
    for ((task, one), (_, other)) in first.tasks.iter().zip(&second.tasks) {
        // Classifiers, cluster centres, codecs, variances of components and refitted decoders are recorded as tensors. The
        // fits of `generation` are visible in its samples and in the numbers of components that its features chose.
        if *task == Task::Generation {
            let is_fitted = |(subject, field, _): &&(&'static str, &'static str, f64)| {
                *subject != subject::TEST_IMAGES && ["nearest_distance", "components"].contains(field)
            };
            let [numbers, others] =
                [one, other].map(|of| of.measures.iter().filter(is_fitted).copied().collect::<Vec<_>>());
            assert_eq!(numbers.len(), 7);
            assert_eq!(numbers, others, "mixtures, copies and choices");
            let [samples, others] = [one, other].map(|of| {
                let bytes = of.tensors.clone().unwrap();
                let file = SafeTensors::deserialize(&bytes).unwrap();
                SAMPLERS.map(|name| file.tensor(name).unwrap().data().to_vec())
            });
            assert!(samples == others, "samples");
        } else {
            assert_eq!(one.tensors, other.tensors, "{task}");
            fits += usize::from(one.tensors.as_ref().is_some_and(|tensors| tensors.len() > 500));
        }
        // For a network without training, PCA needs no component to have the same error.
        assert!(one.measures != other.measures || *task == Task::Components, "{task} is measured on the test split");
        for (subject, field, _) in &one.measures {
            assert!(
                measures::measured(subject, field).is_some(),
                "{subject}.{field} has no place in the list of what is measured"
            );
        }
    }
    assert_eq!(fits, 5);
}

/// A run on images of 56 pixels a side, with fewer images than pixels.
fn at_56() -> Run {
    let text =
        common::glyphs_run("[evaluation]\ntasks = [\"cost\", \"classes\", \"robustness\", \"generalisation\"]\n");
    let text = text.to_toml().replace("name = \"glyphs\"", "name = \"glyphs\"\nside = 56");
    common::run(&text.replace("\"linear\"", "\"plain\"").replace("code = 4", "code = 32"))
}

#[test]
fn images_of_another_size_are_measured_on_all_their_pixels() {
    let run = at_56();
    let splits = common::splits(&run);
    let measurement =
        measure(&run, &splits, &TrainedNetwork::new(&Pca::fit(&splits.train, 32).unwrap(), NETWORKS)).unwrap();
    let test = &measurement.metrics["test"];
    assert_eq!(test[subject::AUTOENCODER], test[subject::PCA]);
    let error = test[subject::PCA];
    assert!((error.squared_error_per_image / error.mse_per_pixel - 3136.0).abs() < 1e-9);
    let images = SafeTensors::deserialize(&measurement.images).unwrap();
    assert_eq!(images.tensor("clean").unwrap().shape(), [10, 3136]);
    let cost = &measurement.tasks[0].1.measures;
    let named: Vec<_> = cost.iter().map(|(subject, field, _)| (*subject, *field)).collect();
    // The run has no training, so it has no training time.
    assert_eq!(named, [("autoencoder", "parameters"), ("pca", "parameters"), ("pca", "seconds")]);
    assert_eq!((cost[0].2, cost[1].2), (408_800.0, 33.0 * 3136.0));
}

#[test]
fn every_task_measures_a_code_of_one_unit() {
    let run = common::run(
        &common::glyphs_run(
            "[corruption.masking]\nfraction = 0.25\n[evaluation]\ntasks = [\"prior\", \"activity\", \"robustness\", \"factors\", \
             \"neighbours\", \"classification\", \"clustering\", \"compression\", \"anomaly\", \"components\", \"classes\", \
             \"noise_levels\", \"generalisation\", \"generation\", \"cost\"]\n",
        )
        .to_toml()
        .replace("code = 4", "code = 1"),
    );
    let splits = common::splits(&run);
    let network = Pca::fit(&splits.train, 1).unwrap();
    let measurement = measure(&run, &splits, &TrainedNetwork::new(&network, NETWORKS)).unwrap();
    let outputs = measurement.tasks;
    assert_eq!(outputs.len(), run.evaluation.tasks.len());
}

/// A run on `sensors` with known faults.
fn run_with_faults(test: usize) -> Run {
    common::run(&format!(
        "question = \"Are faults found?\"\n[dataset]\nname = \"sensors\"\ntrain = 2000\nvalidation = 0\ntest = {test}\n\
         [model]\narchitecture = \"linear\"\ncode = 8\n\
         [training]\nepochs = 1\nbatch_size = 100\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.001\n\
         [evaluation]\ntasks = [\"faults\"]\n"
    ))
}

#[test]
fn a_network_that_is_pca_finds_and_blames_known_faults_as_pca_does() {
    let run = run_with_faults(2_000);
    let splits = common::splits(&run);
    let network = Pca::fit(&splits.train, 8).unwrap();
    let measurement = measure(&run, &splits, &TrainedNetwork::new(&network, NETWORKS)).unwrap();
    let (_, output) = &measurement.tasks[0];
    let of = |subject: &str| -> Vec<(&str, f64)> {
        let own = output.measures.iter().filter(|(of, ..)| *of == subject);
        own.map(|(_, field, value)| (*field, *value)).collect()
    };
    let (own, pca) = (of(subject::AUTOENCODER), of(subject::PCA));
    assert_eq!(own, pca);
    assert_eq!((own.len(), of(subject::KTH_NEIGHBOUR).len()), (6, 5));
    // Guessing has an area of one half, and blames the right column in a little more than 1 of 24 rows.
    assert!(own.iter().all(|(field, value)| *value > if *field == "blame" { 0.3 } else { 0.6 }), "{own:?}");
    assert!(own.iter().any(|(field, value)| *field == "spike_auroc" && *value > 0.95), "{own:?}");
    // 50 rows of each kind: 50 spikes, and 5 episodes of each other kind.
    let rows = csv_rows(output.rows.as_ref().unwrap());
    assert_eq!(rows.len(), 3 * 65);
    assert_eq!(rows.iter().filter(|row| row.starts_with("kth_neighbour,drift,")).count(), 5);
    let blocks = output.blocks.iter().find(|(of, field, _)| (*of, *field) == (subject::PCA, "faults_auroc")).unwrap();
    assert_eq!(blocks.2.len(), 20);
    // The reconstruction errors are of rows without faults.
    let without = common::run(&run.to_toml().replace("tasks = [\"faults\"]", "tasks = []"));
    let clean = measure(&without, &splits, &TrainedNetwork::new(&network, NETWORKS)).unwrap();
    assert_eq!(clean.metrics, measurement.metrics);
}

/// The rows of a CSV, without its header.
fn csv_rows(bytes: &[u8]) -> Vec<&str> {
    std::str::from_utf8(bytes).unwrap().lines().skip(1).collect()
}

#[test]
fn too_few_test_rows_for_faults_give_a_remark() {
    let run = run_with_faults(39);
    let splits = common::splits(&run);
    let network = Pca::fit(&splits.train, 8).unwrap();
    let measurement = measure(&run, &splits, &TrainedNetwork::new(&network, NETWORKS)).unwrap();
    let (_, output) = &measurement.tasks[0];
    assert!(output.measures.is_empty() && output.rows.is_none());
    assert!(
        output.remarks[0].starts_with("there are too few test rows to plant faults in; stuck_auroc,"),
        "{:?}",
        output.remarks
    );
}
