//! Figure: quality against the bits of an image, for codes of each size, PCA, JPEG and PNG.

use spec::subject::{AUTOENCODER, JPEG, PCA, PNG};

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::check_values;
use crate::figure::kit::theme::about_experiment;
use crate::figure::kit::theme::{self, Figure, GREEN, MARGIN, RIGHT, SMALL, label, legend, tint};
use crate::summary::{Group, Summary};
use canvas::number::is_below_large;
use canvas::scene::{Anchor, Scene};
use canvas::text::number;

const FIGURE: &str = "rate_distortion";

/// Peak signal-to-noise ratios in dB at which rates are recorded.
const DECIBELS: [u32; 7] = [14, 16, 18, 20, 22, 24, 26];

/// Curve of a subject: bits per image and PSNR in dB, in increasing order of PSNR.
type Curve = Vec<(f64, f64)>;

/// Draws the groups whose codes were compressed; `None` if there are none.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let measured = |group: &Group, of: &str, field: &str| group.metric("test", of, field).map(|spread| spread.mean);
    let curve = |group: &Group, of: &str| -> Curve {
        let point = |decibels: &u32| {
            let rate = measured(group, of, &format!("bits_at_{decibels}_db"))?;
            Some((rate, f64::from(*decibels)))
        };
        DECIBELS.iter().filter_map(point).collect()
    };
    let own: Vec<(String, Curve)> = summary
        .groups
        .iter()
        .map(|group| (format!("{} units", group.code), curve(group, AUTOENCODER)))
        .filter(|(_, curve)| !curve.is_empty())
        .collect();
    let Some(first) = summary.groups.first().filter(|_| !own.is_empty()) else { return Ok(None) };
    // PCA has the same curve in every run.
    let pca = summary.groups.iter().map(|group| curve(group, PCA)).find(|curve| !curve.is_empty()).unwrap_or_default();
    let jpeg = measured(first, JPEG, "bits_per_image");
    let jpeg = jpeg.zip(measured(first, JPEG, "distortion"));
    // The largest recorded PSNR is 100 dB.
    let jpeg = jpeg.map(|(rate, lost)| (rate, -10.0 * lost.max(1e-10).log10()));
    let png = measured(first, PNG, "bits_per_image");
    let all: Curve = own.iter().flat_map(|(_, curve)| curve).chain(&pca).copied().chain(jpeg).collect();
    check_values(FIGURE, "bits_at_20_db", all.iter().map(|point| point.0).chain(png))?;
    check_values(FIGURE, "psnr_db", all.iter().map(|point| point.1))?;
    let savings: Vec<(usize, f64)> = summary
        .groups
        .iter()
        .filter_map(|group| Some((group.code, measured(group, AUTOENCODER, "bd_rate")?)))
        .collect();
    check_values(FIGURE, "bd_rate", savings.iter().map(|(_, percent)| *percent).chain([0.0]))?;

    let mut figure = Figure::new(&title(&savings), &about_experiment(summary))?;
    let entries = [
        ("autoencoder, a line for each code size".to_owned(), theme::AUTOENCODER),
        ("PCA".to_owned(), theme::PCA),
        ("JPEG, quality 50".to_owned(), GREEN),
    ];
    let shown = if jpeg.is_some() { &entries[..] } else { &entries[..2] };
    legend(&mut figure.scene, (MARGIN, figure.top + 26.0), shown, |scene, at, index| match index {
        2 => scene.rectangle((at.0 - 9.0, at.1 - 9.0), (at.0 + 9.0, at.1 + 9.0), GREEN),
        _ => {
            scene.line((at.0 - 16.0, at.1), (at.0 + 14.0, at.1), 4.0, entries[index].1);
            scene.disc(at, 8.0, entries[index].1);
        }
    })?;
    let (top, bottom) = (figure.top + 40.0, figure.top + 780.0);
    let right = RIGHT;
    let rates: Vec<f64> = all.iter().map(|point| point.0).chain(png).collect();
    let (low, high) = all.iter().fold((14.0_f64, 26.0_f64), |(low, high), point| (low.min(point.1), high.max(point.1)));
    let area = Area { left: MARGIN, top, right, bottom };
    let panel = Panel::new(area, Axis::errors_beside_zeros(rates), Axis::linear(low - 0.5, high + 2.0, 7))?;
    let scale = if panel.x.is_logarithmic() { ", log scale" } else { "" };
    let scene = &mut figure.scene;
    panel.draw(scene, &format!("bits per test image{scale}"), "quality: PSNR of the mean squared error, dB")?;
    if let Some(png) = png {
        panel.marker(scene, png, panel.area.bottom, "PNG, nothing lost");
    }
    for (_, curve) in &own {
        draw(scene, &panel, curve, tint(theme::AUTOENCODER, 1.0), 4.0, 7.0);
    }
    draw(scene, &panel, &pca, tint(theme::PCA, 1.0), 5.0, 9.0);
    for (size, curve) in &own {
        if let Some((rate, decibels)) = curve.last() {
            // The label is to the left of the line's end: lines rise to the right, and lines of shorter codes end
            // lower.
            let at = panel.point(*rate, *decibels);
            let mut text = label(size, (at.0 - 14.0, at.1 + 2.0), Anchor::End, theme::AUTOENCODER);
            let bounds = text.bounds()?;
            text.at.0 += (panel.area.left + 4.0 - bounds.0).max(0.0);
            text.at.1 = text.at.1.max(panel.area.top + SMALL);
            scene.text(text);
        }
    }
    if let Some((rate, decibels)) = jpeg {
        let at = panel.point(rate, decibels);
        scene.rectangle((at.0 - 9.0, at.1 - 9.0), (at.0 + 9.0, at.1 + 9.0), GREEN);
    }
    figure
        .finish(
            bottom,
            "Up and to the left is better. Codes are quantised and entropy-coded; the size of decoder and components does not count. Steps, \
             bits and PCA's number of components are chosen on training images. Means over seeds. Title: Bjontegaard delta rate, the mean saving in bits.",
        )
        .map(Some)
}

fn draw(scene: &mut Scene, panel: &Panel, curve: &Curve, colour: plotters::style::RGBAColor, width: f64, radius: f64) {
    let path: Vec<_> = curve.iter().map(|(rate, decibels)| panel.point(*rate, *decibels)).collect();
    if path.len() > 1 {
        scene.path(path.clone(), width, colour);
    }
    path.into_iter().for_each(|at| scene.disc(at, radius, colour));
}

/// Title with the code sizes at which the autoencoder needs fewer bits than PCA at the same error, and the saving.
fn title(savings: &[(usize, f64)]) -> String {
    let sizes = |of: &[&(usize, f64)]| {
        let mut sizes: Vec<String> = of.iter().map(|(units, _)| units.to_string()).collect();
        sizes.dedup();
        match &sizes[..] {
            [.., last] if sizes.len() > 1 => format!("{} and {last}", sizes[..sizes.len() - 1].join(", ")),
            _ => sizes.concat(),
        }
    };
    let percent = |of: &[&(usize, f64)]| {
        let shares = of.iter().map(|(_, percent)| percent.abs());
        let (low, high) = shares.fold((f64::MAX, 0.0_f64), |(low, high), share| (low.min(share), high.max(share)));
        let whole = |share: f64| if is_below_large(share) { format!("{share:.0}") } else { number(share) };
        let [low, high] = [low, high].map(whole);
        if low == high { format!("{low} %") } else { format!("{low} to {high} %") }
    };
    let (fewer, more): (Vec<_>, Vec<_>) = savings.iter().partition(|(_, percent)| *percent < 0.0);
    match (fewer.is_empty(), more.is_empty()) {
        (true, true) => "No rates of the autoencoder and PCA can be compared at the same error".to_owned(),
        (false, true) => {
            format!("At the same error, the autoencoder takes {} fewer bits than PCA", percent(&fewer))
        }
        (true, false) => format!("At the same error, the autoencoder takes {} more bits than PCA", percent(&more)),
        (false, false) => format!(
            "At the same error, the autoencoder takes {} fewer bits than PCA with {} units, and {} more with {}",
            percent(&fewer),
            sizes(&fewer),
            percent(&more),
            sizes(&more)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_lists_the_code_sizes_at_which_the_autoencoder_needs_fewer_bits() {
        let says = |savings: &[(usize, f64)], expected: &str| {
            let title = title(savings);
            assert!(title.contains(expected), "{title}");
        };
        says(&[(8, -40.2), (16, -55.0)], "takes 40 to 55 % fewer bits than PCA");
        says(&[(8, -40.0), (16, -55.0), (64, 12.0)], "fewer bits than PCA with 8 and 16 units, and 12 % more with 64");
        says(&[(64, 12.0)], "takes 12 % more bits than PCA");
        says(&[], "No rates");
    }
}
