//! Output of new rows: a CSV file, a NumPy array or a folder of pictures. It gets its name only when it is complete.

use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use system::storage::NewFile;
use system::written::{csv_field, npy_header};

use crate::blocks::Block;
use crate::pictures::Pictures;
use crate::rows::Form;

/// A file that is being written under a temporary name.
pub(crate) struct OutputFile {
    path: PathBuf,
    file: BufWriter<NewFile>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Csv,
    Npy,
}

/// Kind of a file, by the ending of its name.
pub(crate) fn kind(path: &Path) -> Option<Kind> {
    match path.extension()?.to_str()? {
        "csv" => Some(Kind::Csv),
        "npy" => Some(Kind::Npy),
        _ => None,
    }
}

impl OutputFile {
    pub(crate) fn create(path: &Path) -> Result<Self, anyhow::Error> {
        if path.exists() {
            bail!("{} is there already; choose another name", path.display());
        }
        Ok(Self { path: path.to_owned(), file: BufWriter::with_capacity(1 << 20, NewFile::create(path)?) })
    }

    /// Starts a NumPy file with an f32 array of this shape, whose values follow.
    fn create_npy(path: &Path, shape: &[usize]) -> Result<Self, anyhow::Error> {
        let mut output = Self::create(path)?;
        output.add(&npy_header("<f4", shape))?;
        Ok(output)
    }

    /// Appends bytes to the file.
    pub(crate) fn add(&mut self, bytes: &[u8]) -> Result<(), anyhow::Error> {
        self.file.write_all(bytes).with_context(|| format!("writing {}", self.path.display()))
    }

    /// Gives the complete file its name.
    pub(crate) fn finish(self) -> Result<(), anyhow::Error> {
        let file = self.file.into_inner().map_err(|error| error.into_error());
        file.with_context(|| format!("writing {}", self.path.display()))?.finish(true)?;
        Ok(())
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Writer of codes or reconstructions of rows.
pub(crate) struct Results<'a> {
    format: Format<'a>,
    bytes: Bytes,
}

/// The file for results; none if they are pictures.
pub(crate) struct Bytes(Option<OutputFile>);

/// Format of results.
pub(crate) struct Format<'a> {
    to: To,
    /// Form of the rows, if numbers are written in the units of the data.
    form: Option<&'a Form>,
}

enum To {
    Csv,
    Npy,
    Pictures(Pictures),
}

impl<'a> Results<'a> {
    /// Starts a file for the codes of `count` rows.
    pub(crate) fn codes(path: &Path, count: usize, size: usize) -> Result<Self, anyhow::Error> {
        let (to, file) = match kind(path) {
            Some(Kind::Csv) => (To::Csv, csv(path, (0..size).map(|unit| format!("code {unit}")))?),
            Some(Kind::Npy) => (To::Npy, OutputFile::create_npy(path, &[count, size])?),
            None => bail!("{}: expected a name that ends in .csv or .npy", path.display()),
        };
        Ok(Self { format: Format { to, form: None }, bytes: Bytes(Some(file)) })
    }

    /// Starts a file or folder for the reconstructions of `count` rows.
    pub(crate) fn reconstructions(path: &Path, count: usize, form: &'a Form) -> Result<Self, anyhow::Error> {
        let sides = form.sides();
        let (to, file) = match kind(path) {
            Some(Kind::Csv) if sides.len() > 1 => {
                bail!("{}: rows of {} are written as .npy", path.display(), form.shape)
            }
            Some(Kind::Csv) => (To::Csv, Some(csv(path, (0..form.shape.values()).map(|value| form.column(value)))?)),
            Some(Kind::Npy) => (To::Npy, Some(OutputFile::create_npy(path, &[&[count], &sides[..]].concat())?)),
            None => (To::Pictures(Pictures::create(path, form)?), None),
        };
        Ok(Self { format: Format { to, form: Some(form) }, bytes: Bytes(file) })
    }

    /// The two halves of the writer: one turns blocks into bytes or writes pictures, the other writes the bytes.
    pub(crate) fn parts(&mut self) -> (&Format<'a>, &mut Bytes) {
        (&self.format, &mut self.bytes)
    }

    /// Gives the complete file or folder its name.
    pub(crate) fn finish(self) -> Result<(), anyhow::Error> {
        if let Some(file) = self.bytes.0 {
            file.finish()?;
        }
        if let To::Pictures(pictures) = self.format.to {
            pictures.finish()?;
        }
        Ok(())
    }
}

impl Bytes {
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), anyhow::Error> {
        self.0.as_mut().map_or(Ok(()), |file| file.add(bytes))
    }
}

impl Format<'_> {
    /// Bytes of the results of a block. Empty for pictures, which are separate files.
    pub(crate) fn bytes(&self, block: &Block<'_>) -> Result<Vec<u8>, anyhow::Error> {
        let values = |row: usize| {
            let values = block.results.row(row).iter().enumerate();
            values.map(move |(place, value)| self.form.map_or(*value, |form| form.unscaled(place, *value)))
        };
        let mut rows = 0..block.results.rows();
        match &self.to {
            To::Csv => {
                let mut text = String::new();
                for row in rows {
                    text += &csv_field(&block.id(row));
                    for value in values(row) {
                        let _ = write!(text, ",{value:?}");
                    }
                    text.push('\n');
                }
                Ok(text.into_bytes())
            }
            To::Npy => Ok(rows.flat_map(values).flat_map(f32::to_le_bytes).collect()),
            To::Pictures(pictures) => {
                rows.try_for_each(|row| pictures.row(&block.id(row), block.results.row(row)))?;
                Ok(Vec::new())
            }
        }
    }
}

/// Starts a table with these columns.
fn csv(path: &Path, names: impl Iterator<Item = String>) -> Result<OutputFile, anyhow::Error> {
    let mut file = OutputFile::create(path)?;
    let names: String = names.map(|name| format!(",{}", csv_field(&name))).collect();
    file.add(format!("row{names}\n").as_bytes())?;
    Ok(file)
}
