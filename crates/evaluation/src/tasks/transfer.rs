//! `transfer`: PCA transferred like the network, fitted to the source and measured on the target.

use datasets::Rows;
use spec::catalogue::Split;
use spec::subject::{PCA_SOURCE, PCA_TUNED, SOURCE_MEAN_IMAGE};
use zoo::{Autoencoder, Matrix};

use crate::baselines::mean_image::MeanImage;
use crate::baselines::pca::Pca;
use crate::error::Error;
use crate::estimators::least_squares::{Affine, Moments, Solution};
use crate::inputs::Inputs;
use crate::tasks::context::{Context, TaskOutput, blocks};
use crate::tensors::Tensors;

/// Measures the mean squared error per pixel on the target's test images, noisy if the run has a corruption, of these subjects:
///
/// - PCA fitted to the source's training images,
/// - the same PCA with a decoder fitted to the target's training images,
/// - the mean image of the source.
///
/// # Errors
/// When an eigendecomposition does not converge.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let mut output = TaskOutput::default();
    let Some(source) = context.trained.source.map(|source| &source.train) else { return Ok(output) };
    let run = context.run;
    let test = Inputs { rows: &context.splits.test, split: Split::Test, corruption: run.corruption, seed: run.seed };
    let pca = Pca::fit(source, context.model.code_size())?;
    let tuned = Tuned::fit(&pca, &context.splits.train)?;
    let mut tensors = Tensors::default();
    tensors.floats("source.components", pca.components());
    let Affine { weights, bias } = &tuned.decoder;
    tensors.floats("tuned.weights", weights);
    tensors.floats("tuned.bias", &Matrix::new(1, bias.len(), bias.clone()));
    output.tensors = Some(tensors.bytes()?);
    let mean_image = MeanImage::fit(source);
    let subjects: [(_, &dyn Autoencoder); 3] =
        [(PCA_SOURCE, &pca), (PCA_TUNED, &tuned), (SOURCE_MEAN_IMAGE, &mean_image)];
    for (subject, model) in subjects {
        let (error, blocks) = test.mean_squared_errors(model);
        output.push_with_blocks(subject, "mse_per_pixel", error, blocks);
    }
    Ok(output)
}

/// The encoder of a PCA with another linear decoder, from codes to rows.
struct Tuned<'a> {
    encoder: &'a Pca,
    decoder: Affine,
}

impl<'a> Tuned<'a> {
    /// Fits the decoder by least squares: no linear decoder has a smaller squared error on these images.
    fn fit(encoder: &'a Pca, images: &Rows) -> Result<Self, Error> {
        let moments = blocks(images, images.len(), |images| Moments::of(&encoder.encode(images), images));
        let mut all = Moments::zeros(encoder.code_size(), encoder.mean().len());
        moments.iter().for_each(|moments| all.add(moments));
        let Solution { weights, input_mean, output_mean, .. } = all.solve()?;
        Ok(Self { encoder, decoder: Affine::through(weights.as_ref(), &input_mean, &output_mean) })
    }
}

impl Autoencoder for Tuned<'_> {
    fn code_size(&self) -> usize {
        self.encoder.code_size()
    }

    fn parameter_count(&self) -> usize {
        let Affine { weights, bias } = &self.decoder;
        self.encoder.parameter_count() + weights.values().len() + bias.len()
    }

    fn encode(&self, images: &Matrix) -> Matrix {
        self.encoder.encode(images)
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        self.decoder.apply(codes)
    }
}

#[cfg(test)]
mod tests {
    use spec::Experiment;

    use super::*;

    /// Training images of `glyphs`: some of them, or others that are turned upside down.
    fn images(upside_down: bool) -> Rows {
        let text = "question = \"?\"\n[dataset]\nname = \"glyphs\"\ntrain = 1200\nvalidation = 0\ntest = 10\n\
                    [model]\narchitecture = \"linear\"\ncode = 8\n[training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n\
                    [training.adam]\nlearning_rate = 0.1\n";
        let run = Experiment::parse("transfer.toml".as_ref(), text.to_owned(), &[]).unwrap().runs.remove(0);
        let images = datasets::load(&run.dataset, u64::from(upside_down), None).unwrap().train;
        let mut pixels = images.bytes().unwrap().to_vec();
        if upside_down {
            pixels.chunks_exact_mut(784).for_each(<[u8]>::reverse);
        }
        Rows::new(images.shape(), pixels, images.labels().to_vec())
    }

    fn error(rows: &Rows, model: &dyn Autoencoder) -> f64 {
        Inputs { rows, split: Split::Train, corruption: None, seed: 0 }.mean_squared_errors(model).0
    }

    #[test]
    fn the_error_of_a_refitted_decoder_is_between_those_of_source_and_target_pca() {
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
    fn errors_of_least_squares_are_not_correlated_with_the_code() {
        let (source, target) = (images(true), images(false));
        let pca = Pca::fit(&source, 8).unwrap();
        let tuned = Tuned::fit(&pca, &target).unwrap();
        let clean = crate::inputs::clean(&target, 0..target.len());
        let (codes, output) = (tuned.encode(&clean), tuned.reconstruct(&clean));
        // For each pixel, the sum of its error, and the sum of its error times each unit, are 0.
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
    fn a_decoder_refitted_to_the_images_of_the_pca_is_unchanged() {
        let target = images(false);
        let pca = Pca::fit(&target, 16).unwrap();
        let ratio = error(&target, &Tuned::fit(&pca, &target).unwrap()) / error(&target, &pca);
        assert!((ratio - 1.0).abs() < 1e-5, "{ratio}");
    }

    #[test]
    fn units_without_variance_are_left_out() {
        let black = Rows::new(spec::Shape::square(28), vec![0_u8; 20 * 784], vec![0; 20]);
        let pca = Pca::fit(&images(true), 4).unwrap();
        assert!(error(&black, &Tuned::fit(&pca, &black).unwrap()) < 1e-9);
    }
}
