//! A user's own data: the options for reading it, and the facts that are known after it is read.

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
    /// Format of a file or folder.
    Format, "format" {
        /// CSV or TSV. The first line names the columns.
        Table = "table",
        /// A NumPy array: a `.npy` file, or one array of an `.npz` file.
        Npy = "npy",
        /// IDX, the format of MNIST's files, gzipped or not.
        Idx = "idx",
        /// A folder of PNG and JPEG files.
        Images = "images",
        /// A WAV file, or a folder of them.
        Wav = "wav",
        /// UTF-8 text: a file with one document a line, or a folder of documents, `*.txt`.
        Text = "text",
    }
}

names! {
    /// Treatment of missing values in a table or an array.
    Missing, "missing" {
        /// A missing value is an error.
        Refuse = "refuse",
        /// Rows with a missing value are left out.
        Drop = "drop",
        /// A missing value is replaced by the mean of its column over training rows.
        Mean = "mean",
        /// A missing value is replaced by the median of its column over training rows.
        Median = "median",
    }
}

names! {
    /// Method to fit a picture to another ratio of width to height.
    Fit, "fit" {
        /// Cut off the parts outside the new ratio.
        Crop = "crop",
        /// Fill the empty parts with the background.
        Pad = "pad",
        /// Scale width and height by different factors.
        Stretch = "stretch",
    }
}

names! {
    /// Unit that is counted in a text.
    Unit, "unit" {
        /// Words, in lower case: the segments by Unicode's rules (UAX 29) that have a letter or a digit.
        Words = "words",
        /// Characters (code points), in lower case, without white space and control characters.
        Characters = "characters",
    }
}

names! {
    /// Function of the count of a word or character in a text.
    Weight, "weight" {
        /// The natural logarithm of 1 + count.
        Log = "log",
        /// The count itself.
        Count = "count",
    }
}

names! {
    /// Scaling of the numbers of a column. Categories stay 0 and 1.
    Scale, "scale" {
        /// Mean 0 and variance 1 over training rows (divided by the number of rows, as in scikit-learn's
        /// `StandardScaler`).
        Standard = "standard",
        /// Training rows lie in [0, 1]. Other rows may lie outside.
        MinMax = "min-max",
        /// Median 0 and a distance of 1 between the quartiles over training rows (as in scikit-learn's `RobustScaler`).
        Robust = "robust",
        /// No scaling.
        None = "none",
    }
}

/// Default number of words or characters of a text that are values.
pub const VOCABULARY: usize = 500;

/// Options for reading a file or folder: keys of `[dataset]`. A key that does not apply to the format is an error of
/// the reader.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    /// Format. By default it follows from the name of the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// Where the classes are. A table has them in a column, an IDX or `.npy` file in another file, and an `.npz` file
    /// in another array. A folder has them in its subfolders (`subfolder`), or in a CSV file with columns `file` and
    /// `label`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Condition that clean rows of a table meet, a [`Condition`]. The network learns from clean rows alone, and the
    /// classes are [`CLEAN`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clean: Option<String>,
    /// Column of a table that holds the name of each row, as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Columns of a table to read. If empty, all columns that have no other use are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Columns of a table to leave out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// Columns of a table to read as categories, even if they look like numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categorical: Vec<String>,
    /// True if the first line of a table names its columns, false if it is data. By default it names them, and a number
    /// among the names is an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// Character between the fields of a table. By default it is found from the first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<char>,
    /// Decimal point or comma of a table. By default it is found from the first rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
    /// Character around the fields of a table that may contain separators. By default it is found from the first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<char>,
    /// Treatment of missing values. By default a missing value is an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<Missing>,
    /// Column of a table with a group: all rows of one group stay in one split.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Column of a table with the time: numbers or dates that increase.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Column of a table with the name of the split of each row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub split: Option<String>,
    /// File or folder of the validation rows, if they have their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<Part>,
    /// File or folder of the test rows, if they have their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<Part>,
    /// Name of the array in an `.npz` file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub array: Option<String>,
    /// True if the pixels of IDX files are stored column by column, as in EMNIST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transpose: Option<bool>,
    /// Width and height of pictures in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<[usize; 2]>,
    /// Method to fit pictures to that size. By default they are cropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fit: Option<Fit>,
    /// Number of values of a pixel: 1 for grey, 3 for colour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channels: Option<usize>,
    /// Red, green and blue, 0 to 255, behind transparent pixels and beside padded pictures. By default white.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub background: Option<[u8; 3]>,
    /// Sample rate that recordings are converted to, in samples a second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<u32>,
    /// Number of samples of a recording, or lines of a table, in one row of data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// Number of samples or lines from the start of one row of data to the start of the next. By default the length of
    /// a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop: Option<usize>,
    /// Number of bands of a log-mel spectrum. If given, each step of a row is a spectrum instead of a sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bands: Option<usize>,
    /// Unit that is counted in a text. By default words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// Number of words or characters of a text that are values: the ones that the most training rows contain. By
    /// default [`VOCABULARY`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<usize>,
    /// Function of a count in a text. By default its logarithm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight: Option<Weight>,
}

/// File or folder of one split. It is read with the same options as that of the training rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Path of the file or folder.
    pub path: String,
    /// File or array of the classes, if it differs from that of the training rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Name of the array in an `.npz` file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub array: Option<String>,
}

/// Facts about a user's data that are known after it is read.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// SHA-256 of the file, or of all files of the folder, in lowercase hexadecimal.
    pub sha256: String,
    /// Number of rows.
    pub rows: usize,
    /// Number of training, validation and test rows, if a column names the split or if splits have their own files.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_of_splits: Option<[usize; 3]>,
    /// True if values are bytes, each read as a multiple of 1/255.
    pub is_bytes: bool,
    /// True if values are counts of words or characters.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_text: bool,
    /// Names of the classes, in order of their labels. Empty if rows have no classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// Shape of each row.
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
    /// Path of the file or folder as the experiment file gives it: relative to the current directory, or absolute.
    pub path: String,
    /// Options for reading it.
    pub reading: Reading,
    /// Scaling of its columns.
    pub scale: Scale,
    /// Facts that are known after it is read.
    pub facts: Facts,
}

impl Own {
    /// Name in paths and tables: the name of the file without its extension. Characters other than letters, digits, `-`
    /// and `_` become `-`.
    pub fn name(&self) -> String {
        let stem = Path::new(&self.path).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let stem = stem.trim_end_matches(".idx").trim_end_matches(".csv");
        let kept = |letter: char| if letter.is_ascii_alphanumeric() || "-_".contains(letter) { letter } else { '-' };
        let name: String = stem.chars().map(kept).collect();
        if is_name(&name) { name } else { "data".to_owned() }
    }

    /// Name of the folder of its raw form, in the folder of all raw forms.
    pub fn folder(&self) -> String {
        folder(&self.path, &self.reading)
    }
}

/// Name of the folder of the raw form of a user's data, in the folder of all raw forms.
pub fn folder(path: &str, reading: &Reading) -> String {
    format!("own-{}", &seal::hexadecimal(&Sha256::digest(format!("{path:?} {reading:?}")))[..16])
}
