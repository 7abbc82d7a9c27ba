//! Tables, CSV and TSV: one pass finds what each column holds, a second one hands on the rows. Memory does not grow with the rows.

mod blocks;
mod column;
mod date;
pub(crate) mod describe;
mod dialect;
pub(crate) mod labels;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use spec::Shape;
use spec::raw::Kind;

use self::blocks::{Block, Blocks};
use self::column::{Content, Role, Seen, is_missing, number};
use self::dialect::Dialect;
use crate::raw::{self, Provenance};
use crate::{About, Error, Sink, Values};

/// What becomes of rows in which a value is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// The first one is an error.
    #[default]
    Refuse,
    /// Such rows are left out.
    Drop,
    /// They are kept, with NaN in place of the value.
    Keep,
}

/// Columns that a message lists at most.
const MOST_LISTED: usize = 30;

/// How a table is to be read. Columns are named as in its first line.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Column of the classes.
    pub label: Option<String>,
    /// Column of the groups.
    pub group: Option<String>,
    /// Column of the times: numbers or dates.
    pub time: Option<String>,
    /// Column of the ids.
    pub id: Option<String>,
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
    /// Whether several lines become a row, so that one column is enough.
    pub are_windows: bool,
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
    /// Lines of each class.
    labels: HashMap<String, u64>,
    rows: usize,
}

/// Reads a table once and finds what each column holds.
///
/// # Errors
/// When the file cannot be read or is no table, a column that the options name is not there, or a field does not fit its column.
/// The message names file, line and column.
pub fn survey(path: &Path, options: &Options) -> Result<Table, Error> {
    let dialect = Dialect::of(path, options.separator, options.decimal)?;
    let (first, blocks) = Blocks::open(path, dialect)?;
    let names = names(path, &first)?;
    let roles = roles(path, &names, options)?;
    let new = || -> Vec<Seen> { roles.iter().map(|_| Seen::default()).collect() };
    let look = |block: &Block| {
        let (mut columns, mut rows) = (new(), 0);
        block.records(|line, record| {
            check_length(path, line, record, names.len())?;
            rows += 1;
            for (((field, role), seen), name) in record.iter().zip(&roles).zip(&mut columns).zip(&names) {
                let at = |message: String| at(path, line, name, &message);
                seen.look(field.trim_ascii(), *role, line, dialect.decimal, options.missing).map_err(at)?;
            }
            Ok(())
        })?;
        Ok((columns, rows))
    };
    let (mut columns, mut rows) = (new(), 0);
    blocks.in_order(look, |(below, count)| {
        columns.iter_mut().zip(below).for_each(|(seen, below)| seen.add(below));
        rows += count;
        Ok(())
    })?;
    if rows < 2 {
        return Err(Error::file(path, format!("{rows} rows below the line of names, expected at least 2")));
    }
    let mut labels = HashMap::new();
    columns.iter_mut().for_each(|seen| labels.extend(std::mem::take(&mut seen.labels)));
    let contents = columns.into_iter().zip(&roles).zip(&names);
    let contents = contents
        .map(|((seen, role), name)| seen.content(*role).map_err(|(line, message)| at(path, line, name, &message)));
    let contents = contents.collect::<Result<_, _>>()?;
    let table =
        Table { path: path.to_owned(), dialect, missing: options.missing, names, roles, contents, labels, rows };
    let width = table.columns().count();
    let least = if options.are_windows { 1 } else { 2 };
    if width < least {
        let separator = char::from(dialect.separator).escape_default();
        let remedy = if width == 1 { "; `window` makes a row of several lines" } else { "" };
        let message = format!(
            "{width} columns of values, expected at least {least} (fields are separated by `{separator}`){remedy}"
        );
        return Err(Error::file(path, message));
    }
    Ok(table)
}

/// Gives all tables the categories of each: those of a column are the same in all, so that rows have the same values.
///
/// # Errors
/// When a table has other columns than the first, in another order, or words where the first has numbers.
pub fn make_alike(tables: &mut [Table]) -> Result<(), Error> {
    let Some((first, others)) = tables.split_first_mut() else { return Ok(()) };
    for table in &mut *others {
        let path = first.path.display();
        let (of_first, of_other) = (first.places(), table.places());
        for place in 0..of_first.len().max(of_other.len()) {
            let name = |table: &Table, columns: &[usize]| {
                columns.get(place).map_or_else(|| "none".to_owned(), |column| format!("`{}`", table.names[*column]))
            };
            let (found, expected) = (name(table, &of_other), name(first, &of_first));
            if found != expected {
                let message = format!("line 1: column {found} where {path} has {expected}");
                return Err(Error::file(&table.path, message));
            }
        }
        for (place, other) in of_first.into_iter().zip(of_other) {
            match (&mut first.contents[place], &table.contents[other]) {
                (Content::Categories(known), Content::Categories(more)) => {
                    known.extend(more.iter().cloned());
                    known.sort_unstable();
                    known.dedup();
                }
                (known, found) if known != found => {
                    let what = |content: &Content| if *content == Content::Number { "numbers" } else { "words" };
                    let (found, known) = (what(found), what(known));
                    let message = format!("column `{}` holds {found}, and {known} in {path}", table.names[other]);
                    return Err(Error::file(&table.path, message));
                }
                _ => {}
            }
        }
    }
    for table in others {
        for (place, other) in first.places().into_iter().zip(table.places()) {
            table.contents[other] = first.contents[place].clone();
        }
    }
    Ok(())
}

/// The complete rows of a block.
#[derive(Default)]
struct Rows {
    /// (rows, columns), row-major.
    values: Vec<f32>,
    /// What labels, groups, splits and ids are parts of.
    texts: String,
    /// One a row.
    abouts: Vec<Stored>,
    /// Rows of the block, those that were left out included.
    count: usize,
}

/// What is known of a row besides its values.
#[derive(Default)]
struct Stored {
    label: Option<Range<usize>>,
    group: Option<Range<usize>>,
    split: Option<Range<usize>>,
    id: Option<Range<usize>>,
    time: Option<f64>,
}

impl Table {
    /// Hands the rows to a sink.
    ///
    /// # Errors
    /// When no row is complete where incomplete ones are left out, the file is not what it was a moment ago, or the sink fails.
    pub fn read(&self, sink: &mut dyn Sink) -> Result<Provenance, Error> {
        let path = &self.path;
        let (names, kinds): (Vec<String>, Vec<Kind>) = self.columns().unzip();
        let width = names.len();
        sink.begin(Shape::Vector { width }, &names)?;
        let (_, blocks) = Blocks::open(path, self.dialect)?;
        let (mut rows, mut kept) = (0, 0);
        blocks.in_order(
            |block| self.rows(block),
            |done| {
                rows += done.count;
                kept += done.abouts.len();
                for (values, about) in done.values.chunks_exact(width).zip(&done.abouts) {
                    let text = |range: &Option<Range<usize>>| range.clone().and_then(|range| done.texts.get(range));
                    let about = About {
                        label: text(&about.label),
                        id: text(&about.id),
                        group: text(&about.group),
                        time: about.time,
                        split: text(&about.split),
                    };
                    sink.row(Values::Floats(values), about)?;
                }
                Ok(())
            },
        )?;
        if rows != self.rows {
            return Err(self.changed());
        }
        let dropped = rows - kept;
        if kept < 2 {
            let message = format!("a value is missing in {dropped} of {rows} rows, expected at least 2 complete rows");
            return Err(Error::file(path, message));
        }
        Ok(Provenance { dropped, kinds, overlap: 0 })
    }

    fn rows(&self, block: &Block) -> Result<Rows, Error> {
        let mut rows = Rows::default();
        block.records(|line, record| {
            check_length(&self.path, line, record, self.names.len())?;
            rows.count += 1;
            let (values, texts) = (rows.values.len(), rows.texts.len());
            let mut about = Stored::default();
            let mut is_complete = true;
            for ((field, role), content) in record.iter().zip(&self.roles).zip(&self.contents) {
                let field = field.trim_ascii();
                if *role == Role::Excluded {
                    continue;
                }
                let is_missing = is_missing(field);
                is_complete &= !is_missing;
                match (role, content) {
                    (Role::Value | Role::Category, Content::Number) => {
                        let value = if is_missing { Some(f32::NAN) } else { number(field, self.dialect.decimal) };
                        rows.values.push(value.ok_or_else(|| self.changed())?);
                    }
                    (Role::Value | Role::Category, Content::Categories(categories)) if is_missing => {
                        rows.values.extend(categories.iter().map(|_| f32::NAN));
                    }
                    (Role::Value | Role::Category, Content::Categories(categories)) => {
                        let found = categories.binary_search_by(|category| category.as_bytes().cmp(field));
                        let found = found.map_err(|_| self.changed())?;
                        let one_of = (0..categories.len()).map(|place| if place == found { 1.0 } else { 0.0 });
                        rows.values.extend(one_of);
                    }
                    (Role::Time, _) => about.time = column::time(field, self.dialect.decimal),
                    _ if is_missing => {}
                    (role, _) => {
                        let from = rows.texts.len();
                        rows.texts.push_str(text(field).ok_or_else(|| self.changed())?);
                        let range = Some(from..rows.texts.len());
                        match role {
                            Role::Label => about.label = range,
                            Role::Group => about.group = range,
                            Role::Split => about.split = range,
                            _ => about.id = range,
                        }
                    }
                }
            }
            if is_complete || self.missing == Missing::Keep {
                rows.abouts.push(about);
            } else {
                rows.values.truncate(values);
                rows.texts.truncate(texts);
            }
            Ok(())
        })?;
        Ok(rows)
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Lines of each class.
    pub(crate) fn labels(&self) -> &HashMap<String, u64> {
        &self.labels
    }

    /// Places of the columns that are not left out.
    fn places(&self) -> Vec<usize> {
        (0..self.names.len()).filter(|place| self.roles[*place] != Role::Excluded).collect()
    }

    fn changed(&self) -> Error {
        Error::file(&self.path, "changed while it was read")
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

/// The names of the columns, from the first line.
fn names(path: &Path, record: &[Vec<u8>]) -> Result<Vec<String>, Error> {
    if record.is_empty() {
        return Err(Error::file(path, "no line of column names"));
    }
    let mut names = Vec::new();
    for (index, field) in record.iter().enumerate() {
        let field = field.trim_ascii();
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
            let listed = names.iter().take(MOST_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let rest = names.len().saturating_sub(MOST_LISTED);
            let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            let message = format!("line 1: no column `{name}`, which {key} names; the columns are {listed}{rest}");
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
        ("id", &options.id, Role::Id),
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

/// Refuses a record of another number of fields.
fn check_length(path: &Path, line: u64, record: &[&[u8]], width: usize) -> Result<(), Error> {
    if record.len() == width {
        return Ok(());
    }
    let message = format!("line {line}: {} fields, expected {width} as in the line of names", record.len());
    Err(Error::file(path, message))
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
