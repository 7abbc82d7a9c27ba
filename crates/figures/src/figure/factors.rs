//! What each unit of the code knows of the class and of the factors an image was drawn by.

use plotters::style::RGBColor;
use record::UnitInformation;
use spec::Run;
use spec::catalogue::Task;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::finding::check_rows;
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::theme::{Figure, GREY, INK, MARGIN, RIGHT, SMALL, about, label, look, name, room};
use canvas::scene::{Anchor, Scene};
use canvas::text::Weight;

const FIGURE: &str = "factors";

/// Units drawn at most, those that know most.
const UNITS: usize = 10;
const CELL: f64 = 58.0;

/// Draws the figure of a run, if its record has the files for it.
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
        "The unit that knows most tells {:.0} % of the {}; of PCA's, the best tells {:.0} %",
        100.0 * best.share,
        best.factor,
        100.0 * pca
    );
    let subtitle = format!("Mutual information with each factor, as a share of its entropy · {}", about(run));
    let mut figure = Figure::new(&title, &subtitle)?;
    let mut factors: Vec<&str> = Vec::new();
    own().for_each(|row| {
        if !factors.contains(&row.factor.as_str()) {
            factors.push(&row.factor);
        }
    });
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
                let ink = if share > 0.45 { RGBColor(255, 255, 255) } else { INK };
                scene.text(label(
                    format!("{:.0}", 100.0 * share),
                    (x + cell / 2.0 - 1.5, y + CELL / 2.0 + SMALL * 0.35),
                    Anchor::Middle,
                    ink,
                ));
            }
        }
    }
    let bottom = top + factors.len() as f64 * CELL;
    figure.finish(bottom, "Percent of a factor's entropy; the units that know most, from the left. Of binned values: chance alone gives a few percent.")
}

/// From white at 0 to the full colour at 1.
fn shade(RGBColor(red, green, blue): RGBColor, share: f64) -> RGBColor {
    let mix = |channel: u8| (255.0 - share * (255.0 - f64::from(channel))).round() as u8;
    RGBColor(mix(red), mix(green), mix(blue))
}
