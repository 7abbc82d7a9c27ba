//! The best linear denoiser with a code of given size, in closed form.

use zoo::Matrix;

use crate::baselines::fitted::{Fitted, clip};
use crate::error::Error;
use crate::estimators::eigen::eigen;
use crate::estimators::least_squares::{Affine, BLOCK, Moments, noise_samples, product};
use crate::inputs::Inputs;

/// The affine map from noisy to clean rows, through a code of given size, that has the least squared error on the training
/// rows. It is reduced-rank regression (Izenman, 1975): least squares of clean on noisy values, then the principal
/// components of the fitted values.
///
/// Each training row has [several samples of noise](noise_samples). The output is clipped to the range of the values, if
/// they have one. Without noise the map is PCA.
pub(crate) struct LinearDenoiser {
    /// Weights `(code, values)` and biases `(code,)` of the encoder.
    encoder: Affine,
    /// Weights `(values, code)` and biases `(values,)` of the decoder.
    decoder: Affine,
    range: Option<[f32; 2]>,
}

impl LinearDenoiser {
    /// Fits the map from noisy to clean training rows. `code` is limited to the number of values of a row.
    ///
    /// # Errors
    /// When an eigendecomposition does not converge.
    pub(crate) fn fit(train: &Inputs<'_>, code: usize) -> Result<Self, Error> {
        Self::fit_to_samples(train, code, noise_samples(train), BLOCK)
    }

    fn fit_to_samples(train: &Inputs<'_>, code: usize, samples: u32, block: usize) -> Result<Self, Error> {
        let (count, pixels) = (train.rows.len(), train.rows.width());
        let full = Moments::of_noise(train, 0..count, samples, block).solve()?;
        // Eigenvalues are in rising order: the largest are last.
        let vectors = eigen(&full.fitted_covariance)?.1;
        let kept = vectors.subcols(pixels - code.min(pixels), code.min(pixels));
        let encode = product(kept.transpose(), full.weights.as_ref());
        let no_code = vec![0.0; kept.ncols()];
        Ok(Self {
            encoder: Affine::through(encode.as_ref(), &full.input_mean, &no_code),
            decoder: Affine::through(kept, &no_code, &full.output_mean),
            range: train.rows.range(),
        })
    }
}

impl Fitted for LinearDenoiser {
    fn reconstruct(&self, input: &Matrix) -> Matrix {
        let mut output = self.decoder.apply(&self.encoder.apply(input));
        clip(&mut output, self.range);
        output
    }
}

#[cfg(test)]
pub(super) mod tests {
    use datasets::Rows;
    use spec::Experiment;
    use spec::catalogue::Split;
    use spec::{Corruption, Run};

    use super::*;
    use crate::baselines::pca::Pca;
    use crate::metrics::squared_error;

    pub(in crate::baselines) fn run(corruption: &str) -> Run {
        let text = format!(
            "question = \"?\"\n[dataset]\nname = \"glyphs\"\ntrain = 1500\nvalidation = 0\ntest = 10\n[model]\n\
             architecture = \"linear\"\ncode = 8\n[training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n\
             [training.adam]\nlearning_rate = 0.1\n{corruption}"
        );
        Experiment::parse("linear_denoiser.toml".as_ref(), text, &[]).unwrap().runs.remove(0)
    }

    pub(in crate::baselines) fn images() -> Rows {
        datasets::load(&run("").dataset, 0, None).unwrap().train
    }

    pub(in crate::baselines) fn inputs(rows: &Rows, corruption: Option<Corruption>) -> Inputs<'_> {
        Inputs { rows, split: Split::Train, corruption, seed: 0 }
    }

    /// Clean and corrupted training images.
    pub(in crate::baselines) fn pairs(train: &Inputs<'_>) -> [Matrix; 2] {
        let all = 0..train.rows.len();
        let clean = train.clean(all.clone());
        [clean.clone(), train.corrupted(clean, all)]
    }

    #[test]
    fn without_noise_the_linear_denoiser_is_pca() {
        let images = images();
        let train = inputs(&images, None);
        let [clean, _] = pairs(&train);
        let own = LinearDenoiser::fit(&train, 8).unwrap().reconstruct(&clean);
        let pca = Fitted::reconstruct(&Pca::fit(&images, 8).unwrap(), &clean);
        for (own, pca) in own.values().iter().zip(pca.values()) {
            assert!((own - pca.clamp(0.0, 1.0)).abs() < 1e-4, "{own} {pca}");
        }
    }

    #[test]
    fn with_noise_pca_and_a_smaller_code_have_more_error() {
        let images = images();
        let train = inputs(&images, run("[corruption.masking]\nfraction = 0.4\n").corruption);
        let [clean, corrupted] = pairs(&train);
        let error = |model: &dyn Fitted| squared_error(clean.values(), model.reconstruct(&corrupted).values());
        let [smaller, own] = [4, 8].map(|code| error(&LinearDenoiser::fit(&train, code).unwrap()));
        let pca = Pca::fit(&images, 8).unwrap();
        assert!(own < 0.9 * smaller && own < 0.8 * error(&pca), "{own} {smaller} {}", error(&pca));
    }

    #[test]
    fn threads_and_block_sizes_change_the_fit_only_by_rounding() {
        let images = images();
        let train = inputs(&images, run("[corruption.gaussian]\nsigma = 0.5\n").corruption);
        let [_, corrupted] = pairs(&train);
        let fit = |threads: usize, block: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| LinearDenoiser::fit_to_samples(&train, 8, 2, block)).unwrap().reconstruct(&corrupted)
        };
        // 100 blocks, which are more than are summed at once.
        let own = fit(1, 100);
        assert_eq!(own, fit(3, 100), "to the bit");
        for (one, other) in own.values().iter().zip(fit(2, 1500).values()) {
            assert!((one - other).abs() < 1e-5, "{one} {other}");
        }
    }

    #[test]
    fn with_a_full_code_the_error_is_not_correlated_with_any_input_pixel() {
        let images = images();
        let train = inputs(&images, run("[corruption.gaussian]\nsigma = 0.5\n").corruption);
        let [clean, corrupted] = pairs(&train);
        let model = LinearDenoiser::fit_to_samples(&train, 784, 1, BLOCK).unwrap();
        let output = model.decoder.apply(&model.encoder.apply(&corrupted));
        for pixel in (0..784).step_by(29) {
            let error = |row: usize| f64::from(clean.row(row)[pixel] - output.row(row)[pixel]);
            let sum =
                |factor: &dyn Fn(usize) -> f64| (0..clean.rows()).map(|row| error(row) * factor(row)).sum::<f64>();
            assert!(sum(&|_| 1.0).abs() < 1e-2, "{pixel}");
            for input in (0..784).step_by(97) {
                assert!(sum(&|row| f64::from(corrupted.row(row)[input])).abs() < 1e-2, "{pixel} {input}");
            }
        }
    }
}
