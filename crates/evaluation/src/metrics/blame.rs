//! Which column a row's error comes from.

/// The least usual error of a column: one without any in training rows is at fault as soon as it has some.
const LEAST_USUAL: f64 = 1e-9;

/// The squared error of each column of a row as a multiple of its usual one, since some columns are noisier than others. A row of a
/// sequence has the columns once a step, and their errors are added.
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

/// The column of the largest multiple, the first of equal ones.
pub fn worst(multiples: &[f64]) -> usize {
    (0..multiples.len()).rev().max_by(|a, b| multiples[*a].total_cmp(&multiples[*b])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_column_has_the_largest_multiple_of_its_usual_error() {
        let worst_of = |row: &[f32], usual: &[f64]| worst(&multiples(row, &[0.0; 3], usual));
        assert_eq!(worst_of(&[2.0, 3.0, 0.0], &[5.0, 5.0, 0.0]), 1);
        assert_eq!(worst_of(&[4.0, 1.0, 0.0], &[5.0, 5.0, 0.0]), 0);
        assert_eq!(worst_of(&[4.0, 1.0, 0.1], &[5.0, 5.0, 0.0]), 2, "it never erred before");
        // The second column is noisier than the first: its error says less.
        assert_eq!(worst_of(&[2.0, 3.0, 0.0], &[1.0, 9.0, 1.0]), 0);
        assert_eq!(worst_of(&[1.0, 1.0, 1.0], &[1.0, 1.0, 1.0]), 0);
    }

    #[test]
    fn the_steps_of_a_sequence_add_up() {
        assert_eq!(multiples(&[1.0, 2.0, 3.0, 4.0], &[0.0; 4], &[1.0, 2.0]), [10.0, 10.0]);
    }
}
