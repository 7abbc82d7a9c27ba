//! [`Residual`]: dense layers whose output is added to their input.

use super::dense::{Dense, differentiate, output_sums};
use crate::layer::{self, Chain};
use crate::layout::Layout;
use crate::matrix::Matrix;
use crate::plan::Plan;
use crate::rows::{matrix, rows};
use crate::traits::{Autoencoder, Kind, Losses, Objective, Step, Trainable};

/// A denoiser of rows of `P` values with a code of `K` units. It adds its last sums to the input, so that it learns the
/// noise instead of the row (Zhang et al., 2017).
///
/// ```text
/// P ──A──> hidden ──A──> ... ──> K ──A──> ... ──A──> hidden ──> P ──(+)──output──> P
/// └──────────────────────────────────────────────────────────────┘
/// ```
#[derive(Debug)]
pub struct Residual<const P: usize, const K: usize, E, D> {
    dense: Dense<P, K, E, D>,
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, P>> Default for Residual<P, K, E, D> {
    /// The network with every parameter 0.
    fn default() -> Self {
        Self { dense: Dense::default() }
    }
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, P>> Autoencoder for Residual<P, K, E, D> {
    fn code_size(&self) -> usize {
        K
    }

    fn parameter_count(&self) -> usize {
        self.dense.parameter_count()
    }

    fn encode(&self, inputs: &Matrix) -> Matrix {
        self.dense.encode(inputs)
    }

    /// The output for codes alone: the reconstruction of an input of zeros.
    fn decode(&self, codes: &Matrix) -> Matrix {
        self.dense.decode(codes)
    }

    fn reconstruct(&self, inputs: &Matrix) -> Matrix {
        let codes = rows(&self.dense.encode(inputs));
        let (output, sums) = output_sums(&self.dense.decoder.layers(), codes, Some(inputs), &mut [].iter());
        matrix(&layer::activate(output, sums))
    }
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, P>> Trainable for Residual<P, K, E, D> {
    fn layout(&self) -> &Layout {
        self.dense.layout()
    }

    fn kind(&self) -> Kind<'_> {
        Kind::Dense(Plan { is_residual: true, ..self.dense.plan() })
    }

    fn parameters(&self) -> Vec<f32> {
        self.dense.parameters()
    }

    fn set_parameters(&mut self, parameters: &[f32]) {
        self.dense.set_parameters(parameters);
    }

    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> Losses {
        let Dense { encoder, decoder, .. } = &self.dense;
        differentiate(&encoder.layers(), &decoder.layers(), Some(step.inputs), step, objective, gradient)
    }
}
