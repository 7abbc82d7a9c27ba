//! Descriptions of a file or folder before training: counts, ranges, classes, and errors that reading would give.

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

/// Describes a file or folder. Memory grows with the number of columns and classes, not with the number of rows.
///
/// # Errors
/// If the file or folder cannot be read, or a key does not apply to it. Errors about single columns of a table are part
/// of the facts.
pub fn describe(path: &Path, reading: &Reading) -> Result<Facts, Error> {
    let format = load::format(path, reading)?;
    match format {
        Format::Table => csv::describe::describe(path, &load::table(reading)),
        Format::Images => pictures::describe(path, &load::pictures(reading)?),
        Format::Text => documents::describe(path, &load::texts(reading)?),
        Format::Npy | Format::Idx | Format::Wav => rows::describe(path, format, reading),
    }
}
