//! The facts of a file or folder, as `hourglass-read describe --json` prints them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use spec::Shape;
use spec::own::{Format, Unit};

use crate::counts::{Counts, Skipped};

/// Bins of a histogram.
pub(crate) const BINS: usize = 10;

/// What a file or folder holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Its format.
    pub format: Format,
    /// Rows: lines of a table, pictures, windows of recordings.
    pub rows: u64,
    /// Shape of a row. Of a table it counts the columns that can be read, categories as a value each, and no other use. `None` where
    /// pictures differ in size or channels, or no column can be read.
    pub shape: Option<Shape>,
    /// Whether values are bytes, which are read as 255ths.
    pub is_bytes: bool,
    /// Whether the file names its columns.
    pub has_names: bool,
    /// Type of the numbers of an array, such as `float32`.
    pub element: Option<String>,
    /// Character between the fields of a table.
    pub separator: Option<char>,
    /// Decimal mark of a table.
    pub decimal: Option<char>,
    /// All values together; `None` of a table.
    pub values: Option<Range>,
    /// Each column of a table, or each value of the vectors of an array of at most 1000; else empty.
    pub columns: Vec<Column>,
    /// Columns of a table that may have another use than values.
    pub candidates: Candidates,
    /// Where the classes come from: the `label` of the keys, or the column or array that looks like it; `None` without classes.
    pub label: Option<String>,
    /// The classes in their order, numbers before words.
    pub classes: Vec<Class>,
    /// Sizes of pictures, the most frequent first.
    pub sizes: Vec<Size>,
    /// What texts hold; `None` of other formats.
    pub documents: Option<Documents>,
    /// Files that were left out.
    pub skipped: Vec<Skipped>,
    /// What was changed on the way, one sentence each.
    pub notes: Vec<String>,
}

/// Values of any number of columns.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// The least value; `None` where all are missing.
    pub least: Option<f64>,
    /// Mean over the values that are there.
    pub mean: Option<f64>,
    /// The greatest value.
    pub greatest: Option<f64>,
    /// Missing values.
    pub missing: u64,
    /// Places of a row whose value is the same in all rows; `None` where pictures differ in size, or rows are too long to tell.
    pub constant: Option<u64>,
    /// Values in 10 bins of equal width from the least to the greatest; empty where these are equal.
    pub histogram: Vec<u64>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// Its name, or its place from 0.
    pub name: String,
    /// What its fields are.
    pub kind: ColumnKind,
    /// Different texts of a column that is not of numbers alone; at most 1001 are counted. `None` of numbers.
    pub categories: Option<usize>,
    /// Rows that lack it.
    pub missing: u64,
    /// Whether all rows that have it have the same.
    pub is_constant: bool,
    /// The least number, or of dates the first in seconds since 1970; `None` of other kinds.
    pub least: Option<f64>,
    /// Mean of the numbers or dates.
    pub mean: Option<f64>,
    /// The greatest number, or the last date.
    pub greatest: Option<f64>,
    /// Numbers in 10 bins of equal width from the least to the greatest; empty of other kinds, and where these are equal.
    pub histogram: Vec<u64>,
    /// Name of the first column that has the same in every row.
    pub duplicate_of: Option<String>,
    /// Why it cannot be read as values, with its line, and what can be done; `None` where it can.
    pub fault: Option<String>,
}

/// What the fields of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnKind {
    /// Numbers.
    Number,
    /// Text of few values, at most 32, or a column that the keys say is categorical.
    Category,
    /// Dates, or dates and times.
    Date,
    /// Text of more values.
    Text,
    /// Numbers and text.
    Mixed,
    /// Every row lacks it.
    Empty,
}

/// Columns of a table that may have another use than values, the most likely first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Candidates {
    /// Classes: 2 to 1000 different fields, and a name such as `label`, `class` or `target`; then columns of categories. Fewer fields
    /// differ than there are rows.
    pub label: Vec<String>,
    /// Groups: a name such as `patient` or `session`, and fewer different fields than rows.
    pub group: Vec<String>,
    /// Times: dates, or numbers under a name such as `time` or `date`.
    pub time: Vec<String>,
    /// Splits: `train`, `validation` and `test`, or other names of theirs.
    pub split: Vec<String>,
    /// Ids: a name such as `id` or none at all, and another field in each row.
    pub id: Vec<String>,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Class {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub count: u64,
}

/// Pictures of one size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Size {
    /// Pixels of a row.
    pub width: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Values of a pixel.
    pub channels: usize,
    /// How many pictures.
    pub count: u64,
}

/// Words or characters of texts, whichever the keys ask for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Documents {
    /// What is counted: `words` or `characters`.
    pub unit: Unit,
    /// Of a document, the least.
    pub least: u64,
    /// Of a document, on average.
    pub mean: f64,
    /// Of a document, the most.
    pub greatest: u64,
    /// Different ones.
    pub different: u64,
    /// Different ones that at least 5 documents hold.
    pub frequent: u64,
    /// The 20 that the most documents hold.
    pub most: Vec<Entry>,
}

/// A word or character.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Itself.
    pub name: String,
    /// Documents that hold it.
    pub documents: u64,
}

impl Facts {
    /// Facts of rows of a format, of which nothing else is known yet.
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
        // Numbers that JSON cannot write are none of the facts; there are no other reasons to fail.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}

/// Classes with their counts, numbers before words and each in their order.
pub(crate) fn classes(counts: &BTreeMap<String, u64>) -> Vec<Class> {
    let mut classes: Vec<Class> =
        counts.iter().map(|(name, count)| Class { name: name.clone(), count: *count }).collect();
    let number = |name: &str| name.parse::<f64>().unwrap_or(f64::INFINITY);
    classes.sort_by(|a, b| number(&a.name).total_cmp(&number(&b.name)).then_with(|| a.name.cmp(&b.name)));
    classes
}

/// The bin of a value from `least` to `greatest`, which differ.
pub(crate) fn bin(value: f64, least: f64, greatest: f64) -> usize {
    // Halves, for the difference of large numbers may be infinite.
    let share = (value / 2.0 - least / 2.0) / (greatest / 2.0 - least / 2.0);
    ((share * BINS as f64) as usize).min(BINS - 1)
}
