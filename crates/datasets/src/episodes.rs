//! Known faults of a machine: episodes of test rows in which one or two sensors report wrong readings.
//!
//! [`known_faults`] chooses the episodes, and [`plant`] changes the readings. Only the task `faults` uses them:
//! training rows and reconstruction errors never have such faults.

use std::ops::Range;

use random::Stream;
use random::below;
use spec::Dataset;

use crate::rows::Rows;

/// Number of test rows for each row with a fault of one kind. The four kinds together take a tenth of the rows.
const ROWS_FOR_A_FAULT: usize = 40;
/// Number of rows of an episode. A spike has one row.
const LENGTH: usize = 10;
/// Size of a spike, in standard deviations of its column.
const SPIKE: f64 = 3.0;
/// Offset at the end of a drift, in standard deviations of its column.
const DRIFT: f64 = 1.0;

/// A fault of one or two sensors in an episode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SensorFault {
    /// A sensor repeats the reading of the row before the episode.
    Stuck {
        /// Column of the sensor.
        column: usize,
    },
    /// One reading is too large or too small.
    Spike {
        /// Column of the sensor.
        column: usize,
        /// Size of the spike, in standard deviations of the column. It can be negative.
        deviations: f64,
    },
    /// The offset of a sensor grows linearly from row to row of the episode.
    Drift {
        /// Column of the sensor.
        column: usize,
        /// Offset of the last row, in standard deviations of the column. It can be negative.
        deviations: f64,
    },
    /// Two sensors report the readings of each other.
    Swapped {
        /// Columns of the sensors, which differ.
        columns: [usize; 2],
    },
}

impl SensorFault {
    /// Names of the kinds of fault.
    pub const KINDS: [&str; 4] = ["stuck", "spike", "drift", "swapped"];

    /// Name of the kind of this fault.
    pub const fn kind(&self) -> &'static str {
        let [stuck, spike, drift, swapped] = Self::KINDS;
        match self {
            Self::Stuck { .. } => stuck,
            Self::Spike { .. } => spike,
            Self::Drift { .. } => drift,
            Self::Swapped { .. } => swapped,
        }
    }

    /// Faulty columns: one or two.
    pub fn columns(&self) -> Vec<usize> {
        match self {
            Self::Stuck { column } | Self::Spike { column, .. } | Self::Drift { column, .. } => vec![*column],
            Self::Swapped { columns } => columns.to_vec(),
        }
    }
}

/// A fault, and the rows that have it.
#[derive(Debug, Clone, PartialEq)]
pub struct Episode {
    /// Fault of the rows.
    pub fault: SensorFault,
    /// Rows of the episode, in the order of time; at least one. The row before the episode has no fault.
    pub rows: Range<usize>,
}

/// Episodes of faults among the test rows of a run, in the order of time. `None` for data without known faults.
///
/// About a tenth of the rows have a fault, and each kind has the same number of rows. Fewer than 40 rows have no fault.
/// The row before each episode has no fault. All such places and orders are equally likely; the seed of the run chooses
/// them (`Stream::Faults`).
pub fn known_faults(dataset: &Dataset, test: &Rows, seed: u64) -> Option<Vec<Episode>> {
    dataset.has_known_faults().then(|| episodes(test.len(), test.width(), seed))
}

/// Episodes among `rows` rows of `columns` columns, of which there are at least two.
fn episodes(rows: usize, columns: usize, seed: u64) -> Vec<Episode> {
    let of_a_kind = rows / ROWS_FOR_A_FAULT;
    let parts = |length: usize| (0..of_a_kind).step_by(length).map(move |start| length.min(of_a_kind - start));
    let lengths = [LENGTH, 1, LENGTH, LENGTH].map(parts).into_iter().enumerate();
    let all: Vec<(usize, usize)> = lengths.flat_map(|(kind, parts)| parts.map(move |length| (kind, length))).collect();
    let mut order = Vec::new();
    random::shuffle(&mut Stream::Faults.generator(seed, 0), all.len() as u32, &mut order);
    // An episode can follow each row without a fault.
    let usual = rows - 4 * of_a_kind;
    let mut before = random::permutation_start(&mut Stream::Faults.generator(seed, 1), usual as u32, all.len() as u32);
    before.sort_unstable();
    let mut planted = 0;
    let episodes = order.into_iter().zip(before).enumerate().map(|(place, (index, before))| {
        let (kind, length) = all[index as usize];
        let start = before as usize + 1 + planted;
        planted += length;
        Episode { fault: fault(kind, columns, seed, place as u64), rows: start..start + length }
    });
    episodes.collect()
}

/// A fault of the kind with this index in [`SensorFault::KINDS`], on random columns.
fn fault(kind: usize, columns: usize, seed: u64, place: u64) -> SensorFault {
    let mut generator = Stream::Faults.generator(seed, 2 + place);
    let column = below(&mut generator, columns as u32) as usize;
    let mut signed = |size: f64| if below(&mut generator, 2) == 0 { size } else { -size };
    match kind {
        0 => SensorFault::Stuck { column },
        1 => SensorFault::Spike { column, deviations: signed(SPIKE) },
        2 => SensorFault::Drift { column, deviations: signed(DRIFT) },
        _ => {
            let other = below(&mut generator, columns as u32 - 1) as usize;
            // Any column but the first one.
            SensorFault::Swapped { columns: [column, other + usize::from(other >= column)] }
        }
    }
}

/// The rows with faults added, as floats. Standard deviations are those of the columns of `rows`.
///
/// # Panics
/// If an episode has rows or columns that do not exist, which is an error in the calling code.
#[must_use]
pub fn plant(rows: &Rows, episodes: &[Episode]) -> Rows {
    let width = rows.width();
    let mut values = vec![0.0; rows.value_count()];
    values.chunks_exact_mut(width).enumerate().for_each(|(row, values)| rows.read(row, values));
    let deviations = standard_deviations(&values, width);
    for Episode { fault, rows: Range { start, end } } in episodes {
        for row in *start..*end {
            match *fault {
                SensorFault::Stuck { column } => values[row * width + column] = values[(row - 1) * width + column],
                SensorFault::Spike { column, deviations: size } => {
                    values[row * width + column] += (size * deviations[column]) as f32;
                }
                SensorFault::Drift { column, deviations: size } => {
                    let share = (row - start + 1) as f64 / (end - start) as f64;
                    values[row * width + column] += (share * size * deviations[column]) as f32;
                }
                SensorFault::Swapped { columns: [a, b] } => values.swap(row * width + a, row * width + b),
            }
        }
    }
    Rows::new(rows.shape(), values, rows.labels().to_vec())
}

/// Standard deviation of each column.
fn standard_deviations(values: &[f32], width: usize) -> Vec<f64> {
    let rows = || values.chunks_exact(width);
    let count = rows().len().max(1) as f64;
    let deviation = |column: usize| {
        let column = || rows().map(|row| f64::from(row[column]));
        let mean = column().sum::<f64>() / count;
        (column().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
    };
    (0..width).map(deviation).collect()
}

#[cfg(test)]
mod tests {
    use spec::Shape;

    use super::*;

    const COLUMNS: usize = 5;
    const SHAPE: Shape = Shape::Vector { width: COLUMNS };

    /// Readings that are all different.
    fn rows(count: usize) -> Rows {
        Rows::new(
            SHAPE,
            (0..count * COLUMNS).map(|at| (at * 7919 % 10_007) as f32 / 100.0).collect::<Vec<_>>(),
            Vec::new(),
        )
    }

    fn value(rows: &Rows, row: usize, column: usize) -> f32 {
        let mut values = [0.0; COLUMNS];
        rows.read(row, &mut values);
        values[column]
    }

    /// Values of a column in all rows.
    fn column(rows: &Rows, column: usize) -> Vec<f32> {
        (0..rows.len()).map(|row| value(rows, row, column)).collect()
    }

    /// Rows without and with one fault. Checks that the faulty columns change in the rows of the episode alone.
    #[track_caller]
    fn planted(fault: SensorFault, of: Range<usize>) -> [Rows; 2] {
        let clean = rows(60);
        let planted = plant(&clean, &[Episode { fault, rows: of.clone() }]);
        for row in 0..clean.len() {
            for column in 0..COLUMNS {
                if !of.contains(&row) || !fault.columns().contains(&column) {
                    assert_eq!(value(&planted, row, column), value(&clean, row, column), "{row} {column}");
                }
            }
        }
        [clean, planted]
    }

    #[test]
    fn a_stuck_sensor_repeats_the_reading_of_the_row_before() {
        let [clean, planted] = planted(SensorFault::Stuck { column: 2 }, 10..15);
        assert!((10..15).all(|row| value(&planted, row, 2) == value(&clean, 9, 2)));
        assert_eq!(value(&planted, 15, 2), value(&clean, 15, 2));
    }

    #[test]
    fn a_spike_is_measured_in_standard_deviations_of_its_column() {
        let [clean, planted] = planted(SensorFault::Spike { column: 4, deviations: -3.0 }, 7..8);
        let column: Vec<f64> = column(&clean, 4).into_iter().map(f64::from).collect();
        let mean = column.iter().sum::<f64>() / 60.0;
        let deviation = (column.iter().map(|value| value * value).sum::<f64>() / 60.0 - mean * mean).sqrt();
        let change = f64::from(value(&planted, 7, 4) - value(&clean, 7, 4));
        assert!((change / deviation + 3.0).abs() < 1e-5, "{change} {deviation}");
    }

    #[test]
    fn a_drift_grows_linearly_to_its_last_row() {
        let [clean, planted] = planted(SensorFault::Drift { column: 0, deviations: 2.0 }, 20..24);
        let change = |row| f64::from(value(&planted, row, 0) - value(&clean, row, 0));
        let full = 2.0 * standard_deviations(&column(&clean, 0), 1)[0];
        for (row, share) in [(20, 0.25), (21, 0.5), (22, 0.75), (23, 1.0)] {
            assert!((change(row) - share * full).abs() < 1e-4, "{row} {} {full}", change(row));
        }
    }

    #[test]
    fn swapped_sensors_report_the_readings_of_each_other() {
        let [clean, planted] = planted(SensorFault::Swapped { columns: [3, 1] }, 30..40);
        for row in 30..40 {
            let of = |rows: &Rows| [value(rows, row, 1), value(rows, row, 3)];
            let [one, three] = of(&clean);
            assert_eq!(of(&planted), [three, one]);
        }
    }

    #[test]
    fn rows_without_episodes_do_not_change() {
        let clean = rows(50);
        assert_eq!(plant(&clean, &[]), clean);
        let bytes = Rows::new(SHAPE, vec![255_u8; 10], vec![1, 2]);
        assert_eq!(plant(&bytes, &[]), Rows::new(SHAPE, vec![1.0_f32; 10], vec![1, 2]));
    }

    #[test]
    fn a_tenth_of_the_rows_has_faults_in_equal_numbers_of_each_kind() {
        let episodes = episodes(4_000, 24, 3);
        for kind in SensorFault::KINDS {
            let of_kind: Vec<&Episode> = episodes.iter().filter(|episode| episode.fault.kind() == kind).collect();
            assert_eq!(of_kind.iter().map(|episode| episode.rows.len()).sum::<usize>(), 100, "{kind}");
            assert_eq!(of_kind.len(), if kind == "spike" { 100 } else { 10 });
        }
    }

    #[test]
    fn a_row_without_a_fault_is_before_each_episode() {
        for rows in [40, 41, 79, 80, 439, 1_000, 10_000] {
            for seed in 0..5 {
                let episodes = episodes(rows, 2, seed);
                assert!(episodes.len() >= 4);
                let mut next = 1;
                for episode in &episodes {
                    assert!(episode.rows.start >= next && !episode.rows.is_empty(), "{rows} {seed} {episode:?}");
                    next = episode.rows.end + 1;
                    let columns = episode.fault.columns();
                    assert!(columns.iter().all(|column| *column < 2));
                    assert!(columns.len() == 1 || columns[0] != columns[1]);
                }
                assert!(next <= rows + 1, "{rows} {seed}");
            }
        }
        assert!(episodes(39, 24, 0).is_empty());
    }

    #[test]
    fn the_seed_chooses_episodes_with_all_columns_and_signs() {
        assert_eq!(episodes(4_000, 24, 1), episodes(4_000, 24, 1));
        assert_ne!(episodes(4_000, 24, 1), episodes(4_000, 24, 2));
        let all = episodes(10_000, 24, 0);
        let seen = |column: usize| all.iter().any(|episode| episode.fault.columns().contains(&column));
        assert!((0..24).all(seen));
        for sign in [1.0, -1.0] {
            let is_signed = |episode: &Episode| match episode.fault {
                SensorFault::Spike { deviations, .. } => [deviations == sign * SPIKE, false],
                SensorFault::Drift { deviations, .. } => [false, deviations == sign * DRIFT],
                _ => [false, false],
            };
            assert!([0, 1].into_iter().all(|of| all.iter().any(|episode| is_signed(episode)[of])), "{sign}");
        }
    }
}
