//! Figure: test codes in the plane, of the autoencoder and of PCA.

use record::CodePoint;
use spec::Run;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::check_rows;
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::theme::{BODY, CLASS_COLOURS, Figure, INK, MARGIN, RIGHT, about, legend, look, name, tint};
use canvas::scene::{Anchor, Point, Scene, Text};
use canvas::text::count;

const FIGURE: &str = "codes";

/// Largest number of points in a panel; more points would cover each other.
const POINTS: usize = 800;

/// Share of the points at each end of an axis that may be drawn at its edge, so that a few outliers do not compress the
/// others.
const BEYOND: f64 = 0.02;

/// Draws the figure of a run; `None` if the record lacks its files.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let codes = record.rows::<CodePoint>(&record.directory.codes())?;
    codes.map(|codes| scene(&record.run, &codes)).transpose()
}

/// Draws `codes.csv`.
pub(crate) fn scene(run: &Run, codes: &[CodePoint]) -> Result<Scene, Error> {
    check_rows(FIGURE, codes)?;
    let panels: Vec<(&str, Vec<&CodePoint>)> = [subject::AUTOENCODER, subject::PCA]
        .into_iter()
        .map(|subject| (subject, codes.iter().filter(|point| point.subject == subject).take(POINTS).collect()))
        .filter(|(_, points): &(_, Vec<_>)| !points.is_empty())
        .collect();
    let Some((first, points)) = panels.first().filter(|(subject, _)| *subject == subject::AUTOENCODER) else {
        return Err(Error::data(FIGURE, "there are no codes of the autoencoder".to_owned()));
    };
    let share = |points: &[&CodePoint]| match is_constant(points) {
        true => "all the same".to_owned(),
        false => format!("{:.0} %", 100.0 * neighbours_of_own_class(points)),
    };
    let others = panels.iter().find(|(subject, _)| subject != first);
    let title = match others {
        _ if is_constant(points) => "The autoencoder's code is the same for every image".to_owned(),
        Some((_, others)) if is_constant(others) => format!(
            "The nearest other code is of the same class for {} of images; PCA's are all the same",
            share(points)
        ),
        Some((_, others)) => format!(
            "The nearest other code in the plane is of the same class for {} of images, with PCA for {}",
            share(points),
            share(others)
        ),
        None => format!("The nearest other code in the plane is of the same class for {} of images", share(points)),
    };
    let shown = count(points.len());
    let subtitle = format!("Codes of the first {shown} test images, clean · {}", about(run));
    let mut figure = Figure::new(&title, &subtitle)?;

    let scene = &mut figure.scene;
    let classes = run.dataset.classes();
    let present: Vec<usize> =
        (0..classes.len()).filter(|&class| codes.iter().any(|point| of_class(point, class))).collect();
    let entries: Vec<_> = present.iter().map(|&class| (classes[class].to_owned(), INK)).collect();
    let mut top = figure.top + 26.0;
    // Five names fit into a row if names are words.
    let rows = if classes.iter().any(|name| name.len() > 4) { 5 } else { 10 };
    for (row, chunk) in entries.chunks(rows).enumerate() {
        legend(scene, (MARGIN, top), chunk, |scene, at, index| {
            let class = present[row * rows + index];
            draw_point(scene, at, class, 11.0, 1.0);
        })?;
        top += 40.0;
    }

    let gap = 60.0;
    let width = if panels.len() > 1 { (RIGHT - MARGIN - gap) / 2.0 } else { RIGHT - MARGIN };
    let bottom = top + 800.0;
    for (index, (subject, points)) in panels.iter().enumerate() {
        let left = MARGIN + index as f64 * (width + gap);
        let (panel_name, colour) = look(subject);
        scene.text(Text {
            size: BODY,
            ..name(format!("{panel_name}: {}", share(points)), (left, top + 20.0), Anchor::Start, colour)
        });
        let area = Area { left, top: top + 44.0, right: left + width, bottom };
        draw_panel(scene, area, points, &axis_titles(subject, run.model.code()), &classes)?;
    }
    let chance = 100.0 / classes.len().max(1) as f64;
    let caption = format!(
        "Per cent: images whose nearest other code in the plane shown is of their class; {chance:.0} % is chance. Numbers: median of each \
         class. Codes far out stand at the edge."
    );
    figure.finish(bottom, &caption)
}

fn of_class(point: &CodePoint, class: usize) -> bool {
    point.class.is_some_and(|of| usize::from(of) == class)
}

fn axis_titles(subject: &str, code: usize) -> [String; 2] {
    ["first", "second"].map(|which| match (subject == subject::AUTOENCODER, code) {
        (true, 0..=2) => format!("{which} unit of the code"),
        (true, _) => format!("{which} principal component of the {code}-unit code"),
        (false, _) => format!("{which} principal component of the images"),
    })
}

fn draw_panel(
    scene: &mut Scene,
    area: Area,
    points: &[&CodePoint],
    [x_title, y_title]: &[String; 2],
    classes: &[&str],
) -> Result<(), Error> {
    let axis = |of: fn(&CodePoint) -> f32| {
        let mut values: Vec<f64> = points.iter().map(|point| f64::from(of(point))).collect();
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[(share * (values.len() - 1) as f64).round() as usize];
        let room = 0.06 * (at(1.0 - BEYOND) - at(BEYOND));
        // Without outliers, the axis ends at the last point.
        let low = (at(BEYOND) - 2.0 * room).max(at(0.0) - 0.5 * room);
        let high = (at(1.0 - BEYOND) + 2.0 * room).min(at(1.0) + 0.5 * room);
        Axis::linear(low, high, 5)
    };
    let panel = Panel::new(area, axis(|point| point.x), axis(|point| point.y))?;
    panel.draw(scene, x_title, y_title)?;
    for point in points {
        let at = panel.point(f64::from(point.x), f64::from(point.y));
        let edge = panel.area;
        let at = (at.0.clamp(edge.left, edge.right), at.1.clamp(edge.top, edge.bottom));
        draw_point(scene, at, point.class.map_or(0, usize::from), 7.0, 0.8);
    }

    let mut labels = Vec::new();
    for (class, class_name) in classes.iter().enumerate() {
        let own = || points.iter().filter(|point| of_class(point, class));
        let (x, y) = (median(own().map(|point| point.x)), median(own().map(|point| point.y)));
        if let (Some(x), Some(y)) = (x, y) {
            let (x, y) = panel.point(f64::from(x), f64::from(y));
            labels.push(Text { size: BODY, ..name(*class_name, (x, y + 9.0), Anchor::Middle, INK) });
        }
    }
    for text in apart(labels, panel.area)? {
        let (left, top, right, bottom) = text.bounds()?;
        scene.rectangle(
            (left - 5.0, top - 1.0),
            (right + 5.0, bottom),
            tint(plotters::style::RGBColor(255, 255, 255), 0.85),
        );
        scene.text(text);
    }
    Ok(())
}

/// Draws the marker of a class. There are five shapes, so that classes with similar colours differ in shape.
fn draw_point(scene: &mut Scene, (x, y): Point, class: usize, radius: f64, opacity: f64) {
    let colour = tint(CLASS_COLOURS[class % CLASS_COLOURS.len()], opacity);
    let r = radius;
    match class % 5 {
        0 => scene.disc((x, y), r, colour),
        1 => scene.rectangle((x - 0.85 * r, y - 0.85 * r), (x + 0.85 * r, y + 0.85 * r), colour),
        2 => scene.polygon(vec![(x, y - 1.1 * r), (x + 1.05 * r, y + 0.8 * r), (x - 1.05 * r, y + 0.8 * r)], colour),
        3 => scene.polygon(vec![(x - 1.2 * r, y), (x, y - 1.2 * r), (x + 1.2 * r, y), (x, y + 1.2 * r)], colour),
        _ => scene.polygon(vec![(x, y + 1.1 * r), (x + 1.05 * r, y - 0.8 * r), (x - 1.05 * r, y - 0.8 * r)], colour),
    }
}

/// The median; of an even number of values, the upper one of the two in the middle.
fn median(values: impl Iterator<Item = f32>) -> Option<f32> {
    let mut values: Vec<f32> = values.collect();
    values.sort_by(f32::total_cmp);
    values.get(values.len() / 2).copied()
}

/// Moves overlapping labels apart in small steps, and leaves out labels that still overlap; the legend names these
/// classes too.
fn apart(mut labels: Vec<Text>, area: Area) -> Result<Vec<Text>, Error> {
    const ROOM: f64 = 18.0;
    let overlap = |a: &Text, b: &Text| -> Result<Option<(f64, f64)>, Error> {
        let (a, b) = (a.bounds()?, b.bounds()?);
        let across = a.2.min(b.2) - a.0.max(b.0) + ROOM;
        let down = a.3.min(b.3) - a.1.max(b.1) + 8.0;
        Ok((across > 0.0 && down > 0.0).then_some((across, down)))
    };
    for _ in 0..200 {
        let mut moved = false;
        for a in 0..labels.len() {
            for b in a + 1..labels.len() {
                let Some((across, down)) = overlap(&labels[a], &labels[b])? else { continue };
                moved = true;
                let sign = |difference: f64| if difference < 0.0 { -1.0 } else { 1.0 };
                let (from, to) = (labels[a].at, labels[b].at);
                if across < down {
                    let step = sign(to.0 - from.0) * (across / 2.0 + 0.5);
                    labels[a].at.0 -= step;
                    labels[b].at.0 += step;
                } else {
                    let step = sign(to.1 - from.1) * (down / 2.0 + 0.5);
                    labels[a].at.1 -= step;
                    labels[b].at.1 += step;
                }
            }
        }
        for text in &mut labels {
            let (left, top, right, bottom) = text.bounds()?;
            text.at.0 += (area.left + 6.0 - left).max(0.0) - (right + 6.0 - area.right).max(0.0);
            text.at.1 += (area.top - top).max(0.0) - (bottom - area.bottom).max(0.0);
        }
        if !moved {
            break;
        }
    }
    let mut placed: Vec<Text> = Vec::new();
    for text in labels {
        let mut free = true;
        for other in &placed {
            free &= overlap(&text, other)?.is_none();
        }
        if free {
            placed.push(text);
        }
    }
    Ok(placed)
}

/// True if all points are equal, so that nearest neighbours are undefined.
fn is_constant(points: &[&CodePoint]) -> bool {
    points.windows(2).all(|pair| (pair[0].x, pair[0].y) == (pair[1].x, pair[1].y))
}

/// Share of points whose nearest other point, by Euclidean distance, is of the same class.
fn neighbours_of_own_class(points: &[&CodePoint]) -> f64 {
    let distance = |a: &CodePoint, b: &CodePoint| (a.x - b.x).powi(2) + (a.y - b.y).powi(2);
    let own = points.iter().enumerate().filter(|(index, point)| {
        let others = points.iter().enumerate().filter(|(other, _)| other != index);
        let nearest = others.min_by(|(_, a), (_, b)| distance(a, point).total_cmp(&distance(b, point)));
        nearest.is_some_and(|(_, nearest)| nearest.class == point.class)
    });
    own.count() as f64 / points.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(class: u16, x: f32, y: f32) -> CodePoint {
        CodePoint { subject: subject::AUTOENCODER.to_owned(), class: Some(class), x, y }
    }

    #[test]
    fn separated_classes_have_neighbours_of_their_own() {
        let points =
            [point(0, 0.0, 0.0), point(0, 0.1, 0.0), point(1, 5.0, 5.0), point(1, 5.1, 5.0), point(2, 0.2, 0.0)];
        assert_eq!(neighbours_of_own_class(&points.iter().collect::<Vec<_>>()), 4.0 / 5.0);
        assert_eq!(neighbours_of_own_class(&[]), 0.0);
    }

    #[test]
    fn labels_at_one_place_are_pushed_apart() {
        let labels: Vec<Text> = ["0", "1", "2", "3"].map(|text| name(text, (500.0, 500.0), Anchor::Middle, INK)).into();
        let area = Area { left: 0.0, top: 0.0, right: 1000.0, bottom: 1000.0 };
        let placed = apart(labels, area).unwrap();
        assert_eq!(placed.len(), 4);
    }

    #[test]
    fn a_long_code_is_named_by_its_size() {
        let [x, _] = axis_titles(subject::AUTOENCODER, 32);
        assert_eq!(x, "first principal component of the 32-unit code");
        let [x, _] = axis_titles(subject::AUTOENCODER, 2);
        assert_eq!(x, "first unit of the code");
        assert_eq!(median([3.0, 1.0, 2.0].into_iter()), Some(2.0));
    }
}
