//! Writes glyphs, letters or images of the surface as files for other programs, with a contact sheet:
//!
//!     cargo run --release -p datasets --example export_glyphs -- FOLDER [COUNT [letters | surface]]
//!
//! `pixels.u8` has bytes of shape (images, 784), `labels.u8` bytes of shape (images), and `sheet.png` the first images
//! of each class, one row a class.

#![allow(clippy::print_stdout, reason = "an example prints for its user")]

use std::env;
use std::error::Error;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use datasets::glyphs::{CLASSES, SIDE};

/// Number of images of each class on the sheet.
const COLUMNS: usize = 24;

/// Side of an image on the sheet with its margin, in pixels, before the sheet is doubled in size.
const CELL: usize = SIDE + 2;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let folder = PathBuf::from(arguments.next().ok_or("usage: export_glyphs FOLDER [COUNT [letters | surface]]")?);
    let count: u64 = arguments.next().map_or(Ok(24_000), |text| text.parse())?;
    let image = match arguments.next().as_deref() {
        None => datasets::glyphs::glyph,
        Some("letters") => datasets::glyphs::letter,
        Some("surface") => datasets::surface::image,
        Some(other) => return Err(format!("unknown data set `{other}` (there are: letters, surface)").into()),
    };
    fs::create_dir_all(&folder)?;

    let started = Instant::now();
    let images: Vec<_> = (0..count).map(image).collect();
    println!("{:.1} µs per image", started.elapsed().as_secs_f64() * 1e6 / count as f64);
    fs::write(folder.join("pixels.u8"), images.iter().flat_map(|(pixels, _)| pixels).copied().collect::<Vec<_>>())?;
    fs::write(folder.join("labels.u8"), images.iter().map(|&(_, label)| label as u8).collect::<Vec<_>>())?;

    let (width, height) = (2 * COLUMNS * CELL, 2 * CLASSES * CELL);
    let mut sheet = vec![40; width * height];
    let mut shown = [0; CLASSES];
    for (pixels, label) in &images {
        let (row, column) = (usize::from(*label), shown[usize::from(*label)]);
        if column == COLUMNS {
            continue;
        }
        shown[row] += 1;
        for (place, &value) in pixels.iter().enumerate() {
            let (x, y) = (column * CELL + place % SIDE, row * CELL + place / SIDE);
            for corner in 0..4 {
                sheet[(2 * y + corner / 2) * width + 2 * x + corner % 2] = value;
            }
        }
    }
    let mut encoder = png::Encoder::new(fs::File::create(folder.join("sheet.png"))?, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header()?.write_image_data(&sheet)?;
    Ok(())
}
