//! Writing of the raw form of rows: the files of [`spec::raw`].

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use spec::Shape;
use spec::raw::{self, Column, Header, Kind};

use crate::{About, Error, Sink, Values};

/// Facts about rows that only the reader of their format knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Provenance {
    /// Rows that were left out because a value is missing.
    pub dropped: usize,
    /// Kind of the values of each column, shape (columns). Empty if all are numbers.
    pub kinds: Vec<Kind>,
    /// Number of rows after each row that share lines of the table with it.
    pub overlap: usize,
}

/// A sink that writes rows into a folder. Values and ids are written at once. Labels, groups, times and splits, at most
/// 17 bytes a row, are written at the end.
#[derive(Debug)]
pub struct RawWriter {
    folder: PathBuf,
    /// File or folder that rows come from now.
    source: PathBuf,
    /// Number of the first row from this source.
    first: usize,
    /// Split of the rows of this source, if it holds a single split.
    split: Option<u8>,
    /// Least number of rows and of different words of texts. By default 2 rows, and as many words as a row has values.
    least: Option<usize>,
    shape: Option<Shape>,
    /// Names of the columns; empty if columns have no names.
    names: Vec<String>,
    /// Words or characters of texts; `None` if rows are not texts.
    texts: Option<Texts>,
    values: Option<BufWriter<File>>,
    is_bytes: bool,
    ids: Option<BufWriter<File>>,
    columns: Vec<Seen>,
    rows: usize,
    /// For each of [`PARTS`]: true if the first row has it.
    parts: [bool; 5],
    labels: Names,
    groups: Names,
    times: Vec<f64>,
    splits: Vec<u8>,
    buffer: Vec<u8>,
}

/// Statistics of a column so far. Bytes count as numbers from 0 to 255.
#[derive(Debug, Clone, Copy)]
struct Seen {
    missing: usize,
    least: f32,
    greatest: f32,
}

impl Seen {
    fn look(&mut self, value: f32) {
        if value.is_nan() {
            self.missing += 1;
        } else {
            self.least = self.least.min(value);
            self.greatest = self.greatest.max(value);
        }
    }
}

/// Names, for messages, of what a row may have apart from values. All rows have a part, or none has it.
const PARTS: [&str; 5] = ["class", "id", "group", "time", "split"];

/// Names as numbers, in the order of their first row.
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

    /// The names, numbers before words and each sorted, and the index of the name of each row.
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

/// Words or characters of the texts so far.
#[derive(Debug, Default)]
struct Texts {
    /// Line of each entry in [`raw::ENTRIES`], from 0.
    entries: HashMap<String, u32>,
    /// Size of all entries in bytes.
    bytes: usize,
    /// Number of entries of each row, shape (rows).
    lengths: Vec<u32>,
}

/// Greatest number of classes.
pub(crate) const MOST_CLASSES: usize = u16::MAX as usize;

/// Greatest number of different words or characters, and greatest size of them in bytes.
pub(crate) const MOST_ENTRIES: usize = 1 << 22;
pub(crate) const MOST_ENTRY_BYTES: usize = 1 << 28;

impl Texts {
    /// Index of a word or character, which is added if it is new. `None` if there are too many.
    fn place(&mut self, entry: &str) -> Option<u32> {
        if let Some(place) = self.entries.get(entry) {
            return Some(*place);
        }
        let place = self.entries.len() as u32;
        self.bytes += entry.len();
        if self.entries.len() >= MOST_ENTRIES || self.bytes > MOST_ENTRY_BYTES {
            return None;
        }
        self.entries.insert(entry.to_owned(), place);
        Some(place)
    }
}

impl RawWriter {
    /// Starts a raw form in a folder that exists, with rows from `source`. Any earlier raw form in the folder is
    /// removed.
    ///
    /// # Errors
    /// If a file of the earlier raw form cannot be removed.
    pub fn new(folder: &Path, source: &Path) -> Result<Self, Error> {
        let writer = Self {
            folder: folder.to_owned(),
            source: source.to_owned(),
            first: 0,
            split: None,
            least: None,
            shape: None,
            names: Vec::new(),
            texts: None,
            values: None,
            is_bytes: true,
            ids: None,
            columns: Vec::new(),
            rows: 0,
            parts: [false; 5],
            labels: Names::default(),
            groups: Names::default(),
            times: Vec::new(),
            splits: Vec::new(),
            buffer: Vec::new(),
        };
        writer.clear()?;
        Ok(writer)
    }

    /// Sets the source of the rows that follow, and their split: 0 training, 1 validation, 2 test.
    pub fn part(&mut self, source: &Path, split: u8) {
        (self.source, self.first, self.split) = (source.to_owned(), self.rows, Some(split));
    }

    /// Allows a single row, and any number of words.
    pub(crate) fn may_be_few(&mut self) {
        self.least = Some(1);
    }

    /// Number of rows so far.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// Place of a row, for messages.
    fn place(&self, about: About<'_>) -> String {
        match about.line {
            Some(line) => format!("line {line}"),
            None => format!("row {}", self.rows - self.first),
        }
    }

    /// Removes the files of the raw form.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn discard(self) -> Result<(), Error> {
        self.clear()
    }

    fn clear(&self) -> Result<(), Error> {
        // Remove the header first: a raw form without it is known to be incomplete.
        let values = [raw::FLOATS, raw::BYTES, raw::COUNTS, raw::LENGTHS, raw::ENTRIES];
        let abouts = [raw::LABELS, raw::GROUPS, raw::TIMES, raw::SPLITS, raw::IDS];
        for name in [raw::HEADER].into_iter().chain(values).chain(abouts) {
            system::storage::remove(&self.folder.join(name))?;
        }
        Ok(())
    }

    /// Writes the remaining files, the header last. After an error, all files are removed.
    ///
    /// # Errors
    /// If there are fewer than two rows, or a file cannot be written.
    pub fn finish(mut self, provenance: &Provenance, source_sha256: String) -> Result<Header, Error> {
        match self.write(provenance, source_sha256) {
            Ok(header) => Ok(header),
            Err(error) => {
                // The first error gives the reason. An error of the removal would hide it.
                drop(self.clear());
                Err(error)
            }
        }
    }

    fn write(&mut self, provenance: &Provenance, source_sha256: String) -> Result<Header, Error> {
        let shape = self.shape.filter(|_| self.rows >= self.least.unwrap_or(2));
        let Some(shape) = shape else {
            let rows = self.rows;
            return Err(Error::file(
                &self.source,
                format!("the number of rows is {rows}, expected at least {}", self.least.unwrap_or(2)),
            ));
        };
        let entries = self.texts.as_ref().map_or(0, |texts| texts.entries.len());
        if self.texts.is_some() && entries < self.least.unwrap_or(shape.values()) {
            let message = format!(
                "{}; expected at most {entries}, the number of different words or characters of the texts",
                shape.values()
            );
            return Err(Error::key("vocabulary", message));
        }
        for (name, file) in [(self.values_name(), self.values.take()), (raw::IDS, self.ids.take())] {
            // Dropping a writer would hide that the disk is full.
            if let Some(file) = file {
                file.into_inner().map_err(|error| self.failed(name, error.into_error()))?;
            }
        }
        let (classes, labels) = self.labels.sorted();
        self.keep(raw::LABELS, labels.iter().flat_map(|label| (*label as u16).to_le_bytes()))?;
        self.keep(raw::GROUPS, self.groups.rows.iter().flat_map(|group| group.to_le_bytes()))?;
        self.keep(raw::TIMES, self.times.iter().flat_map(|time| time.to_le_bytes()))?;
        self.keep(raw::SPLITS, self.splits.iter().copied())?;
        if let Some(texts) = &self.texts {
            self.keep(raw::LENGTHS, texts.lengths.iter().flat_map(|length| length.to_le_bytes()))?;
            let mut lines = vec![""; entries];
            texts.entries.iter().for_each(|(entry, place)| lines[*place as usize] = entry);
            self.keep(raw::ENTRIES, lines.iter().flat_map(|line| line.bytes().chain([b'\n'])))?;
            self.columns.clear();
        }
        let columns = self.columns.iter().enumerate().map(|(place, seen)| Column {
            name: self.names.get(place).cloned().unwrap_or_else(|| place.to_string()),
            kind: provenance.kinds.get(place).copied().unwrap_or(Kind::Number),
            missing: seen.missing,
            is_constant: seen.least >= seen.greatest,
        });
        let [_, has_ids, has_groups, has_times, has_splits] = self.parts;
        let rows_of = |split: u8| self.splits.iter().filter(|of| **of == split).count();
        let header = Header {
            rows: self.rows,
            shape,
            is_bytes: self.is_bytes,
            entries,
            has_names: entries > 0 || !self.names.is_empty(),
            columns: columns.collect(),
            classes,
            has_groups,
            has_times,
            rows_of_splits: has_splits.then(|| [0, 1, 2].map(rows_of)),
            has_ids,
            dropped: provenance.dropped,
            overlap: provenance.overlap,
            source_sha256,
        };
        system::storage::write_json(&self.folder.join(raw::HEADER), &header)?;
        Ok(header)
    }

    /// Writes a file, unless `bytes` is empty.
    fn keep(&self, name: &str, bytes: impl Iterator<Item = u8>) -> Result<(), Error> {
        let bytes: Vec<u8> = bytes.collect();
        if bytes.is_empty() {
            return Ok(());
        }
        std::fs::write(self.folder.join(name), bytes).map_err(|error| self.failed(name, error))
    }

    fn create(&self, name: &str) -> Result<BufWriter<File>, Error> {
        let file = File::create(self.folder.join(name)).map_err(|error| self.failed(name, error))?;
        Ok(BufWriter::with_capacity(1 << 20, file))
    }

    fn failed(&self, name: &str, source: std::io::Error) -> Error {
        Error::Write { path: self.folder.join(name), source }
    }

    /// Adds the values of a row to the statistics, step by step.
    fn look(&mut self, mut values: impl ExactSizeIterator<Item = f32>) {
        while values.len() > 0 && !self.columns.is_empty() {
            self.columns.iter_mut().zip(&mut values).for_each(|(seen, value)| seen.look(value));
        }
    }

    fn values_name(&self) -> &'static str {
        match self.texts {
            Some(_) => raw::COUNTS,
            None if self.is_bytes => raw::BYTES,
            None => raw::FLOATS,
        }
    }
}

impl Sink for RawWriter {
    fn begin(&mut self, shape: Shape, columns: &[String]) -> Result<(), Error> {
        if shape.values() == 0 {
            return Err(Error::file(&self.source, "rows have no values, expected at least 1"));
        }
        if let Some(first) = self.shape.filter(|_| self.rows > 0) {
            if first != shape || self.names != columns {
                let message = format!("rows of {shape}, expected {first} with the same columns, as at dataset.path");
                return Err(Error::file(&self.source, message));
            }
            return Ok(());
        }
        self.shape = Some(shape);
        self.names = columns.to_vec();
        self.columns = vec![Seen { missing: 0, least: f32::INFINITY, greatest: f32::NEG_INFINITY }; shape.columns()];
        Ok(())
    }

    fn row(&mut self, values: Values<'_>, about: About<'_>) -> Result<(), Error> {
        let split = self.split.or_else(|| about.split.and_then(split));
        let parts =
            [about.label.is_some(), about.id.is_some(), about.group.is_some(), about.time.is_some(), split.is_some()];
        if self.rows == 0 {
            self.parts = parts;
        }
        if let Some(place) = (0..PARTS.len()).find(|place| parts[*place] != self.parts[*place]) {
            let (has, of_first) = if parts[place] { ("a", "none") } else { ("no", "one") };
            let message = format!("it has {has} {}, but the first row has {of_first}", PARTS[place]);
            let message = format!("{}: {message}", self.place(about));
            return Err(Error::file(&self.source, message));
        }
        let are_bytes = matches!(values, Values::Bytes(_));
        if self.rows == 0 {
            self.is_bytes = are_bytes;
        } else if self.is_bytes != are_bytes {
            let what = |bytes| if bytes { "bytes" } else { "other numbers" };
            let message =
                format!("values are {}, but at dataset.path they are {}", what(are_bytes), what(self.is_bytes));
            return Err(Error::file(&self.source, message));
        }
        self.buffer.clear();
        match values {
            Values::Floats(values) => {
                self.look(values.iter().copied());
                self.buffer.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            }
            Values::Bytes(values) => {
                self.look(values.iter().map(|value| f32::from(*value)));
                self.buffer.extend_from_slice(values);
            }
            Values::Entries(entries) => {
                let texts = self.texts.get_or_insert_default();
                let places = entries.iter().map(|(entry, count)| Some((texts.place(entry)?, *count)));
                let Some(mut pairs) = places.collect::<Option<Vec<(u32, u32)>>>() else {
                    let message = format!("{}: more than {MOST_ENTRIES} different words so far", self.place(about));
                    return Err(Error::file(&self.source, message));
                };
                pairs.sort_unstable();
                texts.lengths.push(pairs.len() as u32);
                self.buffer.extend(pairs.iter().flat_map(|(place, count)| [*place, *count]).flat_map(u32::to_le_bytes));
            }
        }
        let name = self.values_name();
        let mut file = match self.values.take() {
            Some(file) => file,
            None => self.create(name)?,
        };
        file.write_all(&self.buffer).map_err(|error| self.failed(name, error))?;
        self.values = Some(file);
        if let Some(id) = about.id {
            let mut file = match self.ids.take() {
                Some(file) => file,
                None => self.create(raw::IDS)?,
            };
            let line = id.replace(char::is_control, " ") + "\n";
            file.write_all(line.as_bytes()).map_err(|error| self.failed(raw::IDS, error))?;
            self.ids = Some(file);
        }
        if let Some(label) = about.label {
            self.labels.push(label);
            if self.labels.numbers.len() > MOST_CLASSES {
                let message = format!("{}: more than {MOST_CLASSES} classes", self.place(about));
                return Err(Error::file(&self.source, message));
            }
        }
        if let Some(group) = about.group {
            self.groups.push(group);
        }
        self.times.extend(about.time);
        self.splits.extend(split);
        self.rows += 1;
        Ok(())
    }
}

/// Number of a split by its name, in upper or lower case.
pub fn split(name: &str) -> Option<u8> {
    let names = [("train", 0), ("training", 0), ("validation", 1), ("valid", 1), ("val", 1), ("test", 2)];
    names.into_iter().find(|(each, _)| each.eq_ignore_ascii_case(name)).map(|(_, number)| number)
}
