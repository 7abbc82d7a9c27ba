//! Writing of the splits of a run as files for other programs: CSV for rows of single values, `.npy` for all others.

use std::fmt::Write as _;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use random::Stream;
use spec::catalogue::Split;
use spec::{Run, Shape};
use system::storage;
use system::storage::NewFile;
use system::written::{csv_field, npy_header};

use crate::error::Error;
use crate::source::raw::own;
use crate::{Episode, Rows, Splits, corrupt, known_faults, plant};

/// Writes the splits of a run into a folder, as `train`, `validation` and `test`, and returns the paths of the files.
///
/// Values are scaled as for the network; bytes stay bytes. Test rows have the noise and the known faults of the
/// evaluation. CSV files have the column `class`, and for test rows with known faults the column `fault`. The classes
/// of an array are in a separate file, such as `test-class.npy`. Names of rows are the first column of a table, or
/// `test-id.txt` beside an array.
///
/// # Errors
/// If a file cannot be written.
pub fn write(run: &Run, splits: &Splits, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    storage::create_directory(folder)?;
    let mut paths = Vec::new();
    let names = splits.own.as_ref().and_then(|own| own.ids.as_deref()).map(storage::read_text).transpose()?;
    let names: Vec<&str> = names.iter().flat_map(|names| names.lines()).collect();
    let three = [(Split::Train, &splits.train), (Split::Validation, &splits.validation), (Split::Test, &splits.test)];
    for (at, (split, rows)) in three.into_iter().enumerate() {
        if rows.is_empty() {
            continue;
        }
        let faults = if split == Split::Test { known_faults(&run.dataset, rows, run.seed) } else { None };
        let planted = faults.as_ref().map(|faults| plant(rows, faults));
        let of_file = splits.own.as_ref().map(|own| own.rows[at].as_slice()).unwrap_or_default();
        let ids: Option<Vec<&str>> = match names.is_empty() {
            true => Some(Vec::new()),
            false => of_file.iter().map(|row| names.get(*row as usize).copied()).collect(),
        };
        let ids = ids.ok_or_else(|| own("the raw form has fewer names than rows".to_owned()))?;
        let written = Written { run, split, rows: planted.as_ref().unwrap_or(rows), faults: faults.as_deref(), ids };
        let at = |ending: &str| folder.join(format!("{split}{ending}"));
        match rows.shape() {
            Shape::Vector { .. } => {
                let names = splits.own.as_ref().map(|own| own.columns.as_slice()).unwrap_or_default();
                written.table(&at(".csv"), names)?;
                paths.push(at(".csv"));
            }
            Shape::Image { .. } | Shape::Sequence { .. } => {
                written.array(&at(".npy"))?;
                paths.push(at(".npy"));
                if !rows.labels().is_empty() {
                    let labels = rows.labels().iter().flat_map(|label| label.to_le_bytes());
                    let bytes = npy_header("<u2", &[rows.len()]).into_iter().chain(labels).collect::<Vec<u8>>();
                    storage::write(&at("-class.npy"), &bytes)?;
                    paths.push(at("-class.npy"));
                }
                if !written.ids.is_empty() {
                    storage::write(&at("-id.txt"), (written.ids.join("\n") + "\n").as_bytes())?;
                    paths.push(at("-id.txt"));
                }
            }
        }
    }
    Ok(paths)
}

/// A split to write.
struct Written<'a> {
    run: &'a Run,
    split: Split,
    rows: &'a Rows,
    faults: Option<&'a [Episode]>,
    /// Names of the rows, if rows have names.
    ids: Vec<&'a str>,
}

impl Written<'_> {
    /// Values of a row, with its noise.
    fn row(&self, row: usize) -> Vec<f32> {
        let mut values = vec![0.0; self.rows.width()];
        self.rows.read(row, &mut values);
        if let (Some(corruption), Split::Test) = (self.run.corruption, self.split) {
            let index = random::item(self.split as u32, row as u32);
            let mut generator = Stream::EvaluationCorruption.generator(self.run.seed, index);
            corrupt(corruption, self.rows.range(), &mut values, &mut generator);
        }
        values
    }

    fn table(&self, path: &Path, names: &[String]) -> Result<(), Error> {
        let Self { rows, faults, ids, .. } = self;
        let classes = self.run.dataset.classes();
        let mut columns: Vec<String> = (0..rows.width())
            .map(|column| names.get(column).cloned().unwrap_or_else(|| format!("x{column}")))
            .collect();
        let free = |name: &str, columns: &[String]| {
            let mut name = name.to_owned();
            while columns.contains(&name) {
                name.push('_');
            }
            name
        };
        for (name, is_there) in [("class", !classes.is_empty()), ("fault", faults.is_some())] {
            if is_there {
                columns.push(free(name, &columns));
            }
        }
        if !ids.is_empty() {
            let name = self.run.dataset.own().and_then(|own| own.reading.id.as_deref()).unwrap_or("row");
            columns.insert(0, free(name, &columns));
        }
        let mut line = columns.iter().map(|name| csv_field(name)).collect::<Vec<_>>().join(",");
        lines(path, |file| {
            for row in 0..rows.len() {
                line.push('\n');
                file.write_all(line.as_bytes())?;
                line = ids.get(row).map(|id| csv_field(id) + ",").unwrap_or_default();
                line += &self.row(row).iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(",");
                if let Some(class) = rows.label(row).and_then(|label| classes.get(usize::from(label))) {
                    let _ = write!(line, ",{}", csv_field(class));
                }
                if let Some(faults) = faults {
                    let found = faults.iter().find(|episode| episode.rows.contains(&row));
                    let _ = write!(line, ",{}", found.map_or("none", |episode| episode.fault.kind()));
                }
            }
            line.push('\n');
            file.write_all(line.as_bytes())
        })
    }

    fn array(&self, path: &Path) -> Result<(), Error> {
        let rows = self.rows;
        let sides = match rows.shape() {
            Shape::Vector { width } => vec![rows.len(), width],
            Shape::Image { height, width, channels: 1 } => vec![rows.len(), height, width],
            Shape::Image { height, width, channels } => vec![rows.len(), height, width, channels],
            Shape::Sequence { steps, width } => vec![rows.len(), steps, width],
        };
        let are_bytes = rows.range().is_some();
        lines(path, |file| {
            file.write_all(&npy_header(if are_bytes { "|u1" } else { "<f4" }, &sides))?;
            for row in 0..rows.len() {
                let values = self.row(row);
                let bytes: Vec<u8> = match are_bytes {
                    true => values.into_iter().map(|value| (255.0 * value).round() as u8).collect(),
                    false => values.into_iter().flat_map(f32::to_le_bytes).collect(),
                };
                file.write_all(&bytes)?;
            }
            Ok(())
        })
    }
}

/// Writes a file piece by piece.
fn lines(path: &Path, write: impl FnOnce(&mut BufWriter<NewFile>) -> std::io::Result<()>) -> Result<(), Error> {
    let mut file = BufWriter::with_capacity(1 << 20, NewFile::create(path)?);
    let failed = |error| system::Error::write(path, error);
    write(&mut file).map_err(failed)?;
    file.into_inner().map_err(|error| failed(error.into_error()))?.finish(true)?;
    Ok(())
}
