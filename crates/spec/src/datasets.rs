//! Data sets: facts that are known before a data set is read. Each entry of the table declares one.
//!
//! `crates/datasets/src/source` has the code that draws or reads the rows of each.

use crate::names::names_with_facts;
use crate::shape::Shape;

/// Type of the stored values of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Bytes, each read as a multiple of 1/255: values from 0 to 1.
    Bytes,
    /// Single-precision numbers of any size.
    Floats,
}

/// Origin of the rows of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Drawn by the program.
    Embedded,
    /// Read from files.
    Files,
}

/// Facts about a data set.
#[derive(Debug)]
pub struct Facts {
    /// Description in a few words, for lists.
    pub what: &'static str,
    /// Shapes that the rows can have, the default one first.
    pub shapes: &'static [Shape],
    /// Type of the stored values.
    pub values: Values,
    /// Names of the classes 0, 1, ...; empty if rows have no classes.
    pub classes: &'static [&'static str],
    /// Origin of the rows.
    pub origin: Origin,
    /// Number of rows to train and validate on, and number of rows to test on. Embedded data sets could draw any
    /// number: they have as many as MNIST, so that every experiment runs on both.
    pub rows: [usize; 2],
    /// Least number of training and validation rows that are left without any one class.
    pub rows_without_a_class: usize,
    /// Least number of training and validation rows of any one class; 0 if rows have no classes.
    pub rows_of_a_class: usize,
    /// Default number of training, validation and test rows. Published data sets have the counts of published results;
    /// embedded ones have counts that a laptop trains on in a minute.
    pub counts: [usize; 3],
    /// Embedded data set whose rows are anomalies for a network that was trained on this one.
    pub foreign: Option<DatasetName>,
    /// True if the rows lie on a known surface, with noise of known variance.
    pub has_known_noise: bool,
    /// True if the rows are readings of a machine over time, so that known faults can be added to test rows.
    pub has_known_faults: bool,
    /// True if the factors that each row was drawn from, such as slant and thickness, are known.
    pub has_known_factors: bool,
}

const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// Shape of MNIST's images.
const SQUARE: &[Shape] = &[Shape::square(28)];

/// Shapes of images drawn with strokes, which can have any resolution.
const STROKES: &[Shape] = &[Shape::square(28), Shape::square(56), Shape::square(112)];

/// Facts about MNIST: 60,000 images to train on and 10,000 to test on.
const MNIST: Facts = Facts {
    what: "handwritten digits (LeCun et al., 1998)",
    shapes: SQUARE,
    values: Values::Bytes,
    classes: DIGITS,
    origin: Origin::Files,
    rows: [60_000, 10_000],
    rows_without_a_class: 50_000,
    rows_of_a_class: 5_000,
    counts: [60_000, 0, 10_000],
    foreign: Some(DatasetName::Letters),
    has_known_noise: false,
    has_known_faults: false,
    has_known_factors: false,
};

/// Facts about an embedded data set of as many images as MNIST.
const EMBEDDED: Facts = Facts { origin: Origin::Embedded, counts: [20_000, 2_000, 4_000], ..MNIST };

names_with_facts! {
    /// A data set that Hourglass knows by name.
    DatasetName, "dataset", Facts {
        /// Procedural handwritten-style digits, drawn by the program.
        Glyphs = "glyphs": Facts {
            what: "procedural handwritten-style digits",
            shapes: STROKES,
            has_known_factors: true,
            ..EMBEDDED
        },
        /// Handwritten digits (LeCun et al., 1998).
        Mnist = "mnist": MNIST,
        /// Photographs of clothing in MNIST's format (Xiao et al., 2017).
        FashionMnist = "fashion-mnist": Facts {
            what: "clothing (Xiao et al., 2017)",
            classes: &["T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot"],
            ..MNIST
        },
        /// Cursive Japanese characters in MNIST's format (Clanuwat et al., 2018).
        Kmnist = "kmnist": Facts {
            what: "Japanese characters (Clanuwat et al., 2018)",
            classes: &["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
            ..MNIST
        },
        /// Procedural handwritten-style capitals, A to J, drawn by the program in the same way as `glyphs`.
        Letters = "letters": Facts {
            what: "procedural handwritten-style capitals, A to J",
            shapes: STROKES,
            classes: &["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"],
            foreign: Some(DatasetName::Glyphs),
            has_known_factors: true,
            ..EMBEDDED
        },
        /// A bump at a random place of a square, with noise of known variance: a curved surface of two dimensions.
        Surface = "surface": Facts {
            what: "a bump at a random place, with noise of known size",
            classes: &["1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th"],
            has_known_noise: true,
            ..EMBEDDED
        },
        /// Readings of a machine over time, with three hidden factors, a known drift and noise of known variance.
        Sensors = "sensors": Facts {
            what: "24 readings of a machine with three hidden factors",
            shapes: &[Shape::Vector { width: 24 }],
            values: Values::Floats,
            classes: &[],
            rows_of_a_class: 0,
            foreign: None,
            has_known_noise: true,
            has_known_faults: true,
            ..EMBEDDED
        },
    }
}

impl DatasetName {
    /// True if the program draws the rows itself, so that no file is needed.
    pub const fn is_embedded(self) -> bool {
        matches!(self.facts().origin, Origin::Embedded)
    }
}
