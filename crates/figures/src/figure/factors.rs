//! Figure: information of single code units about the class and about the factors that generated an image.

use plotters::style::RGBColor;
use record::UnitInformation;
use spec::Run;
use spec::catalogue::Task;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::dumbbell::draw_dot;
use crate::figure::kit::finding::check_rows;
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::theme::{Figure, GREY, INK, MARGIN, RIGHT, SMALL, about, ink_on, label, look, name, room};
use canvas::scene::{Anchor, Scene, Text};
use canvas::text::Weight;

const FIGURE: &str = "factors";

/// Largest number of units in the figure; those with the most information are drawn.
const UNITS: usize = 10;
const CELL: f64 = 58.0;

const CAPTION: &str = "Mutual information of a unit and a factor, in per cent of the factor's entropy. It is of binned values: chance \
                       alone gives a few per cent.";

/// Draws the figure of a run; `None` if the record lacks its files.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let rows = record.task_rows::<UnitInformation>(Task::Factors)?;
    rows.map(|rows| scene(&record.run, &rows)).transpose()
}

/// Draws `factors.csv`.
pub(crate) fn scene(run: &Run, rows: &[UnitInformation]) -> Result<Scene, Error> {
    check_rows(FIGURE, rows)?;
    let own = || rows.iter().filter(|row| row.subject == subject::AUTOENCODER);
    let Some(best) = own().max_by(|a, b| a.share.total_cmp(&b.share)) else {
        return Err(Error::data(FIGURE, "there are no units".to_owned()));
    };
    let theirs = rows.iter().filter(|row| row.subject == subject::PCA && row.factor == best.factor);
    let pca = theirs.map(|row| row.share).fold(0.0, f64::max);
    let title = format!(
        "One unit holds at most {:.0} % of the information on the {}, one component of PCA {:.0} %",
        100.0 * best.share,
        best.factor,
        100.0 * pca
    );
    let subtitle = format!("Mutual information of single units and factors · {}", about(run));
    let mut figure = Figure::new(&title, &subtitle)?;
    let mut factors: Vec<&str> = Vec::new();
    own().for_each(|row| {
        if !factors.contains(&row.factor.as_str()) {
            factors.push(&row.factor);
        }
    });
    if let [factor] = factors[..] {
        return ranking(figure, rows, factor);
    }
    let left =
        MARGIN + room(&factors.iter().map(|factor| (*factor).to_owned()).collect::<Vec<_>>(), Weight::Regular)? + 16.0;
    let gap = 40.0;
    let width = (RIGHT - left - gap) / 2.0;
    let cell = (width / UNITS as f64).min(CELL + 12.0);
    let top = figure.top + 70.0;
    let scene = &mut figure.scene;
    for (line, factor) in factors.iter().enumerate() {
        let y = top + line as f64 * CELL + CELL / 2.0 + SMALL * 0.35;
        scene.text(label(*factor, (left - 12.0, y), Anchor::End, INK));
    }
    scene.text(label("number", (left - 12.0, top - 12.0), Anchor::End, GREY));
    for (panel, of) in [subject::AUTOENCODER, subject::PCA].into_iter().enumerate() {
        let start = left + panel as f64 * (width + gap);
        let (called, colour) = look(of);
        let what = if of == subject::PCA { "component" } else { "unit" };
        scene.text(name(format!("{called}, by {what}"), (start, figure.top + 24.0), Anchor::Start, colour));
        let units = UnitInformation::most_informative(rows.iter().filter(|row| row.subject == of), UNITS);
        for (column, unit) in units.iter().enumerate() {
            let x = start + column as f64 * cell;
            scene.text(label(unit.to_string(), (x + cell / 2.0, top - 12.0), Anchor::Middle, GREY));
            for (line, factor) in factors.iter().enumerate() {
                let y = top + line as f64 * CELL;
                let share = rows.iter().find(|row| row.subject == of && row.unit == *unit && row.factor == *factor);
                let share = share.map_or(0.0, |row| row.share).clamp(0.0, 1.0);
                scene.rectangle((x, y), (x + cell - 3.0, y + CELL - 3.0), shade(colour, share));
                let at = (x + cell / 2.0 - 1.5, y + CELL / 2.0 + SMALL * 0.35);
                let text = label(format!("{:.0}", 100.0 * share), at, Anchor::Middle, INK);
                scene.text(Text { colour: ink_on(shade(colour, share)), ..text });
            }
        }
    }
    let bottom = top + factors.len() as f64 * CELL;
    figure.finish(bottom, CAPTION)
}

/// Draws a single factor: its share in each unit, largest first, as a line for each method.
fn ranking(mut figure: Figure, rows: &[UnitInformation], factor: &str) -> Result<Scene, Error> {
    let lines: Vec<(&str, Vec<f64>)> = [subject::AUTOENCODER, subject::PCA]
        .into_iter()
        .map(|of| {
            let own = rows.iter().filter(|row| row.subject == of && row.factor == factor);
            let mut shares: Vec<f64> = own.map(|row| 100.0 * row.share).collect();
            shares.sort_by(|a, b| b.total_cmp(a));
            (of, shares)
        })
        .filter(|(_, shares)| !shares.is_empty())
        .collect();
    let ends: Vec<_> = lines
        .iter()
        .map(|(of, shares)| {
            let (called, colour) = look(of);
            (called.to_owned(), shares.last().copied().unwrap_or(0.0), colour)
        })
        .collect();
    let right = RIGHT - room(&ends.iter().map(|end| end.0.clone()).collect::<Vec<_>>(), Weight::Bold)? - 20.0;
    let most = lines.iter().flat_map(|(_, shares)| shares).copied().fold(1.0, f64::max);
    let units = lines.iter().map(|(_, shares)| shares.len()).max().unwrap_or(1);
    let (top, bottom) = (figure.top, figure.top + 560.0);
    let area = Area { left: MARGIN, top, right, bottom };
    let panel = Panel::new(area, Axis::integers(1, units.max(2), 10), Axis::linear(0.0, 1.06 * most, 5))?;
    let scene = &mut figure.scene;
    panel.draw(
        scene,
        "unit or component, those that hold most first",
        &format!("information on the {factor}, % of its entropy"),
    )?;
    for (of, shares) in &lines {
        let path: Vec<_> = (1..).zip(shares).map(|(rank, share)| panel.point(f64::from(rank), *share)).collect();
        path.iter().for_each(|at| draw_dot(scene, of, *at, look(of).1));
        if path.len() > 1 {
            scene.path(path, 4.0, look(of).1);
        }
    }
    panel.ends(scene, &ends);
    figure.finish(bottom, CAPTION)
}

/// A shade of a colour: white at 0, the full colour at 1.
fn shade(RGBColor(red, green, blue): RGBColor, share: f64) -> RGBColor {
    let mix = |channel: u8| (255.0 - share * (255.0 - f64::from(channel))).round() as u8;
    RGBColor(mix(red), mix(green), mix(blue))
}
