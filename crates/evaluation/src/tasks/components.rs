//! `components`: the number of principal components with the error of the autoencoder, and the excess of both errors over
//! the noise floor, if the data set has one.

use spec::Run;
use spec::catalogue::Split;
use spec::subject::{AUTOENCODER, NOISE_FLOOR, PCA};
use zoo::{Autoencoder, Matrix};

use crate::baselines::pca::Pca;
use crate::error::Error;
use crate::inputs::Inputs;
use crate::parallel;
use crate::tasks::context::{BLOCK, Context, TaskOutput};
use crate::tensors::Tensors;

/// Measures the autoencoder in principal components, and both errors above the noise floor.
///
/// - `components_to_equal_error`: fewest principal components of the training split, from 0, whose mean squared error on
///   the test split is at most that of the autoencoder. Absent if no number of components is enough, which happens with
///   corruption.
/// - `noise_floor.mse_per_pixel`: variance of the noise, if it is known.
/// - `excess_over_floor`: by how much the errors of autoencoder and PCA exceed the floor, as a share of it.
///
/// With a corruption, all reconstruct the clean image from the noisy one.
///
/// # Errors
/// When the eigendecomposition does not converge.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let run = context.run;
    let inputs = Inputs { rows: &context.splits.test, split: Split::Test, corruption: run.corruption, seed: run.seed };
    let (autoencoder, blocks) = inputs.mean_squared_errors(context.model);
    let pca = Pca::fit(&context.splits.train, inputs.rows.width())?;
    let by_components = errors_by_components(&pca, &inputs);
    let fewest = by_components.iter().position(|error| *error <= autoencoder);
    let mut tensors = Tensors::default();
    let variances: Vec<f32> = pca.explained_variance().iter().map(|variance| *variance as f32).collect();
    tensors.floats("pca.explained_variance", &Matrix::new(1, variances.len(), variances));
    let mut output = TaskOutput { tensors: Some(tensors.bytes()?), ..TaskOutput::default() };
    match fewest {
        Some(fewest) => output.measures.push((PCA, "components_to_equal_error", fewest as f64)),
        None => output.without_meaning(
            "no number of principal components has an error as small as the autoencoder's",
            &["components_to_equal_error"],
        ),
    }
    if let Some(floor) = noise_floor(run) {
        // The floor is known exactly, so it is the same in every block.
        output.push_with_blocks(NOISE_FLOOR, "mse_per_pixel", floor, vec![floor; blocks.len()]);
        let excess = |error: f64| error / floor - 1.0;
        let of_blocks = blocks.into_iter().map(excess).collect();
        output.push_with_blocks(AUTOENCODER, "excess_over_floor", excess(autoencoder), of_blocks);
        // If the code has more units than a row has values, PCA has all its components.
        let pca = by_components.get(run.model.code()).or(by_components.last());
        output.measures.extend(pca.map(|pca| (PCA, "excess_over_floor", pca / floor - 1.0)));
    }
    Ok(output)
}

/// Least possible mean squared error per pixel: that of a reconstruction with the exact image without its noise.
fn noise_floor(run: &Run) -> Option<f64> {
    run.dataset.named().and_then(datasets::noise_variance).filter(|_| run.dataset.has_known_noise())
}

/// Mean squared error per pixel of PCA with 0, 1, ... all of its components.
///
/// All components are an orthonormal basis. Let a and b be the projections of the clean image and of the encoded image,
/// both minus the mean. A component that is kept costs `(a - b)^2`, which is 0 without corruption; one that is dropped
/// costs `a^2`. No term is negative, so the sums lose no digits.
fn errors_by_components(pca: &Pca, inputs: &Inputs<'_>) -> Vec<f64> {
    let (count, width) = (inputs.rows.len(), inputs.rows.width());
    let sums: Vec<Vec<[f64; 2]>> = parallel::map_blocks(count, BLOCK, &|block| {
        let clean = inputs.clean(block.clone());
        let ours = pca.encode(&clean);
        let encoded = inputs.corruption.map(|_| pca.encode(&inputs.corrupted(clean, block)));
        let mut sums = vec![[0.0; 2]; width];
        for row in 0..ours.rows() {
            let seen = encoded.as_ref().unwrap_or(&ours).row(row);
            for ((sum, a), b) in sums.iter_mut().zip(ours.row(row)).zip(seen) {
                let (a, b) = (f64::from(*a), f64::from(*b));
                *sum = [sum[0] + (a - b).powi(2), sum[1] + a.powi(2)];
            }
        }
        sums
    });
    // Added in the order of the images, so that the result does not depend on threads.
    let mut total = vec![[0.0; 2]; width];
    for block in sums {
        total.iter_mut().zip(block).for_each(|(total, sum)| *total = [total[0] + sum[0], total[1] + sum[1]]);
    }
    let mut left_out = vec![0.0; width + 1];
    for component in (0..width).rev() {
        left_out[component] = left_out[component + 1] + total[component][1];
    }
    let mut kept = 0.0;
    let errors = left_out.into_iter().enumerate().map(|(components, left_out)| {
        let error = kept + left_out;
        kept += total.get(components).map_or(0.0, |sum| sum[0]);
        error / (count * width) as f64
    });
    errors.collect()
}

#[cfg(test)]
mod tests {
    use datasets::{Rows, surface};
    use spec::{Corruption, Shape};

    use super::*;
    use crate::metrics::squared_error;

    const PIXELS: usize = 784;

    /// Images of the surface, from `start` on.
    fn images(start: u64, count: u64) -> Rows {
        let (pixels, labels): (Vec<_>, Vec<_>) = (start..start + count).map(surface::image).unzip();
        Rows::new(Shape::square(28), pixels.concat(), labels)
    }

    fn reconstructed(pca: &Pca, input: &Matrix, clean: &Matrix) -> f64 {
        let output = pca.reconstruct(input);
        let errors = (0..clean.rows()).map(|row| squared_error(clean.row(row), output.row(row)));
        errors.sum::<f64>() / clean.values().len() as f64
    }

    #[test]
    fn errors_by_projection_match_those_of_reconstructions() {
        let (train, test) = (images(0, 900), images(60_000, 620));
        let pca = Pca::fit(&train, PIXELS).unwrap();
        for corruption in [None, Some(Corruption::Gaussian { sigma: 0.3 })] {
            let inputs = Inputs { rows: &test, split: Split::Test, corruption, seed: 3 };
            let errors = errors_by_components(&pca, &inputs);
            let clean = inputs.clean(0..620);
            let input = inputs.corrupted(clean.clone(), 0..620);
            assert_eq!(errors.len(), PIXELS + 1);
            for components in [0, 1, 2, 9, 40, 300, 783] {
                let brute = reconstructed(&Pca::fit(&train, components).unwrap(), &input, &clean);
                assert!(
                    (errors[components] / brute - 1.0).abs() < 1e-5,
                    "{components}: {} {brute}",
                    errors[components]
                );
            }
            match corruption {
                None => {
                    assert!(errors.is_sorted_by(|a, b| a >= b), "another component never raises the error");
                    assert_eq!(errors[PIXELS], 0.0);
                }
                Some(_) => {
                    let nothing = squared_error(clean.values(), input.values()) / clean.values().len() as f64;
                    assert!((errors[PIXELS] / nothing - 1.0).abs() < 1e-5, "with all components PCA copies its input");
                }
            }
        }
    }
}
