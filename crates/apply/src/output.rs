//! What is written of new rows: a CSV file, an array of NumPy, or a folder of pictures. It has its name when all of it is there, and
//! not before.

use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use system::storage::NewFile;
use system::written::{csv_field, npy_header};

use crate::blocks::Block;
use crate::pictures::Pictures;
use crate::rows::Form;

/// A file that is being written.
pub(crate) struct OutputFile {
    path: PathBuf,
    file: BufWriter<NewFile>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Csv,
    Npy,
}

/// The kind of a file by its name.
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

    /// An array of f32 of this shape follows.
    fn create_npy(path: &Path, shape: &[usize]) -> Result<Self, anyhow::Error> {
        let mut output = Self::create(path)?;
        output.write(&npy_header("<f4", shape))?;
        Ok(output)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), anyhow::Error> {
        self.file.write_all(bytes).with_context(|| format!("writing {}", self.path.display()))
    }

    /// Gives the file its name.
    pub(crate) fn finish(self) -> Result<(), anyhow::Error> {
        let file = self.file.into_inner().map_err(|error| error.into_error());
        file.with_context(|| format!("writing {}", self.path.display()))?.finish(true)?;
        Ok(())
    }
}

/// Codes of rows, or what the network makes of them.
pub(crate) struct Results<'a> {
    to: To,
    /// Where numbers are to be in the units of the data.
    form: Option<&'a Form>,
}

enum To {
    Csv(OutputFile),
    Npy(OutputFile),
    Pictures(Pictures),
}

impl<'a> Results<'a> {
    /// Codes of `count` rows.
    pub(crate) fn codes(path: &Path, count: usize, size: usize) -> Result<Self, anyhow::Error> {
        let names = (0..size).map(|unit| format!("code {unit}"));
        let to = match kind(path) {
            Some(Kind::Csv) => To::csv(path, names)?,
            Some(Kind::Npy) => To::Npy(OutputFile::create_npy(path, &[count, size])?),
            None => bail!("{}: expected a name that ends in .csv or .npy", path.display()),
        };
        Ok(Self { to, form: None })
    }

    /// Reconstructions of `count` rows.
    pub(crate) fn reconstructions(path: &Path, count: usize, form: &'a Form) -> Result<Self, anyhow::Error> {
        let sides = form.sides();
        let to = match kind(path) {
            Some(Kind::Csv) if sides.len() > 1 => {
                bail!("{}: rows of {} are written as .npy", path.display(), form.shape)
            }
            Some(Kind::Csv) => To::csv(path, (0..form.shape.values()).map(|value| form.column(value)))?,
            Some(Kind::Npy) => To::Npy(OutputFile::create_npy(path, &[&[count], &sides[..]].concat())?),
            None => To::Pictures(Pictures::create(path, form)?),
        };
        Ok(Self { to, form: Some(form) })
    }

    /// How results become bytes.
    pub(crate) fn format(&self) -> Format<'a> {
        let kind = match self.to {
            To::Csv(_) => Some(Kind::Csv),
            To::Npy(_) => Some(Kind::Npy),
            To::Pictures(_) => None,
        };
        Format { kind, form: self.form }
    }

    /// Writes the results of a block, of which these are the bytes.
    pub(crate) fn add(&mut self, block: &Block<'_>, bytes: &[u8]) -> Result<(), anyhow::Error> {
        match &mut self.to {
            To::Csv(file) | To::Npy(file) => file.write(bytes),
            To::Pictures(pictures) => {
                (0..block.results.rows()).try_for_each(|row| pictures.row(&block.id(row), block.results.row(row)))
            }
        }
    }

    /// Gives the file or folder its name.
    pub(crate) fn finish(self) -> Result<(), anyhow::Error> {
        match self.to {
            To::Csv(file) | To::Npy(file) => file.finish(),
            To::Pictures(pictures) => pictures.finish(),
        }
    }
}

/// How results become the bytes of a file; pictures are files of their own.
#[derive(Clone, Copy)]
pub(crate) struct Format<'a> {
    kind: Option<Kind>,
    form: Option<&'a Form>,
}

impl Format<'_> {
    /// The bytes of the results of a block.
    pub(crate) fn bytes(self, block: &Block<'_>) -> Vec<u8> {
        let values = |row: usize| {
            let values = block.results.row(row).iter().enumerate();
            values.map(move |(place, value)| self.form.map_or(*value, |form| form.unscaled(place, *value)))
        };
        let rows = 0..block.results.rows();
        match self.kind {
            Some(Kind::Csv) => {
                let mut text = String::new();
                for row in rows {
                    text += &csv_field(&block.id(row));
                    for value in values(row) {
                        let _ = write!(text, ",{value}");
                    }
                    text.push('\n');
                }
                text.into_bytes()
            }
            Some(Kind::Npy) => rows.flat_map(values).flat_map(f32::to_le_bytes).collect(),
            None => Vec::new(),
        }
    }
}

impl To {
    fn csv(path: &Path, names: impl Iterator<Item = String>) -> Result<Self, anyhow::Error> {
        let mut file = OutputFile::create(path)?;
        let names: String = names.map(|name| format!(",{}", csv_field(&name))).collect();
        file.write(format!("row{names}\n").as_bytes())?;
        Ok(Self::Csv(file))
    }
}
