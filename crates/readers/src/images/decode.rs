//! Decoding of one file to an upright picture without transparency.

use std::cell::Cell;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;

use png::{BitDepth, ColorType, Decoder, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::exif;
use crate::error::Error;
use crate::open::regular;

/// Greatest number of pixels of a picture.
const MOST_PIXELS: u64 = 1 << 27;

/// Greatest size of a JPEG file in bytes.
const MOST_BYTES: u64 = 1 << 29;

/// Pixels row by row from the top. The channels of a pixel are next to each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Picture {
    /// Width in pixels.
    pub(crate) width: usize,
    /// Height in pixels.
    pub(crate) height: usize,
    /// Number of values of a pixel: 1 (grey) or 3 (red, green, blue).
    pub(crate) channels: usize,
    /// Values, shape (height, width, channels).
    pub(crate) pixels: Vec<u8>,
}

impl Picture {
    pub(super) fn with_channels(self, channels: usize) -> Self {
        let pixels = match (self.channels, channels) {
            (3, 1) => self.pixels.chunks_exact(3).map(|pixel| grey([pixel[0], pixel[1], pixel[2]])).collect(),
            (1, 3) => self.pixels.iter().flat_map(|grey| [*grey; 3]).collect(),
            _ => return self,
        };
        Self { channels, pixels, ..self }
    }

    /// The picture rotated upright from an EXIF orientation.
    fn upright(self, orientation: u8) -> Self {
        let Self { width, height, channels, ref pixels } = self;
        // Position in the stored picture of the pixel (x, y) of the upright one.
        let from = |x: usize, y: usize| match orientation {
            2 => (width - 1 - x, y),
            3 => (width - 1 - x, height - 1 - y),
            4 => (x, height - 1 - y),
            5 => (y, x),
            6 => (y, height - 1 - x),
            7 => (width - 1 - y, height - 1 - x),
            8 => (width - 1 - y, x),
            _ => (x, y),
        };
        let (wide, high) = if orientation >= 5 { (height, width) } else { (width, height) };
        let mut upright = Vec::with_capacity(pixels.len());
        for (x, y) in (0..high).flat_map(|y| (0..wide).map(move |x| (x, y))) {
            let (x, y) = from(x, y);
            upright.extend_from_slice(&pixels[(y * width + x) * channels..][..channels]);
        }
        Self { width: wide, height: high, channels, pixels: upright }
    }
}

/// Luma of ITU-R BT.601 in 16-bit fixed point, rounded, as Pillow computes it.
pub(super) fn grey([red, green, blue]: [u8; 3]) -> u8 {
    ((19595 * u32::from(red) + 38470 * u32::from(green) + 7471 * u32::from(blue) + 0x8000) >> 16) as u8
}

/// Conversions of a picture.
#[derive(Debug, Default)]
pub(super) struct Done {
    pub(super) was_deep: bool,
    pub(super) was_transparent: bool,
    pub(super) was_turned: bool,
}

pub(super) fn decode(path: &Path, background: [u8; 3]) -> Result<(Picture, Done), Error> {
    let (mut file, length) = regular(path)?;
    let mut magic = Vec::new();
    let read = (&mut file).take(3).read_to_end(&mut magic).and_then(|_| file.rewind());
    read.map_err(|error| Error::read(path, error))?;
    let decoded = match magic.as_slice() {
        b"\x89PN" => caught(|| png(file, length, background)),
        b"\xff\xd8\xff" => caught(|| jpeg(file, length)),
        _ => Err("this is neither a PNG nor a JPEG file, although its name says so".to_owned()),
    };
    decoded.map_err(|message| Error::file(path, message))
}

thread_local! {
    /// True while a decoder runs on this thread.
    static IS_DECODING: Cell<bool> = const { Cell::new(false) };
}

/// Stops panics of decoders from printing. Such a panic becomes an error about the picture.
pub fn quiet_decoders() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |about| {
        if !IS_DECODING.get() {
            usual(about);
        }
    }));
}

/// Runs a decoder, and turns a panic into an error: decoders of other projects panic on some damaged pictures.
fn caught<T>(decode: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    IS_DECODING.set(true);
    let decoded = panic::catch_unwind(AssertUnwindSafe(decode));
    IS_DECODING.set(false);
    decoded.unwrap_or_else(|_| Err("the picture is damaged: its decoder fails".to_owned()))
}

/// Gives an error for a picture with too many pixels, or with more pixels than a file of `length` bytes can hold.
fn check(width: u64, height: u64, per_byte: u64, length: u64) -> Result<(), String> {
    if width == 0 || height == 0 || width.saturating_mul(height) > MOST_PIXELS {
        return Err(format!("the picture has {width} x {height} pixels; 1 to {MOST_PIXELS} are allowed"));
    }
    if width * height > length.saturating_mul(per_byte) {
        return Err(format!("the header declares {width} x {height} pixels, which {length} bytes cannot hold"));
    }
    Ok(())
}

fn png(file: File, length: u64, background: [u8; 3]) -> Result<(Picture, Done), String> {
    let broken = |error: png::DecodingError| format!("the PNG is truncated or damaged: {error}");
    let mut decoder = Decoder::new(BufReader::new(file));
    decoder.set_transformations(Transformations::EXPAND);
    let mut reader = decoder.read_info().map_err(broken)?;
    let (width, height) = (reader.info().width, reader.info().height);
    let bits = reader.info().bits_per_pixel().max(1) as u64;
    // Deflate compresses to 1/1032 of the size at best.
    check(width.into(), height.into(), 8 * 1040 / bits, length)?;
    let palette = reader.info().palette.as_ref().map_or(3, |palette| palette.len());
    if palette == 0 || palette > 3 * 256 || !palette.is_multiple_of(3) {
        return Err(format!("the palette of the PNG has {palette} bytes; 3 for each of 1 to 256 colours are expected"));
    }
    let (color, depth) = reader.output_color_type();
    let size = reader.output_buffer_size().ok_or("the picture is too large")?;
    let mut bytes = vec![0; size];
    reader.next_frame(&mut bytes).map_err(broken)?;
    // Reading to the end of the file finds a missing end.
    reader.finish().map_err(broken)?;
    let was_deep = depth == BitDepth::Sixteen;
    if was_deep {
        let rounded = |pair: &[u8]| ((u32::from(pair[0]) << 8 | u32::from(pair[1])) + 128) / 257;
        bytes = bytes.chunks_exact(2).map(|pair| rounded(pair) as u8).collect();
    }
    let over = |value: u8, behind: u8, alpha: u8| {
        let alpha = u32::from(alpha);
        ((u32::from(value) * alpha + u32::from(behind) * (255 - alpha) + 127) / 255) as u8
    };
    let (channels, was_transparent, pixels) = match color {
        ColorType::Grayscale => (1, false, bytes),
        ColorType::Rgb => (3, false, bytes),
        ColorType::GrayscaleAlpha => {
            let behind = grey(background);
            (1, true, bytes.chunks_exact(2).map(|pixel| over(pixel[0], behind, pixel[1])).collect())
        }
        ColorType::Rgba => {
            let pixels = bytes.chunks_exact(4);
            let opaque = pixels.flat_map(|pixel| [0, 1, 2].map(|at| over(pixel[at], background[at], pixel[3])));
            (3, true, opaque.collect())
        }
        ColorType::Indexed => return Err("the PNG has a palette that cannot be read".to_owned()),
    };
    let picture = Picture { width: width as usize, height: height as usize, channels, pixels };
    Ok((picture, Done { was_deep, was_transparent, ..Done::default() }))
}

/// Offset of the first scan of a JPEG file, or of the damage in damaged segments.
fn scans(bytes: &[u8]) -> usize {
    let mut place = 2;
    while let Some(&[0xff, marker, high, low]) = bytes.get(place..place + 4) {
        if marker == 0xda {
            break;
        }
        place += 2 + usize::from(u16::from_be_bytes([high, low]));
    }
    place.min(bytes.len())
}

fn jpeg(file: File, length: u64) -> Result<(Picture, Done), String> {
    if length > MOST_BYTES {
        return Err(format!("the JPEG has {length} bytes; {MOST_BYTES} are the most"));
    }
    let broken = |error: &dyn std::fmt::Debug| format!("the JPEG is truncated or damaged: {error:?}");
    let mut bytes = Vec::new();
    file.take(MOST_BYTES).read_to_end(&mut bytes).map_err(|error| format!("the file cannot be read: {error}"))?;
    // Cameras and editors append data after the end marker, so the marker is searched for from the first scan on. A
    // segment before the first scan may hold a thumbnail with its own end marker.
    if !bytes[scans(&bytes)..].windows(2).any(|pair| pair == [0xff, 0xd9]) {
        return Err("the JPEG is truncated: it has no end marker".to_owned());
    }
    let side = u16::MAX.into();
    let options = DecoderOptions::default().set_strict_mode(true).set_max_width(side).set_max_height(side);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&bytes), options);
    decoder.decode_headers().map_err(|error| broken(&error))?;
    let (width, height) = decoder.dimensions().ok_or("the JPEG has no size")?;
    // A block of 8 x 8 pixels takes at least one bit in at least one scan.
    check(width as u64, height as u64, 512, length)?;
    let is_grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let color = if is_grey { ColorSpace::Luma } else { ColorSpace::RGB };
    let mut options = *decoder.options();
    options = options.jpeg_set_out_colorspace(color);
    decoder.set_options(options);
    let pixels = decoder.decode().map_err(|error| broken(&error))?;
    let channels = if is_grey { 1 } else { 3 };
    if pixels.len() != width * height * channels {
        return Err(format!("the JPEG decodes to {} values, which does not match its size", pixels.len()));
    }
    let orientation = decoder.exif().map_or(1, |block| exif::orientation(block));
    let picture = Picture { width, height, channels, pixels }.upright(orientation);
    Ok((picture, Done { was_turned: orientation != 1, ..Done::default() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_orientation_is_rotated_upright() {
        // The upright picture is 1 2 3 over 4 5 6. The lists are the rows of the stored pictures, by EXIF 2.3.
        let stored: [(u8, usize, [u8; 6]); 8] = [
            (1, 3, [1, 2, 3, 4, 5, 6]),
            (2, 3, [3, 2, 1, 6, 5, 4]),
            (3, 3, [6, 5, 4, 3, 2, 1]),
            (4, 3, [4, 5, 6, 1, 2, 3]),
            (5, 2, [1, 4, 2, 5, 3, 6]),
            (6, 2, [3, 6, 2, 5, 1, 4]),
            (7, 2, [6, 3, 5, 2, 4, 1]),
            (8, 2, [4, 1, 5, 2, 6, 3]),
        ];
        for (orientation, width, pixels) in stored {
            let picture = Picture { width, height: 6 / width, channels: 1, pixels: pixels.to_vec() };
            let upright = picture.upright(orientation);
            assert_eq!((upright.width, &upright.pixels[..]), (3, &[1, 2, 3, 4, 5, 6][..]), "{orientation}");
        }
    }

    #[test]
    fn grey_is_a_weighted_mean_of_the_channels() {
        assert_eq!([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255; 3], [7; 3]].map(grey), [76, 150, 29, 255, 7]);
    }
}
