//! Test and training error of autoencoder and PCA against the number of training images, and what helps where they are few.

use plotters::style::RGBColor;
use spec::subject::{AUTOENCODER, PCA};

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::{check_values, quotient, share};
use crate::figure::kit::theme::about_experiment;
use crate::figure::kit::theme::{self, Figure, INK, MARGIN, RIGHT, SMALL, name, room, tint};
use crate::summary::{Group, Summary};
use canvas::scene::{Anchor, Scene};
use canvas::text::{Weight, count, number};

const FIGURE: &str = "error_by_training_images";

/// Fields of both errors.
const TEST: &str = "clean_mse";
const TRAIN: &str = "clean_train_mse";

/// Training images and error, images rising.
type Line = Vec<(usize, f64)>;

/// Draws the groups of which `generalisation` was measured; `None` where those without remedy had less than two numbers of
/// training images.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let measured = || summary.groups.iter().filter(|group| mean(group, AUTOENCODER, TEST).is_some());
    let plain: Vec<&Group> = measured().filter(|group| !group.regularised).collect();
    let remedies: Vec<&Group> = measured().filter(|group| group.regularised).collect();
    let lines: Vec<(&str, &str, Line)> = [(AUTOENCODER, TEST), (AUTOENCODER, TRAIN), (PCA, TEST), (PCA, TRAIN)]
        .into_iter()
        .map(|(subject, field)| (subject, field, line(&plain, subject, field)))
        .filter(|(.., line)| line.len() > 1)
        .collect();
    if lines.is_empty() {
        return Ok(None);
    }
    let points = line(&remedies, AUTOENCODER, TEST);
    let values = || lines.iter().flat_map(|(.., line)| line).chain(&points).map(|&(_, error)| error);
    check_values(FIGURE, TEST, values())?;
    let mut figure = Figure::new(&title(&plain, &remedies), &about_experiment(summary))?;
    let bottom = figure.top + 860.0;

    let ends: Vec<(String, f64, RGBColor)> = lines
        .iter()
        .filter_map(|(subject, field, line)| {
            let (_, error) = line.last()?;
            let (subject, colour) = theme::look(subject);
            let split = if *field == TEST { "test" } else { "training" };
            Some((format!("{subject}, {split} {}", number(*error)), *error, colour))
        })
        .collect();
    let texts: Vec<String> = ends.iter().map(|(text, ..)| text.clone()).collect();
    let right = RIGHT - room(&texts, Weight::Bold)? - 20.0;
    let mut sizes: Vec<usize> =
        lines.iter().flat_map(|(.., line)| line).chain(&points).map(|&(images, _)| images).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let mut x = Axis::sizes(&sizes);
    x.ticks.iter_mut().zip(&sizes).for_each(|(tick, images)| tick.label = count(*images));
    let y = Axis::errors_beside_zeros(values().collect::<Vec<_>>());
    let scale = if y.is_logarithmic() { ", log scale" } else { "" };
    let panel = Panel::new(Area { left: MARGIN, top: figure.top, right, bottom }, x, y)?;
    let scene = &mut figure.scene;
    panel.draw(scene, "training images (log scale)", &format!("MSE per pixel of clean images{scale}"))?;
    for (subject, field, line) in &lines {
        let (_, colour) = theme::look(subject);
        let path: Vec<_> = line.iter().map(|&(images, error)| panel.point(images as f64, error)).collect();
        if *field == TEST {
            path.iter().for_each(|at| scene.disc(*at, 9.0, colour));
            scene.path(path, 5.0, colour);
        } else {
            path.windows(2).for_each(|ends| scene.dashed(ends[0], ends[1], 4.0, colour));
            path.iter().for_each(|at| scene.disc(*at, 6.0, colour));
        }
    }
    panel.ends(scene, &ends);
    for &images in &sizes {
        let here: Vec<&Group> = remedies.iter().copied().filter(|group| group.train == Some(images)).collect();
        label_remedies(scene, &panel, images, &here);
    }
    let remedies =
        if remedies.is_empty() { "" } else { " Triangles: test error with a remedy, at its number of images." };
    let caption =
        format!("Solid: test split. Dashed: training split. Mean over seeds, without noise on the inputs.{remedies}");
    figure.finish(bottom, &caption).map(Some)
}

/// The remedies at one number of images: a triangle each, and their names at the top of the panel, where lines that fall leave
/// room.
fn label_remedies(scene: &mut Scene, panel: &Panel, images: usize, groups: &[&Group]) {
    let mut points: Vec<(&str, f64)> =
        groups.iter().filter_map(|group| Some((group.network(), mean(group, AUTOENCODER, TEST)?))).collect();
    points.sort_by(|a, b| b.1.total_cmp(&a.1));
    let x = panel.across(images as f64);
    for (index, (network, error)) in points.into_iter().enumerate() {
        let (height, y) = (panel.down(error), panel.area.top + (index as f64 + 0.7) * SMALL * 1.4);
        scene.polygon(vec![(x - 12.0, height + 10.0), (x, height - 12.0), (x + 12.0, height + 10.0)], INK);
        scene.line((x + 14.0, height), (x + 64.0, y), 2.0, tint(INK, 0.4));
        let text = format!("{network} {}", number(error));
        scene.text(name(text, (x + 70.0, y + SMALL * 0.35), Anchor::Start, INK));
    }
}

fn mean(group: &Group, subject: &str, field: &str) -> Option<f64> {
    group.metric("test", subject, field).map(|spread| spread.mean)
}

fn line(groups: &[&Group], subject: &str, field: &str) -> Line {
    let mut line: Line = groups.iter().filter_map(|group| Some((group.train?, mean(group, subject, field)?))).collect();
    line.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    line
}

/// How much the autoencoder overfits with few images and with many, and the remedy that lowers its error most.
fn title(plain: &[&Group], remedies: &[&Group]) -> String {
    let test = line(plain, AUTOENCODER, TEST);
    let overfit = line(plain, AUTOENCODER, "test_over_train");
    let (Some(&(few, worst)), Some(&(many, best))) = (overfit.first(), overfit.last()) else {
        return "Error by number of training images".to_owned();
    };
    let overfit = format!(
        "The autoencoder's test error is {} times its training error with {} images, and {} times with {}",
        number(worst),
        count(few),
        number(best),
        count(many)
    );
    let against = |group: &&Group| {
        let (_, plain) = *test.iter().find(|(images, _)| Some(*images) == group.train)?;
        Some((quotient(mean(group, AUTOENCODER, TEST)?, plain), group.network().to_owned(), group.train?))
    };
    let helps = remedies.iter().filter_map(against).min_by(|a, b| a.0.total_cmp(&b.0));
    match helps {
        Some((ratio, network, images)) if ratio < 1.0 => {
            format!(
                "{overfit}; of the remedies at {}, {network} helps most: {} of the test error",
                count(images),
                share(ratio)
            )
        }
        Some(_) => format!("{overfit}; no remedy helps"),
        None => overfit,
    }
}
