//! The splits of a run as files for other programs: CSV of rows of single values, `.npy` of all others.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use random::Stream;
use spec::catalogue::Split;
use spec::{Run, Shape};
use system::storage;

use crate::error::Error;
use crate::{Episode, Splits, corrupt, known_faults, plant};

/// Writes the splits of a run into a folder as its network meets them, values scaled: `train`, `validation` and `test`. Test rows have
/// the noise and the known faults of the evaluation. CSV files have the columns `class` and, of test rows with known faults, `fault`;
/// arrays have their classes in files of their own, `test-class.npy` and so on. Returns the paths of the files.
///
/// # Errors
/// When a file cannot be written.
pub fn write(run: &Run, splits: &Splits, folder: &Path) -> Result<Vec<PathBuf>, Error> {
    storage::create_directory(folder)?;
    let classes = run.dataset.classes();
    let mut paths = Vec::new();
    for (split, rows) in
        [(Split::Train, &splits.train), (Split::Validation, &splits.validation), (Split::Test, &splits.test)]
    {
        if rows.is_empty() {
            continue;
        }
        let faults = if split == Split::Test { known_faults(&run.dataset, rows, run.seed) } else { None };
        let planted = faults.as_ref().map(|faults| plant(rows, faults));
        let rows = planted.as_ref().unwrap_or(rows);
        let noisy = |row: usize| {
            let mut values = vec![0.0; rows.width()];
            rows.read(row, &mut values);
            if let (Some(corruption), Split::Test) = (run.corruption, split) {
                let index = random::item(split as u32, row as u32);
                let mut generator = Stream::EvaluationCorruption.generator(run.seed, index);
                corrupt(corruption, rows.range(), &mut values, &mut generator);
            }
            values
        };
        let at = |ending: &str| folder.join(format!("{split}{ending}"));
        if let Shape::Vector { width } = rows.shape() {
            let names = splits.own.as_ref().map(|own| own.columns.as_slice()).unwrap_or_default();
            let name = |column: usize| names.get(column).map_or_else(|| format!("x{column}"), |name| quoted(name));
            let mut text = (0..width).map(name).collect::<Vec<_>>().join(",");
            text += if classes.is_empty() { "" } else { ",class" };
            text += if faults.is_some() { ",fault\n" } else { "\n" };
            for row in 0..rows.len() {
                text += &noisy(row).iter().map(f32::to_string).collect::<Vec<_>>().join(",");
                if let Some(class) = rows.label(row).and_then(|label| classes.get(usize::from(label))) {
                    let _ = write!(text, ",{}", quoted(class));
                }
                if let Some(faults) = &faults {
                    let has = |episode: &&Episode| episode.rows.contains(&row);
                    let _ = write!(text, ",{}", faults.iter().find(has).map_or("none", |episode| episode.fault.kind()));
                }
                text.push('\n');
            }
            storage::write(&at(".csv"), text.as_bytes())?;
            paths.push(at(".csv"));
            continue;
        }
        let sides = match rows.shape() {
            Shape::Vector { width } => vec![width],
            Shape::Image { height, width, channels: 1 } => vec![height, width],
            Shape::Image { height, width, channels } => vec![height, width, channels],
            Shape::Sequence { steps, width } => vec![steps, width],
        };
        let sides = [vec![rows.len()], sides].concat();
        let (kind, bytes): (_, Vec<u8>) = match rows.range() {
            // As pictures are.
            Some(_) => ("|u1", (0..rows.len()).flat_map(noisy).map(|value| (255.0 * value).round() as u8).collect()),
            None => ("<f4", (0..rows.len()).flat_map(noisy).flat_map(f32::to_le_bytes).collect()),
        };
        write_array(&at(".npy"), kind, &sides, &bytes)?;
        paths.push(at(".npy"));
        if !rows.labels().is_empty() {
            let bytes: Vec<u8> = rows.labels().iter().flat_map(|label| label.to_le_bytes()).collect();
            write_array(&at("-class.npy"), "<u2", &[rows.len()], &bytes)?;
            paths.push(at("-class.npy"));
        }
    }
    Ok(paths)
}

/// A field of a CSV file.
fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

fn write_array(path: &Path, kind: &str, sides: &[usize], bytes: &[u8]) -> Result<(), Error> {
    let sides: String = sides.iter().map(|side| format!("{side}, ")).collect();
    let mut header = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': ({sides}), }}");
    // The values begin at byte 128.
    while header.len() < 117 {
        header.push(' ');
    }
    header.push('\n');
    storage::write(path, &[b"\x93NUMPY\x01\x00\x76\x00", header.as_bytes(), bytes].concat())?;
    Ok(())
}
