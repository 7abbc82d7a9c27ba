//! Histograms of weights.

/// A histogram of the values of a tensor, with bins of equal width from the smallest value to the largest.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// Sum of the values.
    pub sum: f64,
    /// Sum of the squares of the values.
    pub sum_of_squares: f64,
    /// Upper end of each bin.
    pub limits: Vec<f64>,
    /// Number of values in each bin.
    pub counts: Vec<f64>,
}

/// Number of bins, which is the number that TensorBoard draws.
const BINS: usize = 30;

impl Histogram {
    /// The histogram of values; `None` without values, or if a value is not finite.
    pub fn of(values: &[f32]) -> Option<Self> {
        if values.is_empty() || !values.iter().all(|value| value.is_finite()) {
            return None;
        }
        let all = || values.iter().map(|value| f64::from(*value));
        let (min, max) = all().fold((f64::INFINITY, f64::NEG_INFINITY), |(min, max), it| (min.min(it), max.max(it)));
        let bins = if min < max { BINS } else { 1 };
        let width = (max - min) / bins as f64;
        let mut counts = vec![0.0; bins];
        for value in all() {
            let bin = if width > 0.0 { ((value - min) / width) as usize } else { 0 };
            counts[bin.min(bins - 1)] += 1.0;
        }
        let end = |bin| if bin == bins { max } else { min + width * bin as f64 };
        Some(Self {
            min,
            max,
            sum: all().sum(),
            sum_of_squares: all().map(|value| value * value).sum(),
            limits: (1..=bins).map(end).collect(),
            counts,
        })
    }

    /// Number of values.
    pub fn count(&self) -> f64 {
        self.counts.iter().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_one_bin_and_the_ends_are_the_extremes() {
        let values: Vec<f32> = (0..=600_u16).map(|at| f32::from(at) / 100.0 - 3.0).collect();
        let histogram = Histogram::of(&values).unwrap();
        assert_eq!((histogram.min, histogram.max, histogram.count()), (-3.0, 3.0, 601.0));
        assert_eq!((histogram.limits.len(), *histogram.limits.last().unwrap()), (BINS, 3.0));
        assert!(histogram.counts.iter().all(|count| (19.0..=22.0).contains(count)), "{:?}", histogram.counts);
        assert!(histogram.sum.abs() < 1e-4 && (histogram.sum_of_squares / 601.0 - 3.01).abs() < 1e-2);
    }

    #[test]
    fn equal_values_share_one_bin_and_values_that_are_not_finite_have_no_histogram() {
        let histogram = Histogram::of(&[0.5; 7]).unwrap();
        assert_eq!((histogram.limits, histogram.counts), (vec![0.5], vec![7.0]));
        for values in [&[][..], &[1.0, f32::NAN], &[f32::INFINITY]] {
            assert_eq!(Histogram::of(values), None);
        }
    }
}
