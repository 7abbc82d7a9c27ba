//! [`Dense`]: an encoder and a decoder of dense layers.

use dfdx::prelude::*;
use spec::catalogue::Activation;

use crate::layer::{self, Affine, Chain};
use crate::layout::{self, Layout};
use crate::learned;
use crate::matrix::Matrix;
use crate::plan::Plan;
use crate::rows::{self, matrix, pulled, rows, weighted};
use crate::traits::{Autoencoder, Kind, Losses, Objective, Step, Trainable};

/// An autoencoder of rows of `P` values with a code of `K` units, made of dense layers.
///
/// ```text
/// P ──A──> hidden ──A──> ... ──> K ──A──> ... ──A──> hidden ──output──> P
/// ```
///
/// A network whose layers have different widths where they meet does not compile:
///
/// ```
/// use zoo::{Dense, layer::{Identity, Layer}};
/// let _ = Dense::<784, 32, (Layer<784, 32, Identity>,), (Layer<32, 784, Identity>,)>::default();
/// ```
///
/// ```compile_fail
/// use zoo::{Dense, layer::{Identity, Layer}};
/// The decoder reads 16 units, but the encoder writes 32.
/// let _ = Dense::<784, 32, (Layer<784, 32, Identity>,), (Layer<16, 784, Identity>,)>::default();
/// ```
#[derive(Debug)]
pub struct Dense<const P: usize, const K: usize, E, D> {
    pub(super) encoder: E,
    pub(super) decoder: D,
    layout: Layout,
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, P>> Default for Dense<P, K, E, D> {
    /// The network with every parameter 0.
    fn default() -> Self {
        let device = Cpu::default();
        let (encoder, decoder) = (E::zeros(&device), D::zeros(&device));
        let layout = layout::of(&[("encoder", encoder.layers()), ("decoder", decoder.layers())], 1);
        Self { encoder, decoder, layout }
    }
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, P>> Dense<P, K, E, D> {
    fn layers(&self) -> Vec<&dyn Affine> {
        [self.encoder.layers(), self.decoder.layers()].concat()
    }

    /// The arithmetic of the network, without its types.
    pub(super) fn plan(&self) -> Plan {
        Plan::new(&self.layout, &self.layers())
    }
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, P>> Autoencoder for Dense<P, K, E, D> {
    fn code_size(&self) -> usize {
        K
    }

    fn parameter_count(&self) -> usize {
        self.layout.parameter_count()
    }

    fn encode(&self, inputs: &Matrix) -> Matrix {
        run(&self.encoder.layers(), inputs)
    }

    fn decode(&self, codes: &Matrix) -> Matrix {
        run(&self.decoder.layers(), codes)
    }
}

impl<const P: usize, const K: usize, E: Chain<P, K>, D: Chain<K, P>> Trainable for Dense<P, K, E, D> {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn kind(&self) -> Kind<'_> {
        Kind::Dense(self.plan())
    }

    fn parameters(&self) -> Vec<f32> {
        learned::read(&self.layers())
    }

    fn set_parameters(&mut self, parameters: &[f32]) {
        learned::write(self.encoder.layers_mut().into_iter().chain(self.decoder.layers_mut()), parameters);
    }

    fn gradient(&self, step: &Step<'_>, objective: &Objective, gradient: &mut [f32]) -> Losses {
        differentiate(&self.encoder.layers(), &self.decoder.layers(), None, step, objective, gradient)
    }
}

/// Runs rows through layers without a tape.
pub(crate) fn run(layers: &[&dyn Affine], inputs: &Matrix) -> Matrix {
    matrix(&layer::forward(layers, rows(inputs), &mut [].iter()))
}

/// Losses of a step; writes the gradient of the objective to `gradient`. `added`, `(rows, values)`, is added to the sums of
/// the last layer.
pub(super) fn differentiate(
    encoder: &[&dyn Affine],
    decoder: &[&dyn Affine],
    added: Option<&Matrix>,
    step: &Step<'_>,
    objective: &Objective,
    gradient: &mut [f32],
) -> Losses {
    let mut masks = step.masks.iter();
    let codes = layer::forward(encoder, rows(step.inputs).leaky_traced(), &mut masks);
    let (penalised, free) = (codes.with_empty_tape(), codes.with_empty_tape());
    let mut loss = weighted(losses(decoder, codes, added, &mut masks, step, objective), step.weights).mean();
    let value = f64::from(loss.array());
    if objective.code_l1 > 0.0 {
        loss = loss + penalised.abs().sum() * (objective.code_l1 / step.inputs.rows() as f32);
    }
    if let Some(pulled) = pulled(free, step.pull) {
        loss = loss + pulled;
    }
    learned::gradient(&[encoder, decoder].concat(), &mut loss.backward(), gradient);
    Losses { loss: value, divergence: 0.0 }
}

/// Loss of each output value, `(rows, values)`. `added` is added to the sums of the decoder's last layer.
pub(crate) fn losses(
    decoder: &[&dyn Affine],
    codes: rows::Rows<rows::Tape>,
    added: Option<&Matrix>,
    masks: &mut layer::Masks<'_>,
    step: &Step<'_>,
    objective: &Objective,
) -> rows::Rows<rows::Tape> {
    let (output, sums) = output_sums(decoder, codes, added, masks);
    rows::losses(output, sums, rows(step.targets), objective.loss)
}

/// Activation of the decoder's last layer, and the sums, `(rows, values)`, before that activation.
pub(super) fn output_sums<T: rows::Taping>(
    decoder: &[&dyn Affine],
    codes: rows::Rows<T>,
    added: Option<&Matrix>,
    masks: &mut layer::Masks<'_>,
) -> (Activation, rows::Rows<T>) {
    let (before, last) = decoder.split_at(decoder.len() - 1);
    let sums = layer::sums(last[0], layer::forward(before, codes, masks));
    let sums = match added {
        Some(added) => sums + rows(added),
        None => sums,
    };
    (last[0].activation(), sums)
}
