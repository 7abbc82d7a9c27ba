//! What a file or folder holds, before it is read for training: counts, ranges, classes, and what reading would refuse.

mod documents;
mod facts;
mod pictures;
mod rows;
mod text;

use std::path::Path;

use spec::own::{Format, Reading};

pub(crate) use self::facts::{BINS, bin, classes};
pub use self::facts::{Candidates, Class, Column, ColumnKind, Documents, Entry, Facts, Range, Size};
pub use self::text::text;
use crate::{Error, csv, load};

/// Describes a file or folder. Memory does not grow with its rows, but with its columns and classes.
///
/// # Errors
/// When the file or folder cannot be read, or a key does not fit it. What concerns single columns of a table is told in the facts.
pub fn describe(path: &Path, reading: &Reading) -> Result<Facts, Error> {
    let format = load::format(path, reading)?;
    match format {
        Format::Table => csv::describe::describe(path, &load::table(reading)),
        Format::Images => pictures::describe(path, &load::pictures(reading)?),
        Format::Text => documents::describe(path, &load::texts(reading)?),
        Format::Npy | Format::Idx | Format::Wav => rows::describe(path, format, reading),
    }
}
