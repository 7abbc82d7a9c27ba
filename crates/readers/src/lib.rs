//! Readers of tables, arrays, pictures, recordings and texts: each gives rows of one shape.
//!
//! Each format has its own module: [`csv`](mod@csv), [`npy`], [`idx`], [`images`], [`wav`] and [`text`]. A reader gives
//! rows to a [`Sink`] one by one, so that memory does not grow with the file. [`load`] chooses the reader and writes
//! the raw form that `datasets` loads, and [`describe`](mod@describe) shows what a file holds. Errors name file, row
//! and column.
//!
//! ```
//! use spec::own::Reading;
//!
//! let folder = tempfile::tempdir()?;
//! let path = folder.path().join("readings.csv");
//! std::fs::write(&path, "wear,heat\n0.1,40\n0.2,45\n0.4,60\n")?;
//! let facts = readers::describe::describe(&path, &Reading::default())?;
//! assert_eq!((facts.rows, facts.columns[1].greatest), (3, Some(60.0)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
    /// Bytes, each read as a multiple of 1/255.
    Bytes(&'a [u8]),
    /// Numbers of any size. A missing value is NaN.
    Floats(&'a [f32]),
    /// Words or characters of a text, each once, with the number of times that it occurs.
    Entries(&'a [(&'a str, u32)]),
}

/// Facts about a row apart from its values.
#[derive(Debug, Clone, Copy, Default)]
pub struct About<'a> {
    /// Name of its class.
    pub label: Option<&'a str>,
    /// Name of the row: a field of a table, or the path of a picture in its folder.
    pub id: Option<&'a str>,
    /// Group of the row: a field of a table, or the file of a recording. All rows of one group stay in one split.
    pub group: Option<&'a str>,
    /// Time of the row, in any unit that increases.
    pub time: Option<f64>,
    /// Name of the split that the file gives the row.
    pub split: Option<&'a str>,
    /// Line of the table where the row starts, from 1.
    pub line: Option<u64>,
}

/// A receiver of rows.
pub trait Sink {
    /// Takes the shape of every row, and the name of each value, if values have names. Called once, before the first
    /// row.
    ///
    /// # Errors
    /// If rows of this shape are not accepted or cannot be stored.
    fn begin(&mut self, shape: Shape, columns: &[String]) -> Result<(), Error>;

    /// Takes the next row.
    ///
    /// # Errors
    /// If the row cannot be stored.
    fn row(&mut self, values: Values<'_>, about: About<'_>) -> Result<(), Error>;
}
