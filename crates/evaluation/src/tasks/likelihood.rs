//! `likelihood`: how likely a variational autoencoder makes the test images.
//!
//! Trained with a cross-entropy, it gives each pixel a probability of being 1: on binarised images the likelihood is a
//! probability. Trained with a squared error, it gives each pixel a normal distribution of variance `beta / 2`, for which
//! the objective is the negative evidence lower bound up to a factor and a constant: the likelihood of grey images is a
//! density, as that of probabilistic PCA is.

use std::f64::consts::TAU;
use std::ops::Range;

use experiment::catalogue::{Loss, PIXELS, Pixels, Split};
use experiment::record::subject::{AUTOENCODER, PROBABILISTIC_PCA};
use experiment::spec::Run;
use experiment::streams::{Stream, item};
use rayon::prelude::*;
use zoo::{Autoencoder, Matrix, Posterior};

use super::prior::{INFORMATIVE, variances};
use super::{Context, Outcome};
use crate::error::Error;
use crate::metrics::{binary_cross_entropy, squared_error};
use crate::pca::Pca;

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
pub(super) fn run(context: &Context<'_>) -> Result<Outcome, Error> {
    let mut outcome = Outcome::default();
    let Some(posterior) = context.posterior() else { return Ok(outcome) };
    let pixel = Pixel::of(context.run);
    let dense = context.model.dense();
    let decode = |codes: &Matrix| match &dense {
        Some((plan, parameters)) => plan.forward(plan.decoder(), parameters, codes),
        None => context.model.decode(codes),
    };
    let count = context.splits.test.len();
    let blocks: Vec<Sums> = (0..count.div_ceil(IMAGES))
        .into_par_iter()
        .map(|block| {
            let images = block * IMAGES..((block + 1) * IMAGES).min(count);
            bounds(context, &decode, pixel, &posterior, images)
        })
        .collect();
    let mut sums = Sums::default();
    for block in blocks {
        sums.reconstruction += block.reconstruction;
        sums.divergence += block.divergence;
        sums.bounds.iter_mut().zip(block.bounds).for_each(|(sum, part)| *sum += part);
    }
    let mean = |sum: f64| sum / count as f64;
    let [reconstruction, divergence] = [mean(sums.reconstruction), mean(sums.divergence)];
    let informative = variances(&posterior.means).iter().filter(|variance| **variance > INFORMATIVE).count();
    outcome.measures.extend([
        (AUTOENCODER, "elbo", reconstruction - divergence),
        (AUTOENCODER, "reconstruction_nats", reconstruction),
        (AUTOENCODER, "divergence_nats", divergence),
        (AUTOENCODER, "informative_units", informative as f64),
    ]);
    outcome.measures.extend(BOUNDS.into_iter().zip(sums.bounds).map(|(name, sum)| (AUTOENCODER, name, mean(sum))));
    if let (Pixel::Normal { .. }, Pixels::Grey) = (pixel, context.run.dataset.pixels) {
        let log_likelihood = probabilistic_pca(context)?;
        outcome.measures.push((PROBABILISTIC_PCA, "log_likelihood", log_likelihood));
    }
    Ok(outcome)
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
                -0.5 * (squared_error(image, decoded) / variance + PIXELS as f64 * (TAU * variance).ln())
            }
        }
    }
}

/// Sums over neighbouring test images.
fn bounds(
    context: &Context<'_>,
    decode: &impl Fn(&Matrix) -> Matrix,
    pixel: Pixel,
    posterior: &Posterior,
    range: Range<usize>,
) -> Sums {
    let (first, images) = (range.start, range.len());
    let units = posterior.means.columns();
    let rows =
        |matrix: &Matrix| Matrix::new(images, units, matrix.values()[first * units..(first + images) * units].to_vec());
    let posterior = Posterior { means: rows(&posterior.means), log_variances: rows(&posterior.log_variances) };
    let clean = super::clean(&context.splits.test, range.clone());
    let mut generators: Vec<_> = range
        .map(|image| Stream::EvaluationCode.generator(context.run.seed, item(Split::Test as u32, image as u32)))
        .collect();
    let repeated = repeat(&posterior);
    let mut noise = Matrix::zeros(images * DRAWS, units);
    let mut sums = Sums { divergence: posterior.divergences().iter().sum(), ..Sums::default() };
    // Of each image: the largest log weight so far, and the sum of all weights over it.
    let mut weights = vec![(f64::NEG_INFINITY, 0.0); images];
    let most = SAMPLES[SAMPLES.len() - 1];
    for drawn in (0..most).step_by(DRAWS) {
        for (image, generator) in generators.iter_mut().enumerate() {
            let codes = &mut noise.values_mut()[image * DRAWS * units..(image + 1) * DRAWS * units];
            datasets::random::normals(generator, codes);
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

/// Mean log density of the test images under probabilistic PCA with as many components as the code has units, at the
/// maximum of the training images' likelihood (Tipping & Bishop, 1999, equations 3 to 8).
fn probabilistic_pca(context: &Context<'_>) -> Result<f64, Error> {
    let pca = Pca::fit(&context.splits.train, context.model.code_size())?;
    let left = (PIXELS - pca.code_size()) as f64;
    let explained: f64 = pca.explained_variance().iter().sum();
    let noise = (pca.total_variance() - explained) / left;
    let constant = PIXELS as f64 * TAU.ln()
        + pca.explained_variance().iter().map(|variance| variance.ln()).sum::<f64>()
        + left * noise.ln();
    let blocks = super::blocks(&context.splits.test, context.splits.test.len(), |images| {
        let codes = pca.encode(images);
        (0..images.rows())
            .map(|row| {
                let centred =
                    images.row(row).iter().zip(pca.mean()).map(|(value, mean)| f64::from(value - mean).powi(2));
                let along = codes.row(row).iter().zip(pca.explained_variance());
                let within: f64 = codes.row(row).iter().map(|code| f64::from(*code).powi(2)).sum();
                let scaled: f64 = along.map(|(code, variance)| f64::from(*code).powi(2) / variance).sum();
                -0.5 * (constant + scaled + (centred.sum::<f64>() - within) / noise)
            })
            .sum::<f64>()
    });
    Ok(blocks.into_iter().sum::<f64>() / context.splits.test.len() as f64)
}
