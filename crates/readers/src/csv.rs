//! Tables, CSV and TSV: one pass finds what each column holds, a second one hands on the rows. Memory does not grow with the rows.

mod column;
mod dialect;

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use csv::{ByteRecord, Reader, ReaderBuilder};
use sha2::{Digest, Sha256};
use spec::Shape;
use spec::raw::Kind;

use self::column::{Content, Role, Seen, is_missing, number};
use self::dialect::Dialect;
use crate::raw::{self, Provenance};
use crate::{About, Error, Sink, Values};

/// What becomes of rows in which a value is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Missing {
    /// The first one is an error.
    #[default]
    Refuse,
    /// Such rows are left out.
    Drop,
    /// They are kept, with NaN in place of the value.
    Keep,
}

/// How a table is to be read. Columns are named as in its first line.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Column of the classes.
    pub label: Option<String>,
    /// Column of the groups.
    pub group: Option<String>,
    /// Column of the times: numbers.
    pub time: Option<String>,
    /// Column of the splits.
    pub split: Option<String>,
    /// Columns of the values; where empty, all but the above.
    pub columns: Vec<String>,
    /// Columns to leave out.
    pub exclude: Vec<String>,
    /// Columns of categories, even where they look like numbers.
    pub categorical: Vec<String>,
    /// Character between fields; else found in the first line.
    pub separator: Option<char>,
    /// `.` or `,`; else found in the first rows.
    pub decimal: Option<char>,
    /// What becomes of rows in which a value is missing.
    pub missing: Missing,
}

/// A table whose columns are known.
#[derive(Debug)]
pub struct Table {
    path: PathBuf,
    dialect: Dialect,
    missing: Missing,
    names: Vec<String>,
    roles: Vec<Role>,
    contents: Vec<Content>,
    rows: usize,
    source_sha256: String,
}

/// Reads a table once and finds what each column holds.
///
/// # Errors
/// When the file cannot be read or is no table, a column that the options name is not there, or a field does not fit its column.
/// The message names file, line and column.
pub fn survey(path: &Path, options: &Options) -> Result<Table, Error> {
    let dialect = Dialect::of(path, options.separator, options.decimal)?;
    let mut hash = Sha256::new();
    let file = File::open(path).map_err(|source| Error::read(path, source))?;
    let mut reader = reader(Hashing { file, hash: &mut hash }, dialect);
    let names = names(path, &mut reader)?;
    let roles = roles(path, &names, options)?;
    let mut columns: Vec<Seen> = roles.iter().map(|_| Seen::default()).collect();
    let mut record = ByteRecord::new();
    let mut rows = 0;
    while next(path, &mut reader, &mut record)? {
        let line = check_length(path, &record, names.len())?;
        rows += 1;
        for (((field, role), seen), name) in record.iter().zip(&roles).zip(&mut columns).zip(&names) {
            let at = |message: String| at(path, line, name, &message);
            seen.look(field.trim_ascii(), *role, line, dialect.decimal, options.missing).map_err(at)?;
        }
    }
    drop(reader);
    if rows < 2 {
        return Err(Error::file(path, format!("{rows} rows below the line of names, expected at least 2")));
    }
    let contents = columns.into_iter().zip(&roles).zip(&names).map(|((seen, role), name)| match role {
        Role::Value | Role::Category => seen.content(*role).map_err(|(line, message)| at(path, line, name, &message)),
        _ => Ok(Content::Number),
    });
    let contents = contents.collect::<Result<_, _>>()?;
    let source_sha256 = system::seal::hexadecimal(&hash.finalize());
    let table =
        Table { path: path.to_owned(), dialect, missing: options.missing, names, roles, contents, rows, source_sha256 };
    let width = table.columns().count();
    if width < 2 {
        let separator = char::from(dialect.separator).escape_default();
        let message = format!("{width} columns of values, expected at least 2 (fields are separated by `{separator}`)");
        return Err(Error::file(path, message));
    }
    Ok(table)
}

impl Table {
    /// Hands the rows to a sink.
    ///
    /// # Errors
    /// When no row is complete where incomplete ones are left out, the file is not what it was a moment ago, or the sink fails.
    pub fn read(&self, sink: &mut impl Sink) -> Result<Provenance, Error> {
        let path = &self.path;
        let (names, kinds): (Vec<String>, Vec<Kind>) = self.columns().unzip();
        let width = names.len();
        sink.begin(Shape::Vector { width }, &names)?;
        let changed = || Error::file(path, "changed while it was read");
        let file = File::open(path).map_err(|source| Error::read(path, source))?;
        let mut reader = reader(file, self.dialect);
        self::names(path, &mut reader)?;
        let (mut record, mut values) = (ByteRecord::new(), Vec::with_capacity(width));
        let (mut rows, mut dropped) = (0, 0);
        while next(path, &mut reader, &mut record)? {
            check_length(path, &record, self.names.len())?;
            rows += 1;
            values.clear();
            let mut about = About::default();
            let mut is_complete = true;
            for ((field, role), content) in record.iter().zip(&self.roles).zip(&self.contents) {
                let field = field.trim_ascii();
                let is_missing = is_missing(field);
                is_complete &= !is_missing || *role == Role::Excluded;
                match (role, content) {
                    (Role::Excluded, _) => {}
                    (Role::Label | Role::Group | Role::Time | Role::Split, _) if is_missing => {}
                    (Role::Label, _) => about.label = text(field),
                    (Role::Group, _) => about.group = text(field),
                    (Role::Split, _) => about.split = text(field),
                    (Role::Time, _) => about.time = column::time(field, self.dialect.decimal),
                    (Role::Value | Role::Category, Content::Number) => {
                        let value = if is_missing { Some(f32::NAN) } else { number(field, self.dialect.decimal) };
                        values.push(value.ok_or_else(changed)?);
                    }
                    (Role::Value | Role::Category, Content::Categories(categories)) if is_missing => {
                        values.extend(categories.iter().map(|_| f32::NAN));
                    }
                    (Role::Value | Role::Category, Content::Categories(categories)) => {
                        let found = categories.binary_search_by(|category| category.as_bytes().cmp(field));
                        let found = found.map_err(|_| changed())?;
                        values.extend((0..categories.len()).map(|place| if place == found { 1.0 } else { 0.0 }));
                    }
                }
            }
            match is_complete || self.missing == Missing::Keep {
                true => sink.row(Values::Floats(&values), about)?,
                false => dropped += 1,
            }
        }
        if rows != self.rows {
            return Err(changed());
        }
        if dropped + 2 > rows {
            let message = format!("a value is missing in {dropped} of {rows} rows, expected at least 2 complete rows");
            return Err(Error::file(path, message));
        }
        Ok(Provenance { source_sha256: self.source_sha256.clone(), dropped, kinds })
    }

    /// The columns that are read as categories, with these.
    pub fn encoded(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.names.iter().zip(&self.contents).filter_map(|(name, content)| match content {
            Content::Categories(categories) => Some((name.as_str(), categories.as_slice())),
            Content::Number => None,
        })
    }

    /// Name and kind of each value of a row.
    fn columns(&self) -> impl Iterator<Item = (String, Kind)> {
        let columns = self.names.iter().zip(&self.roles).zip(&self.contents);
        let columns = columns.filter(|((_, role), _)| matches!(role, Role::Value | Role::Category));
        columns.flat_map(|((name, _), content)| match content {
            Content::Number => vec![(name.clone(), Kind::Number)],
            Content::Categories(categories) => {
                categories.iter().map(|category| (format!("{name}={category}"), Kind::Category)).collect()
            }
        })
    }
}

/// Takes the checksum of what is read.
struct Hashing<'a> {
    file: File,
    hash: &'a mut Sha256,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read(buffer)?;
        self.hash.update(&buffer[..count]);
        Ok(count)
    }
}

/// A reader that leaves the number of fields to [`check_length`].
fn reader<R: Read>(from: R, dialect: Dialect) -> Reader<R> {
    let mut builder = ReaderBuilder::new();
    builder.delimiter(dialect.separator).has_headers(false).flexible(true).buffer_capacity(1 << 18);
    builder.from_reader(from)
}

fn next<R: Read>(path: &Path, reader: &mut Reader<R>, record: &mut ByteRecord) -> Result<bool, Error> {
    reader.read_byte_record(record).map_err(|error| Error::read(path, io::Error::other(error)))
}

/// The names of the columns, from the first line.
fn names<R: Read>(path: &Path, reader: &mut Reader<R>) -> Result<Vec<String>, Error> {
    let mut record = ByteRecord::new();
    if !next(path, reader, &mut record)? {
        return Err(Error::file(path, "no line of column names"));
    }
    let mut names = Vec::new();
    for (index, field) in record.iter().enumerate() {
        let field = field.strip_prefix(b"\xef\xbb\xbf").unwrap_or(field).trim_ascii();
        let Some(name) = text(field) else {
            return Err(Error::file(path, format!("line 1, column {}: the name is not UTF-8", index + 1)));
        };
        names.push(if name.is_empty() { format!("column {}", index + 1) } else { name.to_owned() });
    }
    if names.iter().all(|name| number(name.as_bytes(), b'.').is_some()) {
        return Err(Error::file(path, "line 1: numbers alone, expected the names of the columns"));
    }
    let mut known = HashSet::new();
    match names.iter().find(|name| !known.insert(name.as_str())) {
        Some(twice) => Err(Error::file(path, format!("line 1: two columns are named `{twice}`"))),
        None => Ok(names),
    }
}

/// What each column is for.
fn roles(path: &Path, names: &[String], options: &Options) -> Result<Vec<Role>, Error> {
    let place = |key: &str, name: &String| {
        names.iter().position(|each| each == name).ok_or_else(|| {
            let message =
                format!("line 1: no column `{name}`, which {key} names; the columns are {}", names.join(", "));
            Error::file(path, message)
        })
    };
    let first = if options.columns.is_empty() { Role::Value } else { Role::Excluded };
    let mut roles = vec![first; names.len()];
    for (key, list, role) in [
        ("columns", &options.columns, Role::Value),
        ("categorical", &options.categorical, Role::Category),
        ("exclude", &options.exclude, Role::Excluded),
    ] {
        for name in list {
            let place = place(key, name)?;
            // Columns that are not asked for stay out, whatever they would be read as.
            if role != Role::Category || roles[place] == Role::Value {
                roles[place] = role;
            }
        }
    }
    let mut taken: Vec<(usize, &str)> = Vec::new();
    for (key, name, role) in [
        ("label", &options.label, Role::Label),
        ("split.group", &options.group, Role::Group),
        ("split.time", &options.time, Role::Time),
        ("split.column", &options.split, Role::Split),
    ] {
        let Some(name) = name else { continue };
        let place = place(key, name)?;
        if let Some((_, other)) = taken.iter().find(|(each, _)| *each == place) {
            return Err(Error::file(path, format!("column `{name}` is named by both {other} and {key}")));
        }
        taken.push((place, key));
        roles[place] = role;
    }
    Ok(roles)
}

/// The line of a record, which must have so many fields.
fn check_length(path: &Path, record: &ByteRecord, width: usize) -> Result<u64, Error> {
    let line = record.position().map_or(0, csv::Position::line);
    if record.len() != width {
        let message = format!("line {line}: {} fields, expected {width} as in the line of names", record.len());
        return Err(Error::file(path, message));
    }
    Ok(line)
}

fn text(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field).ok()
}

fn at(path: &Path, line: u64, name: &str, message: &str) -> Error {
    Error::file(path, format!("line {line}, column `{name}`: {message}"))
}

/// Whether a split is known by this name.
fn is_split(name: &str) -> bool {
    raw::split(name).is_some()
}
