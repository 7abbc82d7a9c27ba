//! The column that causes the error of a row.

/// Smallest usual error of a column. A column without error in training rows is at fault as soon as it has an error.
const LEAST_USUAL: f64 = 1e-9;

/// Squared error of each column of a row, divided by its usual error, because some columns are noisier than others. In a
/// sequence the errors of a column are added over the steps.
pub fn multiples(row: &[f32], output: &[f32], usual: &[f64]) -> Vec<f64> {
    let mut multiples = vec![0.0; usual.len()];
    for (step, output) in row.chunks(usual.len()).zip(output.chunks(usual.len())) {
        for ((error, value), output) in multiples.iter_mut().zip(step).zip(output) {
            *error += (f64::from(*value) - f64::from(*output)).powi(2);
        }
    }
    multiples.iter_mut().zip(usual).for_each(|(error, usual)| *error /= usual.max(LEAST_USUAL));
    multiples
}

/// Index of the column with the largest multiple. Of equal ones, the first.
pub fn worst(multiples: &[f64]) -> usize {
    let largest = by_lanes(multiples, |largest, value| if value > largest { value } else { largest });
    multiples.iter().position(|value| *value == largest).unwrap_or(0)
}

/// Sum of the multiples.
pub fn sum(multiples: &[f64]) -> f64 {
    by_lanes(multiples, |sum, value| sum + value)
}

/// Folds numbers of at least 0. Independent lanes allow vector instructions.
fn by_lanes(values: &[f64], fold: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [0.0; 8];
    let (blocks, rest) = values.as_chunks::<8>();
    for block in blocks {
        lanes.iter_mut().zip(block).for_each(|(lane, value)| *lane = fold(*lane, *value));
    }
    lanes.iter().chain(rest).fold(0.0, |all, value| fold(all, *value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_column_has_the_largest_multiple_of_its_usual_error() {
        let worst_of = |row: &[f32], usual: &[f64]| worst(&multiples(row, &[0.0; 3], usual));
        assert_eq!(worst_of(&[2.0, 3.0, 0.0], &[5.0, 5.0, 0.0]), 1);
        assert_eq!(worst_of(&[4.0, 1.0, 0.0], &[5.0, 5.0, 0.0]), 0);
        assert_eq!(worst_of(&[4.0, 1.0, 0.1], &[5.0, 5.0, 0.0]), 2, "the column had no error in training rows");
        // The second column is noisier than the first, so its larger error counts less.
        assert_eq!(worst_of(&[2.0, 3.0, 0.0], &[1.0, 9.0, 1.0]), 0);
        assert_eq!(worst_of(&[1.0, 1.0, 1.0], &[1.0, 1.0, 1.0]), 0);
        assert_eq!(worst_of(&[0.0, 0.0, 0.0], &[1.0, 1.0, 1.0]), 0);
        assert_eq!(worst_of(&[f32::INFINITY, 1.0, 1.0], &[1.0, 1.0, 1.0]), 0);
    }

    #[test]
    fn the_worst_of_many_columns_is_the_first_of_equal_ones() {
        for at in 0..20 {
            let mut multiples: Vec<f64> = (0..20).map(f64::from).collect();
            multiples[at] = 19.0;
            assert_eq!(worst(&multiples), at);
            assert_eq!(sum(&multiples), 190.0 + 19.0 - at as f64);
        }
    }

    #[test]
    fn errors_of_a_column_are_added_over_the_steps_of_a_sequence() {
        assert_eq!(multiples(&[1.0, 2.0, 3.0, 4.0], &[0.0; 4], &[1.0, 2.0]), [10.0, 10.0]);
    }
}
