//! NumPy arrays: a `.npy` file, or one array of an `.npz` archive.

mod fortran;
mod header;
mod npz;

use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use spec::Shape;

use self::fortran::Fortran;
use self::header::{Header, Type};
use crate::counts::Counts;
pub use crate::elements::Layout;
use crate::elements::{self, Element};
use crate::error::Error;
use crate::open::regular;
use crate::stream::{InOrder, Source, pour};
use crate::{Sink, open};

/// Options for reading an array.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Name of the array in an archive. By default it is the only array besides the labels, or the one named `x`, `X`
    /// or `data`.
    pub array: Option<String>,
    /// Name of the array in an archive with the class of each row. By default it is the array named `labels`, `label`,
    /// `y` or `target`, if there is one.
    pub labels: Option<String>,
    /// Path of a `.npy` file with the class of each row: whole numbers or texts, shape `(rows,)` or `(rows, 1)`.
    pub labels_file: Option<PathBuf>,
    /// Meaning of the dimensions.
    pub layout: Layout,
}

/// Reads an array of 2 to 4 dimensions, of which the first is the rows.
///
/// Bytes (`u1`) stay bytes. Booleans, integers and floating-point numbers of either byte order become the nearest
/// `f32`. Values in Fortran order are read in blocks of at most 32 MiB.
///
/// # Errors
/// If the file does not exist, is not an array, or is truncated or too long. If its values have another type or are
/// infinite. If the number of labels differs from that of the rows.
pub fn read(path: &Path, options: &Options, sink: &mut dyn Sink) -> Result<Counts, Error> {
    let (mut file, length) = regular(path)?;
    let mut magic = Vec::new();
    (&mut file).take(2).read_to_end(&mut magic).map_err(|error| Error::read(path, error))?;
    file.rewind().map_err(|error| Error::read(path, error))?;
    if magic == b"PK" {
        return npz::read(path, file, options, sink);
    }
    if let Some(name) = options.array.as_ref().or(options.labels.as_ref()) {
        let message = format!("the file is a single array, not an archive (.npz) with an array {name:?}");
        return Err(Error::file(path, message));
    }
    let fault = |message| Error::file(path, message);
    let (header, mut reader) = open_plain(path, file, length)?;
    let array = Array::of(&header, options.layout).map_err(fault)?;
    let mut labels = match &options.labels_file {
        Some(file) => Some(labels_file(file, array.rows)?),
        None => None,
    };
    if header.fortran {
        let mut source = Fortran::new(reader.into_inner(), header.bytes, &header.dimensions, array.element);
        return hand_over(path, &array, &mut source, &mut labels, sink);
    }
    hand_over(path, &array, &mut InOrder { reader: &mut reader, bytes: array.row_bytes() }, &mut labels, sink)
}

/// Reads the header of a `.npy` file, and checks that it matches the length of the file.
fn open_plain(path: &Path, file: File, length: u64) -> Result<(Header, BufReader<File>), Error> {
    let mut reader = BufReader::new(file);
    let header = Header::read(&mut reader).map_err(|message| Error::file(path, message))?;
    let values = header.dimensions.iter().try_fold(1_u64, |product, side| product.checked_mul(*side));
    let bytes = values.and_then(|values| values.checked_mul(header.values.bytes() as u64));
    let end = bytes.and_then(|bytes| bytes.checked_add(header.bytes));
    match end {
        Some(end) if end == length => Ok((header, reader)),
        Some(end) if end < length => {
            Err(Error::file(path, format!("the array ends at byte {end}, but the file has {length} bytes")))
        }
        _ => {
            let end = end.map_or("more bytes than there can be".to_owned(), |end| format!("{end} bytes"));
            let message = format!("the file is truncated: it has {length} bytes, but its header declares {end}");
            Err(Error::file(path, message))
        }
    }
}

/// An array of numbers.
struct Array {
    rows: u64,
    shape: Shape,
    element: Element,
}

impl Array {
    fn of(header: &Header, layout: Layout) -> Result<Self, String> {
        let Type::Number(element) = header.values else {
            return Err("the values are texts; numbers are expected".to_owned());
        };
        let (rows, shape) = elements::shape(&header.dimensions, layout)?;
        Ok(Self { rows, shape, element })
    }

    fn row_bytes(&self) -> usize {
        self.shape.values() * self.element.bytes()
    }
}

/// The class of each row, read one by one.
struct Labels<R> {
    values: Type,
    source: InOrder<R>,
    /// Path of the file, and name of the array in it.
    path: PathBuf,
    array: String,
    row: u64,
    bytes: Vec<u8>,
}

impl<R: Read> Labels<R> {
    fn new(path: &Path, array: &str, header: &Header, reader: R, rows: u64) -> Result<Self, Error> {
        let name = if array.is_empty() { String::new() } else { format!("array {array:?}: ") };
        match *header.dimensions {
            [count] | [count, 1] if count == rows => Ok(Self {
                values: header.values,
                source: InOrder { reader, bytes: header.values.bytes() },
                path: path.to_owned(),
                array: name,
                row: 0,
                bytes: Vec::new(),
            }),
            [count] | [count, 1] => {
                Err(Error::file(path, format!("{name}there are {count} labels for {rows} rows; one each is expected")))
            }
            _ => {
                let dimensions = header.dimensions.len();
                Err(Error::file(path, format!("{name}labels have {dimensions} dimensions; (rows,) is expected")))
            }
        }
    }

    fn fault(&self, message: &str) -> Error {
        Error::file(&self.path, format!("{}row {}: {message}", self.array, self.row))
    }

    fn next(&mut self) -> Result<Option<String>, Error> {
        let mut bytes = std::mem::take(&mut self.bytes);
        self.source.next(&mut bytes).map_err(|message| self.fault(&message))?;
        let label = self.values.label(&bytes).map_err(|message| self.fault(&message))?;
        self.bytes = bytes;
        self.row += 1;
        Ok(label)
    }
}

fn labels_file(path: &Path, rows: u64) -> Result<Labels<BufReader<File>>, Error> {
    let (file, length) = open::regular(path)?;
    let (header, reader) = open_plain(path, file, length)?;
    Labels::new(path, "", &header, reader, rows)
}

fn hand_over<R: Read>(
    path: &Path,
    array: &Array,
    source: &mut dyn Source,
    labels: &mut Option<Labels<R>>,
    sink: &mut dyn Sink,
) -> Result<Counts, Error> {
    let place = (array.rows, array.shape);
    match labels {
        Some(labels) => {
            let counts = pour(path, place, array.element, source, Some(&mut || labels.next()), sink)?;
            labels.source.end().map_err(|message| labels.fault(&message))?;
            Ok(counts)
        }
        None => pour(path, place, array.element, source, None, sink),
    }
}
