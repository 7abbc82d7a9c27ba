//! Which format a file or folder has, and which keys of `[dataset]` concern it.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use spec::own::{Format, Reading};

use crate::counts::Counts;
use crate::error::Error;
use crate::open;

/// Endings of pictures that are read, in lowercase.
pub(crate) const PICTURES: [&str; 3] = ["png", "jpg", "jpeg"];

/// Ending of recordings.
pub(crate) const RECORDINGS: [&str; 1] = ["wav"];

/// Ending of texts.
pub(crate) const TEXTS: [&str; 1] = ["txt"];

/// Bytes that are looked at where a name tells nothing.
const BEGINNING: u64 = 4096;

/// The format of a file or folder, by its name or else by its first bytes.
///
/// # Errors
/// When nothing is there, it is neither a regular file nor a folder, or it has none of the formats.
pub fn of(path: &Path) -> Result<Format, Error> {
    let metadata = fs::metadata(path).map_err(|error| Error::read(path, error))?;
    if metadata.is_dir() {
        return of_folder(path);
    }
    let (file, _) = open::regular(path)?;
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    if let Some(format) = by_name(&name) {
        return Ok(format);
    }
    let mut bytes = Vec::new();
    file.take(BEGINNING).read_to_end(&mut bytes).map_err(|error| Error::read(path, error))?;
    if PICTURES.iter().any(|ending| name.ends_with(&format!(".{ending}"))) {
        return Err(Error::file(path, "one picture; a folder of pictures is expected"));
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut inside = Vec::new();
        let file = File::open(path).map_err(|error| Error::read(path, error))?;
        let mut reader = MultiGzDecoder::new(BufReader::new(file)).take(4);
        return match reader.read_to_end(&mut inside) {
            Ok(_) if is_idx(&inside) => Ok(Format::Idx),
            _ => Err(Error::file(path, "a gzip of no IDX file; unpack it first, as with `gunzip`")),
        };
    }
    match bytes.as_slice() {
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Ok(Format::Npy),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Ok(Format::Wav),
        bytes if is_idx(bytes) => Ok(Format::Idx),
        // The reader of tables says how to convert UTF-16.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Ok(Format::Table),
        bytes if bytes.iter().all(|byte| *byte >= b' ' || byte.is_ascii_whitespace()) => Ok(of_text(bytes)),
        _ => Err(Error::file(path, format!("the format is unknown; {}", expected()))),
    }
}

/// A table has as many fields in each line, and more than one.
fn of_text(beginning: &[u8]) -> Format {
    let lines: Vec<&[u8]> =
        beginning.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
    // The last one may be cut.
    let whole = &lines[..lines.len().min(9).saturating_sub(usize::from(lines.len() > 2))];
    let fields = |line: &&[u8], mark: u8| line.iter().filter(|byte| **byte == mark).count();
    let is_table = |mark: u8| {
        let first = whole.first().map_or(0, |line| fields(line, mark));
        first > 0 && whole.iter().all(|line| fields(line, mark) == first)
    };
    if b"\t,;|".iter().any(|mark| is_table(*mark)) { Format::Table } else { Format::Text }
}

fn by_name(name: &str) -> Option<Format> {
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let is_of_mnist = ["1", "2", "3", "4"].iter().any(|sides| {
        let ending = format!("-idx{sides}-ubyte");
        name.ends_with(&ending) || name.ends_with(&format!("{ending}.gz"))
    });
    match name {
        _ if is_of_mnist || ends(&[".idx", ".idx.gz"]) => Some(Format::Idx),
        _ if ends(&[".npy", ".npz"]) => Some(Format::Npy),
        _ if ends(&[".wav"]) => Some(Format::Wav),
        _ if ends(&[".csv", ".tsv", ".data"]) => Some(Format::Table),
        _ => None,
    }
}

fn is_idx(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, 0x08 | 0x09 | 0x0b..=0x0e, 1..=4, ..])
}

fn of_folder(path: &Path) -> Result<Format, Error> {
    let mut counts = Counts::default();
    let files = open::all(path, &mut counts)?;
    let has = |endings: &[&str]| files.iter().any(|file| endings.contains(&file.ending().as_str()));
    let found: Vec<Format> =
        [(PICTURES.as_slice(), Format::Images), (&RECORDINGS, Format::Wav), (&TEXTS, Format::Text)]
            .into_iter()
            .filter_map(|(endings, format)| has(endings).then_some(format))
            .collect();
    match found[..] {
        [format] => Ok(format),
        // A list or a licence beside them is common.
        [format, Format::Text] => Ok(format),
        [_, ..] => {
            let message = "the folder holds pictures and recordings; set `dataset.format` to \"images\" or \"wav\"";
            Err(Error::file(path, message))
        }
        [] => {
            let found = match files.len() {
                0 => "the folder is empty".to_owned(),
                count => format!("the folder holds {count} files, such as {}", files[0].name),
            };
            Err(Error::file(path, format!("{found}; {}", expected())))
        }
    }
}

fn expected() -> String {
    let names: Vec<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    let known = "expected a folder of PNG, JPEG, WAV or .txt files, or one WAV, .npy, .npz, IDX, CSV, TSV or text file";
    format!("{known}. `dataset.format` says which: {}", names.join(", "))
}

/// Refuses keys that do not concern the format.
///
/// # Errors
/// With the key, and the formats that it is for.
pub fn check_keys(path: &Path, format: Format, reading: &Reading) -> Result<(), Error> {
    let wrong = keys(reading).into_iter().find(|(_, is_given, formats)| *is_given && !formats.contains(&format));
    let Some((key, _, formats)) = wrong else { return Ok(()) };
    let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
    let path = path.display();
    Err(Error::key(key, format!("is for the format {}, and {path} has the format {format}", names.join(" or "))))
}

/// Each key as an experiment file names it, whether it is given, and the formats that it concerns.
fn keys(reading: &Reading) -> [(&'static str, bool, &'static [Format]); 27] {
    use Format::{Idx, Images, Npy, Table, Text, Wav};
    // All are named, so that a new key cannot be forgotten here.
    let Reading {
        format: _,
        label,
        clean,
        id,
        columns,
        exclude,
        categorical,
        header,
        separator,
        decimal,
        quote,
        missing,
        group,
        time,
        split,
        // Parts are checked as readings of their own.
        validation: _,
        test: _,
        array,
        transpose,
        size,
        fit,
        channels,
        background,
        rate,
        window,
        hop,
        bands,
        unit,
        vocabulary,
        weight,
    } = reading;
    [
        ("label", label.is_some(), Format::ALL),
        ("clean", clean.is_some(), &[Table]),
        ("id", id.is_some(), &[Table]),
        ("columns", !columns.is_empty(), &[Table]),
        ("exclude", !exclude.is_empty(), &[Table]),
        ("categorical", !categorical.is_empty(), &[Table]),
        ("header", header.is_some(), &[Table]),
        ("separator", separator.is_some(), &[Table]),
        ("decimal", decimal.is_some(), &[Table]),
        ("quote", quote.is_some(), &[Table]),
        ("missing", missing.is_some(), &[Table, Npy, Idx]),
        ("split.group", group.is_some(), &[Table]),
        ("split.time", time.is_some(), &[Table]),
        ("split.column", split.is_some(), &[Table]),
        ("array", array.is_some(), &[Npy]),
        ("transpose", transpose.is_some(), &[Idx]),
        ("size", size.is_some(), &[Images]),
        ("fit", fit.is_some(), &[Images]),
        ("channels", channels.is_some(), &[Images]),
        ("background", background.is_some(), &[Images]),
        ("rate", rate.is_some(), &[Wav]),
        ("window", window.is_some(), &[Table, Wav]),
        ("hop", hop.is_some(), &[Table, Wav]),
        ("bands", bands.is_some(), &[Wav]),
        ("unit", unit.is_some(), &[Text]),
        ("vocabulary", vocabulary.is_some(), &[Text]),
        ("weight", weight.is_some(), &[Text]),
    ]
}
