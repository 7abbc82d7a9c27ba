//! A figure as a list of marks ([`Scene`]), which is written as SVG and PNG.
//!
//! The coordinate system is 1600 units wide. One function draws the marks on either backend of plotters, so that SVG
//! and PNG show the same figure. A figure is plain data until then, so tests can check whether its texts overlap.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{RGBAColor, RGBColor, ShapeStyle, TextStyle};
use system::terminal;

use crate::error::Error;
use crate::text::{self, Weight};

/// Width of every figure in units. A PNG has one pixel for each unit, and is meant to be shown at half its size.
pub const WIDTH: u32 = 1600;

/// Factor by which the bitmap is drawn larger and then averaged, because the backend does not smooth edges.
const SUPERSAMPLING: u32 = 3;

/// A point in units: distance from the left edge, and distance from the top.
pub type Point = (f64, f64);

/// The end of a text that is at its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The left end of the text is at its position.
    Start,
    /// The middle of the text is at its position.
    Middle,
    /// The right end of the text is at its position.
    End,
}

/// One line of text on a baseline.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The characters of the text.
    pub text: String,
    /// Position of the anchor on the baseline.
    pub at: Point,
    /// Size of the text (em), in units.
    pub size: f64,
    /// Weight of the font.
    pub weight: Weight,
    /// End of the text that is at `at`.
    pub anchor: Anchor,
    /// Colour of the text.
    pub colour: RGBColor,
}

impl Text {
    /// Bounding box of the text: left, top, right and bottom.
    pub fn bounds(&self) -> Result<(f64, f64, f64, f64), Error> {
        let width = text::width(&self.text, self.size, self.weight)?;
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - width / 2.0,
            Anchor::End => self.at.0 - width,
        };
        Ok((left, self.at.1 - 0.76 * self.size, left + width, self.at.1 + 0.24 * self.size))
    }
}

/// A picture, whose pixels are squares of `scale` units.
#[derive(Debug, Clone, PartialEq)]
pub struct Raster {
    /// Number of columns of pixels.
    pub width: u32,
    /// Number of rows of pixels.
    pub height: u32,
    /// Side of a pixel, in units.
    pub scale: u32,
    /// Red, green and blue of the `width * height` pixels, row by row.
    pub pixels: Vec<[u8; 3]>,
}

impl Raster {
    /// RGB bytes of the picture, with every pixel repeated `times` times in both directions.
    pub fn enlarged(&self, times: u32) -> Vec<u8> {
        let times = times as usize;
        let mut bytes = Vec::with_capacity(self.pixels.len() * 3 * times * times);
        for row in self.pixels.chunks_exact(self.width.max(1) as usize) {
            let start = bytes.len();
            for pixel in row {
                for _ in 0..times {
                    bytes.extend_from_slice(pixel);
                }
            }
            let end = bytes.len();
            for _ in 1..times {
                bytes.extend_from_within(start..end);
            }
        }
        bytes
    }
}

/// An element of a figure.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A line through points.
    Path {
        /// Points of the line, in order.
        points: Vec<Point>,
        /// Width of the stroke, in units.
        width: f64,
        /// Colour of the stroke.
        colour: RGBAColor,
    },
    /// A filled polygon.
    Polygon {
        /// Corners of the polygon, in order.
        points: Vec<Point>,
        /// Colour of the area.
        colour: RGBAColor,
    },
    /// A filled rectangle.
    Rectangle {
        /// A corner of the rectangle.
        corner: Point,
        /// The corner diagonally opposite to `corner`.
        opposite: Point,
        /// Colour of the area.
        colour: RGBAColor,
    },
    /// A filled disc.
    Disc {
        /// Centre of the disc.
        centre: Point,
        /// Radius of the disc, in units.
        radius: f64,
        /// Colour of the area.
        colour: RGBAColor,
    },
    /// A line of text.
    Text(Text),
    /// A picture.
    Image {
        /// Top left corner of the picture.
        corner: Point,
        /// Pixels of the picture.
        raster: Raster,
    },
}

/// A figure: a list of marks with a title.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Title of the figure, which screen readers read.
    pub title: String,
    /// Height of the figure, in units; the width is [`WIDTH`].
    pub height: u32,
    /// Marks of the figure, from the bottom layer to the top.
    pub marks: Vec<Mark>,
}

impl Scene {
    /// Adds a line through points.
    pub fn path(&mut self, points: Vec<Point>, width: f64, colour: impl Into<RGBAColor>) {
        self.marks.push(Mark::Path { points, width, colour: colour.into() });
    }

    /// Adds a straight line.
    pub fn line(&mut self, from: Point, to: Point, width: f64, colour: impl Into<RGBAColor>) {
        self.path(vec![from, to], width, colour);
    }

    /// Adds a dashed straight line.
    pub fn dashed(&mut self, from: Point, to: Point, width: f64, colour: RGBColor) {
        const DASH: f64 = 14.0;
        const PERIOD: f64 = 24.0;
        let (across, down) = (to.0 - from.0, to.1 - from.1);
        let length = across.hypot(down).max(1e-9);
        let along = |distance: f64| {
            let share = (distance / length).min(1.0);
            (from.0 + share * across, from.1 + share * down)
        };
        for dash in 0..(length / PERIOD).ceil() as usize {
            let start = dash as f64 * PERIOD;
            self.line(along(start), along(start + DASH), width, colour);
        }
    }

    /// Adds a dashed line through points, with the lengths of a dash and of a gap in units.
    pub fn dashes(
        &mut self,
        points: &[Point],
        (dash, gap): (f64, f64),
        width: f64,
        colour: impl Into<RGBAColor> + Copy,
    ) {
        let mut path: Vec<Point> = points.first().copied().into_iter().collect();
        // Remaining length of the present dash or gap.
        let (mut is_dash, mut left) = (true, dash);
        for ends in points.windows(2) {
            let (mut from, to) = (ends[0], ends[1]);
            let mut length = (to.0 - from.0).hypot(to.1 - from.1);
            while length > left {
                let share = left / length;
                from = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
                length -= left;
                if is_dash {
                    path.push(from);
                    self.path(std::mem::take(&mut path), width, colour);
                } else {
                    path = vec![from];
                }
                is_dash = !is_dash;
                left = if is_dash { dash } else { gap };
            }
            left -= length;
            if is_dash {
                path.push(to);
            }
        }
        if is_dash && path.len() > 1 {
            self.path(path, width, colour);
        }
    }

    /// Adds a filled polygon.
    pub fn polygon(&mut self, points: Vec<Point>, colour: impl Into<RGBAColor>) {
        self.marks.push(Mark::Polygon { points, colour: colour.into() });
    }

    /// Adds a filled rectangle between two opposite corners.
    pub fn rectangle(&mut self, corner: Point, opposite: Point, colour: impl Into<RGBAColor>) {
        self.marks.push(Mark::Rectangle { corner, opposite, colour: colour.into() });
    }

    /// Adds a filled disc.
    pub fn disc(&mut self, centre: Point, radius: f64, colour: impl Into<RGBAColor>) {
        self.marks.push(Mark::Disc { centre, radius, colour: colour.into() });
    }

    /// Adds a text. Control characters become escapes, because names come from files of users, and XML does not allow
    /// them.
    pub fn text(&mut self, text: Text) {
        let shown = terminal::one_line(&text.text).into_owned();
        self.marks.push(Mark::Text(Text { text: shown, ..text }));
    }

    /// Adds a picture at its top left corner.
    pub fn image(&mut self, corner: Point, raster: Raster) {
        self.marks.push(Mark::Image { corner, raster });
    }

    /// The figure as an SVG document.
    pub fn svg(&self) -> Result<String, Error> {
        let mut svg = String::new();
        {
            let mut backend = SVGBackend::with_string(&mut svg, (WIDTH, self.height));
            // The backend divides sizes by 1.24 and puts the baseline 0.76 em below the top.
            self.draw(&mut backend, &Dialect { scale: 1, size_per_em: 1.24, baseline: 0.76, images: false })?;
            backend.present().map_err(failed)?;
        }
        // Pictures are inserted here, because the backend would write an element for each pixel.
        let mut images = String::new();
        for mark in &self.marks {
            if let Mark::Image { corner, raster } = mark {
                let (width, height) = (raster.width * raster.scale, raster.height * raster.scale);
                let png = png(&raster.enlarged(raster.scale), width, height)?;
                let (x, y) = pixel(*corner, 1);
                images.push_str(&format!(
                    "<image x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" href=\"data:image/png;base64,{}\"/>\n",
                    BASE64_STANDARD.encode(&png)
                ));
            }
        }
        let end = svg.rfind("</svg>").ok_or_else(|| Error { message: "unfinished SVG".to_owned() })?;
        svg.insert_str(end, &images);
        if let Some(start) = svg.find("<svg").and_then(|svg_tag| Some(svg_tag + svg[svg_tag..].find('>')? + 1)) {
            svg.insert_str(start, &format!("\n<title>{}</title>", escape(&self.title)));
        }
        Ok(svg)
    }

    /// The figure as a PNG file.
    pub fn png(&self) -> Result<Vec<u8>, Error> {
        let (width, height) = (WIDTH * SUPERSAMPLING, self.height * SUPERSAMPLING);
        let mut large = vec![255; width as usize * height as usize * 3];
        {
            let mut backend = BitMapBackend::with_buffer(&mut large, (width, height));
            let size_per_em = text::HEIGHT_PER_EM;
            // The backend puts the baseline half a text's height below its top.
            let baseline = size_per_em / 2.0;
            self.draw(&mut backend, &Dialect { scale: SUPERSAMPLING, size_per_em, baseline, images: true })?;
            backend.present().map_err(failed)?;
        }
        png(&averaged(&large, width as usize, SUPERSAMPLING as usize), WIDTH, self.height)
    }

    fn draw<B: DrawingBackend>(&self, backend: &mut B, dialect: &Dialect) -> Result<(), Error> {
        let scale = dialect.scale;
        let points = |points: &[Point]| points.iter().map(|point| pixel(*point, scale)).collect::<Vec<_>>();
        let filled = |colour: RGBAColor| ShapeStyle { color: colour, filled: true, stroke_width: 0 };
        if !dialect.images {
            let white = filled(RGBAColor(255, 255, 255, 1.0));
            backend
                .draw_rect((0, 0), pixel((f64::from(WIDTH), f64::from(self.height)), scale), &white, true)
                .map_err(failed)?;
        }
        for mark in &self.marks {
            match mark {
                Mark::Path { points: path, width, colour } => {
                    let stroke_width = (width * f64::from(scale)).round() as u32;
                    let style = ShapeStyle { color: *colour, filled: false, stroke_width };
                    backend.draw_path(points(path), &style).map_err(failed)?;
                }
                Mark::Polygon { points: corners, colour } => {
                    backend.fill_polygon(points(corners), &filled(*colour)).map_err(failed)?;
                }
                Mark::Rectangle { corner, opposite, colour } => {
                    let (corner, opposite) = (pixel(*corner, scale), pixel(*opposite, scale));
                    backend.draw_rect(corner, opposite, &filled(*colour), true).map_err(failed)?;
                }
                Mark::Disc { centre, radius, colour } => {
                    let radius = (radius * f64::from(scale)).round() as u32;
                    backend.draw_circle(pixel(*centre, scale), radius, &filled(*colour), true).map_err(failed)?;
                }
                Mark::Text(text) => {
                    let font = text::font(text.size * dialect.size_per_em * f64::from(scale), text.weight)?;
                    let across = match text.anchor {
                        Anchor::Start => HPos::Left,
                        Anchor::Middle => HPos::Center,
                        Anchor::End => HPos::Right,
                    };
                    let style = TextStyle::from(font).color(&text.colour).pos(Pos::new(across, VPos::Top));
                    let top = text.at.1 - dialect.baseline * text.size;
                    backend.draw_text(&text.text, &style, pixel((text.at.0, top), scale)).map_err(failed)?;
                }
                Mark::Image { corner, raster } if dialect.images => {
                    let times = raster.scale * scale;
                    let size = (raster.width * times, raster.height * times);
                    backend.blit_bitmap(pixel(*corner, scale), size, &raster.enlarged(times)).map_err(failed)?;
                }
                Mark::Image { .. } => {}
            }
        }
        Ok(())
    }

    /// Replaces a word by another in the title and in every text. Parts of longer words and of names, such as
    /// `images-100`, are not replaced.
    pub fn reword(&mut self, word: &str, other: &str) {
        self.title = reworded(&self.title, word, other);
        for mark in &mut self.marks {
            if let Mark::Text(text) = mark {
                text.text = reworded(&text.text, word, other);
            }
        }
    }

    /// The texts of the figure.
    pub fn texts(&self) -> Vec<&Text> {
        self.marks.iter().filter_map(|mark| if let Mark::Text(text) = mark { Some(text) } else { None }).collect()
    }
}

/// Units and measures of a backend.
struct Dialect {
    /// Number of pixels in a unit.
    scale: u32,
    /// Font size in the backend's measure for a text with an em of 1.
    size_per_em: f64,
    /// Distance from the backend's top of a text to the baseline, in em.
    baseline: f64,
    /// True if the backend draws pictures; its background is then filled with white.
    images: bool,
}

fn reworded(text: &str, word: &str, other: &str) -> String {
    let is_of_name = |letter: char| letter.is_alphanumeric() || ['-', '_', '/'].contains(&letter);
    let mut said = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        said.push_str(before);
        let is_whole = !said.ends_with(is_of_name) && !after.starts_with(is_of_name);
        said.push_str(if is_whole { other } else { word });
        rest = after;
    }
    said + rest
}

fn pixel(point: Point, scale: u32) -> (i32, i32) {
    let round = |value: f64| (value * f64::from(scale)).round() as i32;
    (round(point.0), round(point.1))
}

fn failed(error: impl std::error::Error) -> Error {
    Error { message: error.to_string() }
}

/// Replaces every square of `times` by `times` RGB pixels by its mean. Areas of one colour keep their exact colour.
fn averaged(large: &[u8], width: usize, times: usize) -> Vec<u8> {
    let small_width = width / times;
    let mut small = Vec::with_capacity(large.len() / (times * times));
    let area = (times * times) as u32;
    for rows in large.chunks_exact(width * 3 * times) {
        for column in 0..small_width {
            let first = [0, 1, 2].map(|channel| rows[column * times * 3 + channel]);
            let (mut is_flat, mut sums) = (true, [0; 3]);
            for y in 0..times {
                let from = (y * width + column * times) * 3;
                for pixel in rows[from..from + times * 3].as_chunks::<3>().0 {
                    is_flat &= *pixel == first;
                    for channel in 0..3 {
                        sums[channel] += u32::from(pixel[channel]);
                    }
                }
            }
            // Edges are rounded to 16 levels, which halves the file without a visible difference.
            let level = |sum: u32| (((2 * sum + 17 * area) / (34 * area)) * 17) as u8;
            small.extend_from_slice(&if is_flat { first } else { sums.map(level) });
        }
    }
    small
}

fn png(rgb: &[u8], width: u32, height: u32) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    // A grey picture is written with one channel, which nearly halves the file.
    let pixels = rgb.as_chunks::<3>().0;
    let grey: Option<Vec<u8>> = pixels.iter().map(|[r, g, b]| (r == g && g == b).then_some(*r)).collect();
    encoder.set_color(if grey.is_some() { png::ColorType::Grayscale } else { png::ColorType::Rgb });
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(grey.as_deref().unwrap_or(rgb)).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(bytes)
}

fn escape(text: &str) -> String {
    terminal::one_line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_in_texts_and_title() {
        let evil = "a\u{1b}[31m\n<b>\u{0}".to_owned();
        let mut scene = Scene { title: evil.clone(), height: 100, marks: Vec::new() };
        let colour = RGBColor(0, 0, 0);
        let (weight, anchor) = (Weight::Regular, Anchor::Start);
        scene.text(Text { text: evil, at: (10.0, 50.0), size: 24.0, weight, anchor, colour });
        let svg = scene.svg().unwrap();
        assert_eq!(svg.matches("a\\u{1b}[31m\\n&lt;b&gt;\\u{0}").count(), 2, "{svg}");
        assert!(!svg.contains(|c: char| c.is_control() && c != '\n'), "{svg:?}");
        scene.png().unwrap();
    }

    #[test]
    fn reword_replaces_whole_words_only() {
        let mut scene = Scene { title: "0.02 per pixel".to_owned(), height: 100, marks: Vec::new() };
        let (weight, anchor, colour) = (Weight::Regular, Anchor::Start, RGBColor(0, 0, 0));
        scene.text(Text { text: "MSE per pixel".to_owned(), at: (10.0, 50.0), size: 24.0, weight, anchor, colour });
        scene.reword("per pixel", "per value");
        assert_eq!((&scene.title[..], &scene.texts()[0].text[..]), ("0.02 per value", "MSE per value"));
        assert_eq!(reworded("image of images-100, an image", "image", "row"), "row of images-100, an row");
        assert_eq!(reworded("images, images", "images", "rows"), "rows, rows");
    }

    #[test]
    fn dashes_continue_around_corners_of_a_line() {
        let mut scene = Scene { title: String::new(), height: 100, marks: Vec::new() };
        scene.dashes(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0)], (8.0, 4.0), 2.0, RGBColor(0, 0, 0));
        let dashes: Vec<&[Point]> = scene
            .marks
            .iter()
            .filter_map(|mark| if let Mark::Path { points, .. } = mark { Some(&points[..]) } else { None })
            .collect();
        assert_eq!(dashes, [&[(0.0, 0.0), (8.0, 0.0)][..], &[(10.0, 2.0), (10.0, 10.0)]]);
    }

    #[test]
    fn averaging_keeps_a_flat_colour_and_mixes_an_edge() {
        assert_eq!(averaged(&[7; 2 * 2 * 3], 2, 2), [7; 3]);
        assert_eq!(averaged(&[0, 0, 0, 255, 255, 255, 0, 0, 0, 255, 255, 255], 2, 2), [136; 3]);
    }
}
