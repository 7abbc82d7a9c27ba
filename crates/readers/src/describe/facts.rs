//! Facts about a file or folder, as `hourglass-read describe --json` prints them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spec::Shape;
use spec::own::{Format, Unit};

use crate::counts::{Counts, Skipped};

/// Number of bins of a histogram.
pub(crate) const BINS: usize = 10;

/// Facts about a file or folder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Format of the file or folder.
    pub format: Format,
    /// Number of rows: lines of a table, pictures, or windows of recordings.
    pub rows: u64,
    /// Shape of a row. For a table: the columns that can be read as values, with one value for each category. `None` if
    /// pictures differ in size or channels, or if no column can be read.
    pub shape: Option<Shape>,
    /// True if values are bytes, each read as a multiple of 1/255.
    pub is_bytes: bool,
    /// True if the file names its columns.
    pub has_names: bool,
    /// Type of the numbers of an array, such as `float32`.
    pub element: Option<String>,
    /// Character between the fields of a table.
    pub separator: Option<char>,
    /// Decimal mark of a table.
    pub decimal: Option<char>,
    /// Statistics of all values together; `None` for a table.
    pub values: Option<Range>,
    /// Facts about each column of a table, or about each value of an array of vectors with at most 1000 values.
    /// Otherwise empty.
    pub columns: Vec<Column>,
    /// Columns of a table that may have another role than values.
    pub candidates: Candidates,
    /// Source of the classes: the `label` of the keys, or the column or array that looks like classes. `None` without
    /// classes.
    pub label: Option<String>,
    /// Classes in order, numbers before words.
    pub classes: Vec<Class>,
    /// Sizes of pictures, the most frequent first.
    pub sizes: Vec<Size>,
    /// Statistics of texts; `None` for other formats.
    pub documents: Option<Documents>,
    /// Files that were left out.
    pub skipped: Vec<Skipped>,
    /// Changes of values, one sentence each.
    pub notes: Vec<String>,
}

/// Statistics of the values of one or more columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Least value; `None` if all values are missing.
    pub least: Option<f64>,
    /// Mean of the values that are not missing.
    pub mean: Option<f64>,
    /// Greatest value; `None` if all values are missing.
    pub greatest: Option<f64>,
    /// Number of missing values.
    pub missing: u64,
    /// Number of values of a row that are equal in all rows. `None` if pictures differ in size, or if rows are too long
    /// to check.
    pub constant: Option<u64>,
    /// Number of values in each of 10 bins of equal width, from the least to the greatest value. Empty if these are
    /// equal.
    pub histogram: Vec<u64>,
}

/// Facts about a column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Name of the column, or its number from 0.
    pub name: String,
    /// Kind of its fields.
    pub kind: ColumnKind,
    /// Number of different texts, counted up to 1001. `None` for a column of numbers.
    pub categories: Option<usize>,
    /// Number of rows whose field is missing.
    pub missing: u64,
    /// True if all fields that are not missing are equal.
    pub is_constant: bool,
    /// Least number, or first date in seconds since 1970. `None` for other kinds.
    pub least: Option<f64>,
    /// Mean of the numbers or dates.
    pub mean: Option<f64>,
    /// Greatest number, or last date in seconds since 1970. `None` for other kinds.
    pub greatest: Option<f64>,
    /// Number of values in each of 10 bins of equal width, from the least to the greatest number. Empty for other
    /// kinds, and if these are equal.
    pub histogram: Vec<u64>,
    /// Name of the first column that is equal in every row.
    pub duplicate_of: Option<String>,
    /// Reason why the column cannot be read as values, with line and remedy. `None` if it can be read.
    pub fault: Option<String>,
}

/// Kind of the fields of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// Text with at most 32 different values, or a column that the keys list as categorical.
    Category,
    /// Dates, or dates and times.
    Date,
    /// Text with more different values.
    Text,
    /// Numbers and text.
    Mixed,
    /// All fields are missing.
    Empty,
}

/// Columns of a table that may have another role than values, the most likely first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidates {
    /// Columns that may hold classes: first those with a name such as `label`, `class` or `target` and 2 to 1000
    /// different fields, then columns of categories. There are fewer different fields than rows.
    pub label: Vec<String>,
    /// Columns that may hold groups: a name such as `patient` or `session`, and fewer different fields than rows.
    pub group: Vec<String>,
    /// Columns that may hold times: dates, or numbers with a name such as `time` or `date`.
    pub time: Vec<String>,
    /// Columns that may hold splits: the fields are `train`, `validation` and `test`, or synonyms.
    pub split: Vec<String>,
    /// Columns that may hold ids: a name such as `id` or no name, and a different field in each row.
    pub id: Vec<String>,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Name of the class.
    pub name: String,
    /// Number of its rows.
    pub count: u64,
}

/// Number of pictures of one size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Number of values of a pixel.
    pub channels: usize,
    /// Number of pictures.
    pub count: u64,
}

/// Statistics of the words or characters of texts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    /// Unit that is counted: `words` or `characters`.
    pub unit: Unit,
    /// Least number of units in a document.
    pub least: u64,
    /// Mean number of units in a document.
    pub mean: f64,
    /// Greatest number of units in a document.
    pub greatest: u64,
    /// Number of different units.
    pub different: u64,
    /// Number of different units that occur in at least 5 documents.
    pub frequent: u64,
    /// The 20 units that occur in the most documents.
    pub most: Vec<Entry>,
}

/// A word or character of texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The word or character.
    pub name: String,
    /// Number of documents that contain it.
    pub documents: u64,
}

impl Facts {
    /// Facts of which only the format, the number of rows and the counts of the reader are known.
    pub(crate) fn new(format: Format, rows: u64, counts: Counts) -> Self {
        Self {
            format,
            rows,
            shape: None,
            is_bytes: false,
            has_names: false,
            element: counts.element.map(str::to_owned),
            separator: None,
            decimal: None,
            values: None,
            columns: Vec::new(),
            candidates: Candidates::default(),
            label: None,
            classes: Vec::new(),
            sizes: Vec::new(),
            documents: None,
            skipped: counts.skipped,
            notes: counts.notes,
        }
    }

    /// The facts as indented JSON.
    pub fn to_json(&self) -> String {
        // Serialising cannot fail, because the facts hold nothing that JSON cannot express.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// Classes with their counts: numbers before words, each sorted.
pub(crate) fn classes(counts: &BTreeMap<String, u64>) -> Vec<Class> {
    let mut classes: Vec<Class> =
        counts.iter().map(|(name, count)| Class { name: name.clone(), count: *count }).collect();
    let number = |name: &str| name.parse::<f64>().unwrap_or(f64::INFINITY);
    classes.sort_by(|a, b| number(&a.name).total_cmp(&number(&b.name)).then_with(|| a.name.cmp(&b.name)));
    classes
}

/// Number of the bin of a value from `least` to `greatest`, which differ.
pub(crate) fn bin(value: f64, least: f64, greatest: f64) -> usize {
    // Halve first, because the difference of large numbers may be infinite.
    let share = (value / 2.0 - least / 2.0) / (greatest / 2.0 - least / 2.0);
    ((share * BINS as f64) as usize).min(BINS - 1)
}
