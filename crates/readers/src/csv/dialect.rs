//! Separator, decimal mark and quote of a table, found from its first bytes. Also errors for files that are not tables.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::Options;
use crate::Error;

/// Number of bytes that are examined.
const BEGINNING: u64 = 1 << 16;

/// Separator, decimal mark, quote and header of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// Character between fields.
    pub(super) separator: u8,
    /// Decimal mark, `.` or `,`.
    pub(super) decimal: u8,
    /// Character around fields that may contain separators.
    pub(super) quote: u8,
    /// True if the first line names the columns.
    pub(super) has_header: bool,
}

impl Dialect {
    /// The dialect of a file. Options of the user come first, and the rest is found from the file.
    pub(super) fn of(path: &Path, options: &Options) -> Result<Self, Error> {
        let Options { separator, decimal, quote, header, .. } = *options;
        let metadata = fs::metadata(path).map_err(|source| Error::read(path, source))?;
        if metadata.is_dir() {
            return Err(Error::file(path, "a folder, expected a CSV or TSV file"));
        }
        if !metadata.is_file() {
            return Err(Error::file(path, "not a regular file: a table is read twice, so write it to a file first"));
        }
        if metadata.len() == 0 {
            return Err(Error::file(path, "0 bytes, expected a line of column names and a line for each row"));
        }
        let mut beginning = Vec::new();
        let file = File::open(path).map_err(|source| Error::read(path, source))?;
        file.take(BEGINNING).read_to_end(&mut beginning).map_err(|source| Error::read(path, source))?;
        if beginning.starts_with(b"\xef\xbb\xbf") {
            beginning.drain(..3);
        }
        let zeros = beginning.iter().filter(|byte| **byte == 0).count();
        if let Some(place) = beginning.iter().position(|byte| *byte == 0)
            && zeros < beginning.len() / 4
        {
            return Err(Error::file(
                path,
                format!("byte {place} is 0, so this is not a text file; expected a CSV or TSV file"),
            ));
        }
        if zeros > 0 || beginning.starts_with(&[0xff, 0xfe]) || beginning.starts_with(&[0xfe, 0xff]) {
            return Err(Error::file(path, "not UTF-8 (it looks like UTF-16): convert it, as with `iconv -t UTF-8`"));
        }
        let character = |name: &str, value: char, allowed: &str| match u8::try_from(value) {
            Ok(byte) if byte.is_ascii() && (allowed.is_empty() || allowed.contains(value)) => Ok(byte),
            _ => {
                let expected = if allowed.is_empty() { "one ASCII character" } else { "`.` or `,`" };
                Err(Error::file(path, format!("{name} = `{value}`: expected {expected}")))
            }
        };
        let separator = match separator {
            Some(separator) => character("separator", separator, "")?,
            None if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("tsv")) => b'\t',
            None => separator_of(&beginning),
        };
        let decimal = match decimal {
            Some(decimal) => character("decimal", decimal, ".,")?,
            None => decimal_of(&beginning, separator),
        };
        let quote = match quote {
            Some(quote) => character("quote", quote, "")?,
            None => quote_of(&beginning, separator),
        };
        if separator == decimal || separator == quote {
            return Err(Error::file(
                path,
                format!("`{}` is both the separator and another mark", char::from(separator)),
            ));
        }
        Ok(Self { separator, decimal, quote, has_header: header.unwrap_or(true) })
    }
}

/// The most frequent candidate outside quotes in the first line, or a comma if there is none.
fn separator_of(beginning: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [(b',', 0), (b';', 0), (b'\t', 0), (b'|', 0)];
    for &byte in beginning {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(candidate, _)| *candidate == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // The first of equal counts wins: a comma if no candidate is found.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(candidate, _)| candidate)
}

/// An apostrophe if all fields of the first line are between apostrophes, else `"`.
fn quote_of(beginning: &[u8], separator: u8) -> u8 {
    let line = beginning.split(|byte| b"\r\n".contains(byte)).next().unwrap_or_default();
    let mut fields = line.split(|byte| *byte == separator).map(<[u8]>::trim_ascii);
    let is_quoted = |field: &[u8]| field.len() > 1 && field.starts_with(b"'") && field.ends_with(b"'");
    if fields.all(is_quoted) { b'\'' } else { b'"' }
}

/// A comma if there are numbers such as `1,5` and none such as `1.5`, else a point.
fn decimal_of(beginning: &[u8], separator: u8) -> u8 {
    if separator == b',' {
        return b'.';
    }
    let has = |mark: u8| {
        beginning.split(|byte| *byte == separator || b"\r\n".contains(byte)).any(|field| {
            let field = field.trim_ascii();
            let digits = field.strip_prefix(b"-").unwrap_or(field);
            digits.iter().filter(|byte| **byte == mark).count() == 1
                && digits.len() > 1
                && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == mark)
        })
    };
    if has(b',') && !has(b'.') { b',' } else { b'.' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_separator_is_the_most_frequent_character_outside_quotes() {
        assert_eq!(separator_of(b"a,b;c,d\n1;2;3;4"), b',');
        assert_eq!(separator_of(b"\"a,b,c\";d;e\n"), b';');
        assert_eq!(separator_of(b"a\tb\n"), b'\t');
        assert_eq!(separator_of(b"a\n1\n"), b',');
    }

    #[test]
    fn apostrophes_are_quotes_if_all_names_are_between_apostrophes() {
        assert_eq!(quote_of(b"'a, b','c'\n", b','), b'"');
        assert_eq!(quote_of(b"'a';'b, c'\n1;2", b';'), b'\'');
        assert_eq!(quote_of(b"a,'b'\n", b','), b'"');
    }

    #[test]
    fn a_decimal_comma_is_found_if_no_number_has_a_decimal_point() {
        assert_eq!(decimal_of(b"a;b\n1,5;2\n", b';'), b',');
        assert_eq!(decimal_of(b"a;b\n1,5;2.5\n", b';'), b'.');
        assert_eq!(decimal_of(b"a,b\n1,5\n", b','), b'.');
        assert_eq!(decimal_of(b"a;b\nx,y;-2\n", b';'), b'.');
    }
}
