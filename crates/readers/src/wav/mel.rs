//! Log-mel spectra of frames of samples.

use std::f64::consts::PI;
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

/// Parameters of log-mel spectra.
///
/// A frame is multiplied by a periodic Hann window, and triangular filters sum its power spectrum to bands. The corners
/// of the filters are equally spaced on the mel scale of HTK, `2595 log10(1 + f / 700)`, from 0 to half of the rate,
/// and each filter is 1 at its middle. A value is the natural logarithm of a band, or of 1e-10 if the band is smaller.
/// A frame starts every `hop` samples, without padding before the first sample.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mel {
    /// Number of bands, the values of a step.
    pub bands: usize,
    /// Number of samples of a frame.
    pub frame: usize,
    /// Number of samples from the start of a frame to the start of the next.
    pub hop: usize,
    /// Number of frames of a row.
    pub steps: usize,
    /// Number of frames from the start of a row to the start of the next.
    pub stride: usize,
}

impl Default for Mel {
    /// 40 bands, frames of 25 ms every 10 ms at 16,000 samples a second, and rows of about a second.
    fn default() -> Self {
        Self { bands: 40, frame: 400, hop: 160, steps: 100, stride: 100 }
    }
}

/// A computation of spectra, with its buffers.
pub(super) struct Spectra {
    window: Vec<f64>,
    fft: Arc<dyn Fft<f64>>,
    /// First frequency of each filter, and weights from there.
    filters: Vec<(usize, Vec<f64>)>,
    buffer: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
    values: Vec<f32>,
}

impl Spectra {
    /// Prepares the window and filters.
    ///
    /// # Errors
    /// If a band is so narrow that it contains no frequency of a frame.
    pub(super) fn new(mel: &Mel, rate: u32) -> Result<Self, String> {
        let hann = |at: usize| 0.5 - 0.5 * (2.0 * PI * at as f64 / mel.frame as f64).cos();
        let fft = FftPlanner::new().plan_fft_forward(mel.frame);
        let zero = Complex::new(0.0, 0.0);
        Ok(Self {
            window: (0..mel.frame).map(hann).collect(),
            filters: filters(mel, f64::from(rate))?,
            buffer: vec![zero; mel.frame],
            scratch: vec![zero; fft.get_inplace_scratch_len()],
            values: vec![0.0; mel.bands],
            fft,
        })
    }

    /// The spectrum of a frame, from the lowest band.
    pub(super) fn of(&mut self, frame: &[f32]) -> &[f32] {
        for ((to, sample), weight) in self.buffer.iter_mut().zip(frame).zip(&self.window) {
            *to = Complex::new(f64::from(*sample) * weight, 0.0);
        }
        self.fft.process_with_scratch(&mut self.buffer, &mut self.scratch);
        for (value, (first, weights)) in self.values.iter_mut().zip(&self.filters) {
            let powers = self.buffer[*first..].iter().map(Complex::norm_sqr);
            let sum: f64 = weights.iter().zip(powers).map(|(weight, power)| weight * power).sum();
            *value = sum.max(1e-10).ln() as f32;
        }
        &self.values
    }
}

fn filters(mel: &Mel, rate: f64) -> Result<Vec<(usize, Vec<f64>)>, String> {
    let top = 2595.0 * (1.0 + rate / 2.0 / 700.0).log10();
    let corner = |at: usize| 700.0 * (10_f64.powf(top * at as f64 / (mel.bands + 1) as f64 / 2595.0) - 1.0);
    let frequency = |bin: usize| bin as f64 * rate / mel.frame as f64;
    let filter = |band: usize| {
        let (low, middle, high) = (corner(band), corner(band + 1), corner(band + 2));
        let weight = |bin: usize| {
            let f = frequency(bin);
            ((f - low) / (middle - low)).min((high - f) / (high - middle)).max(0.0)
        };
        let first = ((low / rate * mel.frame as f64).floor() as usize).min(mel.frame / 2);
        let last = ((high / rate * mel.frame as f64).ceil() as usize).min(mel.frame / 2);
        let weights: Vec<f64> = (first..=last).map(weight).collect();
        if weights.iter().all(|weight| *weight == 0.0) {
            let message = format!("band {band} of {low:.1} to {high:.1} Hz contains no frequency of a frame");
            return Err(format!("{message} of {} samples; fewer bands or longer frames are needed", mel.frame));
        }
        Ok((first, weights))
    };
    (0..mel.bands).map(filter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_is_loudest_in_the_band_around_it_and_silence_has_the_least_value() {
        let mel = Mel { bands: 10, frame: 256, hop: 128, steps: 1, stride: 1 };
        let mut spectra = Spectra::new(&mel, 8000).unwrap();
        // The bands are 214 mel apart, so that the middle of the fifth is at 1073 mel, or 1075 Hz.
        let frame: Vec<f32> = (0..256).map(|at| (2.0 * PI * 1075.0 * at as f64 / 8000.0).sin() as f32).collect();
        let values = spectra.of(&frame).to_vec();
        let loudest = (0..10).max_by(|a, b| values[*a].total_cmp(&values[*b]));
        assert_eq!(loudest, Some(4), "{values:?}");
        assert!(spectra.of(&[0.0; 256]).iter().all(|value| *value == 1e-10_f64.ln() as f32));
    }

    #[test]
    fn bands_without_a_frequency_are_refused() {
        let message = Spectra::new(&Mel { bands: 40, frame: 64, hop: 64, steps: 1, stride: 1 }, 16_000).err().unwrap();
        assert!(message.contains("band 0 of 0.0 to ") && message.ends_with("longer frames are needed"), "{message}");
    }
}
