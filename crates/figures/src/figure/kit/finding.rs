//! Findings in words for titles, computed from the numbers that are drawn.

use record::ranges;
use record::ranges::Row;

use crate::error::Error;
use crate::summary::{Group, Spread, Summary};
use canvas::text::number;

/// Ratio of two errors. Two errors of 0 have ratio 1; any other error divided by 0 is infinity, for which [`share`],
/// [`excess`] and [`ratio`] have words.
pub(crate) fn quotient(error: f64, other: f64) -> f64 {
    if error == other { 1.0 } else { error / other }
}

/// Comparison of an error of the autoencoder with an error of PCA.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Comparison {
    /// The autoencoder is better: its error is this share of PCA's.
    Wins(f64),
    /// PCA is better: the autoencoder's error is this multiple of PCA's.
    Loses(f64),
    /// The two errors differ by less than half a percent.
    Ties,
}

impl Comparison {
    pub(crate) fn of(autoencoder: f64, pca: f64) -> Self {
        match quotient(autoencoder, pca) {
            ratio if ratio < 0.995 => Self::Wins(ratio),
            ratio if ratio > 1.005 => Self::Loses(ratio),
            _ => Self::Ties,
        }
    }

    /// A sentence about `error`, such as `test error`, without its full stop.
    pub(crate) fn sentence(self, error: &str) -> String {
        match self {
            Self::Wins(ratio) => format!("The autoencoder's {error} is {} of PCA's", share(ratio)),
            Self::Loses(ratio) => format!("PCA wins: the autoencoder's {error} is {}", excess(ratio)),
            Self::Ties => format!("The autoencoder's {error} is the same as PCA's to half a percent"),
        }
    }
}

/// A ratio with three digits: `0.610`, `1.12`. A ratio just below 1 has a fourth digit, so that it is not printed as 1.
pub(crate) fn share(ratio: f64) -> String {
    if (0.9995..1.0).contains(&ratio) { format!("{:.4}", ratio.min(0.9999)) } else { number(ratio) }
}

/// Excess of a ratio over 1 in words: `12 % higher`, `0.4 % higher`, `2.40 times as high`, or `above 0, unlike the
/// other`.
pub(crate) fn excess(ratio: f64) -> String {
    let percent = (ratio - 1.0) * 100.0;
    match percent {
        _ if !ratio.is_finite() => "above 0, unlike the other".to_owned(),
        _ if percent < 0.05 => "less than 0.1 % higher".to_owned(),
        _ if percent < 9.95 => format!("{percent:.1} % higher"),
        _ if percent < 100.0 => format!("{percent:.0} % higher"),
        _ => format!("{} times as high", number(ratio)),
    }
}

/// Ratio of two errors for columns: `0.610`, `1.12`; a dash if only the second error is 0.
pub(crate) fn ratio(autoencoder: f64, pca: f64) -> String {
    number(quotient(autoencoder, pca))
}

/// Ratio of two errors in words, before the name of the reference: `0.610 of PCA's`, `1.12 times PCA's`, `the same as
/// PCA's`.
pub(crate) fn against(ratio: f64, whose: &str) -> String {
    match Comparison::of(ratio, 1.0) {
        Comparison::Wins(ratio) => format!("{} of {whose}", share(ratio)),
        Comparison::Loses(ratio) if ratio.is_finite() => format!("{} times {whose}", number(ratio)),
        Comparison::Loses(_) => format!("above {whose} of 0"),
        Comparison::Ties => format!("the same as {whose}"),
    }
}

/// The network that an experiment is about: the one that bears its name, if there is one.
pub(crate) fn subject<'a>(summary: &Summary, groups: &[&'a Group]) -> Option<&'a Group> {
    let named = |name: fn(&Group) -> &str| groups.iter().copied().find(|group| name(group) == summary.experiment);
    named(Group::network).or_else(|| named(|group| &group.architecture))
}

/// Returns an error for values outside the range of their number, and for no values.
pub(crate) fn check_values(
    figure: &'static str,
    field: &str,
    values: impl IntoIterator<Item = f64>,
) -> Result<(), Error> {
    let mut any = false;
    for value in values {
        any = true;
        if let Some(range) = ranges::broken(field, value) {
            return Err(Error::data(figure, format!("{field} is {value}; expected {range}")));
        }
    }
    if any { Ok(()) } else { Err(Error::data(figure, "the record is empty".to_owned())) }
}

/// Returns an error for means outside the range of their number, and for standard deviations that are negative or not
/// finite.
pub(crate) fn check_spreads(
    figure: &'static str,
    field: &str,
    spreads: impl IntoIterator<Item = Spread> + Clone,
) -> Result<(), Error> {
    check_values(figure, field, spreads.clone().into_iter().map(|spread| spread.mean))?;
    match spreads.into_iter().filter_map(|spread| spread.std).find(|std| !std.is_finite() || *std < 0.0) {
        None => Ok(()),
        Some(std) => Err(Error::data(figure, format!("the standard deviation of {field} is {std}"))),
    }
}

/// Returns an error for a number of a record's rows outside its range.
pub(crate) fn check_rows<T: Row>(figure: &'static str, rows: &[T]) -> Result<(), Error> {
    if rows.is_empty() {
        return Err(Error::data(figure, "the record is empty".to_owned()));
    }
    rows.iter().flat_map(Row::numbers).try_for_each(|(name, value)| check_values(figure, name, [value]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_the_better_of_autoencoder_and_pca() {
        let sentence = |autoencoder, pca| Comparison::of(autoencoder, pca).sentence("test error");
        assert_eq!(sentence(0.61, 1.0), "The autoencoder's test error is 0.610 of PCA's");
        assert_eq!(sentence(1.12, 1.0), "PCA wins: the autoencoder's test error is 12 % higher");
        assert_eq!(sentence(3.0, 1.0), "PCA wins: the autoencoder's test error is 3.00 times as high");
        assert_eq!(sentence(1.012, 1.0), "PCA wins: the autoencoder's test error is 1.2 % higher");
        assert_eq!(sentence(0.1, 0.0), "PCA wins: the autoencoder's test error is above 0, unlike the other");
        assert_eq!(sentence(0.0, 0.0), "The autoencoder's test error is the same as PCA's to half a percent");
        assert_eq!(sentence(1e12, 1e-12), "PCA wins: the autoencoder's test error is 1.00e24 times as high");
        assert_eq!([ratio(0.1, 0.0), ratio(0.0, 0.0), ratio(1e12, 1.0)], ["–", "1.00", "1.00e12"]);
        assert_eq!([share(0.9997), excess(1.0003)], ["0.9997", "less than 0.1 % higher"]);
        assert_eq!(sentence(1.001, 1.0), "The autoencoder's test error is the same as PCA's to half a percent");
    }
}
