//! Samples of Gaussian codes, and gradients back through them.

use zoo::arithmetic::exp;

use super::{LANES, vectorised};

/// Samples Gaussian codes from means, log variances and standard normal noise, all `(rows, units)`. Returns the divergence
/// of the codes from the standard normal prior in nats, summed over rows with their weights.
pub(crate) fn sample(codes: &mut [f32], means: &[f32], log_variances: &[f32], noise: &[f32], weights: &[f32]) -> f64 {
    let units = codes.len() / weights.len();
    let mut total = 0.0;
    let rows = codes.chunks_exact_mut(units).zip(means.chunks_exact(units));
    let drawn = log_variances.chunks_exact(units).zip(noise.chunks_exact(units));
    for (((codes, means), (log_variances, noise)), weight) in rows.zip(drawn).zip(weights) {
        let twice: f32 = vectorised(
            #[inline(always)]
            || {
                let mut twice = [0.0; LANES];
                let moments = means.iter().zip(log_variances).zip(noise);
                for (unit, (code, ((mean, log_variance), noise))) in codes.iter_mut().zip(moments).enumerate() {
                    let deviation = exp(0.5 * log_variance);
                    *code = mean + deviation * noise;
                    twice[unit % LANES] += mean * mean + deviation * deviation - 1.0 - log_variance;
                }
                twice.iter().sum()
            },
        );
        total += 0.5 * f64::from(twice) * f64::from(*weight);
    }
    total
}

/// Turns the gradient with respect to sampled codes, given in `means_deltas`, into those with respect to means and log
/// variances.
///
/// Adds the gradient of the divergence times `factor` and the weight of the row, and adds both gradients up over rows into
/// their bias gradients. All buffers are `(rows, units)`, except weights, `(rows,)`, and bias gradients, `(units,)`.
pub(crate) fn through_sample(
    [mean_deltas, log_variance_deltas]: [&mut [f32]; 2],
    [means, log_variances, noise]: [&[f32]; 3],
    weights: &[f32],
    factor: f32,
    [mean_bias, log_variance_bias]: [&mut [f32]; 2],
) {
    let units = mean_bias.len();
    mean_bias.fill(0.0);
    log_variance_bias.fill(0.0);
    for (row, weight) in weights.iter().enumerate() {
        let place = row * units..(row + 1) * units;
        let (mean_deltas, log_variance_deltas) =
            (&mut mean_deltas[place.clone()], &mut log_variance_deltas[place.clone()]);
        let moments = means[place.clone()].iter().zip(&log_variances[place.clone()]).zip(&noise[place]);
        let factor = factor * weight;
        vectorised(
            #[inline(always)]
            || {
                let deltas = mean_deltas.iter_mut().zip(log_variance_deltas);
                let biases = mean_bias.iter_mut().zip(&mut *log_variance_bias);
                for (((of_mean, of_log_variance), ((mean, log_variance), noise)), biases) in
                    deltas.zip(moments).zip(biases)
                {
                    let deviation = exp(0.5 * log_variance);
                    *of_log_variance = 0.5 * (*of_mean * deviation * noise + factor * (deviation * deviation - 1.0));
                    *of_mean += factor * mean;
                    *biases.0 += *of_mean;
                    *biases.1 += *of_log_variance;
                }
            },
        );
    }
}
