//! [`Gaussian`]: dense layers whose code is a normal distribution, as in a variational autoencoder.

use dfdx::prelude::*;

use super::dense::{losses, run};
use crate::layer::{self, Affine, Chain, Identity, Layer};
use crate::layout::{self, Layout};
use crate::learned;
use crate::matrix::Matrix;
use crate::plan::Plan;
use crate::rows::{Tape, matrix, pulled, rows, weighted};
use crate::traits::{Autoencoder, Kind, Losses, Objective, Posterior, Probabilistic, Step, Trainable};

/// A variational autoencoder of rows of `P` values (Kingma & Welling, 2014). Its code of `K` units is a normal
/// distribution. A trunk of dense layers ends in `H` units, two affine heads give mean and log variance, and a decoder
/// reads a sample of the code.
///
/// ```text
///                                ┌──> K means ─────────┐
/// P ──A──> hidden ──A──> ... H ──┤                     ├─ sample ──> K ──A──> ... ──A──> hidden ──output──> P
///                                └──> K log variances ─┘
/// ```
#[derive(Debug)]
pub struct Gaussian<const P: usize, const H: usize, const K: usize, E, D> {
    trunk: E,
    mean: Layer<H, K, Identity>,
    log_variance: Layer<H, K, Identity>,
    decoder: D,
    layout: Layout,
}

impl<const P: usize, const H: usize, const K: usize, E: Chain<P, H>, D: Chain<K, P>> Default
    for Gaussian<P, H, K, E, D>
{
    /// The network with every parameter 0.
    fn default() -> Self {
        let device = Cpu::default();
        let (trunk, decoder) = (E::zeros(&device), D::zeros(&device));
        let [mean, log_variance] = [0; 2].map(|_| Layer::zeros(&device));
        let mut encoder = trunk.layers();
        encoder.extend([&mean as &dyn Affine, &log_variance]);
        let layout = layout::of(&[("encoder", encoder), ("decoder", decoder.layers())], 2);
        Self { trunk, mean, log_variance, decoder, layout }
    }
}

impl<const P: usize, const H: usize, const K: usize, E: Chain<P, H>, D: Chain<K, P>> Gaussian<P, H, K, E, D> {
    /// All layers in order: trunk, mean, log variance, decoder.
    fn layers(&self) -> Vec<&dyn Affine> {
        [self.trunk.layers(), vec![&self.mean, &self.log_variance], self.decoder.layers()].concat()
    }
}

impl<const P: usize, const H: usize, const K: usize, E: Chain<P, H>, D: Chain<K, P>> Autoencoder
    for Gaussian<P, H, K, E, D>
{
    fn code_size(&self) -> usize {
        K
    }

    fn parameter_count(&self) -> usize {
        self.layout.parameter_count()
    }

    /// Means of the codes, `(rows, K)`.
    fn encode(&self, inputs: &Matrix) -> Matrix {
        run(&[self.trunk.layers(), vec![&self.mean]].concat(), inputs)
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        run(&self.decoder.layers(), codes)
    }
}

impl<const P: usize, const H: usize, const K: usize, E: Chain<P, H>, D: Chain<K, P>> Probabilistic
    for Gaussian<P, H, K, E, D>
{
    fn posterior(&self, inputs: &Matrix) -> Posterior {
        let hidden = layer::forward(&self.trunk.layers(), rows(inputs), &mut [].iter());
        let log_variances = matrix(&layer::sums(&self.log_variance, hidden.clone()));
        Posterior { means: matrix(&layer::sums(&self.mean, hidden)), log_variances }
    }
}

impl<const P: usize, const H: usize, const K: usize, E: Chain<P, H>, D: Chain<K, P>> Trainable
    for Gaussian<P, H, K, E, D>
{
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn kind(&self) -> Kind<'_> {
        Kind::Gaussian(Plan::new(&self.layout, &self.layers()), self)
    }

    fn parameters(&self) -> Vec<f32> {
        learned::read(&self.layers())
    }

    fn set_parameters(&mut self, parameters: &[f32]) {
        let mut layers = self.trunk.layers_mut();
        layers.extend([&mut self.mean as &mut dyn Affine, &mut self.log_variance]);
        learned::write(layers.into_iter().chain(self.decoder.layers_mut()), parameters);
    }

    /// `step.noise` is the noise of the codes. Without noise, each code is its mean.
    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> Losses {
        let heads = [&self.mean as &dyn Affine, &self.log_variance];
        let (loss, values) = objective_of(&self.trunk.layers(), heads, &self.decoder.layers(), step, objective);
        learned::gradient(&self.layers(), &mut loss.backward(), gradient);
        values
    }
}

/// The objective as a tensor to differentiate, and the losses of a step as numbers.
fn objective_of(
    trunk: &[&dyn Affine],
    [mean, log_variance]: [&dyn Affine; 2],
    decoder: &[&dyn Affine],
    step: &Step<'_>,
    objective: &Objective,
) -> (Tensor<Rank0, f32, Cpu, Tape>, Losses) {
    let mut masks = step.masks.iter();
    let hidden = layer::forward(trunk, rows(step.inputs).leaky_traced(), &mut masks);
    // Dropout never applies to the two heads, so their masks are skipped.
    masks.by_ref().take(2).for_each(drop);
    let log_variances = layer::sums(log_variance, hidden.with_empty_tape());
    let means = layer::sums(mean, hidden);
    // KL = (mean² + exp(log variance) - 1 - log variance) / 2, summed over units.
    let twice = means.with_empty_tape().square() + log_variances.with_empty_tape().exp()
        - log_variances.with_empty_tape()
        - 1.0;
    let divergence: Tensor<Rank0, f32, Cpu, Tape> =
        weighted(twice, step.weights).sum() * (0.5 / step.inputs.rows() as f32);
    let codes = match step.noise {
        Some(noise) => means + (log_variances * 0.5).exp() * rows(noise),
        None => means,
    };
    let free = codes.with_empty_tape();
    let mut loss = weighted(losses(decoder, codes, None, &mut masks, step, objective), step.weights).mean();
    let values = Losses { loss: f64::from(loss.array()), divergence: f64::from(divergence.array()) };
    loss = loss + divergence * objective.divergence;
    if let Some(pulled) = pulled(free, step.pull) {
        loss = loss + pulled;
    }
    (loss, values)
}
