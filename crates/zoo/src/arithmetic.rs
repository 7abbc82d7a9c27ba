//! Elementary functions of f32, written as loops that the compiler vectorises for several instruction sets. The program
//! picks the widest set at run time.
//!
//! No function fuses a multiplication with an addition, so that each gives the same bits with every instruction set.

/// Runs a loop with the widest vector instructions of this processor. The closure and every function that it calls must be
/// `#[inline(always)]`, else their code is not vectorised.
#[inline(always)]
pub fn vectorised<R>(operation: impl FnOnce() -> R) -> R {
    pulp::Arch::new().dispatch(operation)
}

/// `max(0, sum)`. NaN stays NaN, so that a diverged training is noticed.
#[inline(always)]
pub fn relu(sum: f32) -> f32 {
    if sum < 0.0 { 0.0 } else { sum }
}

/// `1 / (1 + exp(-sum))`.
#[inline(always)]
pub fn sigmoid(sum: f32) -> f32 {
    1.0 / (1.0 + exp(-sum))
}

/// `sum` where it is positive, else `sum / 100`. NaN stays NaN.
#[inline(always)]
pub fn leaky_relu(sum: f32) -> f32 {
    if sum < 0.0 { sum * 0.01 } else { sum }
}

/// `sum` where it is positive, else `exp(sum) - 1`. NaN stays NaN.
#[inline(always)]
pub fn elu(sum: f32) -> f32 {
    // Near 0 the difference `exp(sum) - 1` loses digits. The series is accurate to 1e-9 there.
    let series = sum * (1.0 + sum * (0.5 + sum * (1.0 / 6.0 + sum / 24.0)));
    let below = if sum > -0.03 { series } else { exp(sum) - 1.0 };
    if sum < 0.0 { below } else { sum }
}

/// GELU, `sum` times the standard normal distribution function at `sum`, and its slope. Both are within 3e-7 for sums up to
/// 10. The distribution function is formula 7.1.26 of Abramowitz & Stegun (1964).
#[inline(always)]
pub fn gelu(sum: f32) -> (f32, f32) {
    let z = sum.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let mut polynomial = 1.061_405_4;
    for coefficient in [-1.453_152, 1.421_413_7, -0.284_496_74, 0.254_829_6] {
        polynomial = polynomial * t + coefficient;
    }
    let small = exp(-z * z);
    let tail = 0.5 * polynomial * t * small;
    let distribution = if sum < 0.0 { tail } else { 1.0 - tail };
    // 1 / sqrt(2 pi)
    (sum * distribution, distribution + sum * small * 0.398_942_3)
}

/// Hyperbolic tangent, within 2e-7 of the true value.
#[inline(always)]
pub fn tanh(x: f32) -> f32 {
    let small = exp(-2.0 * x.abs());
    ((1.0 - small) / (1.0 + small)).copysign(x)
}

/// `exp`, within 2 units in the last place. Results are clamped to the smallest and the largest normal number.
///
/// Computed as `2^n` times a polynomial for `exp(r)`, `|r| <= ln(2) / 2` (Cody & Waite, 1980, with Cephes' coefficients).
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    // Adding this constant rounds a number: its low bits then hold the nearest whole number.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.3, 88.3);
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let mut polynomial = 1.987_569_2e-4;
    for coefficient in [1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5] {
        polynomial = polynomial * r + coefficient;
    }
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(127 << 23));
    (polynomial * r * r + r + 1.0) * power
}

/// `ln(1 + x)` for x in [0, 1], within 2 units in the last place: `2 artanh(x / (2 + x))` as a series.
#[inline(always)]
pub fn ln_1p(x: f32) -> f32 {
    let s = x / (2.0 + x);
    let square = s * s;
    let mut series = 1.0 / 13.0;
    for coefficient in [1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0] {
        series = series * square + coefficient;
    }
    2.0 * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_and_logarithm_are_close_to_the_standard_library_s() {
        for step in -8_700..8_700 {
            let x = step as f32 * 0.01;
            let relative = f64::from(exp(x)) / f64::from(x).exp() - 1.0;
            assert!(relative.abs() < 2.5e-7, "exp({x}): {relative}");
        }
        for step in 1..=10_000 {
            let x = step as f32 * 1e-4;
            let relative = f64::from(ln_1p(x)) / f64::from(x).ln_1p() - 1.0;
            assert!(relative.abs() < 2.5e-7, "ln_1p({x}): {relative}");
        }
        assert_eq!((ln_1p(0.0), exp(0.0)), (0.0, 1.0));
        for step in -3_000..3_000 {
            let x = step as f32 * 0.01;
            assert!((f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 2e-7, "tanh({x})");
        }
        assert!(tanh(f32::NAN).is_nan());
    }
}
