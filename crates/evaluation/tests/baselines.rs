//! Mathematical properties of the baselines, and comparisons with scikit-learn.

#![allow(clippy::unwrap_used)]

mod common;

use datasets::Rows;
use evaluation::metrics::squared_error;
use evaluation::{MeanImage, Pca};
use serde::Deserialize;
use zoo::{Autoencoder, Matrix};

const PIXELS: usize = 784;

fn scaled(images: &Rows) -> Matrix {
    let mut matrix = Matrix::new(images.len(), PIXELS, vec![0.0; images.len() * PIXELS]);
    for (index, row) in matrix.values_mut().chunks_exact_mut(PIXELS).enumerate() {
        images.read(index, row);
    }
    matrix
}

/// Squared error per row.
fn error(of: &dyn Autoencoder, rows: &Matrix) -> f64 {
    squared_error(rows.values(), of.reconstruct(rows).values()) / rows.rows() as f64
}

fn training_images() -> Rows {
    common::splits(&common::glyphs_run("")).train
}

fn assert_close(left: f64, right: f64, tolerance: f64) {
    assert!((left - right).abs() <= tolerance, "{left} and {right} differ by more than {tolerance}");
}

#[test]
fn the_training_error_of_pca_is_the_discarded_variance() {
    let images = training_images();
    let rows = scaled(&images);
    for components in [0, 1, 4, 30, 300] {
        let pca = Pca::fit(&images, components).unwrap();
        let discarded = pca.total_variance() - pca.explained_variance().iter().sum::<f64>();
        let population = (images.len() - 1) as f64 / images.len() as f64;
        assert_close(error(&pca, &rows), discarded * population, 1e-5);
    }
}

#[test]
fn principal_components_are_orthonormal() {
    let pca = Pca::fit(&training_images(), 128).unwrap();
    let components = pca.components();
    for i in 0..components.rows() {
        for j in 0..=i {
            let product: f64 = components.row(i).iter().zip(components.row(j)).map(|(a, b)| f64::from(a * b)).sum();
            assert_close(product, if i == j { 1.0 } else { 0.0 }, 1e-5);
        }
    }
}

#[test]
fn another_component_never_raises_the_training_error() {
    let images = training_images();
    let rows = scaled(&images);
    let errors: Vec<f64> = [0, 1, 2, 4, 8, 16, 30, 32, 64, 128]
        .iter()
        .map(|&components| error(&Pca::fit(&images, components).unwrap(), &rows))
        .collect();
    assert!(errors.windows(2).all(|pair| pair[1] <= pair[0]), "{errors:?}");
}

#[test]
fn rows_of_rank_k_are_reconstructed_exactly_from_k_components() {
    let (rank, rows, columns) = (3, 200, 50);
    let factor = |i: usize, j: usize| ((i * 31 + j * 17 + i * j * 7) % 23) as f32 / 23.0 - 0.5;
    let values = (0..rows * columns)
        .map(|index| (0..rank).map(|k| factor(index / columns, k) * factor(k + 5, index % columns)).sum::<f32>() + 0.25)
        .collect();
    let matrix = Matrix::new(rows, columns, values);
    let pca = Pca::fit_rows(&matrix, rank).unwrap();
    for (value, reconstructed) in matrix.values().iter().zip(pca.reconstruct(&matrix).values()) {
        assert_close(f64::from(*value), f64::from(*reconstructed), 1e-6);
    }
}

#[test]
fn codes_have_zero_mean_and_the_explained_variance() {
    let images = training_images();
    let pca = Pca::fit(&images, 8).unwrap();
    let codes = pca.encode(&scaled(&images));
    for (unit, &variance) in pca.explained_variance().iter().enumerate() {
        let values: Vec<f64> = (0..codes.rows()).map(|row| f64::from(codes.row(row)[unit])).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let measured = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64;
        assert_close(mean, 0.0, 1e-5);
        assert_close(measured, variance, 1e-5);
    }
}

#[test]
fn the_largest_entry_of_every_component_is_positive() {
    let pca = Pca::fit(&training_images(), 30).unwrap();
    for row in 0..30 {
        let largest = pca.components().row(row).iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap();
        assert!(largest > 0.0, "component {row}");
    }
}

#[test]
fn pca_is_the_same_at_any_number_of_threads() {
    let images = training_images();
    let at = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Pca::fit(&images, 16).unwrap())
    };
    let (one, three) = (at(1), at(3));
    assert_eq!(one.components(), three.components());
    assert_eq!(one.mean(), three.mean());
    assert_eq!(one.explained_variance(), three.explained_variance());
}

#[test]
fn pca_can_have_more_components_than_images() {
    let images = training_images();
    let few =
        Rows::new(images.shape(), images.bytes().unwrap()[..10 * PIXELS].to_vec(), images.labels()[..10].to_vec());
    let pca = Pca::fit(&few, 128).unwrap();
    assert_eq!(pca.code_size(), 128);
    assert_close(error(&pca, &scaled(&few)), 0.0, 1e-8);
}

#[test]
fn pca_without_components_is_the_mean_image() {
    let images = training_images();
    let rows = scaled(&images);
    let mean = MeanImage::fit(&images);
    assert_eq!(Pca::fit(&images, 0).unwrap().mean(), mean.row());
    assert_eq!(mean.reconstruct(&rows).row(7), mean.row());
}

#[derive(Deserialize)]
struct Golden {
    rows: Vec<Vec<u8>>,
    mean: Vec<f64>,
    components: Vec<Vec<f64>>,
    explained_variance: Vec<f64>,
    total_variance: f64,
    codes_of_the_first_two_rows: Vec<Vec<f64>>,
    squared_error_per_row: f64,
}

#[test]
fn pca_agrees_with_scikit_learn() {
    let golden: Golden = serde_json::from_str(include_str!("golden/pca.json")).unwrap();
    let columns = golden.mean.len();
    let pca = Pca::fit_bytes(golden.rows.len(), columns, |row| &golden.rows[row], golden.components.len()).unwrap();
    let scaled = golden.rows.iter().flatten().map(|&byte| f32::from(byte) / 255.0).collect();
    let rows = Matrix::new(golden.rows.len(), columns, scaled);
    let codes = pca.encode(&rows);

    let pairs = |left: &[f32], right: &[f64], tolerance| {
        assert_eq!(left.len(), right.len());
        left.iter().zip(right).for_each(|(&left, &right)| assert_close(f64::from(left), right, tolerance));
    };
    pairs(pca.mean(), &golden.mean, 1e-7);
    pairs(pca.components().values(), &golden.components.concat(), 2e-7);
    pairs(&codes.values()[..2 * codes.columns()], &golden.codes_of_the_first_two_rows.concat(), 1e-6);
    assert_eq!(pca.explained_variance().len(), golden.explained_variance.len());
    for (variance, golden) in pca.explained_variance().iter().zip(&golden.explained_variance) {
        assert_close(*variance, *golden, 1e-12);
    }
    assert_close(pca.total_variance(), golden.total_variance, 1e-12);
    assert_close(error(&pca, &rows), golden.squared_error_per_row, 1e-7);
}

#[test]
#[ignore = "needs the real MNIST in HOURGLASS_DATA"]
fn pca_of_mnist_has_the_published_error() {
    let folder = common::mnist_folder();
    let run = common::run(
        "question = \"Is PCA right?\"\n[dataset]\nname = \"mnist\"\n[model]\narchitecture = \"linear\"\ncode = 30\n\
         [training]\nepochs = 1\nbatch_size = 100\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.001\n",
    );
    let splits = datasets::load(&run.dataset, run.seed, Some(folder.as_path())).unwrap();
    assert_eq!((splits.train.len(), splits.test.len()), (60_000, 10_000));
    let start = std::time::Instant::now();
    let pca = Pca::fit(&splits.train, 30).unwrap();
    eprintln!("fit of 60,000 images: {:.3} s", start.elapsed().as_secs_f64());
    let test = scaled(&splits.test);
    assert_close(error(&pca, &test), 13.8663, 5e-5);
    assert_close(error(&Pca::fit(&splits.train, 32).unwrap(), &test) / PIXELS as f64, 0.016_828, 5e-7);
    assert_close(error(&MeanImage::fit(&splits.train), &test), 52.897, 5e-4);
}

#[test]
fn products_of_rows_and_of_columns_give_the_same_components() {
    let images = training_images();
    let (count, kept) = (120, 20);
    let row = |index: usize| images.byte_row(index).unwrap();
    let by_columns = Pca::fit_bytes(count, PIXELS, row, kept).unwrap();
    let by_rows = Pca::fit_gram(count, PIXELS, row, kept).unwrap();
    assert_eq!(by_rows.mean(), by_columns.mean());
    assert_close(by_rows.total_variance() / by_columns.total_variance(), 1.0, 1e-12);
    assert_eq!([by_rows.explained_variance().len(), by_columns.explained_variance().len()], [kept; 2]);
    for (own, other) in by_rows.explained_variance().iter().zip(by_columns.explained_variance()) {
        assert_close(own / other, 1.0, 1e-10);
    }
    // The signs of components are fixed.
    for (own, other) in by_rows.components().values().iter().zip(by_columns.components().values()) {
        assert_close(f64::from(*own), f64::from(*other), 1e-6);
    }
    let rows = scaled(&images);
    assert_close(error(&by_rows, &rows) / error(&by_columns, &rows), 1.0, 1e-6);
}

#[test]
fn products_of_rows_give_the_requested_number_of_components() {
    let images = training_images();
    let at = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| Pca::fit_gram(10, PIXELS, |index| images.byte_row(index).unwrap(), 128).unwrap())
    };
    let (pca, again) = (at(1), at(3));
    assert_eq!((pca.components(), pca.explained_variance()), (again.components(), again.explained_variance()));
    // Nine components have all the variance of ten images.
    let explained = pca.explained_variance();
    assert!(explained[8] > 0.1 && explained[9..].iter().all(|variance| *variance < 1e-9), "{explained:?}");
    for i in 0..128 {
        for j in 0..=i {
            let pairs = pca.components().row(i).iter().zip(pca.components().row(j));
            assert_close(pairs.map(|(a, b)| f64::from(a * b)).sum(), if i == j { 1.0 } else { 0.0 }, 1e-5);
        }
    }
    let few =
        Rows::new(images.shape(), images.bytes().unwrap()[..10 * PIXELS].to_vec(), images.labels()[..10].to_vec());
    assert_close(error(&pca, &scaled(&few)), 0.0, 1e-8);
}
