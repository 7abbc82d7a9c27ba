//! Tables, CSV and TSV. A first pass finds the contents of each column, and a second pass gives the rows. Memory does
//! not grow with the number of rows.

mod blocks;
mod column;
mod date;
pub(crate) mod describe;
mod dialect;
mod known;
pub(crate) mod labels;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use spec::Shape;
use spec::own::{CLEAN, Condition};
use spec::raw::Kind;

use self::blocks::{Block, Blocks};
use self::column::{Content, Role, Seen, is_missing, number, parse};
use self::dialect::Dialect;
pub use self::known::Known;
use crate::describe::ColumnKind;
use crate::open::MOST_VALUES;
use crate::raw::{self, MOST_CLASSES, Provenance};
use crate::{About, Error, Sink, Values};

/// Advice in the message about a missing value.
pub(crate) const ADVICE: &str =
    "set dataset.missing to \"mean\" or \"median\" to fill it, or to \"drop\" to leave such rows out";

/// Treatment of rows with a missing value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Missing {
    /// A missing value is an error.
    #[default]
    Refuse,
    /// Such rows are left out.
    Drop,
    /// Such rows are kept, with NaN in place of the value.
    Keep,
}

/// Greatest number of columns of a table.
const MOST_COLUMNS: usize = 1 << 16;

/// Greatest number of columns that a message lists.
const MOST_LISTED: usize = 30;

/// Options for reading a table. Columns are named as in its first line.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Column of the classes.
    pub label: Option<String>,
    /// Condition on the column of the classes. If given, the classes are clean rows and other rows.
    pub clean: Option<Condition>,
    /// Column of the groups.
    pub group: Option<String>,
    /// Column of the times: numbers or dates.
    pub time: Option<String>,
    /// Column of the ids.
    pub id: Option<String>,
    /// Column of the splits.
    pub split: Option<String>,
    /// Columns of the values. If empty, all columns without another use.
    pub columns: Vec<String>,
    /// Columns to leave out.
    pub exclude: Vec<String>,
    /// Columns to read as categories, even if they look like numbers.
    pub categorical: Vec<String>,
    /// True if the first line names the columns, false if it is data. By default it names them, and a number among the
    /// names is an error.
    pub header: Option<bool>,
    /// Character between fields. By default it is found from the first line.
    pub separator: Option<char>,
    /// Character around fields that may contain separators. By default it is found from the first line.
    pub quote: Option<char>,
    /// Decimal mark, `.` or `,`. By default it is found from the first rows.
    pub decimal: Option<char>,
    /// Treatment of rows with a missing value.
    pub missing: Missing,
    /// True if several lines are joined into a row, so that one column is enough.
    pub are_windows: bool,
    /// Columns that a network was trained on, if the rows are input for a trained network.
    pub known: Option<Known>,
}

/// A table whose columns have been surveyed.
#[derive(Debug)]
pub struct Table {
    path: PathBuf,
    dialect: Dialect,
    missing: Missing,
    names: Vec<String>,
    roles: Vec<Role>,
    contents: Vec<Content>,
    /// Condition on the column of the classes, if the classes are clean rows and other rows.
    clean: Option<Condition>,
    /// Number of lines of each class.
    labels: HashMap<String, u64>,
    rows: usize,
    /// Names of the values in the order of a trained network, if it differs from that of the columns.
    order: Option<Vec<String>>,
}

/// Reads a table once, and finds the contents of each column.
///
/// # Errors
/// If the file cannot be read or is not a table, a column of the options does not exist, or a field does not fit its
/// column. The message names file, line and column.
pub fn survey(path: &Path, options: &Options) -> Result<Table, Error> {
    let dialect = Dialect::of(path, options)?;
    let (first, blocks) = Blocks::open(path, dialect)?;
    let names = names(path, &first, options.header)?;
    let roles = match &options.known {
        Some(known) => known.roles(path, &names, options)?,
        None => roles(path, &names, options)?,
    };
    let new = || -> Vec<Seen> { roles.iter().map(|_| Seen::default()).collect() };
    let label = roles.iter().position(|role| *role == Role::Label);
    let numbers = label.filter(|_| options.clean.as_ref().is_some_and(Condition::is_of_numbers));
    let label = label.filter(|_| options.are_windows && options.clean.is_none());
    let look = |block: &Block| {
        let (mut columns, mut rows, mut lines_of) = (new(), 0, HashMap::new());
        block.records(|line, record| {
            check_length(path, line, record, names.len())?;
            rows += 1;
            for (((field, role), seen), name) in record.iter().zip(&roles).zip(&mut columns).zip(&names) {
                let at = |message: String| at(path, line, name, &message);
                seen.look(clean(field), *role, line, dialect.decimal, options.missing).map_err(at)?;
            }
            if let Some(place) = numbers {
                let field = clean(record[place]);
                if !is_missing(field) && number(field, dialect.decimal).is_none() {
                    let given = String::from_utf8_lossy(field);
                    let message = format!("`{given}` is not a number, but `clean` compares it with one");
                    return Err(at(path, line, &names[place], &message));
                }
            }
            if let Some(label) = label.and_then(|place| text(clean(record[place]))) {
                match lines_of.get_mut(label) {
                    Some(lines) => *lines += 1,
                    None => drop(lines_of.insert(label.to_owned(), 1)),
                }
            }
            Ok(())
        })?;
        Ok((columns, rows, lines_of))
    };
    let (mut columns, mut rows, mut labels) = (new(), 0, HashMap::<String, u64>::new());
    blocks.in_order(look, |(below, count, lines_of)| {
        lines_of.into_iter().for_each(|(label, lines)| *labels.entry(label).or_default() += lines);
        if labels.len() > MOST_CLASSES {
            return Err(Error::file(path, format!("more than {MOST_CLASSES} classes")));
        }
        columns.iter_mut().zip(below).for_each(|(seen, below)| seen.add(below));
        rows += count;
        Ok(())
    })?;
    let fewest = if options.known.is_some() { 1 } else { 2 };
    if rows < fewest {
        return Err(Error::file(path, format!("{rows} rows below the line of names, expected at least {fewest}")));
    }
    let contents = columns.into_iter().zip(&roles).zip(&names);
    let of = |role| if role == Role::Category { "the categories of this column" } else { "numbers in this column" };
    let contents = contents.map(|((seen, role), name)| {
        // All values of a column of new rows may be missing, if missing values are filled.
        let is_filled = options.known.is_some() && options.missing == Missing::Keep;
        match (is_filled && seen.kind(*role) == ColumnKind::Empty, role) {
            (true, Role::Value) => Ok(Content::Number),
            (true, Role::Category) => Ok(Content::Categories(Vec::new())),
            _ => seen.content(*role).map_err(|(line, message)| {
                // Keys of the file are no help for new rows.
                let message = match (&options.known, message.split_once("; ")) {
                    (Some(_), Some((fault, _))) => format!("{fault}; the network was trained with {}", of(*role)),
                    _ => message,
                };
                at(path, line, name, &message)
            }),
        }
    });
    let mut contents = contents.collect::<Result<Vec<_>, _>>()?;
    if let Some(known) = &options.known {
        known.fit(path, &names, &mut contents)?;
    }
    if options.clean.is_some() {
        // A window is clean if all its lines are clean.
        labels.extend(CLEAN.into_iter().zip([1, 0]).map(|(class, lines)| (class.to_owned(), lines)));
    }
    let order = options.known.as_ref().map(|known| known.values.clone());
    let clean = options.clean.clone();
    let table = Table {
        path: path.to_owned(),
        dialect,
        missing: options.missing,
        names,
        roles,
        contents,
        clean,
        labels,
        rows,
        order,
    };
    let width = table.columns().count();
    if width > MOST_VALUES {
        return Err(Error::file(path, format!("{width} values a row, expected at most {MOST_VALUES}")));
    }
    let least = if options.are_windows { 1 } else { 2 };
    if width < least {
        let separator = char::from(dialect.separator).escape_default();
        let remedy = if width == 1 { "; set `window` to join several lines into a row" } else { "" };
        let message = format!(
            "{width} columns of values, expected at least {least} (fields are separated by `{separator}`){remedy}"
        );
        return Err(Error::file(path, message));
    }
    Ok(table)
}

/// Gives each column the categories of all tables together, so that the rows of all tables have the same values.
///
/// # Errors
/// If a table has other columns than the first one, another order of columns, or words instead of numbers.
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
                    let message =
                        format!("column `{}` holds {found}, but in {path} it holds {known}", table.names[other]);
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

/// Complete rows of a block.
#[derive(Default)]
struct Rows {
    /// Values, shape (rows, columns), row-major.
    values: Vec<f32>,
    /// Text that labels, groups, splits and ids are ranges of.
    texts: String,
    /// Other columns, one entry for each row.
    abouts: Vec<Stored>,
    /// Number of rows of the block, including rows that were left out.
    count: usize,
}

/// Columns of a row that are not values.
#[derive(Default)]
struct Stored {
    label: Option<Range<usize>>,
    group: Option<Range<usize>>,
    split: Option<Range<usize>>,
    id: Option<Range<usize>>,
    time: Option<f64>,
    line: u64,
}

impl Table {
    /// Gives the rows to a sink.
    ///
    /// # Errors
    /// If no row is complete and incomplete rows are left out, if the file has changed since it was surveyed, or if the
    /// sink fails.
    pub fn read(&self, sink: &mut dyn Sink) -> Result<Provenance, Error> {
        let path = &self.path;
        let (mut names, mut kinds): (Vec<String>, Vec<Kind>) = self.columns().unzip();
        let width = names.len();
        let mut places: Option<Vec<usize>> = None;
        if let Some(order) = &self.order {
            let place = |name: &String| names.iter().position(|each| each == name);
            let found: Vec<usize> = order.iter().map(place).collect::<Option<_>>().ok_or_else(|| self.changed())?;
            (names, kinds) = found.iter().map(|place| (names[*place].clone(), kinds[*place])).unzip();
            places = Some(found);
        }
        sink.begin(Shape::Vector { width }, &names)?;
        let mut ordered = vec![0.0; width];
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
                        line: Some(about.line),
                    };
                    if let Some(places) = &places {
                        ordered.iter_mut().zip(places).for_each(|(value, place)| *value = values[*place]);
                        sink.row(Values::Floats(&ordered), about)?;
                    } else {
                        sink.row(Values::Floats(values), about)?;
                    }
                }
                Ok(())
            },
        )?;
        if rows != self.rows {
            return Err(self.changed());
        }
        let dropped = rows - kept;
        let fewest = if self.order.is_some() { 1 } else { 2 };
        if kept < fewest {
            let message =
                format!("a value is missing in {dropped} of {rows} rows, expected at least {fewest} complete rows");
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
            let mut about = Stored { line, ..Stored::default() };
            let mut is_complete = true;
            for ((field, role), content) in record.iter().zip(&self.roles).zip(&self.contents) {
                let field = clean(field);
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
                        let given = text(field).ok_or_else(|| self.changed())?;
                        rows.texts.push_str(match &self.clean {
                            Some(condition) if *role == Role::Label => {
                                let number = parse(field, self.dialect.decimal);
                                CLEAN[usize::from(!condition.holds(given, number))]
                            }
                            _ => given,
                        });
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

    /// Path of the file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Number of lines of each class.
    pub(crate) fn labels(&self) -> &HashMap<String, u64> {
        &self.labels
    }

    /// Indices of the columns that are not left out.
    fn places(&self) -> Vec<usize> {
        (0..self.names.len()).filter(|place| self.roles[*place] != Role::Excluded).collect()
    }

    fn changed(&self) -> Error {
        Error::file(&self.path, "changed while it was read")
    }

    /// Columns that are read as categories, with their categories.
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

/// Names of the columns, from the first line.
fn names(path: &Path, record: &[Vec<u8>], header: Option<bool>) -> Result<Vec<String>, Error> {
    if record.is_empty() {
        return Err(Error::file(path, "no line of column names"));
    }
    if record.len() > MOST_COLUMNS {
        return Err(Error::file(path, format!("line 1: {} columns, expected at most {MOST_COLUMNS}", record.len())));
    }
    let mut names = Vec::new();
    for (index, field) in record.iter().enumerate() {
        let field = clean(field);
        let Some(name) = text(field) else {
            return Err(Error::file(path, format!("line 1, column {}: the name is not UTF-8", index + 1)));
        };
        names.push(if name.is_empty() { format!("column {}", index + 1) } else { name.to_owned() });
    }
    // If a row of data were taken for names, it would be lost.
    if let (None, Some(name)) = (header, names.iter().find(|name| number(name.as_bytes(), b'.').is_some())) {
        let message = format!("line 1: `{name}` is a number, where names of columns are expected");
        return Err(Error::file(
            path,
            format!("{message}; set `header = false` if this is a row, or `true` if it is not"),
        ));
    }
    let mut known = HashSet::new();
    match names.iter().find(|name| !known.insert(name.as_str())) {
        Some(twice) => Err(Error::file(path, format!("line 1: two columns are named `{twice}`"))),
        None => Ok(names),
    }
}

/// Role of each column.
fn roles(path: &Path, names: &[String], options: &Options) -> Result<Vec<Role>, Error> {
    let place = |key: &str, name: &String| {
        names.iter().position(|each| each == name).ok_or_else(|| {
            let listed = names.iter().take(MOST_LISTED).map(String::as_str).collect::<Vec<_>>().join(", ");
            let rest = names.len().saturating_sub(MOST_LISTED);
            let rest = if rest > 0 { format!(" and {rest} more") } else { String::new() };
            let message =
                format!("line 1: {key} names column `{name}`, which does not exist; the columns are {listed}{rest}");
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
            // A column of `categorical` that is not in `columns` stays excluded.
            if role != Role::Category || roles[place] == Role::Value {
                roles[place] = role;
            }
        }
    }
    let mut taken: Vec<(usize, &str)> = Vec::new();
    for (key, name, role) in [
        (if options.clean.is_some() { "clean" } else { "label" }, &options.label, Role::Label),
        ("split.group", &options.group, Role::Group),
        ("split.time", &options.time, Role::Time),
        ("split.column", &options.split, Role::Split),
        ("id", &options.id, Role::Id),
    ] {
        let Some(name) = name else { continue };
        let place = place(key, name)?;
        if let Some((_, other)) = taken.iter().find(|(each, _)| *each == place) {
            return Err(Error::file(path, format!("column `{name}` is given for both {other} and {key}")));
        }
        taken.push((place, key));
        roles[place] = role;
    }
    Ok(roles)
}

/// Gives an error for a record with another number of fields.
fn check_length(path: &Path, line: u64, record: &[&[u8]], width: usize) -> Result<(), Error> {
    if record.len() == width {
        return Ok(());
    }
    let message = format!("line {line}: {} fields, expected {width} as in the line of names", record.len());
    Err(Error::file(path, message))
}

/// A field without the spaces around it, and without the quotes that follow such spaces.
fn clean(field: &[u8]) -> &[u8] {
    let field = field.trim_ascii();
    match field {
        [b'"', inside @ .., b'"'] if !inside.contains(&b'"') => inside.trim_ascii(),
        _ => field,
    }
}

fn text(field: &[u8]) -> Option<&str> {
    std::str::from_utf8(field).ok()
}

fn at(path: &Path, line: u64, name: &str, message: &str) -> Error {
    Error::file(path, format!("line {line}, column `{name}`: {message}"))
}

/// True for the name of a split.
fn is_split(name: &str) -> bool {
    raw::split(name).is_some()
}
