//! First-layer weights beside principal components.

use plotters::style::RGBColor;
use spec::Run;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::grid;
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::theme::{BLUE, BODY, Figure, GRID, INK, MARGIN, RIGHT, VERMILLION, about, look, name};
use canvas::scene::{Anchor, Raster, Scene, Text};

const FIGURE: &str = "filters";
const COLUMNS: usize = 4;
/// Units on each side of a filter, about, whatever its pixels.
const EXTENT: u32 = 168;
const GAP: f64 = 10.0;

/// Draws the figure of a run, if its record has the files for it.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let samples = record.samples.as_ref();
    samples
        .and_then(|samples| Some((samples, samples.encoder_filters.as_deref()?)))
        .map(|(samples, filters)| scene(&record.run, filters, &samples.dead_filters, samples.pca_components.as_deref()))
        .transpose()
}

/// Draws the weights of `images.safetensors`, and crosses out those of units that never fire; the components may be missing.
pub(crate) fn scene(
    run: &Run,
    filters: &[Vec<f32>],
    dead: &[bool],
    components: Option<&[Vec<f32>]>,
) -> Result<Scene, Error> {
    let all = || filters.iter().chain(components.unwrap_or_default());
    if filters.is_empty() || all().flatten().any(|weight| !weight.is_finite()) {
        return Err(Error::data(FIGURE, "weights are missing or not finite".to_owned()));
    }
    let own = median_pixels(filters);
    let pixels = filters[0].len();
    let size = grid::size(run, FIGURE)?;
    let (height, width) = (size.0 as u32, size.1 as u32);
    let scale = (EXTENT / width.max(height).max(1)).max(1);
    let title = match components.map(median_pixels) {
        Some(theirs) => format!(
            "Half of a filter's energy lies in {own} of its {pixels} pixels, of a principal component's in {theirs} (medians)"
        ),
        None => format!("Half of a filter's energy lies in {own} of its {pixels} pixels (median)"),
    };
    let subtitle = format!("Weights of the encoder's first layer beside PCA's · {}", about(run));
    let mut figure = Figure::new(&title, &subtitle)?;

    let top = figure.top;
    let (side, tall) = (f64::from(width * scale), f64::from(height * scale));
    let block = COLUMNS as f64 * (side + GAP) - GAP;
    let layer = format!("first {} of the first layer's units", filters.len());
    let panels = [(subject::AUTOENCODER, layer, Some(filters)), {
        let count = components.map_or(0, <[_]>::len);
        (subject::PCA, format!("first {count} principal components"), components)
    }];
    let mut bottom = top;
    for (index, (subject, what, weights)) in panels.into_iter().enumerate() {
        let Some(weights) = weights else { continue };
        let left = if index == 0 { MARGIN } else { RIGHT - block };
        let (panel_name, colour) = look(subject);
        let at = (left, top + 22.0);
        figure.scene.text(Text { size: BODY, ..name(format!("{panel_name}: {what}"), at, Anchor::Start, colour) });
        for (index, filter) in weights.iter().enumerate() {
            let (row, column) = (index / COLUMNS, index % COLUMNS);
            let x = left + column as f64 * (side + GAP);
            let y = top + 42.0 + row as f64 * (tall + GAP);
            // A frame, because most of a filter may be white.
            figure.scene.rectangle((x - 2.0, y - 2.0), (x + side + 2.0, y + tall + 2.0), GRID);
            figure.scene.image((x, y), raster(filter, (height, width), scale));
            if subject == subject::AUTOENCODER && dead.get(row * COLUMNS + column) == Some(&true) {
                figure.scene.line((x, y), (x + side, y + tall), 1.5, INK);
                figure.scene.line((x, y + tall), (x + side, y), 1.5, INK);
            }
            bottom = bottom.max(y + tall);
        }
    }
    let mut caption =
        "Orange: positive weight, blue: negative, white: zero. Each image is scaled to its own largest absolute weight."
            .to_owned();
    let silent = dead.iter().take(filters.len()).filter(|dead| **dead).count();
    if silent > 0 {
        caption += &format!(" Crossed out: {silent} of these units fire for no training row.");
    }
    figure.finish(bottom, &caption)
}

/// A filter in blue, white and orange.
fn raster(filter: &[f32], (height, width): (u32, u32), scale: u32) -> Raster {
    let largest = filter.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
    let pixels = filter.iter().map(|weight| colour(if largest > 0.0 { weight / largest } else { 0.0 })).collect();
    Raster { width, height, scale, pixels }
}

/// From -1 (blue) through 0 (white) to 1 (orange), by even steps.
fn colour(value: f32) -> [u8; 3] {
    let RGBColor(red, green, blue) = if value < 0.0 { BLUE } else { VERMILLION };
    let strength = value.abs().min(1.0);
    [red, green, blue].map(|channel| (255.0 - strength * (255.0 - f32::from(channel))).round() as u8)
}

/// The fewest pixels that hold half of a filter's squared weight; the median over filters.
fn median_pixels(filters: &[Vec<f32>]) -> usize {
    let mut counts: Vec<usize> = filters
        .iter()
        .map(|filter| {
            let mut energy: Vec<f64> = filter.iter().map(|weight| f64::from(*weight).powi(2)).collect();
            energy.sort_by(|a, b| b.total_cmp(a));
            let half = energy.iter().sum::<f64>() / 2.0;
            let mut sum = 0.0;
            energy
                .iter()
                .take_while(|value| {
                    let before = sum;
                    sum += **value;
                    before < half
                })
                .count()
        })
        .collect();
    counts.sort_unstable();
    counts.get(counts.len() / 2).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_is_white_and_the_ends_are_blue_and_orange() {
        assert_eq!([colour(-1.0), colour(0.0), colour(1.0)], [[0, 114, 178], [255; 3], [213, 94, 0]]);
    }

    #[test]
    fn a_single_pixel_holds_all_energy_of_a_spike() {
        let mut spike = vec![0.0; 784];
        spike[5] = -2.0;
        assert_eq!(median_pixels(&[spike]), 1);
        assert_eq!(median_pixels(&[vec![1.0; 784]]), 392);
    }
}
