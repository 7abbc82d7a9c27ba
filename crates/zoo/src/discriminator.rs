//! [`Discriminator`]: the network of adversarial autoencoders that distinguishes codes from samples of the prior.

use dfdx::prelude::*;

use crate::kind::AnyPerceptron;
use crate::layer;
use crate::layout::Layout;
use crate::learned;
use crate::matrix::Matrix;
use crate::plan::Plan;
use crate::rows::{Rows, Tape, matrix, rows};
use crate::traits::Judgement;

/// The discriminator of an adversarial autoencoder (Makhzani et al., 2016) with codes of `K` units. Its output is the log
/// odds that a code is a sample of the prior. Its parameters form one flat list of f32, in the order of
/// [`layout`](Self::layout).
///
/// ```text
/// K ──ReLU──> 128 ──ReLU──> 128 ──> 1
/// ```
///
/// Parameters: `128 K + 16,769`; 20,865 at K = 32.
#[derive(Debug)]
pub struct Discriminator {
    layers: Box<dyn AnyPerceptron>,
}

impl Discriminator {
    pub(crate) fn new(layers: Box<dyn AnyPerceptron>) -> Self {
        Self { layers }
    }

    /// Names, shapes and places of the parameters in the flat list.
    pub fn layout(&self) -> &Layout {
        self.layers.layout()
    }

    /// Widths, activations and places of the parameters, without the types.
    pub fn plan(&self) -> Plan {
        Plan::new(self.layers.layout(), &self.layers.layers())
    }

    /// Replaces every parameter.
    ///
    /// # Panics
    /// When the number of values differs from the number of parameters.
    pub fn set_parameters(&mut self, parameters: &[f32]) {
        learned::write(self.layers.layers_mut().into_iter(), parameters);
    }

    /// Loss and accuracy at distinguishing `codes` from `draws`, samples of the prior, both `(rows, code size)`.
    ///
    /// `gradient` receives the gradient of the loss, the mean cross-entropy over codes and samples, with respect to every
    /// parameter. dfdx computes it by reverse-mode differentiation.
    ///
    /// # Panics
    /// When the length of `gradient` is not the number of parameters.
    pub fn judge(&self, codes: &Matrix, draws: &Matrix, gradient: &mut [f32]) -> Judgement {
        let count = codes.rows();
        let shown = Matrix::new(2 * count, codes.columns(), [codes.values(), draws.values()].concat());
        let odds = self.odds(rows(&shown).leaky_traced());
        let right = odds.as_vec().iter().enumerate().filter(|(row, odds)| (**odds > 0.0) == (*row >= count)).count();
        let is_draw = (0..2 * count).map(|row| if row < count { 0.0 } else { 1.0 }).collect();
        let loss = odds.bce_with_logits(rows(&Matrix::new(2 * count, 1, is_draw))).mean();
        let judgement = Judgement { loss: f64::from(loss.array()), accuracy: right as f64 / (2 * count) as f64 };
        learned::gradient(&self.layers.layers(), &mut loss.backward(), gradient);
        judgement
    }

    /// Loss of an encoder that deceives the discriminator: the mean over `codes`, `(rows, code size)`, of `-ln(probability
    /// that the code is a sample of the prior)`. The matrix is its gradient with respect to each code, `(rows, code size)`.
    pub fn deceive(&self, codes: &Matrix) -> (f64, Matrix) {
        let count = codes.rows();
        let codes = rows(codes);
        let odds = self.odds(codes.leaky_trace());
        let loss = odds.bce_with_logits(rows(&Matrix::new(count, 1, vec![1.0; count]))).mean();
        let value = f64::from(loss.array());
        (value, matrix(&loss.backward().get(&codes)))
    }

    fn odds(&self, codes: Rows<Tape>) -> Rows<Tape> {
        layer::forward(&self.layers.layers(), codes, &mut [].iter())
    }
}
