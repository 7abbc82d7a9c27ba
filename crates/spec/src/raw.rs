//! The raw form of a user's data: one set of files for all formats, which the readers write and `datasets` loads.
//!
//! A folder holds [`HEADER`] and the values: [`BYTES`] or [`FLOATS`], or for texts [`ENTRIES`], [`COUNTS`] and
//! [`LENGTHS`]. It also holds [`LABELS`], [`GROUPS`], [`TIMES`], [`SPLITS`] and [`IDS`] if rows have them. Numbers are
//! little-endian. The header is written last, so that a folder without it is known to be incomplete.

use serde::{Deserialize, Serialize};

use crate::Shape;

/// Name of the file with the [`Header`], in JSON.
pub const HEADER: &str = "header.json";
/// Name of the file with values of any size: f32, shape (rows, values), row-major, NaN for a missing value.
pub const FLOATS: &str = "values.f32";
/// Name of the file with values that are bytes, each a multiple of 1/255: u8, shape (rows, values), row-major.
pub const BYTES: &str = "values.u8";
/// Name of the file with the words or characters of texts: UTF-8, one a line. The training rows decide which of them
/// become values.
pub const ENTRIES: &str = "entries.txt";
/// Name of the file with the counts in each text: pairs of u32, a line of [`ENTRIES`] from 0 and its count. Pairs are
/// ordered by row, then by line.
pub const COUNTS: &str = "counts.u32";
/// Name of the file with the number of pairs of each row: u32, shape (rows).
pub const LENGTHS: &str = "lengths.u32";
/// Name of the file with the labels: u16, shape (rows), indices into [`Header::classes`].
pub const LABELS: &str = "labels.u16";
/// Name of the file with the groups: u32, shape (rows). Rows of one group have equal numbers.
pub const GROUPS: &str = "groups.u32";
/// Name of the file with the times: f64, shape (rows).
pub const TIMES: &str = "times.f64";
/// Name of the file with the split of each row, if the user's files give it: u8, shape (rows), 0 training, 1
/// validation, 2 test.
pub const SPLITS: &str = "splits.u8";
/// Name of the file with the ids: UTF-8, one a line. An id is the text of a column, or the path of a picture or
/// recording in its folder. Control characters are replaced by spaces.
pub const IDS: &str = "ids.txt";

/// Facts about the rows and columns of a raw form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Number of rows, at least 1.
    pub rows: usize,
    /// Shape of each row.
    pub shape: Shape,
    /// True if the values are in [`BYTES`], false if they are in [`FLOATS`].
    pub is_bytes: bool,
    /// Number of lines of [`ENTRIES`]; 0 if rows are not texts.
    pub entries: usize,
    /// True if the columns have names in the user's file, false if they are numbered from 0.
    pub has_names: bool,
    /// Columns: one for each value of a row, or of a step of a sequence. Empty for texts.
    pub columns: Vec<Column>,
    /// Names of the classes, in order of their labels. Empty if rows have no classes.
    pub classes: Vec<String>,
    /// True if rows have groups.
    pub has_groups: bool,
    /// True if rows have times.
    pub has_times: bool,
    /// Number of training, validation and test rows, if the user's file names the split of each row or splits have
    /// their own files.
    pub rows_of_splits: Option<[usize; 3]>,
    /// True if rows have ids.
    pub has_ids: bool,
    /// Number of rows that were left out because a value is missing.
    pub dropped: usize,
    /// Number of rows after each row that share lines of the table with it, because windows overlap.
    pub overlap: usize,
    /// SHA-256 of the user's file, in lowercase hexadecimal. For several files: SHA-256 of the list that `sha256sum`
    /// prints.
    pub source_sha256: String,
}

/// A column: one value of each row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Name of the column of the table, or `column=category`.
    pub name: String,
    /// Kind of its values.
    pub kind: Kind,
    /// Number of rows whose value is missing.
    pub missing: usize,
    /// True if all values that are not missing are equal.
    pub is_constant: bool,
}

/// Kind of the values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Numbers of any size.
    Number,
    /// 1 in rows of one category, 0 in all others.
    Category,
}
