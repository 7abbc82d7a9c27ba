//! Writes the raw form of rows: the files that [`spec::raw`] describes.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use spec::Shape;
use spec::raw::{self, Column, Header, Kind};

use crate::{About, Error, Sink, Values};

/// What only the reader of a format knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// SHA-256 of the user's file, in lowercase hexadecimal.
    pub source_sha256: String,
    /// Rows that were left out because a value is missing.
    pub dropped: usize,
    /// What the values of each column are, (columns).
    pub kinds: Vec<Kind>,
}

/// Keeps rows in a folder. Values go to the disk as they come; labels, groups, times and splits, at most 15 bytes a row, at the end.
#[derive(Debug)]
pub struct RawWriter {
    folder: PathBuf,
    values: BufWriter<File>,
    names: Vec<String>,
    columns: Vec<Seen>,
    rows: usize,
    labels: Names,
    groups: Names,
    times: Vec<f64>,
    splits: Vec<u8>,
    buffer: Vec<u8>,
}

/// What was seen of a column so far.
#[derive(Debug, Clone, Copy)]
struct Seen {
    missing: usize,
    least: f32,
    greatest: f32,
}

/// Names as numbers, in order of their first row.
#[derive(Debug, Default)]
struct Names {
    numbers: HashMap<String, u32>,
    rows: Vec<u32>,
}

impl Names {
    fn push(&mut self, name: &str) {
        let next = self.numbers.len() as u32;
        let number = match self.numbers.get(name) {
            Some(number) => *number,
            None => *self.numbers.entry(name.to_owned()).or_insert(next),
        };
        self.rows.push(number);
    }

    /// The names, numbers before words and each in their order, and the place of each row's name among them.
    fn sorted(&self) -> (Vec<String>, Vec<u32>) {
        let mut names: Vec<(&String, u32)> = self.numbers.iter().map(|(name, number)| (name, *number)).collect();
        let number = |name: &str| name.parse::<f64>().unwrap_or(f64::INFINITY);
        names.sort_by(|(a, _), (b, _)| number(a).total_cmp(&number(b)).then_with(|| a.cmp(b)));
        let mut places = vec![0; names.len()];
        for (place, (_, number)) in names.iter().enumerate() {
            places[*number as usize] = place as u32;
        }
        let rows = self.rows.iter().map(|number| places[*number as usize]).collect();
        (names.into_iter().map(|(name, _)| name.clone()).collect(), rows)
    }
}

impl RawWriter {
    /// Begins in a folder that is there.
    ///
    /// # Errors
    /// When the file of the values cannot be created.
    pub fn new(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(raw::VALUES);
        let file = File::create(&path).map_err(|source| Error::Write { path, source })?;
        Ok(Self {
            folder: folder.to_owned(),
            values: BufWriter::with_capacity(1 << 20, file),
            names: Vec::new(),
            columns: Vec::new(),
            rows: 0,
            labels: Names::default(),
            groups: Names::default(),
            times: Vec::new(),
            splits: Vec::new(),
            buffer: Vec::new(),
        })
    }

    /// Writes what is left, the header last.
    ///
    /// # Errors
    /// When a file cannot be written, or rows have more classes than labels can tell.
    pub fn finish(mut self, source: &Path, provenance: Provenance) -> Result<Header, Error> {
        self.values.flush().map_err(|source| Error::Write { path: self.folder.join(raw::VALUES), source })?;
        let (classes, labels) = self.labels.sorted();
        if classes.len() > usize::from(u16::MAX) {
            return Err(Error::file(source, format!("{} classes: expected at most {}", classes.len(), u16::MAX)));
        }
        self.keep(raw::LABELS, labels.iter().flat_map(|label| (*label as u16).to_le_bytes()))?;
        self.keep(raw::GROUPS, self.groups.rows.iter().flat_map(|group| group.to_le_bytes()))?;
        self.keep(raw::TIMES, self.times.iter().flat_map(|time| time.to_le_bytes()))?;
        self.keep(raw::SPLITS, self.splits.iter().copied())?;
        let columns = self.names.iter().zip(&self.columns).zip(&provenance.kinds).map(|((name, seen), kind)| Column {
            name: name.clone(),
            kind: *kind,
            missing: seen.missing,
            is_constant: seen.least >= seen.greatest,
        });
        let header = Header {
            rows: self.rows,
            columns: columns.collect(),
            classes,
            has_groups: !self.groups.rows.is_empty(),
            has_times: !self.times.is_empty(),
            has_splits: !self.splits.is_empty(),
            dropped: provenance.dropped,
            source_sha256: provenance.source_sha256,
        };
        system::storage::write_json(&self.folder.join(raw::HEADER), &header)?;
        Ok(header)
    }

    /// Writes a file, unless there is nothing to write.
    fn keep(&self, name: &str, bytes: impl Iterator<Item = u8>) -> Result<(), Error> {
        let bytes: Vec<u8> = bytes.collect();
        let path = self.folder.join(name);
        if bytes.is_empty() {
            return Ok(());
        }
        std::fs::write(&path, bytes).map_err(|source| Error::Write { path, source })
    }
}

impl Sink for RawWriter {
    fn begin(&mut self, shape: Shape, columns: &[String]) -> Result<(), Error> {
        self.names = columns.to_vec();
        self.columns = vec![Seen { missing: 0, least: f32::INFINITY, greatest: f32::NEG_INFINITY }; shape.values()];
        Ok(())
    }

    fn row(&mut self, values: Values<'_>, about: About<'_>) -> Result<(), Error> {
        self.buffer.clear();
        let mut keep = |(value, seen): (f32, &mut Seen)| {
            if value.is_nan() {
                seen.missing += 1;
            } else {
                seen.least = seen.least.min(value);
                seen.greatest = seen.greatest.max(value);
            }
            self.buffer.extend_from_slice(&value.to_le_bytes());
        };
        match values {
            Values::Floats(values) => values.iter().copied().zip(&mut self.columns).for_each(&mut keep),
            Values::Bytes(values) => {
                values.iter().map(|byte| f32::from(*byte) / 255.0).zip(&mut self.columns).for_each(&mut keep);
            }
        }
        self.values
            .write_all(&self.buffer)
            .map_err(|source| Error::Write { path: self.folder.join(raw::VALUES), source })?;
        if let Some(label) = about.label {
            self.labels.push(label);
        }
        if let Some(group) = about.group {
            self.groups.push(group);
        }
        self.times.extend(about.time);
        self.splits.extend(about.split.and_then(split));
        self.rows += 1;
        Ok(())
    }
}

/// The number of a split by its name, in any case.
pub fn split(name: &str) -> Option<u8> {
    let names = [("train", 0), ("training", 0), ("validation", 1), ("valid", 1), ("val", 1), ("test", 2)];
    names.into_iter().find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, number)| number)
}
