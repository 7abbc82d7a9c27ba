//! `likelihood`: how likely a variational autoencoder makes the test images.
//!
//! Trained with a cross-entropy, it gives each pixel a probability of being 1: on binarised images the likelihood is a
//! probability. Trained with a squared error, it gives each pixel a normal distribution of variance `beta / 2`, for which
//! the objective is the negative evidence lower bound up to a factor and a constant: the likelihood of grey images is a
//! density, as that of probabilistic PCA is.

use std::f64::consts::TAU;

use random::{Stream, item};
use spec::Run;
use spec::catalogue::{Loss, Pixels, Split};
use spec::subject::{AUTOENCODER, PROBABILISTIC_PCA};
use zoo::{Matrix, Posterior};

use crate::tasks::context::{Context, TaskOutput};
use crate::tasks::prior::{INFORMATIVE, variances};

use crate::baselines::pca::Pca;
use crate::baselines::probabilistic_pca::ProbabilisticPca;
use crate::error::Error;
use crate::metrics::{binary_cross_entropy, squared_error};
use crate::parallel;

/// Numbers of samples that bounds are taken from.
const SAMPLES: [usize; 3] = [1, 50, 500];
const BOUNDS: [&str; 3] = ["bound_1", "bound_50", "bound_500"];

/// Images looked at together by one thread, and codes drawn for each at a time: memory does not grow with the samples.
const IMAGES: usize = 40;
const DRAWS: usize = 10;

/// Sums over images, in nats.
#[derive(Default)]
struct Sums {
    reconstruction: f64,
    divergence: f64,
    bounds: [f64; 3],
}

/// In nats per image: `elbo`, the evidence lower bound, and its two parts, `reconstruction_nats`, the expected log-likelihood
/// given a code of the image, and `divergence_nats`, the divergence of its codes from the prior; and `bound_k`, the importance
/// weighted bound from k codes (Burda et al., 2016, equation 8), which rises to the log-likelihood with k.
/// `informative_units`: how many units' means vary by more than 0.01 over the images. Beside them `log_likelihood` of
/// probabilistic PCA, where both are densities of the same images.
///
/// # Errors
/// When an eigendecomposition does not converge.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let mut output = TaskOutput::default();
    let Some(posterior) = context.posterior() else { return Ok(output) };
    let pixel = Pixel::of(context.run);
    let dense = context.dense();
    let decode = |codes: &Matrix| match &dense {
        Some((plan, parameters)) => plan.forward(plan.decoder(), parameters, codes),
        None => context.model.decode(codes),
    };
    let count = context.splits.test.len();
    let blocks: Vec<Sums> = parallel::map_blocks(count, IMAGES, &|images| {
        let rows = |matrix: &Matrix| {
            let units = matrix.columns();
            let values = matrix.values()[images.start * units..images.end * units].to_vec();
            Matrix::new(images.len(), units, values)
        };
        let posterior = Posterior { means: rows(&posterior.means), log_variances: rows(&posterior.log_variances) };
        let clean = crate::inputs::clean(&context.splits.test, images.clone());
        bounds(&clean, &decode, pixel, &posterior, context.run.seed, images.start)
    });
    let mut sums = Sums::default();
    for block in blocks {
        sums.reconstruction += block.reconstruction;
        sums.divergence += block.divergence;
        sums.bounds.iter_mut().zip(block.bounds).for_each(|(sum, part)| *sum += part);
    }
    let mean = |sum: f64| sum / count as f64;
    let [reconstruction, divergence] = [mean(sums.reconstruction), mean(sums.divergence)];
    let informative = variances(&posterior.means).iter().filter(|variance| **variance > INFORMATIVE).count();
    output.measures.extend([
        (AUTOENCODER, "elbo", reconstruction - divergence),
        (AUTOENCODER, "reconstruction_nats", reconstruction),
        (AUTOENCODER, "divergence_nats", divergence),
        (AUTOENCODER, "informative_units", informative as f64),
    ]);
    output.measures.extend(BOUNDS.into_iter().zip(sums.bounds).map(|(name, sum)| (AUTOENCODER, name, mean(sum))));
    if let (Pixel::Normal { .. }, Pixels::Grey) = (pixel, context.run.dataset.pixels) {
        let pca = match context.subjects.pca() {
            Some(pca) => pca,
            None => &Pca::fit(&context.splits.train, context.model.code_size())?,
        };
        if let Some(density) = ProbabilisticPca::new(pca) {
            let sums = crate::tasks::context::blocks(&context.splits.test, count, |images| {
                density.log_densities(images).iter().sum::<f64>()
            });
            output.measures.push((PROBABILISTIC_PCA, "log_likelihood", mean(sums.into_iter().sum())));
        } else {
            let why = "the training images vary in no more directions than probabilistic PCA has components";
            output.without_meaning(why, &["log_likelihood"]);
        }
    }
    Ok(output)
}

/// What the bounds of a run are of, for people.
pub fn protocol(run: &Run) -> String {
    let pixels = match run.dataset.pixels {
        Pixels::Grey => "at their grey levels",
        Pixels::Threshold => "1 from a half up, else 0",
        Pixels::Stochastic => "drawn once for all, 1 with the grey level as probability",
    };
    let decoded = match Pixel::of(run) {
        Pixel::Bernoulli => "whose probability of being 1 the decoder gives".to_owned(),
        Pixel::Normal { variance } => {
            format!("taken for normal about the decoder's output, with variance {}", variance as f32)
        }
    };
    format!("`{}`: {} test images, pixels {pixels}, {decoded}.", run.label(), run.dataset.test)
}

/// The distribution of a pixel given what the decoder makes of a code.
#[derive(Clone, Copy)]
enum Pixel {
    /// 1 with that probability.
    Bernoulli,
    /// Normal about it.
    Normal { variance: f64 },
}

impl Pixel {
    fn of(run: &Run) -> Self {
        match (run.training.loss, run.training.variational) {
            (Loss::Mse, Some(variational)) => Self::Normal { variance: f64::from(variational.beta) / 2.0 },
            _ => Self::Bernoulli,
        }
    }

    /// Log-likelihood of an image in nats.
    fn log_likelihood(self, image: &[f32], decoded: &[f32]) -> f64 {
        match self {
            Self::Bernoulli => -binary_cross_entropy(image, decoded),
            Self::Normal { variance } => {
                -0.5 * (squared_error(image, decoded) / variance + image.len() as f64 * (TAU * variance).ln())
            }
        }
    }
}

/// Sums over neighbouring test images, `(images, values)`, the first of which is `first` of the split.
fn bounds(
    clean: &Matrix,
    decode: &impl Fn(&Matrix) -> Matrix,
    pixel: Pixel,
    posterior: &Posterior,
    seed: u64,
    first: usize,
) -> Sums {
    let (images, units) = (clean.rows(), posterior.means.columns());
    let mut generators: Vec<_> = (first..first + images)
        .map(|image| Stream::EvaluationCode.generator(seed, item(Split::Test as u32, image as u32)))
        .collect();
    let repeated = repeat(posterior);
    let mut noise = Matrix::zeros(images * DRAWS, units);
    let mut sums = Sums { divergence: posterior.divergences().iter().sum(), ..Sums::default() };
    // Of each image: the largest log weight so far, and the sum of all weights over it.
    let mut weights = vec![(f64::NEG_INFINITY, 0.0); images];
    let most = SAMPLES[SAMPLES.len() - 1];
    for drawn in (0..most).step_by(DRAWS) {
        for (image, generator) in generators.iter_mut().enumerate() {
            let codes = &mut noise.values_mut()[image * DRAWS * units..(image + 1) * DRAWS * units];
            random::normals(generator, codes);
        }
        let codes = repeated.sample(&noise);
        let decoded = decode(&codes);
        for draw in 0..DRAWS {
            for (image, (largest, sum)) in weights.iter_mut().enumerate() {
                let row = image * DRAWS + draw;
                let log_likelihood = pixel.log_likelihood(clean.row(image), decoded.row(row));
                sums.reconstruction += log_likelihood / most as f64;
                let weight = log_likelihood + log_ratio(&repeated, &codes, &noise, row);
                if weight > *largest {
                    *sum *= (*largest - weight).exp();
                    *largest = weight;
                }
                *sum += (weight - *largest).exp();
            }
            if let Some(place) = SAMPLES.iter().position(|samples| *samples == drawn + draw + 1) {
                let logs = weights.iter().map(|(largest, sum)| largest + sum.ln() - (SAMPLES[place] as f64).ln());
                sums.bounds[place] = logs.sum();
            }
        }
    }
    sums
}

/// Each row as many times as codes are drawn at a time.
fn repeat(posterior: &Posterior) -> Posterior {
    let repeated = |matrix: &Matrix| {
        let rows = (0..matrix.rows()).flat_map(|row| matrix.row(row).repeat(DRAWS)).collect();
        Matrix::new(matrix.rows() * DRAWS, matrix.columns(), rows)
    };
    Posterior { means: repeated(&posterior.means), log_variances: repeated(&posterior.log_variances) }
}

/// `ln p(z) - ln q(z | x)` of a code `z` drawn with this noise.
fn log_ratio(posterior: &Posterior, codes: &Matrix, noise: &Matrix, row: usize) -> f64 {
    let drawn = codes.row(row).iter().zip(noise.row(row)).zip(posterior.log_variances.row(row));
    let unit = |((code, noise), log_variance): ((&f32, &f32), &f32)| {
        let (code, noise) = (f64::from(*code), f64::from(*noise));
        0.5 * (noise * noise - code * code + f64::from(*log_variance))
    };
    drawn.map(unit).sum()
}

#[cfg(test)]
mod tests {
    use datasets::Rows;
    use spec::Shape;
    use zoo::Autoencoder;

    use super::*;
    use zoo::Probabilistic;

    /// Probabilistic PCA as a variational autoencoder: its decoder is linear, and the posterior of its codes is normal and
    /// exact (Tipping & Bishop, 1999, equation 7), so that no bound leaves a gap.
    struct Exact {
        pca: Pca,
        /// Standard deviation of each component beyond the noise.
        scales: Vec<f64>,
        noise: f64,
    }

    impl Autoencoder for Exact {
        fn code_size(&self) -> usize {
            self.pca.code_size()
        }

        fn parameter_count(&self) -> usize {
            0
        }

        fn encode(&self, images: &Matrix) -> Matrix {
            let mut codes = self.pca.encode(images);
            for row in 0..codes.rows() {
                let values = codes.row_mut(row).iter_mut().zip(&self.scales);
                values.for_each(|(value, scale)| {
                    *value = (f64::from(*value) * scale / (scale * scale + self.noise)) as f32
                });
            }
            codes
        }

        fn decode(&self, codes: &Matrix) -> Matrix {
            let mut codes = codes.clone();
            for row in 0..codes.rows() {
                codes.row_mut(row).iter_mut().zip(&self.scales).for_each(|(value, scale)| *value *= *scale as f32);
            }
            self.pca.decode(&codes)
        }
    }

    impl Probabilistic for Exact {
        fn posterior(&self, images: &Matrix) -> Posterior {
            let means = self.encode(images);
            let mut log_variances = Matrix::zeros(means.rows(), means.columns());
            for row in 0..means.rows() {
                let values = log_variances.row_mut(row).iter_mut().zip(&self.scales);
                values.for_each(|(value, scale)| *value = (self.noise / (scale * scale + self.noise)).ln() as f32);
            }
            Posterior { means, log_variances }
        }
    }

    #[test]
    fn every_bound_of_a_model_with_an_exact_posterior_is_its_log_likelihood() {
        let (pixels, labels): (Vec<_>, Vec<_>) = (0..300).map(datasets::glyphs::glyph).unzip();
        let images = Rows::new(Shape::square(28), pixels.into_flattened(), labels);
        let pca = Pca::fit(&images, 10).unwrap();
        let density = ProbabilisticPca::new(&pca).unwrap();
        let noise = density.noise();
        let rows = crate::inputs::clean(&images, 0..30);
        let expected: f64 = density.log_densities(&rows).iter().sum();
        let scales = pca.explained_variance().iter().map(|variance| (variance - noise).sqrt()).collect();
        let exact = Exact { scales, noise, pca: pca.clone() };
        let posterior = exact.posterior(&rows);
        let decode = |codes: &Matrix| exact.decode(codes);
        let sums = bounds(&rows, &decode, Pixel::Normal { variance: noise }, &posterior, 0, 0);
        let elbo = sums.reconstruction - sums.divergence;
        // A mean over 500 codes of 10 units, whose log-likelihoods have a standard deviation of about 2 nats.
        assert!((elbo - expected).abs() < 0.1 * 30.0, "{elbo} {expected}");
        for bound in sums.bounds {
            assert!((bound - expected).abs() < 1e-5 * expected.abs(), "{bound} {expected}");
        }
    }
}
