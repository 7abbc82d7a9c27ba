//! Conditions on rows, such as `code = 32 and test.autoencoder.mse_per_pixel < 0.01`.
//!
//! ```text
//! condition  = term {"or" term}
//! term       = factor {"and" factor}
//! factor     = "not" factor | "(" condition ")" | comparison
//! comparison = operand ("=" | "!=" | "<" | "<=" | ">" | ">=") operand
//! operand    = [number "*"] name | number | word | "text in quotes"
//! ```
//!
//! A comparison is unknown where a row lacks a name, and so is what rests on it alone. Rows are chosen where the condition is true.

use std::collections::BTreeSet;

use super::names::{Fact, Name, unknown};
use super::rows::{Record, Row, Value};

/// Parentheses and `not` within each other.
const DEEPEST: usize = 100;

/// A condition that is read.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Comparison(Comparison),
}

/// Two operands and how they are compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparison {
    /// As written.
    text: String,
    left: Operand,
    operator: Operator,
    right: Operand,
}

#[derive(Debug, Clone, PartialEq)]
enum Operand {
    /// A multiple of a name.
    Name(f64, Name),
    /// A value as written, and as a number if it is one.
    Value(String, Option<f64>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Longer ones first, for these begin as shorter ones do.
const OPERATORS: [(&str, Operator); 7] = [
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::LessOrEqual),
    (">=", Operator::GreaterOrEqual),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open,
    Close,
    Times,
    Operator(Operator),
    Word(String),
    Quoted(String),
}

/// A token and where it stands: bytes of the text.
type Placed = (Token, std::ops::Range<usize>);

impl Condition {
    /// Reads a condition on rows with these keys.
    ///
    /// # Errors
    /// When it has another form or an unknown name; the error says what stands where, and what is allowed there.
    pub(super) fn read(text: &str, keys: &BTreeSet<&str>) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let mut parser = Parser { text, tokens: &tokens, next: 0, depth: 0, keys };
        let condition = parser.condition()?;
        match parser.tokens.get(parser.next) {
            None => Ok(condition),
            Some(_) => Err(parser.expected("`and`, `or` or the end")),
        }
    }

    /// The names in it, from left to right.
    pub(super) fn names(&self) -> Vec<&Name> {
        self.comparisons().into_iter().flat_map(Comparison::names).collect()
    }

    fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::comparisons).collect(),
            Self::Not(part) => part.comparisons(),
            Self::Comparison(comparison) => vec![comparison],
        }
    }

    /// The rows of records for which the condition is true. In rows of several seeds, its parts on `seed` choose runs, before means
    /// are taken.
    ///
    /// # Errors
    /// When a number is compared with a text, or `seed` cannot be told from the rest of the condition.
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

    /// Whether it is true of a row; `None` where the row lacks what decides.
    fn holds(&self, row: &Row) -> Option<bool> {
        match self {
            Self::Comparison(comparison) => comparison.holds(row),
            Self::Not(part) => part.holds(row).map(|holds| !holds),
            Self::All(parts) => decided(parts.iter().map(|part| part.holds(row)), false),
            Self::Any(parts) => decided(parts.iter().map(|part| part.holds(row)), true),
        }
    }
}

/// `deciding` where any part is that, unknown where any is unknown, else the other.
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
    fn names(&self) -> impl Iterator<Item = &Name> {
        [&self.left, &self.right].into_iter().filter_map(|operand| match operand {
            Operand::Name(_, name) => Some(name),
            Operand::Value(..) => None,
        })
    }

    /// Refuses a comparison that compares a number with a text in all rows, or asks which of two texts is larger.
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
            _ if sides_are == [true, true] => format!("`{text}` orders texts; they are compared by = and !="),
            Operand::Value(written, None) => format!("`{name}` is a number, and `{written}` is not"),
            Operand::Value(written, Some(_)) => {
                format!("`{name}` is a text, which is compared with `{written}` by = and != alone")
            }
            Operand::Name(_, other) => format!("`{text}` compares a number with a text: {name} and {}", other.text()),
        })
    }

    fn sides(&self, row: &Row) -> (Option<Value>, Option<Value>) {
        let (left, right) = (self.left.value(row), self.right.value(row));
        // A number as written may be meant as a text, such as the name of a data set.
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

    /// `None` where the values are not comparable.
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

/// Splits a text into tokens.
fn tokens(text: &str) -> Result<Vec<Placed>, String> {
    let mut tokens = Vec::new();
    let mut start = 0;
    while let Some(first) = text[start..].chars().next() {
        let rest = &text[start..];
        let one = |token| (token, start..start + 1);
        let placed = match first {
            _ if first.is_whitespace() => {
                start += first.len_utf8();
                continue;
            }
            '(' => one(Token::Open),
            ')' => one(Token::Close),
            '*' => one(Token::Times),
            '"' | '\'' => {
                let Some((inside, _)) = rest[1..].split_once(first) else {
                    return Err(format!("{}: the quote is not closed", column(text, start)));
                };
                (Token::Quoted(inside.to_owned()), start..start + inside.len() + 2)
            }
            _ => match OPERATORS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
                Some((symbol, operator)) => (Token::Operator(*operator), start..start + symbol.len()),
                None => {
                    let ends = |c: char| c.is_whitespace() || "()*\"'=<>!&|".contains(c);
                    let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
                    if word.is_empty() {
                        return Err(format!(
                            "{}: unexpected `{first}`; conditions are joined by `and`, `or` and `not`",
                            column(text, start)
                        ));
                    }
                    (Token::Word(word.to_owned()), start..start + word.len())
                }
            },
        };
        start = placed.1.end;
        tokens.push(placed);
    }
    Ok(tokens)
}

/// `column 7`: where a byte stands, counted in characters from 1.
fn column(text: &str, byte: usize) -> String {
    format!("column {}", text[..byte].chars().count() + 1)
}

struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Placed],
    next: usize,
    depth: usize,
    keys: &'a BTreeSet<&'a str>,
}

impl Parser<'_> {
    fn condition(&mut self) -> Result<Condition, String> {
        let parts = self.joined("or", Self::term)?;
        Ok(one_or(parts, Condition::Any))
    }

    fn term(&mut self) -> Result<Condition, String> {
        let parts = self.joined("and", Self::factor)?;
        Ok(one_or(parts, Condition::All))
    }

    fn joined(
        &mut self,
        word: &str,
        mut part: impl FnMut(&mut Self) -> Result<Condition, String>,
    ) -> Result<Vec<Condition>, String> {
        let mut parts = vec![part(self)?];
        while self.takes_word(word) {
            parts.push(part(self)?);
        }
        Ok(parts)
    }

    fn factor(&mut self) -> Result<Condition, String> {
        if self.depth == DEEPEST {
            return Err(format!("more than {DEEPEST} parentheses and `not` within each other"));
        }
        self.depth += 1;
        let factor = if self.takes_word("not") {
            Condition::Not(Box::new(self.factor()?))
        } else if self.takes(&Token::Open) {
            let condition = self.condition()?;
            if !self.takes(&Token::Close) {
                return Err(self.expected("`and`, `or` or `)`"));
            }
            condition
        } else {
            Condition::Comparison(self.comparison()?)
        };
        self.depth -= 1;
        Ok(factor)
    }

    fn comparison(&mut self) -> Result<Comparison, String> {
        let start = self.next;
        let left = self.operand(false)?;
        let Some((Token::Operator(operator), _)) = self.tokens.get(self.next) else {
            return Err(self.expected("one of = != < <= > >="));
        };
        self.next += 1;
        let right = self.operand(true)?;
        let bytes = self.tokens[start].1.start..self.tokens[self.next - 1].1.end;
        let text = self.text[bytes].to_owned();
        if matches!((&left, &right), (Operand::Value(..), Operand::Value(..))) {
            return Err(format!("`{text}` compares no name, such as code or test.autoencoder.mse_per_pixel"));
        }
        Ok(Comparison { text, left, operator: *operator, right })
    }

    /// An operand. On the right, a word without dots that is no name is a text.
    fn operand(&mut self, is_right: bool) -> Result<Operand, String> {
        let operand = match self.tokens.get(self.next) {
            Some((Token::Quoted(text), _)) => Operand::Value(text.clone(), None),
            Some((Token::Word(word), _)) if !["and", "or", "not"].contains(&word.as_str()) => match number(word) {
                Some(factor) if matches!(self.tokens.get(self.next + 1), Some((Token::Times, _))) => {
                    self.next += 2;
                    let Some((Token::Word(name), _)) = self.tokens.get(self.next) else {
                        return Err(self.expected("a name"));
                    };
                    Operand::Name(factor, Name::read(name, self.keys)?)
                }
                Some(number) => Operand::Value(word.clone(), Some(number)),
                None => match Name::read(word, self.keys) {
                    Ok(name) => Operand::Name(1.0, name),
                    Err(_) if is_right && !word.contains('.') => Operand::Value(word.clone(), None),
                    Err(_) if is_right && word.split('.').count() < 3 => {
                        return Err(format!("{}; a text with a dot stands in quotes", unknown(word, self.keys)));
                    }
                    Err(message) => return Err(message),
                },
            },
            _ => return Err(self.expected(if is_right { "a number, a name or a text" } else { "a name" })),
        };
        self.next += 1;
        Ok(operand)
    }

    fn takes(&mut self, token: &Token) -> bool {
        let is_next = self.tokens.get(self.next).is_some_and(|(next, _)| next == token);
        self.next += usize::from(is_next);
        is_next
    }

    fn takes_word(&mut self, word: &str) -> bool {
        self.takes(&Token::Word(word.to_owned()))
    }

    /// What was expected at the next token, and what is there.
    fn expected(&self, what: &str) -> String {
        match self.tokens.get(self.next) {
            Some((_, bytes)) => {
                format!("{}: expected {what}, found `{}`", column(self.text, bytes.start), &self.text[bytes.clone()])
            }
            None => format!("expected {what} at the end of `{}`", self.text),
        }
    }
}

fn one_or(mut parts: Vec<Condition>, several: impl Fn(Vec<Condition>) -> Condition) -> Condition {
    if parts.len() == 1 { parts.remove(0) } else { several(parts) }
}

/// A finite number as written in digits: `inf` and `nan` are words.
fn number(word: &str) -> Option<f64> {
    let is_written = word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    word.parse().ok().filter(|number: &f64| is_written && number.is_finite())
}

#[cfg(test)]
#[path = "condition/tests.rs"]
mod tests;
