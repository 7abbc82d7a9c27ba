//! Blocks of whole records of a table, which several threads read in parallel. Memory does not grow with the table.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;

use csv::{ByteRecord, ReaderBuilder};
use rayon::prelude::*;

use super::dialect::Dialect;
use crate::Error;

/// Size of a block in bytes.
const BLOCK: usize = 1 << 21;

/// Greatest size of a record in bytes, so that a missing quote does not make one record of the whole file.
const MOST_RECORD: usize = 1 << 26;

/// A reader of a table, block by block.
pub(super) struct Blocks<'a> {
    path: &'a Path,
    file: File,
    dialect: Dialect,
    /// Bytes after the last whole record of the previous block.
    held: Vec<u8>,
    /// Line of the first byte of `held`, from 1.
    line: u64,
    is_at_end: bool,
}

/// A block of whole records.
pub(super) struct Block {
    bytes: Vec<u8>,
    /// Line of the first byte, from 1.
    line: u64,
    dialect: Dialect,
}

impl<'a> Blocks<'a> {
    /// Opens a table, and reads its first record.
    pub(super) fn open(path: &'a Path, dialect: Dialect) -> Result<(Vec<Vec<u8>>, Self), Error> {
        let mut file = File::open(path).map_err(|source| Error::read(path, source))?;
        let mut mark = Vec::new();
        let read = file.by_ref().take(3).read_to_end(&mut mark);
        read.and_then(|_| if mark == b"\xef\xbb\xbf" { Ok(3) } else { file.rewind().map(|()| 0) })
            .map_err(|source| Error::read(path, source))?;
        let mut blocks = Self { path, file, dialect, held: Vec::new(), line: 1, is_at_end: false };
        let Some(mut block) = blocks.next()? else { return Ok((Vec::new(), blocks)) };
        let (mut record, mut reader) = (ByteRecord::new(), reader(&block.bytes, dialect));
        reader.read_byte_record(&mut record).map_err(|error| Error::read(path, io::Error::other(error)))?;
        if !dialect.has_header {
            block.bytes.append(&mut blocks.held);
            (blocks.held, blocks.line) = (block.bytes, 1);
            return Ok((vec![Vec::new(); record.len()], blocks));
        }
        let end = (reader.position().byte() as usize).min(block.bytes.len());
        blocks.line = 1 + lines(&block.bytes[..end]);
        let mut held = block.bytes.split_off(end);
        held.append(&mut blocks.held);
        blocks.held = held;
        Ok((record.iter().map(<[u8]>::to_vec).collect(), blocks))
    }

    /// Calls `work` on blocks in all threads, and gives the results to `take` in the order of the blocks.
    pub(super) fn in_order<T: Send>(
        mut self,
        work: impl Fn(&Block) -> Result<T, Error> + Sync,
        mut take: impl FnMut(T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut blocks = self.several()?;
        while !blocks.is_empty() {
            let (done, following) =
                rayon::join(|| blocks.par_iter().map(&work).collect::<Vec<Result<T, Error>>>(), || self.several());
            for each in done {
                take(each?)?;
            }
            blocks = following?;
        }
        Ok(())
    }

    fn several(&mut self) -> Result<Vec<Block>, Error> {
        let mut blocks = Vec::new();
        while blocks.len() < 2 * rayon::current_num_threads()
            && let Some(block) = self.next()?
        {
            blocks.push(block);
        }
        Ok(blocks)
    }

    fn next(&mut self) -> Result<Option<Block>, Error> {
        let mut bytes = std::mem::take(&mut self.held);
        let mut size = BLOCK;
        loop {
            let missing = size.saturating_sub(bytes.len());
            if !self.is_at_end && missing > 0 {
                bytes.reserve(missing);
                let read = (&mut self.file).take(missing as u64).read_to_end(&mut bytes);
                self.is_at_end = read.map_err(|source| Error::read(self.path, source))? < missing;
            }
            if bytes.is_empty() {
                return Ok(None);
            }
            let end = match self.is_at_end {
                true if ends_in_quotes(&bytes, self.dialect) => {
                    let last = end_of_records(&bytes, self.dialect).unwrap_or(0);
                    let line = self.line + lines(&bytes[..last]);
                    return Err(Error::file(self.path, format!("line {line}: a closing quote is missing in this row")));
                }
                true => Some(bytes.len()),
                false => end_of_records(&bytes, self.dialect),
            };
            if let Some(end) = end {
                self.held = bytes.split_off(end);
                let block = Block { line: self.line, dialect: self.dialect, bytes };
                self.line += lines(&block.bytes);
                return Ok(Some(block));
            }
            if bytes.len() >= MOST_RECORD {
                let message = format!("line {}: no end of this row within {MOST_RECORD} bytes", self.line);
                return Err(Error::file(self.path, format!("{message}; a closing quote may be missing")));
            }
            size = 2 * bytes.len().max(BLOCK);
        }
    }
}

impl Block {
    /// Gives `each` the fields of each record, and the line on which the record starts. Blank lines are left out.
    pub(super) fn records<'b>(&'b self, mut each: impl FnMut(u64, &[&[u8]]) -> Result<(), Error>) -> Result<(), Error> {
        let has_quotes = self.bytes.contains(&self.dialect.quote);
        let ends_lines = |pair: &[u8]| pair[0] == b'\r' && pair[1] != b'\n';
        if has_quotes || self.bytes.contains(&b'\r') && self.bytes.windows(2).any(ends_lines) {
            return self.quoted(each);
        }
        let mut fields: Vec<&'b [u8]> = Vec::new();
        for (line, bytes) in (self.line..).zip(self.bytes.split(|byte| *byte == b'\n')) {
            let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
            if !bytes.is_empty() {
                fields.clear();
                fields.extend(bytes.split(|byte| *byte == self.dialect.separator));
                each(line, &fields)?;
            }
        }
        Ok(())
    }

    /// Gives the records as [`records`](Self::records) does, for a block with quotes or with lines that end in a
    /// carriage return.
    fn quoted(&self, mut each: impl FnMut(u64, &[&[u8]]) -> Result<(), Error>) -> Result<(), Error> {
        let mut reader = reader(&self.bytes, self.dialect);
        let (mut record, mut line, mut counted) = (ByteRecord::new(), self.line, 0);
        // Reading from memory cannot fail.
        while reader.read_byte_record(&mut record).unwrap_or(false) {
            let from = record.position().map_or(0, |position| position.byte() as usize);
            let blank = self.bytes[from..].iter().take_while(|byte| b"\r\n".contains(byte)).count();
            line += lines(&self.bytes[counted..from + blank]);
            counted = from + blank;
            let fields: Vec<&[u8]> = record.iter().collect();
            each(line, &fields)?;
        }
        Ok(())
    }
}

/// A CSV reader of records with any number of fields.
pub(super) fn reader(bytes: &[u8], dialect: Dialect) -> csv::Reader<&[u8]> {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(dialect.separator).quote(dialect.quote).has_headers(false).flexible(true);
    builder.from_reader(bytes)
}

fn lines(bytes: &[u8]) -> u64 {
    bytes.iter().filter(|byte| **byte == b'\n').count() as u64
}

/// State of the parser at a byte.
#[derive(Clone, Copy, PartialEq)]
enum At {
    Beginning,
    Plain,
    Quoted,
    /// After a quote inside quotes. The quotes end here, unless another quote follows.
    Quote,
}

/// Offset after the last record that ends within `bytes`. The bytes start with a record.
fn end_of_records(bytes: &[u8], dialect: Dialect) -> Option<usize> {
    if !bytes.contains(&dialect.quote) {
        return bytes.iter().rposition(|byte| *byte == b'\n').map(|place| place + 1);
    }
    look(bytes, dialect).1
}

/// True if `bytes` end inside quotes. The bytes start with a record.
fn ends_in_quotes(bytes: &[u8], dialect: Dialect) -> bool {
    bytes.contains(&dialect.quote) && look(bytes, dialect).0 == At::Quoted
}

fn look(bytes: &[u8], dialect: Dialect) -> (At, Option<usize>) {
    let (mut at, mut end) = (At::Beginning, None);
    for (place, byte) in bytes.iter().enumerate() {
        at = match (at, *byte) {
            (At::Beginning | At::Quote, byte) if byte == dialect.quote => At::Quoted,
            (At::Quoted, byte) if byte == dialect.quote => At::Quote,
            (At::Quoted, _) => At::Quoted,
            (_, b'\n') => {
                end = Some(place + 1);
                At::Beginning
            }
            (_, b'\r') => At::Beginning,
            (_, byte) if byte == dialect.separator => At::Beginning,
            _ => At::Plain,
        };
    }
    (at, end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const COMMAS: Dialect = Dialect { separator: b',', decimal: b'.', quote: b'"', has_header: true };

    #[test]
    fn a_record_ends_at_the_end_of_a_line_outside_quotes() {
        let end = |text: &str| end_of_records(text.as_bytes(), COMMAS);
        assert_eq!(end("a,b\nc"), Some(4));
        assert_eq!(end("a,b"), None);
        assert_eq!(end("a,\"b\nc"), None);
        assert_eq!(end("a,\"b\n\"\nc,\"\n"), Some(7));
        assert_eq!(end("a,\"b\"\"\n\"\nc"), Some(9));
        // A quote in the middle of a field is an ordinary character.
        assert_eq!(end("5'11\",b\nc,\n"), Some(11));
    }

    #[test]
    fn both_parsers_find_the_same_records_at_the_same_lines() {
        let found = |text: &str, is_quoted: bool| {
            let block = Block { bytes: text.as_bytes().to_vec(), line: 5, dialect: COMMAS };
            let mut found = Vec::new();
            let mut keep = |line: u64, fields: &[&[u8]]| {
                found.push((line, fields.iter().map(|field| field.to_vec()).collect::<Vec<_>>()));
                Ok(())
            };
            if is_quoted { block.quoted(&mut keep) } else { block.records(&mut keep) }.unwrap();
            found
        };
        for text in ["a,b\n1,2\n", "a,b\r\n\r\n1,2", "\n\na\n\n\n,\n \n", "a,\n\n,b\n\n"] {
            assert_eq!(found(text, true), found(text, false), "{text:?}");
        }
        let lines: Vec<u64> = found("\n\"a\nb\",c\n\n1,2\n", true).iter().map(|(line, _)| *line).collect();
        assert_eq!(lines, [6, 9]);
        assert_eq!(found("a\rb\n", false).len(), 2);
    }

    /// Records of a text, each with its line.
    fn records(text: &[u8], line: u64) -> Vec<(u64, Vec<Vec<u8>>)> {
        let block = Block { bytes: text.to_vec(), line, dialect: COMMAS };
        let mut found = Vec::new();
        let keep = |line: u64, fields: &[&[u8]]| {
            found.push((line, fields.iter().map(|field| field.to_vec()).collect()));
            Ok(())
        };
        block.records(keep).unwrap();
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn blocks_together_have_the_records_of_the_whole_text(text in "[a,\"\r\n ]{0,30}") {
            let text = text.as_bytes();
            for length in 0..text.len() {
                let Some(end) = end_of_records(&text[..length], COMMAS) else { continue };
                let (first, second) = text.split_at(end);
                let parts = [records(first, 1), records(second, 1 + lines(first))].concat();
                prop_assert_eq!(parts, records(text, 1));
            }
        }
    }
}
