//! Applies a condition to rows.
//!
//! A comparison is unknown for a row that lacks one of its names. Conditions follow three-valued logic, and a row is
//! selected if its condition is true.

use super::expression::{Comparison, Condition, Operand, Operator};
use super::names::{Fact, Name};
use super::rows::{Record, Row, Value};

impl Condition {
    /// The rows for which the condition is true. Unless `by_seed`, parts of the condition on `seed` select runs before
    /// means are taken.
    ///
    /// # Errors
    /// If a number is compared with a text, or a part on `seed` is not joined to the rest by `and`.
    pub(super) fn choose(&self, mut records: Vec<Record>, by_seed: bool) -> Result<Vec<Row>, String> {
        let mut parts: Vec<&Self> = match self {
            Self::All(parts) => parts.iter().collect(),
            other => vec![other],
        };
        if !by_seed {
            let is_seed = |name: &&Name| **name == Name::Fact(Fact::Seed);
            let on_seeds: Vec<&Self> = parts.extract_if(.., |part| part.names().iter().all(is_seed)).collect();
            if parts.iter().any(|part| part.names().iter().any(is_seed)) {
                return Err(
                    "a row is a mean over seeds: join a condition on `seed` to the rest by `and`, or add --seeds"
                        .to_owned(),
                );
            }
            let rows: Vec<Row> = Row::all(records, true);
            let rows = chosen(rows, &on_seeds)?;
            records = rows.into_iter().flat_map(|row| row.runs).collect();
        }
        chosen(Row::all(records, by_seed), &parts)
    }

    /// Truth of the condition for a row; `None` if it is unknown, because the row lacks a name.
    fn holds(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Comparison(comparison) => comparison.holds(row),
            Self::Not(part) => part.holds(row).map(|holds| !holds),
            Self::All(parts) => decided(parts.iter().map(|part| part.holds(row)), false),
            Self::Any(parts) => decided(parts.iter().map(|part| part.holds(row)), true),
        }
    }
}

/// `deciding` if any part has this value, else unknown if any part is unknown, else the other value.
fn decided(parts: impl Iterator<Item = Option<bool>>, deciding: bool) -> Option<bool> {
    let parts: Vec<Option<bool>> = parts.collect();
    if parts.contains(&Some(deciding)) {
        return Some(deciding);
    }
    (!parts.contains(&None)).then_some(!deciding)
}

fn chosen(mut rows: Vec<Row>, parts: &[&Condition]) -> Result<Vec<Row>, String> {
    for comparison in parts.iter().flat_map(|part| part.comparisons()) {
        comparison.check(&rows)?;
    }
    rows.retain(|row| parts.iter().all(|part| part.holds(row) == Some(true)));
    Ok(rows)
}

impl Comparison {
    /// Returns an error for a comparison of a number with a text, or one that orders texts. A comparison that fits some
    /// row passes.
    fn check(&self, rows: &[Row]) -> Result<(), String> {
        let sides: Vec<_> = rows.iter().map(|row| self.sides(row)).collect();
        let mut known = sides.iter().filter_map(|(left, right)| left.as_ref().zip(right.as_ref())).peekable();
        if known.peek().is_none() || known.any(|(left, right)| self.compared(left, right).is_some()) {
            return Ok(());
        }
        let Self { text, .. } = self;
        let (name, value) = match (&self.left, &self.right) {
            (Operand::Name(_, name), other) | (other, Operand::Name(_, name)) => (name.text(), other),
            _ => return Ok(()),
        };
        let is_text = |operand: &Operand| rows.iter().any(|row| matches!(operand.value(row), Some(Value::Text(_))));
        let sides_are = [&self.left, &self.right].map(is_text);
        Err(match value {
            _ if sides_are == [true, true] => format!("`{text}` orders texts; compare texts with = or !="),
            Operand::Value(written, None) => format!("`{name}` is a number, and `{written}` is not"),
            Operand::Value(written, Some(_)) => {
                format!("`{name}` is a text; compare it with `{written}` by = or !=")
            }
            Operand::Name(_, other) => format!("`{text}` compares a number with a text: {name} and {}", other.text()),
        })
    }

    fn sides(&self, row: &Row) -> (Option<Value>, Option<Value>) {
        let (left, right) = (self.left.value(row), self.right.value(row));
        // A number in the condition may be a text, such as the name of a network.
        match (&left, &right) {
            (Some(Value::Text(_)), Some(Value::Number(..))) => (left, self.right.written().or(right)),
            (Some(Value::Number(..)), Some(Value::Text(_))) => (self.left.written().or(left), right),
            _ => (left, right),
        }
    }

    fn holds(&self, row: &Row) -> Option<bool> {
        let (left, right) = self.sides(row);
        self.compared(&left?, &right?)
    }

    /// Result of the comparison; `None` if the values are not comparable.
    fn compared(&self, left: &Value, right: &Value) -> Option<bool> {
        match (left, right) {
            (Value::Number(left, _), Value::Number(right, _)) => Some(match self.operator {
                Operator::Equal => left == right,
                Operator::NotEqual => left != right,
                Operator::Less => left < right,
                Operator::LessOrEqual => left <= right,
                Operator::Greater => left > right,
                Operator::GreaterOrEqual => left >= right,
            }),
            (Value::Text(left), Value::Text(right)) => match self.operator {
                Operator::Equal => Some(left == right),
                Operator::NotEqual => Some(left != right),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Operand {
    fn value(&self, row: &Row) -> Option<Value> {
        match self {
            Self::Name(factor, name) => match row.value(name)? {
                Value::Number(value, _) => Some(Value::Number(factor * value, None)),
                text @ Value::Text(_) => Some(text),
            },
            Self::Value(_, Some(number)) => Some(Value::Number(*number, None)),
            Self::Value(text, None) => Some(Value::Text(text.clone())),
        }
    }

    fn written(&self) -> Option<Value> {
        match self {
            Self::Value(text, _) => Some(Value::Text(text.clone())),
            Self::Name(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::rows::tests::record;
    use super::*;

    /// Code sizes of the rows that a condition chooses.
    fn chosen(condition: &str, by_seed: bool) -> Result<Vec<usize>, String> {
        let records = vec![record("plain-4", 4, 0, 0.5), record("plain-4", 4, 1, 0.125), record("2024", 8, 0, 0.25)];
        let condition = Condition::read(condition, &BTreeSet::from(["training.epochs", "training.adam.beta1"]))?;
        Ok(condition.choose(records, by_seed)?.iter().map(|row| row.runs[0].code).collect())
    }

    #[test]
    fn rows_are_chosen_where_the_condition_is_true() {
        for (condition, by_network, by_seed) in [
            ("code = 4", &[4][..], &[4, 4][..]),
            ("test.autoencoder.mse_per_pixel < 0.3", &[8], &[4, 8]),
            ("ratio <= 1", &[8], &[4, 8]),
            ("2 * test.pca.mse_per_pixel > autoencoder.mse_per_pixel", &[4, 8], &[4, 8]),
            ("seed = 1 and ratio < 1", &[4], &[4]),
            ("not seed = 1 and code > 0", &[4, 8], &[4, 8]),
            // The name of a network is a text, even if it looks like a number.
            ("network = 2024", &[8], &[8]),
            ("network != '2024'", &[4], &[4, 4]),
            // No row has the key, so the condition is unknown.
            ("training.adam.beta1 = 0.9 or not training.adam.beta1 = 0.9", &[], &[]),
            ("training.adam.beta1 = 0.9 or code = 8", &[8], &[8]),
            ("variant = wide", &[], &[]),
        ] {
            assert_eq!(chosen(condition, false).unwrap(), by_network, "{condition}");
            assert_eq!(chosen(condition, true).unwrap(), by_seed, "{condition}");
        }
    }

    #[test]
    fn a_number_is_not_compared_with_a_text() {
        for (condition, expected) in [
            ("code = many", "`code` is a number, and `many` is not"),
            ("network < 5", "`network` is a text; compare it with `5` by = or !="),
            ("network < experiment", "`network < experiment` orders texts; compare texts with = or !="),
            ("network < plain", "orders texts"),
            ("network = code", "compares a number with a text: network and code"),
            ("seed = 1 or code = 8", "or add --seeds"),
        ] {
            let message = chosen(condition, false).unwrap_err();
            assert!(message.contains(expected), "{condition}: {message}");
        }
    }

    #[test]
    fn unknown_parts_follow_three_valued_logic() {
        let [yes, no, unknown] = [Some(true), Some(false), None];
        let and = |parts: [Option<bool>; 2]| decided(parts.into_iter(), false);
        let or = |parts: [Option<bool>; 2]| decided(parts.into_iter(), true);
        assert_eq!([and([yes, yes]), and([yes, no]), and([no, unknown]), and([yes, unknown])], [yes, no, no, unknown]);
        assert_eq!([or([no, no]), or([yes, no]), or([no, unknown]), or([yes, unknown])], [no, yes, unknown, yes]);
    }
}
