//! `likelihood`: likelihood of binarised test images under a variational autoencoder.
//!
//! The decoder gives each pixel a probability of being 1, so that the likelihood is a probability. Grey pixels have no such
//! probability: most are exactly 0, and their density grows without bound as the model concentrates there.

use datasets::Splits;
use random::{Stream, item};
use spec::Run;
use spec::catalogue::{Loss, Pixels, Split};
use spec::subject::{AUTOENCODER, BERNOULLI_MIXTURE};
use zoo::{Matrix, Posterior};

use crate::error::Error;
use crate::estimators::bernoulli_mixture::{BernoulliMixture, BinaryRows};
use crate::metrics::binary_cross_entropy;
use crate::parallel;
use crate::tasks::context::{Context, TaskOutput};
use crate::tasks::prior::{INFORMATIVE, variances};
use crate::tensors::Tensors;

/// Numbers of samples of the bounds, and the names of their fields.
const SAMPLES: [usize; 3] = [1, 50, 500];
const BOUNDS: [&str; 3] = ["bound_1", "bound_50", "bound_500"];
/// Names of all fields.
const MEASURED: [&str; 9] = [
    "elbo",
    "reconstruction_nats",
    "divergence_nats",
    "bound_1",
    "bound_50",
    "bound_500",
    "informative_units",
    "log_likelihood",
    "components",
];

/// Number of images that one thread processes together, and of codes drawn for each at a time. Memory does not grow with
/// the number of samples.
const IMAGES: usize = 40;
const DRAWS: usize = 10;

/// Candidate numbers of components of the mixture.
const COMPONENTS: [usize; 5] = [10, 20, 50, 100, 200];

/// Sums over images, in nats.
#[derive(Default)]
struct Sums {
    reconstruction: f64,
    divergence: f64,
    bounds: [f64; 3],
}

/// Measures bounds of the log-likelihood, in nats per image.
///
/// - `elbo`: evidence lower bound.
/// - `reconstruction_nats`, `divergence_nats`: its two parts, the expected log-likelihood given a code of the image, and
///   the divergence of the codes from the prior.
/// - `bound_k`: importance-weighted bound from k codes (Burda et al., 2016, equation 8), which rises to the log-likelihood
///   with k.
/// - `informative_units`: number of units whose means have a variance above 0.01 over the images.
/// - `log_likelihood` and `components`: those of a mixture of products of Bernoulli distributions, for comparison.
///
/// # Errors
/// When the parameters of the mixture cannot be written as tensors.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let mut output = TaskOutput::default();
    let Some(posterior) = context.posterior() else { return Ok(output) };
    // Spec validation refuses this; records of older versions may still ask for it.
    if context.run.dataset.pixels == Pixels::Grey || context.run.training.loss != Loss::Bce {
        output.without_meaning("pixels that are not binarised have no probability", &MEASURED);
        return Ok(output);
    }
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
        bounds(&clean, &decode, &posterior, context.run.seed, images.start)
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
    let (mixture, components) = fit_mixture(context.splits, context.run.seed);
    let test = BinaryRows::of(&context.splits.test, 0..count);
    output.measures.extend([
        (BERNOULLI_MIXTURE, "log_likelihood", mixture.log_likelihood(&test)),
        (BERNOULLI_MIXTURE, "components", components as f64),
    ]);
    let mut tensors = Tensors::default();
    tensors.floats("bernoulli_mixture", &mixture.parameters());
    output.tensors = Some(tensors.bytes()?);
    Ok(output)
}

/// The mixture fitted to training images, and its number of components: the candidate with the highest likelihood of
/// held-out images. These are the validation split, or without one the last tenth of the training split; the mixture is
/// then fitted again to the whole split.
fn fit_mixture(splits: &Splits, seed: u64) -> (BernoulliMixture, usize) {
    let generator = |components: usize| Stream::PixelMixture.generator(seed, components as u64);
    let (count, validation) = (splits.train.len(), splits.validation.len());
    let train = BinaryRows::of(&splits.train, 0..count);
    if validation > 0 {
        let held_out = BinaryRows::of(&splits.validation, 0..validation);
        return BernoulliMixture::choose(&train, &held_out, &COMPONENTS, generator);
    }
    let fit_on = count - (count / 10).max(1);
    let [fit, held_out] = [0..fit_on, fit_on..count].map(|range| BinaryRows::of(&splits.train, range));
    let (_, components) = BernoulliMixture::choose(&fit, &held_out, &COMPONENTS, generator);
    (BernoulliMixture::fit(&train, components, &mut generator(components)), components)
}

/// Sentence for readers: the images, pixels and densities that the bounds of a run refer to.
pub fn protocol(run: &Run) -> String {
    let pixels = match run.dataset.pixels {
        Pixels::Grey => "at their grey levels",
        Pixels::Threshold => "1 from a half up, else 0",
        Pixels::Stochastic => "drawn once for all, 1 with the grey level as probability",
    };
    let decoded = match (run.training.loss, run.training.variational) {
        (Loss::Mse, Some(variational)) => {
            let variance = f64::from(variational.beta) / 2.0;
            format!("taken for normal about the decoder's output, with variance {}", variance as f32)
        }
        _ => "whose probability of being 1 the decoder gives".to_owned(),
    };
    format!("`{}`: {} test images, pixels {pixels}, {decoded}.", run.label(), run.dataset.test)
}

/// Sums over consecutive test images, `(images, values)`; `first` is the index of the first in the split.
fn bounds(clean: &Matrix, decode: &impl Fn(&Matrix) -> Matrix, posterior: &Posterior, seed: u64, first: usize) -> Sums {
    let (images, units) = (clean.rows(), posterior.means.columns());
    let mut generators: Vec<_> = (first..first + images)
        .map(|image| Stream::EvaluationCode.generator(seed, item(Split::Test as u32, image as u32)))
        .collect();
    let repeated = repeat(posterior);
    let mut noise = Matrix::zeros(images * DRAWS, units);
    let mut sums = Sums { divergence: posterior.divergences().iter().sum(), ..Sums::default() };
    // For each image: the largest log weight so far, and the sum of all weights divided by its exponential.
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
                let log_likelihood = -binary_cross_entropy(clean.row(image), decoded.row(row));
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

/// Repeats each row for each code that is drawn at a time.
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
    use super::*;

    const IMAGES: [[f32; 4]; 3] = [[1.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0]];
    const SLOPES: [f32; 4] = [1.5, 1.0, -1.2, 0.6];
    const OFFSETS: [f32; 4] = [0.2, -0.5, 0.1, -0.3];

    /// Pixels that depend on the one unit of a code by a logistic function.
    fn decode(codes: &Matrix) -> Matrix {
        let logits = codes.values().iter().flat_map(|code| SLOPES.iter().zip(OFFSETS).map(move |(a, b)| a * code + b));
        Matrix::new(codes.rows(), 4, logits.map(|logit| 1.0 / (1.0 + (-logit).exp())).collect())
    }

    fn sums(mean: f32, log_variance: f32) -> Sums {
        let images = Matrix::new(3, 4, IMAGES.concat());
        let constant = |value| Matrix::new(3, 1, vec![value; 3]);
        let posterior = Posterior { means: constant(mean), log_variances: constant(log_variance) };
        bounds(&images, &decode, &posterior, 0, 0)
    }

    /// Integral over the code of a function of the code and of the image's log-likelihood given the code, by the trapezoid
    /// rule, for each image.
    fn integral(of: impl Fn(f64, f64) -> f64) -> Vec<f64> {
        let step = 0.002;
        let of_image = |image: &[f32; 4]| {
            let codes = (-5000..=5000).map(|at| f64::from(at) * step);
            codes
                .map(|code| {
                    step * of(
                        code,
                        -binary_cross_entropy(image, decode(&Matrix::new(1, 1, vec![code as f32])).values()),
                    )
                })
                .sum()
        };
        IMAGES.iter().map(of_image).collect()
    }

    fn normal(code: f64, mean: f64, variance: f64) -> f64 {
        (-0.5 * (code - mean).powi(2) / variance).exp() / (std::f64::consts::TAU * variance).sqrt()
    }

    #[test]
    fn bounds_rise_to_the_log_likelihood_found_by_quadrature() {
        let exact: f64 = integral(|code, log| normal(code, 0.0, 1.0) * log.exp()).iter().map(|p| p.ln()).sum();
        // For codes drawn from the prior, weights have a standard deviation close to their mean.
        let found = sums(0.0, 0.0);
        let [one, fifty, most] = found.bounds;
        assert!(one < fifty && (most - exact).abs() < 0.2, "{:?} {exact}", found.bounds);
        assert!(found.reconstruction - found.divergence < exact);
    }

    #[test]
    fn reconstruction_and_divergence_are_the_parts_of_the_evidence_lower_bound() {
        let variance = (-0.5_f64).exp();
        let reconstruction: f64 = integral(|code, log| normal(code, 0.3, variance) * log).iter().sum();
        let found = sums(0.3, -0.5);
        // The tolerance is for a mean over 500 codes.
        assert!((found.reconstruction - reconstruction).abs() < 0.3, "{} {reconstruction}", found.reconstruction);
        let divergence = 3.0 * 0.5 * (0.09 + variance + 0.5 - 1.0);
        assert!((found.divergence - divergence).abs() < 1e-6, "{} {divergence}", found.divergence);
    }

    #[test]
    fn if_the_decoder_ignores_the_code_every_bound_is_the_log_likelihood() {
        let images = Matrix::new(3, 4, IMAGES.concat());
        let posterior = Posterior { means: Matrix::zeros(3, 2), log_variances: Matrix::zeros(3, 2) };
        let sums = bounds(
            &images,
            &|codes: &Matrix| Matrix::new(codes.rows(), 4, vec![0.25; 4 * codes.rows()]),
            &posterior,
            0,
            0,
        );
        let exact = 5.0 * 0.25_f64.ln() + 7.0 * 0.75_f64.ln();
        for bound in sums.bounds {
            assert!((bound - exact).abs() < 1e-5, "{bound} {exact}");
        }
    }
}
