//! Figure: error, number of parameters and seconds of the autoencoder and of PCA against the side of the images.

use plotters::style::RGBColor;
use spec::measures::SECONDS;
use spec::subject::{AUTOENCODER, PCA};

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::check_values;
use crate::figure::kit::theme::about_experiment;
use crate::figure::kit::theme::{Figure, MARGIN, RIGHT, legend, look, room};
use crate::summary::{Group, Summary};
use canvas::scene::Scene;
use canvas::text::{Weight, count, number};

const FIGURE: &str = "growth";
const GAP: f64 = 36.0;
const HEIGHT: f64 = 620.0;

/// Fields of the panels, with their names.
const PANELS: [(&str, &str); 3] =
    [("mse_per_pixel", "test MSE per pixel"), ("parameters", "learned weights"), (SECONDS, "seconds of training")];

/// Sides of images in increasing order, each with its value.
type Line = Vec<(usize, f64)>;

/// Draws the groups with measured costs; `None` if they have fewer than two sides.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let mut sides: Vec<usize> = measured(summary).filter_map(|group| summary.side(group)).collect();
    sides.sort_unstable();
    sides.dedup();
    if sides.len() < 2 {
        return Ok(None);
    }
    for (field, _) in PANELS {
        check_values(
            FIGURE,
            field,
            lines(summary, field).into_iter().flat_map(|(.., line)| line).map(|(_, value)| value),
        )?;
    }

    let mut figure = Figure::new(&title(summary), &about_experiment(summary))?;
    let entries: Vec<(String, RGBColor)> =
        [AUTOENCODER, PCA].map(look).into_iter().map(|(name, colour)| (name.to_owned(), colour)).collect();
    let scene = &mut figure.scene;
    legend(scene, (MARGIN, figure.top + 26.0), &entries, |scene, at, index| scene.disc(at, 9.0, entries[index].1))?;
    let (top, width) = (figure.top + 50.0, (RIGHT - MARGIN - 2.0 * GAP) / 3.0);
    for (index, (field, name)) in PANELS.iter().enumerate() {
        let left = MARGIN + index as f64 * (width + GAP);
        let outer = Area { left, top, right: left + width, bottom: top + HEIGHT };
        let panel = draw(scene, outer, &sides, &lines(summary, field), name)?;
        for group in measured(summary) {
            for subject in [AUTOENCODER, PCA] {
                if let Some((side, spread)) = summary.side(group).zip(group.metric("test", subject, field)) {
                    panel.deviation(scene, side as f64, spread, look(subject).1);
                }
            }
        }
    }
    let caption = "Logarithmic scales: a straight line is a power. Means over seeds; bars: one standard deviation. Seconds are wall-clock: those of the \
                   training, and of the fit of PCA on the same images.";
    figure.finish(top + HEIGHT, caption).map(Some)
}

fn draw(
    scene: &mut Scene,
    outer: Area,
    sides: &[usize],
    lines: &[(&'static str, Line)],
    title: &str,
) -> Result<Panel, Error> {
    let text = |value: f64| match value {
        _ if (1000.0..1e7).contains(&value) => count(value.round() as usize),
        _ => number(value),
    };
    let ends: Vec<(String, f64, RGBColor)> = lines
        .iter()
        .filter_map(|(subject, line)| line.last().map(|(_, value)| (text(*value), *value, look(subject).1)))
        .collect();
    let texts: Vec<String> = ends.iter().map(|(text, ..)| text.clone()).collect();
    // Values without a place on a logarithmic scale, such as a time of 0 s, are drawn at the bottom.
    let values = lines.iter().flat_map(|(_, line)| line).map(|(_, value)| *value).filter(|value| *value > 0.0);
    let (low, high) = values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)));
    let (low, high) = if low <= high { (low, high) } else { (1.0, 1.0) };
    let mut y = Axis::logarithmic(low / 1.15, high * 1.15);
    y.ticks
        .iter_mut()
        .filter(|tick| (1000.0..1e7).contains(&tick.value))
        .for_each(|tick| tick.label = count(tick.value as usize));
    let right = outer.right - room(&texts, Weight::Bold)? - 22.0;
    let panel = Panel::new(Area { right, ..outer }, Axis::sizes(sides), y)?;
    panel.draw(scene, "pixels a side", title)?;
    for (subject, line) in lines {
        let path: Vec<_> = line.iter().map(|(side, value)| panel.point(*side as f64, *value)).collect();
        path.iter().for_each(|at| scene.disc(*at, 9.0, look(subject).1));
        scene.path(path, 5.0, look(subject).1);
    }
    panel.ends(scene, &ends);
    Ok(panel)
}

fn measured(summary: &Summary) -> impl Iterator<Item = &Group> {
    summary.groups.iter().filter(|group| mean(group, AUTOENCODER, "parameters").is_some())
}

fn mean(group: &Group, subject: &str, field: &str) -> Option<f64> {
    group.metric("test", subject, field).map(|spread| spread.mean)
}

/// Lines of one field, one for each method with this field.
fn lines(summary: &Summary, field: &str) -> Vec<(&'static str, Line)> {
    let line = |subject: &'static str| {
        let points = measured(summary).filter_map(|group| Some((summary.side(group)?, mean(group, subject, field)?)));
        let mut line: Line = points.collect();
        line.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        (subject, line)
    };
    [AUTOENCODER, PCA].into_iter().map(line).filter(|(_, line)| !line.is_empty()).collect()
}

/// Title with the change of all fields from the smallest side to the largest.
fn title(summary: &Summary) -> String {
    let grows = |subject: &str, field: &str| {
        let lines = lines(summary, field);
        let (_, line) = lines.iter().find(|(of, _)| *of == subject)?;
        let (first, last) = (line.first()?, line.last()?);
        (first.1 > 0.0).then(|| last.1 / first.1)
    };
    let mut sides: Vec<usize> = measured(summary).filter_map(|group| summary.side(group)).collect();
    sides.sort_unstable();
    let (Some(few), Some(many)) = (sides.first(), sides.last()) else { return "Cost by side".to_owned() };
    let Some(error) = grows(AUTOENCODER, PANELS[0].0).map(number) else {
        return format!("Cost from {few} to {many} pixels a side");
    };
    let pca = grows(PCA, PANELS[0].0).map_or_else(String::new, |times| format!(", PCA's {} times", number(times)));
    format!("From {few} to {many} pixels a side, the autoencoder's error becomes {error} times as high{pca}")
}
