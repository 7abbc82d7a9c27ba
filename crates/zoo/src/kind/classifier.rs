//! [`Classifier`]: the encoder of an autoencoder with a softmax layer on its code.

use dfdx::prelude::*;

use super::dense::run;
use crate::layer::{self, Chain, Identity, Layer};
use crate::layout::{self, Layout};
use crate::learned;
use crate::matrix::Matrix;
use crate::plan::Plan;
use crate::rows::{rows, weighted};
use crate::traits::{Autoencoder, Kind, Losses, Objective, Step, Trainable};

/// A classifier of rows of `P` values into `C` classes, through a code of `K` units. [`decode`](Autoencoder::decode)
/// returns logits. Targets are `(rows, C)`: 1 for the class of the row, 0 for the others.
///
/// ```text
/// P ──A──> hidden ──A──> ... ──> K ──> C logits
/// ```
#[derive(Debug)]
pub struct Classifier<const P: usize, const K: usize, const C: usize, E> {
    encoder: E,
    head: Layer<K, C, Identity>,
    layout: Layout,
}

impl<const P: usize, const K: usize, const C: usize, E: Chain<P, K>> Default for Classifier<P, K, C, E> {
    /// The classifier with every parameter 0.
    fn default() -> Self {
        let device = Cpu::default();
        let (encoder, head) = (E::zeros(&device), Layer::zeros(&device));
        let layout = layout::of(&[("encoder", encoder.layers()), ("head", vec![&head])], 1);
        Self { encoder, head, layout }
    }
}

impl<const P: usize, const K: usize, const C: usize, E: Chain<P, K>> Autoencoder for Classifier<P, K, C, E> {
    fn code_size(&self) -> usize {
        K
    }

    fn parameter_count(&self) -> usize {
        self.layout.parameter_count()
    }

    fn encode(&self, inputs: &Matrix) -> Matrix {
        run(&self.encoder.layers(), inputs)
    }

    /// Logits, `(rows, C)`, of codes, `(rows, K)`.
    fn decode(&self, codes: &Matrix) -> Matrix {
        run(&[&self.head], codes)
    }
}

impl<const P: usize, const K: usize, const C: usize, E: Chain<P, K>> Trainable for Classifier<P, K, C, E> {
    fn layout(&self) -> &Layout {
        &self.layout
    }

    fn kind(&self) -> Kind<'_> {
        Kind::Dense(Plan::new(&self.layout, &[self.encoder.layers(), vec![&self.head]].concat()))
    }

    fn parameters(&self) -> Vec<f32> {
        learned::read(&[self.encoder.layers(), vec![&self.head]].concat())
    }

    fn set_parameters(&mut self, parameters: &[f32]) {
        let mut layers = self.encoder.layers_mut();
        layers.push(&mut self.head);
        learned::write(layers.into_iter(), parameters);
    }

    /// The loss is the mean over rows of `-ln(probability of the true class)`.
    fn gradient(&self, step: &Step<'_>, _: &Objective, gradient: &mut [f32]) -> Losses {
        let mut masks = step.masks.iter();
        let codes = layer::forward(&self.encoder.layers(), rows(step.inputs).leaky_traced(), &mut masks);
        let logits = layer::sums(&self.head, codes);
        // The mean below is over rows and classes; the factor `C` makes it the mean over rows.
        let losses = logits.log_softmax::<Axis<1>>() * rows(step.targets) * -(C as f32);
        let loss = weighted(losses, step.weights).mean();
        let value = f64::from(loss.array());
        learned::gradient(&[self.encoder.layers(), vec![&self.head]].concat(), &mut loss.backward(), gradient);
        Losses { loss: value, divergence: 0.0 }
    }
}
