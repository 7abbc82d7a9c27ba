//! Constant data and codes: numbers without a meaning are absent, and the summary gives the reason.

#![allow(clippy::unwrap_used)]

mod common;

use networks::NETWORKS;
use std::path::Path;

use datasets::{Rows, Splits};
use evaluation::measure::{TrainedNetwork, measure};
use figures::summary::{Summary, summary_file};
use record::{Epoch, experiment_directory};
use report::across::{summarise, text};
use spec::Run;
use spec::Shape;
use spec::catalogue::Plot;
use system::storage;
use zoo::{Autoencoder, Matrix};

const TRAIN: usize = 120;
const TEST: usize = 60;

fn run(architecture: &str, tasks: &str, more: &str) -> Run {
    run_of("", "mse", architecture, tasks, more)
}

fn run_of(of_dataset: &str, loss: &str, architecture: &str, tasks: &str, more: &str) -> Run {
    common::run(&format!(
        "question = \"Is it measured?\"\n\
         [dataset]\nname = \"glyphs\"\ntrain = {TRAIN}\nvalidation = 20\ntest = {TEST}\n{of_dataset}\
         [model]\narchitecture = \"{architecture}\"\ncode = 4\n\
         [training]\nepochs = 1\nbatch_size = 20\nloss = \"{loss}\"\n[training.adam]\nlearning_rate = 0.001\n\
         {more}[evaluation]\ntasks = [{tasks}]\n"
    ))
}

const TASKS: &str = "\"activity\", \"factors\", \"neighbours\", \"classification\", \"clustering\", \"compression\", \
                     \"anomaly\", \"components\", \"classes\", \"generalisation\", \"robustness\", \"cost\"";

const PIXELS: usize = 784;

/// Images that each have one grey value, and their classes.
fn images(count: usize, pixel: impl Fn(usize) -> u8, label: impl Fn(usize) -> u16) -> Rows {
    Rows::new(Shape::square(28), (0..count * PIXELS).map(pixel).collect::<Vec<_>>(), (0..count).map(label).collect())
}

fn splits(pixel: impl Fn(usize) -> u8 + Copy, label: impl Fn(usize) -> u16 + Copy) -> Splits {
    Splits {
        train: images(TRAIN, pixel, label),
        validation: images(20, pixel, label),
        test: images(TEST, pixel, label),
        unpublished: Vec::new(),
        own: None,
    }
}

/// A network with the same code for every image, which it decodes to black.
struct Constant;

impl Autoencoder for Constant {
    fn code_size(&self) -> usize {
        4
    }

    fn parameter_count(&self) -> usize {
        0
    }

    fn encode(&self, images: &Matrix) -> Matrix {
        Matrix::zeros(images.rows(), 4)
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        Matrix::zeros(codes.rows(), PIXELS)
    }
}

/// Measures, records, summarises and draws a run. Returns the summary.
fn summary(run: &Run, splits: &Splits, trained: &TrainedNetwork<'_>, out: &Path) -> Summary {
    let directory = common::record(run, out);
    let epoch = Epoch { epoch: 1, stage: "training".to_owned(), ..Epoch::default() };
    storage::write_csv(&directory.epochs(), &[epoch]).unwrap();
    measure(run, splits, trained).unwrap().write(&directory).unwrap();
    assert!(figures::draw_run(&directory).unwrap().failed.is_empty());
    directory.complete().unwrap();
    let folder = experiment_directory(run, out);
    let summary = summarise(&folder, &[directory.path().to_owned()], &[]).unwrap();
    storage::write_json(&summary_file(&folder), &summary).unwrap();
    assert!(figures::draw_summary(&folder).unwrap().failed.is_empty());
    let drawn = Plot::ALL.iter().filter_map(|plot| figures::run_svg(*plot, &directory).unwrap());
    let drawn: Vec<(String, String)> = drawn.collect();
    assert!(drawn.len() >= 3, "{} figures of the run", drawn.len());
    for (title, svg) in drawn {
        is_of_numbers(&title);
        is_of_numbers(&svg);
    }
    for figure in std::fs::read_dir(folder.join("plots")).unwrap().map(|entry| entry.unwrap().path()) {
        if figure.extension().is_some_and(|extension| extension == "svg") {
            is_of_numbers(&std::fs::read_to_string(figure).unwrap());
        }
    }
    is_of_numbers(&text::summary(&summary));
    assert!(report::report(out, &common::experiments()).unwrap().failed.is_empty());
    is_of_numbers(&std::fs::read_to_string(out.join("REPORT.md")).unwrap());
    summary
}

/// Asserts that a text has no infinity and no NaN.
fn is_of_numbers(text: &str) {
    let words = text.split(|character: char| !character.is_alphanumeric());
    let found: Vec<&str> = words.filter(|word| ["inf", "NaN", "nan", "infinity"].contains(word)).collect();
    let lines: Vec<&str> = text.lines().filter(|line| found.iter().any(|word| line.contains(word))).collect();
    assert!(found.is_empty(), "{found:?} {lines:#?}");
}

/// The fields of a subject, on the test split, and the warnings.
fn fields<'a>(summary: &'a Summary, subject: &str) -> Vec<&'a str> {
    summary.groups[0].metrics["test"].get(subject).into_iter().flatten().map(|(field, _)| field.as_str()).collect()
}

fn warns(summary: &Summary, of: &str) {
    assert!(summary.warnings.iter().any(|warning| warning.contains(of)), "{of}: {:#?}", summary.warnings);
}

#[test]
fn black_images_have_only_the_numbers_with_a_meaning() {
    let folder = tempfile::tempdir().unwrap();
    let black = splits(|_| 0, |index| (index % 10) as u16);
    let run = run("linear", TASKS, "");
    let summary = summary(&run, &black, &TrainedNetwork::new(&Constant, NETWORKS), folder.path());
    for subject in ["autoencoder", "pca", "raw_pixels"] {
        let found = fields(&summary, subject);
        for absent in ["knn_accuracy", "trustworthiness", "continuity", "sparseness", "test_over_train", "noise_auroc"]
        {
            assert!(!found.contains(&absent), "{subject} {absent}");
        }
    }
    assert!(fields(&summary, "pca").contains(&"components_to_equal_error"));
    let label = "linear-4 seed 0: ";
    warns(
        &summary,
        &format!("{label}all test images are the same; knn_accuracy, trustworthiness and continuity have no meaning"),
    );
    warns(&summary, "the code is 0 for every test image; sparseness has no meaning");
    warns(&summary, "pca reconstructs the training images without error; test_over_train has no meaning");
    warns(&summary, "shuffling the pixels does not change the test images; noise_auroc and noise_precision have");
    warns(&summary, "its psnr_db stands at the limit of 100");
}

#[test]
fn images_that_are_all_grey_are_measured() {
    let folder = tempfile::tempdir().unwrap();
    let grey = splits(|_| 100, |index| (index % 10) as u16);
    let summary = summary(&run("linear", TASKS, ""), &grey, &TrainedNetwork::new(&Constant, NETWORKS), folder.path());
    warns(&summary, "all test images are the same");
}

#[test]
fn a_code_that_is_always_the_same_has_no_neighbours() {
    let folder = tempfile::tempdir().unwrap();
    let run = run("linear", TASKS, "");
    let summary = summary(&run, &common::splits(&run), &TrainedNetwork::new(&Constant, NETWORKS), folder.path());
    assert!(!fields(&summary, "autoencoder").contains(&"trustworthiness"));
    assert!(!fields(&summary, "autoencoder").contains(&"nmi") && fields(&summary, "pca").contains(&"nmi"));
    warns(&summary, "the code is the same for every training image; nmi, ari and cluster_accuracy have no meaning");
    assert!(fields(&summary, "pca").contains(&"trustworthiness"));
    assert!(fields(&summary, "raw_pixels").contains(&"knn_accuracy"));
    warns(
        &summary,
        "linear-4 seed 0: the code is the same for every test image; knn_accuracy, trustworthiness and continuity have no \
         meaning",
    );
}

#[test]
fn test_images_of_one_class_have_no_agreement_with_classes() {
    let folder = tempfile::tempdir().unwrap();
    let run = run("linear", TASKS, "");
    let mut of_one = common::splits(&run);
    let pixels = of_one.test.bytes().unwrap().to_vec();
    of_one.test = Rows::new(Shape::square(28), pixels, vec![3; TEST]);
    let pca = evaluation::Pca::fit(&of_one.train, 4).unwrap();
    let summary = summary(&run, &of_one, &TrainedNetwork::new(&pca, NETWORKS), folder.path());
    for absent in ["nmi", "ari", "cluster_accuracy", "class_information"] {
        assert!(!fields(&summary, "autoencoder").contains(&absent), "{absent}");
    }
    assert!(fields(&summary, "autoencoder").contains(&"mig"));
    warns(&summary, "all test images are of one class; nmi, ari and cluster_accuracy have no meaning");
    warns(&summary, "all test images are of one class; class_information has no meaning");
}

#[test]
fn a_test_split_with_only_the_left_out_class_has_no_anomaly_scores() {
    let mut run = run("linear", "\"anomaly\"", "");
    run.dataset.imbalance = Some(spec::Imbalance::Without { class: 3 });
    let mut of_one = common::splits(&run);
    of_one.test = Rows::new(Shape::square(28), of_one.test.bytes().unwrap().to_vec(), vec![3; TEST]);
    let pca = evaluation::Pca::fit(&of_one.train, 4).unwrap();
    let found = measure(&run, &of_one, &TrainedNetwork::new(&pca, NETWORKS)).unwrap();
    assert!(found.tasks[0].1.measures.is_empty());
    assert!(found.tasks[0].1.remarks[0].starts_with("all test images are of classes left out of training; "));
    of_one.test = Rows::new(Shape::square(28), of_one.test.bytes().unwrap().to_vec(), vec![4; TEST]);
    let found = measure(&run, &of_one, &TrainedNetwork::new(&pca, NETWORKS)).unwrap();
    assert!(
        found.tasks[0].1.remarks[0].starts_with("no test image is of a class left out of training; left_out_auroc")
    );
}

#[test]
fn samples_of_black_images_have_no_frechet_distance() {
    let folder = tempfile::tempdir().unwrap();
    let black = splits(|_| 0, |index| (index % 10) as u16);
    let run = run_of(
        "pixels = \"threshold\"\n",
        "bce",
        "variational",
        "\"likelihood\", \"generation\", \"prior\"",
        "[training.variational]\nbeta = 1.0\n",
    );
    let mut network = NETWORKS.build(&run.model).unwrap();
    network.set_parameters(&network.layout().initial_parameters(0));
    let summary = summary(&run, &black, &TrainedNetwork::of(network.as_ref(), NETWORKS), folder.path());
    assert_eq!(fields(&summary, "prior_samples"), ["nearest_distance"]);
    assert_eq!(fields(&summary, "bernoulli_mixture"), ["components", "log_likelihood"]);
    warns(&summary, "the features of all reference images are the same; frechet_distance has no meaning");
}

#[test]
fn the_smallest_splits_are_measured() {
    let folder = tempfile::tempdir().unwrap();
    let mut run = run("linear", TASKS, "");
    (run.dataset.train, run.dataset.validation, run.dataset.test) = (10, 0, 10);
    run.training.batch_size = 10;
    let single = common::splits(&run);
    let summary = summary(&run, &single, &TrainedNetwork::new(&Constant, NETWORKS), folder.path());
    assert!(fields(&summary, "pca").contains(&"trustworthiness"));
}
