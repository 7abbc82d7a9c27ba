//! Figure: terms of the training besides the loss, by epoch: the divergence of Gaussian codes, or the adversarial
//! losses.

use std::f64::consts::LN_2;

use plotters::style::RGBColor;
use record::Epoch;
use spec::Run;

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::check_rows;
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::theme::{AUTOENCODER, DO_NOTHING, Figure, MARGIN, NETWORKS, RIGHT, TRAINING, about, room};
use canvas::scene::Scene;
use canvas::text::{Weight, number};

const FIGURE: &str = "training_terms";

/// Name, colour and points of a curve.
type Curve = (&'static str, RGBColor, Vec<(f64, f64)>);

/// Draws the figure of a run; `None` if the record lacks its files.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let epochs = record.rows::<Epoch>(&record.directory.epochs())?;
    epochs.map_or(Ok(None), |epochs| scene(&record.run, &epochs))
}

/// Draws the terms of `epochs.csv`; `None` if the training had none.
pub(crate) fn scene(run: &Run, epochs: &[Epoch]) -> Result<Option<Scene>, Error> {
    check_rows(FIGURE, epochs)?;
    let curve = |of: fn(&Epoch) -> Option<f64>| -> Vec<(f64, f64)> {
        epochs.iter().filter_map(|epoch| Some((epoch.epoch as f64, of(epoch)?))).collect()
    };
    let last = |points: &[(f64, f64)]| points.last().map_or(f64::NAN, |point| point.1);
    let divergence = curve(|epoch| epoch.train_divergence);
    let (title, y_title, curves, level): (String, &str, Vec<Curve>, Option<(&str, f64)>) = if !divergence.is_empty() {
        let title = format!(
            "At the end of training, a code of {} units carries {} nats about its image",
            run.model.code(),
            number(last(&divergence))
        );
        let mut curves = vec![("training", TRAINING, divergence)];
        let held_out = curve(|epoch| epoch.validation_divergence);
        if !held_out.is_empty() {
            curves.push(("validation", AUTOENCODER, held_out));
        }
        (title, "divergence of codes from the prior (nats per image)", curves, None)
    } else {
        let (judge, deception) = (curve(|epoch| epoch.discriminator_loss), curve(|epoch| epoch.deception_loss));
        if judge.is_empty() {
            return Ok(None);
        }
        let right = last(&curve(|epoch| epoch.discriminator_accuracy));
        let title = format!(
            "The discriminator tells {:.0} % of codes from samples of the prior at the end; guessing tells 50 %",
            100.0 * right
        );
        let curves = vec![("discriminator", NETWORKS[1], judge), ("encoder", AUTOENCODER, deception)];
        (title, "cross-entropy (nats)", curves, Some(("guessing", LN_2)))
    };
    let values = || {
        curves.iter().flat_map(|(_, _, points)| points.iter().map(|point| point.1)).chain(level.map(|level| level.1))
    };
    let mut figure = Figure::new(&title, &format!("By epoch, beside the loss per pixel · {}", about(run)))?;
    let mut ends: Vec<(String, f64, RGBColor)> = curves
        .iter()
        .map(|(name, colour, points)| (format!("{name} {}", number(last(points))), last(points), *colour))
        .collect();
    ends.extend(level.map(|(name, value)| (format!("{name} {}", number(value)), value, DO_NOTHING)));
    let texts: Vec<String> = ends.iter().map(|(text, ..)| text.clone()).collect();
    let right = RIGHT - room(&texts, Weight::Bold)? - 20.0;
    let (top, bottom) = (figure.top, figure.top + 560.0);
    let y = Axis::errors_beside_zeros(values().collect::<Vec<_>>());
    let y_title = if y.is_logarithmic() { format!("{y_title}, log scale") } else { y_title.to_owned() };
    let x = Axis::integers(1, epochs.last().map_or(1, |epoch| epoch.epoch), 10);
    let panel = Panel::new(Area { left: MARGIN, top, right, bottom }, x, y)?;
    let scene = &mut figure.scene;
    panel.draw(scene, "epoch", &y_title)?;
    if let Some((_, value)) = level {
        scene.dashed((panel.area.left, panel.down(value)), (right, panel.down(value)), 4.0, DO_NOTHING);
    }
    for (_, colour, points) in &curves {
        let path: Vec<_> = points.iter().map(|&(x, y)| panel.point(x, y)).collect();
        match path.as_slice() {
            &[only] => scene.disc(only, 10.0, *colour),
            _ => scene.path(path, 5.0, *colour),
        }
    }
    panel.ends(scene, &ends);
    let caption = match level {
        None => {
            "Divergence: how far the code of an image is from the prior that samples are drawn from. 1 nat is 1.44 bits."
        }
        Some(_) => {
            "Discriminator: how badly it tells codes from samples of the prior. Encoder: how badly its codes pass for samples."
        }
    };
    figure.finish(bottom, caption).map(Some)
}
