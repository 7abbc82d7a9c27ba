//! `activity`: how many units of a code are active, how strongly, and how steep the encoder is.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use record::UnitActivity;
use spec::subject::{AUTOENCODER, PCA};
use system::storage;
use zoo::{Autoencoder, Matrix, Plan};

use crate::error::Error;
use crate::inputs::clean;
use crate::parallel;
use crate::tasks::context::{Context, TaskOutput, blocks, joined};
use crate::tasks::prior::variances;

/// A unit is active in a row if its value exceeds this share of the unit's root mean square.
const ACTIVE: f64 = 0.05;
/// A unit is dead if its variance over the rows is at most this share of the largest variance.
const DEAD: f64 = 1e-6;
/// Greatest number of test rows whose Jacobian is computed: the first ones.
const JACOBIANS: usize = 1000;

/// Measures the codes of the test images.
///
/// - `mean_activation`: mean absolute value.
/// - `dead_units`: share of units that are the same for every image.
/// - `active_share`: mean share of units that are active in an image.
/// - `sparseness` (Hoyer, 2004): from 0, if all units are equally strong, to 1, if only one is active; mean over images.
///   Absent if all codes are 0.
/// - `jacobian_norm`: squared Frobenius norm of the encoder's Jacobian, mean over the first 1,000 images. It is exact. Only
///   for networks of dense layers and for PCA, where it is the number of components.
///
/// # Errors
/// When the rows cannot be written.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let mut output = TaskOutput::default();
    let mut rows = Vec::new();
    let mut add = |subject: &'static str, codes: &Matrix, jacobian: Option<f64>| {
        let activity = Activity::of(codes);
        output.measures.extend([
            (subject, "mean_activation", activity.mean),
            (subject, "dead_units", activity.dead),
            (subject, "active_share", activity.active.iter().sum::<f64>() / activity.active.len() as f64),
        ]);
        let whose = if subject == AUTOENCODER { String::new() } else { format!(" of {subject}") };
        if codes.columns() == 1 {
            output.without_meaning(&format!("the code{whose} has a single unit"), &["sparseness"]);
        } else if codes.values().iter().any(|value| *value != 0.0) {
            output.measures.push((subject, "sparseness", activity.sparseness));
        } else {
            output.without_meaning(&format!("the code{whose} is 0 for every test image"), &["sparseness"]);
        }
        output.measures.extend(jacobian.map(|norm| (subject, "jacobian_norm", norm)));
        rows.extend(activity.active.iter().enumerate().map(|(unit, share)| UnitActivity {
            subject: subject.to_owned(),
            unit,
            active_share: *share,
        }));
    };
    let images = clean(&context.splits.test, 0..context.splits.test.len().min(JACOBIANS));
    let jacobian = context.dense().map(|(plan, parameters)| jacobian_norm(&plan, &parameters, &images));
    add(AUTOENCODER, &context.codes(), jacobian);
    if let Some(pca) = context.subjects.pca() {
        let components = pca.components().values().iter().map(|value| f64::from(*value).powi(2)).sum();
        add(
            PCA,
            &joined(blocks(&context.splits.test, context.splits.test.len(), |images| pca.encode(images))),
            Some(components),
        );
    }
    output.rows = Some(
        storage::to_csv(&rows)
            .map_err(|message| Error::File(system::Error::format("activity.csv".as_ref(), message)))?,
    );
    Ok(output)
}

struct Activity {
    mean: f64,
    dead: f64,
    /// Share of images in which each unit is active.
    active: Vec<f64>,
    sparseness: f64,
}

impl Activity {
    fn of(codes: &Matrix) -> Self {
        let (images, units) = (codes.rows() as f64, codes.columns());
        let mean = codes.values().iter().map(|value| f64::from(value.abs())).sum::<f64>() / (images * units as f64);
        let variances = variances(codes);
        let largest = variances.iter().copied().fold(0.0, f64::max);
        let dead = variances.iter().filter(|variance| **variance <= DEAD * largest).count() as f64 / units as f64;
        let active = |unit: usize| {
            let values = || (0..codes.rows()).map(|row| f64::from(codes.row(row)[unit].abs()));
            let root = (values().map(|value| value * value).sum::<f64>() / images).sqrt();
            values().filter(|value| *value > ACTIVE * root).count() as f64 / images
        };
        let sparseness = (0..codes.rows()).map(|row| hoyer(codes.row(row))).sum::<f64>() / images;
        Self { mean, dead, active: (0..units).map(active).collect(), sparseness }
    }
}

/// `(sqrt(n) - |x|_1 / |x|_2) / (sqrt(n) - 1)`, for more than one unit; 1 for a code of zeros.
fn hoyer(code: &[f32]) -> f64 {
    let root = (code.len() as f64).sqrt();
    let (sum, square) = code.iter().fold((0.0, 0.0), |(sum, square), value| {
        let value = f64::from(*value);
        (sum + value.abs(), square + value * value)
    });
    if square == 0.0 { 1.0 } else { (root - sum / square.sqrt()) / (root - 1.0) }
}

/// Squared Frobenius norm of the Jacobian of the code, or of its mean; mean over images. The Jacobian is the product of the
/// layers' weights, from the code down, with each row multiplied by the slope of its unit.
fn jacobian_norm(plan: &Plan, parameters: &[f32], images: &Matrix) -> f64 {
    let layers = &plan.layout.layers[..=plan.layout.code()];
    let slopes: Vec<Matrix> = (0..layers.len()).map(|layer| plan.slopes(layer, parameters, images)).collect();
    let norms: Vec<f64> = parallel::map(images.rows(), &|image| {
        let last = layers.len() - 1;
        let units = layers[last].outputs;
        let mut product = parameters[layers[last].weight()].to_vec();
        for (row, slope) in product.chunks_exact_mut(layers[last].inputs).zip(slopes[last].row(image)) {
            row.iter_mut().for_each(|value| *value *= slope);
        }
        for below in (0..last).rev() {
            let layer = &layers[below];
            for row in product.chunks_exact_mut(layer.outputs) {
                row.iter_mut().zip(slopes[below].row(image)).for_each(|(value, slope)| *value *= slope);
            }
            let mut next = vec![0.0; units * layer.inputs];
            matmul(
                MatMut::from_row_major_slice_mut(&mut next, units, layer.inputs),
                Accum::Replace,
                MatRef::from_row_major_slice(&product, units, layer.outputs),
                MatRef::from_row_major_slice(&parameters[layer.weight()], layer.outputs, layer.inputs),
                1.0,
                Par::Seq,
            );
            product = next;
        }
        product.iter().map(|value| f64::from(*value).powi(2)).sum()
    });
    norms.iter().sum::<f64>() / norms.len() as f64
}

#[cfg(test)]
mod tests {
    use spec::catalogue::Architecture;

    use super::*;

    #[test]
    fn sparseness_is_0_for_equal_units_and_1_for_a_single_one() {
        assert!(hoyer(&[2.0, -2.0, 2.0, 2.0]).abs() < 1e-12);
        assert!((hoyer(&[0.0, -3.0, 0.0]) - 1.0).abs() < 1e-12);
        assert_eq!(hoyer(&[0.0; 4]), 1.0);
    }

    #[test]
    fn dead_and_active_units_are_counted() {
        // The first unit is constant, the second is active in half of the images, the third in all.
        let codes = Matrix::new(2, 3, vec![0.0, 0.0, -1.0, 0.0, 5.0, 2.0]);
        let activity = Activity::of(&codes);
        assert_eq!(activity.active, [0.0, 0.5, 1.0]);
        assert!((activity.dead - 1.0 / 3.0).abs() < 1e-12);
        assert!((activity.mean - 8.0 / 6.0).abs() < 1e-12);
    }

    #[test]
    fn the_norm_of_a_jacobian_matches_finite_differences() {
        for architecture in [Architecture::Shallow, Architecture::Plain, Architecture::Wide, Architecture::Variational]
        {
            let network = crate::tasks::context::tests::network(architecture);
            let (plan, parameters) = (network.kind().plan().unwrap(), network.parameters());
            let images = Matrix::new(2, 784, (0..2 * 784).map(|index| ((index * 7) % 13) as f32 / 13.0).collect());
            let found = jacobian_norm(&plan, &parameters, &images);
            let step = 1e-2;
            let mut expected = 0.0;
            for image in 0..2 {
                // A batch with each pixel moved up, and a batch with each pixel moved down.
                let moved = |by: f32| {
                    let mut rows = Matrix::zeros(784, 784);
                    for pixel in 0..784 {
                        rows.row_mut(pixel).copy_from_slice(images.row(image));
                        rows.row_mut(pixel)[pixel] += by;
                    }
                    network.encode(&rows)
                };
                let pairs = moved(step);
                let pairs = pairs
                    .values()
                    .iter()
                    .zip(moved(-step).values().to_vec())
                    .map(|(up, down)| (up - down) / (2.0 * step));
                expected += pairs.map(|slope| f64::from(slope).powi(2)).sum::<f64>() / 2.0;
            }
            assert!((found / expected - 1.0).abs() < 0.02, "{architecture}: {found} {expected}");
        }
    }
}
