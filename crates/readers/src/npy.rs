//! Arrays of NumPy's: a `.npy` file, or one array of a `.npz` archive.

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

/// How an array is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Name of the array of an archive. Without a name the archive holds one array besides the labels, or one that is named `x`,
    /// `X` or `data`.
    pub array: Option<String>,
    /// Name of the array of an archive with the class of each row. Without a name it is the one named `labels`, `label`, `y` or
    /// `target`, where there is one.
    pub labels: Option<String>,
    /// A `.npy` file with the class of each row: whole numbers or texts, `(rows,)` or `(rows, 1)`.
    pub labels_file: Option<PathBuf>,
    /// How the dimensions are read.
    pub layout: Layout,
}

/// Reads an array of 2 to 4 dimensions, whose first dimension is the rows. Bytes (`u1`) stay bytes; booleans, integers and floating-point
/// numbers of either byte order become the nearest `f32`. Values in Fortran's order are read in blocks of 32 MiB at most.
///
/// # Errors
/// When the file is not there or is no array, or is truncated or too long. When its values are of another type or infinite. When
/// there are more or fewer labels than rows.
pub fn read(path: &Path, options: &Options, sink: &mut dyn Sink) -> Result<Counts, Error> {
    let (mut file, length) = regular(path)?;
    let mut magic = Vec::new();
    (&mut file).take(2).read_to_end(&mut magic).map_err(|error| Error::read(path, error))?;
    file.rewind().map_err(|error| Error::read(path, error))?;
    if magic == b"PK" {
        return npz::read(path, file, options, sink);
    }
    if let Some(name) = options.array.as_ref().or(options.labels.as_ref()) {
        let message = format!("the file is one array, and no archive (.npz) with an array {name:?}");
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

/// Reads the header of a `.npy` file, and checks the length of the file against it.
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
            let message = format!("the file is truncated: it has {length} bytes, and its header declares {end}");
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

/// The classes of rows, one after another.
struct Labels<R> {
    values: Type,
    source: InOrder<R>,
    /// The file, and the name of the array in it.
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
