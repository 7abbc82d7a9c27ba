//! Object-safe traits of anything that encodes rows and decodes codes, and of networks that can be trained.

use spec::catalogue::Loss;

use crate::layout::Layout;
use crate::matrix::Matrix;
use crate::plan::{Plan, Recurrence};

/// Something that maps images to codes and back. Trained networks and PCA both implement it, so that every metric and
/// plot treats them alike.
pub trait Autoencoder: Send + Sync {
    /// Units of the code.
    fn code_size(&self) -> usize;

    /// Learned numbers.
    fn parameter_count(&self) -> usize;

    /// `(images, pixels)`, pixels in [0, 1], to `(images, code_size)`.
    fn encode(&self, images: &Matrix) -> Matrix;

    /// `(images, code_size)` to `(images, pixels)`.
    fn decode(&self, codes: &Matrix) -> Matrix;

    /// Encodes and decodes: `(images, pixels)` to the same shape.
    fn reconstruct(&self, images: &Matrix) -> Matrix {
        self.decode(&self.encode(images))
    }
}

/// Normal distributions of codes, the units of each independent.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// `(images, code_size)`.
    pub means: Matrix,
    /// `(images, code_size)`: natural logarithms of the variances.
    pub log_variances: Matrix,
}

impl Posterior {
    /// `mean + exp(log variance / 2) * noise`, with standard normal `noise` of the same shape.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn sample(&self, noise: &Matrix) -> Matrix {
        let values = self.means.values().iter().zip(self.log_variances.values()).zip(noise.values());
        let codes = values.map(|((mean, log_variance), noise)| mean + (0.5 * log_variance).exp() * noise).collect();
        Matrix::new(self.means.rows(), self.means.columns(), codes)
    }

    /// `(images,)`: divergence of each from the standard normal distribution in nats (Kingma & Welling, 2014, appendix B).
    pub fn divergences(&self) -> Vec<f64> {
        let unit = |(mean, log_variance): (&f32, &f32)| {
            let (mean, log_variance) = (f64::from(*mean), f64::from(*log_variance));
            0.5 * (mean * mean + log_variance.exp() - 1.0 - log_variance)
        };
        let rows = 0..self.means.rows();
        rows.map(|row| self.means.row(row).iter().zip(self.log_variances.row(row)).map(unit).sum()).collect()
    }
}

/// A network whose code is a normal distribution.
pub trait Probabilistic: Autoencoder {
    /// The distribution of the code of each row; [`encode`](Autoencoder::encode) gives the means.
    fn posterior(&self, inputs: &Matrix) -> Posterior;
}

/// How a network computes.
#[derive(Clone)]
pub enum Kind<'n> {
    /// By dense layers.
    Dense(Plan),
    /// By dense layers, two of which give mean and log variance of the code.
    Gaussian(Plan, &'n dyn Probabilistic),
    /// By gated recurrent units.
    Gated(Recurrence),
}

impl<'n> Kind<'n> {
    /// The plan of a network of dense layers.
    pub fn plan(self) -> Option<Plan> {
        match self {
            Self::Dense(plan) | Self::Gaussian(plan, _) => Some(plan),
            Self::Gated(_) => None,
        }
    }

    /// The same network, if its code is a normal distribution.
    pub fn probabilistic(self) -> Option<&'n dyn Probabilistic> {
        match self {
            Self::Gaussian(_, network) => Some(network),
            Self::Dense(_) | Self::Gated(_) => None,
        }
    }
}

/// A network whose parameters can be read, changed and differentiated. They form one flat list of f32, in the order of
/// [`layout`](Self::layout).
pub trait Trainable: Autoencoder {
    /// Names, shapes and places of the parameters.
    fn layout(&self) -> &Layout;

    /// How it computes, laid flat: what can run and train it without its types.
    fn kind(&self) -> Kind<'_>;

    /// Every parameter.
    fn parameters(&self) -> Vec<f32>;

    /// Replaces every parameter.
    ///
    /// # Panics
    /// When their number differs.
    fn set_parameters(&mut self, parameters: &[f32]);

    /// The losses of a step, and the gradient of the whole objective with respect to every parameter, by dfdx's
    /// reverse-mode differentiation. This is the reference for every other way of computing it. Penalties of the code are
    /// part of what is differentiated and not of the loss returned.
    ///
    /// # Panics
    /// When `gradient` does not have one place per parameter.
    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> Losses;
}

/// What a network is trained to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective {
    /// Held between outputs and targets, averaged over images and pixels.
    pub loss: Loss,
    /// Factor of the mean over the images of `sum |code|`, which is added to the loss.
    pub code_l1: f32,
    /// Factor of the mean over the images of the Gaussian code's divergence from the prior, in nats, which is added to the
    /// loss.
    pub divergence: f32,
}

/// What a step comes to, as means over its images.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Losses {
    /// The loss per pixel, each image's weighted.
    pub loss: f64,
    /// Divergence of the Gaussian codes from the prior, in nats, each image's weighted; 0 of others.
    pub divergence: f64,
}

/// How well a discriminator tells codes from draws of the prior.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Judgement {
    /// Mean cross-entropy over codes and draws, in nats; ln 2 of one that guesses.
    pub loss: f64,
    /// Share of codes and draws that it takes for what they are.
    pub accuracy: f64,
}

/// What one step learns from.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    /// `(images, pixels)`.
    pub inputs: &'a Matrix,
    /// `(images, pixels)`: what is to be made of the inputs.
    pub targets: &'a Matrix,
    /// `(images,)`: factor of each image's loss; 1 without.
    pub weights: Option<&'a [f32]>,
    /// Dropout: what the output of each layer is multiplied with, `(images, width)`, if anything; empty without dropout,
    /// else one entry for each layer.
    pub masks: &'a [Option<Matrix>],
    /// Standard normal noise of a Gaussian code, `(images, code_size)`; none of others.
    pub noise: Option<&'a Matrix>,
    /// Given the codes, `(images, code_size)`, what else pulls at them: a gradient with respect to each, which is added to
    /// that of the objective.
    pub pull: Option<&'a dyn Fn(&Matrix) -> Matrix>,
}

impl<'a> Step<'a> {
    /// A step with nothing but inputs and targets.
    pub const fn new(inputs: &'a Matrix, targets: &'a Matrix) -> Self {
        Self { inputs, targets, weights: None, masks: &[], noise: None, pull: None }
    }
}
