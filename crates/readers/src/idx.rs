//! IDX files, the format of MNIST, with any number of rows and any sides, plain or gzipped:
//! <http://yann.lecun.com/exdb/mnist/>.

use std::io::{BufReader, Read, Seek};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use spec::Shape;

use crate::Sink;
use crate::counts::Counts;
use crate::elements::{self, Element, Kind, Layout};
use crate::error::Error;
use crate::open::regular;
use crate::stream::{InOrder, Source, exactly, pour};

/// Options for reading an IDX file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Path of an IDX file of one dimension with the class of each row.
    pub labels: Option<PathBuf>,
    /// True if pixels are stored column by column, as in EMNIST. Each image is then transposed.
    pub transpose: bool,
    /// Meaning of the dimensions.
    pub layout: Layout,
}

/// Reads a file of 2 to 4 dimensions, of which the first is the rows. Unsigned bytes stay bytes. Signed bytes, integers
/// of 16 and 32 bits and floating-point numbers become the nearest `f32`.
///
/// # Errors
/// If the file does not exist, has another format, is truncated or too long, or if the number of labels differs from
/// that of the rows.
pub fn read(path: &Path, options: &Options, sink: &mut dyn Sink) -> Result<Counts, Error> {
    let fault = |message| Error::file(path, message);
    let mut file = Opened::new(path)?;
    let (rows, mut shape) = elements::shape(&file.dimensions, options.layout).map_err(fault)?;
    let mut labels = match &options.labels {
        Some(path) => Some(Labels::new(path, rows)?),
        None => None,
    };
    let bytes = shape.values() * file.element.bytes();
    let mut source = InOrder { reader: &mut file.reader, bytes };
    let mut turned;
    let source: &mut dyn Source = match (options.transpose, shape) {
        (false, _) => &mut source,
        (true, Shape::Image { height, width, channels }) => {
            shape = Shape::Image { height: width, width: height, channels };
            turned = Transposed { source, height, width, pixel: channels * file.element.bytes(), stored: Vec::new() };
            &mut turned
        }
        (true, other) => return Err(fault(format!("rows of {other} cannot be transposed; images are expected"))),
    };
    let Some(labels) = &mut labels else { return pour(path, (rows, shape), file.element, source, None, sink) };
    let counts = pour(path, (rows, shape), file.element, source, Some(&mut || labels.next()), sink)?;
    labels.end()?;
    Ok(counts)
}

/// A file after its header has been read.
struct Opened {
    element: Element,
    dimensions: Vec<u64>,
    /// Reader at the first value.
    reader: Box<dyn Read>,
}

impl Opened {
    fn new(path: &Path) -> Result<Self, Error> {
        let (mut file, length) = regular(path)?;
        let mut magic = Vec::new();
        let read = (&mut file).take(2).read_to_end(&mut magic).and_then(|_| file.rewind());
        read.map_err(|error| Error::read(path, error))?;
        let gzip = magic == [0x1f, 0x8b];
        let reader = BufReader::new(file);
        let mut reader: Box<dyn Read> =
            if gzip { Box::new(BufReader::new(MultiGzDecoder::new(reader))) } else { Box::new(reader) };
        let (element, dimensions) = header(&mut reader).map_err(|message| Error::file(path, message))?;
        // The unpacked length of a gzip file is known only at its end.
        if !gzip {
            let values = dimensions.iter().try_fold(1_u64, |product, side| product.checked_mul(*side));
            let bytes = values.and_then(|values| values.checked_mul(element.bytes() as u64));
            let end = bytes.and_then(|bytes| bytes.checked_add(4 + 4 * dimensions.len() as u64));
            if end != Some(length) {
                let end = end.map_or("more bytes than there can be".to_owned(), |end| format!("{end} bytes"));
                let message = format!("the file has {length} bytes, but its header declares {end}");
                return Err(Error::file(path, message));
            }
        }
        Ok(Self { element, dimensions, reader })
    }
}

/// Reads the header, and no byte more.
fn header(reader: &mut impl Read) -> Result<(Element, Vec<u64>), String> {
    let mut bytes = Vec::new();
    exactly(reader, 4, &mut bytes)?;
    let &[0, 0, kind, dimensions] = bytes.as_slice() else {
        return Err("byte 0: this is not an IDX file; two bytes of 0 are expected".to_owned());
    };
    let kind = match kind {
        0x08 => Kind::U8,
        0x09 => Kind::I8,
        0x0b => Kind::I16,
        0x0c => Kind::I32,
        0x0d => Kind::F32,
        0x0e => Kind::F64,
        _ => return Err(format!("byte 2: the type is {kind:#04x}; 0x08, 0x09, 0x0b, 0x0c, 0x0d or 0x0e are expected")),
    };
    exactly(reader, 4 * usize::from(dimensions), &mut bytes)?;
    let side = |side: &[u8]| side.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    Ok((Element { kind, big_endian: true }, bytes.chunks_exact(4).map(side).collect()))
}

/// The class of each row, read one by one.
struct Labels {
    path: PathBuf,
    element: Element,
    source: InOrder<Box<dyn Read>>,
    row: u64,
    bytes: Vec<u8>,
}

impl Labels {
    fn new(path: &Path, rows: u64) -> Result<Self, Error> {
        let Opened { element, dimensions, reader } = Opened::new(path)?;
        match *dimensions {
            [count] if count == rows => {}
            [count] => {
                return Err(Error::file(
                    path,
                    format!("there are {count} labels for {rows} rows; one each is expected"),
                ));
            }
            _ => {
                let message = format!("labels have {} dimensions; 1 is expected", dimensions.len());
                return Err(Error::file(path, message));
            }
        }
        let source = InOrder { reader, bytes: element.bytes() };
        Ok(Self { path: path.to_owned(), element, source, row: 0, bytes: Vec::new() })
    }

    fn next(&mut self) -> Result<Option<String>, Error> {
        let label = self.source.next(&mut self.bytes).and_then(|()| self.element.label(&self.bytes));
        let label = label.map_err(|message| Error::file(&self.path, format!("row {}: {message}", self.row)))?;
        self.row += 1;
        Ok(Some(label))
    }

    fn end(&mut self) -> Result<(), Error> {
        self.source.end().map_err(|message| Error::file(&self.path, message))
    }
}

/// Images that are stored column by column.
struct Transposed<S> {
    source: S,
    /// Height and width of the image as it is stored.
    height: usize,
    width: usize,
    /// Size of a pixel in bytes.
    pixel: usize,
    stored: Vec<u8>,
}

impl<S: Source> Source for Transposed<S> {
    fn next(&mut self, row: &mut Vec<u8>) -> Result<(), String> {
        self.source.next(&mut self.stored)?;
        row.clear();
        for x in 0..self.width {
            for y in 0..self.height {
                row.extend_from_slice(&self.stored[(y * self.width + x) * self.pixel..][..self.pixel]);
            }
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), String> {
        self.source.end()
    }
}
