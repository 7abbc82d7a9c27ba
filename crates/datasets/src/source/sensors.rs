//! Readings of a machine over time: 24 sensors that tell of three hidden factors, curved, with a known drift and with noise of
//! known variance. As many as wanted, without a file, the same bits on every platform.
//!
//! The factors of a row, a, b and c, are uniform in [-1, 1). Each sensor adds them up with weights of its own. A third of the
//! sensors report the sum, a third the sum and its square, and a third `sum / (0.4 + |sum|)`, which saturates. The square and the
//! saturation bend the readings through more than three dimensions. Then each reading gets noise, uniform in `-NOISE..NOISE`.
//!
//! The index of a row is its time. The factors of one row say nothing of those of the next, but the machine ages. Age adds to each
//! reading a share of the sensor's own, at most `DRIFT`. The age rises from 0 at row 0 to 1 at row 70,000, fast at first and slowly at
//! the end. Training rows are the first 60,000, so that the last 10,000, the test rows, are near to late training rows.
//!
//! Only `+ - * /` and comparisons of `f64` are used, as in [`glyphs`](crate::source::glyphs). A test pins a checksum.

use random::Stream;
use random::below;
use spec::Shape;

/// Readings of a row.
const SENSORS: usize = 24;

/// Numbers that fix the readings without their noise.
const FACTORS: usize = 3;

/// Values that a factor takes, and those of the noise of a reading.
const STEPS: u32 = 1 << 24;

/// Most that noise adds to a reading or takes from it.
const NOISE: f64 = 0.1;

/// Rows until the machine has the age 1: those to train and to test on.
const LIFE: f64 = 70_000.0;

/// Most that the age adds to a reading or takes from it until row 70,000: less than noise does, so that the factors stay what counts.
const DRIFT: f64 = 0.06;

/// Variance of a reading's noise. No reconstruction that knows the machine and not the noise has a lower mean squared error. One
/// that sees the noisy readings through a code can follow the noise in as many of the 24 directions as the code has units.
pub(crate) const NOISE_VARIANCE: f64 = NOISE * NOISE / 3.0;

/// Draws row `index`: 24 readings. They have no class.
///
/// It depends on `index` alone (`Stream::Embedded("sensors")`, seed 0), not on any row drawn before.
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

/// What the age of the machine adds to the reading of a sensor.
fn drift(sensor: usize, index: u64) -> f64 {
    // Steps through thirteenths, which no factor's weights have: a change of the factors does not look like age.
    DRIFT * age(index) * (2.0 * ((5 * sensor + 3) % 13) as f64 / 12.0 - 1.0)
}

/// What a sensor of a new machine reports without noise.
fn clean(factors: [f64; FACTORS], sensor: usize) -> f64 {
    // Weights that repeat in no order which a few columns would share: steps through fifths, sevenths and elevenths.
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
    fn the_first_thousand_rows_are_pinned() {
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
    fn the_noise_has_no_mean_and_the_variance_that_is_stated() {
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
    fn the_machine_ages_slowly_and_test_rows_are_near_to_late_training_rows() {
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
    fn every_sensor_varies_and_no_two_are_alike() {
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
