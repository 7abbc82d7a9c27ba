//! Colours, sizes, headings, legends and names that all figures share.

use plotters::style::{RGBAColor, RGBColor};
use spec::Run;
use spec::subject;

use crate::error::Error;
use crate::summary::Summary;
use canvas::scene::{Anchor, Point, Scene, Text, WIDTH};
use canvas::text::{self, Weight, count, wrap, wrap_evenly};

pub(crate) const BLUE: RGBColor = rgb(subject::BLUE);
pub(crate) const VERMILLION: RGBColor = rgb(subject::VERMILLION);
pub(crate) const GREEN: RGBColor = rgb(subject::GREEN);
pub(crate) const PURPLE: RGBColor = rgb(subject::PURPLE);
const SKY: RGBColor = rgb(subject::SKY);

pub(crate) const INK: RGBColor = rgb(subject::INK);
pub(crate) const GREY: RGBColor = RGBColor(96, 96, 96);
pub(crate) const RULE: RGBColor = RGBColor(150, 150, 150);
pub(crate) const GRID: RGBColor = RGBColor(228, 228, 228);

pub(crate) const AUTOENCODER: RGBColor = BLUE;
pub(crate) const PCA: RGBColor = VERMILLION;
pub(crate) const DO_NOTHING: RGBColor = rgb(subject::GREY);

/// Colour of the training error, next to the error on the validation split.
pub(crate) const TRAINING: RGBColor = RGBColor(86, 150, 196);

/// Colours of several autoencoders in one figure; the first is also the colour of a single autoencoder.
pub(crate) const NETWORKS: [RGBColor; 5] = [AUTOENCODER, GREEN, PURPLE, SKY, INK];

/// Ten classes: the "muted" scheme of Paul Tol, with a dark grey for the tenth.
pub(crate) const CLASS_COLOURS: [RGBColor; 10] = [
    RGBColor(51, 34, 136),
    RGBColor(204, 102, 119),
    RGBColor(17, 119, 51),
    RGBColor(136, 204, 238),
    RGBColor(136, 34, 85),
    RGBColor(221, 204, 119),
    RGBColor(68, 170, 153),
    RGBColor(85, 85, 85),
    RGBColor(170, 68, 153),
    RGBColor(153, 153, 51),
];

/// Text sizes (em) in units. Two units are one pixel in a figure 800 pixels wide, so no text is smaller than 12 pixels.
pub(crate) const TITLE: f64 = 40.0;
const TITLE_SMALLER: f64 = 35.0;
pub(crate) const BODY: f64 = 26.0;
pub(crate) const SMALL: f64 = 24.0;

/// Margin around every figure, in units.
pub(crate) const MARGIN: f64 = 44.0;

/// Factors on the width of texts for line breaks and boxes, because a viewer without Open Sans uses another font. They
/// fit DejaVu Sans, the widest font in common use: a smaller factor for sentences, a larger one for bold numbers.
const fn slack(weight: Weight) -> f64 {
    match weight {
        Weight::Regular => 1.14,
        Weight::Bold => 1.24,
    }
}

/// Largest width of a line in a caption or subtitle, and in a title.
const LIMIT: f64 = (WIDTH as f64 - 2.0 * MARGIN) / slack(Weight::Regular);
const TITLE_LIMIT: f64 = (WIDTH as f64 - 2.0 * MARGIN) / 1.2;

/// Largest number of lines of a title.
pub(crate) const TITLE_LINES: usize = 2;

/// Smallest contrast of a text with its background: level AA of the Web Content Accessibility Guidelines 2.1.
pub(crate) const LEAST_CONTRAST: f64 = 4.5;

const NO_BREAK: char = '\u{a0}';

/// Right edge of the drawing.
pub(crate) const RIGHT: f64 = WIDTH as f64 - MARGIN;

pub(crate) const WHITE: RGBColor = RGBColor(255, 255, 255);
const BLACK: RGBColor = RGBColor(0, 0, 0);

/// Relative luminance by the Web Content Accessibility Guidelines: 0 for black, 1 for white.
fn luminance(RGBColor(red, green, blue): RGBColor) -> f64 {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/// Contrast of two colours by the Web Content Accessibility Guidelines: from 1 for equal colours to 21 for black on
/// white.
pub(crate) fn contrast(a: RGBColor, b: RGBColor) -> f64 {
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    a.max(b) / a.min(b)
}

/// Colour of a text next to marks of this colour: the same hue, dark enough to read on white.
pub(crate) fn ink(colour: RGBColor) -> RGBColor {
    let RGBColor(red, green, blue) = colour;
    let shade = |percent: u16| [red, green, blue].map(|channel| (u16::from(channel) * percent / 100) as u8);
    let mut shades = (0..=100).rev().map(shade).map(|[red, green, blue]| RGBColor(red, green, blue));
    shades.find(|shade| contrast(*shade, WHITE) >= LEAST_CONTRAST).unwrap_or(BLACK)
}

/// Black or white, whichever has more contrast with a colour.
pub(crate) fn ink_on(background: RGBColor) -> RGBColor {
    if contrast(BLACK, background) >= contrast(WHITE, background) { BLACK } else { WHITE }
}

/// A colour with an opacity.
pub(crate) fn tint(colour: RGBColor, opacity: f64) -> RGBAColor {
    RGBAColor(colour.0, colour.1, colour.2, opacity)
}

/// A colour in the type of the drawing library.
const fn rgb(subject::Colour(red, green, blue): subject::Colour) -> RGBColor {
    RGBColor(red, green, blue)
}

/// Title and colour of a subject in every figure. Older records may have names that are unknown today.
pub(crate) fn look(name: &str) -> (&str, RGBColor) {
    (subject::title(name), subject::find(name).map_or(DO_NOTHING, |subject| rgb(subject.colour)))
}

/// A figure with its heading; the rest is drawn below.
pub(crate) struct Figure {
    pub(crate) scene: Scene,
    /// Bottom of the heading.
    pub(crate) top: f64,
}

impl Figure {
    /// Starts a figure with a title, which has the finding, and a subtitle, which describes the figure.
    pub(crate) fn new(title: &str, subtitle: &str) -> Result<Self, Error> {
        let scene = Scene { title: title.to_owned(), height: 0, marks: Vec::new() };
        let mut figure = Self { scene, top: MARGIN };
        // A number and its per cent sign stay on one line.
        let title = title.replace(" %", "\u{a0}%");
        figure.paragraph(&title, title_size(&title)?, Weight::Bold, INK)?;
        figure.top += 6.0;
        figure.paragraph(&unbroken(subtitle), BODY, Weight::Regular, GREY)?;
        figure.top += 22.0;
        Ok(figure)
    }

    /// Ends the figure at `bottom`, or below a caption there.
    pub(crate) fn finish(mut self, bottom: f64, caption: &str) -> Result<Scene, Error> {
        self.top = bottom;
        if !caption.is_empty() {
            self.top += 12.0;
            self.paragraph(caption, SMALL, Weight::Regular, GREY)?;
        }
        self.scene.height = (self.top + MARGIN * 0.6).ceil() as u32;
        Ok(self.scene)
    }

    fn paragraph(&mut self, paragraph: &str, size: f64, weight: Weight, colour: RGBColor) -> Result<(), Error> {
        let lines = match weight {
            Weight::Bold => wrap_evenly(paragraph, size, weight, TITLE_LIMIT)?,
            Weight::Regular => wrap(paragraph, size, weight, LIMIT)?,
        };
        for line in lines {
            let line = line.replace(NO_BREAK, " ");
            self.top += size * 1.3;
            let at = (MARGIN, self.top - size * 0.34);
            self.scene.text(Text { text: line, at, size, weight, anchor: Anchor::Start, colour });
        }
        Ok(())
    }
}

/// Text size of a title. A title that is slightly too long for one or two lines gets a smaller size.
fn title_size(title: &str) -> Result<f64, Error> {
    let lines = |size: f64| wrap(title, size, Weight::Bold, TITLE_LIMIT).map(|lines| lines.len());
    let sizes = || (TITLE_SMALLER as usize..=TITLE as usize).rev().map(|size| size as f64);
    for most in 1..=TITLE_LINES {
        for size in sizes() {
            if lines(size)? <= most {
                return Ok(size);
            }
        }
    }
    Ok(TITLE)
}

/// A list of facts that breaks only after the separating dots, if each fact fits on a line.
fn unbroken(facts: &str) -> String {
    facts.split(" · ").map(|fact| fact.replace(' ', "\u{a0}")).collect::<Vec<_>>().join("\u{a0}· ")
}

/// A short text in the size of axis labels, in a shade of the colour that can be read on white.
pub(crate) fn label(text: impl Into<String>, at: Point, anchor: Anchor, colour: RGBColor) -> Text {
    Text { text: text.into(), at, size: SMALL, weight: Weight::Regular, anchor, colour: ink(colour) }
}

/// A short bold text in the size of axis labels, for names of series and panels.
pub(crate) fn name(text: impl Into<String>, at: Point, anchor: Anchor, colour: RGBColor) -> Text {
    Text { weight: Weight::Bold, ..label(text, at, anchor, colour) }
}

/// Width of a label in the widest font that may show it.
pub(crate) fn room(texts: &[String], weight: Weight) -> Result<f64, Error> {
    Ok(text::widest(texts.iter().map(String::as_str), SMALL, weight)? * slack(weight))
}

/// Draws a legend of marks and names in a row that starts at `at`. `mark` draws a mark at a position. Entries that do
/// not fit go on further lines. Returns the height of these lines.
pub(crate) fn legend(
    scene: &mut Scene,
    at: Point,
    entries: &[(String, RGBColor)],
    mut mark: impl FnMut(&mut Scene, Point, usize),
) -> Result<f64, Error> {
    let (mut x, mut y) = at;
    for (index, (entry, colour)) in entries.iter().enumerate() {
        let width = 32.0 + room(std::slice::from_ref(entry), Weight::Bold)?;
        if x > at.0 && x + width > RIGHT {
            (x, y) = (at.0, y + SMALL * 1.5);
        }
        mark(scene, (x + 12.0, y - SMALL * 0.35), index);
        scene.text(name(entry, (x + 32.0, y), Anchor::Start, *colour));
        x += width + 32.0;
    }
    Ok(y - at.1)
}

/// Moves positions apart until the distance of neighbours is at least `gap`. Keeps the order, and stays within `low` to
/// `high` if possible.
pub(crate) fn spread(positions: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..positions.len()).collect();
    order.sort_by(|&a, &b| positions[a].total_cmp(&positions[b]));
    let mut placed: Vec<f64> = order.iter().map(|&index| positions[index].clamp(low, high.max(low))).collect();
    // One pass from the top and one from the bottom are enough for few labels, and the result is reproducible.
    for index in 1..placed.len() {
        placed[index] = placed[index].max(placed[index - 1] + gap);
    }
    if let Some(last) = placed.last_mut() {
        *last = last.min(high);
    }
    for index in (1..placed.len()).rev() {
        placed[index - 1] = placed[index - 1].min(placed[index] - gap);
    }
    let mut result = vec![0.0; positions.len()];
    for (index, position) in order.into_iter().zip(placed) {
        result[index] = position;
    }
    result
}

/// Description of a run for subtitles: network, data, corruption, seed.
pub(crate) fn about(run: &Run) -> String {
    let diagram = run.model.network.diagram();
    let corruption = match run.corruption {
        Some(corruption) => {
            format!(" · {} {} {}", corruption.name().replace('_', "-"), corruption.level_name(), corruption.level())
        }
        None => String::new(),
    };
    format!("{} ({}) on {}{corruption} · seed {}", run.label(), diagram, run.dataset.name(), run.seed)
}

/// Description of a summary for subtitles: question, data and seeds.
pub(crate) fn about_experiment(summary: &Summary) -> String {
    let mut seeds: Vec<u64> = summary.groups.iter().flat_map(|group| group.seeds.iter().copied()).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let plural = if seeds.len() == 1 { "seed" } else { "seeds" };
    let seeds = text::list(&seeds.iter().map(u64::to_string).collect::<Vec<_>>());
    format!("{} · {} · test split · {plural} {seeds}", summary.experiment, summary.dataset)
}

/// Number of test images in words, such as `4,000 test images`.
pub(crate) fn test_images(run: &Run) -> String {
    let rows = if run.dataset.shape.picture().is_some() { "images" } else { "rows" };
    format!("{} test {rows}", count(run.dataset.test))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every colour that a text can have.
    fn palette() -> Vec<RGBColor> {
        let subjects = subject::ALL.iter().map(|subject| rgb(subject.colour));
        let others = [GREY, INK, BLUE, VERMILLION, GREEN, PURPLE, SKY, TRAINING, DO_NOTHING];
        subjects.chain(NETWORKS).chain(others).chain(CLASS_COLOURS).collect()
    }

    #[test]
    fn every_text_colour_of_the_palette_is_readable_on_white() {
        for colour in palette() {
            assert!(contrast(ink(colour), WHITE) >= LEAST_CONTRAST, "{colour:?}");
        }
        let at = |colour| label("x", (0.0, 0.0), Anchor::Start, colour).colour;
        assert_eq!([at(INK), at(BLUE)], [INK, BLUE], "what is dark enough stays as it is");
        assert!(
            (contrast(BLACK, WHITE) - 21.0).abs() < 1e-9
                && (contrast(RGBColor(118, 118, 118), WHITE) - 4.54).abs() < 0.01
        );
    }

    #[test]
    fn black_or_white_is_readable_on_every_background() {
        let shades = palette().into_iter().chain((0..=255).map(|grey| RGBColor(grey, grey, grey)));
        for shade in shades {
            assert!(contrast(ink_on(shade), shade) >= LEAST_CONTRAST, "{shade:?}");
        }
    }

    #[test]
    fn spread_labels_keep_their_gap_order_and_bounds() {
        let placed = spread(&[50.0, 10.0, 11.0, 12.0, 99.0], 10.0, 0.0, 100.0);
        assert_eq!(placed, [50.0, 10.0, 20.0, 30.0, 99.0]);
        let crowded = spread(&[98.0, 99.0], 10.0, 0.0, 100.0);
        assert_eq!(crowded, [90.0, 100.0]);
    }
}
