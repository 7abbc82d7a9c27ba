//! From bytes in memory to the inputs and targets of one step.

use datasets::{Rows, corrupt, draw_pixels};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use random::{Stream, item};
use spec::Corruption;
use spec::catalogue::Split;
use zoo::{Matrix, Trainable};

/// The rows of a split, as a training meets them.
#[derive(Clone, Copy)]
pub struct Batches<'a> {
    /// The rows.
    pub rows: &'a Rows,
    /// Whether grey pixels are drawn as 0 or 1, anew in each epoch of a training.
    pub drawn: bool,
    /// What is done to the inputs; the targets stay clean.
    pub corruption: Option<Corruption>,
    /// Least and greatest strength of the noise, where each row draws its own.
    pub levels: Option<[f32; 2]>,
    /// Factor of each image's loss, by its index; 1 without.
    pub weights: Option<&'a [f32]>,
    /// Root of the random streams.
    pub seed: u64,
}

/// Which noise a batch is given.
#[derive(Debug, Clone, Copy)]
pub enum Noise {
    /// Fresh in each epoch.
    Training {
        /// Epoch of the run, from 0.
        epoch: u32,
    },
    /// That of the evaluation: the same at every look.
    Evaluation(Split),
}

impl Batches<'_> {
    /// Puts the images in the order of an epoch: a permutation of all of them.
    pub fn shuffle(&self, epoch: u32, order: &mut Vec<u32>) {
        random::shuffle(&mut Stream::Shuffling.generator(self.seed, u64::from(epoch)), self.rows.len() as u32, order);
    }

    /// Corrupts one image's row, if the split is corrupted. The noise depends on the image and the epoch alone, not on
    /// batch or thread.
    pub(crate) fn corrupt(&self, index: u32, noise: Noise, row: &mut [f32]) {
        let Some(mut corruption) = self.corruption else { return };
        let mut generator = match noise {
            Noise::Training { epoch } => Stream::TrainCorruption.generator(self.seed, item(epoch, index)),
            Noise::Evaluation(split) => Stream::EvaluationCorruption.generator(self.seed, item(split as u32, index)),
        };
        if let Some([least, most]) = self.levels {
            corruption = corruption.at_level(least + (most - least) * random::uniform(&mut generator));
        }
        corrupt(corruption, self.rows.range(), row, &mut generator);
    }

    /// Writes the values of one row, pixels drawn as 0 or 1 where the split's are.
    // Inlined, so that a caller's wider vectors reach the loop.
    #[inline(always)]
    pub(crate) fn read(&self, index: u32, noise: Noise, row: &mut [f32]) {
        self.rows.read(index as usize, row);
        if !self.drawn {
            return;
        }
        match noise {
            Noise::Training { epoch } => {
                draw_pixels(row, &mut Stream::TrainPixels.generator(self.seed, item(epoch, index)));
            }
            // The other splits are drawn already: `Splits::for_training`.
            Noise::Evaluation(Split::Train) => {
                let index = item(Split::Train as u32, index);
                draw_pixels(row, &mut Stream::EvaluationPixels.generator(self.seed, index));
            }
            Noise::Evaluation(_) => {}
        }
    }

    /// Draws the noise of an image's Gaussian code.
    pub(crate) fn code_noise(&self, index: u32, noise: Noise, row: &mut [f32]) {
        let mut generator = match noise {
            Noise::Training { epoch } => Stream::TrainCode.generator(self.seed, item(epoch, index)),
            Noise::Evaluation(split) => Stream::EvaluationCode.generator(self.seed, item(split as u32, index)),
        };
        random::normals(&mut generator, row);
    }

    /// Draws what a discriminator is shown of the prior beside an image's code.
    pub(crate) fn prior(&self, index: u32, epoch: u32, row: &mut [f32]) {
        random::normals(&mut Stream::Prior.generator(self.seed, item(epoch, index)), row);
    }

    /// How many rows there are.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Factor of an image's loss.
    pub(crate) fn weight(&self, index: u32) -> f32 {
        self.weights.map_or(1.0, |weights| weights[index as usize])
    }

    /// The class of a row. Rows without any are refused where a file asks for a classifier.
    pub(crate) fn class(&self, index: u32) -> usize {
        self.rows.label(index as usize).map_or(0, usize::from)
    }

    /// `(images, count)`: 1 for the class of each image at `indices`, else 0.
    pub(crate) fn classes(&self, indices: &[u32], count: usize) -> Matrix {
        let mut classes = Matrix::zeros(indices.len(), count);
        for (row, index) in indices.iter().enumerate() {
            classes.row_mut(row)[self.class(*index)] = 1.0;
        }
        classes
    }

    /// The dropout masks of an image in an epoch.
    pub(crate) fn masks(&self, epoch: u32, index: u32, dropout: f32) -> Masks {
        Masks { generator: Stream::Dropout.generator(self.seed, item(epoch, index)), dropout }
    }

    /// Inputs and targets of the images at `indices`, both `(rows, width)`: their values, or the codes of the networks
    /// `below`.
    pub(crate) fn batch(&self, indices: &[u32], noise: Noise, below: &[Box<dyn Trainable>]) -> (Matrix, Matrix) {
        let mut targets = Matrix::zeros(indices.len(), self.rows.width());
        for (row, index) in indices.iter().enumerate() {
            self.read(*index, noise, targets.row_mut(row));
        }
        for network in below {
            targets = network.encode(&targets);
        }
        let mut inputs = targets.clone();
        for (row, index) in indices.iter().enumerate() {
            self.corrupt(*index, noise, inputs.row_mut(row));
        }
        (inputs, targets)
    }
}

/// Dropout masks of one image, drawn layer after layer.
pub(crate) struct Masks {
    generator: ChaCha8Rng,
    dropout: f32,
}

impl Masks {
    /// Draws the next layer's: 0 for a unit that is dropped, else what keeps the expected sum (Srivastava et al., 2014).
    pub(crate) fn fill(&mut self, mask: &mut [f32]) {
        let kept = 1.0 / (1.0 - self.dropout);
        let threshold = (f64::from(self.dropout) * 4_294_967_296.0) as u64;
        for value in mask {
            *value = if u64::from(self.generator.next_u32()) < threshold { 0.0 } else { kept };
        }
    }
}

/// The training images of each class that occurs, to be drawn from: each class as likely as any other, and within it each
/// image (Buda et al., 2018).
pub(crate) struct Classes {
    images: Vec<Vec<u32>>,
}

impl Classes {
    /// Sorts images by their labels.
    pub(crate) fn of(labels: &[u16]) -> Self {
        let mut images = vec![Vec::new(); classes_up_to(labels)];
        labels.iter().zip(0..).for_each(|(label, image)| images[usize::from(*label)].push(image));
        images.retain(|images| !images.is_empty());
        Self { images }
    }

    /// Draws what an epoch passes: as many images as there are, with replacement.
    pub(crate) fn draw(&self, seed: u64, epoch: u32, order: &mut Vec<u32>) {
        let mut generator = Stream::ClassSampling.generator(seed, u64::from(epoch));
        let count: usize = self.images.iter().map(Vec::len).sum();
        order.clear();
        order.extend((0..count).map(|_| {
            let images = &self.images[random::below(&mut generator, self.images.len() as u32) as usize];
            images[random::below(&mut generator, images.len() as u32) as usize]
        }));
    }
}

/// Turns the losses of images into weights in proportion to their power `focus`, mean 1; where nothing is lost, 1 each.
pub(crate) fn focused(losses: &mut [f32], focus: f32) {
    let power = |loss: f32| f64::from(loss).powf(f64::from(focus));
    let mean = losses.iter().map(|loss| power(*loss)).sum::<f64>() / losses.len() as f64;
    losses.iter_mut().for_each(|loss| *loss = if mean == 0.0 { 1.0 } else { (power(*loss) / mean) as f32 });
}

/// Weights that give each class the same sum: `images / (classes * images of the class)`, as scikit-learn's
/// `class_weight="balanced"` has it. Classes are those that occur.
pub(crate) fn balanced(labels: &[u16]) -> Vec<f32> {
    let mut counts = vec![0_usize; classes_up_to(labels)];
    labels.iter().for_each(|label| counts[usize::from(*label)] += 1);
    let classes = counts.iter().filter(|count| **count > 0).count();
    labels.iter().map(|label| (labels.len() as f64 / (classes * counts[usize::from(*label)]) as f64) as f32).collect()
}

/// One more than the greatest label.
fn classes_up_to(labels: &[u16]) -> usize {
    labels.iter().max().map_or(0, |label| usize::from(*label) + 1)
}

#[cfg(test)]
mod tests {
    use spec::Shape;

    use super::*;

    const PIXELS: usize = 784;

    fn images() -> Rows {
        Rows::new(Shape::square(28), (0..20 * PIXELS).map(|index| (index % 251) as u8).collect::<Vec<_>>(), vec![0; 20])
    }

    fn batches(images: &Rows) -> Batches<'_> {
        Batches {
            rows: images,
            drawn: false,
            corruption: Some(Corruption::Gaussian { sigma: 0.5 }),
            levels: None,
            weights: None,
            seed: 1,
        }
    }

    #[test]
    fn an_epoch_passes_every_image_once_in_an_order_of_its_own() {
        let images = images();
        let orders = [0, 1].map(|epoch| {
            let mut order = vec![7; 3];
            batches(&images).shuffle(epoch, &mut order);
            order
        });
        assert_ne!(orders[0], orders[1]);
        for mut order in orders {
            order.sort_unstable();
            assert_eq!(order, (0..20).collect::<Vec<_>>());
        }
    }

    #[test]
    fn inputs_are_corrupted_and_targets_clean() {
        let images = images();
        let (inputs, targets) = batches(&images).batch(&[3, 7], Noise::Training { epoch: 0 }, &[]);
        let mut clean = vec![0.0; PIXELS];
        images.read(7, &mut clean);
        assert_eq!(targets.row(1), clean);
        assert_ne!(inputs.row(1), clean);
    }

    #[test]
    fn drawn_pixels_are_black_or_white_and_fresh_in_each_epoch() {
        let images = images();
        let data = Batches { drawn: true, corruption: None, ..batches(&images) };
        let row = |noise| data.batch(&[3], noise, &[]).1.row(0).to_vec();
        let first = row(Noise::Training { epoch: 0 });
        assert!(first.iter().all(|pixel| [0.0, 1.0].contains(pixel)));
        assert_ne!(first, row(Noise::Training { epoch: 1 }));
        assert_eq!(first, row(Noise::Training { epoch: 0 }));
    }

    #[test]
    fn noise_is_fresh_in_training_fixed_in_validation_and_independent_of_the_batch() {
        let images = images();
        let noisy =
            |indices: &[u32], noise| batches(&images).batch(indices, noise, &[]).0.row(indices.len() - 1).to_vec();
        let (first, second) = (Noise::Training { epoch: 0 }, Noise::Training { epoch: 1 });
        assert_ne!(noisy(&[5], first), noisy(&[5], second));
        assert_eq!(noisy(&[5], first), noisy(&[1, 2, 5], first));
        let [train, validation] = [Split::Train, Split::Validation].map(Noise::Evaluation);
        assert_eq!(noisy(&[5], validation), noisy(&[5], validation));
        assert_ne!(noisy(&[5], validation), noisy(&[5], first));
        assert_ne!(noisy(&[5], validation), noisy(&[5], train));
    }

    #[test]
    fn balanced_weights_give_each_class_the_same_sum_and_an_image_one_on_average() {
        let labels = [3, 3, 3, 9];
        assert_eq!(balanced(&labels), [2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 2.0]);
    }

    #[test]
    fn classes_are_drawn_equally_often_and_so_are_images_within_a_class() {
        // 9,900 images of class 3, and 100 of class 7.
        let labels: Vec<u16> = (0..10_000).map(|image| if image % 100 == 0 { 7 } else { 3 }).collect();
        let classes = Classes::of(&labels);
        let mut order = Vec::new();
        classes.draw(1, 0, &mut order);
        assert_eq!(order.len(), labels.len());
        // Binomial with mean 5,000 and standard deviation 50; each image of the class with mean 50 and standard deviation 7.
        let rare = order.iter().filter(|image| labels[**image as usize] == 7).count();
        assert!((4_750..=5_250).contains(&rare), "{rare}");
        for image in (0..10_000).step_by(100) {
            let drawn = order.iter().filter(|other| **other == image).count();
            assert!((15..=85).contains(&drawn), "{image}: {drawn}");
        }
        let first = order.clone();
        classes.draw(1, 1, &mut order);
        assert_ne!(first, order);
        classes.draw(1, 0, &mut order);
        assert_eq!(first, order);
    }

    #[test]
    fn weights_of_hard_examples_are_powers_of_their_losses_with_mean_1() {
        let of = |losses: &[f32], focus| {
            let mut weights = losses.to_vec();
            focused(&mut weights, focus);
            weights
        };
        assert_eq!(of(&[1.0, 2.0, 3.0, 2.0], 1.0), [0.5, 1.0, 1.5, 1.0]);
        assert_eq!(of(&[1.0, 2.0, 1.0, 2.0], 2.0), [0.4, 1.6, 0.4, 1.6]);
        assert_eq!(of(&[0.0, 0.0], 1.0), [1.0, 1.0]);
        assert_eq!(of(&[0.0, 1e-8], 5.0), [0.0, 2.0]);
    }

    #[test]
    fn dropout_zeroes_its_share_and_keeps_the_expected_sum() {
        let images = images();
        let mut mask = vec![0.0; 100_000];
        batches(&images).masks(0, 3, 0.25).fill(&mut mask);
        let dropped = mask.iter().filter(|value| **value == 0.0).count();
        assert!((24_500..25_500).contains(&dropped), "{dropped}");
        assert!(mask.iter().all(|value| *value == 0.0 || *value == 4.0 / 3.0));
    }
}
