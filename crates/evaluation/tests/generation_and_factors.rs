//! The tasks `generation` and `factors` on small runs: the data that samples and units are compared with.

#![allow(clippy::unwrap_used)]

mod common;

use std::collections::BTreeMap;

use datasets::{Rows, Splits};
use evaluation::Pca;
use evaluation::measure::{TrainedNetwork, measure};
use networks::NETWORKS;
use spec::Run;
use spec::catalogue::DatasetName;
use spec::subject;
use zoo::{Autoencoder, Matrix};

/// The subjects whose samples are measured.
const SAMPLERS: [&str; 4] =
    [subject::PRIOR_SAMPLES, subject::MIXTURE_SAMPLES, subject::PCA_SAMPLES, subject::PCA_MIXTURE_SAMPLES];

/// Subject, field and value of each measure of `generation`, with PCA of 4 components as the network.
fn generation(run: &Run, splits: &Splits) -> BTreeMap<(&'static str, &'static str), f64> {
    let network = Pca::fit(&splits.train, 4).unwrap();
    let measurement = measure(run, splits, &TrainedNetwork::new(&network, NETWORKS)).unwrap();
    measurement.tasks[0].1.measures.iter().map(|(subject, field, value)| ((*subject, *field), *value)).collect()
}

/// The same images, except that image `i` is replaced by image `other(i)`.
fn rearranged(images: &Rows, other: impl Fn(usize) -> usize) -> Rows {
    let pixels: Vec<u8> = (0..images.len()).flat_map(|index| images.byte_row(other(index)).unwrap().to_vec()).collect();
    Rows::new(images.shape(), pixels, images.labels().to_vec())
}

#[test]
fn the_reference_is_every_second_test_image_and_new_data_are_the_others() {
    let run = common::glyphs_run("[evaluation]\ntasks = [\"generation\"]\n");
    let splits = common::splits(&run);
    let found = generation(&run, &splits);
    let with_test = |other: fn(usize) -> usize| {
        generation(&run, &Splits { test: rearranged(&splits.test, other), ..splits.clone() })
    };
    let [others_differ, reference_differs, same_twice] = [
        with_test(|at| if at % 2 == 1 { 1 } else { at }),
        with_test(|at| at - at % 2 + 1),
        with_test(|at| at - at % 2),
    ];
    for sampler in SAMPLERS {
        let name = (sampler, "frechet_distance");
        assert_eq!(found[&name].to_bits(), others_differ[&name].to_bits(), "{sampler}");
        assert_ne!(found[&name].to_bits(), reference_differs[&name].to_bits(), "{sampler}");
    }
    let new = (subject::TEST_IMAGES, "frechet_distance");
    assert!(others_differ[&new] > 2.0 * found[&new], "{others_differ:?}");
    assert!(same_twice[&new] < 1e-6 && found[&new] > 0.01, "{same_twice:?}");
}

#[test]
fn fewer_images_have_a_larger_distance_and_too_few_images_none() {
    let run = common::glyphs_run("[evaluation]\ntasks = [\"generation\"]\n");
    let found = generation(&run, &common::splits(&run));
    let of = |count: usize| format!("frechet_distance_of_{count}");
    assert!([500, 1000, 2000].iter().all(|count| !found.keys().any(|(_, field)| **field == *of(*count))), "150 each");
    let run = common::run(&run.to_toml().replace("test = 300", "test = 2500"));
    let found = generation(&run, &common::splits(&run));
    let [few, some] =
        ["frechet_distance_of_500", "frechet_distance_of_1000"].map(|of| found[&(subject::TEST_IMAGES, of)]);
    assert!(few > some && some > found[&(subject::TEST_IMAGES, "frechet_distance")], "{found:?}");
    assert!(!found.keys().any(|(_, field)| *field == "frechet_distance_of_2000"));
}

#[test]
fn copied_training_codes_are_as_close_to_training_images_as_reconstructions() {
    let run = common::glyphs_run("[evaluation]\ntasks = [\"generation\"]\n");
    let splits = common::splits(&run);
    let found = generation(&run, &splits);
    let network = Pca::fit(&splits.train, 4).unwrap();
    let mut images = Matrix::zeros(500, splits.train.width());
    (0..500).for_each(|row| splits.train.read(row, images.row_mut(row)));
    let decoded = network.reconstruct(&images);
    let distance = |row: usize| {
        let pairs = images.row(row).iter().zip(decoded.row(row));
        pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>().sqrt()
    };
    let to_themselves = (0..500).map(distance).sum::<f64>() / 500.0;
    let copies = found[&(subject::TRAINING_RECONSTRUCTIONS, "nearest_distance")];
    assert!(copies <= to_themselves && copies > 0.5 * to_themselves, "{copies}, {to_themselves}");
}

#[test]
fn held_out_images_choose_the_number_of_principal_components() {
    let run = common::glyphs_run("[evaluation]\ntasks = [\"generation\"]\n");
    let splits = common::splits(&run);
    let components = |found: &BTreeMap<(&'static str, &'static str), f64>| {
        [subject::PCA_SAMPLES, subject::PCA_MIXTURE_SAMPLES].map(|of| found[&(of, "components")])
    };
    // Without validation images, training images are held out.
    let empty = Rows::new(splits.train.shape(), Vec::<u8>::new(), Vec::new());
    let held_out = generation(&run, &Splits { validation: empty, ..splits.clone() });
    for count in [components(&generation(&run, &splits)), components(&held_out)].concat() {
        assert!([2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0].contains(&count), "{count}");
    }
    // Images made by PCA with two components, for which the choice must then be two components.
    let plane = Pca::fit(&splits.train, 2).unwrap();
    let mut images = Matrix::zeros(splits.train.len(), splits.train.width());
    (0..images.rows()).for_each(|row| splits.train.read(row, images.row_mut(row)));
    let flat = plane.reconstruct(&images);
    let pixels: Vec<u8> = flat.values().iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
    let validation = Rows::new(splits.train.shape(), pixels, splits.train.labels().to_vec());
    assert_eq!(components(&generation(&run, &Splits { validation, ..splits.clone() })), [2.0, 2.0]);
}

#[test]
fn scores_of_units_need_factors_besides_the_class_and_are_compared_with_random_rotations() {
    let mut run = common::glyphs_run("[evaluation]\ntasks = [\"factors\"]\n");
    let splits = common::splits(&run);
    let network = Pca::fit(&splits.train, 4).unwrap();
    let found = |run: &Run| measure(run, &splits, &TrainedNetwork::new(&network, NETWORKS)).unwrap().tasks.remove(0).1;
    let known = found(&run);
    let value = |subject, field| known.measures.iter().find(|of| (of.0, of.1) == (subject, field)).unwrap().2;
    for field in ["mig", "sap", "class_information"] {
        assert_eq!(value(subject::AUTOENCODER, field), value(subject::PCA, field), "{field}");
    }
    let [mig, sap, spread] = ["mig", "sap", "mig_spread"].map(|field| value(subject::ROTATED_PCA, field));
    assert!((0.0..1.0).contains(&mig) && (0.0..1.0).contains(&sap) && spread > 0.0 && spread < 0.5, "{known:?}");
    assert_eq!(known.remarks, Vec::<String>::new());
    run.dataset.source = spec::DataSource::Named(DatasetName::Mnist);
    let unknown = found(&run);
    let named: Vec<_> = unknown.measures.iter().map(|(subject, field, _)| (*subject, *field)).collect();
    assert_eq!(named, [("autoencoder", "class_information"), ("pca", "class_information")]);
    let why = "the class is the only factor of variation of the data set; mig, sap and mig_spread have no meaning";
    assert_eq!(unknown.remarks, [why]);
}
