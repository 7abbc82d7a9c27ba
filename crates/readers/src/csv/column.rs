//! What the fields of a column are: numbers, categories, or neither.

use std::collections::BTreeSet;

use super::{Missing, is_split, text};

/// Most categories of a column that is not said to hold categories. Text of more is taken for names or sentences.
const MOST_FOUND: usize = 32;

/// Most categories of a column that is said to hold categories.
const MOST_SAID: usize = 1000;

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Numbers, or text of few values.
    Value,
    /// Categories.
    Category,
    Label,
    Group,
    Time,
    Split,
    Excluded,
}

/// What a column of values holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Number,
    /// These, in order of their bytes.
    Categories(Vec<String>),
}

/// What was seen of a column so far, and the line where it was seen first.
#[derive(Debug, Default)]
pub(super) struct Seen {
    numbers: usize,
    number: Option<(u64, String)>,
    words: usize,
    word: Option<(u64, String)>,
    categories: BTreeSet<String>,
}

impl Seen {
    /// Looks at a field, without the spaces around it.
    pub(super) fn look(
        &mut self,
        field: &[u8],
        role: Role,
        line: u64,
        decimal: u8,
        missing: Missing,
    ) -> Result<(), String> {
        if role == Role::Excluded {
            return Ok(());
        }
        if is_missing(field) {
            let is_value = matches!(role, Role::Value | Role::Category);
            return match missing {
                Missing::Drop => Ok(()),
                Missing::Keep if is_value => Ok(()),
                Missing::Keep => Err("it is missing; rows without it can be left out: missing = \"drop\"".to_owned()),
                Missing::Refuse => Err("a value is missing; see `missing` for what can be done about it".to_owned()),
            };
        }
        if role == Role::Value {
            match number(field, decimal) {
                Some(number) if number.is_finite() => {
                    self.numbers += 1;
                    if self.number.is_none() {
                        self.number = Some((line, utf8(field)?.to_owned()));
                    }
                    return Ok(());
                }
                Some(_) => {
                    let given = utf8(field)?;
                    return Err(format!("`{given}` is not finite in single precision, expected at most 3.4e38"));
                }
                None => {}
            }
        }
        let given = utf8(field)?;
        match role {
            Role::Value | Role::Category => {
                self.words += 1;
                if self.word.is_none() {
                    self.word = Some((line, given.to_owned()));
                }
                if self.categories.len() <= MOST_SAID && !self.categories.contains(given) {
                    self.categories.insert(given.to_owned());
                }
                Ok(())
            }
            Role::Time if time(field, decimal).is_none() => Err(format!("`{given}` is not a number, which a time is")),
            Role::Split if !is_split(given) => {
                Err(format!("`{given}` is not a split, expected train, validation or test"))
            }
            _ => Ok(()),
        }
    }

    /// What the column holds, or at which line it holds something else.
    pub(super) fn content(self, role: Role) -> Result<Content, (u64, String)> {
        let most = if role == Role::Category { MOST_SAID } else { MOST_FOUND };
        match (self.number, self.word) {
            (None, None) => Err((1, "every row lacks it; leave the column out with --exclude".to_owned())),
            (Some(_), None) => Ok(Content::Number),
            (Some(_), Some((line, word))) if self.words <= self.numbers => Err((
                line,
                format!(
                    "`{word}` is not a number, though {} of the column are; --categorical takes all for categories",
                    self.numbers
                ),
            )),
            (Some((line, number)), Some(_)) => Err((
                line,
                format!("`{number}` is a number among {} words; --categorical takes all for categories", self.words),
            )),
            (None, Some((line, word))) if self.categories.len() > most => Err((
                line,
                format!("`{word}` is one of more than {most} different texts; leave the column out with --exclude"),
            )),
            (None, Some(_)) => Ok(Content::Categories(self.categories.into_iter().collect())),
        }
    }
}

/// Whether a field says that there is no value.
pub(super) fn is_missing(field: &[u8]) -> bool {
    field.len() <= 4
        && [&b""[..], b"?", b"NA", b"N/A", b"NaN", b"null"].iter().any(|each| field.eq_ignore_ascii_case(each))
}

/// A number, which may be infinite; `None` of anything else.
pub(super) fn number(field: &[u8], decimal: u8) -> Option<f32> {
    parse(field, decimal)
}

/// A time, a finite number.
pub(super) fn time(field: &[u8], decimal: u8) -> Option<f64> {
    parse(field, decimal).filter(|time: &f64| time.is_finite())
}

fn parse<T: std::str::FromStr>(field: &[u8], decimal: u8) -> Option<T> {
    let field = text(field)?;
    match decimal {
        b',' if field.contains('.') => None,
        b',' => field.replace(',', ".").parse().ok(),
        _ => field.parse().ok(),
    }
}

fn utf8(field: &[u8]) -> Result<&str, String> {
    text(field).ok_or_else(|| "not UTF-8".to_owned())
}
