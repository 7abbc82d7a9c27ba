//! Numbers as text: decimals if these show the value, else scientific notation.

/// Magnitude from which numbers are written in scientific notation.
const LARGE: f64 = 1e7;

/// A number with `decimals` decimals. A number too large or too small for these is in scientific notation, such as
/// `1.234e-9`.
pub fn fixed(value: f64, decimals: usize) -> String {
    let shown = value == 0.0 || (is_below_large(value) && value.abs() >= 0.5 * 0.1_f64.powi(decimals as i32));
    if shown { format!("{value:.decimals$}") } else { scientific(value, 3) }
}

/// A number with a sign and `decimals` decimals; see [`fixed`].
pub fn signed(value: f64, decimals: usize) -> String {
    let sign = if value.is_sign_negative() { '-' } else { '+' };
    format!("{sign}{}", fixed(value.abs(), decimals))
}

/// True if a number is small enough to be written with decimals.
pub fn is_below_large(value: f64) -> bool {
    value.abs() < LARGE
}

/// A number in scientific notation with `decimals` decimals; a dash if it is infinite or NaN.
pub fn scientific(value: f64, decimals: usize) -> String {
    if value.is_finite() { format!("{value:.decimals$e}") } else { "–".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_numbers_have_decimals_and_others_an_exponent() {
        assert_eq!([fixed(0.0, 5), fixed(0.25, 5), fixed(-12.5, 2)], ["0.00000", "0.25000", "-12.50"]);
        assert_eq!([fixed(1e308, 5), fixed(-3.25e9, 6)], ["1.000e308", "-3.250e9"]);
        assert_eq!([fixed(1.5e-12, 5), fixed(6e-6, 5)], ["1.500e-12", "0.00001"]);
        assert_eq!([signed(0.5, 2), signed(-1e9, 2), signed(0.0, 1)], ["+0.50", "-1.000e9", "+0.0"]);
        assert_eq!([fixed(f64::NAN, 5), fixed(f64::INFINITY, 5)], ["–", "–"]);
    }
}
