//! Object-safe traits of autoencoders and of trainable networks, and the data that they exchange.

use spec::catalogue::Loss;

use crate::layout::Layout;
use crate::matrix::Matrix;
use crate::plan::{Plan, Recurrence};

/// A method that encodes rows and decodes codes. Trained networks and PCA implement it, so that every metric and figure
/// treats them alike.
pub trait Autoencoder: Send + Sync {
    /// Number of units of the code.
    fn code_size(&self) -> usize;

    /// Number of learned parameters.
    fn parameter_count(&self) -> usize;

    /// Codes, `(rows, code_size)`, of rows, `(rows, values)`.
    fn encode(&self, images: &Matrix) -> Matrix;

    /// Decoded rows, `(rows, values)`, of codes, `(rows, code_size)`.
    fn decode(&self, codes: &Matrix) -> Matrix;

    /// Encodes and decodes rows, `(rows, values)`; the result has the same shape.
    fn reconstruct(&self, images: &Matrix) -> Matrix {
        self.decode(&self.encode(images))
    }
}

/// Normal distributions of codes. The units of a code are independent.
#[derive(Debug, Clone, PartialEq)]
pub struct Posterior {
    /// Means of the codes, `(rows, code_size)`.
    pub means: Matrix,
    /// Natural logarithms of the variances, `(rows, code_size)`.
    pub log_variances: Matrix,
}

impl Posterior {
    /// Samples of the codes, `(rows, code_size)`: `mean + exp(log variance / 2) * noise`, with standard normal `noise` of
    /// the same shape.
    ///
    /// # Panics
    /// When the shapes differ.
    pub fn sample(&self, noise: &Matrix) -> Matrix {
        let values = self.means.values().iter().zip(self.log_variances.values()).zip(noise.values());
        let codes = values.map(|((mean, log_variance), noise)| mean + (0.5 * log_variance).exp() * noise).collect();
        Matrix::new(self.means.rows(), self.means.columns(), codes)
    }

    /// Kullback-Leibler divergence of each row's code from the standard normal distribution, `(rows,)`, in nats (Kingma &
    /// Welling, 2014, appendix B).
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
    /// Distribution of the code of each row. [`encode`](Autoencoder::encode) returns its means.
    fn posterior(&self, inputs: &Matrix) -> Posterior;
}

/// Kind of a network: what an engine needs to run and train it without its types.
#[derive(Clone)]
pub enum Kind<'n> {
    /// Dense layers.
    Dense(Plan),
    /// Dense layers, two of which give mean and log variance of the code.
    Gaussian(Plan, &'n dyn Probabilistic),
    /// Gated recurrent units.
    Gated(Recurrence),
}

impl<'n> Kind<'n> {
    /// The plan of a network of dense layers; none for a recurrent network.
    pub fn plan(self) -> Option<Plan> {
        match self {
            Self::Dense(plan) | Self::Gaussian(plan, _) => Some(plan),
            Self::Gated(_) => None,
        }
    }

    /// The network itself, if its code is a normal distribution.
    pub fn probabilistic(self) -> Option<&'n dyn Probabilistic> {
        match self {
            Self::Gaussian(_, network) => Some(network),
            Self::Dense(_) | Self::Gated(_) => None,
        }
    }
}

/// A network whose parameters can be read, changed and differentiated. The parameters form one flat list of f32, in the
/// order of [`layout`](Self::layout).
pub trait Trainable: Autoencoder {
    /// Names, shapes and places of the parameters in the flat list.
    fn layout(&self) -> &Layout;

    /// Arithmetic of the network without its types, for the engines.
    fn kind(&self) -> Kind<'_>;

    /// Every parameter, in the order of the layout.
    fn parameters(&self) -> Vec<f32>;

    /// Replaces every parameter.
    ///
    /// # Panics
    /// When the number of values differs from the number of parameters.
    fn set_parameters(&mut self, parameters: &[f32]);

    /// Returns the losses of a step, and writes the gradient of the whole objective with respect to every parameter to
    /// `gradient`. dfdx computes it by reverse-mode differentiation; this is the reference for every other engine.
    /// Penalties of the code are part of the objective, but not of the returned loss.
    ///
    /// # Panics
    /// When the length of `gradient` is not the number of parameters.
    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> Losses;
}

/// The function that training minimises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Objective {
    /// Loss between outputs and targets, averaged over rows and values.
    pub loss: Loss,
    /// Factor of the code penalty, the mean over rows of `sum |code|`. The product is added to the loss.
    pub code_l1: f32,
    /// Factor of the mean divergence of Gaussian codes from the prior, in nats. The product is added to the loss.
    pub divergence: f32,
}

/// Losses of one step, averaged over its rows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Losses {
    /// Mean loss per value, with the weights of the rows.
    pub loss: f64,
    /// Mean divergence of Gaussian codes from the prior, in nats, with the weights of the rows; 0 for other codes.
    pub divergence: f64,
}

/// Quality of a discriminator on codes and samples of the prior.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Judgement {
    /// Mean cross-entropy over codes and samples of the prior, in nats. Guessing gives ln 2.
    pub loss: f64,
    /// Share of codes and samples of the prior that are classified correctly, in [0, 1].
    pub accuracy: f64,
}

/// The data of one training step.
#[derive(Clone, Copy)]
pub struct Step<'a> {
    /// Inputs of the network, `(rows, values)`.
    pub inputs: &'a Matrix,
    /// Targets of the outputs, `(rows, values)`.
    pub targets: &'a Matrix,
    /// Weight of each row's loss, `(rows,)`; 1 for every row if there are none.
    pub weights: Option<&'a [f32]>,
    /// Dropout masks, one entry for each layer: a matrix `(rows, width)` that multiplies the layer's output, or none. Empty
    /// without dropout.
    pub masks: &'a [Option<Matrix>],
    /// Standard normal noise of Gaussian codes, `(rows, code_size)`; none for other codes.
    pub noise: Option<&'a Matrix>,
    /// Extra gradient on the codes (the adversarial term): a function from codes to a gradient, both `(rows, code_size)`.
    /// The gradient is added to that of the objective.
    pub pull: Option<&'a dyn Fn(&Matrix) -> Matrix>,
}

impl<'a> Step<'a> {
    /// A step with inputs and targets alone.
    pub const fn new(inputs: &'a Matrix, targets: &'a Matrix) -> Self {
        Self { inputs, targets, weights: None, masks: &[], noise: None, pull: None }
    }
}
