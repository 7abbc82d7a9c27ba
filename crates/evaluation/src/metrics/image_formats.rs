//! Rate and distortion of images as PNG and JPEG.

use std::fmt::Display;

use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType};
use zoo::Matrix;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::error::Error;
use crate::metrics::rate_distortion::Point;

/// Images on each side of a sheet. Image formats get sheets, so that their headers do not matter.
const ACROSS: usize = 20;

/// A sheet of images as bytes, [`ACROSS`] images wide, row by row of images; black where there is no image. Also returns
/// its width and height in pixels. `(rows, columns)` is the size of one image in pixels.
fn sheet(images: &Matrix, (rows, columns): (usize, usize)) -> (Vec<u8>, usize, usize) {
    let (width, height) = (ACROSS * columns, images.rows().div_ceil(ACROSS) * rows);
    let mut bytes = vec![0; width * height];
    for image in 0..images.rows() {
        let (top, left) = (image / ACROSS * rows, image % ACROSS * columns);
        for (line, pixels) in images.row(image).chunks_exact(columns).enumerate() {
            let to = &mut bytes[(top + line) * width + left..][..columns];
            to.iter_mut().zip(pixels).for_each(|(byte, pixel)| *byte = (pixel * 255.0).round() as u8);
        }
    }
    (bytes, width, height)
}

/// Rate of a sheet of images as PNG, which is lossless.
///
/// # Errors
/// When the sheet cannot be written.
pub(crate) fn png(images: &Matrix, plane: (usize, usize)) -> Result<Point, Error> {
    let (sheet, width, height) = sheet(images, plane);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_compression(png::Compression::High);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&sheet))
        .map_err(|error| format_error("PNG", &error))?;
    Ok(Point { rate: rate(&bytes, images.rows()), distortion: 0.0 })
}

/// Rate and distortion of a sheet of images as JPEG, with optimised Huffman tables.
///
/// # Errors
/// When the sheet cannot be written or read back.
pub(crate) fn jpeg(images: &Matrix, plane: (usize, usize), quality: u8) -> Result<Point, Error> {
    let (original, width, height) = sheet(images, plane);
    let mut bytes = Vec::new();
    let too_large = |_| format_error("JPEG", &"too many images");
    let (wide, high) = (u16::try_from(width).map_err(too_large)?, u16::try_from(height).map_err(too_large)?);
    let mut encoder = Encoder::new(&mut bytes, quality);
    encoder.set_optimized_huffman_tables(true);
    let sheet = Sheet { pixels: &original, width: wide, height: high };
    encoder.encode_image(sheet).map_err(|error| format_error("JPEG", &error))?;
    let grey = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::Luma);
    let back = JpegDecoder::new_with_options(ZCursor::new(&bytes), grey)
        .decode()
        .map_err(|error| format_error("JPEG", &error))?;
    let error = |(a, b): (&u8, &u8)| ((f64::from(*a) - f64::from(*b)) / 255.0).powi(2);
    let sum: f64 = original.iter().zip(&back).map(error).sum();
    Ok(Point { rate: rate(&bytes, images.rows()), distortion: sum / images.values().len() as f64 })
}

/// Grey pixels for the JPEG encoder. `Encoder::encode` would compile the encoder for each of its eight colour formats.
struct Sheet<'a> {
    /// Pixels, `(height, width)`.
    pixels: &'a [u8],
    width: u16,
    height: u16,
}

impl ImageBuffer for Sheet<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Luma
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, buffers: &mut [Vec<u8>; 4]) {
        let (width, y) = (usize::from(self.width), usize::from(y));
        buffers[0].extend_from_slice(&self.pixels[y * width..(y + 1) * width]);
    }
}

/// Bits per image, for `images` images in these bytes.
pub(crate) fn rate(bytes: &[u8], images: usize) -> f64 {
    8.0 * bytes.len() as f64 / images as f64
}

fn format_error(what: &'static str, message: &dyn Display) -> Error {
    Error::Fit { what, subject: "images", message: message.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLANE: (usize, usize) = (28, 28);
    const PIXELS: usize = 784;

    #[test]
    fn a_format_with_less_distortion_needs_more_bits() {
        let pixels = (0..45).flat_map(|index| datasets::glyphs::glyph(index).0).collect::<Vec<_>>();
        let pixels = pixels.into_iter().map(|pixel| f32::from(pixel) / 255.0).collect();
        let images = Matrix::new(45, PIXELS, pixels);
        let points: Vec<Point> =
            [10, 25, 50, 75, 90].into_iter().map(|quality| jpeg(&images, PLANE, quality).unwrap()).collect();
        assert!(
            points.windows(2).all(|pair| pair[0].rate < pair[1].rate && pair[0].distortion > pair[1].distortion),
            "{points:?}"
        );
        let png = png(&images, PLANE).unwrap();
        assert!(png.rate < 8.0 * PIXELS as f64 && png.rate > points[2].rate, "{png:?} {points:?}");
    }

    #[test]
    fn a_sheet_contains_every_image() {
        let mut images = Matrix::zeros(ACROSS + 1, PIXELS);
        // The second image, in 56 rows of 14 pixels.
        images.row_mut(ACROSS)[14 + 2] = 1.0;
        let (sheet, width, height) = sheet(&images, (56, 14));
        assert_eq!((width, height), (ACROSS * 14, 2 * 56));
        assert_eq!(sheet.iter().position(|byte| *byte == 255), Some((56 + 1) * width + 2));
    }
}
