//! Numbers and places in words, which sentences and tables share.

use canvas::number::fixed;
use spec::Check;

/// A number with `digits` significant digits.
pub(crate) fn significant_digits(value: f64, digits: i32) -> String {
    if value == 0.0 || !value.is_finite() {
        return fixed(value, 0);
    }
    let decimals = f64::from(digits - 1) - value.abs().log10().floor();
    fixed(value, decimals.clamp(0.0, 9.0) as usize)
}

/// Variant and code size of a check, such as `weighted 32`; empty if the claim fixes both.
pub(crate) fn place(check: &Check, code_name: &str) -> String {
    let code = check.code.map(|code| format!("{code_name}{code}"));
    let parts: Vec<String> = check.variant.clone().into_iter().chain(code).collect();
    parts.join(" ")
}

/// Variant and code size of a check, followed by a colon; empty if the claim fixes both.
pub(crate) fn at(check: &Check, code_name: &str) -> String {
    let place = place(check, code_name);
    if place.is_empty() { place } else { format!("{place}: ") }
}
