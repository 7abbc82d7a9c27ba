//! The margin of a claim: how large the difference of both sides must be.

/// How large the difference of both sides must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Margin {
    /// A share of the size of the right side: 0.05 for `by 5%`.
    Share(f64),
    /// In the unit of the metric.
    Absolute(f64),
}

impl Margin {
    /// Reads `5%` or `0.001`; the error says what is allowed.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (number, is_share) = text.strip_suffix('%').map_or((text, false), |number| (number.trim(), true));
        let fault = || format!("`by {text}` is not a margin: expected a number above 0, such as `by 5%` or `by 0.001`");
        let value: f64 = number.parse().map_err(|_| fault())?;
        if !value.is_finite() || value <= 0.0 {
            return Err(fault());
        }
        Ok(if is_share { Self::Share(value / 100.0) } else { Self::Absolute(value) })
    }

    /// The margin against a right side; `mean` gives its sign, which a share is taken of.
    pub(super) fn of(self, right: f64, mean: f64) -> f64 {
        match self {
            Self::Absolute(value) => value,
            // Not the absolute value of `right`: a sum of such terms would not be that of its mean.
            Self::Share(share) if mean < 0.0 => -share * right,
            Self::Share(share) => share * right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_of_the_size_of_the_right_side() {
        assert_eq!(Margin::parse("5%"), Ok(Margin::Share(0.05)));
        assert_eq!(Margin::parse(" 12.5 % "), Ok(Margin::Share(0.125)));
        assert_eq!(Margin::parse("0.25"), Ok(Margin::Absolute(0.25)));
        assert_eq!(Margin::Share(0.25).of(-8.0, -8.0), 2.0);
        assert_eq!(Margin::Share(0.25).of(8.0, 8.0), 2.0);
        assert_eq!(Margin::Absolute(0.25).of(-8.0, -8.0), 0.25);
    }

    #[test]
    fn what_is_no_margin_is_refused() {
        for text in ["0", "-1", "0%", "-5%", "%", "much", "inf", "NaN", "1e-400", ""] {
            let message = Margin::parse(text).unwrap_err();
            assert!(message.contains("expected a number above 0, such as `by 5%`"), "{message}");
        }
    }
}
