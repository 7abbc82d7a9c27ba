//! Figure for rows that are not images: some test rows, their reconstructions, and the columns with the largest errors.

use std::path::Path;

use plotters::style::RGBColor;
use record::{ColumnError, Metrics};
use safetensors::tensor::{Dtype, SafeTensors};
use spec::Run;
use spec::subject::{AUTOENCODER, CORRUPTED_INPUT, PCA};
use system::storage;

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::Comparison;
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::theme::{
    Figure, GREY, GRID, INK, MARGIN, RIGHT, about, label, legend, look, test_images, tint,
};
use canvas::scene::{Anchor, Scene};
use canvas::text::{list, number};

const FIGURE: &str = "reconstructions";
/// Number of recorded rows that are drawn.
const ROWS: usize = 3;
/// Number of named columns with the largest errors.
const WORST: usize = 3;
/// Largest number of characters of a name that are shown.
const LONGEST: usize = 30;
/// Largest number of columns for which each value has a mark.
const MARKED: usize = 60;
/// Heights of the panel of a row, and of the panel of errors.
const HEIGHT: f64 = 250.0;
/// Height for the column numbers below the last panel.
const BELOW: f64 = 66.0;
const ERRORS: f64 = 300.0;

/// Reconstructions of some rows by a method, and the squared error of each column.
struct Line {
    subject: &'static str,
    rows: Vec<Vec<f32>>,
    errors: Option<Vec<f32>>,
}

/// Draws the figure of a run; `None` if the record lacks the rows.
pub(crate) fn draw(record: &RunRecord<'_>, metrics: &Metrics) -> Result<Option<Scene>, Error> {
    let path = record.directory.images();
    if !path.exists() {
        return Ok(None);
    }
    let (clean, lines) = read(&path, record.run.dataset.shape.values())?;
    let mut names = names(&record.directory.error_by_column())?;
    if names.len() != record.run.dataset.shape.values() {
        // Names of a sequence's columns are repeated for each step.
        names.clear();
    }
    scene(&record.run, &clean, &lines, &names, metrics).map(Some)
}

/// Names of the columns; empty if the record has none.
fn names(path: &Path) -> Result<Vec<String>, Error> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let errors: Vec<ColumnError> = storage::read_csv(path)?;
    Ok(errors.into_iter().filter(|error| error.subject == AUTOENCODER).map(|error| error.column).collect())
}

fn read(path: &Path, width: usize) -> Result<(Vec<Vec<f32>>, Vec<Line>), Error> {
    let bytes = storage::read(path)?;
    let wrong = |message: String| Error::File(system::Error::Format { path: path.to_owned(), message });
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| wrong(error.to_string()))?;
    let rows = |name: &str| -> Result<Option<Vec<Vec<f32>>>, Error> {
        let Ok(tensor) = tensors.tensor(name) else { return Ok(None) };
        match (tensor.dtype(), tensor.shape()) {
            (Dtype::F32, &[_, found]) if found == width => {}
            (dtype, shape) => return Err(wrong(format!("{name} is {dtype:?} {shape:?}, not F32 [n, {width}]"))),
        }
        let values: Vec<f32> = tensor.data().as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect();
        if values.iter().any(|value| !value.is_finite()) {
            return Err(wrong(format!("{name} holds a value that is not finite")));
        }
        Ok(Some(values.chunks_exact(width).map(<[f32]>::to_vec).collect()))
    };
    let clean = rows("clean")?.ok_or_else(|| wrong("clean is missing".to_owned()))?;
    let mut lines = Vec::new();
    for (subject, name) in [(CORRUPTED_INPUT, "corrupted"), (AUTOENCODER, AUTOENCODER), (PCA, PCA)] {
        if let Some(of) = rows(name)? {
            if of.len() != clean.len() {
                return Err(wrong(format!("{name} holds {} rows for {} of clean", of.len(), clean.len())));
            }
            let errors = rows(&format!("{name}.squared_error"))?.and_then(|mut rows| rows.pop());
            lines.push(Line { subject, rows: of, errors });
        }
    }
    Ok((clean, lines))
}

fn scene(run: &Run, clean: &[Vec<f32>], lines: &[Line], names: &[String], metrics: &Metrics) -> Result<Scene, Error> {
    let error = |of: &str| metrics.get("test")?.get(of).map(|error| error.mse_per_pixel);
    let autoencoder = error(AUTOENCODER)
        .filter(|error| error.is_finite())
        .ok_or_else(|| Error::data(FIGURE, "metrics.json has no test error of the autoencoder".to_owned()))?;
    let at = format!("at {} code units", run.model.code());
    let title = match error(PCA).filter(|error| error.is_finite()) {
        Some(pca) => {
            format!("{}, {at}", Comparison::of(autoencoder, pca).sentence("test error")).replace(", at", " at")
        }
        None => format!("The autoencoder's test error is {} per value {at}", number(autoencoder)),
    };
    let own = lines.iter().find(|line| line.subject == AUTOENCODER).and_then(|line| line.errors.as_deref());
    let worst = own.map(worst_columns).unwrap_or_default();
    let subtitle = format!("First test rows · {} · MSE per value over {}", about(run), test_images(run));
    let mut figure = Figure::new(&title, &subtitle)?;

    let mut entries = vec![("original".to_owned(), INK)];
    entries.extend(lines.iter().map(|line| look(line.subject)).map(|(name, colour)| (name.to_owned(), colour)));
    let scene = &mut figure.scene;
    legend(scene, (MARGIN, figure.top + 26.0), &entries, |scene, at, index| scene.disc(at, 9.0, entries[index].1))?;

    let mut top = figure.top + 50.0;
    let width = run.dataset.shape.values();
    let columns = || Axis::integers(0, width.saturating_sub(1), 12);
    let shown = clean.len().min(ROWS);
    // The row itself is drawn last, on top.
    let drawn = |index: usize| {
        let others = lines.iter().rev().map(move |line| (look(line.subject).1, &line.rows[index]));
        others.chain([(INK, &clean[index])])
    };
    let axes: Vec<Axis> = (0..shown)
        .map(|index| {
            let values = || drawn(index).flat_map(|(_, row)| row.iter()).map(|value| f64::from(*value));
            let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
            let room = 0.06 * (high - low);
            Axis::linear(low - room, high + room, 3)
        })
        .collect();
    let measured: Vec<(&str, &[f32])> =
        lines.iter().filter_map(|line| Some((line.subject, line.errors.as_deref()?))).collect();
    let errors = || measured.iter().flat_map(|(_, errors)| errors.iter()).map(|error| f64::from(*error));
    let (least, most) = (errors().fold(f64::INFINITY, f64::min), errors().fold(0.0, f64::max));
    // If one error is a large multiple of another, a linear scale would flatten the smaller one.
    let error_axis = match least > 0.0 && most / least > 20.0 {
        true => Axis::logarithmic(least / 1.3, most * 1.6).at_most(5),
        false => Axis::linear(0.0, if most > 0.0 && most.is_finite() { 1.15 * most } else { 1.0 }, 4),
    };
    // All panels have the same left edge, so that columns are aligned.
    let rooms: Vec<f64> = axes.iter().chain([&error_axis]).map(Axis::room).collect::<Result<_, _>>()?;
    let widest = rooms.iter().copied().fold(0.0, f64::max);
    let beside = |axis: &Axis| Ok::<f64, Error>(MARGIN + widest - axis.room()?);
    for (index, axis) in axes.into_iter().enumerate() {
        let area = Area { left: beside(&axis)?, top, right: RIGHT, bottom: top + HEIGHT };
        // Column numbers are only below the last panel.
        let mut unnumbered = columns();
        unnumbered.ticks.clear();
        let panel = Panel::new(area, unnumbered, axis)?;
        shade(scene, &panel, &worst, width);
        panel.draw(scene, "", &format!("row {}", index + 1))?;
        for (colour, row) in drawn(index) {
            curve(scene, &panel, row, (width, 5.0), colour);
        }
        top += HEIGHT - BELOW;
    }
    if !measured.is_empty() {
        let area = Area { left: beside(&error_axis)?, top, right: RIGHT, bottom: top + ERRORS };
        let panel = Panel::new(area, columns(), error_axis)?;
        shade(scene, &panel, &worst, width);
        panel.draw(scene, "column", "test MSE")?;
        for (subject, errors) in &measured {
            curve(scene, &panel, errors, (width, 6.0), look(subject).1);
        }
        for &column in &worst {
            let (x, _) = panel.point(column as f64, most);
            scene.text(label(column.to_string(), (x, panel.area.top - 8.0), Anchor::Middle, GREY));
        }
        top += ERRORS + 8.0;
    }
    let caption = match &worst[..] {
        [] => String::new(),
        worst => format!(
            "Shaded: the columns whose error with the autoencoder is largest, {}, counted from 0.",
            list(&worst.iter().map(|column| named(*column, names)).collect::<Vec<_>>())
        ),
    };
    figure.finish(top, &caption)
}

/// Draws values over the columns as a curve, with marks if there are few columns.
fn curve(scene: &mut Scene, panel: &Panel, values: &[f32], (width, radius): (usize, f64), colour: RGBColor) {
    let path: Vec<_> = (0..).zip(values).map(|(at, value)| panel.point(f64::from(at), f64::from(*value))).collect();
    if width <= MARKED {
        path.iter().for_each(|at| scene.disc(*at, radius, colour));
    }
    scene.path(path, 3.0, colour);
}

/// A column by its number and, where it has one, its name.
fn named(column: usize, names: &[String]) -> String {
    match names.get(column).filter(|name| **name != column.to_string()) {
        Some(name) if name.chars().count() > LONGEST => {
            format!("{column} ({}...)", name.chars().take(LONGEST).collect::<String>())
        }
        Some(name) => format!("{column} ({name})"),
        None => column.to_string(),
    }
}

/// The columns with the largest errors, largest first.
fn worst_columns(errors: &[f32]) -> Vec<usize> {
    let mut columns: Vec<usize> = (0..errors.len()).collect();
    columns.sort_by(|a, b| errors[*b].total_cmp(&errors[*a]));
    columns.truncate(WORST);
    columns
}

/// Draws a band behind some columns.
fn shade(scene: &mut Scene, panel: &Panel, columns: &[usize], width: usize) {
    for &column in columns {
        let edge = |at: f64| panel.point(at.clamp(0.0, width.saturating_sub(1) as f64), 1.0).0;
        let (from, to) = (edge(column as f64 - 0.4), edge(column as f64 + 0.4));
        scene.rectangle((from, panel.area.top), (to, panel.area.bottom), tint(GRID, 0.7));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_with_the_largest_errors_are_listed_largest_first() {
        assert_eq!(worst_columns(&[0.1, 3.0, 0.2, 7.0, 0.0]), [3, 1, 2]);
        assert_eq!(worst_columns(&[0.5]), [0]);
    }

    #[test]
    fn long_names_of_columns_are_cut() {
        let names = ["flow".to_owned(), "1".to_owned(), "m".repeat(31)];
        assert_eq!([0, 1, 3].map(|column| named(column, &names)), ["0 (flow)", "1", "3"]);
        assert_eq!(named(2, &names), format!("2 ({}...)", "m".repeat(30)));
    }
}
