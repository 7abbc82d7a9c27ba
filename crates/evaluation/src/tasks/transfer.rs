//! `transfer`: PCA the same way as a transferred network, fit on the source and looked at on the target.

use datasets::Images;
use experiment::catalogue::Split;
use experiment::record::subject::{PCA_SOURCE, PCA_TUNED, SOURCE_MEAN_IMAGE};
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use zoo::{Autoencoder, Matrix};

use super::{Context, Outcome, Tensors, blocks};
use crate::error::Error;
use crate::mean_image::MeanImage;
use crate::measure::Inputs;
use crate::pca::{Pca, eigen};

/// Directions of the codes whose variance is no more than this share of the largest carry rounding alone.
const NEGLIGIBLE: f64 = 1e-10;

/// Mean squared error per pixel of the target's test images, corrupted where the run's are: of PCA fit on the source's
/// training images; of the same with its encoder kept and its decoder fit on the target's; of the source's mean image.
///
/// # Errors
/// When an eigendecomposition does not converge.
pub(super) fn run(context: &Context<'_>) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    let Some(source) = context.trained.source.map(|source| &source.train) else { return Ok(outcome) };
    let run = context.run;
    let test = Inputs { images: &context.splits.test, split: Split::Test, corruption: run.corruption, seed: run.seed };
    let pca = Pca::fit(source, context.model.code_size())?;
    let tuned = Tuned::fit(&pca, &context.splits.train)?;
    let mut tensors = Tensors::default();
    tensors.floats("source.components", pca.components());
    tensors.floats("tuned.weights", &Matrix::new(tuned.bias.len(), pca.code_size(), tuned.weights.clone()));
    tensors.floats("tuned.bias", &Matrix::new(1, tuned.bias.len(), tuned.bias.clone()));
    outcome.tensors = Some(tensors.bytes()?);
    outcome.measures = vec![
        (PCA_SOURCE, "mse_per_pixel", test.mean_squared_error(&pca)),
        (PCA_TUNED, "mse_per_pixel", test.mean_squared_error(&tuned)),
        (SOURCE_MEAN_IMAGE, "mse_per_pixel", test.mean_squared_error(&MeanImage::fit(source))),
    ];
    Ok(outcome)
}

/// The encoder of a PCA with a linear decoder of its own.
struct Tuned<'a> {
    encoder: &'a Pca,
    /// `(pixels, code)`.
    weights: Vec<f32>,
    /// `(pixels,)`.
    bias: Vec<f32>,
}

impl<'a> Tuned<'a> {
    /// Fits weights and bias by least squares: no linear decoder has a smaller squared error over these images. They solve the
    /// normal equations of centred codes and pixels, by the eigendecomposition of the codes' covariance; what the codes do
    /// not span is left out.
    fn fit(encoder: &'a Pca, images: &Images) -> Result<Self, Error> {
        let code = encoder.code_size();
        let moments = blocks(images, images.len(), |images| Moments::of(images, &encoder.encode(images)));
        let pixels = encoder.mean().len();
        let mut all = Moments::zeros(pixels, code);
        moments.iter().for_each(|moments| all.add(moments));
        let count = images.len().max(1) as f64;
        let [codes, means] =
            [&all.codes, &all.pixels].map(|sums| sums.iter().map(|sum| sum / count).collect::<Vec<_>>());
        let covariance = Mat::from_fn(code, code, |i, j| all.squares[(i, j)] / count - codes[i] * codes[j]);
        let cross = Mat::from_fn(pixels, code, |i, j| all.products[(i, j)] / count - means[i] * codes[j]);

        let (variances, vectors) = eigen(&covariance)?;
        let least = NEGLIGIBLE * variances.iter().copied().fold(0.0, f64::max);
        // cross V diag(1 / variance) V^T.
        let mut along = product(&cross, &vectors);
        for (column, variance) in variances.iter().enumerate() {
            let factor = if *variance > least { 1.0 / variance } else { 0.0 };
            along.col_as_slice_mut(column).iter_mut().for_each(|value| *value *= factor);
        }
        let weights = product(&along, &vectors.transpose().to_owned());
        let bias = means.iter().enumerate().map(|(pixel, mean)| {
            (mean - codes.iter().enumerate().map(|(unit, code)| weights[(pixel, unit)] * code).sum::<f64>()) as f32
        });
        let rows = (0..pixels).flat_map(|pixel| (0..code).map(move |unit| (pixel, unit)));
        Ok(Self { encoder, bias: bias.collect(), weights: rows.map(|place| weights[place] as f32).collect() })
    }
}

/// Sums over images of their codes and pixels, and of the products of these.
struct Moments {
    codes: Vec<f64>,
    pixels: Vec<f64>,
    /// `(code, code)`.
    squares: Mat<f64>,
    /// `(pixels, code)`.
    products: Mat<f64>,
}

impl Moments {
    fn zeros(pixels: usize, code: usize) -> Self {
        Self {
            codes: vec![0.0; code],
            pixels: vec![0.0; pixels],
            squares: Mat::zeros(code, code),
            products: Mat::zeros(pixels, code),
        }
    }

    fn of(images: &Matrix, codes: &Matrix) -> Self {
        let wide = |matrix: &Matrix| {
            Mat::from_fn(matrix.rows(), matrix.columns(), |row, column| f64::from(matrix.row(row)[column]))
        };
        let sums = |matrix: &Mat<f64>| {
            (0..matrix.ncols()).map(|column| matrix.col_as_slice(column).iter().sum()).collect::<Vec<f64>>()
        };
        let (images, codes) = (wide(images), wide(codes));
        let transposed = codes.transpose().to_owned();
        Self {
            codes: sums(&codes),
            pixels: sums(&images),
            squares: product(&transposed, &codes),
            products: product(&images.transpose().to_owned(), &codes),
        }
    }

    fn add(&mut self, other: &Self) {
        self.codes.iter_mut().zip(&other.codes).for_each(|(sum, value)| *sum += value);
        self.pixels.iter_mut().zip(&other.pixels).for_each(|(sum, value)| *sum += value);
        self.squares += &other.squares;
        self.products += &other.products;
    }
}

/// On one thread, because faer splits its sums by the number of threads.
fn product(left: &Mat<f64>, right: &Mat<f64>) -> Mat<f64> {
    let mut product = Mat::zeros(left.nrows(), right.ncols());
    matmul(product.as_mut(), Accum::Replace, left.as_ref(), right.as_ref(), 1.0, Par::Seq);
    product
}

impl Autoencoder for Tuned<'_> {
    fn code_size(&self) -> usize {
        self.encoder.code_size()
    }

    fn parameter_count(&self) -> usize {
        self.encoder.parameter_count() + self.weights.len() + self.bias.len()
    }

    fn encode(&self, images: &Matrix) -> Matrix {
        self.encoder.encode(images)
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        let (rows, pixels) = (codes.rows(), self.bias.len());
        let mut images = self.bias.repeat(rows);
        matmul(
            MatMut::from_row_major_slice_mut(&mut images, rows, pixels),
            Accum::Add,
            MatRef::from_row_major_slice(codes.values(), rows, codes.columns()),
            MatRef::from_row_major_slice(&self.weights, pixels, codes.columns()).transpose(),
            1.0,
            Par::Seq,
        );
        Matrix::new(rows, pixels, images)
    }
}

#[cfg(test)]
mod tests {
    use experiment::Experiment;

    use super::*;

    /// Training images of `glyphs`: some, and others that are upside down.
    fn images(upside_down: bool) -> Images {
        let text = "question = \"?\"\n[dataset]\nname = \"glyphs\"\ntrain = 1200\nvalidation = 0\ntest = 10\n\
                    [model]\narchitecture = \"linear\"\ncode = 8\n[training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n\
                    [training.adam]\nlearning_rate = 0.1\n";
        let run = Experiment::parse("transfer.toml".as_ref(), text.to_owned(), &[]).unwrap().runs.remove(0);
        let images = datasets::load(&run.dataset, u64::from(upside_down), None).unwrap().train;
        let mut pixels = images.all_pixels().to_vec();
        if upside_down {
            pixels.chunks_exact_mut(784).for_each(<[u8]>::reverse);
        }
        Images::new(pixels, images.labels().to_vec())
    }

    fn error(images: &Images, model: &dyn Autoencoder) -> f64 {
        Inputs { images, split: Split::Train, corruption: None, seed: 0 }.mean_squared_error(model)
    }

    #[test]
    fn a_refit_decoder_lies_between_the_pca_of_the_source_and_that_of_the_target() {
        let (source, target) = (images(true), images(false));
        let pca = Pca::fit(&source, 16).unwrap();
        let errors = [
            error(&target, &Pca::fit(&target, 16).unwrap()),
            error(&target, &Tuned::fit(&pca, &target).unwrap()),
            error(&target, &pca),
        ];
        assert!(errors[0] < 0.99 * errors[1] && errors[1] < 0.99 * errors[2], "{errors:?}");
    }

    #[test]
    fn least_squares_leave_errors_that_no_code_explains() {
        let (source, target) = (images(true), images(false));
        let pca = Pca::fit(&source, 8).unwrap();
        let tuned = Tuned::fit(&pca, &target).unwrap();
        let clean = crate::measure::clean(&target, 0..target.len());
        let (codes, output) = (tuned.encode(&clean), tuned.reconstruct(&clean));
        // Of each pixel, its error's sum, and its sum times each unit of the code, are 0.
        for pixel in (0..784).step_by(29) {
            let error = |row: usize| f64::from(clean.row(row)[pixel] - output.row(row)[pixel]);
            let sum =
                |factor: &dyn Fn(usize) -> f64| (0..clean.rows()).map(|row| error(row) * factor(row)).sum::<f64>();
            assert!(sum(&|_| 1.0).abs() < 1e-2, "{pixel}");
            for unit in 0..8 {
                assert!(sum(&|row| f64::from(codes.row(row)[unit])).abs() < 1e-2, "{pixel} {unit}");
            }
        }
    }

    #[test]
    fn a_decoder_refit_on_the_images_of_the_pca_is_its_own() {
        let target = images(false);
        let pca = Pca::fit(&target, 16).unwrap();
        let ratio = error(&target, &Tuned::fit(&pca, &target).unwrap()) / error(&target, &pca);
        assert!((ratio - 1.0).abs() < 1e-5, "{ratio}");
    }

    #[test]
    fn units_without_variance_are_left_out() {
        let black = Images::new(vec![0; 20 * 784], vec![0; 20]);
        let pca = Pca::fit(&images(true), 4).unwrap();
        assert!(error(&black, &Tuned::fit(&pca, &black).unwrap()) < 1e-9);
    }
}
