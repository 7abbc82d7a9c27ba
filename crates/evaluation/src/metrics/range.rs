//! Whether a measured value is one that its number may have.

use record::ranges;

use crate::error::Error;

/// Checks a measured value against the range of its number.
///
/// # Errors
/// When the value is outside.
pub(crate) fn in_range(subject: &str, field: &'static str, value: f64) -> Result<(), Error> {
    match ranges::broken(field, value) {
        None => Ok(()),
        Some(range) => Err(Error::Measure { subject: subject.to_owned(), field, value, range }),
    }
}
