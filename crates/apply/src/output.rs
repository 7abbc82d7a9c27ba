//! What is written of new rows: a CSV file, an array of NumPy, or a folder of pictures. It has its name when all of it is there, and
//! not before.

use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use system::storage::NewFile;

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
        let sides: String = shape.iter().map(|side| format!("{side}, ")).collect();
        let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({sides}), }}");
        // The values begin at a multiple of 64 bytes.
        while (10 + header.len() + 1) % 64 != 0 {
            header.push(' ');
        }
        header.push('\n');
        let length = u16::try_from(header.len()).context("spelling the shape")?;
        output.write(&[b"\x93NUMPY\x01\x00".as_slice(), &length.to_le_bytes(), header.as_bytes()].concat())?;
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

/// A field of a CSV file.
pub(crate) fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
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

    /// Writes the results of a block.
    pub(crate) fn add(&mut self, block: &Block<'_>) -> Result<(), anyhow::Error> {
        let form = self.form;
        let values = |row: usize| {
            let values = block.results.row(row).iter().enumerate();
            values.map(move |(place, value)| form.map_or(*value, |form| form.unscaled(place, *value)))
        };
        let mut rows = 0..block.results.rows();
        match &mut self.to {
            To::Csv(file) => {
                let mut text = String::new();
                for row in rows {
                    text += &field(&block.id(row));
                    for value in values(row) {
                        let _ = write!(text, ",{value}");
                    }
                    text.push('\n');
                }
                file.write(text.as_bytes())
            }
            To::Npy(file) => {
                let bytes: Vec<u8> = rows.flat_map(values).flat_map(f32::to_le_bytes).collect();
                file.write(&bytes)
            }
            To::Pictures(pictures) => rows.try_for_each(|row| pictures.row(&block.id(row), block.results.row(row))),
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

impl To {
    fn csv(path: &Path, names: impl Iterator<Item = String>) -> Result<Self, anyhow::Error> {
        let mut file = OutputFile::create(path)?;
        let names: String = names.map(|name| format!(",{}", field(&name))).collect();
        file.write(format!("row{names}\n").as_bytes())?;
        Ok(Self::Csv(file))
    }
}
