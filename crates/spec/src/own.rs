//! A user's own data: how it is read, and what is known of it once it is.

use serde::{Deserialize, Serialize};

use crate::names::names;

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
    }
}

names! {
    /// What becomes of missing values of a table or an array.
    Missing, "what becomes of missing values" {
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
    /// Character between the fields of a table; else found in its first line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub separator: Option<char>,
    /// Decimal point or comma of a table; else found in its first rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decimal: Option<char>,
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
    /// Samples of a recording in a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<usize>,
    /// Samples from the beginning of a row to that of the next; else those of a row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hop: Option<usize>,
    /// Bands of a log-mel spectrum; where given, a step of a row is a spectrum and no sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bands: Option<usize>,
}
