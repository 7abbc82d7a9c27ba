//! Plain text as counts of words or characters.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use spec::Shape;
use spec::own::Unit;
use unicode_segmentation::UnicodeSegmentation;

use crate::counts::Counts;
use crate::error::Error;
pub use crate::open::Labels;
use crate::open::{MOST_VALUES, list, regular};
use crate::{About, Sink, Values};

/// Greatest size of a document in bytes.
const MOST_BYTES: usize = 64 << 20;

/// Options for reading texts. A file holds one document a line. A folder holds one document a file, `*.txt`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Unit that is counted.
    pub unit: Unit,
    /// Number of units that become values of a row. The training rows decide which ones.
    pub vocabulary: usize,
    /// Source of the class names. The lines of a file have no class names.
    pub labels: Labels,
}

/// Reads documents as counts of their words or characters. Blank lines are left out. A blank file is a row without
/// counts.
///
/// # Errors
/// If a file cannot be read or is not UTF-8.
pub fn read(path: &Path, options: &Options, sink: &mut dyn Sink) -> Result<Counts, Error> {
    let width = options.vocabulary;
    if !(2..=MOST_VALUES).contains(&width) {
        return Err(Error::key("vocabulary", format!("{width}; expected 2 to {MOST_VALUES} words or characters")));
    }
    sink.begin(Shape::Vector { width }, &[])?;
    let mut counts = Counts::default();
    let mut rows = 0;
    each_document(path, options, &mut counts, &mut |text, about| {
        rows += 1;
        let text = text.to_lowercase();
        let mut found: HashMap<&str, u32> = HashMap::new();
        each(&text, options.unit, |entry| *found.entry(entry).or_default() += 1);
        let mut found: Vec<(&str, u32)> = found.into_iter().collect();
        found.sort_unstable();
        sink.row(Values::Entries(&found), about)
    })?;
    counts.rows = rows;
    Ok(counts)
}

/// Calls `take` with each word or character of a text.
fn each<'a>(text: &'a str, unit: Unit, take: impl FnMut(&'a str)) {
    match unit {
        Unit::Words => text.unicode_words().for_each(take),
        Unit::Characters => {
            let places = text.char_indices().filter(|(_, c)| !c.is_whitespace() && !c.is_control());
            places.filter_map(|(place, c)| text.get(place..place + c.len_utf8())).for_each(take);
        }
    }
}

/// Callback for the text of a row, and facts about the row.
type Take<'a> = dyn FnMut(&str, About<'_>) -> Result<(), Error> + 'a;

fn each_document(path: &Path, options: &Options, counts: &mut Counts, take: &mut Take<'_>) -> Result<(), Error> {
    if !fs::metadata(path).map_err(|error| Error::read(path, error))?.is_dir() {
        return each_line(path, options, counts, take);
    }
    let files = list(path, &["txt"], counts)?;
    options.labels.check(path, &files)?;
    for file in &files {
        let label = options.labels.of(file)?;
        let (opened, _) = regular(&file.path)?;
        let mut bytes = Vec::new();
        let read = opened.take(MOST_BYTES as u64 + 1).read_to_end(&mut bytes);
        read.map_err(|error| Error::read(&file.path, error))?;
        let text = decode(&bytes, 0).map_err(|message| Error::file(&file.path, message))?;
        take(text, About { label, id: Some(&file.name), ..About::default() })?;
    }
    Ok(())
}

fn each_line(path: &Path, options: &Options, counts: &mut Counts, take: &mut Take<'_>) -> Result<(), Error> {
    if options.labels != Labels::None {
        return Err(Error::file(path, "the lines of a file have no class names; a folder of files is expected"));
    }
    let (file, _) = regular(path)?;
    let mut reader = BufReader::new(file);
    let (mut bytes, mut line, mut row, mut start, mut blank) = (Vec::new(), 0_u64, 0_u64, 0, 0);
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
        take(text, About::default())?;
        row += 1;
    }
    counts.note(blank, "blank lines were left out");
    if row == 0 { Err(Error::file(path, "all lines are blank; one document a line is expected")) } else { Ok(()) }
}

/// The text in `bytes`. `start` is the offset of `bytes` in the file.
fn decode(bytes: &[u8], start: u64) -> Result<&str, String> {
    if bytes.len() > MOST_BYTES {
        return Err(format!("the document that begins at byte {start} has more than {MOST_BYTES} bytes"));
    }
    if start == 0 && (bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff])) {
        return Err("byte 0: the text is UTF-16; UTF-8 is expected".to_owned());
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = start + error.valid_up_to() as u64;
        format!("byte {at}: {:#04x} is not UTF-8; UTF-8 text is expected", bytes[error.valid_up_to()])
    })?;
    match text.find('\0') {
        Some(at) => Err(format!("byte {}: a zero byte; UTF-8 text is expected, not UTF-16", start + at as u64)),
        None if start == 0 => Ok(text.strip_prefix('\u{feff}').unwrap_or(text)),
        None => Ok(text),
    }
}
