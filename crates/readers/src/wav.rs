//! Recordings (WAV) as windows of samples or as log-mel spectra.

mod mel;
mod resample;

use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use hound::{SampleFormat, WavReader};
use spec::Shape;

pub use self::mel::Mel;
use self::mel::Spectra;
use self::resample::Resampler;
use crate::counts::Counts;
use crate::error::Error;
use crate::formats::RECORDINGS;
pub use crate::open::Labels;
use crate::open::{MOST_VALUES, file_or_list, regular};
use crate::{About, Sink, Values};

/// Greatest sample rate, in samples a second.
const MOST_RATE: u32 = 768_000;

/// Greatest factor from the rate of a file to `rate`: a damaged header must not turn seconds into hours.
const MOST_GROWTH: u32 = 16;

/// Contents of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// Samples in [-1, 1], as a sequence of `window` steps of 1 value.
    Windows {
        /// Number of samples of a row.
        window: usize,
        /// Number of samples from the start of a row to the start of the next.
        hop: usize,
    },
    /// Log-mel spectra, as a sequence of `steps` steps of `bands` values.
    Frames(Mel),
}

impl Form {
    /// Number of rows after each row that share samples with it. A spectrum is longer than its step; that overlap is
    /// ignored.
    pub(crate) fn overlap(&self) -> usize {
        let (length, hop) = match self {
            Self::Windows { window, hop } => (*window, *hop),
            Self::Frames(mel) => (mel.steps, mel.stride),
        };
        length.div_ceil(hop.max(1)).saturating_sub(1)
    }

    /// Number of samples from the start of a row to the start of the next.
    fn hop(&self) -> usize {
        match self {
            Self::Windows { hop, .. } => *hop,
            Self::Frames(mel) => mel.stride * mel.hop,
        }
    }
}

/// Options for reading recordings.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// Sample rate that recordings are converted to, in samples a second. With `None` all files must have the same
    /// rate.
    pub rate: Option<u32>,
    /// Contents of a row.
    pub form: Form,
    /// Source of the class names.
    pub labels: Labels,
}

impl Default for Options {
    fn default() -> Self {
        Self { rate: None, form: Form::Windows { window: 1024, hop: 1024 }, labels: Labels::None }
    }
}

/// Reads a recording, or the files `*.wav` of a folder and its subfolders, sorted by name.
///
/// Integers of 8, 16, 24 and 32 bits and floating-point numbers of 32 bits are read, and channels are averaged. The
/// group of a row is its file; its id is the file and the second where the row starts. The rest of a recording after
/// its last whole row is left out, and a recording shorter than a row is skipped.
///
/// # Errors
/// If the path does not exist, a file is damaged or truncated, rates differ without `rate`, or there is no row.
pub fn read(path: &Path, options: &Options, sink: &mut dyn Sink) -> Result<Counts, Error> {
    let shape = check(options).map_err(|message| Error::file(path, message))?;
    let mut counts = Counts::default();
    let files = file_or_list(path, &RECORDINGS, &mut counts)?;
    options.labels.check(path, &files)?;
    sink.begin(shape, &[])?;
    let mut first: Option<(PathBuf, u32)> = None;
    let (mut mixed, mut resampled) = (0, 0);
    for file in &files {
        let label = options.labels.of(file)?;
        let (opened, _) = regular(&file.path)?;
        let fault = |message: String| Error::file(&file.path, message);
        let mut wav = WavReader::new(BufReader::new(opened)).map_err(|error| fault(broken(&error)))?;
        let spec = wav.spec();
        if spec.channels == 0 || !(1..=MOST_RATE).contains(&spec.sample_rate) {
            let message = format!("{} channels at {} samples a second", spec.channels, spec.sample_rate);
            return Err(fault(format!(
                "{message}; at least 1 channel and 1 to {MOST_RATE} samples a second are expected"
            )));
        }
        let rate = options.rate.unwrap_or(spec.sample_rate);
        if rate / MOST_GROWTH > spec.sample_rate {
            let message = format!("{} samples a second cannot become {rate}", spec.sample_rate);
            return Err(fault(format!("{message}; at most {MOST_GROWTH} times as many are allowed")));
        }
        match &first {
            Some((earlier, of_first)) if *of_first != rate => {
                let message = format!("{rate} samples a second, but {of_first} in {}", earlier.display());
                return Err(fault(format!("{message}; recordings of several rates need `rate`")));
            }
            Some(_) => {}
            None => first = Some((file.path.clone(), rate)),
        }
        mixed += u64::from(spec.channels > 1);
        resampled += u64::from(rate != spec.sample_rate);
        let before = counts.rows;
        // Folders of different splits may hold files of the same name.
        let path = file.path.to_string_lossy();
        let mut row = |values: &[f32]| {
            let samples = (counts.rows - before) * options.form.hop() as u64;
            let microseconds = (1e6 * samples as f64 / f64::from(rate)).round();
            let id = format!("{} {} s", file.name, microseconds / 1e6);
            counts.rows += 1;
            sink.row(Values::Floats(values), About { label, id: Some(&id), group: Some(&path), ..About::default() })
        };
        let mut rows = Rows::new(&options.form, rate).map_err(fault)?;
        let mut resampler = Resampler::new(spec.sample_rate, rate);
        let mut push = |sample| resampler.push(sample, &mut |sample| rows.push(sample, &mut row));
        match spec.sample_format {
            SampleFormat::Int => {
                let scale = 1.0 / 2_f32.powi(i32::from(spec.bits_per_sample) - 1);
                let samples = wav.samples::<i32>().map(|sample| sample.map(|sample| sample as f32 * scale));
                mix(samples, spec.channels, &file.path, &mut push)?;
            }
            SampleFormat::Float => mix(wav.samples::<f32>(), spec.channels, &file.path, &mut push)?,
        }
        after(wav.into_inner()).map_err(fault)?;
        resampler.finish(&mut |sample| rows.push(sample, &mut row))?;
        if counts.rows == before {
            counts.skip("shorter than a row", &file.name);
        }
    }
    if counts.rows == 0 {
        return Err(Error::file(path, "all recordings are shorter than a row; shorten the window or the steps"));
    }
    counts.note(mixed, "recordings of several channels were mixed down to one");
    counts.note(resampled, "recordings were resampled");
    Ok(counts)
}

/// Checks the numbers of the options, and returns the shape of a row.
fn check(options: &Options) -> Result<Shape, String> {
    let within = |name: &str, value: usize| {
        if (1..=MOST_VALUES).contains(&value) {
            return Ok(());
        }
        Err(format!("{name} is {value}; 1 to {MOST_VALUES} are allowed"))
    };
    if let Some(rate) = options.rate {
        within("rate", rate as usize)?;
        if rate > MOST_RATE {
            return Err(format!("rate is {rate}; 1 to {MOST_RATE} samples a second are allowed"));
        }
    }
    match &options.form {
        Form::Windows { window, hop } => {
            within("window", *window)?;
            within("hop", *hop)?;
            Ok(Shape::Sequence { steps: *window, width: 1 })
        }
        Form::Frames(mel) => {
            within("frame", mel.frame)?;
            within("hop", mel.hop)?;
            within("bands", mel.bands)?;
            within("steps", mel.steps)?;
            within("stride times bands", mel.stride.saturating_mul(mel.bands))?;
            within("steps times bands", mel.steps.saturating_mul(mel.bands))?;
            // Each band has a filter with at most one weight for each frequency.
            within("bands times frame", mel.frame.saturating_mul(mel.bands))?;
            Ok(Shape::Sequence { steps: mel.steps, width: mel.bands })
        }
    }
}

/// Calls `push` with the mean of the channels at each sample.
fn mix(
    samples: impl Iterator<Item = hound::Result<f32>>,
    channels: u16,
    path: &Path,
    push: &mut dyn FnMut(f32) -> Result<(), Error>,
) -> Result<(), Error> {
    let (mut sum, mut channel) = (0.0, 0);
    for (place, sample) in samples.enumerate() {
        let fault = |message: String| Error::file(path, format!("sample {place}: {message}"));
        let sample = sample.map_err(|error| fault(broken(&error)))?;
        if !sample.is_finite() {
            return Err(fault(format!("the sample is {sample}; finite numbers are expected")));
        }
        sum += sample / f32::from(channels);
        channel += 1;
        if channel == channels {
            push(sum)?;
            (sum, channel) = (0.0, 0);
        }
    }
    Ok(())
}

fn broken(error: &hound::Error) -> String {
    match error {
        hound::Error::IoError(error) => format!("the WAV is truncated or cannot be read: {error}"),
        hound::Error::FormatError(message) => format!("the WAV is damaged or not a WAV: {message}"),
        other => {
            let expected = "integers of 8, 16, 24 or 32 bits and floating-point numbers of 32 are expected";
            format!("the WAV cannot be read: {other}; {expected}")
        }
    }
}

/// A splitter of a stream of values into rows, which may overlap.
struct Cutter {
    length: usize,
    hop: usize,
    held: Vec<f32>,
    /// Number of values to leave out before the next row.
    gap: usize,
}

impl Cutter {
    fn new(length: usize, hop: usize) -> Self {
        Self { length, hop, held: Vec::new(), gap: 0 }
    }

    /// Adds a value, and gives the row that it completes to `take`.
    fn push(&mut self, value: f32, take: &mut dyn FnMut(&[f32]) -> Result<(), Error>) -> Result<(), Error> {
        if self.gap > 0 {
            self.gap -= 1;
            return Ok(());
        }
        self.held.push(value);
        if self.held.len() == self.length {
            take(&self.held)?;
            self.held.drain(..self.hop.min(self.length));
            self.gap = self.hop.saturating_sub(self.length);
        }
        Ok(())
    }
}

/// Gives an error for bytes after the samples that are not a chunk. A recorder that was interrupted leaves too small a
/// length in the header.
fn after(mut rest: impl Read) -> Result<(), String> {
    let mut bytes = Vec::new();
    let read = rest.by_ref().take(5).read_to_end(&mut bytes);
    read.map_err(|error| format!("the file cannot be read: {error}"))?;
    // A chunk of odd length is followed by one more byte.
    let is_name = |name: &[u8]| name.len() == 4 && name.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ');
    match &bytes[..] {
        [] | [0] | [_] => Ok(()),
        [name @ .., _] if is_name(name) => Ok(()),
        [_, name @ ..] if is_name(name) => Ok(()),
        _ => Err("the file is longer than its header declares; correct the header, or cut the file".to_owned()),
    }
}

/// A converter from samples to rows.
struct Rows {
    samples: Cutter,
    spectra: Option<(Spectra, Cutter)>,
}

impl Rows {
    fn new(form: &Form, rate: u32) -> Result<Self, String> {
        Ok(match form {
            Form::Windows { window, hop } => Self { samples: Cutter::new(*window, *hop), spectra: None },
            Form::Frames(mel) => {
                let values = mel.steps * mel.bands;
                let spectra = Some((Spectra::new(mel, rate)?, Cutter::new(values, mel.stride * mel.bands)));
                Self { samples: Cutter::new(mel.frame, mel.hop), spectra }
            }
        })
    }

    fn push(&mut self, sample: f32, row: &mut dyn FnMut(&[f32]) -> Result<(), Error>) -> Result<(), Error> {
        let Self { samples, spectra } = self;
        match spectra {
            None => samples.push(sample, row),
            Some((spectra, frames)) => samples
                .push(sample, &mut |frame| spectra.of(frame).iter().try_for_each(|value| frames.push(*value, row))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_overlap_or_leave_gaps_according_to_the_hop() {
        let rows = |length, hop| {
            let mut rows = Vec::new();
            let mut cutter = Cutter::new(length, hop);
            for value in 0..8 {
                cutter
                    .push(value as f32, &mut |row| {
                        rows.push(row.to_vec());
                        Ok(())
                    })
                    .unwrap();
            }
            rows
        };
        assert_eq!(rows(4, 2), [[0.0, 1.0, 2.0, 3.0], [2.0, 3.0, 4.0, 5.0], [4.0, 5.0, 6.0, 7.0]]);
        assert_eq!(rows(2, 3), [[0.0, 1.0], [3.0, 4.0], [6.0, 7.0]]);
        assert_eq!(rows(3, 3), [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]]);
    }
}
