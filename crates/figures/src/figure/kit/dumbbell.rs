//! Dumbbell charts: rows of named dots on one scale, joined by a line that shows the difference.

use plotters::style::RGBColor;
use spec::subject;
use spec::subject::Mark;

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::theme::{GREY, GRID, INK, MARGIN, RIGHT, RULE, SMALL, label, legend, look, name, room, tint};
use crate::summary::Spread;
use canvas::scene::{Anchor, Scene};
use canvas::text::Weight;

/// A measured value of a row.
pub(crate) struct Dot {
    /// Subject of the value; see [`spec::subject`].
    pub(crate) subject: &'static str,
    pub(crate) value: f64,
    /// Standard deviation over seeds.
    pub(crate) std: Option<f64>,
}

impl Dot {
    /// Dots of the measured subjects among `subjects`.
    pub(crate) fn each(
        subjects: impl IntoIterator<Item = &'static str>,
        measured: impl Fn(&'static str) -> Option<Spread>,
    ) -> Vec<Self> {
        let dot = |subject| measured(subject).map(|Spread { mean, std }| Self { subject, value: mean, std });
        subjects.into_iter().filter_map(dot).collect()
    }
}

/// One row: its name, its dots, and a note at the right end.
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) dots: Vec<Dot>,
    pub(crate) note: String,
}

/// Horizontal distance below which marks would hide each other.
const HIDDEN: f64 = 13.0;

/// Draws the mark of a subject. The mark of PCA is smaller than that of the autoencoder, so that both are visible at
/// equal values.
pub(crate) fn draw_dot(scene: &mut Scene, subject: &str, at: (f64, f64), colour: RGBColor) {
    let (x, y) = at;
    match subject::find(subject).map_or(Mark::Square, |subject| subject.mark) {
        Mark::Disc => scene.disc(at, 13.0, colour),
        Mark::TriangleUp => {
            scene.polygon(vec![(x - 13.0, y + 11.0), (x, y - 13.0), (x + 13.0, y + 11.0)], colour);
        }
        Mark::TriangleDown => {
            scene.polygon(vec![(x - 13.0, y - 11.0), (x, y + 13.0), (x + 13.0, y - 11.0)], colour);
        }
        Mark::Cross => {
            // Corners, clockwise from the upper left.
            let corners =
                [(-4, -13), (4, -13), (4, -4), (13, -4), (13, 4), (4, 4)].map(|(x, y)| (f64::from(x), f64::from(y)));
            let turned = corners.map(|(x, y)| (-x, -y));
            scene.polygon(corners.into_iter().chain(turned).map(|(dx, dy)| (x + dx, y + dy)).collect(), colour);
        }
        Mark::Diamond => {
            scene.polygon(vec![(x - 13.0, y), (x, y - 13.0), (x + 13.0, y), (x, y + 13.0)], colour);
        }
        Mark::Square => scene.rectangle((x - 9.0, y - 9.0), (x + 9.0, y + 9.0), colour),
    }
}

/// The common scale of all rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// A linear scale that starts at 0.
    Linear,
    /// A logarithmic scale if the largest value is more than four times the smallest.
    Ratios,
    /// A linear scale from the smallest to the largest value, for scores, which may be negative.
    Close,
}

/// Draws rows from `top` down, and returns the bottom of the drawing.
pub(crate) fn draw(
    scene: &mut Scene,
    top: f64,
    rows: &[Row],
    titles: (&str, &str),
    scale: Scale,
) -> Result<f64, Error> {
    draw_beside(scene, top, rows, titles, scale, None)
}

/// Draws rows from `top` down with a dashed line at a named reference value, and returns the bottom of the drawing.
pub(crate) fn draw_beside(
    scene: &mut Scene,
    top: f64,
    rows: &[Row],
    (x_title, note_title): (&str, &str),
    scale: Scale,
    reference: Option<(f64, &str)>,
) -> Result<f64, Error> {
    let mut subjects: Vec<&'static str> = Vec::new();
    for dot in rows.iter().flat_map(|row| &row.dots) {
        if !subjects.contains(&dot.subject) {
            subjects.push(dot.subject);
        }
    }
    let entries: Vec<(String, RGBColor)> =
        subjects.iter().map(|subject| look(subject)).map(|(name, colour)| (name.to_owned(), colour)).collect();
    let more = legend(scene, (MARGIN, top + 26.0), &entries, |scene, at, index| {
        draw_dot(scene, subjects[index], at, entries[index].1);
    })?;
    // The name of the line is between the legend and the rows.
    let top = top + more + if reference.is_some() { SMALL * 1.2 } else { 0.0 };

    let pitch = (620.0 / rows.len().max(1) as f64).clamp(44.0, 84.0);
    let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    let notes: Vec<String> = rows.iter().map(|row| row.note.clone()).chain([note_title.to_owned()]).collect();
    let dots = || rows.iter().flat_map(|row| &row.dots);
    let level = || reference.iter().map(|(value, _)| *value);
    let high = dots().map(|dot| dot.value + dot.std.unwrap_or(0.0)).chain(level()).fold(f64::NEG_INFINITY, f64::max);
    let least = dots().map(|dot| dot.value).chain(level()).fold(f64::INFINITY, f64::min);
    let area = Area {
        left: MARGIN + room(&names, Weight::Regular)? + 24.0,
        top: top + 64.0,
        right: RIGHT - room(&notes, Weight::Regular)? - 30.0,
        bottom: top + 64.0 + pitch * rows.len() as f64,
    };
    let x = match scale {
        // If all values are 0, the scale ends at 1.
        Scale::Linear => Axis::linear(0.0, if high > 0.0 { high * 1.04 } else { 1.0 }, 6),
        Scale::Close => {
            let low = dots().map(|dot| dot.value - dot.std.unwrap_or(0.0)).chain(level()).fold(high, f64::min);
            let room = (0.06 * (high - low)).max(0.005);
            // If no score is negative, the scale does not extend below 0.
            Axis::linear(if least >= 0.0 { (low - room).max(0.0) } else { low - room }, high + room, 6)
        }
        Scale::Ratios => Axis::errors(dots().map(|dot| dot.value).chain(level()).collect::<Vec<_>>()),
    };
    let x_title = if x.is_logarithmic() { format!("{x_title}, log scale") } else { x_title.to_owned() };
    let panel = Panel { area, x, y: Axis::linear(0.0, rows.len() as f64, 1) };
    let Area { left, right, bottom, .. } = area;
    for tick in &panel.x.ticks {
        let x = panel.across(tick.value);
        scene.line((x, area.top), (x, bottom), 2.0, GRID);
        scene.text(label(&tick.label, (x, bottom + 36.0), Anchor::Middle, GREY));
    }
    scene.line((left, bottom), (right, bottom), 2.0, RULE);
    scene.text(label(x_title, ((left + right) / 2.0, bottom + 74.0), Anchor::Middle, INK));
    scene.text(label(note_title, (RIGHT, area.top - 14.0), Anchor::End, GREY));
    if let Some((value, called)) = reference {
        let x = panel.across(value);
        scene.dashed((x, area.top - 6.0), (x, bottom), 3.0, RULE);
        let mut text = label(called, (x, area.top - 14.0), Anchor::Middle, GREY);
        let bounds = text.bounds()?;
        text.at.0 += (left - bounds.0).max(0.0) - (bounds.2 - right).max(0.0);
        scene.text(text);
    }
    for row in boundaries(&names) {
        let y = area.top + row as f64 * pitch;
        scene.line((MARGIN, y), (RIGHT, y), 2.0, RULE);
    }
    for (index, row) in rows.iter().enumerate() {
        let y = area.top + (index as f64 + 0.5) * pitch;
        scene.text(label(&row.name, (left - 20.0, y + SMALL * 0.35), Anchor::End, INK));
        scene.text(name(&row.note, (RIGHT, y + SMALL * 0.35), Anchor::End, INK));
        let values = || row.dots.iter().map(|dot| panel.across(dot.value));
        let (from, to) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
        if from < to {
            scene.line((from, y), (to, y), 5.0, GRID);
        }
        let lanes = lanes(&values().collect::<Vec<_>>(), pitch);
        let middle = y;
        // In reverse order, so that the first subject is on top.
        for (dot, lane) in row.dots.iter().zip(lanes).rev() {
            let y = middle + lane;
            let (_, colour) = look(dot.subject);
            if let Some(std) = dot.std {
                let low = if least >= 0.0 { (dot.value - std).max(0.0) } else { dot.value - std };
                let ends = [low, dot.value + std].map(|end| panel.across(end).min(right).max(left));
                scene.line((ends[0], y), (ends[1], y), 4.0, tint(colour, 0.7));
                for x in ends {
                    scene.line((x, y - 10.0), (x, y + 10.0), 4.0, tint(colour, 0.7));
                }
            }
            draw_dot(scene, dot.subject, (panel.across(dot.value), y), colour);
        }
    }
    Ok(bottom + 84.0)
}

/// Vertical offsets of the marks of a row: 0, except for marks that would hide each other, which share the height of
/// the row.
fn lanes(positions: &[f64], pitch: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..positions.len()).collect();
    order.sort_by(|&a, &b| positions[a].total_cmp(&positions[b]));
    let mut lanes = vec![0.0; positions.len()];
    for together in order.chunk_by(|&a, &b| positions[b] - positions[a] < HIDDEN) {
        let step = (0.7 * pitch / together.len() as f64).min(22.0);
        let mut together = together.to_vec();
        together.sort_unstable();
        for (place, &index) in together.iter().enumerate() {
            lanes[index] = (place as f64 - (together.len() - 1) as f64 / 2.0) * step;
        }
    }
    lanes
}

/// Indices of rows that begin a new group. Names such as `half masked: plain` are grouped by the part before the colon,
/// or else by the part after it. Empty if no rows share a part.
fn boundaries(names: &[String]) -> Vec<usize> {
    let parts = names.iter().map(|name| name.rsplit_once(": ").or_else(|| name.split_once(", ")));
    let parts: Option<Vec<[&str; 2]>> = parts.map(|parts| parts.map(|(before, after)| [before, after])).collect();
    let Some(parts) = parts else { return Vec::new() };
    let changes = |part: usize| -> Vec<usize> {
        (1..parts.len()).filter(|&row| parts[row][part] != parts[row - 1][part]).collect()
    };
    let are_groups = |changes: &Vec<usize>| !changes.is_empty() && changes.len() + 1 < names.len();
    [0, 1].map(changes).into_iter().find(are_groups).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_separates_groups_of_names() {
        let of = |names: &[&str]| boundaries(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(of(&["half masked: plain", "half masked: wide", "salt, 0.25: plain", "salt, 0.25: wide"]), [2]);
        assert_eq!(of(&["plain: SVM", "wide: SVM", "plain: logistic", "wide: logistic"]), [2]);
        assert_eq!(of(&["gaussian, half", "gaussian, twice", "masking, half"]), [2]);
        assert!(of(&["plain", "wide", "PCA, fit again", "PCA, as it is"]).is_empty(), "where all names have two parts");
        assert!(of(&["plain", "wide", "deep"]).is_empty() && of(&["a: x", "a: x"]).is_empty() && of(&[]).is_empty());
    }

    #[test]
    fn marks_that_would_hide_each_other_are_drawn_above_each_other() {
        assert_eq!(lanes(&[100.0, 300.0, 200.0], 60.0), [0.0; 3]);
        let three = lanes(&[500.0, 100.0, 500.0, 500.0], 60.0);
        assert_eq!(three[1], 0.0);
        assert!(three[2] - three[0] > 10.0 && three[3] - three[2] > 10.0, "{three:?}");
        assert!(three.iter().all(|lane| lane.abs() < 30.0), "within their row: {three:?}");
    }
}
