//! `factors`: what single units of a code know of an image's class and, where the data set tells them, of the factors it was
//! drawn by.

use record::UnitInformation;
use spec::subject::{AUTOENCODER, PCA};
use system::storage;
use zoo::{Autoencoder, Matrix};

use crate::error::Error;
use crate::inputs::clean;
use crate::tasks::context::{Context, TaskOutput, blocks, joined};
use crate::tensors::Tensors;

/// Codes and factors are cut into so many bins of as many images each.
const BINS: usize = 20;
/// Units that are traversed, and images of a traversal, which runs from so many standard deviations below to as many above.
const TRAVERSED: usize = 6;
const STEPS: usize = 9;
const REACH: f32 = 2.0;

/// What is to be known of each test image.
struct Factor {
    name: &'static str,
    /// Its bin for each image.
    bins: Vec<usize>,
}

/// `mig`: mutual information gap (Chen et al., 2018), the information that the most informative unit has about a factor less
/// that of the second, over the factor's entropy, mean over the factors that vary; 1 where each factor has a unit of its own.
/// `class_information`: the most that a unit knows of the class, in nats; the logarithm of the number of classes is all. The first
/// is absent where no factor varies, the second where all images are of one class.
///
/// # Errors
/// When the rows or images cannot be written.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let test = &context.splits.test;
    let labels = test.labels().iter().map(|label| usize::from(*label)).collect();
    let mut factors = vec![Factor { name: "class", bins: labels }];
    if let Some(drawn) = datasets::test_factors(&context.run.dataset, context.run.seed)? {
        factors.extend(datasets::glyphs::Factors::NAMES.into_iter().enumerate().map(|(index, name)| {
            let values: Vec<f32> = drawn.iter().map(|factors| factors.list()[index]).collect();
            Factor { name, bins: bins(&values) }
        }));
    }
    let mut output = TaskOutput::default();
    let entropies: Vec<f64> = factors.iter().map(|factor| mutual_information(&factor.bins, &factor.bins)).collect();
    let varying: Vec<usize> = (0..factors.len()).filter(|factor| entropies[*factor] > 0.0).collect();
    if entropies[0] <= 0.0 {
        output.without_meaning("all test images are of one class", &["class_information"]);
    }
    if varying.is_empty() {
        output.without_meaning("no factor varies over the test images", &["mig"]);
    }
    let mut rows = Vec::new();
    let mut tensors = Tensors::default();
    let own = context.codes();
    let linear = context.subjects.pca();
    let theirs = linear.map(|pca| joined(blocks(test, test.len(), |images| pca.encode(images))));
    let models: [Option<(&'static str, &dyn Autoencoder, Matrix)>; 2] = [
        Some((AUTOENCODER, context.model, own)),
        linear.zip(theirs).map(|(pca, codes)| (PCA, pca as &dyn Autoencoder, codes)),
    ];
    for (subject, model, codes) in models.into_iter().flatten() {
        let units = codes.columns();
        let information: Vec<Vec<f64>> = (0..units)
            .map(|unit| {
                let values: Vec<f32> = (0..codes.rows()).map(|row| codes.row(row)[unit]).collect();
                let bins = bins(&values);
                factors.iter().map(|factor| mutual_information(&bins, &factor.bins)).collect()
            })
            .collect();
        let gaps = varying.iter().map(|&factor| {
            let mut of_units: Vec<f64> = information.iter().map(|of_unit| of_unit[factor]).collect();
            of_units.sort_by(|a, b| b.total_cmp(a));
            let second = of_units.get(1).copied().unwrap_or(0.0);
            (of_units[0] - second) / entropies[factor]
        });
        let mig = gaps.sum::<f64>() / varying.len() as f64;
        let of_class = information.iter().map(|of_unit| of_unit[0]).fold(0.0, f64::max);
        output.measures.extend((!varying.is_empty()).then_some((subject, "mig", mig)));
        output.measures.extend((entropies[0] > 0.0).then_some((subject, "class_information", of_class)));
        for (unit, of_unit) in information.iter().enumerate() {
            rows.extend(factors.iter().zip(of_unit).zip(&entropies).map(|((factor, information), entropy)| {
                UnitInformation {
                    subject: subject.to_owned(),
                    unit,
                    factor: factor.name.to_owned(),
                    information: *information,
                    share: if *entropy > 0.0 { information / entropy } else { 0.0 },
                }
            }));
        }
        let chosen = UnitInformation::most_informative(rows.iter().filter(|row| row.subject == subject), TRAVERSED);
        tensors.images(&format!("traversals.{subject}"), &traversals(model, &codes, &chosen, &clean(test, 0..1)));
    }
    output.rows = Some(
        storage::to_csv(&rows)
            .map_err(|message| Error::File(system::Error::format("factors.csv".as_ref(), message)))?,
    );
    output.tensors = Some(tensors.bytes()?);
    Ok(output)
}

/// The bin of each value: of a sorted list, as many in each; equal values share one.
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

/// Mutual information of two bins in nats, from their frequencies.
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

/// `(units * steps, values)`: an image decoded with one unit of its code moved about that unit's mean.
fn traversals(model: &dyn Autoencoder, codes: &Matrix, units: &[usize], image: &Matrix) -> Matrix {
    let code = model.encode(image);
    let mut path = Matrix::zeros(units.len() * STEPS, codes.columns());
    for (place, &unit) in units.iter().enumerate() {
        let values = || (0..codes.rows()).map(|row| codes.row(row)[unit]);
        let mean = values().sum::<f32>() / codes.rows() as f32;
        let deviation = (values().map(|value| (value - mean).powi(2)).sum::<f32>() / codes.rows() as f32).sqrt();
        for step in 0..STEPS {
            let row = path.row_mut(place * STEPS + step);
            row.copy_from_slice(code.row(0));
            row[unit] = mean + deviation * REACH * (2.0 * step as f32 / (STEPS - 1) as f32 - 1.0);
        }
    }
    model.decode(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_variable_knows_of_itself_is_its_entropy_and_of_an_independent_one_nothing() {
        let a: Vec<usize> = (0..100).map(|index| index % 4).collect();
        let b: Vec<usize> = (0..100).map(|index| index / 4 % 5).collect();
        assert!((mutual_information(&a, &a) - 4.0_f64.ln()).abs() < 1e-12);
        assert!(mutual_information(&a, &b).abs() < 1e-12);
    }

    #[test]
    fn information_is_that_of_scikit_learn() {
        // sklearn.metrics.mutual_info_score([0, 0, 1, 1, 2, 2, 2, 0], [0, 1, 1, 1, 0, 0, 2, 0])
        let found = mutual_information(&[0, 0, 1, 1, 2, 2, 2, 0], &[0, 1, 1, 1, 0, 0, 2, 0]);
        assert!((found - 0.496929126648240).abs() < 1e-12, "{found}");
    }

    #[test]
    fn bins_hold_as_many_values_each_and_equal_values_share_one() {
        let values: Vec<f32> = (0..200).map(|index| (index * 37 % 200) as f32).collect();
        let counts = bins(&values).into_iter().fold([0; BINS], |mut counts, bin| {
            counts[bin] += 1;
            counts
        });
        assert_eq!(counts, [10; BINS]);
        // A unit that is off in most images.
        let off = bins(&[0.0; 30]);
        assert!(off.iter().all(|bin| *bin == off[0]));
    }
}
