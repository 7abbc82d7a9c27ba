//! A classifier of images, whose features judge samples.

use dfdx::losses::cross_entropy_with_logits_loss;
use dfdx::nn::modules::ReLU;
use dfdx::optim::{Adam, AdamConfig, Optimizer};
use dfdx::prelude::*;
use random::Stream;
use spec::catalogue::{CLASSES, PIXELS};

use crate::dense::Dense;
use crate::layout;
use crate::matrix::Matrix;
use crate::network::{Batch, Linear, batch};
use crate::tensors;

type Layers = ((Linear<PIXELS, 128>, ReLU), (Linear<128, 64>, ReLU), Linear<64, CLASSES>);

/// A perceptron of two hidden layers.
///
/// ```text
/// 784 ──ReLU──> 128 ──ReLU──> 64 features ──> 10
/// ```
///
/// Parameters: 109,386.
#[derive(Debug)]
pub struct Classifier {
    device: Cpu,
    layers: Layers,
}

impl Classifier {
    /// Units of its last hidden layer.
    pub const FEATURES: usize = 64;

    /// Trains one from Glorot-uniform weights, drawn from [`Stream::Classifier`], and zero biases: a step of Adam on the
    /// mean cross-entropy for each batch of images, `(images, 784)`, and their labels, 0 to 9.
    #[expect(clippy::panic, reason = "every parameter has a gradient, and a CPU tensor fails for lack of memory alone")]
    pub fn fit(seed: u64, batches: &mut dyn Iterator<Item = (Matrix, Vec<u8>)>) -> Self {
        let device = Cpu::default();
        let mut layers = Layers::zeros(&device);
        let layout = layout::of(&[("classifier", layers.tensors())], 1);
        tensors::write(layers.tensors_mut().into_iter(), &layout.initial_parameters_from(Stream::Classifier, seed));
        let mut optimiser = Adam::new(&layers, AdamConfig { lr: 1e-3, ..AdamConfig::default() });
        for (images, labels) in batches {
            let rows: Batch<PIXELS, NoneTape> = batch(&device, &images);
            let logits = layers.forward_masked(rows.leaky_traced(), &mut [].iter());
            let mut wanted = Matrix::zeros(labels.len(), CLASSES);
            labels.iter().enumerate().for_each(|(row, label)| wanted.row_mut(row)[usize::from(*label)] = 1.0);
            let loss = cross_entropy_with_logits_loss(logits, batch::<CLASSES>(&device, &wanted));
            if let Err(error) = optimiser.update(&mut layers, &loss.backward()) {
                panic!("{error:?}");
            }
        }
        Self { device, layers }
    }

    /// `(images, 784)` to `(images, 64)`: what the last hidden layer makes of images.
    pub fn features(&self, images: &Matrix) -> Matrix {
        let (first, second, _) = &self.layers;
        let hidden = first.forward(batch::<PIXELS>(&self.device, images));
        Matrix::new(images.rows(), Self::FEATURES, second.forward(hidden).as_vec())
    }

    /// `(images, 64)` features to the most likely class of each.
    pub fn classes(&self, features: &Matrix) -> Vec<u8> {
        let logits = self.layers.2.forward(batch::<64>(&self.device, features)).as_vec();
        let best = |row: &[f32]| (0..CLASSES).fold(0, |best, class| if row[class] > row[best] { class } else { best });
        logits.chunks_exact(CLASSES).map(|row| best(row) as u8).collect()
    }
}
