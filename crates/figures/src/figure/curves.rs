//! Figure: training loss by epoch of several runs in one panel.

use plotters::style::RGBColor;
use record::Epoch;

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::check_values;
use crate::figure::kit::theme::{Figure, MARGIN, NETWORKS, RIGHT, room};
use canvas::scene::Scene;
use canvas::text::{Weight, number};

const FIGURE: &str = "curves";

/// Name and epochs of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Name of the run in the figure.
    pub name: String,
    /// Epochs of all stages; the last stage of the autoencoder is drawn.
    pub epochs: Vec<Epoch>,
}

/// Name, colour and points of a curve.
type Line<'a> = (&'a str, RGBColor, Vec<(f64, f64)>);

/// Epochs of the last stage, counted from 1, with their losses.
fn last_stage(curve: &Curve) -> Vec<(f64, f64)> {
    let mut stages = curve.epochs.chunk_by(|a, b| a.stage == b.stage);
    let last = stages.rfind(|stage| stage[0].is_of_autoencoder()).unwrap_or_default();
    last.iter().enumerate().map(|(index, epoch)| ((index + 1) as f64, epoch.train_loss)).collect()
}

pub(crate) fn scene(curves: &[Curve]) -> Result<Scene, Error> {
    let lines: Vec<Line<'_>> = curves
        .iter()
        .zip(NETWORKS.into_iter().cycle())
        .map(|(curve, colour)| (curve.name.as_str(), colour, last_stage(curve)))
        .collect();
    let values = || lines.iter().flat_map(|(_, _, points)| points.iter().map(|point| point.1));
    check_values(FIGURE, "train_loss", values())?;
    let ends: Vec<(String, f64, RGBColor)> = lines
        .iter()
        .filter_map(|(name, colour, points)| {
            points.last().map(|(_, loss)| (format!("{name} {}", number(*loss)), *loss, *colour))
        })
        .collect();
    let Some(best) = ends.iter().min_by(|a, b| a.1.total_cmp(&b.1)) else {
        return Err(Error::data(FIGURE, "there are no epochs".to_owned()));
    };
    let title = format!("Lowest training loss at the end: {}", best.0);
    let mut figure = Figure::new(&title, "Training loss by epoch, of the last stage of each run")?;
    let texts: Vec<String> = ends.iter().map(|(text, ..)| text.clone()).collect();
    let right = RIGHT - room(&texts, Weight::Bold)? - 20.0;
    let epochs = lines.iter().map(|(_, _, points)| points.len()).max().unwrap_or(1);
    let y = Axis::errors(values().collect::<Vec<_>>());
    let y_title = if y.is_logarithmic() { "training loss, log scale" } else { "training loss" };
    let (top, bottom) = (figure.top, figure.top + 740.0);
    let panel = Panel::new(Area { left: MARGIN, top, right, bottom }, Axis::integers(1, epochs, 10), y)?;
    let scene = &mut figure.scene;
    panel.draw(scene, "epoch", y_title)?;
    for (_, colour, points) in &lines {
        let path: Vec<_> = points.iter().map(|&(x, y)| panel.point(x, y)).collect();
        match path.as_slice() {
            &[only] => scene.disc(only, 10.0, *colour),
            _ => scene.path(path, 5.0, *colour),
        }
    }
    panel.ends(scene, &ends);
    figure.finish(bottom, "")
}
