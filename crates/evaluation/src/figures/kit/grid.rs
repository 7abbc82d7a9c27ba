//! Rows of images, each with its name and a note on the left.

use plotters::style::RGBColor;
use spec::catalogue::SIDE;

use crate::error::FigureError;
use crate::figures::kit::scene::{Anchor, Raster, Scene};
use crate::figures::kit::text::Weight;
use crate::figures::kit::theme::{GREY, MARGIN, RIGHT, SMALL, label, name, room};

/// Units on each side of an image, whatever its pixels.
const EXTENT: u32 = 4 * SIDE as u32;
const GAP: f64 = 12.0;

/// A row of square images, of 28 pixels a side or a multiple.
pub(crate) struct Row<'a> {
    pub(crate) name: String,
    pub(crate) note: String,
    pub(crate) colour: RGBColor,
    pub(crate) images: Vec<&'a [u8]>,
}

/// Draws rows from `top` down, under headings of the columns if there are any, with a little room after each that
/// `ends_group`, and gives the bottom of what was drawn.
pub(crate) fn draw(
    scene: &mut Scene,
    mut top: f64,
    headings: &[&str],
    rows: &[Row<'_>],
    ends_group: impl Fn(usize) -> bool,
) -> Result<f64, FigureError> {
    let names: Vec<String> = rows.iter().map(|row| row.name.clone()).collect();
    let notes: Vec<String> = rows.iter().map(|row| row.note.clone()).collect();
    let left = MARGIN + room(&names, Weight::Bold)?.max(room(&notes, Weight::Regular)?) + 20.0;
    let side = f64::from(EXTENT);
    let most = rows.iter().map(|row| row.images.len()).max().unwrap_or(0);
    let fitting = ((RIGHT - left + GAP) / (side + GAP)).floor() as usize;
    let columns = most.min(fitting).max(2);
    let pitch = ((RIGHT - left - side) / (columns - 1) as f64).min(side * 1.4);
    for (column, heading) in headings.iter().take(columns).enumerate() {
        let middle = left + column as f64 * pitch + side / 2.0;
        scene.text(label(*heading, (middle, top + 22.0), Anchor::Middle, GREY));
    }
    if !headings.is_empty() {
        top += 36.0;
    }
    for (index, row) in rows.iter().enumerate() {
        scene.text(name(&row.name, (MARGIN, top + side / 2.0 - 8.0), Anchor::Start, row.colour));
        scene.text(label(&row.note, (MARGIN, top + side / 2.0 + SMALL), Anchor::Start, GREY));
        for (column, image) in row.images.iter().take(columns).enumerate() {
            let pixels = image.iter().map(|&value| [value; 3]).collect();
            let width = image.len().isqrt() as u32;
            let raster = Raster { width, height: width, scale: (EXTENT / width.max(1)).max(1), pixels };
            scene.image((left + column as f64 * pitch, top), raster);
        }
        top += side + if ends_group(index) { 3.0 * GAP } else { GAP };
    }
    Ok(top)
}
