//! Archives of arrays (`.npz`), the format of `numpy.savez` and `numpy.savez_compressed`: ZIP files of `.npy` files.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, Write};
use std::path::Path;

use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, FileReader, RECOMMENDED_BUFFER_SIZE, ZipArchive, ZipArchiveEntryWayfinder};

use super::fortran::Fortran;
use super::header::Header;
use super::{Array, Labels, Options, hand_over, labels_file};
use crate::Sink;
use crate::counts::Counts;
use crate::error::Error;
use crate::stream::{InOrder, Source};

/// Greatest number of arrays of an archive.
const MOST_ARRAYS: usize = 10_000;

/// Default names of the array of values.
const ARRAYS: [&str; 3] = ["x", "X", "data"];

/// Default names of the array of labels.
const LABELS: [&str; 4] = ["labels", "label", "y", "target"];

pub(super) fn read(path: &Path, file: File, options: &Options, sink: &mut dyn Sink) -> Result<Counts, Error> {
    let fault = |message: String| Error::file(path, message);
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    let archive = ZipArchive::from_file(file, &mut buffer).map_err(|error| fault(damaged(&error)))?;
    let entries = entries(&archive, &mut buffer).map_err(fault)?;
    let (array, labels) = choose(&entries, options).map_err(fault)?;
    let (header, mut reader) = open(&archive, array).map_err(fault)?;
    let place = |message: String| Error::file(path, format!("array {:?}: {message}", array.name));
    let rows = Array::of(&header, options.layout).map_err(place)?;
    let mut amounts = None;
    let mut labels: Option<Labels<Box<dyn Read + '_>>> = match (labels, &options.labels_file) {
        (_, Some(file)) => {
            let Labels { values, source, path, array, row, bytes } = labels_file(file, rows.rows)?;
            let source = InOrder { reader: Box::new(source.reader) as Box<dyn Read>, bytes: source.bytes };
            Some(Labels { values, source, path, array, row, bytes })
        }
        (Some(labels), None) => {
            let (header, reader) = open(&archive, labels).map_err(fault)?;
            // Fractions in an array that the user has not named are probably amounts to predict, not classes.
            let are_amounts = options.labels.is_none() && header.values.is_floating();
            amounts = are_amounts.then(|| labels.name.clone());
            match are_amounts {
                true => None,
                false => Some(Labels::new(path, &labels.name, &header, reader, rows.rows)?),
            }
        }
        (None, None) => None,
    };
    let counts = if header.fortran {
        let bytes = rows.rows.checked_mul(rows.row_bytes() as u64);
        let bytes = bytes.ok_or_else(|| place("its header declares more bytes than there can be".to_owned()))?;
        let file = unpack(reader, bytes).map_err(place)?;
        let mut source = Fortran::new(file, 0, &header.dimensions, rows.element);
        hand_over(path, &rows, &mut source, &mut labels, sink)
    } else {
        hand_over(path, &rows, &mut InOrder { reader: &mut reader, bytes: rows.row_bytes() }, &mut labels, sink)
    };
    let mut counts = counts?;
    counts.notes.push(format!("the array {:?} was read", array.name));
    if let Some(name) = amounts {
        counts.notes.push(format!("the array {name:?} holds fractions, which are not classes; it was not read"));
    }
    Ok(counts)
}

/// An array of the archive.
struct Entry {
    /// Name without `.npy`.
    name: String,
    method: CompressionMethod,
    encrypted: bool,
    wayfinder: ZipArchiveEntryWayfinder,
}

fn entries(archive: &ZipArchive<FileReader>, buffer: &mut [u8]) -> Result<Vec<Entry>, String> {
    let mut found: Vec<Entry> = Vec::new();
    let mut entries = archive.entries(buffer);
    while let Some(entry) = entries.next_entry().map_err(|error| damaged(&error))? {
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        let Some(name) = name.strip_suffix(".npy") else { continue };
        if found.len() == MOST_ARRAYS || found.iter().any(|earlier| earlier.name == name) {
            return Err(format!("the archive holds {name:?} twice, or more than {MOST_ARRAYS} arrays"));
        }
        found.push(Entry {
            name: name.to_owned(),
            method: entry.compression_method(),
            encrypted: entry.flags().is_encrypted(),
            wayfinder: entry.wayfinder(),
        });
    }
    Ok(found)
}

/// Chooses the array of values, and the array of labels if there is one.
fn choose<'a>(entries: &'a [Entry], options: &Options) -> Result<(&'a Entry, Option<&'a Entry>), String> {
    let names = || entries.iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ");
    let named = |name: &str| entries.iter().find(|entry| entry.name == name);
    let get =
        |name: &str| named(name).ok_or_else(|| format!("there is no array {name:?}; the arrays are: {}", names()));
    let labels = match &options.labels {
        Some(name) => Some(get(name)?),
        None if options.labels_file.is_some() => None,
        None => LABELS.iter().filter(|name| options.array.as_deref() != Some(**name)).find_map(|name| named(name)),
    };
    if let Some(name) = &options.array {
        return Ok((get(name)?, labels));
    }
    let others: Vec<&Entry> =
        entries.iter().filter(|entry| labels.is_none_or(|labels| labels.name != entry.name)).collect();
    let mut usual = others.iter().filter(|entry| ARRAYS.contains(&entry.name.as_str()));
    match (others.as_slice(), usual.next(), usual.next()) {
        ([only], ..) => Ok((only, labels)),
        (_, Some(entry), None) => Ok((entry, labels)),
        ([], ..) => Err("the archive has no array of values; one is expected".to_owned()),
        _ => Err(format!("the archive has several arrays; set dataset.array to one of them: {}", names())),
    }
}

/// Opens an array: its header, and a reader of its values. Size and checksum are verified at the end of the values.
fn open<'a>(archive: &'a ZipArchive<FileReader>, entry: &Entry) -> Result<(Header, Box<dyn Read + 'a>), String> {
    let place = |message: String| format!("array {:?}: {message}", entry.name);
    if entry.encrypted {
        return Err(place("it is encrypted".to_owned()));
    }
    let found = archive.get_entry(entry.wayfinder).map_err(|error| place(damaged(&error)))?;
    let mut reader: Box<dyn Read + 'a> = match entry.method {
        CompressionMethod::STORE => Box::new(BufReader::new(found.verifying_reader(found.reader()))),
        CompressionMethod::DEFLATE => {
            Box::new(BufReader::new(found.verifying_reader(DeflateDecoder::new(found.reader()))))
        }
        _ => {
            let message = "its compression is not supported; write it with numpy.savez or numpy.savez_compressed";
            return Err(place(message.to_owned()));
        }
    };
    let header = Header::read(&mut reader).map_err(place)?;
    Ok((header, reader))
}

/// Unpacks the values into a temporary file, because they are read from many offsets.
fn unpack(reader: impl Read, bytes: u64) -> Result<File, String> {
    let temporary = |error: io::Error| format!("the array cannot be unpacked into a temporary file: {error}");
    let mut file = tempfile::tempfile().map_err(temporary)?;
    let mut source = InOrder { reader, bytes: 1 << 20 };
    let (mut left, mut chunk) = (bytes, Vec::new());
    while left > 0 {
        source.bytes = left.min(1 << 20) as usize;
        source.next(&mut chunk)?;
        file.write_all(&chunk).map_err(temporary)?;
        left -= chunk.len() as u64;
    }
    source.end()?;
    file.rewind().map_err(temporary)?;
    Ok(file)
}

fn damaged(error: &rawzip::Error) -> String {
    format!("the archive is damaged or not an archive: {error}")
}
