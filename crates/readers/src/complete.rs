//! Treatment of rows of arrays with a missing value.

use std::path::Path;

use spec::Shape;

use crate::csv::{ADVICE, Missing};
use crate::{About, Error, Sink, Values};

/// A sink that passes on complete rows, and treats other rows as `missing` says.
pub(crate) struct Complete<'a> {
    path: &'a Path,
    missing: Missing,
    sink: &'a mut dyn Sink,
    row: usize,
    /// Number of rows that were left out.
    pub(crate) dropped: usize,
}

impl<'a> Complete<'a> {
    pub(crate) fn new(path: &'a Path, missing: Missing, sink: &'a mut dyn Sink) -> Self {
        Self { path, missing, sink, row: 0, dropped: 0 }
    }
}

impl Sink for Complete<'_> {
    fn begin(&mut self, shape: Shape, columns: &[String]) -> Result<(), Error> {
        self.sink.begin(shape, columns)
    }

    fn row(&mut self, values: Values<'_>, about: About<'_>) -> Result<(), Error> {
        let row = self.row;
        self.row += 1;
        let missing = match values {
            Values::Floats(values) if self.missing != Missing::Keep => values.iter().position(|value| value.is_nan()),
            _ => None,
        };
        match missing {
            None => self.sink.row(values, about),
            Some(_) if self.missing == Missing::Drop => {
                self.dropped += 1;
                Ok(())
            }
            Some(place) => {
                Err(Error::file(self.path, format!("row {row}, column {place}: a value is missing (NaN); {ADVICE}")))
            }
        }
    }
}
