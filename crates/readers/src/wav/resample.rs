//! Conversion to another sample rate by windowed sinc interpolation (J. O. Smith, "Digital Audio Resampling Home Page",
//! <https://ccrma.stanford.edu/~jos/resample/>).

use std::collections::VecDeque;
use std::f64::consts::PI;

use crate::error::Error;

/// Number of zero crossings of the sinc on each side.
const CROSSINGS: usize = 32;

/// Number of tabulated values of the kernel between two crossings. Linear interpolation between them is accurate to
/// about 1e-6.
const STEPS: usize = 1024;

/// Shape of the Kaiser window: side lobes of about -90 dB.
const BETA: f64 = 9.0;

/// Edge of the pass band, as a share of half of the lower rate.
const CUTOFF: f64 = 0.93;

/// Callback for an output sample.
type Take<'a> = dyn FnMut(f32) -> Result<(), Error> + 'a;

/// A converter of a stream of samples to another rate. The input counts as silent before its start and after its end.
pub(super) struct Resampler {
    from: u64,
    to: u64,
    /// One side of the kernel, from its middle.
    kernel: Vec<f64>,
    /// Cut-off frequency, as a share of half of the input rate.
    cutoff: f64,
    /// Number of input samples that one side of the kernel covers.
    reach: u64,
    held: VecDeque<f32>,
    /// Index of the first held sample in the input.
    first: u64,
    /// Number of input samples so far.
    came: u64,
    /// Number of output samples so far.
    went: u64,
}

impl Resampler {
    /// A converter from and to these rates in samples a second, each at least 1.
    pub(super) fn new(from: u32, to: u32) -> Self {
        let cutoff = CUTOFF * (f64::from(to) / f64::from(from)).min(1.0);
        let kernel = if from == to { Vec::new() } else { kernel() };
        let reach = (CROSSINGS as f64 / cutoff).ceil() as u64;
        let held = VecDeque::new();
        Self { from: from.into(), to: to.into(), kernel, cutoff, reach, held, first: 0, came: 0, went: 0 }
    }

    pub(super) fn push(&mut self, sample: f32, take: &mut Take<'_>) -> Result<(), Error> {
        if self.from == self.to {
            return take(sample);
        }
        self.held.push_back(sample);
        self.came += 1;
        while self.place().0 + self.reach + 1 < self.came {
            self.emit(take)?;
        }
        Ok(())
    }

    /// Gives the remaining output samples. Called after the last input sample. The output has all samples that start
    /// before the end of the input.
    pub(super) fn finish(&mut self, take: &mut Take<'_>) -> Result<(), Error> {
        while self.from != self.to && self.place().0 < self.came {
            self.emit(take)?;
        }
        Ok(())
    }

    /// Position of the next output sample in the input: whole samples, and a fraction of one.
    fn place(&self) -> (u64, f64) {
        let place = self.went * self.from;
        (place / self.to, (place % self.to) as f64 / self.to as f64)
    }

    fn emit(&mut self, take: &mut Take<'_>) -> Result<(), Error> {
        let (whole, share) = self.place();
        let begin = whole.saturating_sub(self.reach);
        while self.first < begin && self.held.pop_front().is_some() {
            self.first += 1;
        }
        let mut sum = 0.0;
        for (at, sample) in (self.first..=whole + self.reach + 1).zip(&self.held) {
            let distance = (whole as f64 - at as f64 + share).abs() * self.cutoff * STEPS as f64;
            let step = distance as usize;
            if let [a, b, ..] = self.kernel.get(step..).unwrap_or_default() {
                sum += f64::from(*sample) * (a + (distance - step as f64) * (b - a));
            }
        }
        self.went += 1;
        take((sum * self.cutoff) as f32)
    }
}

/// A sinc multiplied by a Kaiser window.
fn kernel() -> Vec<f64> {
    let value = |step: usize| {
        let x = step as f64 / STEPS as f64;
        let sinc = if step == 0 { 1.0 } else { (PI * x).sin() / (PI * x) };
        let inner = 1.0 - (x / CROSSINGS as f64).powi(2);
        sinc * bessel(BETA * inner.max(0.0).sqrt()) / bessel(BETA)
    };
    (0..=CROSSINGS * STEPS).map(value).collect()
}

/// The modified Bessel function of order 0, by its series.
fn bessel(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..40 {
        term *= (x / 2.0 / f64::from(k)).powi(2);
        sum += term;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resample(samples: impl Iterator<Item = f32>, from: u32, to: u32) -> Vec<f32> {
        let mut out = Vec::new();
        let mut resampler = Resampler::new(from, to);
        samples.for_each(|sample| {
            resampler
                .push(sample, &mut |value| {
                    out.push(value);
                    Ok(())
                })
                .unwrap()
        });
        resampler
            .finish(&mut |value| {
                out.push(value);
                Ok(())
            })
            .unwrap();
        out
    }

    fn sine(frequency: f64, rate: u32) -> impl Fn(usize) -> f64 {
        move |at| (2.0 * PI * frequency * at as f64 / f64::from(rate)).sin()
    }

    #[test]
    fn a_sine_is_the_same_sine_at_another_rate() {
        for (from, to) in [(44_100, 16_000), (8_000, 16_000), (16_000, 11_025), (8_000, 44_100)] {
            let (input, expected) = (sine(1000.0, from), sine(1000.0, to));
            let out = resample((0..from as usize / 2).map(|at| input(at) as f32), from, to);
            assert_eq!(out.len(), (to as usize / 2) + usize::from(to % 2 == 1), "{from} to {to}");
            let edge = out.len() / 20;
            for (at, value) in out.iter().enumerate().skip(edge).take(out.len() - 2 * edge) {
                assert!((f64::from(*value) - expected(at)).abs() < 2e-4, "{from} to {to}: {at}");
            }
        }
    }

    #[test]
    fn a_sine_above_half_of_the_new_rate_becomes_silent() {
        let input = sine(6000.0, 44_100);
        let out = resample((0..20_000).map(|at| input(at) as f32), 44_100, 8_000);
        assert!(out[300..out.len() - 300].iter().all(|value| value.abs() < 2e-4));
    }

    #[test]
    fn samples_do_not_change_at_the_same_rate() {
        let samples = [0.5, -0.25, 1.0];
        assert_eq!(resample(samples.into_iter(), 8_000, 8_000), samples);
    }
}
