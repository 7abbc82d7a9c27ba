//! Parses conditions such as `code = 32 and test.autoencoder.mse_per_pixel < 0.01`.
//!
//! ```text
//! condition  = term {"or" term}
//! term       = factor {"and" factor}
//! factor     = "not" factor | "(" condition ")" | comparison
//! comparison = operand ("=" | "!=" | "<" | "<=" | ">" | ">=") operand
//! operand    = [number "*"] name | number | word | "text in quotes"
//! ```

use std::collections::BTreeSet;

use super::names::{Name, unknown};

/// Largest depth of nested parentheses and `not`.
const DEEPEST: usize = 100;

/// A parsed condition.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Comparison(Comparison),
}

/// Two operands and their comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Comparison {
    /// Text of the comparison.
    pub(super) text: String,
    pub(super) left: Operand,
    pub(super) operator: Operator,
    pub(super) right: Operand,
}

/// One side of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// A multiple of a name.
    Name(f64, Name),
    /// The text of a value, and the number if the text is one.
    Value(String, Option<f64>),
}

/// A comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Operators by text. Longer ones come first, because some begin with a shorter one.
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

/// A token and its range of bytes in the text.
type Placed = (Token, std::ops::Range<usize>);

impl Condition {
    /// Parses a condition on rows with these keys.
    ///
    /// # Errors
    /// If the text is not a condition or has an unknown name; the error has the column, and what is allowed there.
    pub(super) fn read(text: &str, keys: &BTreeSet<&str>) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let mut parser = Parser { text, tokens: &tokens, next: 0, depth: 0, keys };
        let condition = parser.condition()?;
        match parser.tokens.get(parser.next) {
            None => Ok(condition),
            Some(_) => Err(parser.expected("`and`, `or` or the end")),
        }
    }

    /// The names in the condition, from left to right.
    pub(super) fn names(&self) -> Vec<&Name> {
        self.comparisons().into_iter().flat_map(Comparison::names).collect()
    }

    /// The comparisons in the condition, from left to right.
    pub(super) fn comparisons(&self) -> Vec<&Comparison> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::comparisons).collect(),
            Self::Not(part) => part.comparisons(),
            Self::Comparison(comparison) => vec![comparison],
        }
    }
}

impl Comparison {
    fn names(&self) -> impl Iterator<Item = &Name> {
        [&self.left, &self.right].into_iter().filter_map(|operand| match operand {
            Operand::Name(_, name) => Some(name),
            Operand::Value(..) => None,
        })
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

/// The column of a byte as text, such as `column 7`, counted in characters from 1.
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
            return Err(format!("more than {DEEPEST} nested parentheses and `not`"));
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
            return Err(format!("`{text}` has no name; expected one, such as code or test.autoencoder.mse_per_pixel"));
        }
        Ok(Comparison { text, left, operator: *operator, right })
    }

    /// Parses an operand. On the right side, an unknown word without dots is a text.
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
                        return Err(format!("{}; put a text with a dot in quotes", unknown(word, self.keys)));
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

    /// An error for the next token: what is expected, and what was found.
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

/// Parses a finite number in digits; `inf` and `nan` are words.
fn number(word: &str) -> Option<f64> {
    let is_written = word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    word.parse().ok().filter(|number: &f64| is_written && number.is_finite())
}

#[cfg(test)]
#[path = "expression/tests.rs"]
mod tests;
