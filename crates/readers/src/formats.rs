//! Detection of the format of a file or folder, and the check that keys of `[dataset]` apply to it.

use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use spec::own::{Format, Reading};

use crate::counts::Counts;
use crate::error::Error;
use crate::open;

/// File extensions of pictures, in lowercase.
pub(crate) const PICTURES: [&str; 3] = ["png", "jpg", "jpeg"];

/// File extension of recordings.
pub(crate) const RECORDINGS: [&str; 1] = ["wav"];

/// File extension of texts.
pub(crate) const TEXTS: [&str; 1] = ["txt"];

/// Number of bytes that are examined if the name does not show the format.
const BEGINNING: u64 = 4096;

/// Format of a file or folder, from its name or else from its first bytes.
///
/// # Errors
/// If the path does not exist, is neither a regular file nor a folder, or has none of the formats.
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
            _ => Err(Error::file(path, "a gzip file without an IDX file; unpack it first, for example with `gunzip`")),
        };
    }
    match bytes.as_slice() {
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Ok(Format::Npy),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'A', b'V', b'E', ..] => Ok(Format::Wav),
        bytes if is_idx(bytes) => Ok(Format::Idx),
        // The reader of tables gives an error that says how to convert UTF-16.
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Ok(Format::Table),
        bytes if bytes.iter().all(|byte| *byte >= b' ' || byte.is_ascii_whitespace()) => Ok(of_text(bytes)),
        _ => Err(Error::file(path, format!("the format is unknown; {}", expected()))),
    }
}

/// Table if all lines have the same number of fields, more than one; else text.
fn of_text(beginning: &[u8]) -> Format {
    let lines: Vec<&[u8]> =
        beginning.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).collect();
    // The last line may be cut.
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
        // Texts beside pictures or recordings are often lists or licences.
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
    format!("{known}. `dataset.format` sets the format: {}", names.join(", "))
}

/// Checks that the given keys apply to the format.
///
/// # Errors
/// If a key does not. The message gives the key and its formats.
pub fn check_keys(path: &Path, format: Format, reading: &Reading) -> Result<(), Error> {
    let wrong = keys(reading).into_iter().find(|(_, is_given, formats)| *is_given && !formats.contains(&format));
    let Some((key, _, formats)) = wrong else { return Ok(()) };
    let names: Vec<&str> = formats.iter().map(|format| format.name()).collect();
    let path = path.display();
    Err(Error::key(key, format!("is for the format {}, but {path} has the format {format}", names.join(" or "))))
}

/// For each key: its name in an experiment file, whether it is given, and the formats that it applies to.
fn keys(reading: &Reading) -> [(&'static str, bool, &'static [Format]); 27] {
    use Format::{Idx, Images, Npy, Table, Text, Wav};
    // All fields are listed, so that the compiler finds a new key that is missing here.
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
        // Files of other splits are checked as separate readings.
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
