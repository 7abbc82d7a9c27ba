//! What titles say: findings in words, computed from the numbers drawn.

use record::ranges;
use record::ranges::Row;

use crate::error::Error;
use crate::summary::{Group, Spread, Summary};
use canvas::text::number;

/// How many times an error another one is. Two errors of 0 are the same; any other is infinitely many times 0, for which
/// [`share`], [`excess`] and [`ratio`] have words.
pub(crate) fn quotient(error: f64, other: f64) -> f64 {
    if error == other { 1.0 } else { error / other }
}

/// An error of the autoencoder held against one of PCA.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Comparison {
    /// The autoencoder's error is this share of PCA's.
    Wins(f64),
    /// The autoencoder's error is this many times PCA's.
    Loses(f64),
    /// They differ by less than half a percent.
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

/// A ratio with three digits: `0.610`, `1.12`. One just below 1 gets a fourth, so as not to read as 1.
pub(crate) fn share(ratio: f64) -> String {
    if (0.9995..1.0).contains(&ratio) { format!("{:.4}", ratio.min(0.9999)) } else { number(ratio) }
}

/// How far a ratio lies above 1: `12 % higher`, `0.4 % higher`, `2.40 times as high`, or `above 0, unlike the other`.
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

/// How many times PCA's an error is, for columns of ratios: `0.610`, `1.12`; a dash where the second is 0 and the first is not.
pub(crate) fn ratio(autoencoder: f64, pca: f64) -> String {
    number(quotient(autoencoder, pca))
}

/// The same before the name of what the error is held against: `0.610 of PCA's`, `1.12 times PCA's`, `the same as PCA's`.
pub(crate) fn against(ratio: f64, whose: &str) -> String {
    match Comparison::of(ratio, 1.0) {
        Comparison::Wins(ratio) => format!("{} of {whose}", share(ratio)),
        Comparison::Loses(ratio) if ratio.is_finite() => format!("{} times {whose}", number(ratio)),
        Comparison::Loses(_) => format!("above {whose} of 0"),
        Comparison::Ties => format!("the same as {whose}"),
    }
}

/// A sentence with a capital letter first.
pub(crate) fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The network that an experiment is about: the one that bears its name, if there is one.
pub(crate) fn subject<'a>(summary: &Summary, groups: &[&'a Group]) -> Option<&'a Group> {
    let named = |name: fn(&Group) -> &str| groups.iter().copied().find(|group| name(group) == summary.experiment);
    named(Group::network).or_else(|| named(|group| &group.architecture))
}

/// Rejects values outside the range of their number, and a figure of none.
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

/// The same of means, and of standard deviations below 0 or not finite.
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

/// The same of every number of a record's rows.
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
    fn a_sentence_names_the_winner_both_ways_round() {
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
