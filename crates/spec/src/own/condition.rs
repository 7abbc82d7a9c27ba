//! The condition that clean rows of a table meet: a comparison with a column.

use std::cmp::Ordering;
use std::str::FromStr;

/// Names of the two classes: rows that meet the condition, and all other rows.
pub const CLEAN: [&str; 2] = ["clean", "not clean"];

/// A comparison of a column with a text or a number, such as `state == 'ok'` or `wear < 0.3`.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// Name of the column.
    pub column: String,
    comparison: Comparison,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Number(f64),
}

/// The operators. A longer operator comes before the shorter one that it starts with.
const OPERATORS: [(&str, Comparison); 6] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::Unequal),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::MoreOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::More),
];

impl Condition {
    /// True if the condition compares numbers.
    pub fn is_of_numbers(&self) -> bool {
        matches!(self.value, Value::Number(_))
    }

    /// True if a row meets the condition. `text` is the text of its field, and `number` its value if the condition
    /// compares numbers.
    pub fn holds(&self, text: &str, number: Option<f64>) -> bool {
        let order = match &self.value {
            Value::Text(value) => Some(text.cmp(value.as_str())),
            Value::Number(value) => number.and_then(|number| number.partial_cmp(value)),
        };
        let is = |orders: &[Ordering]| order.is_some_and(|order| orders.contains(&order));
        match self.comparison {
            Comparison::Equal => is(&[Ordering::Equal]),
            Comparison::Unequal => is(&[Ordering::Less, Ordering::Greater]),
            Comparison::Less => is(&[Ordering::Less]),
            Comparison::LessOrEqual => is(&[Ordering::Less, Ordering::Equal]),
            Comparison::More => is(&[Ordering::Greater]),
            Comparison::MoreOrEqual => is(&[Ordering::Greater, Ordering::Equal]),
        }
    }
}

impl FromStr for Condition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = "expected a column, ==, !=, <, <=, > or >=, and a number or a text in quotes, as in \
                        \"state == 'ok'\" or \"wear < 0.3\"";
        let wrong = || format!("`{text}`: {expected}");
        // A column name in quotes may contain an operator.
        let after = |quote: char| Some(text.trim_start().strip_prefix(quote)?.split_once(quote)?.1.len());
        let from = after('\'').or_else(|| after('"')).map_or(0, |rest| text.len() - rest);
        let first = |(operator, comparison): (&'static str, Comparison)| {
            Some((from + text[from..].find(operator)?, operator, comparison))
        };
        // The first operator in the text; the longest one of those that start at the same place.
        let found = OPERATORS.into_iter().filter_map(first).min_by_key(|(place, ..)| *place);
        let (place, operator, comparison) = found.ok_or_else(wrong)?;
        let column = unquoted(text[..place].trim());
        let given = text[place + operator.len()..].trim();
        let value = match (given.parse::<f64>(), comparison) {
            (Ok(number), _) if number.is_finite() => Value::Number(number),
            // A second quote ends the text, and the rest would be another comparison.
            (_, Comparison::Equal | Comparison::Unequal) if unquoted(given) != given => {
                let text = unquoted(given);
                if text.contains(&given[..1]) {
                    return Err(wrong());
                }
                Value::Text(text.to_owned())
            }
            _ => return Err(wrong()),
        };
        if column.is_empty() {
            return Err(wrong());
        }
        Ok(Self { column: column.to_owned(), comparison, value })
    }
}

/// The text between quotes, or the text itself if it has no quotes.
fn unquoted(text: &str) -> &str {
    let between = |quote: char| text.strip_prefix(quote)?.strip_suffix(quote);
    between('\'').or_else(|| between('"')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_numbers_are_compared() {
        let holds =
            |condition: &str, field: &str| condition.parse::<Condition>().unwrap().holds(field, field.parse().ok());
        assert!(holds("state == 'ok'", "ok") && !holds("state == 'ok'", "OK") && holds("state!=\"ok\"", "OK"));
        assert!(holds("wear < 0.3", "0.29") && !holds("wear < 0.3", "0.3") && holds("wear <= 0.3", "0.3"));
        assert!(holds("'a < b' > -1", "0") && !holds("label == 1", "2") && holds("label == 1", "1.0"));
        assert!(!holds("wear >= 1", "worn"));
        assert_eq!("my column != 'x == y'".parse::<Condition>().unwrap().column, "my column");
    }

    #[test]
    fn a_text_that_is_not_a_comparison_gives_an_error_with_an_example() {
        for text in [
            "state",
            "state = 'ok'",
            "state == ok",
            "== 'ok'",
            "state < 'ok'",
            "wear < nan",
            "wear <",
            "a != 'b' and c != 'd'",
        ] {
            let message = text.parse::<Condition>().unwrap_err();
            assert!(message.starts_with(&format!("`{text}`: expected a column")), "{message}");
        }
    }
}
