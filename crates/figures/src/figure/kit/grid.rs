//! Rows of images, each with a name and a note on the left.

use plotters::style::RGBColor;
use spec::Run;

use crate::error::Error;
use crate::figure::kit::theme::{GREY, MARGIN, RIGHT, SMALL, label, name, room};
use canvas::scene::{Anchor, Raster, Scene};
use canvas::text::{self, Weight};

/// Approximate units along the longer side of an image, for any number of pixels.
const EXTENT: u32 = 112;
const GAP: f64 = 12.0;

/// A row of images, with one byte for each pixel, or three for colours.
pub(crate) struct Row<'a> {
    pub(crate) name: String,
    pub(crate) note: String,
    pub(crate) colour: RGBColor,
    pub(crate) images: Vec<&'a [u8]>,
}

/// Draws rows of images of `(height, width)` pixels from `top` down, below optional headings of the columns. A row that
/// `ends_group` is followed by a small gap. Returns the bottom of the drawing.
pub(crate) fn draw(
    scene: &mut Scene,
    (height, width): (usize, usize),
    mut top: f64,
    headings: &[&str],
    rows: &[Row<'_>],
    ends_group: impl Fn(usize) -> bool,
) -> Result<f64, Error> {
    let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    let notes: Vec<String> = rows.iter().map(|row| row.note.clone()).collect();
    let left = MARGIN + room(&names, Weight::Bold)?.max(room(&notes, Weight::Regular)?) + 20.0;
    let scale = (EXTENT / height.max(width).max(1) as u32).max(1);
    let (side, tall) = (f64::from(scale) * width as f64, f64::from(scale) * height as f64);
    let most = rows.iter().map(|row| row.images.len()).max().unwrap_or(0);
    let fitting = ((RIGHT - left + GAP) / (side + GAP)).floor() as usize;
    let columns = most.min(fitting).max(2);
    let pitch = ((RIGHT - left - side) / (columns - 1) as f64).min(side * 1.4);
    for (column, heading) in headings.iter().take(columns).enumerate() {
        let middle = left + column as f64 * pitch + side / 2.0;
        scene.text(label(fitted(heading, pitch - GAP)?, (middle, top + 22.0), Anchor::Middle, GREY));
    }
    if !headings.is_empty() {
        top += 36.0;
    }
    for (index, row) in rows.iter().enumerate() {
        scene.text(name(&row.name, (MARGIN, top + tall / 2.0 - 8.0), Anchor::Start, row.colour));
        scene.text(label(&row.note, (MARGIN, top + tall / 2.0 + SMALL), Anchor::Start, GREY));
        for (column, image) in row.images.iter().take(columns).enumerate() {
            let pixels = pixels(image, height * width);
            let raster = Raster { width: width as u32, height: height as u32, scale, pixels };
            scene.image((left + column as f64 * pitch, top), raster);
        }
        top += tall + if ends_group(index) { 3.0 * GAP } else { GAP };
    }
    Ok(top)
}

/// A heading, cut to `width`.
fn fitted(heading: &str, width: f64) -> Result<String, Error> {
    let mut kept: Vec<char> = heading.chars().collect();
    let mut shown = heading.to_owned();
    while kept.len() > 1 && text::width(&shown, SMALL, Weight::Regular)? > width {
        kept.pop();
        shown = kept.iter().collect::<String>() + "..";
    }
    Ok(shown)
}

/// Red, green and blue of each pixel.
fn pixels(image: &[u8], count: usize) -> Vec<[u8; 3]> {
    match image.as_chunks() {
        (pixels, []) if pixels.len() == count => pixels.to_vec(),
        _ => image.iter().map(|&value| [value; 3]).collect(),
    }
}

/// Height and width of the images of a run.
///
/// # Errors
/// If its rows are not images that can be shown.
pub(crate) fn size(run: &Run, figure: &'static str) -> Result<(usize, usize), Error> {
    let shape = run.dataset.shape;
    let picture = shape.picture().map(|(height, width, _)| (height, width));
    picture.ok_or_else(|| Error::data(figure, format!("a row of the data set is {shape}, no picture")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_cut_to_their_width() {
        assert_eq!(fitted("seven", 1e3).unwrap(), "seven");
        let cut = fitted("motorcycle_left", 120.0).unwrap();
        assert!(cut.starts_with("motor") && cut.ends_with("..") && cut.len() < 16, "{cut}");
        assert_eq!(fitted("wide", 0.0).unwrap(), "w..");
    }

    #[test]
    fn three_bytes_of_a_pixel_are_red_green_and_blue() {
        assert_eq!(pixels(&[1, 2, 3, 4, 5, 6], 2), [[1, 2, 3], [4, 5, 6]]);
        assert_eq!(pixels(&[7, 8, 9], 3), [[7; 3], [8; 3], [9; 3]]);
    }
}
