//! Contents of a column: numbers, categories, or neither.

use std::collections::BTreeSet;

use super::{ADVICE, Missing, date, is_split, text};
use crate::describe::ColumnKind;

/// Greatest number of categories of a column that is not listed as `categorical`. A column with more different texts is
/// read as names or sentences.
pub(super) const MOST_FOUND: usize = 32;

/// Greatest number of categories of a column that is listed as `categorical`.
pub(super) const MOST_SAID: usize = 1000;

/// Role of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Numbers, or texts of a few different values.
    Value,
    /// Categories.
    Category,
    Label,
    Group,
    /// Numbers or dates.
    Time,
    Split,
    Id,
    Excluded,
}

/// Contents of a column of values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    Number,
    /// Categories, sorted by their bytes.
    Categories(Vec<String>),
}

/// Counts of the fields of a column so far, and the first number and first word with their lines.
#[derive(Debug, Default)]
pub(super) struct Seen {
    numbers: usize,
    number: Option<(u64, String)>,
    words: usize,
    word: Option<(u64, String)>,
    categories: BTreeSet<String>,
}

impl Seen {
    /// Counts a field. The field has no spaces around it.
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
                Missing::Keep => Err("a value is missing; set missing = \"drop\" to leave such rows out".to_owned()),
                Missing::Refuse => Err(format!("a value is missing; {ADVICE}")),
            };
        }
        match role {
            Role::Value if is_short(field, decimal) => return self.count_number(field, line),
            Role::Value => match number(field, decimal) {
                Some(number) if number.is_finite() => return self.count_number(field, line),
                Some(_) => {
                    let given = utf8(field)?;
                    return Err(format!("`{given}` is not finite in single precision, expected at most 3.4e38"));
                }
                None => {}
            },
            Role::Time if date::seconds(field).is_none() => {
                if time(field, decimal).is_none() {
                    let given = utf8(field)?;
                    return Err(format!(
                        "`{given}` is not a time: expected a number, 2026-11-28 or 2026-11-28T10:15:00"
                    ));
                }
                return self.count_number(field, line);
            }
            _ => {}
        }
        let given = utf8(field)?;
        match role {
            Role::Split if !is_split(given) => {
                return Err(format!("`{given}` is not a split, expected train, validation or test"));
            }
            Role::Value | Role::Category if self.categories.len() <= MOST_SAID && !self.categories.contains(given) => {
                self.categories.insert(given.to_owned());
            }
            _ => {}
        }
        self.words += 1;
        if self.word.is_none() {
            self.word = Some((line, given.to_owned()));
        }
        Ok(())
    }

    fn count_number(&mut self, field: &[u8], line: u64) -> Result<(), String> {
        self.numbers += 1;
        if self.number.is_none() {
            self.number = Some((line, utf8(field)?.to_owned()));
        }
        Ok(())
    }

    /// Adds the counts of the rows that follow.
    pub(super) fn add(&mut self, below: Self) {
        self.numbers += below.numbers;
        self.words += below.words;
        self.number = self.number.take().or(below.number);
        self.word = self.word.take().or(below.word);
        if self.categories.len() <= MOST_SAID {
            self.categories.extend(below.categories);
        }
    }

    /// Number of different texts. It is counted up to about [`MOST_SAID`] + 1.
    pub(super) fn categories(&self) -> usize {
        self.categories.len().min(MOST_SAID + 1)
    }

    /// Kind of the column by its fields.
    pub(super) fn kind(&self, role: Role) -> ColumnKind {
        let most = if role == Role::Category { MOST_SAID } else { MOST_FOUND };
        match (&self.number, &self.word) {
            (None, None) => ColumnKind::Empty,
            (Some(_), None) => ColumnKind::Number,
            (Some(_), Some(_)) => ColumnKind::Mixed,
            (None, Some(_)) if role == Role::Value && self.categories.iter().all(|each| is_date(each)) => {
                ColumnKind::Date
            }
            (None, Some(_)) if self.categories.len() <= most => ColumnKind::Category,
            (None, Some(_)) => ColumnKind::Text,
        }
    }

    /// Contents of the column, or the first field that does not fit: its line, and the message.
    pub(super) fn content(self, role: Role) -> Result<Content, (u64, String)> {
        match (role, self.number, self.word) {
            (Role::Time, Some((line, number)), Some((_, date))) => Err((
                line,
                format!("`{number}` is a number, but `{date}` is a date; expected numbers alone or dates alone"),
            )),
            (Role::Value | Role::Category, None, None) => {
                Err((1, "the value is missing in every row; leave the column out with `exclude`".to_owned()))
            }
            (Role::Value | Role::Category, Some(_), Some((line, word))) if self.words <= self.numbers => Err((
                line,
                format!(
                    "`{word}` is not a number, but {} fields of the column are; `categorical` reads all of them as categories",
                    self.numbers
                ),
            )),
            (Role::Value | Role::Category, Some((line, number)), Some(_)) => Err((
                line,
                format!(
                    "`{number}` is a number, but {} fields of the column are words; `categorical` reads all of them as categories",
                    self.words
                ),
            )),
            (Role::Value, None, Some((line, word))) if self.categories.iter().all(|each| is_date(each)) => Err((
                line,
                format!("`{word}` is a date; `split.time` orders rows by it, and `exclude` leaves the column out"),
            )),
            (Role::Value | Role::Category, None, Some((line, word))) => {
                let most = if role == Role::Category { MOST_SAID } else { MOST_FOUND };
                if self.categories.len() > most {
                    let many = format!("`{word}` is one of more than {most} different texts");
                    return Err((line, format!("{many}; leave the column out with `exclude`")));
                }
                Ok(Content::Categories(self.categories.into_iter().collect()))
            }
            _ => Ok(Content::Number),
        }
    }
}

/// True if a text is a date.
pub(super) fn is_date(text: &str) -> bool {
    date::seconds(text.as_bytes()).is_some()
}

/// True if a field consists of digits and at most one decimal mark, and is short enough to be finite in single
/// precision.
fn is_short(field: &[u8], decimal: u8) -> bool {
    let digits = field.strip_prefix(b"-").unwrap_or(field);
    let (mut marks, mut others) = (0, 0);
    for byte in digits {
        marks += usize::from(*byte == decimal);
        others += usize::from(!byte.is_ascii_digit() && *byte != decimal);
    }
    others == 0 && marks <= 1 && (1 + marks..=38).contains(&digits.len())
}

/// True if a field stands for a missing value.
pub(super) fn is_missing(field: &[u8]) -> bool {
    field.len() <= 4
        && [&b""[..], b"?", b"NA", b"N/A", b"NaN", b"null"].iter().any(|each| field.eq_ignore_ascii_case(each))
}

/// A number, which may be infinite; `None` if the field is not a number.
pub(super) fn number(field: &[u8], decimal: u8) -> Option<f32> {
    short(field, decimal).or_else(|| parse(field, decimal))
}

/// A time: a finite number, or the seconds from 1970 to a date.
pub(super) fn time(field: &[u8], decimal: u8) -> Option<f64> {
    date::seconds(field).or_else(|| parse(field, decimal).filter(|time: &f64| time.is_finite()))
}

/// A number with so few digits that one division of exact numbers gives the nearest `f32`, because IEEE 754 rounds a
/// quotient correctly. `None` for any other field.
fn short(field: &[u8], decimal: u8) -> Option<f32> {
    const POWERS: [f32; 9] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8];
    let digits = field.strip_prefix(b"-").unwrap_or(field);
    if digits.len() > POWERS.len() {
        return None;
    }
    let (mut whole, mut count, mut mark) = (0_u32, 0, None);
    for byte in digits {
        match byte {
            b'0'..=b'9' => (whole, count) = (10 * whole + u32::from(byte - b'0'), count + 1),
            _ if *byte == decimal && mark.is_none() => mark = Some(count),
            _ => return None,
        }
    }
    if count == 0 || whole > 1 << 24 {
        return None;
    }
    let number = whole as f32 / POWERS[mark.map_or(0, |mark| count - mark)];
    Some(if digits.len() < field.len() { -number } else { number })
}

pub(super) fn parse<T: std::str::FromStr>(field: &[u8], decimal: u8) -> Option<T> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_are_parsed_as_by_the_standard_library() {
        for text in ["0", "-0", "1", "-1.5", ".5", "5.", "0.1", "123.4567", "-0.000001", "16777216", "1677721.6", "007"]
        {
            let expected: f32 = text.parse().unwrap();
            assert_eq!(short(text.as_bytes(), b'.').map(f32::to_bits), Some(expected.to_bits()), "{text}");
            assert!(is_short(text.as_bytes(), b'.'), "{text}");
        }
        for text in ["", "-", ".", "-.", "1.2.3", "1e3", "16777217", "1234567890", "+1", "1 2", "--1", "inf"] {
            assert_eq!(short(text.as_bytes(), b'.'), None, "{text}");
        }
        for text in ["", "-", ".", "-.", "1.2.3", "1e3", "+1", "1 2", "--1", "inf"] {
            assert!(!is_short(text.as_bytes(), b'.'), "{text}");
        }
        assert_eq!(short(b"1,5", b','), Some(1.5));
        assert_eq!(short(b"1.5", b','), None);
    }
}
