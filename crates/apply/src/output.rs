//! What is written of new rows: a CSV file, or an array of NumPy. It has its name when all of it is there, and not before.

use std::fmt::Write as _;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use datasets::own::Scaling;
use system::storage::NewFile;

use crate::Block;
use crate::rows::{Chunk, Form};
use crate::threshold::Threshold;

/// Takes rows in order.
pub(crate) trait Output {
    fn add(&mut self, chunk: &Chunk, block: &Block) -> Result<(), anyhow::Error>;

    /// Gives the file its name, and tells what is to be said of the rows behind their number.
    fn finish(self: Box<Self>) -> Result<String, anyhow::Error>;
}

struct OutputFile {
    path: PathBuf,
    file: BufWriter<NewFile>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Csv,
    Npy,
}

/// The kind of a file by its name.
fn kind(path: &Path) -> Result<Kind, anyhow::Error> {
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    match ending {
        "csv" => Ok(Kind::Csv),
        "npy" => Ok(Kind::Npy),
        _ => Err(anyhow!("{}: expected a name that ends in .csv or .npy", path.display())),
    }
}

impl OutputFile {
    fn create(path: &Path) -> Result<Self, anyhow::Error> {
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

    fn write(&mut self, bytes: &[u8]) -> Result<(), anyhow::Error> {
        self.file.write_all(bytes).with_context(|| format!("writing {}", self.path.display()))
    }

    fn finish(self) -> Result<(), anyhow::Error> {
        let file = self.file.into_inner().map_err(|error| error.into_error());
        file.with_context(|| format!("writing {}", self.path.display()))?.finish(true)?;
        Ok(())
    }
}

/// A field of a CSV file.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

/// Codes of rows, or what the network makes of them.
pub(crate) struct Numbers<'a> {
    output: OutputFile,
    kind: Kind,
    /// Where numbers are to be in the units of the data.
    form: Option<&'a Form>,
}

impl<'a> Numbers<'a> {
    /// Codes of `count` rows.
    pub(crate) fn codes(path: &Path, count: usize, size: usize) -> Result<Self, anyhow::Error> {
        let names = (0..size).map(|unit| format!("code {unit}"));
        Self::create(path, count, &[size], names, None)
    }

    /// Reconstructions of `count` rows.
    pub(crate) fn reconstructions(path: &Path, count: usize, form: &'a Form) -> Result<Self, anyhow::Error> {
        let sides = form.sides();
        if kind(path)? == Kind::Csv && sides.len() > 1 {
            bail!("{}: rows of {} are written as .npy", path.display(), form.shape);
        }
        let names = (0..form.shape.values()).map(|value| form.column(value));
        Self::create(path, count, &sides, names, Some(form))
    }

    fn create(
        path: &Path,
        count: usize,
        sides: &[usize],
        names: impl Iterator<Item = String>,
        form: Option<&'a Form>,
    ) -> Result<Self, anyhow::Error> {
        let kind = kind(path)?;
        let output = match kind {
            Kind::Npy => OutputFile::create_npy(path, &[&[count], sides].concat())?,
            Kind::Csv => {
                let mut output = OutputFile::create(path)?;
                let names: String = names.map(|name| format!(",{}", field(&name))).collect();
                output.write(format!("row{names}\n").as_bytes())?;
                output
            }
        };
        Ok(Self { output, kind, form })
    }

    /// A number in the unit of its column.
    fn unscaled(&self, place: usize, value: f32) -> f32 {
        let Some(form) = self.form else { return value };
        match &form.scaling {
            Some(Scaling { columns }) => {
                let column = columns[place % columns.len()];
                (f64::from(value) * column.scale + column.centre) as f32
            }
            None if form.is_bytes => 255.0 * value,
            None => value,
        }
    }
}

impl Output for Numbers<'_> {
    fn add(&mut self, chunk: &Chunk, block: &Block) -> Result<(), anyhow::Error> {
        let mut text = String::new();
        for row in 0..block.results.rows() {
            let values = block.results.row(row).iter().enumerate().map(|(place, value)| self.unscaled(place, *value));
            if self.kind == Kind::Npy {
                let bytes: Vec<u8> = values.flat_map(f32::to_le_bytes).collect();
                self.output.write(&bytes)?;
                continue;
            }
            text += &field(&chunk.id(block.first + row));
            for value in values {
                let _ = write!(text, ",{value}");
            }
            text.push('\n');
        }
        self.output.write(text.as_bytes())
    }

    fn finish(self: Box<Self>) -> Result<String, anyhow::Error> {
        self.output.finish()?;
        Ok(String::new())
    }
}

/// Errors of rows, and where they come from.
pub(crate) struct Scores<'a> {
    output: OutputFile,
    form: &'a Form,
    threshold: Option<&'a Threshold>,
    flagged: usize,
}

impl<'a> Scores<'a> {
    pub(crate) fn create(path: &Path, form: &'a Form, threshold: Option<&'a Threshold>) -> Result<Self, anyhow::Error> {
        if kind(path)? != Kind::Csv {
            bail!("{}: scores are written as .csv", path.display());
        }
        let mut output = OutputFile::create(path)?;
        let flagged = if threshold.is_some() { ",flagged" } else { "" };
        output.write(format!("row,error,column,share{flagged}\n").as_bytes())?;
        Ok(Self { output, form, threshold, flagged: 0 })
    }
}

impl Output for Scores<'_> {
    fn add(&mut self, chunk: &Chunk, block: &Block) -> Result<(), anyhow::Error> {
        let count = self.form.shape.columns();
        let mut text = String::new();
        for (row, error) in block.errors().enumerate() {
            let mut of_column = vec![0.0_f64; count];
            let pairs = block.rows.row(row).iter().zip(block.results.row(row));
            pairs
                .enumerate()
                .for_each(|(place, (value, output))| of_column[place % count] += f64::from(value - output).powi(2));
            let all: f64 = of_column.iter().sum();
            let worst = (0..count).rev().max_by(|a, b| of_column[*a].total_cmp(&of_column[*b])).unwrap_or(0);
            let share = if all > 0.0 { of_column[worst] / all } else { 0.0 };
            let (id, column) = (field(&chunk.id(block.first + row)), field(&self.form.column(worst)));
            let _ = write!(text, "{id},{error},{column},{share:.4}");
            if let Some(threshold) = self.threshold {
                let is_flagged = error > threshold.error;
                self.flagged += usize::from(is_flagged);
                text += if is_flagged { ",1" } else { ",0" };
            }
            text.push('\n');
        }
        self.output.write(text.as_bytes())
    }

    fn finish(self: Box<Self>) -> Result<String, anyhow::Error> {
        self.output.finish()?;
        Ok(self.threshold.map_or_else(String::new, |_| format!(", {} flagged", self.flagged)))
    }
}
