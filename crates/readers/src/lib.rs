//! Reads tables, arrays, pictures, sound and text as rows of one shape. Each format has a file of its own, which hands its rows to a
//! [`Sink`] one by one, so that memory does not grow with the file.

mod checksum;
mod complete;
pub mod counts;
pub mod csv;
pub mod describe;
mod elements;
pub mod error;
pub mod formats;
pub mod idx;
pub mod images;
pub mod load;
pub mod npy;
pub mod open;
pub mod raw;
mod stream;
pub mod text;
pub mod wav;
mod windows;

use spec::Shape;

pub use self::counts::Counts;
pub use self::error::Error;

/// The values of one row, in the order of the shape.
#[derive(Debug, Clone, Copy)]
pub enum Values<'a> {
    /// Each is read as so many 255ths.
    Bytes(&'a [u8]),
    /// Numbers of any size; NaN where a value is missing.
    Floats(&'a [f32]),
    /// Words or characters of a text, each once, and how often it is there.
    Entries(&'a [(&'a str, u32)]),
}

/// What is known of a row besides its values.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// Name of its class.
    pub label: Option<&'a str>,
    /// Name of the row: a field of a table, or the file of a picture below its folder.
    pub id: Option<&'a str>,
    /// Rows of one group stay in one split: a field of a table, or the file of a recording.
    pub group: Option<&'a str>,
    /// When it was measured, in any unit that rises.
    pub time: Option<f64>,
    /// The split that the file names for it.
    pub split: Option<&'a str>,
    /// The line of a table where it begins, from 1.
    pub line: Option<u64>,
}

/// Takes rows as a reader finds them.
pub trait Sink {
    /// Comes first, and once: the shape of every row, and the name of each value, or no names.
    ///
    /// # Errors
    /// When rows of this shape are not wanted or cannot be kept.
    fn begin(&mut self, shape: Shape, columns: &[String]) -> Result<(), Error>;

    /// The next row.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn row(&mut self, values: Values<'_>, about: About<'_>) -> Result<(), Error>;
}
