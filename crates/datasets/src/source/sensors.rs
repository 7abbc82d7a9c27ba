//! Readings of a machine over time: 24 sensors whose readings depend on three hidden factors, with a known drift and
//! noise of known variance. Any number of rows, without a file, with the same bits on every platform.
//!
//! The factors of a row, a, b and c, are uniform in [-1, 1). Each sensor computes a weighted sum of them with its own
//! weights. A third of the sensors report the sum, a third the sum plus its square, and a third `sum / (0.4 + |sum|)`,
//! which saturates. Square and saturation bend the readings through more than three dimensions. Then each reading gets
//! noise, uniform in `-NOISE..NOISE`.
//!
//! The index of a row is its time. The factors of consecutive rows are independent, but the machine ages. Age adds a
//! share of at most `DRIFT` to each reading, which differs between sensors. The age increases from 0 at row 0 to 1 at
//! row 70,000, fast at first and slowly at the end. Training rows are the first 60,000, so that the last 10,000, the
//! test rows, are close to late training rows.
//!
//! The code uses only `+ - * /` and comparisons of `f64`, as in [`glyphs`](crate::source::glyphs). A test checks a
//! checksum of the first rows.

use random::Stream;
use random::below;
use spec::Shape;

/// Number of readings of a row.
const SENSORS: usize = 24;

/// Number of factors, which determine the readings without noise.
const FACTORS: usize = 3;

/// Number of different values of a factor, and of the noise of a reading.
const STEPS: u32 = 1 << 24;

/// Greatest absolute noise of a reading.
const NOISE: f64 = 0.1;

/// Number of rows until the machine has the age 1: training and test rows.
const LIFE: f64 = 70_000.0;

/// Greatest absolute drift of a reading until row 70,000. It is less than the noise, so that the factors determine most
/// of a reading.
const DRIFT: f64 = 0.06;

/// Variance of the noise of a reading. No reconstruction that knows the machine, but not the noise, has a lower mean
/// squared error. A code of noisy readings can follow the noise in as many of the 24 directions as it has units.
pub(crate) const NOISE_VARIANCE: f64 = NOISE * NOISE / 3.0;

/// Draws row `index`: 24 readings, without a class.
///
/// The row depends on `index` alone (`Stream::Embedded("sensors")`, seed 0), not on earlier rows.
pub(crate) fn row(_: Shape, index: u64, readings: &mut [f32]) -> u16 {
    let mut generator = Stream::Embedded("sensors").generator(0, index);
    let mut uniform = || 2.0 * f64::from(below(&mut generator, STEPS)) / f64::from(STEPS) - 1.0;
    let factors = [(); FACTORS].map(|()| uniform());
    for (sensor, reading) in readings.iter_mut().enumerate() {
        *reading = (clean(factors, sensor) + drift(sensor, index) + NOISE * uniform()) as f32;
    }
    0
}

/// Age of the machine at row `index`: 0 at row 0, 0.97 at row 60,000, 1 at row 70,000.
fn age(index: u64) -> f64 {
    let time = index as f64 / LIFE;
    1.25 * time / (0.25 + time)
}

/// Drift of the reading of a sensor, from the age of the machine.
fn drift(sensor: usize, index: u64) -> f64 {
    // Steps through thirteenths, unlike the weights of the factors: a change of the factors does not look like age.
    DRIFT * age(index) * (2.0 * ((5 * sensor + 3) % 13) as f64 / 12.0 - 1.0)
}

/// Reading of a sensor of a new machine, without noise.
fn clean(factors: [f64; FACTORS], sensor: usize) -> f64 {
    // Weights step through fifths, sevenths and elevenths, so that no few columns share an order.
    let weight = |factor: usize| {
        let modulus = [5, 7, 11][factor];
        2.0 * ((sensor * (factor + 2) + factor) % modulus) as f64 / (modulus - 1) as f64 - 1.0
    };
    let sum: f64 = factors.iter().enumerate().map(|(at, factor)| weight(at) * factor).sum();
    match sensor * FACTORS / SENSORS {
        0 => sum,
        1 => sum + 1.5 * sum * sum - 0.5,
        _ => sum / (0.4 + sum.abs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape::Vector { width: SENSORS };

    fn reading(index: u64) -> [f32; SENSORS] {
        let mut readings = [0.0; SENSORS];
        row(SHAPE, index, &mut readings);
        readings
    }

    fn factors(index: u64) -> [f64; FACTORS] {
        let mut generator = Stream::Embedded("sensors").generator(0, index);
        [(); FACTORS].map(|()| 2.0 * f64::from(below(&mut generator, STEPS)) / f64::from(STEPS) - 1.0)
    }

    #[test]
    fn the_first_thousand_rows_never_change() {
        let bytes: Vec<u8> = (0..1000).flat_map(reading).flat_map(f32::to_le_bytes).collect();
        assert_eq!(
            crate::source::idx::files::sha256(&bytes),
            "137953fcbf31ee2848a19d0711cc469115483027987a1f1ae65352348949158e"
        );
    }

    #[test]
    fn a_new_machine_has_no_drift() {
        for (sensor, reading) in reading(0).into_iter().enumerate() {
            assert!((f64::from(reading) - clean(factors(0), sensor)).abs() <= NOISE + 1e-6);
        }
    }

    #[test]
    fn the_noise_has_mean_zero_and_the_stated_variance() {
        let (mut sum, mut squares, mut count) = (0.0, 0.0, 0.0);
        for index in 0..5_000 {
            for (sensor, reading) in reading(index).into_iter().enumerate() {
                let noise = f64::from(reading) - clean(factors(index), sensor) - drift(sensor, index);
                assert!(noise.abs() <= NOISE + 1e-6);
                (sum, squares, count) = (sum + noise, squares + noise * noise, count + 1.0);
            }
        }
        let deviation = 1.0 / f64::sqrt(count);
        assert!((squares / count / NOISE_VARIANCE - 1.0).abs() < 5.0 * 0.9 * deviation, "{}", squares / count);
        assert!((sum / count).abs() < 5.0 * NOISE_VARIANCE.sqrt() * deviation, "{}", sum / count);
    }

    #[test]
    fn the_machine_ages_slowly_and_test_rows_are_close_to_late_training_rows() {
        assert_eq!((age(0), age(70_000)), (0.0, 1.0));
        for sensor in 0..SENSORS {
            let drifts: Vec<f64> = (0..=70_000).map(|index| drift(sensor, index)).collect();
            assert!(drifts.iter().all(|drift| drift.abs() <= DRIFT), "{sensor}");
            let rises = drifts[70_000] >= 0.0;
            assert!(drifts.windows(2).all(|pair| if rises { pair[0] <= pair[1] } else { pair[0] >= pair[1] }));
            assert!(drifts.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 1e-5), "{sensor}");
            assert!((drifts[70_000] - drifts[60_000]).abs() < 0.05 * DRIFT, "{sensor}");
        }
        let last: Vec<f64> = (0..SENSORS).map(|sensor| drift(sensor, 70_000)).collect();
        assert!(last.iter().any(|drift| *drift > 0.05) && last.iter().any(|drift| *drift < -0.05), "{last:?}");
    }

    #[test]
    fn every_sensor_varies_and_no_two_are_equal() {
        let rows: Vec<[f64; SENSORS]> =
            (0..200).map(|index| std::array::from_fn(|sensor| clean(factors(index), sensor))).collect();
        for a in 0..SENSORS {
            let (low, high) =
                rows.iter().fold((f64::MAX, f64::MIN), |(low, high), row| (low.min(row[a]), high.max(row[a])));
            assert!(high - low > 0.5, "{a}");
            for b in 0..a {
                assert!(rows.iter().any(|row| (row[a] - row[b]).abs() > 0.1), "{a} {b}");
            }
        }
    }
}
