//! What is lost against the bits an image takes: codes of each size, PCA, and JPEG.

use spec::subject::{AUTOENCODER, JPEG, PCA, PNG};

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::{check_values, quotient, share};
use crate::figure::kit::theme::about_experiment;
use crate::figure::kit::theme::{self, Figure, GREEN, GREY, MARGIN, RIGHT, SMALL, label, name, room, tint};
use crate::summary::{Group, Summary};
use canvas::scene::{Anchor, Scene};
use canvas::text::{Weight, number};

const FIGURE: &str = "rate_distortion";

/// Bits of a unit that are measured.
const BITS: [&str; 4] = ["2", "4", "6", "8"];

/// Bits per image, what the network loses at it, and what PCA does.
struct Point {
    rate: f64,
    own: f64,
    pca: f64,
}

/// Draws the groups whose codes were compressed; `None` where none was.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let measured = |group: &Group, of: &str, field: &str| group.metric("test", of, field).map(|spread| spread.mean);
    let points = |group: &Group| -> Vec<Point> {
        let point = |bits: &&str| {
            Some(Point {
                rate: measured(group, AUTOENCODER, &format!("rate_{bits}"))?,
                own: measured(group, AUTOENCODER, &format!("distortion_{bits}"))?,
                pca: measured(group, PCA, &format!("distortion_at_rate_{bits}"))?,
            })
        };
        BITS.iter().filter_map(point).collect()
    };
    let lines: Vec<(String, Vec<Point>)> = summary
        .groups
        .iter()
        .map(|group| (format!("{} units", group.code), points(group)))
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let mut all: Vec<&Point> = lines.iter().flat_map(|(_, points)| points).collect();
    let Some(first) = summary.groups.first().filter(|_| !all.is_empty()) else { return Ok(None) };
    all.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    let jpeg = measured(first, JPEG, "bits_per_image").zip(measured(first, JPEG, "distortion"));
    let png = measured(first, PNG, "bits_per_image");
    check_values(FIGURE, "rate_2", all.iter().map(|point| point.rate))?;
    check_values(FIGURE, "distortion_2", all.iter().flat_map(|point| [point.own, point.pca]))?;
    // What less bits would do better is nobody's choice.
    let best = envelope(all.iter().map(|point| (point.rate, point.own)));
    let pca = envelope(all.iter().map(|point| (point.rate, point.pca)));

    let mut figure = Figure::new(&title(&all, &best), &about_experiment(summary))?;
    let names = ["autoencoder", "PCA", "JPEG"].map(str::to_owned);
    let (top, bottom) = (figure.top, figure.top + 760.0);
    let right = RIGHT - room(&names, Weight::Bold)? - 26.0;
    let rates = all.iter().map(|point| point.rate).chain(jpeg.map(|(rate, _)| rate)).chain(png);
    let rates: Vec<f64> = rates.collect();
    let distortions: Vec<f64> =
        all.iter().flat_map(|point| [point.own, point.pca]).chain(jpeg.map(|(_, lost)| lost)).collect();
    let panel = Panel::new(Area { left: MARGIN, top, right, bottom }, Axis::errors(rates), Axis::errors(distortions))?;
    let scale = |axis: &Axis| if axis.is_logarithmic() { ", log scale" } else { "" };
    let (x, y) = (scale(&panel.x), scale(&panel.y));
    let scene = &mut figure.scene;
    panel.draw(scene, &format!("bits per test image{x}"), &format!("test MSE per pixel{y}"))?;
    if let Some(png) = png {
        panel.marker(scene, png, panel.area.bottom, "PNG, nothing lost");
    }
    for (size, points) in &lines {
        let path: Vec<_> = points.iter().map(|point| panel.point(point.rate, point.own)).collect();
        // Below its bend, where no other line comes.
        if let (Some(first), Some(last)) = (path.first(), path.last()) {
            let to_ends =
                |at: &(f64, f64)| (at.0 - first.0) / (last.0 - first.0) + (last.1 - at.1) / (last.1 - first.1);
            let bend = path.iter().min_by(|a, b| to_ends(a).total_cmp(&to_ends(b))).unwrap_or(first);
            let mut text = label(size, (bend.0 - 14.0, bend.1 + 28.0), Anchor::End, GREY);
            text.at.0 += (panel.area.left + 4.0 - text.bounds()?.0).max(0.0);
            text.at.1 = text.at.1.min(panel.area.bottom - 8.0);
            scene.text(text);
        }
        scene.path(path, 3.0, tint(theme::AUTOENCODER, 0.35));
    }
    for (line, colour) in [(&pca, theme::PCA), (&best, theme::AUTOENCODER)] {
        let path: Vec<_> = line.iter().map(|(rate, lost)| panel.point(*rate, *lost)).collect();
        if path.len() > 1 {
            scene.path(path.clone(), 5.0, colour);
        }
        path.into_iter().for_each(|at| scene.disc(at, 9.0, colour));
    }
    let ends: Vec<_> = [("PCA", &pca, theme::PCA), ("autoencoder", &best, theme::AUTOENCODER)]
        .into_iter()
        .filter_map(|(name, line, colour)| line.last().map(|(_, lost)| (name.to_owned(), *lost, colour)))
        .collect();
    panel.ends(scene, &ends);
    if let Some((rate, lost)) = jpeg {
        let at = panel.point(rate, lost);
        scene.rectangle((at.0 - 9.0, at.1 - 9.0), (at.0 + 9.0, at.1 + 9.0), GREEN);
        scene.text(name("JPEG", (at.0 - 18.0, at.1 + SMALL * 0.35), Anchor::End, GREEN));
    }
    figure
        .finish(
            bottom,
            "Units of codes of the sizes shown take one of 4, 16, 64 or 256 levels and are entropy-coded; neither decoder nor \
             components count. PCA: the best of all its sizes, levels and steps, and of mixtures of two, at no more bits. JPEG at quality 50.",
        )
        .map(Some)
}

/// The points, by rising rate, that lose less than all before them.
fn envelope(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    for point in points {
        if kept.last().is_none_or(|last| point.1 < last.1) {
            kept.push(point);
        }
    }
    kept
}

/// Where, along the network's best points, it loses less than PCA.
fn title(points: &[&Point], best: &[(f64, f64)]) -> String {
    let on_best = |point: &&&Point| best.contains(&(point.rate, point.own));
    let won: Vec<bool> = points.iter().filter(on_best).map(|point| point.own < point.pca).collect();
    let along: Vec<&&Point> = points.iter().filter(on_best).collect();
    let times = |point: &Point| quotient(point.own, point.pca);
    let most = along.iter().min_by(|a, b| times(a).total_cmp(&times(b)));
    let gain = most.map_or_else(String::new, |point| {
        format!("at {} bits per image {} of its error", number(point.rate.round()), share(times(point)))
    });
    let rate = |place: usize| number(along[place].rate.round());
    let (Some(first), Some(last)) = (won.iter().position(|won| *won), won.iter().rposition(|won| *won)) else {
        return "PCA loses less than the autoencoder at every rate measured".to_owned();
    };
    let ends = (first == 0, last + 1 == won.len());
    match ends {
        _ if won[first..=last].contains(&false) => {
            format!("The autoencoder loses less than PCA at some rates, {gain}, and more at others")
        }
        (true, true) => format!("The autoencoder loses less than PCA at every rate measured, {gain}"),
        (true, false) => {
            let (last, from) = (rate(last), rate(last + 1));
            format!("The autoencoder loses less than PCA up to {last} bits per image, {gain}; PCA does from {from} on")
        }
        (false, true) => {
            let (first, to) = (rate(first), rate(first - 1));
            format!("The autoencoder loses less than PCA from {first} bits per image on, {gain}; PCA does up to {to}")
        }
        (false, false) => {
            let (first, last) = (rate(first), rate(last));
            format!(
                "The autoencoder loses less than PCA from {first} to {last} bits per image, {gain}; PCA does elsewhere"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_says_between_which_rates_the_autoencoder_loses_less() {
        let says = |own: [f64; 3], expected: &str| {
            let points: Vec<Point> = own
                .iter()
                .zip([10.0, 20.0, 30.0])
                .map(|(own, rate)| Point { rate, own: *own, pca: 1.0 / rate })
                .collect();
            let best: Vec<(f64, f64)> = points.iter().map(|point| (point.rate, point.own)).collect();
            let title = title(&points.iter().collect::<Vec<_>>(), &best);
            assert!(title.contains(expected), "{title}");
        };
        says([0.09, 0.04, 0.03], "at every rate measured, at 20.0 bits per image 0.80 of its error");
        says(
            [0.09, 0.06, 0.05],
            "up to 10.0 bits per image, at 10.0 bits per image 0.90 of its error; PCA does from 20.0 on",
        );
        says(
            [0.2, 0.04, 0.03],
            "from 20.0 bits per image on, at 20.0 bits per image 0.80 of its error; PCA does up to 10.0",
        );
        says([0.2, 0.04, 0.035], "from 20.0 to 20.0 bits per image");
        says([0.09, 0.06, 0.03], "at some rates");
        says([0.2, 0.1, 0.05], "PCA loses less than the autoencoder at every rate");
    }
}
