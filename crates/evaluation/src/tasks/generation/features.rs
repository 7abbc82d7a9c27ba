//! The classifier that gives the features for comparing samples with images.

use datasets::Rows;
use random::Stream;
use zoo::{Judge, Matrix};

use crate::inputs::clean;
use crate::tasks::context::{blocks, joined, rows};

/// Number of epochs of the classifier, and images of a batch.
const EPOCHS: u64 = 5;
const BATCH: usize = 128;

/// Trains the classifier on the training images and their labels.
pub(super) fn fit(mut judge: Judge, train: &Rows, seed: u64) -> Judge {
    let orders = (0..EPOCHS).flat_map(|epoch| {
        let mut order = Vec::new();
        // Indices below 1000 are reserved for the weights of its layers.
        random::shuffle(&mut Stream::Classifier.generator(seed, 1000 + epoch), train.len() as u32, &mut order);
        order.chunks(BATCH).map(<[u32]>::to_vec).collect::<Vec<_>>()
    });
    let mut batches = orders.map(|batch| {
        let images = clean(train, batch.iter().map(|index| *index as usize));
        (images, batch.iter().map(|index| train.labels()[*index as usize]).collect())
    });
    judge.fit(seed, &mut batches);
    judge
}

/// Features of images, `(images, 64)`: outputs of the last hidden layer.
pub(super) fn features(judge: &Judge, images: &Matrix) -> Matrix {
    joined(rows(images, |block| judge.features(block)))
}

/// Share of images that are classified correctly, in [0, 1].
pub(super) fn accuracy(judge: &Judge, images: &Rows) -> f64 {
    let classes = blocks(images, images.len(), |images| judge.classes(&judge.features(images))).concat();
    let right = classes.iter().zip(images.labels()).filter(|(class, label)| class == label).count();
    right as f64 / images.len() as f64
}
