//! The header of a NumPy array: <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>.

use std::io::Read;

use crate::elements::{Element, Kind};
use crate::stream::exactly;

/// Greatest size of a header in bytes. NumPy pads usual headers to 128; long ones belong to structured types, which are
/// errors.
const MOST_BYTES: usize = 1 << 16;

/// Greatest number of characters of a text, which is a class name here.
const MOST_CHARACTERS: usize = 4096;

/// Type of the values of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    Number(Element),
    /// Texts of this number of characters in UTF-32, padded with zeros.
    Unicode {
        characters: usize,
        big_endian: bool,
    },
    /// Texts of this number of bytes, padded with zeros.
    Bytes(usize),
}

impl Type {
    /// Size of a value in bytes.
    pub(crate) fn bytes(self) -> usize {
        match self {
            Self::Number(element) => element.bytes(),
            Self::Unicode { characters, .. } => 4 * characters,
            Self::Bytes(bytes) => bytes,
        }
    }

    /// The class name in `bytes`; `None` if the text is empty.
    pub(crate) fn label(self, bytes: &[u8]) -> Result<Option<String>, String> {
        let text = match self {
            Self::Number(element) => return element.label(bytes).map(Some),
            Self::Bytes(_) => String::from_utf8(bytes.to_vec()).ok(),
            Self::Unicode { big_endian, .. } => {
                let character = |bytes: &[u8]| {
                    let bytes = <[u8; 4]>::try_from(bytes).ok()?;
                    char::from_u32(if big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
                };
                bytes.chunks_exact(4).map(character).collect::<Option<String>>()
            }
        };
        let text = text.ok_or("the label is not Unicode text")?;
        let text = text.trim_end_matches('\0');
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// True if the values are floating-point numbers.
    pub(crate) fn is_floating(self) -> bool {
        matches!(self, Self::Number(Element { kind: Kind::F16 | Kind::F32 | Kind::F64, .. }))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let unknown = || {
            let known = "u1 to u8, i1 to i8, f2, f4, f8 and b1 are expected";
            let reason = match text.trim_start_matches(['<', '>', '|', '=']).chars().next() {
                Some('O') => "Python objects, which only Python can read",
                Some('c') => "complex numbers",
                Some('M' | 'm') => "dates or times",
                Some('V') => "structured or raw values",
                Some('U' | 'S' | 'a') => "texts",
                _ => "of an unknown type",
            };
            format!("the values are {reason} ('{text}'); {known}")
        };
        let mut characters = text.chars();
        let big_endian = match characters.next() {
            Some('<' | '|') => false,
            Some('>') => true,
            _ => return Err(unknown()),
        };
        let kind = match characters.as_str() {
            "b1" => Kind::Bool,
            "u1" => Kind::U8,
            "i1" => Kind::I8,
            "u2" => Kind::U16,
            "i2" => Kind::I16,
            "u4" => Kind::U32,
            "i4" => Kind::I32,
            "u8" => Kind::U64,
            "i8" => Kind::I64,
            "f2" => Kind::F16,
            "f4" => Kind::F32,
            "f8" => Kind::F64,
            other => {
                let (letter, count) = other.split_at_checked(1).ok_or_else(unknown)?;
                let count = count.parse().ok().filter(|count| (1..=MOST_CHARACTERS).contains(count));
                return match (letter, count) {
                    ("U", Some(characters)) => Ok(Self::Unicode { characters, big_endian }),
                    ("S", Some(bytes)) => Ok(Self::Bytes(bytes)),
                    _ => Err(unknown()),
                };
            }
        };
        Ok(Self::Number(Element { kind, big_endian }))
    }
}

/// The header of an array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) values: Type,
    /// True if the first dimension varies fastest.
    pub(crate) fortran: bool,
    pub(crate) dimensions: Vec<u64>,
    /// Offset of the first value in bytes.
    pub(crate) bytes: u64,
}

impl Header {
    /// Reads the header, and no byte more.
    pub(crate) fn read(reader: &mut impl Read) -> Result<Self, String> {
        let mut bytes = Vec::new();
        exactly(reader, 8, &mut bytes)?;
        let [b'\x93', b'N', b'U', b'M', b'P', b'Y', major, minor] = bytes[..] else {
            return Err("byte 0: this is not a NumPy array; \"\\x93NUMPY\" is expected".to_owned());
        };
        let width = match (major, minor) {
            (1, 0) => 2,
            (2 | 3, 0) => 4,
            _ => return Err(format!("byte 6: the version is {major}.{minor}; 1.0, 2.0 and 3.0 are known")),
        };
        exactly(reader, width, &mut bytes)?;
        let length = bytes.iter().rev().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        if length > MOST_BYTES {
            return Err(format!("byte 8: the header has {length} bytes; at most {MOST_BYTES} are allowed"));
        }
        exactly(reader, length, &mut bytes).map_err(|message| format!("header: {message}"))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| "the header is not UTF-8".to_owned())?;
        let (values, fortran, dimensions) = parse(text).map_err(|message| format!("header: {message}"))?;
        Ok(Self { values, fortran, dimensions, bytes: (8 + width + length) as u64 })
    }
}

/// Parses a Python dictionary such as `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
fn parse(text: &str) -> Result<(Type, bool, Vec<u64>), String> {
    let (mut values, mut fortran, mut dimensions) = (None, None, None);
    let mut rest = Rest(text);
    rest.expect('{')?;
    while !rest.take('}') {
        let key = rest.string()?;
        rest.expect(':')?;
        match key {
            "descr" if rest.0.trim_start().starts_with(['[', '(', '{']) => {
                return Err("the values are structured; one plain type is expected".to_owned());
            }
            "descr" => values = Some(Type::parse(rest.string()?)?),
            "fortran_order" => fortran = Some(rest.boolean()?),
            "shape" => dimensions = Some(rest.numbers()?),
            other => return Err(format!("the key '{other}' is unknown; descr, fortran_order and shape are expected")),
        }
        if !rest.take(',') {
            rest.expect('}')?;
            break;
        }
    }
    if !rest.0.trim().is_empty() {
        return Err("something follows the dictionary".to_owned());
    }
    let missing = |key| format!("the key '{key}' is missing");
    Ok((
        values.ok_or_else(|| missing("descr"))?,
        fortran.ok_or_else(|| missing("fortran_order"))?,
        dimensions.ok_or_else(|| missing("shape"))?,
    ))
}

/// The part of the text that has not been parsed.
struct Rest<'a>(&'a str);

impl<'a> Rest<'a> {
    fn take(&mut self, character: char) -> bool {
        let trimmed = self.0.trim_start();
        let after = trimmed.strip_prefix(character);
        self.0 = after.unwrap_or(trimmed);
        after.is_some()
    }

    fn expect(&mut self, character: char) -> Result<(), String> {
        if self.take(character) {
            return Ok(());
        }
        let found: String = self.0.chars().take(12).collect();
        Err(format!("'{character}' is expected before {found:?}"))
    }

    fn string(&mut self) -> Result<&'a str, String> {
        let quote = if self.take('"') { '"' } else { '\'' };
        if quote == '\'' {
            self.expect('\'')?;
        }
        let (string, rest) = self.0.split_once(quote).ok_or("a text in quotes does not end")?;
        self.0 = rest;
        Ok(string)
    }

    fn word(&mut self) -> &'a str {
        let text = self.0.trim_start();
        let end = text.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(text.len());
        let (word, rest) = text.split_at(end);
        self.0 = rest;
        word
    }

    fn boolean(&mut self) -> Result<bool, String> {
        match self.word() {
            "True" => Ok(true),
            "False" => Ok(false),
            other => Err(format!("fortran_order is '{other}'; True or False are expected")),
        }
    }

    fn numbers(&mut self) -> Result<Vec<u64>, String> {
        self.expect('(')?;
        let mut numbers = Vec::new();
        while !self.take(')') {
            let word = self.word();
            // Python 2 writes an L after long integers.
            let number = word.strip_suffix('L').unwrap_or(word).parse();
            numbers.push(number.map_err(|_| format!("shape holds '{word}'; whole numbers are expected"))?);
            if !self.take(',') {
                self.expect(')')?;
                break;
            }
        }
        Ok(numbers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(version: u8, text: &str) -> Vec<u8> {
        let length = (text.len() as u32).to_le_bytes();
        let length = if version == 1 { &length[..2] } else { &length };
        [&b"\x93NUMPY"[..], &[version, 0], length, text.as_bytes()].concat()
    }

    #[test]
    fn headers_of_all_versions_are_read() {
        let text = "{'descr': '>i4', 'fortran_order': True, 'shape': (3L, 4), }   \n";
        for version in 1..=3 {
            let bytes = [&header(version, text)[..], b"values"].concat();
            let mut reader = &bytes[..];
            let read = Header::read(&mut reader).unwrap();
            assert_eq!(read.values, Type::Number(Element { kind: Kind::I32, big_endian: true }));
            assert_eq!((read.fortran, &read.dimensions[..]), (true, &[3, 4][..]));
            assert_eq!((reader, read.bytes), (&b"values"[..], bytes.len() as u64 - 6));
        }
    }

    #[test]
    fn an_error_about_another_header_names_the_fault() {
        let refused = |bytes: &[u8]| Header::read(&mut &bytes[..]).unwrap_err();
        assert!(refused(b"PK").contains("truncated"));
        assert!(refused(b"not an array").contains("byte 0: this is not a NumPy array"));
        assert!(refused(b"\x93NUMPY\x04\x00\x00\x00").contains("byte 6: the version is 4.0"));
        assert!(refused(b"\x93NUMPY\x02\x00\xff\xff\xff\xff").contains("4294967295 bytes; at most 65536 are allowed"));
        let text = |text: &str| refused(&header(1, text));
        for (descr, reason) in [
            ("'|O'", "objects"),
            ("[('a', '<f4')]", "structured"),
            ("'<c8'", "complex"),
            ("'<M8[ns]'", "dates"),
            ("'|V7'", "structured or raw"),
            ("'<q'", "unknown type"),
            ("'f4'", "unknown type"),
            ("''", "unknown type"),
            ("'<é1'", "unknown type"),
        ] {
            let message = text(&format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (3,)}}"));
            assert!(message.contains(reason), "{message}");
        }
        assert!(text("{'descr': '<f4', 'shape': (3,)}").contains("'fortran_order' is missing"));
        assert!(text("{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}").contains("True or False"));
        assert!(text("{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}").contains("whole numbers"));
        assert!(text("{'descr': '<f4'").contains("'}' is expected"));
        assert!(text("{'descr': '<f4").contains("does not end"));
        assert!(text("{'other': 1}").contains("'other' is unknown"));
    }

    #[test]
    fn labels_are_texts_without_the_padding_of_zeros() {
        let unicode = Type::parse("<U3").unwrap();
        let bytes: Vec<u8> = ['ä', 'b', '\0'].iter().flat_map(|c| u32::from(*c).to_le_bytes()).collect();
        assert_eq!(unicode.label(&bytes).unwrap().unwrap(), "äb");
        assert!(unicode.label(&[0xff; 12]).is_err());
        assert_eq!(Type::parse("|S4").unwrap().label(b"cat\0").unwrap().unwrap(), "cat");
        assert_eq!(Type::parse("|S4").unwrap().label(&[0; 4]).unwrap(), None);
    }
}
