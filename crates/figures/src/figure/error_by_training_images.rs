//! Figure: test and training error of the autoencoder and of PCA against the number of training images, with
//! regularised networks.

use plotters::style::RGBColor;
use spec::subject::{AUTOENCODER, PCA};

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::{check_spreads, check_values, quotient, ratio};
use crate::figure::kit::theme::about_experiment;
use crate::figure::kit::theme::{self, Figure, MARGIN, RIGHT, room};
use crate::summary::{Group, Spread, Summary};
use canvas::scene::Scene;
use canvas::text::{Weight, count, number};

const FIGURE: &str = "error_by_training_images";

/// Fields of the test error and of the training error.
const TEST: &str = "clean_mse";
const TRAIN: &str = "clean_train_mse";

/// Numbers of training images in increasing order, each with its error.
type Line = Vec<(usize, f64)>;

/// Draws the groups measured by the task `generalisation`; `None` if networks without regularisation have fewer than
/// two numbers of training images.
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
    let values = || lines.iter().flat_map(|(.., line)| line).map(|&(_, error)| error);
    check_values(FIGURE, TEST, values())?;
    let mut figure = Figure::new(&title(&plain, &remedies), &about_experiment(summary))?;
    let bottom = figure.top + if remedies.is_empty() { 860.0 } else { 640.0 };

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
    let mut sizes: Vec<usize> = lines.iter().flat_map(|(.., line)| line).map(|&(images, _)| images).collect();
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
    for group in &plain {
        for (subject, field, _) in &lines {
            if let Some((images, spread)) = group.train.zip(group.metric("test", subject, field)) {
                panel.deviation(scene, images as f64, spread, theme::look(subject).1);
            }
        }
    }
    panel.ends(scene, &ends);
    let mut bottom = bottom;
    for &images in &sizes {
        let here: Vec<&Group> = remedies.iter().copied().filter(|group| group.train == Some(images)).collect();
        if !here.is_empty() {
            let untreated = line(&plain, AUTOENCODER, TEST).iter().find(|(of, _)| *of == images).map(|of| of.1);
            bottom = rank_remedies(scene, bottom + 30.0, images, &here, untreated)?;
        }
    }
    let test = line(&plain, AUTOENCODER, TEST);
    let helping =
        remedies.iter().filter_map(|group| against(group, &test)).filter(|(ratio, ..)| *ratio < 0.995).count();
    let ratios = match remedies.len() {
        0 => String::new(),
        1 => " Ratio: to the same network without a remedy.".to_owned(),
        all => format!(" Ratio: to the same network without a remedy; {helping} of {all} remedies lower the error."),
    };
    let caption = format!(
        "Solid: test split. Dashed: training split. Means over seeds, without noise on the inputs; bars: one standard deviation.{ratios}"
    );
    figure.finish(bottom, &caption).map(Some)
}

/// Ranks the regularised networks at one number of images, best first, with the error without regularisation.
fn rank_remedies(
    scene: &mut Scene,
    top: f64,
    images: usize,
    groups: &[&Group],
    untreated: Option<f64>,
) -> Result<f64, Error> {
    let test = |group: &Group| group.metric("test", AUTOENCODER, TEST);
    let mut ranked: Vec<(&str, Spread)> =
        groups.iter().filter_map(|group| Some((group.network(), test(group)?))).collect();
    check_spreads(FIGURE, TEST, ranked.iter().map(|(_, spread)| *spread))?;
    ranked.sort_by(|a, b| a.1.mean.total_cmp(&b.1.mean));
    let rows: Vec<Row> = ranked
        .into_iter()
        .map(|(network, Spread { mean, std })| Row {
            name: network.to_owned(),
            dots: vec![Dot { subject: AUTOENCODER, value: mean, std }],
            note: untreated.map(|untreated| ratio(mean, untreated)).unwrap_or_default(),
        })
        .collect();
    let title = format!("test MSE per pixel with a remedy, {} training images", count(images));
    let reference = untreated.map(|untreated| (untreated, "no remedy"));
    dumbbell::draw_beside(scene, top, &rows, (&title, "ratio"), Scale::Ratios, reference)
}

fn mean(group: &Group, subject: &str, field: &str) -> Option<f64> {
    group.metric("test", subject, field).map(|spread| spread.mean)
}

fn line(groups: &[&Group], subject: &str, field: &str) -> Line {
    let mut line: Line = groups.iter().filter_map(|group| Some((group.train?, mean(group, subject, field)?))).collect();
    line.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    line
}

/// A remedy's error over that of the same network without it on as many images, its name, and the number of images.
fn against(group: &Group, test: &Line) -> Option<(f64, String, usize)> {
    let (_, plain) = *test.iter().find(|(images, _)| Some(*images) == group.train)?;
    Some((quotient(mean(group, AUTOENCODER, TEST)?, plain), group.network().to_owned(), group.train?))
}

/// How much the autoencoder overfits with few images and with many, and the remedy that lowers its error most.
fn title(plain: &[&Group], remedies: &[&Group]) -> String {
    let test = line(plain, AUTOENCODER, TEST);
    let overfit = line(plain, AUTOENCODER, "test_over_train");
    let (Some(&(few, worst)), Some(&(many, best))) = (overfit.first(), overfit.last()) else {
        return "Error by number of training images".to_owned();
    };
    let overfit = format!("With {} images, test error is {} times training error", count(few), number(worst));
    let helps = remedies.iter().filter_map(|group| against(group, &test)).min_by(|a, b| a.0.total_cmp(&b.0));
    match helps {
        Some((ratio, network, images)) if ratio < 1.0 => {
            let percent = 100.0 * (1.0 - ratio);
            let less = if percent < 0.95 { "less than 1".to_owned() } else { format!("{percent:.0}") };
            format!("{overfit}; with {}, “{network}” helps most: {less} % less test error", count(images))
        }
        Some(_) => format!("{overfit}; no remedy helps"),
        None => format!("{overfit}, with {} {} times", count(many), number(best)),
    }
}
