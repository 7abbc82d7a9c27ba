//! Writes a figure as a PDF file of one page.

use std::collections::BTreeMap;
use std::io::Write;

use canvas::scene::{Anchor, Mark, Point, Raster, Scene, Text, WIDTH};
use flate2::Compression;
use flate2::write::ZlibEncoder;
use pdf_writer::{Content, Filter, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use plotters::style::{RGBAColor, RGBColor};

use crate::error::Error;
use crate::font::{Font, WEIGHTS};

/// Points of a page for each unit of a figure: a figure is 480 points wide, about as wide as the text of a page.
const POINTS: f64 = 0.3;

/// Distance of the handles of a Bézier curve that is a quarter of a circle, in radii.
const HANDLE: f64 = 0.552_284_75;

/// A figure as the bytes of a PDF file. The same figure gives the same bytes.
///
/// Lines and areas are vectors, texts are text in the embedded font, and pictures have the pixels that they have in
/// SVG.
///
/// # Errors
/// If the embedded font cannot be read, or a part cannot be compressed.
pub fn bytes(scene: &Scene) -> Result<Vec<u8>, Error> {
    let mut page = Page { content: Content::new(), opacities: BTreeMap::new(), rasters: Vec::new() };
    let mut fonts = [Font::open(WEIGHTS[0].0)?, Font::open(WEIGHTS[1].0)?];
    let (width, height) = (f64::from(WIDTH), f64::from(scene.height));
    let scale = POINTS as f32;
    // From here on, coordinates are those of the figure, from the top left.
    page.content.transform([scale, 0.0, 0.0, -scale, 0.0, (POINTS * height) as f32]);
    // Lines are joined as in SVG.
    page.content.set_miter_limit(4.0);
    page.rectangle((0.0, 0.0), (width, height), RGBAColor(255, 255, 255, 1.0));
    for mark in &scene.marks {
        page.add(mark, &mut fonts);
    }
    page.finish(scene, &fonts)
}

/// A page that is being written.
struct Page<'a> {
    content: Content,
    /// Opacities below 1 that the page uses, in thousandths.
    opacities: BTreeMap<u16, String>,
    rasters: Vec<&'a Raster>,
}

impl<'a> Page<'a> {
    fn add(&mut self, mark: &'a Mark, fonts: &mut [Font; 2]) {
        match mark {
            Mark::Path { points, width, colour } => self.seen(*colour, |content| {
                content.set_line_width(rounded(*width));
                trace(content, points);
                content.stroke();
            }),
            Mark::Polygon { points, colour } => self.seen(*colour, |content| {
                trace(content, points);
                content.close_path().fill_nonzero();
            }),
            Mark::Rectangle { corner, opposite, colour } => self.rectangle(*corner, *opposite, *colour),
            Mark::Disc { centre, radius, colour } => self.seen(*colour, |content| {
                disc(content, *centre, *radius);
                content.fill_nonzero();
            }),
            Mark::Text(text) => self.text(text, fonts),
            Mark::Image { corner, raster } => {
                let name = format!("I{}", self.rasters.len());
                let side = |pixels: u32| rounded(f64::from(pixels) * f64::from(raster.scale));
                let (width, height) = (side(raster.width), side(raster.height));
                // Pictures are at whole pixels, as in the other formats.
                let (x, y) = (rounded(corner.0.round()), rounded(corner.1.round()));
                self.content.save_state();
                self.content.transform([width, 0.0, 0.0, -height, x, y + height]);
                self.content.x_object(Name(name.as_bytes()));
                self.content.restore_state();
                self.rasters.push(raster);
            }
        }
    }

    fn rectangle(&mut self, corner: Point, opposite: Point, colour: RGBAColor) {
        let (left, right) = (corner.0.min(opposite.0), corner.0.max(opposite.0));
        let (top, bottom) = (corner.1.min(opposite.1), corner.1.max(opposite.1));
        self.seen(colour, |content| {
            content.rect(rounded(left), rounded(top), rounded(right - left), rounded(bottom - top)).fill_nonzero();
        });
    }

    /// Draws lines or areas in a colour.
    fn seen(&mut self, colour: RGBAColor, draw: impl FnOnce(&mut Content)) {
        let [red, green, blue] = [colour.0, colour.1, colour.2].map(|part| f32::from(part) / 255.0);
        let opacity = (colour.3.clamp(0.0, 1.0) * 1000.0).round() as u16;
        self.content.save_state();
        if opacity < 1000 {
            let name = self.opacities.entry(opacity).or_insert_with(|| format!("O{opacity}"));
            self.content.set_parameters(Name(name.as_bytes()));
        }
        self.content.set_fill_rgb(red, green, blue).set_stroke_rgb(red, green, blue);
        draw(&mut self.content);
        self.content.restore_state();
    }

    fn text(&mut self, text: &Text, fonts: &mut [Font; 2]) {
        let index = WEIGHTS.iter().position(|(weight, ..)| *weight == text.weight).unwrap_or(0);
        let (codes, width) = fonts[index].encode(&text.text);
        let before = match text.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => width / 2.0,
            Anchor::End => width,
        };
        let (x, y) = (text.at.0 - before * text.size, text.at.1);
        let RGBColor(red, green, blue) = text.colour;
        self.seen(RGBAColor(red, green, blue, 1.0), |content| {
            content.begin_text().set_font(WEIGHTS[index].1, rounded(text.size));
            // The page is upside down, so the text is turned back.
            content.set_text_matrix([1.0, 0.0, 0.0, -1.0, rounded(x), rounded(y)]);
            content.show(Str(&codes)).end_text();
        });
    }

    fn finish(self, scene: &Scene, fonts: &[Font; 2]) -> Result<Vec<u8>, Error> {
        let mut last = 0;
        let mut next = || {
            last += 1;
            Ref::new(last)
        };
        let [catalog, pages, page, content, info] = [(); 5].map(|()| next());
        let rasters: Vec<(String, &Raster, Ref)> =
            self.rasters.iter().enumerate().map(|(index, raster)| (format!("I{index}"), *raster, next())).collect();
        let used: Vec<_> = fonts.iter().zip(WEIGHTS).filter(|(font, _)| !font.is_unused()).collect();
        let used: Vec<_> = used.into_iter().map(|(font, (_, name, base))| (font, name, base, next())).collect();

        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(pages).viewer_preferences().display_doc_title(true);
        pdf.pages(pages).kids([page]).count(1);
        pdf.document_info(info).title(TextStr(&scene.title)).producer(TextStr("Hourglass"));
        let size = [WIDTH, scene.height].map(|side| (POINTS * f64::from(side)) as f32);
        let mut written = pdf.page(page);
        written.media_box(Rect::new(0.0, 0.0, size[0], size[1])).parent(pages).contents(content);
        let mut resources = written.resources();
        let mut dictionary = resources.fonts();
        for (_, name, _, id) in &used {
            dictionary.pair(*name, *id);
        }
        dictionary.finish();
        let mut dictionary = resources.x_objects();
        for (name, _, id) in &rasters {
            dictionary.pair(Name(name.as_bytes()), *id);
        }
        dictionary.finish();
        let mut states = resources.ext_g_states();
        for (opacity, name) in &self.opacities {
            let alpha = f32::from(*opacity) / 1000.0;
            let mut state = states.insert(Name(name.as_bytes())).start::<pdf_writer::writers::ExtGraphicsState<'_>>();
            state.stroking_alpha(alpha).non_stroking_alpha(alpha);
        }
        states.finish();
        resources.finish();
        written.finish();
        pdf.stream(content, &compressed(&self.content.finish())?).filter(Filter::FlateDecode);
        for (_, raster, id) in &rasters {
            write(&mut pdf, raster, *id)?;
        }
        for (font, _, base, id) in used {
            font.write(&mut pdf, base, id, &mut next)?;
        }
        Ok(pdf.finish())
    }
}

/// Writes a picture enlarged to the pixels of the other formats, because viewers smooth pixels when they enlarge them.
fn write(pdf: &mut Pdf, raster: &Raster, id: Ref) -> Result<(), Error> {
    let rgb = raster.enlarged(raster.scale);
    let grey: Option<Vec<u8>> =
        rgb.as_chunks::<3>().0.iter().map(|[r, g, b]| (r == g && g == b).then_some(*r)).collect();
    let data = compressed(grey.as_deref().unwrap_or(&rgb))?;
    let mut image = pdf.image_xobject(id, &data);
    image.filter(Filter::FlateDecode);
    image.width((raster.width * raster.scale) as i32).height((raster.height * raster.scale) as i32);
    match grey {
        Some(_) => image.color_space().device_gray(),
        None => image.color_space().device_rgb(),
    }
    image.bits_per_component(8);
    Ok(())
}

/// Adds a path through points.
fn trace(content: &mut Content, points: &[Point]) {
    let mut points = points.iter().map(|point| (rounded(point.0), rounded(point.1)));
    if let Some((x, y)) = points.next() {
        content.move_to(x, y);
    }
    for (x, y) in points {
        content.line_to(x, y);
    }
}

/// Adds a circle made of four Bézier curves.
fn disc(content: &mut Content, (x, y): Point, radius: f64) {
    let handle = HANDLE * radius;
    // Directions of the ends of the four quarters of the circle.
    let ends = [(1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0), (1.0, 0.0)];
    let at = |along: (f64, f64), beside: (f64, f64)| {
        let point = (x + radius * along.0 + handle * beside.0, y + radius * along.1 + handle * beside.1);
        (rounded(point.0), rounded(point.1))
    };
    let (start_x, start_y) = at(ends[0], (0.0, 0.0));
    content.move_to(start_x, start_y);
    for pair in ends.windows(2) {
        let (first, second, end) = (at(pair[0], pair[1]), at(pair[1], pair[0]), at(pair[1], (0.0, 0.0)));
        content.cubic_to(first.0, first.1, second.0, second.1, end.0, end.1);
    }
    content.close_path();
}

/// A number rounded to two decimals, because a hundredth of a unit is invisible.
fn rounded(value: f64) -> f32 {
    ((value * 100.0).round() / 100.0) as f32
}

/// Bytes compressed for the filter `FlateDecode`.
pub(crate) fn compressed(bytes: &[u8]) -> Result<Vec<u8>, Error> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use canvas::text::Weight;
    use flate2::read::ZlibDecoder;

    use super::*;

    /// A figure with a mark of every kind.
    fn scene() -> Scene {
        let mut scene = Scene { title: "Fehler für µ < 1".to_owned(), height: 500, marks: Vec::new() };
        let blue = RGBColor(0, 114, 178);
        scene.path(vec![(10.0, 20.0), (300.5, 40.25), (310.0, 90.0)], 3.0, blue);
        scene.polygon(vec![(0.0, 0.0), (10.0, 0.0), (5.0, 8.0)], RGBAColor(1, 2, 3, 0.25));
        scene.rectangle((50.0, 60.0), (20.0, 10.0), RGBAColor(1, 2, 3, 0.5));
        scene.disc((100.0, 100.0), 9.0, blue);
        for (text, weight, anchor) in
            [("Größe (%) \\", Weight::Regular, Anchor::Start), ("0.0123", Weight::Bold, Anchor::End)]
        {
            let (text, at, size, colour) = (text.to_owned(), (400.0, 200.0), 24.0, blue);
            scene.text(Text { text, at, size, weight, anchor, colour });
        }
        scene.image((7.0, 9.0), Raster { width: 2, height: 1, scale: 3, pixels: vec![[0; 3], [255; 3]] });
        scene.image((7.0, 9.0), Raster { width: 1, height: 1, scale: 2, pixels: vec![[255, 0, 0]] });
        scene
    }

    /// Decompressed contents of the streams of a file.
    fn streams(file: &[u8]) -> Vec<Vec<u8>> {
        let mark = b"stream\n";
        let starts = (0..file.len() - mark.len()).filter(|at| &file[*at..at + mark.len()] == mark);
        let is_start = |at: &usize| *at < 3 || &file[at - 3..*at] != b"end";
        let read = |at: usize| {
            let mut bytes = Vec::new();
            ZlibDecoder::new(&file[at + mark.len()..]).read_to_end(&mut bytes).unwrap();
            bytes
        };
        starts.filter(is_start).map(read).collect()
    }

    #[test]
    fn a_figure_has_a_page_with_its_marks_its_pictures_and_its_fonts() {
        let file = bytes(&scene()).unwrap();
        let streams = streams(&file);
        // Streams of the marks, of two pictures, and of a font and its characters for each weight.
        assert_eq!(streams.len(), 7);
        let marks = String::from_utf8_lossy(&streams[0]);
        for expected in [
            "0.3 0 0 -0.3 0 150 cm",
            "3 w\n10 20 m\n300.5 40.25 l\n310 90 l\nS",
            "0 0 m\n10 0 l\n5 8 l\nh\nf",
            "/O250 gs",
            "20 10 30 50 re\nf",
            "109 100 m",
            "/F0 24 Tf\n1 0 0 -1 400 200 Tm",
            "6 0 0 -3 7 12 cm\n/I0 Do",
        ] {
            assert!(marks.contains(expected), "{expected}: {marks}");
        }
        assert_eq!(streams[1], [[0; 3], [255; 3]].concat().repeat(3), "grey");
        assert_eq!(streams[2], [255, 0, 0].repeat(4), "colours");
        assert_eq!([&streams[3], &streams[5]], WEIGHTS.map(|(weight, ..)| weight.file()));
        let characters = String::from_utf8_lossy(&streams[4]);
        for c in "Größe(%)\\".chars() {
            assert!(characters.contains(&format!("<{:04X}>", u32::from(c))), "{c}: {characters}");
        }
    }

    #[test]
    fn a_text_anchored_at_its_end_ends_at_its_position() {
        let file = bytes(&scene()).unwrap();
        let marks = String::from_utf8_lossy(&streams(&file)[0]).into_owned();
        let at: f64 = marks.split("/F1 24 Tf\n1 0 0 -1 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
        let width = canvas::text::width("0.0123", 24.0, Weight::Bold).unwrap();
        assert!((400.0 - width - at).abs() < 0.2, "{at}");
    }

    #[test]
    fn the_same_figure_gives_the_same_bytes_and_an_empty_figure_is_a_page() {
        assert_eq!(bytes(&scene()).unwrap(), bytes(&scene()).unwrap());
        let empty = bytes(&Scene { title: String::new(), height: 10, marks: Vec::new() }).unwrap();
        assert_eq!(streams(&empty).len(), 1);
    }
}
