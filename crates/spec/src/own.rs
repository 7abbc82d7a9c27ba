//! A user's own data: how it is read, and what is known of it once it is.

mod condition;

use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use system::seal;

use crate::Shape;
use crate::names::names;
use crate::raw::Header;
use crate::source::is_name;

pub use self::condition::{CLEAN, Condition};

names! {
    /// Formats of files and folders.
    Format, "format" {
        /// CSV or TSV, whose first line names the columns.
        Table = "table",
        /// `.npy`, or an array of an `.npz`.
        Npy = "npy",
        /// IDX, gzipped or not, as MNIST's files are.
        Idx = "idx",
        /// A folder of PNG and JPEG files.
        Images = "images",
        /// A WAV file, or a folder of them.
        Wav = "wav",
        /// UTF-8 text: a file of one document a line, or a folder of documents, `*.txt`.
        Text = "text",
    }
}

names! {
    /// What becomes of missing values of a table or an array.
    Missing, "missing" {
        /// The first one is an error.
        Refuse = "refuse",
        /// Rows that lack a value are left out.
        Drop = "drop",
        /// Each becomes the mean of its column over training rows.
        Mean = "mean",
        /// Each becomes the median of its column over training rows.
        Median = "median",
    }
}

names! {
    /// How a picture is brought to another ratio of width to height.
    Fit, "fit" {
        /// What is too much is cut off.
        Crop = "crop",
        /// What is missing is background.
        Pad = "pad",
        /// Width and height change by different factors.
        Stretch = "stretch",
    }
}

names! {
    /// What is counted in a text.
    Unit, "unit" {
        /// Words by Unicode's rules (UAX 29) that hold a letter or a digit, in lower case.
        Words = "words",
        /// Characters (code points) in lower case, without white space and control characters.
        Characters = "characters",
    }
}

names! {
    /// What becomes of the count of a word or character in a text.
    Weight, "weight" {
        /// The natural logarithm of 1 more than it.
        Log = "log",
        /// Nothing.
        Count = "count",
    }
}

names! {
    /// How the numbers of a column are scaled. Categories stay 0 and 1.
    Scale, "scale" {
        /// To mean 0 and variance 1 (divided by the number of rows, as in scikit-learn's `StandardScaler`).
        Standard = "standard",
        /// To [0, 1]; rows outside training may leave it.
        MinMax = "min-max",
        /// To median 0 and a distance of 1 between the quartiles (as in scikit-learn's `RobustScaler`).
        Robust = "robust",
        /// Not at all.
        None = "none",
    }
}

/// Words or characters of a text that are values, unless a file says otherwise.
pub const VOCABULARY: usize = 500;

/// How a file or folder is read: keys of `[dataset]`. A key that does not concern the format is an error of the reader.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Format; else told by the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Classes. Of a table a column. Of an IDX or `.npy` file another file. Of an archive of arrays the name of one. Of a folder
    /// `subfolder`, or a CSV file with columns `file` and `label`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Which rows of a table are clean, a [`Condition`]: the network learns from these alone. The classes are [`CLEAN`] then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clean: Option<String>,
    /// Column of a table whose text names each row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Columns of a table that are read; where empty, all that have no other use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Columns of a table that are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Columns of a table that hold categories, even where they look like numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categorical: Vec<String>,
    /// Whether the first line of a table names its columns; else it does, and a number among them is an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// Character between the fields of a table; else found in its first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<char>,
    /// Decimal point or comma of a table; else found in its first rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    /// Character around fields of a table that may hold separators; else found in its first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<char>,
    /// What becomes of missing values; else they are refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// Column of a table: rows of one value stay in one split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Column of a table: numbers or dates that rise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Column of a table that names the split of each row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// Where the validation rows are, if they have a file or folder of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Part>,
    /// Where the test rows are, if they have a file or folder of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Part>,
    /// Name of the array in an archive of arrays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub array: Option<String>,
    /// Whether pixels of IDX files lie column by column, as EMNIST's do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transpose: Option<bool>,
    /// Width and height of pictures, in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<[usize; 2]>,
    /// How pictures are brought to that size; else cropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// Values of a pixel: 1 for grey, 3 for colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<usize>,
    /// Red, green and blue behind transparent pixels and beside padded pictures; else white.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<[u8; 3]>,
    /// Samples a second that recordings are brought to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<u32>,
    /// Samples of a recording, or lines of a table, in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// Samples or lines from the beginning of a row to that of the next; else those of a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop: Option<usize>,
    /// Bands of a log-mel spectrum; where given, a step of a row is a spectrum and no sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bands: Option<usize>,
    /// What is counted in a text; else words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// How many words or characters of a text are values: those that the most training rows hold; else [`VOCABULARY`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<usize>,
    /// What becomes of a count; else its logarithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
}

/// A file or folder of one split alone. It is read as that of the training rows is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The file or folder.
    pub path: String,
    /// Classes, where they are in a file or array of their own; else they are where those of the training rows are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Name of the array in an archive of arrays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub array: Option<String>,
}

/// What is known of a user's data once it was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// SHA-256 of the file or of all files of the folder, in lowercase hexadecimal.
    pub sha256: String,
    /// Number of rows.
    pub rows: usize,
    /// Rows of the training, validation and test split, where a column names the split or splits have files of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_of_splits: Option<[usize; 3]>,
    /// Whether values are bytes, of which each is read as so many 255ths.
    pub is_bytes: bool,
    /// Whether values are counts of words or characters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_text: bool,
    /// Names of the classes, in order of their labels; empty where rows have none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The shape of each row.
    pub shape: Shape,
}

impl From<&Header> for Facts {
    fn from(header: &Header) -> Self {
        Self {
            sha256: header.source_sha256.clone(),
            rows: header.rows,
            rows_of_splits: header.rows_of_splits,
            is_bytes: header.is_bytes,
            is_text: header.entries > 0,
            classes: header.classes.clone(),
            shape: header.shape,
        }
    }
}

/// A user's own data.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Own {
    /// The file or folder, as an experiment file gives it: relative to the current directory, or absolute.
    pub path: String,
    /// How it is read.
    pub reading: Reading,
    /// How its columns are scaled.
    pub scale: Scale,
    /// What is known of it.
    pub facts: Facts,
}

impl Own {
    /// What names it in paths and tables: the file's name without its ending, other characters than letters, digits, `-` and `_`
    /// as `-`.
    pub fn name(&self) -> String {
        let stem = Path::new(&self.path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let stem = stem.trim_end_matches(".idx").trim_end_matches(".csv");
        let kept = |letter: char| if letter.is_ascii_alphanumeric() || "-_".contains(letter) { letter } else { '-' };
        let name: String = stem.chars().map(kept).collect();
        if is_name(&name) { name } else { "data".to_owned() }
    }

    /// The folder of its raw form below that of all data that is unpacked.
    pub fn folder(&self) -> String {
        folder(&self.path, &self.reading)
    }
}

/// The folder of the raw form of a user's data below that of all data that is unpacked.
pub fn folder(path: &str, reading: &Reading) -> String {
    format!("own-{}", &seal::hexadecimal(&Sha256::digest(format!("{path:?} {reading:?}")))[..16])
}
