//! The choice of the reader for a file or folder, and its options from the keys of `[dataset]`.

use std::panic;
use std::path::{Path, PathBuf};
use std::thread;

use spec::own::{self, Condition, Format, Reading};
use spec::raw::Header;

use crate::complete::Complete;
use crate::counts::Counts;
use crate::error::Error;
use crate::open::{Labels, file_or_list, list};
use crate::raw::{Provenance, RawWriter};
use crate::windows::{self, Windows};
use crate::{Sink, checksum, csv, formats, idx, images, npy, text, wav};

/// A raw form that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Format of the file or folder.
    pub format: Format,
    /// Facts about the rows.
    pub header: Header,
    /// Counts of the reader.
    pub counts: Counts,
}

/// Purpose of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// Rows for training and measuring: at least two.
    Training,
    /// Input for a trained network: at least one row. Holds the columns of the network, if they have names.
    Network(Option<csv::Known>),
}

/// Reads a file or folder, and writes its raw form into `folder`, which is created if it does not exist.
///
/// # Errors
/// If the file or folder cannot be read with these keys or has too few rows, if its columns are not those of the
/// network, or if the raw form cannot be written. After an error, no file of the raw form is left.
pub fn to_raw(path: &Path, reading: &Reading, purpose: &Purpose, folder: &Path) -> Result<Loaded, Error> {
    let format = format(path, reading)?;
    if matches!(purpose, Purpose::Network(Some(_))) && format != Format::Table {
        let message =
            format!("the file has the format {format}, expected a table, because the network needs columns with names");
        return Err(Error::file(path, message));
    }
    let parts = parts(path, format, reading)?;
    system::storage::create_directory(folder)?;
    let mut writer = RawWriter::new(folder, path)?;
    let mut known = None;
    if let Purpose::Network(columns) = purpose {
        writer.may_be_few();
        known = columns.as_ref();
    }
    let (read, checksum) = thread::scope(|scope| {
        let checksum = scope.spawn(|| checksum::of(&sources(&parts, format)?));
        let read = read_parts(&parts, format, known, &mut writer);
        (read, checksum.join().unwrap_or_else(|reason| panic::resume_unwind(reason)))
    });
    match read.and_then(|read| Ok((read, checksum?))) {
        Ok(((counts, provenance), checksum)) => {
            let header = writer.finish(&provenance, checksum)?;
            Ok(Loaded { format, header, counts })
        }
        Err(error) => {
            // The first error gives the reason. An error of the removal would hide it.
            drop(writer.discard());
            Err(error)
        }
    }
}

/// Format of the keys, or else of the file or folder.
///
/// # Errors
/// If the path does not exist, its format is unknown, or a key does not apply to the format.
pub fn format(path: &Path, reading: &Reading) -> Result<Format, Error> {
    let found = match reading.format {
        Some(format) => format,
        None => formats::of(path)?,
    };
    formats::check_keys(path, found, reading)?;
    if found == Format::Table {
        windows::check(reading)?;
    }
    Ok(found)
}

/// A file or folder, its options, and its split, if it holds a single split.
struct Part {
    path: PathBuf,
    reading: Reading,
    split: Option<u8>,
}

/// The file or folder at `path`, and those of other splits.
fn parts(path: &Path, format: Format, reading: &Reading) -> Result<Vec<Part>, Error> {
    let alone = Reading { validation: None, test: None, ..reading.clone() };
    let others = [("validation", 1, &reading.validation), ("test", 2, &reading.test)];
    let first = others.iter().any(|(_, _, part)| part.is_some()).then_some(0);
    let mut parts = vec![Part { path: path.to_owned(), reading: alone.clone(), split: first }];
    for (key, split, part) in others {
        let Some(own::Part { path, label, array }) = part else { continue };
        let has_labels_of_its_own =
            labels_file(format, reading).is_some() || array.is_some() && reading.label.is_some();
        if label.is_none() && has_labels_of_its_own {
            let message = "its classes are not in the file of dataset.path; give their place: { path = \"...\", label = \"...\" }";
            return Err(Error::key(key, message));
        }
        let label = label.as_ref().or(alone.label.as_ref()).cloned();
        let array = array.as_ref().or(alone.array.as_ref()).cloned();
        let (path, reading) = (PathBuf::from(path), Reading { label, array, ..alone.clone() });
        let found = self::format(&path, &reading)?;
        if found != format {
            return Err(Error::file(
                &path,
                format!("the file has the format {found}, expected {format} as at dataset.path"),
            ));
        }
        parts.push(Part { path, reading, split: Some(split) });
    }
    Ok(parts)
}

/// Reads the parts one after another.
fn read_parts(
    parts: &[Part],
    format: Format,
    known: Option<&csv::Known>,
    writer: &mut RawWriter,
) -> Result<(Counts, Provenance), Error> {
    let mut tables = Vec::new();
    if format == Format::Table {
        let options = |part: &Part| csv::Options { known: known.cloned(), ..table(&part.reading) };
        let surveyed = parts.iter().map(|part| csv::survey(&part.path, &options(part)));
        tables = surveyed.collect::<Result<Vec<_>, _>>()?;
        csv::make_alike(&mut tables)?;
    }
    let (mut counts, mut provenance) = (Counts::default(), Provenance::default());
    for (place, part) in parts.iter().enumerate() {
        if let Some(split) = part.split {
            writer.part(&part.path, split);
        }
        let before = writer.rows();
        let (of_part, from) = match tables.get(place) {
            Some(table) => read_table(table, &tables[0], &part.reading, writer)?,
            None => read(&part.path, format, &part.reading, writer)?,
        };
        if writer.rows() == before {
            return Err(Error::file(&part.path, "the file has no row"));
        }
        counts.add(of_part);
        provenance = Provenance { dropped: provenance.dropped + from.dropped, ..from };
    }
    Ok((counts, provenance))
}

/// Reads a table. `first` is the table of the training rows.
fn read_table(
    table: &csv::Table,
    first: &csv::Table,
    reading: &Reading,
    sink: &mut dyn Sink,
) -> Result<(Counts, Provenance), Error> {
    let mut counts = Counts::default();
    let provenance = match reading.window {
        None => table.read(sink)?,
        Some(window) => {
            let hop = reading.hop.unwrap_or(window);
            let mut windows = Windows::new(table.path(), (window, hop), first.labels(), sink);
            let provenance = Provenance { overlap: windows.overlap(), ..table.read(&mut windows)? };
            counts.note(windows.finish()?, "lines are not part of a window");
            provenance
        }
    };
    for (name, categories) in table.encoded() {
        counts.notes.push(format!("{name}: {} categories, one value for each", categories.len()));
    }
    Ok((counts, provenance))
}

/// Reads a file or folder of this format into a sink.
///
/// # Errors
/// If it cannot be read with these keys, or the sink fails.
pub fn read(
    path: &Path,
    format: Format,
    reading: &Reading,
    sink: &mut dyn Sink,
) -> Result<(Counts, Provenance), Error> {
    let of_numbers = |counts| (counts, Provenance::default());
    match format {
        Format::Table => {
            let table = csv::survey(path, &table(reading))?;
            read_table(&table, &table, reading, sink)
        }
        Format::Npy | Format::Idx => {
            let mut complete = Complete::new(path, missing(reading), sink);
            let counts = match format {
                Format::Npy => npy::read(path, &array(reading), &mut complete)?,
                _ => idx::read(path, &idx(reading), &mut complete)?,
            };
            Ok((counts, Provenance { dropped: complete.dropped, ..Provenance::default() }))
        }
        Format::Images => images::read(path, &pictures(reading)?, sink).map(of_numbers),
        Format::Wav => {
            let options = recordings(reading)?;
            let overlap = options.form.overlap();
            let counts = wav::read(path, &options, sink)?;
            Ok((counts, Provenance { overlap, ..Provenance::default() }))
        }
        Format::Text => text::read(path, &texts(reading)?, sink).map(of_numbers),
    }
}

pub(crate) fn table(reading: &Reading) -> csv::Options {
    let clean: Option<Condition> = reading.clean.as_ref().and_then(|clean| clean.parse().ok());
    csv::Options {
        label: clean.as_ref().map(|clean| clean.column.clone()).or_else(|| reading.label.clone()),
        clean,
        group: reading.group.clone(),
        time: reading.time.clone(),
        split: reading.split.clone(),
        id: reading.id.clone(),
        columns: reading.columns.clone(),
        exclude: reading.exclude.clone(),
        categorical: reading.categorical.clone(),
        header: reading.header,
        separator: reading.separator,
        decimal: reading.decimal,
        quote: reading.quote,
        missing: missing(reading),
        are_windows: reading.window.is_some(),
        known: None,
    }
}

fn missing(reading: &Reading) -> csv::Missing {
    match reading.missing {
        None | Some(own::Missing::Refuse) => csv::Missing::Refuse,
        Some(own::Missing::Drop) => csv::Missing::Drop,
        // The replacement of missing values is computed later, from training rows.
        Some(own::Missing::Mean | own::Missing::Median) => csv::Missing::Keep,
    }
}

fn array(reading: &Reading) -> npy::Options {
    let file = labels_file(Format::Npy, reading);
    let labels = reading.label.clone().filter(|_| file.is_none());
    npy::Options { array: reading.array.clone(), labels, labels_file: file, ..npy::Options::default() }
}

fn idx(reading: &Reading) -> idx::Options {
    let transpose = reading.transpose.unwrap_or(false);
    idx::Options { labels: labels_file(Format::Idx, reading), transpose, ..idx::Options::default() }
}

pub(crate) fn pictures(reading: &Reading) -> Result<images::Options, Error> {
    use images::resize::Fit;
    let standard = images::Options::default();
    Ok(images::Options {
        labels: labels(reading)?,
        channels: reading.channels,
        size: reading.size.map(|[width, height]| (width, height)),
        fit: match reading.fit {
            None | Some(own::Fit::Crop) => Fit::Crop,
            Some(own::Fit::Pad) => Fit::Pad,
            Some(own::Fit::Stretch) => Fit::Stretch,
        },
        background: reading.background.unwrap_or(standard.background),
    })
}

/// Options for recordings. By default a row has 1024 samples. With bands, a row has the spectra of one second, each
/// over 25 ms, one every 10 ms.
pub(crate) fn recordings(reading: &Reading) -> Result<wav::Options, Error> {
    let form = match (reading.bands, reading.rate) {
        (None, _) => {
            let window = reading.window.unwrap_or(1024);
            wav::Form::Windows { window, hop: reading.hop.unwrap_or(window) }
        }
        (Some(_), None) => return Err(Error::key("bands", "needs `rate`, the sample rate of the recordings")),
        (Some(bands), Some(rate)) => {
            let rate = rate as usize;
            let (frame, step, window) = ((rate / 40).max(1), (rate / 100).max(1), reading.window.unwrap_or(rate));
            if window < frame {
                let message = format!("{window} samples, expected at least the {frame} of one spectrum");
                return Err(Error::key("window", message));
            }
            let steps = (window - frame) / step + 1;
            let hop = reading.hop.unwrap_or(steps * step);
            if hop == 0 || !hop.is_multiple_of(step) {
                let message = format!("{hop} samples, expected a multiple of {step}, the distance between spectra");
                return Err(Error::key("hop", message));
            }
            wav::Form::Frames(wav::Mel { bands, frame, hop: step, steps, stride: hop / step })
        }
    };
    Ok(wav::Options { rate: reading.rate, form, labels: labels(reading)? })
}

pub(crate) fn texts(reading: &Reading) -> Result<text::Options, Error> {
    Ok(text::Options {
        unit: reading.unit.unwrap_or(own::Unit::Words),
        vocabulary: reading.vocabulary.unwrap_or(own::VOCABULARY),
        labels: labels(reading)?,
    })
}

fn labels(reading: &Reading) -> Result<Labels, Error> {
    match reading.label.as_deref() {
        None => Ok(Labels::None),
        Some("subfolder") => Ok(Labels::Subfolder),
        Some(file) => csv::labels::read(Path::new(file)).map(Labels::Table),
    }
}

/// Path of the file with the labels, if it is another file.
fn labels_file(format: Format, reading: &Reading) -> Option<PathBuf> {
    let label = reading.label.as_deref()?;
    let is_file = match format {
        Format::Table => false,
        Format::Npy => label.ends_with(".npy"),
        Format::Idx => true,
        Format::Images | Format::Wav | Format::Text => label != "subfolder",
    };
    is_file.then(|| PathBuf::from(label))
}

/// Names and paths of all files that are read.
fn sources(parts: &[Part], format: Format) -> Result<Vec<(String, PathBuf)>, Error> {
    let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut files = Vec::new();
    for Part { path, reading, .. } in parts {
        match format {
            Format::Table | Format::Npy | Format::Idx => files.push((name(path), path.clone())),
            Format::Images | Format::Wav | Format::Text => {
                let mut counts = Counts::default();
                let listed = match format {
                    Format::Images => list(path, &formats::PICTURES, &mut counts)?,
                    Format::Text => file_or_list(path, &formats::TEXTS, &mut counts)?,
                    _ => file_or_list(path, &formats::RECORDINGS, &mut counts)?,
                };
                files.extend(listed.into_iter().map(|file| (file.name, file.path)));
            }
        }
        files.extend(labels_file(format, reading).map(|path| (name(&path), path)));
    }
    // Check first that no file is a pipe, because opening one would wait.
    for (_, path) in &files {
        crate::open::regular(path)?;
    }
    Ok(files)
}
