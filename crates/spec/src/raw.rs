//! The raw form of a user's data: what a reader writes, and `datasets` loads, whatever format the file had.
//!
//! A folder holds [`HEADER`] and the values: [`BYTES`], [`FLOATS`], or of texts [`ENTRIES`], [`COUNTS`] and [`LENGTHS`]. Where rows have
//! them, it holds [`LABELS`], [`GROUPS`], [`TIMES`], [`SPLITS`] and [`IDS`]. Numbers are little-endian. The header is written last: a
//! folder without it is not complete.

use serde::{Deserialize, Serialize};

use crate::Shape;

/// File of the [`Header`], JSON.
pub const HEADER: &str = "header.json";
/// File of values of any size, f32, (rows, values) row-major; NaN where a value is missing.
pub const FLOATS: &str = "values.f32";
/// File of values that are so many 255ths, u8, (rows, values) row-major.
pub const BYTES: &str = "values.u8";
/// File of the words or characters that texts hold, UTF-8, one a line. Which of them are values depends on the training rows.
pub const ENTRIES: &str = "entries.txt";
/// File of how often each is in a text: pairs of its line in [`ENTRIES`] from 0 and its count, u32, one row after another, and in a
/// row in the order of lines.
pub const COUNTS: &str = "counts.u32";
/// File of the pairs that belong to a row, u32, (rows).
pub const LENGTHS: &str = "lengths.u32";
/// File of the labels, u16, (rows): places in [`Header::classes`].
pub const LABELS: &str = "labels.u16";
/// File of the groups, u32, (rows): equal numbers are one group.
pub const GROUPS: &str = "groups.u32";
/// File of the times, f64, (rows).
pub const TIMES: &str = "times.f64";
/// File of the splits that the user's files name or are, u8, (rows): 0 training, 1 validation, 2 test.
pub const SPLITS: &str = "splits.u8";
/// File of the ids, UTF-8, one a line: the text of a table's column, or the path of a picture or recording below its folder.
/// Control characters are replaced by spaces.
pub const IDS: &str = "ids.txt";

/// What is known of the rows besides their values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// Number of rows, at least 1.
    pub rows: usize,
    /// The shape of each.
    pub shape: Shape,
    /// Whether values are in [`BYTES`]; else they are in [`FLOATS`].
    pub is_bytes: bool,
    /// Lines of [`ENTRIES`]; 0 where rows are no texts.
    pub entries: usize,
    /// Whether the columns have names in the user's file; else they are numbered from 0.
    pub has_names: bool,
    /// One for each value of a row, or of a step of a sequence; none of texts.
    pub columns: Vec<Column>,
    /// Names of the classes, in order of their labels; empty where rows have none.
    pub classes: Vec<String>,
    /// Whether rows have groups.
    pub has_groups: bool,
    /// Whether rows have times.
    pub has_times: bool,
    /// Rows of the training, validation and test split, where the user's file names the split of each row, or splits have files of
    /// their own.
    pub rows_of_splits: Option<[usize; 3]>,
    /// Whether rows have ids.
    pub has_ids: bool,
    /// Rows that were left out because a value is missing.
    pub dropped: usize,
    /// Rows after each that share lines of a table with it: windows may overlap.
    pub overlap: usize,
    /// SHA-256 of the user's file, in lowercase hexadecimal. Of several files it is that of the list which `sha256sum` prints.
    pub source_sha256: String,
}

/// One value of each row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name: that of the table's column, or `column=category`.
    pub name: String,
    /// What its values are.
    pub kind: Kind,
    /// Rows that lack it.
    pub missing: usize,
    /// Whether all rows that have it have the same.
    pub is_constant: bool,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Numbers of any size.
    Number,
    /// 1 in rows of one category, 0 in the others.
    Category,
}
