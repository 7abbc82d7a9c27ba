//! Disentanglement of a code: how much single units say about factors of variation. Mutual information, its gap, and
//! separated attribute predictability.

use zoo::Matrix;

use crate::parallel;

/// Number of bins of codes and factors; each bin has the same number of rows.
const BINS: usize = 20;

/// A factor of variation, and its value for each row.
#[derive(Debug, Clone)]
pub(crate) struct Factor {
    pub(crate) name: &'static str,
    /// Bin of each row.
    bins: Vec<usize>,
    /// Value of each row; `None` for the class, whose values are not quantities.
    values: Option<Vec<f64>>,
    /// Entropy in nats, from the frequencies of the bins.
    pub(crate) entropy: f64,
}

impl Factor {
    /// The class as a factor: each label is a bin.
    pub(crate) fn of_class(labels: &[u16]) -> Self {
        let bins: Vec<usize> = labels.iter().map(|label| usize::from(*label)).collect();
        Self { name: "class", entropy: mutual_information(&bins, &bins), bins, values: None }
    }

    /// A continuous factor.
    pub(crate) fn of_values(name: &'static str, values: &[f32]) -> Self {
        let bins = bins(values);
        let entropy = mutual_information(&bins, &bins);
        Self { name, entropy, bins, values: Some(values.iter().map(|value| f64::from(*value)).collect()) }
    }

    /// True if the factor is not the same for all rows.
    pub(crate) fn varies(&self) -> bool {
        self.entropy > 0.0
    }
}

/// Mutual information of units and factors in nats, `(units, factors)`, from the frequencies of bins.
pub(crate) fn information(codes: &Matrix, factors: &[Factor]) -> Vec<Vec<f64>> {
    parallel::map(codes.columns(), &|unit| {
        let values: Vec<f32> = (0..codes.rows()).map(|row| codes.row(row)[unit]).collect();
        let bins = bins(&values);
        factors.iter().map(|factor| mutual_information(&bins, &factor.bins)).collect()
    })
}

/// Mutual information gap (Chen et al., 2018, equation 6), in [0, 1]. The information of the most informative unit about a
/// factor, minus that of the second, divided by the factor's entropy; mean over the factors that vary.
///
/// It is 1 if each factor has a unit of its own. If the code has one unit, the second counts as 0. `None` if no factor
/// varies.
pub(crate) fn mutual_information_gap(information: &[Vec<f64>], factors: &[Factor]) -> Option<f64> {
    mean_gap(information, factors, |_| 0.0, |factor| factor.entropy)
}

/// Separated attribute predictability (SAP; Kumar et al., 2018, section 3.1), in [0, 1]. The score of the unit that
/// predicts a factor best, minus that of the second; mean over the factors that vary.
///
/// If the code has one unit, the second counts as a constant. `None` if no factor varies.
pub(crate) fn separated_predictability(codes: &Matrix, factors: &[Factor]) -> Option<f64> {
    let scores = parallel::map(codes.columns(), &|unit| {
        let values: Vec<f64> = (0..codes.rows()).map(|row| f64::from(codes.row(row)[unit])).collect();
        factors.iter().map(|factor| predictability(&values, factor)).collect()
    });
    mean_gap(&scores, factors, |factor| predictability(&vec![0.0; codes.rows()], factor), |_| 1.0)
}

/// Score of one unit as predictor of a factor. For a continuous factor it is the squared correlation. For the class it is
/// the balanced accuracy of the linear classifier that assigns each row to the class with the nearest mean. Of equal
/// classes, the first counts.
fn predictability(unit: &[f64], factor: &Factor) -> f64 {
    match &factor.values {
        Some(values) => squared_correlation(unit, values),
        None => balanced_accuracy(unit, &factor.bins),
    }
}

/// The largest score of a unit minus the second, divided by `scale`; mean over the factors that vary. `missing` is the
/// second score if the code has one unit.
fn mean_gap(
    scores: &[Vec<f64>],
    factors: &[Factor],
    missing: impl Fn(&Factor) -> f64,
    scale: impl Fn(&Factor) -> f64,
) -> Option<f64> {
    let gaps: Vec<f64> = factors
        .iter()
        .enumerate()
        .filter(|(_, factor)| factor.varies())
        .filter_map(|(index, factor)| {
            let mut of_units: Vec<f64> = scores.iter().map(|of_unit| of_unit[index]).collect();
            of_units.sort_by(|a, b| b.total_cmp(a));
            let second = of_units.get(1).copied().unwrap_or_else(|| missing(factor));
            of_units.first().map(|first| (first - second) / scale(factor))
        })
        .collect();
    (!gaps.is_empty()).then(|| gaps.iter().sum::<f64>() / gaps.len() as f64)
}

/// Squared correlation coefficient; 0 if either list is constant.
fn squared_correlation(a: &[f64], b: &[f64]) -> f64 {
    let is_constant = |values: &[f64]| values.windows(2).all(|pair| pair[0] == pair[1]);
    if is_constant(a) || is_constant(b) {
        return 0.0;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_of_a, mean_of_b) = (mean(a), mean(b));
    let (mut of_a, mut of_b, mut of_both) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        let (a, b) = (a - mean_of_a, b - mean_of_b);
        of_a += a * a;
        of_b += b * b;
        of_both += a * b;
    }
    // Values that differ by less than the rounding of their mean have no variance.
    let variances = of_a * of_b;
    if variances > 0.0 { (of_both * of_both / variances).min(1.0) } else { 0.0 }
}

/// Share of the rows of a class that are nearest to its mean; mean over the classes that occur.
fn balanced_accuracy(unit: &[f64], classes: &[usize]) -> f64 {
    let most = classes.iter().max().map_or(0, |most| most + 1);
    let mut sums = vec![(0.0, 0.0); most];
    for (value, class) in unit.iter().zip(classes) {
        sums[*class].0 += value;
        sums[*class].1 += 1.0;
    }
    let occurring = || sums.iter().enumerate().filter(|(_, (_, count))| *count > 0.0);
    let means: Vec<(usize, f64)> = occurring().map(|(class, (sum, count))| (class, sum / count)).collect();
    let mut right = vec![0.0; most];
    for (value, class) in unit.iter().zip(classes) {
        let nearest = means.iter().min_by(|(_, a), (_, b)| (a - value).abs().total_cmp(&(b - value).abs()));
        right[*class] += f64::from(u8::from(nearest.is_some_and(|(nearest, _)| nearest == class)));
    }
    let shares: f64 = occurring().map(|(class, (_, count))| right[class] / count).sum();
    shares / means.len().max(1) as f64
}

/// Bin of each value. Bins of the sorted list have the same number of values; equal values share a bin.
fn bins(values: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]).then(a.cmp(&b)));
    let mut bins = vec![0; values.len()];
    let mut before: Option<usize> = None;
    for (rank, &index) in order.iter().enumerate() {
        bins[index] = match before {
            Some(before) if values[before] == values[index] => bins[before],
            _ => rank * BINS / values.len(),
        };
        before = Some(index);
    }
    bins
}

/// Mutual information of two lists of bins in nats, from their frequencies.
fn mutual_information(a: &[usize], b: &[usize]) -> f64 {
    let (rows, columns) = (a.iter().max().map_or(0, |most| most + 1), b.iter().max().map_or(0, |most| most + 1));
    let mut joint = vec![0.0; rows * columns];
    a.iter().zip(b).for_each(|(a, b)| joint[a * columns + b] += 1.0);
    let count = a.len() as f64;
    let of_a: Vec<f64> = joint.chunks_exact(columns.max(1)).map(|row| row.iter().sum()).collect();
    let of_b: Vec<f64> = (0..columns).map(|column| joint.iter().skip(column).step_by(columns).sum()).collect();
    let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column)));
    cells
        .filter(|(row, column)| joint[row * columns + column] > 0.0)
        .map(|(row, column)| {
            let both: f64 = joint[row * columns + column];
            both / count * (both * count / (of_a[row] * of_b[column])).ln()
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::golden::{labels, matrix, numbers};

    #[test]
    fn information_of_a_variable_with_itself_is_its_entropy_and_with_an_independent_one_0() {
        let a: Vec<usize> = (0..100).map(|index| index % 4).collect();
        let b: Vec<usize> = (0..100).map(|index| index / 4 % 5).collect();
        assert!((mutual_information(&a, &a) - 4.0_f64.ln()).abs() < 1e-12);
        assert!(mutual_information(&a, &b).abs() < 1e-12);
    }

    #[test]
    fn information_matches_scikit_learn() {
        // sklearn.metrics.mutual_info_score([0, 0, 1, 1, 2, 2, 2, 0], [0, 1, 1, 1, 0, 0, 2, 0])
        let found = mutual_information(&[0, 0, 1, 1, 2, 2, 2, 0], &[0, 1, 1, 1, 0, 0, 2, 0]);
        assert!((found - 0.496929126648240).abs() < 1e-12, "{found}");
    }

    #[test]
    fn bins_have_the_same_size_and_equal_values_share_a_bin() {
        let values: Vec<f32> = (0..200).map(|index| (index * 37 % 200) as f32).collect();
        let counts = bins(&values).into_iter().fold([0; BINS], |mut counts, bin| {
            counts[bin] += 1;
            counts
        });
        assert_eq!(counts, [10; BINS]);
        // A unit that is 0 in most images.
        let off = bins(&[0.0; 30]);
        assert!(off.iter().all(|bin| *bin == off[0]));
    }

    #[test]
    fn both_scores_match_the_numpy_reference() {
        let golden: Value = serde_json::from_str(include_str!("../../tests/golden/disentanglement.json")).unwrap();
        let codes = matrix(&golden["codes"]);
        let continuous = |name| {
            let values: Vec<f32> = numbers(&golden[name]).into_iter().map(|value| value as f32).collect();
            Factor::of_values(name, &values)
        };
        let factors = [Factor::of_class(&labels(&golden["class"])), continuous("slant"), continuous("size")];
        let information = information(&codes, &factors);
        for (found, expected) in information.iter().zip(golden["information"].as_array().unwrap()) {
            let pairs = found.iter().zip(numbers(expected));
            pairs.for_each(|(found, expected)| assert!((found - expected).abs() < 1e-12, "{found} {expected}"));
        }
        let near = |found: f64, name: &str| {
            let expected = golden[name].as_f64().unwrap();
            assert!((found - expected).abs() < 1e-9, "{name}: {found}, not {expected}");
        };
        near(mutual_information_gap(&information, &factors).unwrap(), "mig");
        near(separated_predictability(&codes, &factors).unwrap(), "sap");
    }

    /// Rows of two independent continuous factors, and codes made from them.
    fn two_factors(code: impl Fn(f32, f32) -> [f32; 2]) -> (Matrix, [Factor; 2]) {
        let (a, b): (Vec<f32>, Vec<f32>) =
            (0..400).map(|index| ((index % 20) as f32 - 9.5, (index / 20) as f32 - 9.5)).unzip();
        let codes = a.iter().zip(&b).flat_map(|(a, b)| code(*a, *b)).collect();
        (Matrix::new(400, 2, codes), [Factor::of_values("a", &a), Factor::of_values("b", &b)])
    }

    #[test]
    fn a_unit_for_each_factor_scores_1_and_a_code_rotated_by_45_degrees_scores_0() {
        let (codes, factors) = two_factors(|a, b| [b, -3.0 * a]);
        let mig = |codes: &Matrix, factors: &[Factor]| mutual_information_gap(&information(codes, factors), factors);
        assert!((mig(&codes, &factors).unwrap() - 1.0).abs() < 1e-9);
        assert!((separated_predictability(&codes, &factors).unwrap() - 1.0).abs() < 1e-9);
        let (codes, factors) = two_factors(|a, b| [a + b, a - b]);
        assert!(mig(&codes, &factors).unwrap() < 0.02);
        assert!(separated_predictability(&codes, &factors).unwrap() < 1e-9);
    }

    #[test]
    fn constants_score_0_and_without_a_varying_factor_there_is_no_score() {
        let (codes, [a, b]) = two_factors(|a, _| [0.1, a]);
        assert!((separated_predictability(&codes, &[a]).unwrap() - 1.0).abs() < 1e-9);
        assert!(separated_predictability(&codes, &[b]).unwrap() < 1e-9);
        let still = [Factor::of_values("still", &[0.3; 400]), Factor::of_class(&[4; 400])];
        assert_eq!(separated_predictability(&codes, &still), None);
        assert_eq!(mutual_information_gap(&information(&codes, &still), &still), None);
    }

    #[test]
    fn a_code_of_one_unit_is_compared_with_a_constant_unit() {
        let labels: Vec<u16> = (0..90).map(|index| index % 3).collect();
        let codes = Matrix::new(90, 1, labels.iter().map(|label| f32::from(*label)).collect());
        let found = separated_predictability(&codes, &[Factor::of_class(&labels)]).unwrap();
        assert!((found - 2.0 / 3.0).abs() < 1e-12, "{found}");
    }
}
