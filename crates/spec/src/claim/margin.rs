//! The margin of a claim: the least difference of both sides.

/// The least difference of both sides.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Margin {
    /// A share of the right side: 0.05 for `by 5%`.
    Share(f64),
    /// A difference in the unit of the metric.
    Absolute(f64),
}

impl Margin {
    /// Parses `5%` or `0.001`. The error says what is allowed.
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

    /// Size of the margin for a right side. `mean`, the mean of the right side, gives the sign of a share.
    pub(super) fn of(self, right: f64, mean: f64) -> f64 {
        match self {
            Self::Absolute(value) => value,
            // Not the absolute value of `right`: this must stay linear, so that the mean of the terms is the term of
            // the mean.
            Self::Share(share) if mean < 0.0 => -share * right,
            Self::Share(share) => share * right,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_taken_of_the_absolute_right_side() {
        assert_eq!(Margin::parse("5%"), Ok(Margin::Share(0.05)));
        assert_eq!(Margin::parse(" 12.5 % "), Ok(Margin::Share(0.125)));
        assert_eq!(Margin::parse("0.25"), Ok(Margin::Absolute(0.25)));
        assert_eq!(Margin::Share(0.25).of(-8.0, -8.0), 2.0);
        assert_eq!(Margin::Share(0.25).of(8.0, 8.0), 2.0);
        assert_eq!(Margin::Absolute(0.25).of(-8.0, -8.0), 0.25);
    }

    #[test]
    fn a_text_that_is_not_a_margin_gives_an_error() {
        for text in ["0", "-1", "0%", "-5%", "%", "much", "inf", "NaN", "1e-400", ""] {
            let message = Margin::parse(text).unwrap_err();
            assert!(message.contains("expected a number above 0, such as `by 5%`"), "{message}");
        }
    }
}
