//! Figure: test error against the strength of the corruption.

use record::CorruptionError;
use spec::subject;
use spec::subject::DENOISERS;
use spec::{Corruption, Run};

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::dumbbell::draw_dot;
use crate::figure::kit::finding::{check_rows, excess, quotient, ratio, share};
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::theme::{Figure, MARGIN, RIGHT, SMALL, about, look, name, room, spread, test_images, tint};
use canvas::scene::{Anchor, Scene};
use canvas::text::Weight;

const FIGURE: &str = "error_by_corruption";

/// Levels of corruption in increasing order, each with the error of a subject.
type Line = Vec<(f64, f64)>;

/// Draws the figure of a run; `None` if the record lacks its files.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let errors = record.rows::<CorruptionError>(&record.directory.error_by_corruption())?;
    let both = record.run.corruption.zip(errors);
    both.map(|(corruption, errors)| scene(&record.run, corruption, &errors)).transpose()
}

/// Draws `error_by_corruption.csv` of a run trained with `corruption`.
pub(crate) fn scene(run: &Run, corruption: Corruption, errors: &[CorruptionError]) -> Result<Scene, Error> {
    check_rows(FIGURE, errors)?;
    let lines: Vec<(&str, Line)> = [subject::AUTOENCODER, subject::PCA]
        .into_iter()
        .chain(DENOISERS.iter().copied())
        .chain([subject::CORRUPTED_INPUT])
        .map(|subject| (subject, line(errors, subject)))
        .filter(|(_, line)| !line.is_empty())
        .collect();
    let trained = f64::from(corruption.level());
    let subtitle = format!("Test error by strength of the noise · {} · {}", about(run), test_images(run));
    let mut figure = Figure::new(&title(corruption, &lines), &subtitle)?;

    let (top, bottom) = (figure.top, figure.top + 740.0);
    let scene = &mut figure.scene;
    let texts: Vec<String> = lines.iter().map(|(subject, _)| look(subject).0.to_owned()).collect();
    let right = RIGHT - room(&texts, Weight::Bold)? - 20.0;
    let levels = || errors.iter().map(|row| f64::from(row.level)).chain([trained]);
    let x = Axis::linear(levels().fold(f64::INFINITY, f64::min), levels().fold(0.0, f64::max), 6);
    let least = least(&lines);
    let y =
        Axis::errors(lines.iter().flat_map(|(_, line)| line).map(|&(_, error)| error).filter(|error| *error > least));
    let logarithmic = y.is_logarithmic();
    let scale = if logarithmic { ", log scale" } else { "" };
    let panel = Panel::new(Area { left: MARGIN, top, right, bottom }, x, y)?;
    let unit = match corruption {
        Corruption::Gaussian { .. } => "standard deviation of the noise (sigma), pixels in [0, 1]",
        Corruption::Masking { .. } => "share of pixels set to 0 (fraction)",
        Corruption::SaltAndPepper { .. } => "share of pixels set to 0 or 1 (fraction)",
    };
    panel.draw(scene, unit, &format!("test MSE per pixel against the clean image{scale}"))?;

    panel.marker(scene, trained, panel.area.bottom, &format!("trained at {}", corruption.level()));

    for (subject, line) in lines.iter().rev() {
        let (_, colour) = look(subject);
        let path: Vec<_> =
            line.iter().map(|&(level, error)| (panel.across(level), down(&panel, least, error))).collect();
        scene.path(path.clone(), 5.0, colour);
        for (at, _) in path.into_iter().zip(line).filter(|(_, (_, error))| *error > least || !logarithmic) {
            draw_dot(scene, subject, at, colour);
        }
    }
    let heights: Vec<f64> =
        lines.iter().filter_map(|(_, line)| line.last()).map(|&(_, error)| down(&panel, least, error)).collect();
    let placed = spread(&heights, SMALL * 1.3, panel.area.top, panel.area.bottom);
    for (((subject, _), y), height) in lines.iter().zip(placed).zip(heights) {
        let (called, colour) = look(subject);
        scene.line((right + 10.0, height), (right + 16.0, y), 2.0, tint(colour, 0.6));
        scene.text(name(called, (right + 20.0, y + SMALL * 0.35), Anchor::Start, colour));
    }
    figure.finish(bottom, &caption(corruption, &lines))
}

/// Smallest error that is drawn: a hundredth of the autoencoder's smallest error. Without noise, some methods hardly
/// change an image, and their tiny errors would dominate a logarithmic scale.
fn least(lines: &[(&str, Line)]) -> f64 {
    let own = find(lines, subject::AUTOENCODER).into_iter().flatten().map(|(_, error)| *error);
    own.min_by(f64::total_cmp).map_or(0.0, |error| 0.01 * error)
}

/// Vertical position of an error. Errors below `least` are at the bottom.
fn down(panel: &Panel, least: f64, error: f64) -> f64 {
    if error > least { panel.down(error) } else { panel.area.bottom }
}

fn line(errors: &[CorruptionError], subject: &str) -> Line {
    let of = errors.iter().filter(|row| row.subject == subject);
    let mut line: Line = of.map(|row| (f64::from(row.level), row.mse_per_pixel)).collect();
    line.sort_by(|a, b| a.0.total_cmp(&b.0));
    line
}

fn find<'a>(lines: &'a [(&str, Line)], subject: &str) -> Option<&'a Line> {
    lines.iter().find(|(name, _)| *name == subject).map(|(_, line)| line)
}

/// Title with the result at the recorded level nearest to the level of training.
fn title(corruption: Corruption, lines: &[(&str, Line)]) -> String {
    let trained = f64::from(corruption.level());
    let nearest = |subject: &str| {
        let distance = |point: &&(f64, f64)| (point.0 - trained).abs();
        find(lines, subject)?.iter().min_by(|a, b| distance(a).total_cmp(&distance(b))).copied()
    };
    let (Some((level, autoencoder)), Some((_, input))) =
        (nearest(subject::AUTOENCODER), nearest(subject::CORRUPTED_INPUT))
    else {
        return "Test error by strength of the corruption".to_owned();
    };
    let at = format!("At {} {}", corruption.level_name(), canvas::text::plain(level));
    let against = |baseline: f64| {
        let times = quotient(autoencoder, baseline);
        if times < 1.0 { share(times) } else { ratio(times, 1.0) }
    };
    let denoisers = DENOISERS.iter().copied().filter_map(|denoiser| Some((denoiser, nearest(denoiser)?.1)));
    if let Some((best, error)) = denoisers.min_by(|a, b| a.1.total_cmp(&b.1))
        && nearest(subject::PCA).is_none_or(|(_, pca)| error < pca)
    {
        let name = look(best).0;
        return if error < autoencoder {
            format!(
                "{at} the best method is {name}: the autoencoder's error is {}",
                excess(quotient(autoencoder, error))
            )
        } else {
            format!("{at} the autoencoder's error is {} of that of the best other method, {name}", against(error))
        };
    }
    match nearest(subject::PCA) {
        Some((_, pca)) if pca < autoencoder => format!(
            "{at} PCA wins: the autoencoder's error is {}, and {} of the corrupted input's",
            excess(quotient(autoencoder, pca)),
            against(input)
        ),
        Some((_, pca)) => format!(
            "{at} the autoencoder's error is {} of PCA's and {} of the corrupted input's",
            against(pca),
            against(input)
        ),
        None => format!("{at} the autoencoder's error is {} of the corrupted input's", against(input)),
    }
}

/// Caption with the levels at which the noisy input or PCA is better than the autoencoder.
fn caption(corruption: Corruption, lines: &[(&str, Line)]) -> String {
    let Some(autoencoder) = find(lines, subject::AUTOENCODER) else { return String::new() };
    let better = |subject: &str| -> Vec<String> {
        let Some(line) = find(lines, subject) else { return Vec::new() };
        let pairs = line.iter().zip(autoencoder);
        pairs
            .filter(|(baseline, own)| baseline.0 == own.0 && baseline.1 < own.1)
            .map(|(baseline, _)| canvas::text::plain(baseline.0))
            .collect()
    };
    let at = |levels: Vec<String>| match levels.len() {
        0 => None,
        all if all == autoencoder.len() => Some(format!("at every {}", corruption.level_name())),
        _ => Some(format!("at {} {}", corruption.level_name(), canvas::text::list(&levels))),
    };
    let least = least(lines);
    let off =
        lines.iter().filter(|(_, line)| line.first().is_some_and(|&(level, error)| level == 0.0 && error <= least));
    let off: Vec<String> = off.map(|(subject, _)| look(subject).0.to_owned()).collect();
    let none = (!off.is_empty()).then(|| {
        format!("Next to no error, off the scale, at {} 0: {}.", corruption.level_name(), canvas::text::list(&off))
    });
    let others = [subject::CORRUPTED_INPUT, subject::PCA].into_iter().chain(DENOISERS.iter().copied());
    let others: Vec<String> = others.filter_map(|of| Some(format!("{} {}", look(of).0, at(better(of))?))).collect();
    let beaten = (!others.is_empty()).then(|| format!("Better than the autoencoder: {}.", others.join("; ")));
    none.into_iter().chain(beaten).collect::<Vec<_>>().join(" ")
}
