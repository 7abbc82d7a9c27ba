//! `compression`: bits per image of the codes, and the distortion of their reconstructions.
//!
//! The network and PCA choose their settings in the same way: on training images, by the lower convex hull of rate and
//! distortion. Only the settings on that hull are measured on test images.

use std::io::Cursor;
use std::ops::Range;

use datasets::Rows;
use record::RatePoint;
use spec::subject::{AUTOENCODER, JPEG, PCA, PNG};
use system::storage;
use zoo::{Autoencoder, Matrix};

use crate::baselines::mean_image::MeanImage;
use crate::baselines::pca::Pca;
use crate::error::Error;
use crate::estimators::codec::{Codec, Steps};
use crate::inputs::clean;
use crate::metrics::image_formats::{jpeg, png, rate};
use crate::metrics::rate_distortion::{Point, bd_rate, lower_hull, rate_at};
use crate::metrics::{psnr, squared_error};
use crate::new_rows::MOST_BITS;
use crate::packed::{Reader, Writer, identity};
use crate::parallel;
use crate::tasks::context::{BLOCK, Context, TaskOutput, blocks, joined};
use crate::tensors::Tensors;

/// Bits of a unit of the code before entropy coding.
const BITS: Range<u32> = 1..9;
/// Bits at which rate and distortion of the autoencoder, with a step width for each unit, and bits of files are recorded.
const RECORDED: [(u32, [&str; 3]); 4] = [
    (2, ["rate_2", "distortion_2", "file_bits_2"]),
    (4, ["rate_4", "distortion_4", "file_bits_4"]),
    (6, ["rate_6", "distortion_6", "file_bits_6"]),
    (8, ["rate_8", "distortion_8", "file_bits_8"]),
];
/// Names of the Bjontegaard delta rates of files.
const OF_FILES: [&str; 2] = ["file_bd_rate", "file_bd_rate_to_jpeg"];
/// Peak signal-to-noise ratios in dB at which the rate is recorded, with the names of the fields.
const RATES: [(i32, &str); 7] = [
    (14, "bits_at_14_db"),
    (16, "bits_at_16_db"),
    (18, "bits_at_18_db"),
    (20, "bits_at_20_db"),
    (22, "bits_at_22_db"),
    (24, "bits_at_24_db"),
    (26, "bits_at_26_db"),
];
/// Greatest number of training images that settings are chosen on.
const CHOSEN_ON: usize = 5000;
/// Candidate numbers of components of PCA.
const COMPONENTS: [usize; 10] = [2, 4, 8, 10, 16, 30, 32, 64, 128, MOST_COMPONENTS];
/// The greatest candidate. Coarsely quantised codes need many components for a low distortion.
const MOST_COMPONENTS: usize = 256;
/// JPEG qualities of the recorded curve, and the quality that is measured.
const QUALITIES: [u8; 8] = [1, 2, 5, 10, 25, 50, 75, 90];
const QUALITY: u8 = 50;

/// Measures rate and distortion of the codes of autoencoder and PCA as bytes.
///
/// - `bits_at_D_db`: bits per test image at a mean squared error per pixel of `10^(-D / 10)`, for D from 14 to 26.
/// - `autoencoder.bd_rate`: Bjontegaard delta rate of the autoencoder's curve against that of PCA, in percent.
/// - `rate_B` and `distortion_B`: those of the autoencoder at B bits with a step width for each unit.
/// - `file_bits_B`: bits per image of the file that `cargo xtask apply RUN compress --bits B` makes of the test images.
/// - `file_bd_rate` and `file_bd_rate_to_jpeg`: delta rates of these files, B from 1 to 8, against PCA and against JPEG.
///
/// Each unit of a code is quantised to at most `2^B` levels of its training range. The levels are entropy-coded into bytes
/// with the frequencies of the training codes, and decoded from these bytes. A setting is a B from 1 to 8 with a step width
/// for each unit or one width for all. The network has one number of units; PCA chooses among several numbers of
/// components, also larger ones. One more setting has rate 0: every image is the mean training image.
///
/// The settings on the lower convex hull of rate and distortion, for up to 5,000 training images, are measured on test
/// images. Rates lie on the lines between neighbours. PNG, which is lossless, and JPEG at qualities from 1 to 90 compress
/// sheets of images.
///
/// # Errors
/// When an eigendecomposition does not converge, or a format cannot be written or read back.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let splits = context.splits;
    let test = clean(&splits.test, 0..splits.test.len());
    let every = splits.train.len().div_ceil(CHOSEN_ON).max(1);
    let images = Images { chosen_on: clean(&splits.train, (0..splits.train.len()).step_by(every)), test, every };
    let mean = MeanImage::fit(&splits.train);
    let mut output = TaskOutput::default();
    let mut record = Recorder::default();

    let own = [Coder::new(context.model, &splits.train, &splits.test)];
    let own_curve = curve(AUTOENCODER, &own, &mean, &images, &mut record)?;
    for (bits, [rate, distortion, _]) in RECORDED {
        let codec = Codec::fit(&own[0].train, bits, Steps::PerUnit).map_err(coder_error)?;
        let point = round_trip(own[0].model, &codec, &own[0].test, &images.test)?;
        output.measures.extend([(AUTOENCODER, rate, point.rate), (AUTOENCODER, distortion, point.distortion)]);
    }

    let pca = Pca::fit(&splits.train, MOST_COMPONENTS.min(splits.train.len() - 1))?;
    let codes = Coder::new(&pca, &splits.train, &splits.test);
    let sizes = COMPONENTS.into_iter().filter(|components| *components <= pca.code_size());
    let truncated: Vec<Pca> = sizes.map(|components| pca.truncated(components)).collect();
    let coders: Vec<Coder<'_>> = truncated.iter().map(|pca| codes.truncated(pca)).collect();
    let pca_curve = curve(PCA, &coders, &mean, &images, &mut record)?;

    for (subject, curve) in [(AUTOENCODER, &own_curve), (PCA, &pca_curve)] {
        let mut absent = Vec::new();
        for (decibels, field) in RATES {
            match rate_at(curve, 10.0_f64.powf(f64::from(-decibels) / 10.0)) {
                Some(rate) => output.measures.push((subject, field, rate)),
                None => absent.push(field),
            }
        }
        if !absent.is_empty() {
            let best = curve.iter().map(|point| psnr(point.distortion)).fold(f64::NEG_INFINITY, f64::max);
            output.without_meaning(&format!("the codes of {subject} reach at most {best:.1} dB"), &absent);
        }
    }
    match bd_rate(&own_curve, &pca_curve) {
        Some(percent) => output.measures.push((AUTOENCODER, "bd_rate", percent)),
        None => output.without_meaning("the codes of autoencoder and pca have no range of dB in common", &["bd_rate"]),
    }

    let (plane, pixels) = (splits.test.shape().plane(), splits.test.width());
    let png = png(&images.test, plane)?;
    record.row(PNG, "test", pixels, "none", 8, png);
    output.measures.push((PNG, "bits_per_image", png.rate));
    let mut jpeg_curve = Vec::new();
    for quality in QUALITIES {
        let point = jpeg(&images.test, plane, quality)?;
        jpeg_curve.push(point);
        record.row(JPEG, "test", pixels, "none", u32::from(quality), point);
        if quality == QUALITY {
            output.measures.extend([(JPEG, "bits_per_image", point.rate), (JPEG, "distortion", point.distortion)]);
        }
    }
    match files(context, &own[0].test, &images.test)? {
        None => {
            let absent: Vec<&str> = RECORDED.iter().map(|(_, [.., file])| *file).chain(OF_FILES).collect();
            output.without_meaning("binarised pixels are not written to files", &absent);
        }
        Some(files) => {
            let measures = RECORDED.map(|(bits, [.., name])| (AUTOENCODER, name, files[bits as usize - 1].rate));
            output.measures.extend(measures);
            for (name, other, reference) in [(OF_FILES[0], "pca", &pca_curve), (OF_FILES[1], "jpeg", &jpeg_curve)] {
                match bd_rate(&files, reference) {
                    Some(percent) => output.measures.push((AUTOENCODER, name, percent)),
                    None => {
                        output
                            .without_meaning(&format!("the files and {other} have no range of dB in common"), &[name]);
                    }
                }
            }
        }
    }
    output.rows = Some(
        storage::to_csv(&record.rows)
            .map_err(|message| Error::File(system::Error::format("compression.csv".as_ref(), message)))?,
    );
    output.tensors = Some(record.tensors.bytes()?);
    Ok(output)
}

/// Rate and distortion of the files that `apply` makes of test images, in the order of rising bits; `None` if it makes
/// none.
fn files(context: &Context<'_>, codes: &Matrix, images: &Matrix) -> Result<Option<Vec<Point>>, Error> {
    let (Some(new_rows), Some(network)) = (context.new_rows, context.trained.network) else { return Ok(None) };
    let diagram = context.run.model.network.diagram();
    let point = |bits| {
        let codec = new_rows.codec.coarser(MOST_BITS - bits).map_err(coder_error)?;
        let identity = identity(&diagram, network, &codec);
        let mut file = Writer::new(Vec::new(), &codec, bits as u8, identity, codes.rows()).map_err(of_file)?;
        file.add(codes).map_err(of_file)?;
        let (file, _) = file.finish().map_err(of_file)?;
        let mut reader = Reader::new(Cursor::new(&file)).map_err(of_file)?;
        let mut values = Vec::new();
        while let Some(block) = reader.next(&codec).map_err(of_file)? {
            values.extend_from_slice(block.values());
        }
        let back = Matrix::new(codes.rows(), codes.columns(), values);
        Ok(Point { rate: rate(&file, images.rows()), distortion: decoded_mse(context.model, &back, images) })
    };
    BITS.map(point).collect::<Result<_, Error>>().map(Some)
}

fn of_file(error: impl std::fmt::Display) -> Error {
    coder_error(error.to_string())
}

/// Images on which settings are chosen, and images on which the chosen ones are measured.
struct Images {
    /// Training images at regular intervals.
    chosen_on: Matrix,
    test: Matrix,
    every: usize,
}

/// Collects the recorded rows and tensors of settings.
#[derive(Default)]
struct Recorder {
    rows: Vec<RatePoint>,
    tensors: Tensors,
}

impl Recorder {
    fn row(&mut self, subject: &str, split: &str, code: usize, steps: &str, bits: u32, point: Point) {
        self.rows.push(RatePoint {
            subject: subject.to_owned(),
            split: split.to_owned(),
            code,
            steps: steps.to_owned(),
            bits,
            bits_per_image: point.rate,
            mse_per_pixel: point.distortion,
        });
    }
}

/// A model with one size of code, and its codes.
struct Coder<'m> {
    model: &'m dyn Autoencoder,
    /// Codes of all training images, to which codecs are fitted.
    train: Matrix,
    test: Matrix,
}

impl<'m> Coder<'m> {
    fn new(model: &'m dyn Autoencoder, train: &Rows, test: &Rows) -> Self {
        let codes = |images: &Rows| joined(blocks(images, images.len(), |images| model.encode(images)));
        Self { model, train: codes(train), test: codes(test) }
    }

    /// The coder with fewer components of PCA, whose codes are the first columns.
    fn truncated<'p>(&self, pca: &'p Pca) -> Coder<'p> {
        let first = |codes: &Matrix| {
            let values = (0..codes.rows()).flat_map(|row| &codes.row(row)[..pca.code_size()]).copied().collect();
            Matrix::new(codes.rows(), pca.code_size(), values)
        };
        Coder { model: pca, train: first(&self.train), test: first(&self.test) }
    }
}

/// A coder with a codec fitted to training codes, and its rate and distortion on the images that settings are chosen on.
struct Setting {
    coder: usize,
    steps: Steps,
    bits: u32,
    codec: Codec,
    point: Point,
}

/// Rate and distortion on test images of the settings on the hull, in the order of the hull.
fn curve(
    subject: &str,
    coders: &[Coder<'_>],
    mean: &MeanImage,
    images: &Images,
    record: &mut Recorder,
) -> Result<Vec<Point>, Error> {
    let choices: Vec<(usize, u32, Steps)> = (0..coders.len())
        .flat_map(|coder| BITS.flat_map(move |bits| Steps::ALL.map(|steps| (coder, bits, steps))))
        .collect();
    let settings = parallel::map(choices.len(), &|at| {
        let (coder, bits, steps) = choices[at];
        let Coder { model, train, .. } = &coders[coder];
        let codec = Codec::fit(train, bits, steps).map_err(coder_error)?;
        let point = round_trip(*model, &codec, &every(train, images.every), &images.chosen_on)?;
        Ok(Setting { coder, steps, bits, codec, point })
    });
    let settings = settings.into_iter().collect::<Result<Vec<Setting>, Error>>()?;

    // An image that takes no bits is decoded as the mean of the training images.
    let nothing = |images: &Matrix| Point {
        rate: 0.0,
        distortion: mse_per_pixel(images, |range| mean.decode(&Matrix::new(range.len(), 0, Vec::new()))),
    };
    let points: Vec<Point> =
        [nothing(&images.chosen_on)].into_iter().chain(settings.iter().map(|setting| setting.point)).collect();
    record.row(subject, "train", 0, "none", 0, points[0]);
    for setting in &settings {
        let size = coders[setting.coder].train.columns();
        record.row(subject, "train", size, setting.steps.name(), setting.bits, setting.point);
    }
    let mut curve = Vec::new();
    for chosen in lower_hull(&points) {
        let Some(Setting { coder, steps, bits, codec, .. }) = chosen.checked_sub(1).map(|at| &settings[at]) else {
            curve.push(nothing(&images.test));
            record.row(subject, "test", 0, "none", 0, curve[0]);
            continue;
        };
        let Coder { model, test, .. } = &coders[*coder];
        let point = round_trip(*model, codec, test, &images.test)?;
        record.row(subject, "test", test.columns(), steps.name(), *bits, point);
        let name = format!("{subject}.{}.{}.{bits}", test.columns(), steps.name());
        record.tensors.floats(&format!("{name}.units"), &codec.parameters());
        record.tensors.floats(&format!("{name}.levels"), &codec.levels());
        curve.push(point);
    }
    Ok(curve)
}

/// Every `step`-th row, from the first on.
fn every(codes: &Matrix, step: usize) -> Matrix {
    let rows: Vec<usize> = (0..codes.rows()).step_by(step).collect();
    let values = rows.iter().flat_map(|row| codes.row(*row)).copied().collect();
    Matrix::new(rows.len(), codes.columns(), values)
}

/// Rate and distortion of codes that are encoded as bytes and decoded again.
fn round_trip(model: &dyn Autoencoder, codec: &Codec, codes: &Matrix, images: &Matrix) -> Result<Point, Error> {
    let bytes = codec.encode(codes).map_err(coder_error)?;
    let Some(back) = codec.decode(&bytes, codes.rows()) else {
        return Err(coder_error("the codes cannot be read back from their bytes".to_owned()));
    };
    Ok(Point { rate: rate(&bytes, images.rows()), distortion: decoded_mse(model, &back, images) })
}

/// Mean squared error per pixel of decoded codes.
fn decoded_mse(model: &dyn Autoencoder, codes: &Matrix, images: &Matrix) -> f64 {
    mse_per_pixel(images, |range| {
        let values = &codes.values()[range.start * codes.columns()..range.end * codes.columns()];
        model.decode(&Matrix::new(range.len(), codes.columns(), values.to_vec()))
    })
}

/// Mean squared error per pixel of decoded ranges of images, clipped to [0, 1] as by any image decoder.
fn mse_per_pixel(images: &Matrix, decode: impl Fn(Range<usize>) -> Matrix + Sync) -> f64 {
    let sums: Vec<f64> = parallel::map_blocks(images.rows(), BLOCK, &|block| {
        let start = block.start;
        let mut decoded = decode(block.clone());
        decoded.values_mut().iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
        block.map(|row| squared_error(images.row(row), decoded.row(row - start))).sum()
    });
    sums.iter().sum::<f64>() / images.values().len() as f64
}

fn coder_error(message: String) -> Error {
    Error::Fit { what: "the entropy coder", subject: "codes", message }
}

#[cfg(test)]
mod tests {
    use spec::Shape;

    use super::*;

    fn glyphs(range: Range<u64>) -> Rows {
        let (pixels, labels): (Vec<_>, Vec<_>) = range.map(datasets::glyphs::glyph).unzip();
        Rows::new(Shape::square(28), pixels.into_flattened(), labels)
    }

    #[test]
    fn a_network_that_is_pca_has_the_curve_of_pca_with_as_many_components() {
        let (train, test) = (glyphs(0..300), glyphs(300..400));
        let images = Images { chosen_on: clean(&train, (0..300).step_by(3)), test: clean(&test, 0..100), every: 3 };
        let mean = MeanImage::fit(&train);
        let (network, pca) = (Pca::fit(&train, 8).unwrap(), Pca::fit(&train, 16).unwrap());
        let mut record = Recorder::default();
        let own = curve(AUTOENCODER, &[Coder::new(&network, &train, &test)], &mean, &images, &mut record).unwrap();
        let rows: Vec<_> = record.rows.iter().map(|row| (row.split.as_str(), row.bits)).collect();
        // 8 numbers of bits with 2 kinds of steps, and the setting of rate 0.
        assert_eq!(rows.iter().filter(|(split, _)| *split == "train").count(), 17);
        assert_eq!(rows.iter().filter(|(split, _)| *split == "test").count(), own.len());
        assert!(own[0].rate == 0.0 && own.len() > 3, "{own:?}");

        let codes = Coder::new(&pca, &train, &test);
        let eight = pca.truncated(8);
        let of_eight = curve(PCA, &[codes.truncated(&eight)], &mean, &images, &mut record).unwrap();
        assert!(bd_rate(&own, &of_eight).unwrap().abs() < 1.0);
        // With more sizes to choose from, the hull of the images that settings are chosen on is nowhere higher.
        let sizes = [4, 8, 16].map(|components| pca.truncated(components));
        let coders = sizes.each_ref().map(|pca| codes.truncated(pca));
        let mut of_all = Recorder::default();
        curve(PCA, &coders, &mean, &images, &mut of_all).unwrap();
        let hull = |record: &Recorder, subject: &str| -> Vec<Point> {
            let rows = record.rows.iter().filter(|row| row.subject == subject && row.split == "train");
            let points: Vec<Point> =
                rows.map(|row| Point { rate: row.bits_per_image, distortion: row.mse_per_pixel }).collect();
            lower_hull(&points).into_iter().map(|at| points[at]).collect()
        };
        let (fewer, more) = (hull(&record, AUTOENCODER), hull(&of_all, PCA));
        for point in &fewer {
            assert!(rate_at(&more, point.distortion * (1.0 + 1e-6)).unwrap() <= point.rate + 1.0, "{point:?}");
        }
    }
}
