//! Figure: share of images in which each unit of the code is active, most active unit first.

use plotters::style::RGBColor;
use record::UnitActivity;
use spec::Run;
use spec::catalogue::Task;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::check_rows;
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::theme::{Figure, MARGIN, RIGHT, about, look, room, test_images};
use canvas::scene::Scene;
use canvas::text::Weight;

const FIGURE: &str = "activity";

/// Share of images up to which a unit's point lies on the axis.
const RARE: f64 = 0.01;

/// Share of images from which on a unit is active for nearly every one.
const NEARLY_ALL: f64 = 0.9;

/// Draws the figure of a run, if its record has the files for it.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let units = record.task_rows::<UnitActivity>(Task::Activity)?;
    units.map(|units| scene(&record.run, &units)).transpose()
}

/// Draws `activity.csv`.
pub(crate) fn scene(run: &Run, units: &[UnitActivity]) -> Result<Scene, Error> {
    check_rows(FIGURE, units)?;
    let sorted = |of: &str| -> Vec<f64> {
        let mut shares: Vec<f64> =
            units.iter().filter(|unit| unit.subject == of).map(|unit| unit.active_share).collect();
        shares.sort_by(|a, b| b.total_cmp(a));
        shares
    };
    let mean = |shares: &[f64]| shares.iter().sum::<f64>() / shares.len().max(1) as f64;
    let own = sorted(subject::AUTOENCODER);
    let pca = sorted(subject::PCA);
    let others = if pca.is_empty() { String::new() } else { format!(" (PCA: {:.0} %)", 100.0 * mean(&pca)) };
    let rare = match own.iter().filter(|share| **share < RARE).count() {
        0 => "none is silent".to_owned(),
        count => format!("{count} are active in less than 1 % of the images"),
    };
    let are_flat = |shares: &[f64]| shares.iter().all(|share| *share >= NEARLY_ALL);
    let title = if are_flat(&own) {
        let others = match pca.is_empty() {
            false if are_flat(&pca) => ", as PCA's are".to_owned(),
            _ => others,
        };
        format!("All {} units are active for nearly every test image{others}", own.len())
    } else {
        format!("A test image activates {:.0} % of the {} units{others}; {rare}", 100.0 * mean(&own), own.len())
    };
    let subtitle = format!("Share of {} in which each unit is active · {}", test_images(run), about(run));
    let mut figure = Figure::new(&title, &subtitle)?;
    let lines: Vec<(&str, Vec<f64>)> = [subject::AUTOENCODER, subject::PCA]
        .map(|of| (of, sorted(of)))
        .into_iter()
        .filter(|(_, shares)| !shares.is_empty())
        .collect();
    let ends: Vec<(String, f64, RGBColor)> = lines
        .iter()
        .map(|(of, shares)| {
            let (called, colour) = look(of);
            (format!("{called} {:.0} %", 100.0 * mean(shares)), shares.last().copied().unwrap_or(0.0), colour)
        })
        .collect();
    let texts: Vec<String> = ends.iter().map(|(text, ..)| text.clone()).collect();
    let right = RIGHT - room(&texts, Weight::Bold)? - 20.0;
    // Lines that are flat need no height.
    let height = if lines.iter().all(|(_, shares)| are_flat(shares)) { 380.0 } else { 620.0 };
    let (top, bottom) = (figure.top, figure.top + height);
    let x = Axis::integers(1, own.len().max(2), 10);
    let mut y = Axis::linear(0.0, 1.0, 5);
    y.ticks.iter_mut().for_each(|tick| tick.label = format!("{:.0} %", 100.0 * tick.value));
    let panel = Panel::new(Area { left: MARGIN, top, right, bottom }, x, y)?;
    let scene = &mut figure.scene;
    panel.draw(scene, "unit, most active first", "share of images in which it is active")?;
    for (of, shares) in &lines {
        let path: Vec<_> =
            shares.iter().enumerate().map(|(unit, share)| panel.point((unit + 1) as f64, *share)).collect();
        path.iter().for_each(|at| scene.disc(*at, 7.0, look(of).1));
        scene.path(path, 4.0, look(of).1);
    }
    panel.ends(scene, &ends);
    figure.finish(
        bottom,
        "Active: the unit's output is more than 5 % of its root mean square away from 0. At the right: means over units.",
    )
}
