//! `prior`: how close the codes of test images are to the standard normal distribution that samples are drawn from.

use random::{Stream, item};
use spec::catalogue::Split;
use spec::subject::AUTOENCODER;
use zoo::Matrix;

use crate::tasks::context::{Context, TaskOutput};

use crate::error::Error;
use crate::estimators::normal::Normal;

/// Greatest variance of an uninformative unit's code, or mean, over the images. Burda et al. (2016, section 5) call the
/// other units active.
pub(crate) const INFORMATIVE: f64 = 0.01;

/// Compares the distribution of codes with the prior. Gaussian codes are sampled.
///
/// - `prior_distance`: squared 2-Wasserstein distance of the normal distribution with the codes' mean and covariance from
///   the standard one, per unit.
/// - `prior_ks`: the largest gap between a unit's distribution function and the standard normal one (Kolmogorov & Smirnov),
///   mean over units.
/// - `collapsed_units`: share of units with a variance of at most 0.01; for Gaussian codes, the variance of their means.
///   Only if the training had a prior, which sets the scale of the codes.
///
/// # Errors
/// When an eigendecomposition does not converge.
pub(crate) fn run(context: &Context<'_>) -> Result<TaskOutput, Error> {
    let (means, codes) = match context.posterior() {
        None => {
            let codes = context.codes();
            (codes.clone(), codes)
        }
        Some(posterior) => {
            let mut noise = Matrix::zeros(posterior.means.rows(), posterior.means.columns());
            for image in 0..noise.rows() {
                let index = item(Split::Test as u32, image as u32);
                let mut generator = Stream::EvaluationCode.generator(context.run.seed, index);
                random::normals(&mut generator, noise.row_mut(image));
            }
            let codes = posterior.sample(&noise);
            (posterior.means, codes)
        }
    };
    let units = codes.columns();
    let distance = Normal::fit(&codes).distance(&Normal::standard(units))? / units as f64;
    let ks = (0..units).map(|unit| kolmogorov_smirnov(&codes, unit)).sum::<f64>() / units as f64;
    let mut output = TaskOutput::default();
    output.measures.extend([(AUTOENCODER, "prior_distance", distance), (AUTOENCODER, "prior_ks", ks)]);
    if context.run.training.variational.is_some() || context.run.training.adversarial.is_some() {
        let collapsed = variances(&means).iter().filter(|variance| **variance <= INFORMATIVE).count();
        output.measures.push((AUTOENCODER, "collapsed_units", collapsed as f64 / units as f64));
    }
    Ok(output)
}

/// Variance of each column over the rows.
pub(crate) fn variances(rows: &Matrix) -> Vec<f64> {
    let count = rows.rows() as f64;
    let column = |column: usize| {
        let values = || (0..rows.rows()).map(|row| f64::from(rows.row(row)[column]));
        let mean = values().sum::<f64>() / count;
        values().map(|value| (value - mean).powi(2)).sum::<f64>() / count
    };
    (0..rows.columns()).map(column).collect()
}

fn kolmogorov_smirnov(codes: &Matrix, unit: usize) -> f64 {
    let mut values: Vec<f64> = (0..codes.rows()).map(|row| f64::from(codes.row(row)[unit])).collect();
    values.sort_by(f64::total_cmp);
    let count = values.len() as f64;
    let gap = |(index, value): (usize, &f64)| {
        let normal = 0.5 * libm::erfc(-value / std::f64::consts::SQRT_2);
        (normal - index as f64 / count).abs().max(((index + 1) as f64 / count - normal).abs())
    };
    values.iter().enumerate().map(gap).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_the_prior_fit_it_and_shifted_ones_do_not() {
        let mut drawn = Matrix::zeros(20_000, 1);
        random::normals(&mut Stream::Samples.generator(0, 0), drawn.values_mut());
        // The 99.9 % quantile of Kolmogorov's distribution is 1.95.
        assert!(kolmogorov_smirnov(&drawn, 0) < 1.95 / 20_000.0_f64.sqrt());
        drawn.values_mut().iter_mut().for_each(|value| *value += 0.5);
        // The standard normal distribution function rises by 0.1974 from -0.25 to 0.25.
        assert!((kolmogorov_smirnov(&drawn, 0) - 0.1974).abs() < 0.01);
    }

    #[test]
    fn the_largest_gap_is_found_on_both_sides_of_a_step() {
        // scipy.stats.kstest([-1, 0, 2], "norm").statistic
        let codes = Matrix::new(3, 1, vec![2.0, -1.0, 0.0]);
        assert!((kolmogorov_smirnov(&codes, 0) - 0.310_583_201_4).abs() < 1e-9, "{}", kolmogorov_smirnov(&codes, 0));
    }

    #[test]
    fn variances_are_those_of_the_columns() {
        assert_eq!(variances(&Matrix::new(2, 2, vec![1.0, 5.0, 3.0, 5.0])), [1.0, 0.0]);
    }
}
