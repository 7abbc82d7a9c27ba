//! `compression`: how many bits an image takes as a code, and what is lost by it.

use std::fmt::Display;
use std::ops::Range;

use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType};
use record::RatePoint;
use spec::subject::{AUTOENCODER, JPEG, PCA, PNG};
use system::storage;
use zoo::{Autoencoder, Matrix};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::baselines::pca::Pca;
use crate::error::Error;
use crate::estimators::codec::{Codec, Steps};
use crate::inputs::clean;
use crate::metrics::squared_error;
use crate::parallel;
use crate::tasks::context::{BLOCK, Context, TaskOutput, blocks, joined};
use crate::tensors::Tensors;

/// Bits of a unit of the code before entropy coding, and the names of what is measured with some of them: of the autoencoder,
/// then of PCA.
const BITS: [(u32, Option<[&str; 4]>); 8] = [
    (1, None),
    (2, Some(["rate_2", "distortion_2", "rate_at_distortion_2", "distortion_at_rate_2"])),
    (3, None),
    (4, Some(["rate_4", "distortion_4", "rate_at_distortion_4", "distortion_at_rate_4"])),
    (5, None),
    (6, Some(["rate_6", "distortion_6", "rate_at_distortion_6", "distortion_at_rate_6"])),
    (7, None),
    (8, Some(["rate_8", "distortion_8", "rate_at_distortion_8", "distortion_at_rate_8"])),
];
/// Numbers of components of PCA that are tried.
const COMPONENTS: [usize; 10] = [2, 4, 8, 10, 16, 30, 32, 64, 128, MOST_COMPONENTS];
/// The most of them: what a few bits of a code lose, many components are needed to lose as little.
const MOST_COMPONENTS: usize = 256;
/// Qualities of JPEG that are recorded, and the one that is measured.
const QUALITIES: [u8; 5] = [10, 25, 50, 75, 90];
const QUALITY: u8 = 50;
/// Images on each side of the sheet that image formats are given, so that their headers do not count.
const ACROSS: usize = 20;

/// `rate_B`, in bits per image, and `distortion_B`, mean squared error per pixel: of test images as codes of which each unit
/// takes one of `2^B` levels of its training range, entropy-coded with the frequencies of the training codes into bytes, and
/// decoded from these. Of PCA, with 2 to 256 components, any B and steps of either kind, and of
/// any mixture of two such, each for a share of the images: `rate_at_distortion_B`, the fewest bits that lose no more than the
/// autoencoder does at B, and `distortion_at_rate_B`, the least that is lost by no more bits than it takes. PNG, which loses
/// nothing, and JPEG at quality 50 are given sheets of images.
///
/// # Errors
/// When an eigendecomposition does not converge, or a format cannot be written or read back.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let splits = context.splits;
    let test = clean(&splits.test, 0..splits.test.len());
    let codes = |model: &dyn Autoencoder| {
        [&splits.train, &splits.test].map(|images| joined(blocks(images, images.len(), |images| model.encode(images))))
    };
    let mut output = TaskOutput::default();
    let mut tensors = Tensors::default();
    let mut rows = Vec::new();
    let mut measured = Vec::new();

    let [train, own] = codes(context.model);
    for Coded { bits, names, steps, codec, point } in coded(context.model, &train, &own, &test)? {
        tensors.floats(&format!("{}.{bits}.units", steps.name()), &codec.parameters());
        tensors.floats(&format!("{}.{bits}.levels", steps.name()), &codec.levels());
        rows.push(row(AUTOENCODER, own.columns(), steps.name(), bits, point));
        measured.extend(names.filter(|_| steps == Steps::PerUnit).map(|names| (names, point)));
    }

    let pca = Pca::fit(&splits.train, MOST_COMPONENTS.min(splits.train.len() - 1))?;
    let mean = |range: Range<usize>| Matrix::new(range.len(), pca.mean().len(), pca.mean().repeat(range.len()));
    // A code of nothing costs nothing.
    let mut points = vec![Point { rate: 0.0, distortion: mse_per_pixel(&test, mean) }];
    let codes = codes(&pca);
    for components in COMPONENTS.into_iter().filter(|components| *components <= pca.code_size()) {
        let pca = pca.truncated(components);
        let [train, own] = codes.each_ref().map(|codes| first_columns(codes, components));
        for Coded { bits, steps, codec, point, .. } in coded(&pca, &train, &own, &test)? {
            tensors.floats(&format!("pca.{components}.{}.{bits}.units", steps.name()), &codec.parameters());
            tensors.floats(&format!("pca.{components}.{}.{bits}.levels", steps.name()), &codec.levels());
            rows.push(row(PCA, components, steps.name(), bits, point));
            points.push(point);
        }
    }
    let best = lower_hull(points);
    for ([rate, distortion, rate_at_distortion, distortion_at_rate], own) in measured {
        output.measures.extend([(AUTOENCODER, rate, own.rate), (AUTOENCODER, distortion, own.distortion)]);
        match rate_at(&best, own.distortion) {
            Some(rate) => output.measures.push((PCA, rate_at_distortion, rate)),
            None => output.without_meaning("no PCA loses as little as the autoencoder", &[rate_at_distortion]),
        }
        // Never absent: a code of nothing takes no bits.
        output.measures.extend(distortion_at(&best, own.rate).map(|lost| (PCA, distortion_at_rate, lost)));
    }

    let (plane, pixels) = (splits.test.shape().plane(), splits.test.width());
    let png = png(&test, plane)?;
    rows.push(row(PNG, pixels, "none", 8, png));
    output.measures.push((PNG, "bits_per_image", png.rate));
    for quality in QUALITIES {
        let point = jpeg(&test, plane, quality)?;
        rows.push(row(JPEG, pixels, "none", u32::from(quality), point));
        if quality == QUALITY {
            output.measures.extend([(JPEG, "bits_per_image", point.rate), (JPEG, "distortion", point.distortion)]);
        }
    }
    output.rows = Some(
        storage::to_csv(&rows)
            .map_err(|message| Error::File(system::Error::format("compression.csv".as_ref(), message)))?,
    );
    output.tensors = Some(tensors.bytes()?);
    Ok(output)
}

/// What images cost and lose.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    /// Bits per image.
    rate: f64,
    /// Mean squared error per pixel.
    distortion: f64,
}

/// Codes of one number of bits and one kind of steps.
struct Coded {
    bits: u32,
    names: Option<[&'static str; 4]>,
    steps: Steps,
    codec: Codec,
    point: Point,
}

/// Every number of bits with every kind of steps, fit to training codes and measured on those of `images`.
fn coded(model: &dyn Autoencoder, train: &Matrix, codes: &Matrix, images: &Matrix) -> Result<Vec<Coded>, Error> {
    let settings: Vec<_> = BITS.iter().flat_map(|setting| Steps::ALL.map(|steps| (*setting, steps))).collect();
    let one = |at: usize| {
        let ((bits, names), steps) = settings[at];
        let codec = Codec::fit(train, bits, steps).map_err(coder_error)?;
        let point = round_trip(model, &codec, codes, images)?;
        Ok(Coded { bits, names, steps, codec, point })
    };
    parallel::map(settings.len(), &one).into_iter().collect()
}

/// The points, by rising rate and falling distortion, that no mixture of two others beats. Of PCA: it is given the sizes, bits and
/// mixtures that turn out best on the very images that are measured, which the autoencoder is not.
fn lower_hull(mut points: Vec<Point>) -> Vec<Point> {
    points.sort_by(|a, b| a.rate.total_cmp(&b.rate).then(a.distortion.total_cmp(&b.distortion)));
    let mut hull: Vec<Point> = Vec::new();
    for point in points {
        if hull.last().is_some_and(|last| last.distortion <= point.distortion) {
            continue;
        }
        while let [.., a, b] = hull[..]
            && (b.distortion - a.distortion) * (point.rate - a.rate)
                >= (point.distortion - a.distortion) * (b.rate - a.rate)
        {
            hull.pop();
        }
        hull.push(point);
    }
    hull
}

/// The fewest bits along a hull that lose no more than `distortion`; `None` where it never gets there.
fn rate_at(hull: &[Point], distortion: f64) -> Option<f64> {
    let end = hull.iter().position(|point| point.distortion <= distortion)?;
    let b = hull[end];
    let Some(a) = end.checked_sub(1).map(|start| hull[start]) else { return Some(b.rate) };
    Some(a.rate + (b.rate - a.rate) * (a.distortion - distortion) / (a.distortion - b.distortion))
}

/// The least that is lost along a hull by no more bits than `rate`; `None` where all of it takes more.
fn distortion_at(hull: &[Point], rate: f64) -> Option<f64> {
    let start = hull.iter().rposition(|point| point.rate <= rate)?;
    let (a, b) = (hull[start], hull.get(start + 1));
    Some(b.map_or(a.distortion, |b| a.distortion + (b.distortion - a.distortion) * (rate - a.rate) / (b.rate - a.rate)))
}

fn row(subject: &str, code: usize, steps: &str, bits: u32, point: Point) -> RatePoint {
    RatePoint {
        subject: subject.to_owned(),
        code,
        steps: steps.to_owned(),
        bits,
        bits_per_image: point.rate,
        mse_per_pixel: point.distortion,
    }
}

/// Codes that have been bytes in between, against the images they are of.
fn round_trip(model: &dyn Autoencoder, codec: &Codec, codes: &Matrix, images: &Matrix) -> Result<Point, Error> {
    let bytes = codec.encode(codes).map_err(coder_error)?;
    let Some(back) = codec.decode(&bytes, codes.rows()) else {
        return Err(coder_error("the codes cannot be read back from their bytes".to_owned()));
    };
    let decode = |range: Range<usize>| {
        let values = &back.values()[range.start * back.columns()..range.end * back.columns()];
        model.decode(&Matrix::new(range.len(), back.columns(), values.to_vec()))
    };
    Ok(Point { rate: rate(&bytes, images), distortion: mse_per_pixel(images, decode) })
}

fn rate(bytes: &[u8], images: &Matrix) -> f64 {
    8.0 * bytes.len() as f64 / images.rows() as f64
}

/// Of what `decode` makes of ranges of images, clipped to [0, 1] as any decoder of images does.
fn mse_per_pixel(images: &Matrix, decode: impl Fn(Range<usize>) -> Matrix + Sync) -> f64 {
    let sums: Vec<f64> = parallel::map_blocks(images.rows(), BLOCK, &|block| {
        let start = block.start;
        let mut decoded = decode(block.clone());
        decoded.values_mut().iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
        block.map(|row| squared_error(images.row(row), decoded.row(row - start))).sum()
    });
    sums.iter().sum::<f64>() / images.values().len() as f64
}

fn first_columns(codes: &Matrix, columns: usize) -> Matrix {
    let values = (0..codes.rows()).flat_map(|row| &codes.row(row)[..columns]).copied().collect();
    Matrix::new(codes.rows(), columns, values)
}

/// Images of `(rows, columns)` pixels as bytes on a sheet, so many across, row after row of images, black where there is none.
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

fn png(images: &Matrix, plane: (usize, usize)) -> Result<Point, Error> {
    let (sheet, width, height) = sheet(images, plane);
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_compression(png::Compression::High);
    encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&sheet))
        .map_err(|error| format_error("PNG", &error))?;
    Ok(Point { rate: rate(&bytes, images), distortion: 0.0 })
}

fn jpeg(images: &Matrix, plane: (usize, usize), quality: u8) -> Result<Point, Error> {
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
    Ok(Point { rate: rate(&bytes, images), distortion: sum / images.values().len() as f64 })
}

/// Grey pixels for the JPEG encoder. `Encoder::encode` would compile the encoder again for each of its eight colour formats.
struct Sheet<'a> {
    /// `(height, width)`
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

fn coder_error(message: String) -> Error {
    Error::Fit { what: "the entropy coder", subject: "codes", message }
}

fn format_error(what: &'static str, message: &dyn Display) -> Error {
    Error::Fit { what, subject: "images", message: message.to_string() }
}

#[cfg(test)]
mod tests {
    use datasets::Rows;
    use spec::Shape;

    use super::*;

    const PLANE: (usize, usize) = (28, 28);
    const PIXELS: usize = 784;

    #[test]
    fn a_format_that_loses_less_takes_more() {
        let pixels = (0..45).flat_map(|index| datasets::glyphs::glyph(index).0).collect::<Vec<_>>();
        let images = clean(&Rows::new(Shape::square(28), pixels, vec![0; 45]), 0..45);
        let points: Vec<Point> = QUALITIES.iter().map(|quality| jpeg(&images, PLANE, *quality).unwrap()).collect();
        assert!(
            points.windows(2).all(|pair| pair[0].rate < pair[1].rate && pair[0].distortion > pair[1].distortion),
            "{points:?}"
        );
        let png = png(&images, PLANE).unwrap();
        assert!(png.rate < 8.0 * PIXELS as f64 && png.rate > points[2].rate, "{png:?} {points:?}");
    }

    #[test]
    fn mixtures_lie_on_the_line_between_the_best_points() {
        let at = |(rate, distortion)| Point { rate, distortion };
        let hull =
            lower_hull([(10.0, 0.2), (0.0, 1.0), (5.0, 0.7), (20.0, 0.1), (15.0, 0.3), (10.0, 0.4)].map(at).to_vec());
        assert_eq!(hull, [(0.0, 1.0), (10.0, 0.2), (20.0, 0.1)].map(at));
        let close = |found: Option<f64>, expected: f64| assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?}");
        close(rate_at(&hull, 0.6), 5.0);
        close(rate_at(&hull, 0.2), 10.0);
        close(rate_at(&hull, 2.0), 0.0);
        assert_eq!(rate_at(&hull, 0.05), None);
        close(distortion_at(&hull, 5.0), 0.6);
        close(distortion_at(&hull, 20.0), 0.1);
        close(distortion_at(&hull, 99.0), 0.1);
        assert_eq!(distortion_at(&hull, -1.0), None);
    }

    #[test]
    fn a_sheet_holds_every_image() {
        let mut images = Matrix::zeros(ACROSS + 1, PIXELS);
        // 56 rows of 14 pixels.
        images.row_mut(ACROSS)[14 + 2] = 1.0;
        let (sheet, width, height) = sheet(&images, (56, 14));
        assert_eq!((width, height), (ACROSS * 14, 2 * 56));
        assert_eq!(sheet.iter().position(|byte| *byte == 255), Some((56 + 1) * width + 2));
    }
}
