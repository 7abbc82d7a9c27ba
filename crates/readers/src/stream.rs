//! Reading of rows of numbers from a stream of bytes, one row at a time.

use std::io::{self, Read};
use std::path::Path;

use spec::Shape;

use crate::counts::Counts;
use crate::elements::{Element, Kind};
use crate::error::Error;
use crate::{About, Sink, Values};

/// A source of rows as bytes.
pub(crate) trait Source {
    /// Reads the next row, and replaces the contents of `row`.
    ///
    /// # Errors
    /// If the bytes end or cannot be read.
    fn next(&mut self, row: &mut Vec<u8>) -> Result<(), String>;

    /// Checks the end of the bytes. Called after the last row.
    ///
    /// # Errors
    /// If bytes follow, or a checksum shows that earlier bytes were damaged.
    fn end(&mut self) -> Result<(), String>;
}

/// Rows that are stored one after another.
pub(crate) struct InOrder<R> {
    pub(crate) reader: R,
    /// Size of a row in bytes.
    pub(crate) bytes: usize,
}

impl<R: Read> Source for InOrder<R> {
    fn next(&mut self, row: &mut Vec<u8>) -> Result<(), String> {
        exactly(&mut self.reader, self.bytes, row)
    }

    fn end(&mut self) -> Result<(), String> {
        match self.reader.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err("bytes follow after the last row, but the file should end there".to_owned()),
            Err(error) => Err(damaged(&error)),
        }
    }
}

/// Reads `count` bytes, and replaces the contents of `to`. Memory grows with the bytes that are read, not with the
/// number in a header.
pub(crate) fn exactly(reader: &mut impl Read, count: usize, to: &mut Vec<u8>) -> Result<(), String> {
    to.clear();
    let read = reader.take(count as u64).read_to_end(to).map_err(|error| damaged(&error))?;
    if read < count {
        return Err(format!("the file is truncated: it ends {} bytes too early", count - read));
    }
    Ok(())
}

fn damaged(error: &io::Error) -> String {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return "the file is truncated: its compressed bytes end too early".to_owned();
    }
    format!("the bytes cannot be read: {error}")
}

/// Callback that gives the class name of the next row.
pub(crate) type NextLabel<'a> = dyn FnMut() -> Result<Option<String>, Error> + 'a;

/// Gives `rows` rows to the sink: bytes as they are, other numbers as `f32`.
pub(crate) fn pour(
    path: &Path,
    (rows, shape): (u64, Shape),
    element: Element,
    source: &mut dyn Source,
    mut labels: Option<&mut NextLabel<'_>>,
    sink: &mut dyn Sink,
) -> Result<Counts, Error> {
    sink.begin(shape, &[])?;
    let (mut bytes, mut floats) = (Vec::new(), Vec::new());
    for row in 0..rows {
        let place = |message| Error::file(path, format!("row {row}: {message}"));
        source.next(&mut bytes).map_err(place)?;
        let label = match &mut labels {
            Some(next) => next()?,
            None => None,
        };
        let about = About { label: label.as_deref(), ..About::default() };
        if element.kind == Kind::U8 {
            sink.row(Values::Bytes(&bytes), about)?;
        } else {
            element.floats(&bytes, &mut floats).map_err(place)?;
            sink.row(Values::Floats(&floats), about)?;
        }
    }
    source.end().map_err(|message| Error::file(path, message))?;
    Ok(Counts { rows, element: Some(element.name()), ..Counts::default() })
}
