//! Checks measured values against the ranges of their numbers.

use record::ranges;

use crate::error::Error;

/// Checks that a measured value is within the range of its number.
///
/// # Errors
/// When the value is outside its range.
pub(crate) fn in_range(subject: &str, field: &'static str, value: f64) -> Result<(), Error> {
    match ranges::broken(field, value) {
        None => Ok(()),
        Some(range) => Err(Error::Measure { subject: subject.to_owned(), field, value, range }),
    }
}
