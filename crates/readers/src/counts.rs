//! Counts of a reader: rows, files left out with the reason, and changes of values.

use serde::{Deserialize, Serialize};

/// Files that a reader left out for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// The reason, such as `hidden`.
    pub reason: String,
    /// Number of files, at least 1.
    pub count: u64,
    /// Path of the first such file, in the folder that was read.
    pub first: String,
}

/// Counts of a reader.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Number of rows that the sink took.
    pub rows: u64,
    /// Type of the numbers of an array by NumPy's name, such as `float32`.
    pub element: Option<&'static str>,
    /// Files that were left out, one entry for each reason.
    pub skipped: Vec<Skipped>,
    /// Changes of values, one sentence each, such as `2 pictures of 16 bits were rounded to 8`.
    pub notes: Vec<String>,
}

impl Counts {
    /// Adds the counts of another file.
    pub(crate) fn add(&mut self, other: Self) {
        self.rows += other.rows;
        self.element = self.element.or(other.element);
        for skipped in other.skipped {
            match self.skipped.iter_mut().find(|known| known.reason == skipped.reason) {
                Some(known) => known.count += skipped.count,
                None => self.skipped.push(skipped),
            }
        }
        for note in other.notes {
            // A note that starts with a number counts something in one file.
            if note.starts_with(|letter: char| letter.is_ascii_digit()) || !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
    }

    /// Adds a file that is left out.
    pub(crate) fn skip(&mut self, reason: &str, name: &str) {
        match self.skipped.iter_mut().find(|skipped| skipped.reason == reason) {
            Some(skipped) => skipped.count += 1,
            None => self.skipped.push(Skipped { reason: reason.to_owned(), count: 1, first: name.to_owned() }),
        }
    }

    /// Adds a note of `count` events, unless `count` is 0.
    pub(crate) fn note(&mut self, count: u64, what: &str) {
        if count > 0 {
            self.notes.push(format!("{count} {what}"));
        }
    }
}
