//! What titles say: findings in words, computed from the numbers drawn.

use super::Error;
use super::text::number;

/// An error of the autoencoder held against one of PCA, both above zero.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Comparison {
    /// The autoencoder's error is this share of PCA's.
    Wins(f64),
    /// The autoencoder's error is this many times PCA's.
    Loses(f64),
    /// They differ by less than half a percent.
    Ties,
}

impl Comparison {
    pub(super) fn of(autoencoder: f64, pca: f64) -> Self {
        match autoencoder / pca {
            ratio if ratio < 0.995 => Self::Wins(ratio),
            ratio if ratio > 1.005 => Self::Loses(ratio),
            _ => Self::Ties,
        }
    }

    /// A sentence about `error`, such as `test error`, without its full stop.
    pub(super) fn sentence(self, error: &str) -> String {
        match self {
            Self::Wins(ratio) => format!("The autoencoder's {error} is {} of PCA's", share(ratio)),
            Self::Loses(ratio) => format!("PCA wins: the autoencoder's {error} is {}", excess(ratio)),
            Self::Ties => format!("The autoencoder's {error} is the same as PCA's to half a percent"),
        }
    }
}

/// A ratio below 1 with two digits: `0.61`, `0.065`. One just below 1 gets more, so as not to read as 1.
pub(super) fn share(ratio: f64) -> String {
    match ratio {
        _ if ratio < 0.1 => format!("{ratio:.3}"),
        _ if (0.995..1.0).contains(&ratio) => format!("{:.4}", ratio.min(0.9999)),
        _ => format!("{ratio:.2}"),
    }
}

/// How far a ratio lies above 1: `12 % higher`, `0.4 % higher`, or `2.4 times as high`.
pub(super) fn excess(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    match percent {
        _ if percent < 0.05 => "less than 0.1 % higher".to_owned(),
        _ if percent < 9.95 => format!("{percent:.1} % higher"),
        _ if percent < 100.0 => format!("{percent:.0} % higher"),
        _ => format!("{ratio:.1} times as high"),
    }
}

/// Either, by size: `0.61` or `1.12`, for columns of ratios.
pub(super) fn ratio(autoencoder: f64, pca: f64) -> String {
    let ratio = autoencoder / pca;
    if ratio < 10.0 { share(ratio) } else { number(ratio) }
}

/// Rejects what cannot be drawn: a value that is not finite, or an error below zero.
pub(super) fn check_errors(figure: &'static str, values: impl IntoIterator<Item = f64>) -> Result<(), Error> {
    let mut any = false;
    for value in values {
        any = true;
        if !value.is_finite() || value < 0.0 {
            return Err(Error::data(figure, format!("the record holds {value} where an error belongs")));
        }
    }
    if any { Ok(()) } else { Err(Error::data(figure, "the record is empty".to_owned())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_names_the_winner_both_ways_round() {
        let sentence = |autoencoder, pca| Comparison::of(autoencoder, pca).sentence("test error");
        assert_eq!(sentence(0.61, 1.0), "The autoencoder's test error is 0.61 of PCA's");
        assert_eq!(sentence(1.12, 1.0), "PCA wins: the autoencoder's test error is 12 % higher");
        assert_eq!(sentence(3.0, 1.0), "PCA wins: the autoencoder's test error is 3.0 times as high");
        assert_eq!(sentence(1.012, 1.0), "PCA wins: the autoencoder's test error is 1.2 % higher");
        assert_eq!([share(0.9997), excess(1.0003)], ["0.9997", "less than 0.1 % higher"]);
        assert_eq!(sentence(1.001, 1.0), "The autoencoder's test error is the same as PCA's to half a percent");
    }
}
