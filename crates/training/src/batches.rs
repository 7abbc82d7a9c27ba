//! Batches: the inputs and targets of one step, made from the rows in memory.

use datasets::{Rows, corrupt, draw_pixels};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use random::{Stream, item};
use spec::Corruption;
use spec::catalogue::Split;
use zoo::{Matrix, Trainable};

/// The rows of a split with everything that turns them into inputs and targets.
#[derive(Clone, Copy)]
pub struct Batches<'a> {
    /// Rows of the split.
    pub rows: &'a Rows,
    /// True if the pixels of training rows are drawn as 0 or 1, with the grey value as probability, anew in each epoch.
    pub drawn: bool,
    /// Corruption of the inputs; the targets stay clean.
    pub corruption: Option<Corruption>,
    /// Range of noise strengths, `[least, greatest]`, if each row draws its own.
    pub levels: Option<[f32; 2]>,
    /// Weight of each row's loss, indexed by row; 1 for every row if there are none.
    pub weights: Option<&'a [f32]>,
    /// Seed of the random streams.
    pub seed: u64,
}

/// The random numbers of a batch's noise.
#[derive(Debug, Clone, Copy)]
pub enum Noise {
    /// Noise of training, which is new in each epoch.
    Training {
        /// Epoch of the run, from 0.
        epoch: u32,
    },
    /// Noise of evaluation, which is the same each time that a split is read.
    Evaluation(Split),
}

impl Batches<'_> {
    /// Fills `order` with the row order of an epoch: a random permutation of all row indices.
    pub fn shuffle(&self, epoch: u32, order: &mut Vec<u32>) {
        random::shuffle(&mut Stream::Shuffling.generator(self.seed, u64::from(epoch)), self.rows.len() as u32, order);
    }

    /// Corrupts the values of one row, if the split has a corruption. The noise depends on row and epoch alone, not on
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

    /// Writes the values of one row. Pixels are drawn as 0 or 1 if the split's are.
    // Inlined, so that the loop is compiled for the vector instructions of the caller.
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
            // The other splits are drawn already, by `Splits::for_training`.
            Noise::Evaluation(Split::Train) => {
                let index = item(Split::Train as u32, index);
                draw_pixels(row, &mut Stream::EvaluationPixels.generator(self.seed, index));
            }
            Noise::Evaluation(_) => {}
        }
    }

    /// Draws the standard normal noise of one row's Gaussian code, `(units,)`.
    pub(crate) fn code_noise(&self, index: u32, noise: Noise, row: &mut [f32]) {
        let mut generator = match noise {
            Noise::Training { epoch } => Stream::TrainCode.generator(self.seed, item(epoch, index)),
            Noise::Evaluation(split) => Stream::EvaluationCode.generator(self.seed, item(split as u32, index)),
        };
        random::normals(&mut generator, row);
    }

    /// Draws the sample of the prior, `(units,)`, that the discriminator compares with one row's code.
    pub(crate) fn prior(&self, index: u32, epoch: u32, row: &mut [f32]) {
        random::normals(&mut Stream::Prior.generator(self.seed, item(epoch, index)), row);
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Weight of one row's loss.
    pub(crate) fn weight(&self, index: u32) -> f32 {
        self.weights.map_or(1.0, |weights| weights[index as usize])
    }

    /// Class of a row. Spec validation refuses a classifier of rows without classes.
    pub(crate) fn class(&self, index: u32) -> usize {
        self.rows.label(index as usize).map_or(0, usize::from)
    }

    /// Targets of a classifier, `(rows, count)`: 1 for the class of each row at `indices`, 0 for the others.
    pub(crate) fn classes(&self, indices: &[u32], count: usize) -> Matrix {
        let mut classes = Matrix::zeros(indices.len(), count);
        for (row, index) in indices.iter().enumerate() {
            classes.row_mut(row)[self.class(*index)] = 1.0;
        }
        classes
    }

    /// Dropout masks of a row in an epoch.
    pub(crate) fn masks(&self, epoch: u32, index: u32, dropout: f32) -> Masks {
        Masks { generator: Stream::Dropout.generator(self.seed, item(epoch, index)), dropout }
    }

    /// Inputs and targets of the rows at `indices`, both `(rows, width)`. They are the rows' values, or the codes of the
    /// networks `below`.
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

/// Dropout masks of one row, drawn layer by layer.
pub(crate) struct Masks {
    generator: ChaCha8Rng,
    dropout: f32,
}

impl Masks {
    /// Draws the mask of the next layer: 0 for a dropped unit, else the factor that keeps the expected sum (Srivastava et
    /// al., 2014).
    pub(crate) fn fill(&mut self, mask: &mut [f32]) {
        let kept = 1.0 / (1.0 - self.dropout);
        let threshold = (f64::from(self.dropout) * 4_294_967_296.0) as u64;
        for value in mask {
            *value = if u64::from(self.generator.next_u32()) < threshold { 0.0 } else { kept };
        }
    }
}

/// Training rows by class, for balanced sampling: every class is equally likely, and within a class every row (Buda et al.,
/// 2018).
pub(crate) struct Classes {
    images: Vec<Vec<u32>>,
}

impl Classes {
    /// Sorts row indices by label.
    pub(crate) fn of(labels: &[u16]) -> Self {
        let mut images = vec![Vec::new(); classes_up_to(labels)];
        labels.iter().zip(0..).for_each(|(label, image)| images[usize::from(*label)].push(image));
        images.retain(|images| !images.is_empty());
        Self { images }
    }

    /// Fills `order` with the rows of an epoch, drawn with replacement: as many as there are training rows.
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

/// Turns losses of rows into their weights: the losses to the power `focus`, scaled to a mean of 1. If every loss is 0,
/// every weight is 1.
pub(crate) fn focused(losses: &mut [f32], focus: f32) {
    let power = |loss: f32| f64::from(loss).powf(f64::from(focus));
    let mean = losses.iter().map(|loss| power(*loss)).sum::<f64>() / losses.len() as f64;
    losses.iter_mut().for_each(|loss| *loss = if mean == 0.0 { 1.0 } else { (power(*loss) / mean) as f32 });
}

/// Weights that give each class the same total weight: `rows / (classes * rows of the class)`, as scikit-learn's
/// `class_weight="balanced"` does. Only classes that occur count.
pub(crate) fn balanced(labels: &[u16]) -> Vec<f32> {
    let mut counts = vec![0_usize; classes_up_to(labels)];
    labels.iter().for_each(|label| counts[usize::from(*label)] += 1);
    let classes = counts.iter().filter(|count| **count > 0).count();
    labels.iter().map(|label| (labels.len() as f64 / (classes * counts[usize::from(*label)]) as f64) as f32).collect()
}

/// The greatest label plus one.
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
    fn each_epoch_has_every_image_once_in_a_new_order() {
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
    fn inputs_are_corrupted_and_targets_stay_clean() {
        let images = images();
        let (inputs, targets) = batches(&images).batch(&[3, 7], Noise::Training { epoch: 0 }, &[]);
        let mut clean = vec![0.0; PIXELS];
        images.read(7, &mut clean);
        assert_eq!(targets.row(1), clean);
        assert_ne!(inputs.row(1), clean);
    }

    #[test]
    fn drawn_pixels_are_0_or_1_and_new_in_each_epoch() {
        let images = images();
        let data = Batches { drawn: true, corruption: None, ..batches(&images) };
        let row = |noise| data.batch(&[3], noise, &[]).1.row(0).to_vec();
        let first = row(Noise::Training { epoch: 0 });
        assert!(first.iter().all(|pixel| [0.0, 1.0].contains(pixel)));
        assert_ne!(first, row(Noise::Training { epoch: 1 }));
        assert_eq!(first, row(Noise::Training { epoch: 0 }));
    }

    #[test]
    fn noise_is_new_in_each_training_epoch_and_fixed_in_validation_whatever_the_batch() {
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
    fn balanced_weights_have_the_same_sum_in_each_class_and_a_mean_of_1() {
        let labels = [3, 3, 3, 9];
        assert_eq!(balanced(&labels), [2.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0, 2.0]);
    }

    #[test]
    fn classes_are_drawn_equally_often_and_so_are_the_images_of_a_class() {
        // 9,900 images of class 3, and 100 of class 7.
        let labels: Vec<u16> = (0..10_000).map(|image| if image % 100 == 0 { 7 } else { 3 }).collect();
        let classes = Classes::of(&labels);
        let mut order = Vec::new();
        classes.draw(1, 0, &mut order);
        assert_eq!(order.len(), labels.len());
        // Binomial: class 7 has mean 5,000 and standard deviation 50; each of its rows has mean 50 and standard deviation
        // 7.
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
    fn weights_of_hard_examples_are_powers_of_their_losses_with_a_mean_of_1() {
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
    fn dropout_sets_its_share_of_units_to_0_and_keeps_the_expected_sum() {
        let images = images();
        let mut mask = vec![0.0; 100_000];
        batches(&images).masks(0, 3, 0.25).fill(&mut mask);
        let dropped = mask.iter().filter(|value| **value == 0.0).count();
        assert!((24_500..25_500).contains(&dropped), "{dropped}");
        assert!(mask.iter().all(|value| *value == 0.0 || *value == 4.0 / 3.0));
    }
}
