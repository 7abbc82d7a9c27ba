//! The best linear denoiser without a bottleneck, in closed form.

use zoo::Matrix;

use crate::baselines::choice::choose;
use crate::baselines::fitted::{Fitted, clip};
use crate::error::Error;
use crate::estimators::least_squares::{Affine, BLOCK, Moments, Normal, noise_samples};
use crate::inputs::Inputs;

/// Candidate penalties, as shares of the mean variance of the noisy values.
const PENALTIES: [f64; 7] = [0.0, 1e-4, 1e-3, 1e-2, 3e-2, 1e-1, 3e-1];

/// One training row of this many is held out to choose the penalty.
const HELD_OUT: usize = 10;
/// Greatest number of held-out rows.
const MOST_HELD_OUT: usize = 5000;

/// The affine map from noisy to clean rows with the least squared error on the training rows: the Wiener filter of their
/// own mean and covariance.
///
/// Each row has [several samples of noise](noise_samples). The weights are those of ridge regression. The penalty is the
/// one with the lowest error on held-out training rows; the final fit uses all rows. The output is clipped to the range of
/// the values, if they have one.
pub(crate) struct Wiener {
    /// Weights `(values, values)` and biases `(values,)`.
    map: Affine,
    range: Option<[f32; 2]>,
    penalty: f64,
}

impl Wiener {
    /// Fits the map from noisy to clean training rows.
    ///
    /// # Errors
    /// When an eigendecomposition does not converge.
    pub(crate) fn fit(train: &Inputs<'_>) -> Result<Self, Error> {
        let (count, range) = (train.rows.len(), train.rows.range());
        let fitted = count - (count / HELD_OUT).min(MOST_HELD_OUT);
        let samples = noise_samples(train);
        let mut moments = Moments::of_noise(train, 0..fitted, samples, BLOCK);
        let of = |normal: &Normal, penalty| Self { map: normal.ridge(penalty), range, penalty };
        let mut penalty = PENALTIES[0];
        if fitted < count {
            let normal = moments.normal()?;
            let candidates = PENALTIES.map(|penalty| of(&normal, penalty));
            let candidates: Vec<&Self> = candidates.iter().collect();
            let chosen = choose(train, fitted..count, &candidates, |model, input| model.reconstruct(input));
            penalty = chosen.map_or(penalty, |model| model.penalty);
            moments.add(&Moments::of_noise(train, fitted..count, samples, BLOCK));
        }
        Ok(of(&moments.normal()?, penalty))
    }
}

impl Fitted for Wiener {
    fn reconstruct(&self, input: &Matrix) -> Matrix {
        let mut output = self.map.apply(input);
        clip(&mut output, self.range);
        output
    }

    fn chosen(&self) -> Vec<(&'static str, f64)> {
        vec![("regularisation", self.penalty)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::baselines::linear_denoiser::LinearDenoiser;
    use crate::baselines::linear_denoiser::tests::{images, inputs, pairs, run};
    use crate::metrics::squared_error;

    #[test]
    fn a_filter_without_a_bottleneck_has_less_error() {
        let images = images();
        let train = inputs(&images, run("[corruption.gaussian]\nsigma = 0.5\n").corruption);
        let [clean, noisy] = pairs(&train);
        let error = |model: &dyn Fitted| squared_error(clean.values(), model.reconstruct(&noisy).values());
        let own = error(&Wiener::fit(&train).unwrap());
        let narrow = error(&LinearDenoiser::fit(&train, 8).unwrap());
        assert!(own < 0.8 * narrow, "{own} {narrow}");
    }

    #[test]
    fn more_samples_of_noise_give_less_error_on_new_rows() {
        let images = images();
        let train = inputs(&images, run("[corruption.gaussian]\nsigma = 0.5\n").corruption);
        let (fitted, new) = (0..1000, 1000..1500);
        let clean = train.clean(new.clone());
        let noisy = train.corrupted(clean.clone(), new);
        let error = |samples: u32| {
            let map = Moments::of_noise(&train, fitted.clone(), samples, BLOCK).normal().unwrap().ridge(0.0);
            squared_error(clean.values(), map.apply(&noisy).values())
        };
        let [one, many] = [1, 20].map(error);
        assert!(many < 0.8 * one, "{many} {one}");
    }

    #[test]
    fn without_a_penalty_the_filter_is_the_linear_denoiser_with_a_full_code() {
        let images = images();
        let train = inputs(&images, run("[corruption.gaussian]\nsigma = 0.5\n").corruption);
        let [_, noisy] = pairs(&train);
        let full = LinearDenoiser::fit(&train, 784).unwrap().reconstruct(&noisy);
        let samples = noise_samples(&train);
        let normal = Moments::of_noise(&train, 0..images.len(), samples, BLOCK).normal().unwrap();
        let own = Wiener { map: normal.ridge(0.0), range: Some([0.0, 1.0]), penalty: 0.0 }.reconstruct(&noisy);
        for (own, full) in own.values().iter().zip(full.values()) {
            assert!((own - full).abs() < 1e-3, "{own} {full}");
        }
    }

    #[test]
    fn the_solution_satisfies_the_normal_equations_of_ridge_regression() {
        // The normal equations of ridge regression: cov(error, input) = ridge * weight.
        let images = images();
        let train = inputs(&images, run("[corruption.gaussian]\nsigma = 0.5\n").corruption);
        let [clean, noisy] = pairs(&train);
        let map = Moments::of_noise(&train, 0..images.len(), 1, BLOCK).normal().unwrap().ridge(0.1);
        let output = map.apply(&noisy);
        let count = images.len() as f64;
        let mean = |of: &dyn Fn(usize) -> f64| (0..images.len()).map(of).sum::<f64>() / count;
        let variance = |input: usize| {
            let at = |row: usize| f64::from(noisy.row(row)[input]);
            mean(&|row| at(row) * at(row)) - mean(&at) * mean(&at)
        };
        let ridge = 0.1 * (0..784).map(variance).sum::<f64>() / 784.0;
        for pixel in (0..784).step_by(97) {
            let error = |row: usize| f64::from(clean.row(row)[pixel] - output.row(row)[pixel]);
            assert!(mean(&error).abs() < 1e-5, "{pixel}");
            for input in (0..784).step_by(113) {
                let told = mean(&|row| error(row) * f64::from(noisy.row(row)[input]));
                let expected = ridge * f64::from(map.weights.row(pixel)[input]);
                assert!((told - expected).abs() < 1e-5, "{pixel} {input}: {told} {expected}");
            }
        }
    }

    #[test]
    fn a_few_masked_rows_need_a_penalty_and_clean_rows_none() {
        let images = images();
        let mut dataset = run("").dataset;
        dataset.train = 100;
        let few = datasets::load(&dataset, 0, None).unwrap().train;
        // Gaussian noise with many samples already acts as a penalty.
        let masked = inputs(&few, run("[corruption.masking]\nfraction = 0.4\n").corruption);
        assert!(Wiener::fit(&masked).unwrap().penalty > 0.0);
        let clean = inputs(&images, None);
        assert_eq!(Wiener::fit(&clean).unwrap().penalty, 0.0);
    }
}
