//! Loads the raw form of a user's data, which [`spec::raw`] describes.

use std::path::Path;

use spec::raw::{self, Header};

use crate::error::Error;

/// All rows of a user's data, as they were read: not split, not scaled.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// What is known of the columns and classes.
    pub header: Header,
    /// (rows, columns), row-major; NaN where a value is missing.
    pub values: Vec<f32>,
    /// (rows), places in the classes; empty where rows have none.
    pub labels: Vec<u16>,
    /// (rows), equal numbers are one group; empty where rows have none.
    pub groups: Vec<u32>,
    /// (rows), finite; empty where rows have none.
    pub times: Vec<f64>,
    /// (rows), 0 training, 1 validation, 2 test; empty where the user's file names no splits.
    pub splits: Vec<u8>,
}

impl Raw {
    /// Loads a folder.
    ///
    /// # Errors
    /// When a file cannot be read or is not as long as the header says, or a value, label, time or split is out of range.
    pub fn load(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(raw::HEADER);
        let header: Header =
            system::storage::read_json(&path).map_err(|error| Error::Own { message: error.to_string() })?;
        let file = |name: &str, is_there: bool, each: usize| -> Result<Vec<u8>, Error> {
            if !is_there {
                return Ok(Vec::new());
            }
            let path = folder.join(name);
            let bytes = std::fs::read(&path).map_err(|source| Error::read(&path, source))?;
            match header.rows.checked_mul(each) {
                Some(expected) if expected == bytes.len() => Ok(bytes),
                _ => Err(own(format!("{}: {} bytes do not hold {} rows", path.display(), bytes.len(), header.rows))),
            }
        };
        if header.rows == 0 || header.columns.is_empty() {
            return Err(own(format!("{}: expected rows and columns", path.display())));
        }
        let values = numbers(&file(raw::VALUES, true, header.columns.len().saturating_mul(4))?, f32::from_le_bytes);
        let labels = numbers(&file(raw::LABELS, !header.classes.is_empty(), 2)?, u16::from_le_bytes);
        let groups = numbers(&file(raw::GROUPS, header.has_groups, 4)?, u32::from_le_bytes);
        let times = numbers(&file(raw::TIMES, header.has_times, 8)?, f64::from_le_bytes);
        let splits = file(raw::SPLITS, header.has_splits, 1)?;
        let is_valid = !values.iter().any(|value| value.is_infinite())
            && labels.iter().all(|label| usize::from(*label) < header.classes.len())
            && times.iter().all(|time| time.is_finite())
            && splits.iter().all(|split| *split <= 2);
        match is_valid {
            true => Ok(Self { header, values, labels, groups, times, splits }),
            false => Err(own(format!("{}: values, labels, times or splits out of range", folder.display()))),
        }
    }

    /// Values of one row, (columns).
    pub(crate) fn row(&self, index: u32) -> &[f32] {
        let width = self.header.columns.len();
        &self.values[index as usize * width..][..width]
    }
}

/// Little-endian numbers of `N` bytes.
fn numbers<T, const N: usize>(bytes: &[u8], number: fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|each| number(*each)).collect()
}

pub(crate) fn own(message: String) -> Error {
    Error::Own { message }
}
