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
        "Per cent: images whose nearest other code in the plane shown is of their class; {chance:.0} % is chance. Labels: median of each \
         class, at the end of a line where labels would touch. Codes far out stand at the edge."
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
    let white = |opacity| tint(plotters::style::RGBColor(255, 255, 255), opacity);
    let placed = apart(&labels, panel.area)?;
    for Placed { from, leader, .. } in &placed {
        if let Some((_, to)) = leader {
            scene.path(vec![*from, *to], 7.0, white(0.85));
            scene.path(vec![*from, *to], 3.0, INK);
            scene.disc(*from, 7.0, white(1.0));
            scene.disc(*from, 5.0, INK);
        }
    }
    for Placed { text, .. } in placed {
        let (left, top, right, bottom) = text.bounds()?;
        scene.rectangle((left - 5.0, top - 1.0), (right + 5.0, bottom), white(0.85));
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

/// The label of a class, where it found room.
struct Placed {
    text: Text,
    /// The median of its class.
    from: Point,
    /// The line that leads from the median to a label that does not stand on it.
    leader: Option<(Point, Point)>,
}

/// Left, top, right and bottom of a label and the room around it.
type Bounds = (f64, f64, f64, f64);

const fn contains((left, top, right, bottom): Bounds, (x, y): Point) -> bool {
    left <= x && x <= right && top <= y && y <= bottom
}

const fn overlap(a: Bounds, b: Bounds) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}

/// True if a line passes through a box, to within a unit.
fn crosses((from, to): (Point, Point), bounds: Bounds) -> bool {
    let steps = (to.0 - from.0).hypot(to.1 - from.1).ceil().max(1.0) as usize;
    (0..=steps).any(|step| {
        let share = step as f64 / steps as f64;
        contains(bounds, (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1)))
    })
}

/// Sets each label on the median of its class, or, where another median is near, beside it with a line that leads there. A label
/// without room within the panel is left out: the legend names its class too.
fn apart(labels: &[Text], area: Area) -> Result<Vec<Placed>, Error> {
    /// Room around a label, across and down.
    const ROOM: (f64, f64) = (14.0, 6.0);
    const ANGLES: usize = 24;
    let widened = |(left, top, right, bottom): Bounds| (left - ROOM.0, top - ROOM.1, right + ROOM.0, bottom + ROOM.1);
    let middle = |(left, top, right, bottom): Bounds| (left.midpoint(right), top.midpoint(bottom));
    let boxes = labels.iter().map(Text::bounds).collect::<Result<Vec<Bounds>, _>>()?;
    let medians: Vec<Point> = boxes.iter().copied().map(middle).collect();
    let count = medians.len().max(1) as f64;
    let centre = medians.iter().fold((0.0, 0.0), |sum, at| (sum.0 + at.0 / count, sum.1 + at.1 / count));
    // Those in the midst of others come last, because those outside have more room to give way.
    let mut order: Vec<usize> = (0..labels.len()).collect();
    let off = |index: usize| (medians[index].0 - centre.0).hypot(medians[index].1 - centre.1);
    order.sort_by(|a, b| off(*b).total_cmp(&off(*a)));
    let is_alone = |index: usize| {
        (0..labels.len()).all(|other| other == index || !overlap(widened(boxes[index]), widened(boxes[other])))
    };
    let mut placed: Vec<Placed> = Vec::new();
    let place = |index: usize, shift: Point| -> Placed {
        let at = (labels[index].at.0 + shift.0, labels[index].at.1 + shift.1);
        Placed { text: Text { at, ..labels[index].clone() }, from: medians[index], leader: None }
    };
    for &index in order.iter().filter(|index| is_alone(**index)) {
        let (left, top, right, bottom) = boxes[index];
        let into = (
            (area.left + 6.0 - left).max(0.0) - (right + 6.0 - area.right).max(0.0),
            (area.top - top).max(0.0) - (bottom - area.bottom).max(0.0),
        );
        placed.push(place(index, into));
    }
    for &index in order.iter().filter(|index| !is_alone(**index)) {
        let (left, top, right, bottom) = boxes[index];
        let outwards = (medians[index].1 - centre.1).atan2(medians[index].0 - centre.0);
        let mut found = None;
        'search: for distance in [44.0, 60.0, 80.0, 104.0, 132.0, 164.0, 200.0] {
            // Outwards first, then further and further to either side.
            for turn in 0..ANGLES {
                let side = if turn % 2 == 0 { 1.0 } else { -1.0 };
                let angle = outwards + side * turn.div_ceil(2) as f64 * std::f64::consts::TAU / ANGLES as f64;
                // Words are wide.
                let shift = (angle.cos() * (distance + (right - left) / 2.0 - 8.0), angle.sin() * distance);
                let own = (left + shift.0, top + shift.1, right + shift.0, bottom + shift.1);
                let inside =
                    own.0 >= area.left + 6.0 && own.2 <= area.right - 6.0 && own.1 >= area.top && own.3 <= area.bottom;
                if !inside || medians.iter().any(|median| contains(widened(own), *median)) {
                    continue;
                }
                let to = (medians[index].0.clamp(own.0 - 5.0, own.2 + 5.0), medians[index].1.clamp(own.1, own.3));
                // No median is within the box, so the nearest point of its edge is outside the letters.
                let leader = (medians[index], to);
                let mut is_free = true;
                for other in &placed {
                    let theirs = other.text.bounds()?;
                    is_free &= !overlap(widened(own), widened(theirs));
                    is_free &= !crosses(leader, (theirs.0 - 6.0, theirs.1 - 2.0, theirs.2 + 6.0, theirs.3 + 2.0));
                    is_free &= other.leader.is_none_or(|line| !crosses(line, widened(own)) && !meet(line, leader));
                }
                if is_free {
                    found = Some(Placed { leader: Some(leader), ..place(index, shift) });
                    break 'search;
                }
            }
        }
        placed.extend(found);
    }
    Ok(placed)
}

/// True if two lines cross.
fn meet(a: (Point, Point), b: (Point, Point)) -> bool {
    let side =
        |(from, to): (Point, Point), at: Point| (to.0 - from.0) * (at.1 - from.1) - (to.1 - from.1) * (at.0 - from.0);
    side(a, b.0) * side(a, b.1) < 0.0 && side(b, a.0) * side(b, a.1) < 0.0
}

/// True if all points stand at one place, where none has a nearest neighbour.
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
        let placed = apart(&labels, area).unwrap();
        assert_eq!(placed.len(), 4);
        for (index, label) in placed.iter().enumerate() {
            let (from, to) = label.leader.unwrap();
            assert!(from.0 == 500.0 && (from.0 - to.0).hypot(from.1 - to.1) > 20.0, "{from:?} {to:?}");
            let bounds = label.text.bounds().unwrap();
            for other in &placed[..index] {
                assert!(!overlap(bounds, other.text.bounds().unwrap()), "{} {}", label.text.text, other.text.text);
                assert!(!crosses(other.leader.unwrap(), bounds), "{} {}", label.text.text, other.text.text);
            }
        }
    }

    #[test]
    fn a_label_far_from_others_stands_on_its_median() {
        let at = [("0", 200.0), ("1", 800.0)];
        let labels: Vec<Text> = at.map(|(text, x)| name(text, (x, 500.0), Anchor::Middle, INK)).into();
        let area = Area { left: 0.0, top: 0.0, right: 1000.0, bottom: 1000.0 };
        let placed = apart(&labels, area).unwrap();
        assert!(placed.iter().all(|label| label.leader.is_none()));
        assert!(placed.iter().all(|label| labels.iter().any(|text| text.at == label.text.at)));
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
