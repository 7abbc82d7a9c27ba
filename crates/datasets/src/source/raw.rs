//! Loading of the raw form of a user's data, which [`spec::raw`] describes.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;
use spec::raw::{self, Header};

use crate::error::Error;
use crate::rows::Values;

/// All rows of a user's data as they were read, before splitting and scaling.
#[derive(Debug, Clone, PartialEq)]
pub struct Raw {
    /// Facts about rows and columns.
    pub header: Header,
    /// Values, shape (rows, values of a row), row-major. A missing value is NaN. Empty if rows are texts.
    pub values: Values,
    /// Words or characters of texts. The training rows decide which of them become values.
    pub texts: Option<Texts>,
    /// Labels, shape (rows): indices into the classes. Empty if rows have no classes.
    pub labels: Vec<u16>,
    /// Groups, shape (rows): rows of one group have equal numbers. Empty if rows have no groups.
    pub groups: Vec<u32>,
    /// Times, shape (rows), finite. Empty if rows have no times.
    pub times: Vec<f64>,
    /// Splits, shape (rows): 0 training, 1 validation, 2 test. Empty if the user's files give no splits.
    pub splits: Vec<u8>,
}

/// Words or characters of texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Texts {
    /// All words or characters that occur.
    pub entries: Vec<String>,
    /// Pairs of an index into the entries and a count, row by row; ascending within a row.
    pub pairs: Vec<(u32, u32)>,
    /// End of the pairs of each row, shape (rows).
    pub ends: Vec<usize>,
}

impl Texts {
    fn load(folder: &Path, header: &Header) -> Result<Option<Self>, Error> {
        if header.entries == 0 {
            return Ok(None);
        }
        let read = |name: &str| {
            let path = folder.join(name);
            std::fs::read(&path).map_err(|source| Error::read(&path, source))
        };
        let counts = numbers(&read(raw::COUNTS)?, u32::from_le_bytes);
        let pairs: Vec<(u32, u32)> = counts.as_chunks().0.iter().map(|[entry, count]| (*entry, *count)).collect();
        let ends = numbers(&read(raw::LENGTHS)?, u32::from_le_bytes).into_iter();
        let ends: Vec<usize> = ends
            .scan(0_usize, |end, length| {
                *end = end.saturating_add(length as usize);
                Some(*end)
            })
            .collect();
        let entries = String::from_utf8(read(raw::ENTRIES)?).unwrap_or_default();
        let entries: Vec<String> = entries.lines().map(str::to_owned).collect();
        let is_valid = ends.len() == header.rows
            && ends.last() == Some(&pairs.len())
            && entries.len() == header.entries
            && pairs.iter().all(|(entry, _)| (*entry as usize) < entries.len());
        match is_valid {
            true => Ok(Some(Self { entries, pairs, ends })),
            false => Err(own(format!("{}: the counts of the texts do not match the header", folder.display()))),
        }
    }

    /// Pairs of a row: indices of its words or characters, and their counts.
    pub(crate) fn row(&self, index: u32) -> &[(u32, u32)] {
        let index = index as usize;
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        &self.pairs[start..self.ends[index]]
    }
}

impl Raw {
    /// Loads the raw form in a folder.
    ///
    /// # Errors
    /// If a file cannot be read, its size does not match the header, or a value, label, time or split is out of range.
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
            check_length(&path, bytes.len(), header.rows, each)?;
            Ok(bytes)
        };
        let width = header.shape.values();
        let columns = if header.entries > 0 { 0 } else { header.shape.columns() };
        if header.rows == 0 || width == 0 || header.columns.len() != columns {
            return Err(own(format!("{}: expected rows, and a column for each value", path.display())));
        }
        let texts = Texts::load(folder, &header)?;
        let values = match header.is_bytes {
            _ if texts.is_some() => Values::Floats(Vec::new()),
            true => Values::Bytes(file(raw::BYTES, true, width)?),
            false => Values::Floats(floats(&folder.join(raw::FLOATS), header.rows, width)?),
        };
        let labels = numbers(&file(raw::LABELS, !header.classes.is_empty(), 2)?, u16::from_le_bytes);
        let groups = numbers(&file(raw::GROUPS, header.has_groups, 4)?, u32::from_le_bytes);
        let times = numbers(&file(raw::TIMES, header.has_times, 8)?, f64::from_le_bytes);
        let splits = file(raw::SPLITS, header.rows_of_splits.is_some(), 1)?;
        let has_infinite =
            matches!(&values, Values::Floats(values) if values.par_iter().any(|value| value.is_infinite()));
        let is_valid = !has_infinite
            && labels.iter().all(|label| usize::from(*label) < header.classes.len())
            && times.iter().all(|time| time.is_finite())
            && splits.iter().all(|split| *split <= 2);
        match is_valid {
            true => Ok(Self { header, values, texts, labels, groups, times, splits }),
            false => Err(own(format!("{}: values, labels, times or splits out of range", folder.display()))),
        }
    }

    /// Contents of a row as numbers, to compare it with other rows.
    pub(crate) fn content(&self, index: u32) -> impl Iterator<Item = u32> {
        let pairs = self.texts.as_ref().map_or(&[][..], |texts| texts.row(index));
        let (floats, bytes) =
            if self.texts.is_some() { (&[][..], &[][..]) } else { (self.floats(index), self.bytes(index)) };
        let pairs = pairs.iter().flat_map(|(entry, count)| [*entry, *count]);
        pairs.chain(floats.iter().map(|value| value.to_bits())).chain(bytes.iter().map(|byte| u32::from(*byte)))
    }

    /// Values of one row if they are floats, shape (values).
    pub(crate) fn floats(&self, index: u32) -> &[f32] {
        match &self.values {
            Values::Floats(values) => row(values, index, self.header.shape.values()),
            Values::Bytes(_) => &[],
        }
    }

    /// Values of one row if they are bytes, shape (values).
    pub(crate) fn bytes(&self, index: u32) -> &[u8] {
        match &self.values {
            Values::Bytes(values) => row(values, index, self.header.shape.values()),
            Values::Floats(_) => &[],
        }
    }
}

fn row<T>(values: &[T], index: u32, width: usize) -> &[T] {
    &values[index as usize * width..][..width]
}

/// Values of a file, read block by block, so that its bytes are not in memory as well.
fn floats(path: &Path, rows: usize, width: usize) -> Result<Vec<f32>, Error> {
    let read = |source| Error::read(path, source);
    let mut file = File::open(path).map_err(read)?;
    let length = file.metadata().map_err(read)?.len() as usize;
    check_length(path, length, rows, width.saturating_mul(4))?;
    let mut values = Vec::with_capacity(rows * width);
    let mut block = vec![0; 1 << 20];
    while values.len() < rows * width {
        let bytes = block.len().min((rows * width - values.len()) * 4);
        file.read_exact(&mut block[..bytes]).map_err(read)?;
        values.extend(block[..bytes].as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)));
    }
    Ok(values)
}

fn check_length(path: &Path, bytes: usize, rows: usize, each: usize) -> Result<(), Error> {
    match rows.checked_mul(each) {
        Some(expected) if expected == bytes => Ok(()),
        _ => Err(own(format!("{}: {bytes} bytes do not hold {rows} rows", path.display()))),
    }
}

/// Little-endian numbers of `N` bytes.
fn numbers<T, const N: usize>(bytes: &[u8], number: fn([u8; N]) -> T) -> Vec<T> {
    bytes.as_chunks::<N>().0.iter().map(|each| number(*each)).collect()
}

pub(crate) fn own(message: String) -> Error {
    Error::Own { message }
}
