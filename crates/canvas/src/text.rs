//! The embedded font, widths of texts, line breaks, and numbers as text for figures.

use std::sync::OnceLock;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

use crate::error::Error;
use crate::number::{is_below_large, scientific};

/// Font names that an SVG viewer tries in order. The bitmap backend finds the embedded font under the same string.
pub(crate) const FAMILY: &str = "Open Sans, Helvetica, Arial, sans-serif";

static REGULAR: &[u8] = include_bytes!("../fonts/OpenSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../fonts/OpenSans-Bold.ttf");

/// Ascent plus descent of Open Sans, in em. The bitmap backend uses it as the size of a text.
pub(crate) const HEIGHT_PER_EM: f64 = 2789.0 / 2048.0;

/// Weight of the font of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Weight of running text.
    Regular,
    /// Weight of titles.
    Bold,
}

impl Weight {
    /// The embedded font of this weight, as a TrueType file.
    pub const fn file(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::Bold => BOLD,
        }
    }

    pub(crate) const fn style(self) -> FontStyle {
        match self {
            Self::Regular => FontStyle::Normal,
            Self::Bold => FontStyle::Bold,
        }
    }
}

/// The embedded font at a size in the measure of the backend.
///
/// # Errors
/// If the backend cannot read the embedded font file.
pub(crate) fn font(size: f64, weight: Weight) -> Result<FontDesc<'static>, Error> {
    static REGISTERED: OnceLock<bool> = OnceLock::new();
    let registered = *REGISTERED.get_or_init(|| {
        let fonts = [(FontStyle::Normal, REGULAR), (FontStyle::Bold, BOLD)];
        fonts.into_iter().all(|(style, bytes)| register_font(FAMILY, style, bytes).is_ok())
    });
    if !registered {
        return Err(Error { message: "the embedded font cannot be read".to_owned() });
    }
    Ok(FontDesc::new(FontFamily::Name(FAMILY), size, weight.style()))
}

/// Width of a text whose em is `size` pixels.
pub fn width(text: &str, size: f64, weight: Weight) -> Result<f64, Error> {
    // Measured at a large size, because the backend rounds to whole pixels.
    const MEASURED_AT: f64 = 1000.0;
    let ((left, _), (right, _)) = font(MEASURED_AT * HEIGHT_PER_EM, weight)?
        .layout_box(text)
        .map_err(|error| Error { message: error.to_string() })?;
    Ok(f64::from(right - left) / MEASURED_AT * size)
}

/// Width of the widest of several texts whose em is `size` pixels.
pub fn widest<'a>(texts: impl IntoIterator<Item = &'a str>, size: f64, weight: Weight) -> Result<f64, Error> {
    texts.into_iter().try_fold(0.0_f64, |widest, text| Ok(widest.max(width(text, size, weight)?)))
}

/// Breaks a text at spaces into lines no wider than `limit` pixels. A single word that is wider stays whole.
pub fn wrap(text: &str, size: f64, weight: Weight, limit: f64) -> Result<Vec<String>, Error> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) => {
                let longer = format!("{line} {word}");
                if width(&longer, size, weight)? <= limit {
                    *line = longer;
                } else {
                    lines.push(word.to_owned());
                }
            }
            None => lines.push(word.to_owned()),
        }
    }
    Ok(lines)
}

/// Breaks a text into as few lines as [`wrap`], with lines of about equal length.
pub fn wrap_evenly(text: &str, size: f64, weight: Weight, limit: f64) -> Result<Vec<String>, Error> {
    let mut lines = wrap(text, size, weight, limit)?;
    let count = lines.len();
    let mut narrower = limit * 0.97;
    while count > 1 && narrower > limit / count as f64 {
        let candidate = wrap(text, size, weight, narrower)?;
        if candidate.len() > count {
            break;
        }
        lines = candidate;
        narrower *= 0.97;
    }
    Ok(lines)
}

/// A number with three significant digits: 0.0123, 1.23, 123. A very small or very large number has an exponent:
/// 1.23e-9.
pub fn number(value: f64) -> String {
    if value == 0.0 {
        return "0".to_owned();
    }
    if !is_below_large(value) || value.abs() < 1e-7 {
        return scientific(value, 2);
    }
    // The number is rounded first, so that 0.09996 is written as 0.100.
    let magnitude = |value: f64| value.abs().log10().floor() as i32;
    let unit = 10_f64.powi(magnitude(value) - 2);
    let decimals = (2 - magnitude((value / unit).round() * unit)).clamp(0, 12) as usize;
    format!("{value:.decimals$}")
}

/// A recorded f32 with its shortest digits: 0.1, not 0.10000000149.
pub fn plain(value: f64) -> String {
    (value as f32).to_string()
}

/// A count with separators between thousands, such as 4,000.
pub fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Items as a list in words: `one`, `one and two`, `one, two and three`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A sentence with a capital letter first. A first character without one, such as a backtick, stays.
pub fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_three_significant_digits() {
        for (value, text) in [
            (0.012345, "0.0123"),
            (0.099_96, "0.100"),
            (1.0, "1.00"),
            (123.4, "123"),
            (0.000_912_3, "0.000912"),
            (0.0, "0"),
            (-0.0, "0"),
            (1.234e-12, "1.23e-12"),
            (1e12, "1.00e12"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn thousands_are_separated() {
        assert_eq!([count(7), count(4_000), count(1_234_567)], ["7", "4,000", "1,234,567"]);
    }

    #[test]
    fn wrapped_lines_fit_and_keep_every_word() {
        let text = "The autoencoder's test error is 0.61 of PCA's at 32 code units";
        let lines = wrap(text, 40.0, Weight::Bold, 600.0).unwrap();
        assert!(lines.len() > 1);
        assert!(lines.iter().all(|line| width(line, 40.0, Weight::Bold).unwrap() <= 600.0));
        assert_eq!(lines.join(" "), text);
    }
}
