//! The three splits of a data set, and the choice of their images by a seed.

use random::Stream;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use spec::catalogue::{DatasetName, Pixels, Split};
use spec::datasets::Facts;
use spec::{DataSource, Dataset, Imbalance, Shape};

use crate::binarise;
use crate::error::Error;
use crate::own::{self, OwnFit};
use crate::rows::{Rows, Values};
use crate::source::idx::files::{self, Official, Sources};
use crate::source::{self, Artist, Source, glyphs};

/// Three disjoint sets of rows. Training and validation images come from the official training file, and test images
/// from the official test file, never the other way round.
#[derive(Debug, Clone, PartialEq)]
pub struct Splits {
    /// Rows that a network is trained on.
    pub train: Rows,
    /// Rows for early stopping. May be empty.
    pub validation: Rows,
    /// Rows that results are reported on.
    pub test: Rows,
    /// Names of the files without a published checksum. The fingerprint does not include them.
    pub unpublished: Vec<String>,
    /// Splits and scaling of a user's own data.
    pub own: Option<Box<OwnFit>>,
}

impl Splits {
    /// SHA-256, in lowercase hexadecimal, of the values and then the labels of the training, validation and test split.
    ///
    /// A float counts as four little-endian bytes. Labels count as one byte each if all of them fit, else as two.
    pub fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        for split in [&self.train, &self.validation, &self.test] {
            match split.values() {
                Values::Bytes(bytes) => hash.update(bytes),
                Values::Floats(floats) => floats.iter().for_each(|value| hash.update(value.to_le_bytes())),
            }
            match split.labels().iter().map(|label| u8::try_from(*label)).collect::<Result<Vec<u8>, _>>() {
                Ok(labels) => hash.update(labels),
                Err(_) => split.labels().iter().for_each(|label| hash.update(label.to_le_bytes())),
            }
        }
        files::hexadecimal(&hash.finalize())
    }

    /// The splits for evaluation, with binarised grey levels.
    #[must_use]
    pub fn shown(self, pixels: Pixels, seed: u64) -> Self {
        Self {
            train: binarise::shown(self.train, pixels, Split::Train, seed),
            validation: binarise::shown(self.validation, pixels, Split::Validation, seed),
            test: binarise::shown(self.test, pixels, Split::Test, seed),
            unpublished: self.unpublished,
            own: self.own,
        }
    }

    /// The splits for training: as in [`shown`](Self::shown), except that training images stay grey if their pixels are
    /// drawn again in each epoch.
    #[must_use]
    pub fn for_training(self, pixels: Pixels, seed: u64) -> Self {
        if pixels == Pixels::Stochastic {
            let train = self.train.clone();
            return Self { train, ..self.shown(pixels, seed) };
        }
        self.shown(pixels, seed)
    }
}

/// Loads a data set and splits it.
///
/// The seed alone chooses the rows. In a random permutation of the official training images (`Stream::Split`, index 0),
/// the first `train` are training images and the next `validation` are validation images. In a permutation of the
/// official test images (index 1), the first `test` are test images. If a class is left out or rare, its images and all
/// others are split separately, each in the order of the same permutation: training images first. Each split keeps the
/// order of its file, so that a split of a whole file is the same for every seed.
///
/// Embedded data sets are drawn: images 0 to 59,999 take the place of the training file, and 60,000 to 69,999 that of
/// the test file. Other data sets are read from files; [`find`](crate::find::find) searches them.
///
/// # Errors
/// If files are missing, cannot be read or have other contents than expected, or if they have too few images, or too
/// few of a class.
pub fn load<'a>(dataset: &Dataset, seed: u64, sources: impl Into<Sources<'a>>) -> Result<Splits, Error> {
    let sources = sources.into();
    match &dataset.source {
        DataSource::Named(name) => load_counts(*name, dataset.shape, Counts::of(dataset), seed, sources),
        DataSource::Own(data) => own::load(dataset, data, seed, sources.unpacked),
    }
}

/// Factors that each test image was drawn from. `None` for a data set without known factors.
///
/// # Errors
/// If the spec needs more images than there are.
pub fn test_factors(dataset: &Dataset, seed: u64) -> Result<Option<Vec<glyphs::Factors>>, Error> {
    let (name, factors): (_, fn(u64) -> glyphs::Factors) = match dataset.named() {
        Some(name @ DatasetName::Glyphs) => (name, glyphs::factors),
        Some(name @ DatasetName::Letters) => (name, glyphs::letter_factors),
        _ => return Ok(None),
    };
    let counts = Counts::of(dataset);
    counts.check(name)?;
    let [train, _] = name.facts().rows;
    let drawn = counts.choose_test(name, seed).into_iter().map(|index| factors(train as u64 + u64::from(index)));
    Ok(Some(drawn.collect()))
}

/// Number of images in each split, and the share of one class in training and validation.
#[derive(Debug, Clone, Copy)]
struct Counts {
    train: usize,
    validation: usize,
    test: usize,
    imbalance: Option<Imbalance>,
}

impl Counts {
    const fn of(dataset: &Dataset) -> Self {
        let Dataset { train, validation, test, imbalance, .. } = *dataset;
        Self { train, validation, test, imbalance }
    }

    /// Checks that the official files have enough images.
    fn check(self, dataset: DatasetName) -> Result<(), Error> {
        let enough = |file, wanted, available| match wanted > available {
            true => Err(Error::TooFew { dataset, file, available, wanted }),
            false => Ok(()),
        };
        let [train, test] = dataset.facts().rows;
        enough("training", self.train.saturating_add(self.validation), train)?;
        enough("test", self.test, test)
    }

    fn choose_test(self, dataset: DatasetName, seed: u64) -> Vec<u32> {
        let [_, rows] = dataset.facts().rows;
        sorted(random::permutation_start(&mut Stream::Split.generator(seed, 1), rows as u32, self.test as u32))
    }
}

fn sorted(mut indices: Vec<u32>) -> Vec<u32> {
    indices.sort_unstable();
    indices
}

fn load_counts(
    dataset: DatasetName,
    shape: Shape,
    counts: Counts,
    seed: u64,
    sources: Sources<'_>,
) -> Result<Splits, Error> {
    counts.check(dataset)?;
    match Source::of(dataset) {
        Source::Bytes(artist) => drawn(artist, dataset, shape, counts, seed),
        Source::Floats(artist) => drawn(artist, dataset, shape, counts, seed),
        Source::Idx => {
            let Official { train, test, unpublished } = files::read_all(dataset, sources)?;
            let chosen = choose(dataset, counts, seed, || train.labels().to_vec())?;
            let validation = train.select(&chosen.validation);
            Ok(Splits {
                train: take(train, &chosen.train),
                validation,
                test: take(test, &chosen.test),
                unpublished,
                own: None,
            })
        }
    }
}

/// The splits of rows that the program draws. Test rows follow the training and validation rows in the sequence.
fn drawn<T: Copy + Default + Send>(
    artist: Artist<T>,
    dataset: DatasetName,
    shape: Shape,
    counts: Counts,
    seed: u64,
) -> Result<Splits, Error>
where
    Values: From<Vec<T>>,
{
    let Facts { shapes, classes, rows: [train_rows, _], .. } = *dataset.facts();
    // Labels are the same at every shape. The first shape is the fastest to draw.
    let label = |index| artist(shapes[0], index, &mut vec![T::default(); shapes[0].values()]);
    let labels = || (0..train_rows as u64).into_par_iter().map(label).collect();
    let chosen = choose(dataset, counts, seed, labels)?;
    let draw = |indices: &[u32], offset| source::draw(artist, !classes.is_empty(), shape, indices, offset);
    Ok(Splits {
        train: draw(&chosen.train, 0),
        validation: draw(&chosen.validation, 0),
        test: draw(&chosen.test, train_rows as u64),
        unpublished: Vec::new(),
        own: None,
    })
}

/// Indices of the images of each split in the official files, in the order of the file.
struct Chosen {
    train: Vec<u32>,
    validation: Vec<u32>,
    test: Vec<u32>,
}

/// Chooses the images of the splits. `labels` are those of the official training file.
fn choose(dataset: DatasetName, counts: Counts, seed: u64, labels: impl FnOnce() -> Vec<u16>) -> Result<Chosen, Error> {
    counts.check(dataset)?;
    let [rows, _] = dataset.facts().rows;
    let first = |count: usize| {
        let mut generator = Stream::Split.generator(seed, 0);
        random::permutation_start(&mut generator, rows as u32, count as u32)
    };
    let [train, validation] = match counts.imbalance {
        None => {
            let mut train = first(counts.train + counts.validation);
            let validation = train.split_off(counts.train);
            [train, validation]
        }
        Some(imbalance) => deal(dataset, counts, imbalance, &first(rows), &labels())?,
    };
    Ok(Chosen { train: sorted(train), validation: sorted(validation), test: counts.choose_test(dataset, seed) })
}

/// Training and validation images, chosen in the given order. The imbalance decides how many are of its class; the rest
/// are of other classes.
fn deal(
    dataset: DatasetName,
    counts: Counts,
    imbalance: Imbalance,
    order: &[u32],
    labels: &[u16],
) -> Result<[Vec<u32>; 2], Error> {
    let class = imbalance.class();
    let (own, others): (Vec<u32>, Vec<u32>) = order.iter().partition(|&&image| labels[image as usize] == class);
    let [rare, rest] = {
        let rare = [counts.train, counts.validation].map(|count| imbalance.images(count));
        [rare, [counts.train - rare[0], counts.validation - rare[1]]]
    };
    for (of_the_class, from, [train, validation]) in [(true, &own, rare), (false, &others, rest)] {
        let (available, wanted) = (from.len(), train + validation);
        if wanted > available {
            let is_rare = matches!(imbalance, Imbalance::Rare { .. });
            return Err(Error::TooFewOfClass { dataset, class, is_rare, of_the_class, available, wanted });
        }
    }
    let train = [&own[..rare[0]], &others[..rest[0]]].concat();
    let validation = [&own[rare[0]..][..rare[1]], &others[rest[0]..][..rest[1]]].concat();
    Ok([train, validation])
}

/// The images at ascending, distinct `indices`. If these are all images, nothing is copied.
fn take(images: Rows, indices: &[u32]) -> Rows {
    if indices.len() == images.len() { images } else { images.select(indices) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const SQUARE: Shape = Shape::square(28);

    const NO_FILE: Sources<'_> = Sources { data_dir: None, unpacked: None };

    fn counts(train: usize, validation: usize, test: usize) -> Counts {
        Counts { train, validation, test, imbalance: None }
    }

    fn glyphs(train: usize, validation: usize, test: usize, seed: u64) -> Splits {
        load_counts(DatasetName::Glyphs, SQUARE, counts(train, validation, test), seed, NO_FILE).unwrap()
    }

    fn chosen(train: usize, validation: usize, test: usize, seed: u64) -> Chosen {
        choose(DatasetName::Mnist, counts(train, validation, test), seed, Vec::new).unwrap()
    }

    #[test]
    fn the_splits_have_the_counts_of_the_spec() {
        let splits = glyphs(50, 20, 30, 0);
        assert_eq!([splits.train.len(), splits.validation.len(), splits.test.len()], [50, 20, 30]);
    }

    #[test]
    fn training_and_validation_images_never_overlap() {
        let chosen = chosen(40_000, 20_000, 10, 3);
        let both: HashSet<u32> = chosen.train.iter().chain(&chosen.validation).copied().collect();
        assert_eq!(both.len(), 60_000);
    }

    #[test]
    fn every_split_keeps_the_order_of_its_file() {
        let chosen = chosen(1000, 500, 700, 9);
        assert!([&chosen.train, &chosen.validation, &chosen.test].iter().all(|split| split.is_sorted()));
    }

    #[test]
    fn a_split_that_takes_a_whole_file_is_the_same_for_every_seed() {
        let whole = |seed| chosen(60_000, 0, 10_000, seed);
        assert_eq!(whole(1).train, (0..60_000).collect::<Vec<_>>());
        assert_eq!(whole(1).test, whole(2).test);
    }

    #[test]
    fn more_training_images_do_not_change_the_test_split() {
        assert_eq!(chosen(10, 0, 100, 4).test, chosen(1000, 50, 100, 4).test);
    }

    #[test]
    fn more_images_than_there_are_is_an_error() {
        let message = |train, validation, test| {
            let counts = counts(train, validation, test);
            load_counts(DatasetName::Mnist, SQUARE, counts, 0, NO_FILE).unwrap_err().to_string()
        };
        assert_eq!(
            message(60_000, 1, 10),
            "mnist has 60000 training images, but the spec needs 60001; lower dataset.train, dataset.validation or dataset.test"
        );
        assert_eq!(
            message(10, 0, 10_001),
            "mnist has 10000 test images, but the spec needs 10001; lower dataset.train, dataset.validation or dataset.test"
        );
        assert!(message(usize::MAX, usize::MAX, 10).starts_with("mnist has 60000 training images"));
    }

    #[test]
    fn the_seed_chooses_the_images() {
        assert_eq!(glyphs(40, 10, 20, 5).fingerprint(), glyphs(40, 10, 20, 5).fingerprint());
        assert_ne!(glyphs(40, 10, 20, 5).fingerprint(), glyphs(40, 10, 20, 6).fingerprint());
    }

    #[test]
    fn glyphs_are_the_same_at_any_number_of_threads() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| glyphs(300, 20, 50, 1))
        };
        assert_eq!(with(1), with(4));
    }

    #[test]
    fn a_side_changes_the_resolution_of_the_same_images() {
        let of_side =
            |side| load_counts(DatasetName::Glyphs, Shape::square(side), counts(40, 10, 20), 5, NO_FILE).unwrap();
        let (coarse, fine) = (of_side(28), of_side(56));
        assert_eq!((fine.train.shape(), fine.validation.width(), fine.test.len()), (Shape::square(56), 3136, 20));
        assert_eq!(fine.train.labels(), coarse.train.labels());
    }

    #[test]
    fn glyphs_of_the_test_split_come_from_a_separate_range() {
        let splits = glyphs(10, 0, 10_000, 0);
        let (image, label) = glyphs::glyph(60_000);
        assert_eq!((splits.test.byte_row(0), splits.test.label(0)), (Some(&image[..]), Some(label)));
    }

    #[test]
    fn a_data_set_is_drawn_if_and_only_if_it_is_embedded() {
        for &dataset in DatasetName::ALL {
            assert_eq!(!matches!(Source::of(dataset), Source::Idx), dataset.is_embedded(), "{dataset}");
        }
    }

    #[test]
    fn the_fingerprint_covers_every_split_and_the_labels() {
        let base = glyphs(20, 10, 10, 0);
        let mut changed = base.clone();
        changed.test = Rows::new(SQUARE, base.test.bytes().unwrap().to_vec(), vec![0; 10]);
        assert_ne!(base.fingerprint(), changed.fingerprint());
        assert_eq!(base.fingerprint().len(), 64);
    }

    #[test]
    fn the_fingerprint_of_a_small_glyph_run_never_changes() {
        assert_eq!(
            glyphs(200, 50, 100, 0).fingerprint(),
            "da539ed89520135fe7298fb411f7aee1dd5f1a2682fc28ee96d7662a3e4a2797"
        );
    }

    fn imbalanced(
        dataset: DatasetName,
        imbalance: Imbalance,
        train: usize,
        validation: usize,
    ) -> Result<Splits, Error> {
        load_counts(
            dataset,
            SQUARE,
            Counts { imbalance: Some(imbalance), ..counts(train, validation, 200) },
            4,
            NO_FILE,
        )
    }

    fn of_class(images: &Rows, class: u16) -> usize {
        images.labels().iter().filter(|label| **label == class).count()
    }

    #[test]
    fn a_class_that_is_left_out_is_in_the_test_split_alone_and_other_classes_replace_it() {
        let splits = imbalanced(DatasetName::Letters, Imbalance::Without { class: 3 }, 2_000, 500).unwrap();
        assert_eq!([splits.train.len(), splits.validation.len()], [2_000, 500]);
        assert_eq!([&splits.train, &splits.validation].map(|split| of_class(split, 3)), [0, 0]);
        let natural = load_counts(DatasetName::Letters, SQUARE, counts(2_000, 500, 200), 4, NO_FILE).unwrap();
        assert_eq!(splits.test, natural.test);
        assert!(of_class(&splits.test, 3) > 0);
        let images = |split: &Rows| -> HashSet<Vec<u8>> {
            (0..split.len())
                .filter(|&index| split.label(index) != Some(3))
                .map(|index| split.byte_row(index).unwrap().to_vec())
                .collect()
        };
        assert!(
            images(&splits.train).is_superset(&images(&natural.train)),
            "the images of other classes are still chosen"
        );
        assert!(images(&splits.train).is_disjoint(&images(&splits.validation)));
    }

    #[test]
    fn the_only_class_fills_training_and_validation_and_the_test_split_keeps_all() {
        let splits = imbalanced(DatasetName::Glyphs, Imbalance::Only { class: 7 }, 2_000, 500).unwrap();
        assert_eq!([&splits.train, &splits.validation].map(|split| of_class(split, 7)), [2_000, 500]);
        assert_eq!(splits.test, glyphs(10, 0, 200, 4).test);
        let fault = imbalanced(DatasetName::Glyphs, Imbalance::Only { class: 7 }, 8_000, 500).unwrap_err().to_string();
        assert!(fault.contains("training images of class 7, but the spec needs 8500"), "{fault}");
        assert!(fault.ends_with("lower dataset.train, dataset.validation or both"), "{fault}");
    }

    #[test]
    fn a_rare_class_has_its_share_of_each_split_and_at_least_one_image() {
        for (share, expected) in [(0.01, [20, 5]), (0.000_01, [1, 1]), (0.5, [1_000, 250])] {
            let splits = imbalanced(DatasetName::Glyphs, Imbalance::Rare { class: 7, share }, 2_000, 500).unwrap();
            assert_eq!([&splits.train, &splits.validation].map(|split| of_class(split, 7)), expected);
            assert_eq!([splits.train.len(), splits.validation.len()], [2_000, 500]);
            assert_eq!(splits.test, glyphs(10, 0, 200, 4).test);
        }
        let none = imbalanced(DatasetName::Glyphs, Imbalance::Rare { class: 7, share: 0.1 }, 100, 0).unwrap();
        assert!(none.validation.is_empty());
    }

    #[test]
    fn an_error_names_a_class_with_too_few_images() {
        let message = |imbalance| imbalanced(DatasetName::Glyphs, imbalance, 50_000, 5_000).unwrap_err().to_string();
        let [own, others] =
            [true, false].map(|own| (0..60_000).filter(|&index| (glyphs::glyph(index).1 == 2) == own).count());
        assert_eq!(
            message(Imbalance::Without { class: 2 }),
            format!(
                "glyphs has {others} training images of classes other than 2, but the spec needs 55000; lower \
                 dataset.train, dataset.validation or both"
            )
        );
        assert_eq!(
            message(Imbalance::Rare { class: 2, share: 0.2 }),
            format!(
                "glyphs has {own} training images of class 2, but the spec needs 11000; lower dataset.train, \
                 dataset.validation or dataset.rare.share"
            )
        );
    }

    #[test]
    #[ignore = "needs the real MNIST in HOURGLASS_DATA"]
    fn splits_of_the_real_mnist_come_from_their_files() {
        let folder = files::tests::real_mnist();
        let load = |seed| {
            let counts = counts(50_000, 10_000, 10_000);
            load_counts(DatasetName::Mnist, SQUARE, counts, seed, Some(folder.as_path()).into()).unwrap()
        };
        let Official { train, test, .. } = files::read_all(DatasetName::Mnist, Some(folder.as_path()).into()).unwrap();
        let splits = load(1);
        assert_eq!(splits.test, test);
        // All images of the training file differ, so that equal bytes mean the same image.
        let of = |images: &Rows| {
            (0..images.len()).map(|index| images.byte_row(index).unwrap().to_vec()).collect::<HashSet<_>>()
        };
        let (own, held_out) = (of(&splits.train), of(&splits.validation));
        assert_eq!((own.len(), held_out.len()), (50_000, 10_000));
        assert!(own.is_disjoint(&held_out));
        assert_eq!(&own | &held_out, of(&train));
        assert_ne!(splits.fingerprint(), load(2).fingerprint());
    }
}
