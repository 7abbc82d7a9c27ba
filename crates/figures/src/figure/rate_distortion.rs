//! Quality over the bits an image takes: codes of each size, PCA, JPEG and PNG.

use spec::subject::{AUTOENCODER, JPEG, PCA, PNG};

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::check_values;
use crate::figure::kit::theme::about_experiment;
use crate::figure::kit::theme::{self, Figure, GREEN, GREY, MARGIN, RIGHT, SMALL, label, name, room, tint};
use crate::summary::{Group, Summary};
use canvas::number::is_below_large;
use canvas::scene::{Anchor, Scene};
use canvas::text::{Weight, number};

const FIGURE: &str = "rate_distortion";

/// Peak signal-to-noise ratios in dB at which rates are recorded.
const DECIBELS: [u32; 7] = [14, 16, 18, 20, 22, 24, 26];

/// Curve of a subject: bits per image and PSNR in dB, by rising PSNR.
type Curve = Vec<(f64, f64)>;

/// Draws the groups whose codes were compressed; `None` where none was.
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
    // PCA has the same choice in every run.
    let pca = summary.groups.iter().map(|group| curve(group, PCA)).find(|curve| !curve.is_empty()).unwrap_or_default();
    let jpeg = measured(first, JPEG, "bits_per_image");
    let jpeg = jpeg.zip(measured(first, JPEG, "distortion"));
    // 100 dB is the most that is recorded.
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
    let names = ["autoencoder", "PCA", "JPEG"].map(str::to_owned);
    let (top, bottom) = (figure.top, figure.top + 760.0);
    let right = RIGHT - room(&names, Weight::Bold)? - 26.0;
    let rates: Vec<f64> = all.iter().map(|point| point.0).chain(png).collect();
    let (low, high) = all.iter().fold((14.0_f64, 26.0_f64), |(low, high), point| (low.min(point.1), high.max(point.1)));
    let area = Area { left: MARGIN, top, right, bottom };
    let panel = Panel::new(area, Axis::errors_beside_zeros(rates), Axis::linear(low - 0.5, high + 2.0, 7))?;
    let scale = if panel.x.is_logarithmic() { ", log scale" } else { "" };
    let scene = &mut figure.scene;
    panel.draw(scene, &format!("bits per test image{scale}"), "PSNR of the mean squared error, dB")?;
    if let Some(png) = png {
        panel.marker(scene, png, panel.area.bottom, "PNG, nothing lost");
    }
    for (_, curve) in &own {
        draw(scene, &panel, curve, tint(theme::AUTOENCODER, 0.8), 3.0, 6.0);
    }
    draw(scene, &panel, &pca, tint(theme::PCA, 1.0), 5.0, 9.0);
    for (size, curve) in &own {
        if let Some((rate, decibels)) = curve.last() {
            let at = panel.point(*rate, *decibels);
            let mut text = label(size, (at.0, at.1 - 16.0), Anchor::Middle, GREY);
            let bounds = text.bounds()?;
            text.at.0 += (panel.area.left + 4.0 - bounds.0).max(0.0);
            text.at.1 = text.at.1.max(panel.area.top + SMALL);
            scene.text(text);
        }
    }
    let mut ends = Vec::new();
    ends.extend(pca.last().map(|point| ("PCA".to_owned(), point.1, theme::PCA)));
    let own_end = own.iter().filter_map(|(_, curve)| curve.last()).map(|point| point.1).max_by(f64::total_cmp);
    ends.extend(own_end.map(|decibels| ("autoencoder".to_owned(), decibels, theme::AUTOENCODER)));
    panel.ends(scene, &ends);
    if let Some((rate, decibels)) = jpeg {
        let at = panel.point(rate, decibels);
        scene.rectangle((at.0 - 9.0, at.1 - 9.0), (at.0 + 9.0, at.1 + 9.0), GREEN);
        scene.text(name("JPEG", (at.0, at.1 + 12.0 + SMALL), Anchor::Middle, GREEN));
    }
    figure
        .finish(
            bottom,
            "Codes are quantised and entropy-coded; neither decoder nor components count. Steps and bits, and PCA's number of \
             components, are chosen on training images. The title's mean saving is the Bjontegaard delta rate. JPEG at quality 50.",
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

/// With how many units the autoencoder takes fewer bits than PCA at the same error, and how many fewer.
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
    fn the_title_says_at_which_code_sizes_the_autoencoder_takes_fewer_bits() {
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
