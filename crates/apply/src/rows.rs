//! New rows, read block by block from their raw form and scaled as in training.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use datasets::own::{ColumnScaling, Scaling};
use datasets::{Rows, Values};
use indicatif::{ProgressBar, ProgressFinish, ProgressStyle};
use record::{RunDirectory, ScaledColumn};
use spec::catalogue::Pixels;
use spec::own::Weight;
use spec::raw::{self, Header};
use spec::{Run, Shape};
use system::storage;
use zoo::Matrix;

/// Approximate number of bytes of the rows in memory at once.
const CHUNK: usize = 32 << 20;

/// Greatest number of rows in memory at once. Each row also has an id and a line of text.
const MOST_ROWS: usize = 65_536;

/// Number of rows of this width in memory at once, a multiple of `block`.
pub(crate) fn rows_at_once(width: usize, block: usize) -> usize {
    (CHUNK / (4 * width)).min(MOST_ROWS).div_euclid(block).max(1) * block
}

/// Form of the rows that a network was trained on.
pub(crate) struct Form {
    pub(crate) shape: Shape,
    /// Names of the columns; empty if they have none.
    pub(crate) names: Vec<String>,
    /// Scaling of the columns; `None` for bytes and for unscaled data.
    pub(crate) scaling: Option<Scaling>,
    /// True if values are bytes.
    pub(crate) is_bytes: bool,
    /// True if the user's data names the columns.
    has_names: bool,
    /// Weight of a word's count, for texts.
    weight: Option<Weight>,
}

impl Form {
    /// The form of a recorded run.
    pub(crate) fn of(run: &Run, directory: &RunDirectory) -> Result<Self, anyhow::Error> {
        let own = run.dataset.own();
        if run.dataset.pixels != Pixels::Grey {
            let pixels = run.dataset.pixels;
            bail!(
                "the network was trained on {pixels} pixels, but new rows have grey pixels; \
                 train with dataset.pixels = \"grey\""
            );
        }
        let mut form = Self {
            shape: run.dataset.shape,
            names: Vec::new(),
            scaling: None,
            is_bytes: run.dataset.is_in_unit_range(),
            has_names: directory.error_by_column().is_file(),
            weight: own.filter(|own| own.facts.is_text).map(|own| own.reading.weight.unwrap_or(Weight::Log)),
        };
        if own.is_some() && !form.is_bytes {
            let columns: Vec<ScaledColumn> = storage::read_csv(&directory.scaling())?;
            if columns.len() != form.shape.columns() {
                bail!(
                    "{}: {} columns, expected {}",
                    directory.scaling().display(),
                    columns.len(),
                    form.shape.columns()
                );
            }
            form.names = columns.iter().map(|column| column.column.clone()).collect();
            let of = |column: &ScaledColumn| {
                let ScaledColumn { centre, scale, fill, .. } = *column;
                ColumnScaling { centre, scale, fill }
            };
            form.scaling = Some(Scaling { columns: columns.iter().map(of).collect() });
        }
        Ok(form)
    }

    /// A value of the network in the unit of its column.
    pub(crate) fn unscaled(&self, place: usize, value: f32) -> f32 {
        match &self.scaling {
            Some(Scaling { columns }) => {
                let column = columns[place % columns.len()];
                (f64::from(value) * column.scale + column.centre) as f32
            }
            None if self.is_bytes => 255.0 * value,
            None => value,
        }
    }

    /// Sides of a row as an array, such as `[height, width]`.
    pub(crate) fn sides(&self) -> Vec<usize> {
        match self.shape {
            Shape::Vector { width } => vec![width],
            Shape::Image { height, width, channels: 1 } => vec![height, width],
            Shape::Image { height, width, channels } => vec![height, width, channels],
            Shape::Sequence { steps, width } => vec![steps, width],
        }
    }

    /// Description of a row's values for readers of exported files.
    pub(crate) fn values(&self) -> &'static str {
        match self.weight {
            Some(Weight::Log) => "for each column the natural logarithm of 1 more than the count of that word",
            Some(Weight::Count) => "for each column the count of that word",
            None if self.is_bytes => "pixels from 0 to 255",
            None => "in the units of the data",
        }
    }

    /// Name of the column of a value, or its place in a picture.
    pub(crate) fn column(&self, value: usize) -> String {
        let column = value % self.shape.columns();
        match (self.names.get(column), self.shape) {
            (Some(name), _) => name.clone(),
            (None, Shape::Image { width, channels, .. }) => {
                format!("row {} column {}", value / (width * channels), value / channels % width)
            }
            (None, _) => column.to_string(),
        }
    }
}

/// The rows of a raw form, read in order.
pub(crate) struct Source<'a> {
    form: &'a Form,
    header: Header,
    values: Open,
    ids: Option<Open>,
    texts: Option<Texts>,
    done: usize,
    bar: ProgressBar,
}

/// A file that is read from the beginning to the end.
struct Open {
    path: PathBuf,
    reader: BufReader<File>,
}

impl Open {
    fn new(path: PathBuf) -> Result<Self, anyhow::Error> {
        let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
        Ok(Self { path, reader: BufReader::with_capacity(1 << 20, file) })
    }

    fn bytes(&mut self, count: usize) -> Result<Vec<u8>, anyhow::Error> {
        let mut bytes = vec![0; count];
        self.reader.read_exact(&mut bytes).with_context(|| format!("reading {}", self.path.display()))?;
        Ok(bytes)
    }
}

/// Place of each word of the texts among the values of a row, if the network knows the word.
struct Texts {
    places: Vec<Option<u32>>,
    lengths: Open,
}

/// Consecutive rows of a source.
pub(crate) struct Chunk {
    rows: Rows,
    pub(crate) ids: Ids,
}

/// Ids of consecutive rows.
pub(crate) struct Ids {
    /// Number of the first row in the source, from 0.
    first: usize,
    /// Names of the rows; empty if the data has none.
    names: Vec<String>,
}

impl Ids {
    /// Ids of rows without names, the first of which has the number `first`.
    pub(crate) fn numbers(first: usize) -> Self {
        Self { first, names: Vec::new() }
    }

    /// Number of a row in the source, from 0.
    pub(crate) fn number(&self, row: usize) -> usize {
        self.first + row
    }

    /// Name of a row, or its number from 0 if it has none.
    pub(crate) fn of(&self, row: usize) -> String {
        self.names.get(row).cloned().unwrap_or_else(|| self.number(row).to_string())
    }
}

impl Chunk {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Rows as the network reads them, (rows, values).
    pub(crate) fn matrix(&self, rows: Range<usize>) -> Matrix {
        let width = self.rows.width();
        let mut matrix = Matrix::zeros(rows.len(), width);
        for (out, row) in matrix.values_mut().chunks_exact_mut(width).zip(rows) {
            self.rows.read(row, out);
        }
        matrix
    }
}

impl<'a> Source<'a> {
    /// Opens the folder of a raw form.
    ///
    /// # Errors
    /// When the network cannot read rows of this form.
    pub(crate) fn open(folder: &Path, form: &'a Form, quiet: bool) -> Result<Self, anyhow::Error> {
        let header: Header = storage::read_json(&folder.join(raw::HEADER))?;
        let open = |name: &str| Open::new(folder.join(name));
        let is_text = header.entries > 0;
        if is_text != form.weight.is_some() || !is_text && header.is_bytes != form.is_bytes {
            let what = |is_text, is_bytes| match (is_text, is_bytes) {
                (true, _) => "texts",
                (false, true) => "bytes",
                (false, false) => "numbers other than bytes",
            };
            let (found, expected) = (what(is_text, header.is_bytes), what(form.weight.is_some(), form.is_bytes));
            bail!("the rows are {found}, but the network was trained on {expected}");
        }
        if !is_text && header.has_names && !form.has_names {
            bail!("the columns of the rows have names, but the network was trained on columns without names");
        }
        if !is_text && header.shape != form.shape {
            bail!("the rows have the shape {}, but the network was trained on {}", header.shape, form.shape);
        }
        let texts = is_text.then(|| -> Result<Texts, anyhow::Error> {
            let known: HashMap<&str, u32> = form.names.iter().map(String::as_str).zip(0..).collect();
            let entries = open(raw::ENTRIES)?.reader.lines();
            let places = entries.map(|entry| Ok(known.get(entry?.as_str()).copied()));
            Ok(Texts { places: places.collect::<std::io::Result<_>>()?, lengths: open(raw::LENGTHS)? })
        });
        let name = match (is_text, header.is_bytes) {
            (true, _) => raw::COUNTS,
            (false, true) => raw::BYTES,
            (false, false) => raw::FLOATS,
        };
        let ids = header.has_ids.then(|| open(raw::IDS)).transpose()?;
        Ok(Self {
            form,
            values: open(name)?,
            ids,
            texts: texts.transpose()?,
            bar: bar(header.rows, quiet),
            header,
            done: 0,
        })
    }

    /// Number of rows.
    pub(crate) fn count(&self) -> usize {
        self.header.rows
    }

    /// Shows on the progress bar that these rows are done.
    pub(crate) fn show(&self, chunk: &Chunk) {
        self.bar.inc(chunk.len() as u64);
    }

    /// The next rows, a multiple of `block` except at the end. `None` after the last rows.
    pub(crate) fn next(&mut self, block: usize) -> Result<Option<Chunk>, anyhow::Error> {
        let width = self.form.shape.values();
        let count = (self.header.rows - self.done).min(rows_at_once(width, block));
        if count == 0 {
            return Ok(None);
        }
        let values = match (&mut self.texts, self.header.is_bytes) {
            (Some(texts), _) => {
                let lengths = texts.lengths.bytes(4 * count)?;
                let mut values = vec![0.0_f32; count * width];
                for (row, length) in values.chunks_exact_mut(width).zip(numbers(&lengths)) {
                    let pairs = self.values.bytes(8 * length as usize)?;
                    for (entry, count) in numbers(&pairs).zip(numbers(&pairs).skip(1)).step_by(2) {
                        let place = texts.places.get(entry as usize).copied();
                        if let Some(place) = place.ok_or_else(|| anyhow!("the counts of the texts are damaged"))? {
                            let weight = self.form.weight.unwrap_or(Weight::Log);
                            row[place as usize] = datasets::own::weighed(count, weight);
                        }
                    }
                }
                Values::Floats(values)
            }
            (None, true) => Values::Bytes(self.values.bytes(count * width)?),
            (None, false) => {
                let bytes = self.values.bytes(4 * count * width)?;
                Values::Floats(bytes.as_chunks().0.iter().map(|four| f32::from_le_bytes(*four)).collect())
            }
        };
        let values = match (values, &self.form.scaling) {
            (Values::Floats(mut values), Some(scaling)) => {
                scaling.apply(&mut values);
                Values::Floats(values)
            }
            (values, _) => values,
        };
        let mut names = Vec::new();
        if let Some(open) = &mut self.ids {
            for line in open.reader.by_ref().lines().take(count) {
                names.push(line.with_context(|| format!("reading {}", open.path.display()))?);
            }
        }
        let ids = Ids { first: self.done, names };
        let chunk = Chunk { rows: Rows::new(self.form.shape, values, Vec::new()), ids };
        self.done += count;
        Ok(Some(chunk))
    }
}

/// A progress bar of `rows` rows on a terminal; elsewhere a hidden one.
fn bar(rows: usize, quiet: bool) -> ProgressBar {
    let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new(rows as u64) };
    // The bar is removed at the end, also after an error.
    let bar = bar.with_finish(ProgressFinish::AndClear);
    if let Ok(style) =
        ProgressStyle::with_template("{bar:24} {percent:>3}%  {human_pos} of {human_len} rows  {eta} left")
    {
        bar.set_style(style);
    }
    bar
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    bytes.as_chunks().0.iter().map(|four| u32::from_le_bytes(*four))
}
