//! A classifier of rows whose hidden features measure the quality of generated samples.

use dfdx::losses::cross_entropy_with_logits_loss;
use dfdx::prelude::*;
use random::Stream;

use crate::kind::AnyPerceptron;
use crate::layer;
use crate::learned;
use crate::matrix::Matrix;
use crate::rows::{matrix, rows};

/// A perceptron with two hidden layers that predicts the class of a row of `P` values.
///
/// ```text
/// P ──ReLU──> 128 ──ReLU──> 64 features ──> classes
/// ```
#[derive(Debug)]
pub struct Judge {
    layers: Box<dyn AnyPerceptron>,
}

/// Adam's constants (Kingma & Ba, 2015).
const LEARNING_RATE: f32 = 1e-3;
const BETAS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;

impl Judge {
    pub(crate) fn new(layers: Box<dyn AnyPerceptron>) -> Self {
        Self { layers }
    }

    /// Trains the perceptron. Weights start Glorot-uniform, drawn from [`Stream::Classifier`], and biases start at 0. Each
    /// batch is one Adam step on the mean cross-entropy; a batch is rows, `(rows, values)`, and one label per row.
    pub fn fit(&mut self, seed: u64, batches: &mut dyn Iterator<Item = (Matrix, Vec<u16>)>) {
        let mut parameters = self.layers.layout().initial_parameters_from(Stream::Classifier, seed);
        let mut moments = vec![[0.0_f32; 2]; parameters.len()];
        let mut gradient = vec![0.0; parameters.len()];
        let classes = self.classes_known();
        for (step, (inputs, labels)) in (1..).zip(batches) {
            learned::write(self.layers.layers_mut().into_iter(), &parameters);
            let layers = self.layers.layers();
            let logits = layer::forward(&layers, rows(&inputs).leaky_traced(), &mut [].iter());
            let mut wanted = Matrix::zeros(labels.len(), classes);
            labels.iter().enumerate().for_each(|(row, label)| wanted.row_mut(row)[usize::from(*label)] = 1.0);
            let loss = cross_entropy_with_logits_loss(logits, rows(&wanted));
            learned::gradient(&layers, &mut loss.backward(), &mut gradient);
            let [mean_share, square_share] = BETAS.map(|beta| (1.0 - beta.powi(step)).recip());
            for ((parameter, [mean, square]), gradient) in parameters.iter_mut().zip(&mut moments).zip(&gradient) {
                *mean = *mean * BETAS[0] + gradient * (1.0 - BETAS[0]);
                *square = *square * BETAS[1] + gradient * gradient * (1.0 - BETAS[1]);
                *parameter -= LEARNING_RATE * (*mean * mean_share) / ((*square * square_share).sqrt() + EPSILON);
            }
        }
        learned::write(self.layers.layers_mut().into_iter(), &parameters);
    }

    /// Outputs of the last hidden layer: `(rows, values)` to `(rows, features)`.
    pub fn features(&self, inputs: &Matrix) -> Matrix {
        let layers = self.layers.layers();
        matrix(&layer::forward(&layers[..layers.len() - 1], rows(inputs), &mut [].iter()))
    }

    /// The most likely class of each row, from its features, `(rows, features)`.
    pub fn classes(&self, features: &Matrix) -> Vec<u16> {
        let layers = self.layers.layers();
        let logits = layer::forward(&layers[layers.len() - 1..], rows(features), &mut [].iter()).as_vec();
        let classes = self.classes_known();
        let best = |row: &[f32]| (0..classes).fold(0, |best, class| if row[class] > row[best] { class } else { best });
        logits.chunks_exact(classes).map(|row| best(row) as u16).collect()
    }

    /// Number of classes.
    fn classes_known(&self) -> usize {
        self.layers.layout().layers.last().map_or(0, |layer| layer.outputs)
    }
}
