//! The data sets: what is known of each before it is read. An entry of the table declares one.
//!
//! Its rows are drawn or read by a file in `crates/datasets/src`.

use crate::names::names_with_facts;
use crate::shape::Shape;

/// How the values of a row are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// As bytes, of which each is read as so many 255ths: from 0 to 1.
    Bytes,
    /// In single precision, of any size.
    Floats,
}

/// Where rows come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The program draws them itself.
    Embedded,
    /// They are read from files.
    Files,
}

/// What is known of a data set.
#[derive(Debug)]
pub struct Facts {
    /// What it is, in a few words.
    pub what: &'static str,
    /// The shapes that its rows come in, the usual one first.
    pub shapes: &'static [Shape],
    /// How their values are kept.
    pub values: Values,
    /// What the labels 0, 1, ... stand for; empty where rows have none.
    pub classes: &'static [&'static str],
    /// Where they come from.
    pub origin: Origin,
    /// Rows to train and validate on, and rows to test on. Embedded data sets could draw any number: they offer as many as
    /// MNIST, so that every experiment runs on either.
    pub rows: [usize; 2],
    /// Training and validation rows, at least, without those of any one class.
    pub rows_without_a_class: usize,
    /// Training and validation rows, at least, of any one class; 0 where rows have none.
    pub rows_of_a_class: usize,
    /// Rows for training, validation and test where a file names no counts. Of published data sets they are those of published
    /// numbers; embedded ones are kept to what a laptop trains on in a minute.
    pub counts: [usize; 3],
    /// The embedded data set whose rows are anomalies to a network that learned this one.
    pub foreign: Option<DatasetName>,
    /// Whether the rows are a known surface with noise of known variance.
    pub has_known_noise: bool,
    /// Whether the rows are of a machine over time, so that known faults can be planted among its test rows.
    pub has_known_faults: bool,
    /// Whether it is known what each row was drawn by: slant, thickness and the like.
    pub has_known_factors: bool,
}

const DIGITS: &[&str] = &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// Images of the size of MNIST's.
const SQUARE: &[Shape] = &[Shape::square(28)];

/// What strokes draw can be drawn at any resolution.
const STROKES: &[Shape] = &[Shape::square(28), Shape::square(56), Shape::square(112)];

/// Images as MNIST has them: 60,000 to train on and 10,000 to test on.
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

/// As many images, drawn by the program.
const EMBEDDED: Facts = Facts { origin: Origin::Embedded, counts: [20_000, 2_000, 4_000], ..MNIST };

names_with_facts! {
    /// A source of rows.
    DatasetName, "dataset", Facts {
        /// Procedural handwritten-style digits, embedded: needs no file.
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
        /// Procedural handwritten-style capitals, A to J, embedded: drawn as `glyphs` are.
        Letters = "letters": Facts {
            what: "procedural handwritten-style capitals, A to J",
            shapes: STROKES,
            classes: &["A", "B", "C", "D", "E", "F", "G", "H", "I", "J"],
            foreign: Some(DatasetName::Glyphs),
            has_known_factors: true,
            ..EMBEDDED
        },
        /// A bump anywhere in a square, under noise of known variance, embedded: a curved surface of two dimensions.
        Surface = "surface": Facts {
            what: "a bump anywhere, under noise of known size",
            classes: &["1st", "2nd", "3rd", "4th", "5th", "6th", "7th", "8th", "9th", "10th"],
            has_known_noise: true,
            ..EMBEDDED
        },
        /// Readings of a machine over time, with three hidden factors, a known drift and noise of known variance, embedded.
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
    /// Whether the program draws its rows itself, so that it needs no file.
    pub const fn is_embedded(self) -> bool {
        matches!(self.facts().origin, Origin::Embedded)
    }
}
