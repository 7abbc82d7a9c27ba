//! What a reader did: rows, files left out and why, and changes made on the way.

use serde::{Deserialize, Serialize};

/// Files that a reader left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Skipped {
    /// Why, such as `hidden`.
    pub reason: String,
    /// How many files, 1 at least.
    pub count: u64,
    /// The one that was found first, by its path below the folder that was read.
    pub first: String,
}

/// What a reader did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Rows that the sink took.
    pub rows: u64,
    /// Type of the numbers of an array, such as `float32`, as NumPy names it.
    pub element: Option<&'static str>,
    /// Files that were left out, one entry a reason.
    pub skipped: Vec<Skipped>,
    /// What was changed on the way, one sentence each, such as `2 pictures of 16 bits were rounded to 8`.
    pub notes: Vec<String>,
}

impl Counts {
    /// Adds what was done to rows of another file.
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
            // One that begins with a number counts something of one file.
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

    /// Adds a note, if it is of something that happened: `count` is its number.
    pub(crate) fn note(&mut self, count: u64, what: &str) {
        if count > 0 {
            self.notes.push(format!("{count} {what}"));
        }
    }
}
