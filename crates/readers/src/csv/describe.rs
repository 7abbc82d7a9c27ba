//! Facts about tables: the contents of each column, and the reason if one cannot be read.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;

use spec::Shape;
use spec::own::Format;

use super::blocks::{Block, Blocks};
use super::column::{self, MOST_SAID, Role, Seen, is_missing};
use super::dialect::Dialect;
use super::{Missing, Options, check_length, clean, names, roles, text};
use crate::counts::Counts;
use crate::describe::{BINS, Candidates, Column, ColumnKind, Facts, bin, classes};
use crate::error::Error;

/// Words in the names of columns of classes.
const LABELS: &[&str] = &[
    "label",
    "labels",
    "class",
    "target",
    "species",
    "y",
    "category",
    "outcome",
    "diagnosis",
    "quality",
    "anomaly",
    "anomalous",
    "outlier",
    "fault",
    "failure",
    "fraud",
    "attack",
];
const GROUPS: &[&str] = &[
    "group",
    "subject",
    "patient",
    "person",
    "participant",
    "user",
    "session",
    "site",
    "family",
    "household",
    "device",
    "machine",
    "customer",
    "speaker",
];
const TIMES: &[&str] = &["time", "date", "datetime", "timestamp", "year", "month"];
const IDS: &[&str] = &["id", "ids", "uuid", "index", "key", "unnamed"];

/// Greatest number of classes of a column that looks like classes: of words, and of numbers.
const MOST_NAMED_CLASSES: usize = 100;
const MOST_NUMBERED_CLASSES: usize = 20;

/// Least number of groups, and of times, of a column that can split rows.
const FEWEST_GROUPS: u64 = 5;
const FEWEST_TIMES: u64 = 20;

/// Describes a table in two passes. The second pass counts numbers in bins.
pub(crate) fn describe(path: &Path, options: &Options) -> Result<Facts, Error> {
    let dialect = Dialect::of(path, options)?;
    let (first, blocks) = Blocks::open(path, dialect)?;
    let names = names(path, &first, options.header)?;
    let roles = roles(path, &names, options)?;
    // Each column is examined as values, even if it has another role.
    let seen_as = |name: &String| if options.categorical.contains(name) { Role::Category } else { Role::Value };
    let new = || -> Vec<Look> { names.iter().map(|name| Look::new(seen_as(name))).collect() };
    let look = |block: &Block| {
        let (mut columns, mut rows) = (new(), 0);
        block.records(|line, record| {
            check_length(path, line, record, names.len())?;
            rows += 1;
            columns.iter_mut().zip(record).for_each(|(look, field)| look.field(clean(field), line, dialect.decimal));
            Ok(())
        })?;
        Ok((columns, rows))
    };
    let (mut columns, mut rows) = (new(), 0);
    blocks.in_order(look, |(below, count)| {
        columns.iter_mut().zip(below).for_each(|(look, below)| look.add(below, count));
        rows += count;
        Ok(())
    })?;
    let kinds: Vec<ColumnKind> = columns.iter().map(Look::kind).collect();
    let histograms = histograms(path, dialect, &columns, &kinds)?;

    let mut facts = Facts::new(Format::Table, rows, Counts::default());
    facts.has_names = true;
    (facts.separator, facts.decimal) = (Some(dialect.separator.into()), Some(dialect.decimal.into()));
    facts.candidates = candidates(&names, &kinds, &columns, rows, dialect.has_header);
    let has_classes = |name: &&String| {
        let place = names.iter().position(|each| each == *name);
        place.is_some_and(|place| columns[place].are_classes(kinds[place], rows))
    };
    let looks_like_it = || facts.candidates.label.iter().find(|name| is_named(name, LABELS)).filter(has_classes);
    // A single column of words among numbers is also taken for classes.
    let words: Vec<&String> = names
        .iter()
        .zip(&kinds)
        .zip(&roles)
        .filter(|((_, kind), role)| **kind == ColumnKind::Category && matches!(role, Role::Value | Role::Category))
        .map(|((name, _), _)| name)
        .filter(|name| !facts.candidates.group.contains(name) && !facts.candidates.split.contains(name))
        .collect();
    let few = |name: &&String| {
        let place = names.iter().position(|each| each == *name);
        place
            .and_then(|place| columns[place].fields.as_ref())
            .is_some_and(|fields| fields.len() <= MOST_NUMBERED_CLASSES)
    };
    let only = || match words[..] {
        [only] => Some(only).filter(has_classes).filter(|name| few(name)),
        _ => None,
    };
    facts.label = options.label.clone().or_else(|| looks_like_it().cloned()).or_else(|| only().cloned());
    let label = names.iter().position(|name| facts.label.as_ref() == Some(name));
    facts.classes = label.and_then(|place| columns[place].fields.as_ref()).map(classes).unwrap_or_default();
    let mut known: HashMap<(u64, u64), usize> = HashMap::new();
    let mut width = 0;
    for (place, (look, histogram)) in columns.into_iter().zip(histograms).enumerate() {
        let (name, kind, role) = (&names[place], kinds[place], roles[place]);
        let first = *known.entry((look.hash, look.missing)).or_insert(place);
        let is_value = matches!(role, Role::Value | Role::Category);
        let categories = (kind != ColumnKind::Number).then(|| look.seen.categories());
        let range = (look.count > 0 && matches!(kind, ColumnKind::Number | ColumnKind::Date)).then_some(());
        let column = Column {
            name: name.clone(),
            kind,
            categories,
            missing: look.missing,
            is_constant: match kind {
                _ if range.is_some() => look.least >= look.greatest,
                ColumnKind::Category | ColumnKind::Text | ColumnKind::Empty => categories.is_some_and(|it| it <= 1),
                _ => false,
            },
            least: range.map(|()| look.least),
            mean: range.map(|()| look.sum / look.count as f64),
            greatest: range.map(|()| look.greatest),
            histogram,
            duplicate_of: (first != place).then(|| names[first].clone()),
            fault: look.fault().filter(|_| is_value),
        };
        if is_value && column.fault.is_none() {
            width += if kind == ColumnKind::Category { categories.unwrap_or_default() } else { 1 };
        }
        facts.columns.push(column);
    }
    facts.shape = (width > 0).then_some(Shape::Vector { width });
    Ok(facts)
}

/// Statistics of the fields of a column so far.
struct Look {
    role: Role,
    seen: Seen,
    /// First field that cannot be read: its line, and the message.
    fault: Option<(u64, String)>,
    missing: u64,
    /// Number of numbers and dates. A date counts as seconds since 1970.
    count: u64,
    least: f64,
    greatest: f64,
    sum: f64,
    /// Polynomial of the hashes of the fields. The polynomials of two blocks can be joined.
    hash: u64,
    /// Number of times that each field occurs; `None` if there are too many different fields.
    fields: Option<BTreeMap<String, u64>>,
}

/// Point at which the polynomial of hashes is evaluated: an odd number.
const BASE: u64 = 0x9e37_79b9_7f4a_7c15;

impl Look {
    fn new(role: Role) -> Self {
        Self {
            role,
            seen: Seen::default(),
            fault: None,
            missing: 0,
            count: 0,
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            sum: 0.0,
            hash: 0,
            fields: Some(BTreeMap::new()),
        }
    }

    fn field(&mut self, field: &[u8], line: u64, decimal: u8) {
        let mut hash = DefaultHasher::new();
        if is_missing(field) {
            self.missing += 1;
        } else {
            let looked = self.seen.look(field, self.role, line, decimal, Missing::Keep);
            let fault = looked.err().map(|message| (line, message));
            let number = number(field, decimal).filter(|_| fault.is_none());
            self.fault = self.fault.take().or(fault);
            match number {
                // Adding 0 makes -0 equal to 0.
                Some(number) => (number + 0.0).to_bits().hash(&mut hash),
                None => field.hash(&mut hash),
            }
            if let Some(value) = number.or_else(|| super::date::seconds(field)) {
                self.count += 1;
                self.sum += value;
                (self.least, self.greatest) = (self.least.min(value), self.greatest.max(value));
            }
            if let Some(fields) = &mut self.fields {
                let name = text(field).unwrap_or_default();
                match fields.get_mut(name) {
                    Some(count) => *count += 1,
                    None => drop(fields.insert(name.to_owned(), 1)),
                }
                if fields.len() > MOST_SAID {
                    self.fields = None;
                }
            }
        }
        self.hash = self.hash.wrapping_mul(BASE).wrapping_add(hash.finish());
    }

    /// Adds the statistics of the next `rows` rows.
    fn add(&mut self, below: Self, rows: u64) {
        self.seen.add(below.seen);
        self.fault = self.fault.take().or(below.fault);
        self.missing += below.missing;
        self.count += below.count;
        self.sum += below.sum;
        (self.least, self.greatest) = (self.least.min(below.least), self.greatest.max(below.greatest));
        let power = (0..64).rev().fold(1_u64, |power, bit| {
            let square = power.wrapping_mul(power);
            if rows >> bit & 1 == 1 { square.wrapping_mul(BASE) } else { square }
        });
        self.hash = self.hash.wrapping_mul(power).wrapping_add(below.hash);
        self.fields = match (self.fields.take(), below.fields) {
            (Some(mut fields), Some(below)) => {
                below.into_iter().for_each(|(name, count)| *fields.entry(name).or_default() += count);
                (fields.len() <= MOST_SAID).then_some(fields)
            }
            _ => None,
        };
    }

    fn kind(&self) -> ColumnKind {
        self.seen.kind(self.role)
    }

    fn has_classes(&self) -> bool {
        self.fields.as_ref().is_some_and(|fields| fields.len() >= 2)
    }

    /// True if the fields look like classes, not amounts: none is missing, each class has rows for all splits, and
    /// numbers are few.
    fn are_classes(&self, kind: ColumnKind, rows: u64) -> bool {
        let most = if kind == ColumnKind::Number { MOST_NUMBERED_CLASSES } else { MOST_NAMED_CLASSES };
        let fields = self.fields.as_ref().filter(|fields| (2..=most).contains(&fields.len()));
        // Tables of a few rows are examples that nobody splits.
        let (least, each) = if rows < FEWEST_TIMES { (1, 1) } else { (3, 7) };
        let fits = |fields: &BTreeMap<String, u64>| {
            fields.values().all(|rows| *rows >= least) && each * fields.len() as u64 <= rows
        };
        self.missing == 0 && fields.is_some_and(fits)
    }

    /// Reason why the column cannot be read as values.
    fn fault(self) -> Option<String> {
        let found = self.fault.or_else(|| self.seen.content(self.role).err());
        found.map(|(line, message)| format!("line {line}: {message}"))
    }
}

fn number(field: &[u8], decimal: u8) -> Option<f64> {
    // Reading keeps numbers that are finite in single precision.
    column::parse::<f64>(field, decimal).filter(|number| (*number as f32).is_finite())
}

/// Counts of numbers in bins, for each column of numbers.
fn histograms(path: &Path, dialect: Dialect, columns: &[Look], kinds: &[ColumnKind]) -> Result<Vec<Vec<u64>>, Error> {
    let is_drawn = |(look, kind): (&Look, &ColumnKind)| *kind == ColumnKind::Number && look.least < look.greatest;
    let drawn: Vec<usize> = (0..columns.len()).filter(|at| is_drawn((&columns[*at], &kinds[*at]))).collect();
    let mut bins = vec![Vec::new(); columns.len()];
    drawn.iter().for_each(|at| bins[*at] = vec![0; BINS]);
    let (_, blocks) = Blocks::open(path, dialect)?;
    let count = |block: &Block| {
        let mut counts = vec![[0_u64; BINS]; drawn.len()];
        block.records(|line, record| {
            check_length(path, line, record, columns.len())?;
            for (counts, at) in counts.iter_mut().zip(&drawn) {
                let (field, look) = (clean(record[*at]), &columns[*at]);
                if !is_missing(field)
                    && let Some(number) = number(field, dialect.decimal)
                {
                    counts[bin(number, look.least, look.greatest)] += 1;
                }
            }
            Ok(())
        })?;
        Ok(counts)
    };
    blocks.in_order(count, |counts| {
        for (counts, at) in counts.iter().zip(&drawn) {
            bins[*at].iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
        }
        Ok(())
    })?;
    Ok(bins)
}

fn candidates(names: &[String], kinds: &[ColumnKind], columns: &[Look], rows: u64, has_header: bool) -> Candidates {
    let mut found = Candidates::default();
    let each = || names.iter().zip(kinds).zip(columns).map(|((name, kind), look)| (name, *kind, look));
    for (name, kind, look) in each() {
        // A column with too many different fields may differ in every row.
        let different = look.fields.as_ref().map(|fields| fields.len() as u64);
        if is_named(name, LABELS) && look.has_classes() && different < Some(rows) {
            found.label.push(name.clone());
        }
        let is_whole = look.missing == 0;
        if is_named(name, GROUPS)
            && is_whole
            && different
                .is_none_or(|different| different >= FEWEST_GROUPS.min(rows / 2) && (2..rows).contains(&different))
        {
            found.group.push(name.clone());
        }
        let times = different.or((kind == ColumnKind::Date).then_some(look.seen.categories() as u64));
        if (kind == ColumnKind::Date || kind == ColumnKind::Number && is_named(name, TIMES))
            && is_whole
            && times.is_none_or(|times| times >= FEWEST_TIMES.min(rows))
        {
            found.time.push(name.clone());
        }
        // pandas writes its index into a column without a name.
        let are_splits = |fields: &BTreeMap<String, u64>| {
            let has = |split: u8| fields.keys().any(|field| crate::raw::split(field) == Some(split));
            fields.keys().all(|field| super::is_split(field)) && has(0) && has(2)
        };
        if is_whole && look.fields.as_ref().is_some_and(are_splits) {
            found.split.push(name.clone());
        }
        let is_id = is_named(name, IDS) || has_header && name.starts_with("column ");
        if is_id && look.missing == 0 && different.is_none_or(|different| different == rows) {
            found.id.push(name.clone());
        }
    }
    for (name, kind, look) in each() {
        let different = look.seen.categories() as u64;
        if kind == ColumnKind::Category && (2..rows).contains(&different) && !found.label.contains(name) {
            found.label.push(name.clone());
        }
    }
    found
}

/// True if one of `words` is a word of the name, such as `patient` in `Patient_ID`.
fn is_named(name: &str, words: &[&str]) -> bool {
    let name = name.to_lowercase();
    name.split(|c: char| !c.is_alphanumeric()).any(|word| words.contains(&word))
}
