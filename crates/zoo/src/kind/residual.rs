//! Dense layers that write what is added to their input.

use dfdx::prelude::*;

use super::dense::{differentiate, output_sums, run};
use crate::layer::{self, Affine, Chain};
use crate::layout::{self, Layout};
use crate::learned;
use crate::matrix::Matrix;
use crate::plan::Plan;
use crate::rows::{matrix, rows};
use crate::traits::{Autoencoder, Kind, Losses, Objective, Step, Trainable};

/// A denoiser of rows of `P` values through a code of `K` units, which learns the noise and not the row (Zhang et al., 2017).
///
/// ```text
/// P ──A──> hidden ──A──> ... ──> K ──A──> ... ──A──> hidden ──> P ──(+)──output──> P
/// └──────────────────────────────────────────────────────────────┘
/// ```
#[derive(Debug)]
pub struct Residual<const P: usize, const K: usize, E, D> {
    encoder: E,
    decoder: D,
    layout: Layout,
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, P>> Default for Residual<P, K, E, D> {
    /// The network with every parameter 0.
    fn default() -> Self {
        let device = Cpu::default();
        let (encoder, decoder) = (E::zeros(&device), D::zeros(&device));
        let layout = layout::of(&[("encoder", encoder.layers()), ("decoder", decoder.layers())], 1);
        Self { encoder, decoder, layout }
    }
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, P>> Residual<P, K, E, D> {
    fn layers(&self) -> Vec<&dyn Affine> {
        [self.encoder.layers(), self.decoder.layers()].concat()
    }
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, P>> Autoencoder for Residual<P, K, E, D> {
    fn code_size(&self) -> usize {
        K
    }

    fn parameter_count(&self) -> usize {
        self.layout.parameter_count()
    }

    fn encode(&self, inputs: &Matrix) -> Matrix {
        run(&self.encoder.layers(), inputs)
    }

    /// The output for an input of zeros.
    fn decode(&self, codes: &Matrix) -> Matrix {
        run(&self.decoder.layers(), codes)
    }

    fn reconstruct(&self, inputs: &Matrix) -> Matrix {
        let mut no_masks = [].iter();
        let codes = layer::forward(&self.encoder.layers(), rows(inputs), &mut no_masks);
        let (output, sums) = output_sums(&self.decoder.layers(), codes, Some(inputs), &mut no_masks);
        matrix(&layer::activate(output, sums))
    }
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, P>> Trainable for Residual<P, K, E, D> {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn kind(&self) -> Kind<'_> {
        Kind::Dense(Plan { is_residual: true, ..Plan::new(&self.layout, &self.layers()) })
    }

    fn parameters(&self) -> Vec<f32> {
        learned::read(&self.layers())
    }

    fn set_parameters(&mut self, parameters: &[f32]) {
        learned::write(self.encoder.layers_mut().into_iter().chain(self.decoder.layers_mut()), parameters);
    }

    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> Losses {
        differentiate(&self.encoder.layers(), &self.decoder.layers(), Some(step.inputs), step, objective, gradient)
    }
}
