//! Plain text as counts of words or of characters.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use spec::Shape;
use unicode_segmentation::UnicodeSegmentation;

use crate::counts::Counts;
use crate::error::Error;
pub use crate::open::Labels;
use crate::open::{MOST_VALUES, list, regular};
use crate::{About, Sink, Values};

/// Bytes of a document at most.
const MOST_BYTES: usize = 64 << 20;

/// Different entries that are counted for a vocabulary at most, and their bytes.
const MOST_ENTRIES: usize = 1 << 22;
const MOST_ENTRY_BYTES: usize = 1 << 28;

/// The units that are counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Unit {
    /// Words by Unicode's rules (UAX 29) that hold a letter or a digit, in lower case.
    #[default]
    Words,
    /// Characters (code points) in lower case, without white space and control characters.
    Characters,
}

/// What the value of an entry is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Weight {
    /// How often it occurs.
    #[default]
    Count,
    /// The natural logarithm of 1 more than that.
    Logarithm,
}

/// How texts are read. A file holds one document a line; a folder holds one a file, `*.txt`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// What is counted.
    pub unit: Unit,
    /// How it is counted.
    pub weight: Weight,
    /// Where the class names come from. The lines of a file have none.
    pub labels: Labels,
}

/// The entries that are counted, in the order of the values of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vocabulary {
    entries: Vec<String>,
    places: HashMap<String, usize>,
}

impl Vocabulary {
    /// A vocabulary of these entries.
    ///
    /// # Errors
    /// When there is none, more than [`MOST_VALUES`], or one of them twice.
    pub fn new(entries: Vec<String>) -> Result<Self, String> {
        if !(1..=MOST_VALUES).contains(&entries.len()) {
            return Err(format!("a vocabulary has 1 to {MOST_VALUES} entries; this one has {}", entries.len()));
        }
        let mut places = HashMap::with_capacity(entries.len());
        for (place, entry) in entries.iter().enumerate() {
            if places.insert(entry.clone(), place).is_some() {
                return Err(format!("the vocabulary holds {entry:?} twice"));
            }
        }
        Ok(Self { entries, places })
    }

    /// The entries, in the order of the values of a row.
    pub fn entries(&self) -> &[String] {
        &self.entries
    }

    /// Counts the entries of a document into `values`, as many as there are entries.
    pub fn count(&self, text: &str, unit: Unit, weight: Weight, values: &mut [f32]) {
        values.fill(0.0);
        each(text, unit, |entry| {
            if let Some(value) = self.places.get(entry).and_then(|place| values.get_mut(*place)) {
                *value += 1.0;
            }
        });
        if weight == Weight::Logarithm {
            values.iter_mut().for_each(|value| *value = value.ln_1p());
        }
    }
}

/// Calls `take` with each word or character of a text.
fn each(text: &str, unit: Unit, mut take: impl FnMut(&str)) {
    let lower = text.to_lowercase();
    match unit {
        Unit::Words => lower.unicode_words().for_each(take),
        Unit::Characters => {
            let shown = lower.chars().filter(|c| !c.is_whitespace() && !c.is_control());
            shown.for_each(|c| take(c.encode_utf8(&mut [0; 4])));
        }
    }
}

/// Collects the `most` entries that the most documents hold, sorted by how many do, then by the order of code points. `chosen` says
/// of a row, from 0, whether it counts: a vocabulary is fitted to training rows alone.
///
/// # Errors
/// When a file cannot be read or is not UTF-8, or when the chosen rows hold no entry.
pub fn vocabulary(
    path: &Path,
    options: &Options,
    most: usize,
    chosen: &mut dyn FnMut(u64) -> bool,
) -> Result<Vocabulary, Error> {
    let mut documents: HashMap<String, u64> = HashMap::new();
    let mut bytes = 0;
    each_document(path, options, &mut Counts::default(), &mut |row, text, _| {
        if !chosen(row) {
            return Ok(());
        }
        let mut seen = HashSet::new();
        each(text, options.unit, |entry| {
            if !seen.contains(entry) {
                seen.insert(entry.to_owned());
            }
        });
        for entry in seen {
            let length = entry.len();
            let count = documents.entry(entry).or_insert(0);
            bytes += if *count == 0 { length } else { 0 };
            *count += 1;
        }
        if documents.len() > MOST_ENTRIES || bytes > MOST_ENTRY_BYTES {
            let message = format!("row {row}: the documents hold more than {MOST_ENTRIES} different entries");
            return Err(Error::file(path, message));
        }
        Ok(())
    })?;
    let mut entries: Vec<(String, u64)> = documents.into_iter().collect();
    entries.sort_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
    let entries = entries.into_iter().take(most).map(|(entry, _)| entry).collect();
    Vocabulary::new(entries).map_err(|message| Error::file(path, message))
}

/// Reads documents as vectors of counts of the entries of a vocabulary, whose names are the columns. The rows are those that
/// [`vocabulary`] counts: lines that are blank are left out, and files that are blank are rows of zeros.
///
/// # Errors
/// When a file cannot be read or is not UTF-8.
pub fn read(path: &Path, options: &Options, vocabulary: &Vocabulary, sink: &mut dyn Sink) -> Result<Counts, Error> {
    let mut counts = Counts::default();
    let mut values = vec![0.0; vocabulary.entries.len()];
    sink.begin(Shape::Vector { width: values.len() }, &vocabulary.entries)?;
    let mut rows = 0;
    each_document(path, options, &mut counts, &mut |_, text, about| {
        vocabulary.count(text, options.unit, options.weight, &mut values);
        rows += 1;
        sink.row(Values::Floats(&values), about)
    })?;
    counts.rows = rows;
    Ok(counts)
}

/// Takes the number of a row, its text and what else is known of it.
type Take<'a> = dyn FnMut(u64, &str, About<'_>) -> Result<(), Error> + 'a;

fn each_document(path: &Path, options: &Options, counts: &mut Counts, take: &mut Take<'_>) -> Result<(), Error> {
    if !fs::metadata(path).map_err(|error| Error::read(path, error))?.is_dir() {
        return each_line(path, options, counts, take);
    }
    let files = list(path, &["txt"], counts)?;
    options.labels.check(path, &files)?;
    for (row, file) in (0..).zip(&files) {
        let label = options.labels.of(file)?;
        let (opened, _) = regular(&file.path)?;
        let mut bytes = Vec::new();
        let read = opened.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| Error::read(&file.path, error))?;
        let text = decode(&bytes, 0).map_err(|message| Error::file(&file.path, message))?;
        take(row, text, About { label, id: Some(&file.name), ..About::default() })?;
    }
    Ok(())
}

fn each_line(path: &Path, options: &Options, counts: &mut Counts, take: &mut Take<'_>) -> Result<(), Error> {
    if options.labels != Labels::None {
        return Err(Error::file(path, "the lines of a file have no class names; a folder of files is expected"));
    }
    let (file, _) = regular(path)?;
    let mut reader = BufReader::new(file);
    let (mut bytes, mut line, mut row, mut start, mut blank) = (Vec::new(), 0_u64, 0, 0, 0);
    loop {
        bytes.clear();
        let mut limited = reader.by_ref().take(MOST_BYTES as u64 + 1);
        let read = limited.read_until(b'\n', &mut bytes).map_err(|error| Error::read(path, error))?;
        if read == 0 {
            break;
        }
        line += 1;
        let text = decode(&bytes, start).map_err(|message| Error::file(path, format!("line {line}: {message}")))?;
        start += read as u64;
        if text.trim().is_empty() {
            blank += 1;
            continue;
        }
        take(row, text, About::default())?;
        row += 1;
    }
    counts.note(blank, "blank lines were left out");
    if row == 0 { Err(Error::file(path, "all lines are blank; one document a line is expected")) } else { Ok(()) }
}

/// The text in `bytes`, which begin at byte `start` of the file.
fn decode(bytes: &[u8], start: u64) -> Result<&str, String> {
    if bytes.len() > MOST_BYTES {
        return Err(format!("the document that begins at byte {start} has more than {MOST_BYTES} bytes, the most"));
    }
    if start == 0 && (bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])) {
        return Err("byte 0: the text is UTF-16; UTF-8 is expected".to_owned());
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = start + error.valid_up_to() as u64;
        format!("byte {at}: {:#04x} is not UTF-8, which is expected", bytes[error.valid_up_to()])
    })?;
    match text.find('\0') {
        Some(at) => Err(format!("byte {}: a zero byte; UTF-8 text is expected, not UTF-16", start + at as u64)),
        None if start == 0 => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        None => Ok(text),
    }
}
