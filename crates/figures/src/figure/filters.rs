//! Figure: weights of first-layer units and principal components as images.

use plotters::style::RGBColor;
use spec::Run;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::grid;
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::tensors::Samples;
use crate::figure::kit::theme::{BLUE, BODY, Figure, GRID, INK, MARGIN, PURPLE, RIGHT, VERMILLION, about, look, name};
use canvas::scene::{Anchor, Point, Raster, Scene, Text};
use canvas::text::list;

const FIGURE: &str = "filters";
const COLUMNS: usize = 4;
/// Approximate units on each side of a filter, for any number of pixels.
const EXTENT: u32 = 168;
const GAP: f64 = 14.0;
/// Largest number of components drawn below the filters.
const FEW: usize = 8;
/// Colour of a pixel that does not vary. It is darker than white, the colour of a weight of 0.
const CONSTANT: [u8; 3] = [205; 3];

/// Weights of a principal component below this share of its largest weight count as 0.
const SLIGHT: f32 = 0.02;
/// If the correlation of weights of neighbouring pixels is lower, the filter is noise; random weights have correlation
/// 0.
const NOISE: f64 = 0.15;
/// The same from which on a filter is smooth, as principal components are, and from which on it is patchy; else it is grainy.
const SMOOTH: f64 = 0.75;
const PATCHY: f64 = 0.5;

/// Draws the figure of a run; `None` if the record lacks its files.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let samples = record.samples.as_ref();
    samples
        .and_then(|samples| Some((samples, samples.encoder_filters.as_deref()?)))
        .map(|(samples, filters)| scene(&record.run, filters, samples))
        .transpose()
}

/// Draws the filters of `images.safetensors` on the pixels that vary, with a frame around filters of dead units.
/// Components may be missing.
fn scene(run: &Run, filters: &[Vec<f32>], samples: &Samples) -> Result<Scene, Error> {
    let components = samples.pca_components.as_deref().unwrap_or_default();
    if filters.is_empty() || filters.iter().chain(components).flatten().any(|weight| !weight.is_finite()) {
        return Err(Error::data(FIGURE, "weights are missing or not finite".to_owned()));
    }
    let size = grid::size(run, FIGURE)?;
    let varies = varying(components, &samples.clean, filters[0].len());
    let marks: Vec<Kind> = filters
        .iter()
        .enumerate()
        .map(|(unit, filter)| match samples.dead_filters.get(unit) {
            Some(true) => Kind::Dead,
            _ if neighbour_correlation(filter, &varies, size.1) < NOISE => Kind::Noise,
            _ => Kind::Patterned,
        })
        .collect();
    let extent = Extent::of(filters, &varies, size.1);
    let theirs = Extent::of(components, &varies, size.1);
    let title = title(&marks, &extent, &theirs);
    let subtitle = format!("Weights of the encoder's first layer beside PCA's · {}", about(run));
    let mut figure = Figure::new(&title, &subtitle)?;

    let layer = format!("first {} of the first layer's units", filters.len());
    let what = format!("first {} principal components", components.len());
    let own = Block { subject: subject::AUTOENCODER, what: layer, weights: filters, marks: &marks };
    let pca = Block { subject: subject::PCA, what, weights: components, marks: &[] };
    let scene = &mut figure.scene;
    // If there are as many components as filters, they are drawn to the right; fewer components are drawn below.
    let bottom = if components.len() > FEW {
        let left = draw_block(scene, &own, (MARGIN, figure.top), COLUMNS, size, &varies);
        let width = draw_width(COLUMNS, size);
        left.max(draw_block(scene, &pca, (RIGHT - width, figure.top), COLUMNS, size, &varies))
    } else {
        let above = draw_block(scene, &own, (MARGIN, figure.top), 2 * COLUMNS, size, &varies);
        match components {
            [] => above,
            _ => draw_block(scene, &pca, (MARGIN, above + GAP), 2 * COLUMNS, size, &varies),
        }
    };
    figure.finish(bottom, &caption(&marks, &varies, &extent, &theirs))
}

/// What the weights of some filters look like, over the pixels that vary.
struct Extent {
    /// Filters.
    count: usize,
    /// Those of them that are smooth.
    smooth: usize,
    /// Those that are patchy.
    patchy: usize,
    /// Pixels with half of the squared weight: the median over the filters.
    pixels: usize,
    /// Correlation of the weights of neighbouring pixels: the median over the filters, 0 where there are none.
    correlation: f64,
}

impl Extent {
    fn of(filters: &[Vec<f32>], varies: &[bool], width: usize) -> Self {
        let mut correlations: Vec<f64> =
            filters.iter().map(|filter| neighbour_correlation(filter, varies, width)).collect();
        correlations.sort_by(f64::total_cmp);
        let reach = |least: f64| correlations.iter().filter(|correlation| **correlation >= least).count();
        Self {
            count: filters.len(),
            smooth: reach(SMOOTH),
            patchy: reach(PATCHY) - reach(SMOOTH),
            pixels: median_pixels(filters, varies),
            correlation: correlations.get(correlations.len() / 2).copied().unwrap_or(0.0),
        }
    }
}

/// State of a filter after training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Patterned,
    /// Weights of neighbouring pixels are uncorrelated.
    Noise,
    /// The unit is active for no training row.
    Dead,
}

/// Filters of one method.
struct Block<'a> {
    subject: &'static str,
    what: String,
    weights: &'a [Vec<f32>],
    marks: &'a [Kind],
}

/// Units on each side of a pixel of a filter.
fn scale((height, width): (usize, usize)) -> u32 {
    (EXTENT / height.max(width).max(1) as u32).max(1)
}

/// Width of `columns` columns of filters.
fn draw_width(columns: usize, size: (usize, usize)) -> f64 {
    columns as f64 * (f64::from(scale(size)) * size.1 as f64 + GAP) - GAP
}

/// Draws the filters of a block in rows, and returns the bottom of the drawing.
fn draw_block(
    scene: &mut Scene,
    block: &Block<'_>,
    (left, top): Point,
    columns: usize,
    size: (usize, usize),
    varies: &[bool],
) -> f64 {
    let scale = scale(size);
    let (side, tall) = (f64::from(scale) * size.1 as f64, f64::from(scale) * size.0 as f64);
    let (called, colour) = look(block.subject);
    let heading = name(format!("{called}: {}", block.what), (left, top + 22.0), Anchor::Start, colour);
    scene.text(Text { size: BODY, ..heading });
    let mut bottom = top;
    for (index, filter) in block.weights.iter().enumerate() {
        let x = left + (index % columns) as f64 * (side + GAP);
        let y = top + 42.0 + (index / columns) as f64 * (tall + GAP);
        // Dead filters are marked by a frame, because images cover all other marks.
        let (frame, colour) = match block.marks.get(index) {
            Some(Kind::Dead) => (5.0, INK),
            Some(Kind::Noise) => (5.0, PURPLE),
            _ => (2.0, GRID),
        };
        scene.rectangle((x - frame, y - frame), (x + side + frame, y + tall + frame), colour);
        scene.image((x, y), raster(filter, varies, (size.0 as u32, size.1 as u32), scale));
        bottom = bottom.max(y + tall);
    }
    bottom
}

/// True for each pixel that varies in the data: a principal component has weight there, or the recorded images differ
/// there. Weights of other pixels have gradients near 0 and keep their initial values. If hardly any pixel varies by
/// this rule, all count as varying.
fn varying(components: &[Vec<f32>], images: &[Vec<u8>], pixels: usize) -> Vec<bool> {
    let weighed = |component: &Vec<f32>, pixel: usize| {
        let largest = component.iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
        component[pixel].abs() > SLIGHT * largest
    };
    let differ = |pixel: usize| {
        let values = || images.iter().filter_map(|image| image.get(pixel));
        values().min() != values().max()
    };
    let varies: Vec<bool> = (0..pixels)
        .map(|pixel| components.iter().any(|component| weighed(component, pixel)) || differ(pixel))
        .collect();
    if varies.iter().filter(|varies| **varies).count() * 10 > pixels { varies } else { vec![true; pixels] }
}

/// How many units are smooth, patchy and grainy, beside the components.
fn title_of_patterns(own: &Extent, theirs: &Extent) -> String {
    let components = match theirs {
        Extent { count: 0, .. } => String::new(),
        Extent { count, smooth, .. } if smooth == count && own.smooth == own.count => {
            ", as principal components are".to_owned()
        }
        Extent { count, smooth, .. } if smooth == count => "; principal components are smooth".to_owned(),
        Extent { count, smooth, .. } => format!("; {smooth} of {count} principal components are smooth"),
    };
    let all = own.count;
    let kinds = [(own.smooth, "smooth"), (own.patchy, "patchy"), (all - own.smooth - own.patchy, "grainy")];
    let present: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .enumerate()
        .map(|(place, (count, kind))| match place {
            0 => format!("{count} {} {kind} weights", if *count == 1 { "has" } else { "have" }),
            _ => format!("{count} {kind} ones"),
        })
        .collect();
    match kinds.iter().find(|(count, _)| *count == all) {
        Some((_, kind)) => format!("The weights of all {all} first-layer units shown are {kind}{components}"),
        None => format!("Of {all} first-layer units, {}{components}", list(&present)),
    }
}

fn title(marks: &[Kind], own: &Extent, theirs: &Extent) -> String {
    let all = marks.len();
    let count = |kind: Kind| marks.iter().filter(|mark| **mark == kind).count();
    let (noise, dead) = (count(Kind::Noise), count(Kind::Dead));
    match (noise, dead) {
        (0, 0) => title_of_patterns(own, theirs),
        (noise, 0) if noise == all => format!("The weights of all {all} first-layer units shown look like noise"),
        (1, 0) => format!("1 of the {all} first-layer units shown has no pattern: its weights look like noise"),
        (noise, 0) => {
            format!("{noise} of the {all} first-layer units shown have no pattern: their weights look like noise")
        }
        (0, 1) => format!("1 of the {all} first-layer units shown is dead: it fires for no training row"),
        (0, dead) => format!("{dead} of the {all} first-layer units shown are dead: they fire for no training row"),
        (noise, dead) => {
            format!("Of the {all} first-layer units shown, {dead} are dead, and the weights of {noise} look like noise")
        }
    }
}

fn caption(marks: &[Kind], varies: &[bool], own: &Extent, theirs: &Extent) -> String {
    let mut caption =
        "Orange: positive weight, blue: negative, white: zero; each filter has a scale of its own.".to_owned();
    let shown = varies.iter().filter(|varies| **varies).count();
    if shown < varies.len() {
        caption += &format!(
            " Grey: the {} pixels that hardly vary in the data; training leaves their weights near the initial ones.",
            varies.len() - shown
        );
    }
    if marks.contains(&Kind::Noise) {
        caption += " Purple frame: weights of neighbouring pixels are unrelated.";
    }
    if marks.contains(&Kind::Dead) {
        caption += " Black frame: the unit fires for no training row.";
    }
    if !marks.contains(&Kind::Noise) && !marks.contains(&Kind::Dead) {
        let (pixels, correlation) = match theirs.count {
            0 => (String::new(), String::new()),
            _ => {
                (format!(", of a component in {}", theirs.pixels), format!(", {:.2} of components", theirs.correlation))
            }
        };
        caption += &format!(
            " Correlation of neighbouring weights: {SMOOTH} or more is smooth, {PATCHY} or more patchy, less grainy; the median is {:.2} \
             of units{correlation}. Half of the squared weight of a unit lies in {} pixels{pixels} (medians).",
            own.correlation, own.pixels
        );
    }
    caption
}

/// Correlation of the weights of horizontally or vertically neighbouring pixels that vary; 1 if it is undefined.
fn neighbour_correlation(filter: &[f32], varies: &[bool], width: usize) -> f64 {
    let weight = |pixel: usize| f64::from(filter[pixel]);
    let shown: Vec<f64> = (0..filter.len()).filter(|pixel| varies[*pixel]).map(weight).collect();
    let mean = shown.iter().sum::<f64>() / shown.len().max(1) as f64;
    let variance = shown.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / shown.len().max(1) as f64;
    let across = (0..filter.len()).filter(|pixel| pixel % width != width - 1).map(|pixel| (pixel, pixel + 1));
    let down = (width..filter.len()).map(|pixel| (pixel - width, pixel));
    let products: Vec<f64> = across
        .chain(down)
        .filter(|(a, b)| varies[*a] && varies[*b])
        .map(|(a, b)| (weight(a) - mean) * (weight(b) - mean))
        .collect();
    let covariance = products.iter().sum::<f64>() / products.len().max(1) as f64;
    if variance > 0.0 && !products.is_empty() { covariance / variance } else { 1.0 }
}

/// A filter as an image in blue, white and orange, with grey for pixels that do not vary.
fn raster(filter: &[f32], varies: &[bool], (height, width): (u32, u32), scale: u32) -> Raster {
    let shown = || filter.iter().zip(varies).filter(|(_, varies)| **varies).map(|(weight, _)| *weight);
    let largest = shown().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
    let shade = |weight: f32| colour(if largest > 0.0 { weight / largest } else { 0.0 });
    let pixels = filter.iter().zip(varies).map(|(weight, varies)| if *varies { shade(*weight) } else { CONSTANT });
    let pixels = pixels.collect();
    Raster { width, height, scale, pixels }
}

/// Colour of a weight: -1 is blue, 0 white, 1 orange, with even steps between.
fn colour(value: f32) -> [u8; 3] {
    let RGBColor(red, green, blue) = if value < 0.0 { BLUE } else { VERMILLION };
    let strength = value.abs().min(1.0);
    [red, green, blue].map(|channel| (255.0 - strength * (255.0 - f32::from(channel))).round() as u8)
}

/// Smallest number of varying pixels that hold half of a filter's squared weights; the median over filters.
fn median_pixels(filters: &[Vec<f32>], varies: &[bool]) -> usize {
    let mut counts: Vec<usize> = filters
        .iter()
        .map(|filter| {
            let shown = filter.iter().zip(varies).filter(|(_, varies)| **varies);
            let mut energy: Vec<f64> = shown.map(|(weight, _)| f64::from(*weight).powi(2)).collect();
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
        let all = vec![true; 784];
        let mut spike = vec![0.0; 784];
        spike[5] = -2.0;
        assert_eq!(median_pixels(std::slice::from_ref(&spike), &all), 1);
        assert_eq!(median_pixels(&[vec![1.0; 784]], &all), 392);
        let mut varies = all;
        varies[5] = false;
        assert_eq!(median_pixels(&[spike], &varies), 0, "weights of pixels that do not vary do not count");
    }

    #[test]
    fn pixels_with_weight_in_a_component_or_different_images_vary() {
        let components = [vec![0.0, 0.01, 1.0, 0.0], vec![0.0, 0.0, 0.5, 0.0]];
        let images = [vec![7, 7, 7, 7], vec![7, 7, 7, 9]];
        assert_eq!(varying(&components, &images, 4), [false, false, true, true]);
        assert_eq!(varying(&[], &images[..1], 4), [true; 4], "a record that says nothing hides nothing");
        let raster = raster(&[9.0, 9.0, 0.0, -2.0], &varying(&components, &images, 4), (2, 2), 1);
        assert_eq!(raster.pixels, [CONSTANT, CONSTANT, [255; 3], [0, 114, 178]]);
    }

    #[test]
    fn a_smooth_filter_is_a_pattern_and_random_weights_are_noise() {
        let all = vec![true; 784];
        let smooth: Vec<f32> = (0..784).map(|pixel| ((pixel % 28) as f32 / 5.0).sin()).collect();
        let mut state = 1_u32;
        let random: Vec<f32> = (0..784)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 8) as f32 / 16_777_216.0 - 0.5
            })
            .collect();
        assert!(neighbour_correlation(&smooth, &all, 28) > 0.9);
        assert!(neighbour_correlation(&random, &all, 28).abs() < NOISE);
        assert_eq!(neighbour_correlation(&[0.5; 784], &all, 28), 1.0);
    }

    #[test]
    fn filters_are_smooth_where_weights_of_neighbouring_pixels_agree() {
        let patch: Vec<f32> = (0..784).map(|pixel| ((pixel % 28) as f32 / 5.0).sin()).collect();
        let stripes: Vec<f32> = (0..784).map(|pixel| if pixel % 2 == 0 { 1.0 } else { -1.0 }).collect();
        let own = Extent::of(&[patch, stripes], &[true; 784], 28);
        assert_eq!((own.count, own.smooth), (2, 1));
        let none = Extent::of(&[], &[true; 784], 28);
        assert_eq!(title_of_patterns(&own, &none), "Of 2 first-layer units, 1 has smooth weights and 1 grainy ones");
    }

    #[test]
    fn the_title_counts_units_that_are_dead_or_noise() {
        let extent =
            |count: usize, smooth: usize, patchy: usize| Extent { count, smooth, patchy, pixels: 9, correlation: 0.6 };
        let title = |marks: &[Kind]| title(marks, &extent(marks.len(), 1, marks.len() / 2), &extent(1, 1, 0));
        assert_eq!(
            title(&[Kind::Patterned]),
            "The weights of all 1 first-layer units shown are smooth, as principal components are"
        );
        assert_eq!(
            title(&[Kind::Patterned; 4]),
            "Of 4 first-layer units, 1 has smooth weights, 2 patchy ones and 1 grainy ones; principal components are smooth"
        );
        assert!(title(&[Kind::Patterned, Kind::Dead]).starts_with("1 of the 2 first-layer units shown is dead"));
        assert!(title(&[Kind::Noise]).starts_with("The weights of all 1"));
    }
}
