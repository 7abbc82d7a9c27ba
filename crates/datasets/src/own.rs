//! Splits of a user's data, by seed, group, time or column.

mod scaling;
mod text;

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashMap, HashSet};
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use random::Stream;
use rayon::prelude::*;
use spec::own::{Missing, Own, Reading, Weight};
use spec::{Dataset, Imbalance, raw};

pub use self::scaling::{ColumnScaling, Scaling};
pub use self::text::{count, weighed};
use crate::error::Error;
use crate::rows::{Rows, Values};
use crate::source::raw::{Raw, own};
use crate::splits::Splits;

/// Least number of rows of the training and the test split.
const FEWEST: usize = 10;

const NAMES: [&str; 3] = ["training", "validation", "test"];

/// Rule that decides the split of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By the seed. If rows have classes, each split has the same shares of them.
    Chance,
    /// By the seed, for whole groups: no group is in two splits.
    Group,
    /// By the time: all training rows are older than all validation rows, and these are older than all test rows.
    Time,
    /// By a column or a file of the user.
    Column,
    /// By the order of the rows, in place of a time.
    Order,
}

/// Rows of the three splits, each in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSplits {
    /// Training, validation and test rows, counted from 0.
    pub rows: [Vec<u32>; 3],
    /// Number of validation and test rows that equal a row of an earlier split in every value.
    pub duplicates: usize,
}

/// Splits rows. `counts` are the numbers of training, validation and test rows.
///
/// By group and time, the counts are met as far as groups and equal times allow. By column, they are not used. A split
/// with its own file has all rows of that file.
///
/// # Errors
/// If there are fewer rows than the counts, or a split with a count stays empty. If a split by chance has no row of a
/// class. If rows have no group, time or split. If the files of two splits share a group or overlap in time.
pub fn split(raw: &Raw, by: By, counts: [usize; 3], seed: u64) -> Result<OwnSplits, Error> {
    let rows = raw.header.rows;
    let of_split = |split: u8| -> Vec<u32> {
        (0..).zip(&raw.splits).filter(|(_, of)| **of == split).map(|(row, _)| row).collect()
    };
    // Rows of the file of the training rows come first.
    let (dealt, parts) = match by {
        By::Column => (rows, [const { Vec::new() }; 3]),
        _ => (raw.splits.iter().position(|split| *split > 0).unwrap_or(rows), [vec![], of_split(1), of_split(2)]),
    };
    let mut deal = counts;
    deal.iter_mut().zip(&parts).filter(|(_, part)| !part.is_empty()).for_each(|(count, _)| *count = 0);
    let wanted = deal.iter().fold(0_usize, |sum, count| sum.saturating_add(*count));
    if by != By::Column && wanted > dealt {
        return Err(own(format!("{wanted} rows in all splits, expected at most {dealt}, the rows of the file")));
    }
    let lacking = |what: &str| Err(own(format!("rows have no {what} to split by")));
    let mut splits = match by {
        By::Chance if raw.header.overlap > 0 && deal.iter().filter(|count| **count > 0).count() > 1 => {
            return Err(own(
                "windows that overlap would be in different splits; set split.time or split.group, or remove dataset.hop"
                    .to_owned(),
            ));
        }
        By::Chance => by_chance(raw, dealt as u32, deal, seed)?,
        By::Group if raw.groups.is_empty() => return lacking("group"),
        By::Group => by_group(&raw.groups[..dealt], deal, seed),
        By::Time if raw.times.is_empty() => return lacking("time"),
        By::Time => by_time(&raw.times[..dealt], deal, raw.header.overlap),
        By::Order => by_time(&(0..dealt).map(|row| row as f64).collect::<Vec<_>>(), deal, raw.header.overlap),
        By::Column if raw.splits.is_empty() => return lacking("split"),
        By::Column => [of_split(0), of_split(1), of_split(2)],
    };
    // Rows of one time may remain after the last split with a count.
    splits
        .iter_mut()
        .zip(deal)
        .filter(|(_, count)| by != By::Column && *count == 0)
        .for_each(|(split, _)| split.clear());
    splits.iter_mut().zip(parts).for_each(|(split, part)| split.extend(part));
    if dealt < rows {
        check_parts(raw, by, &splits)?;
    }
    for ((split, name), count) in splits.iter_mut().zip(NAMES).zip(counts) {
        let is_wanted = if by == By::Column { name != "validation" } else { count > 0 };
        if split.is_empty() && is_wanted {
            let why = match by {
                By::Group => ": groups stay whole, and there are too few or too large ones",
                By::Time => ": rows of one time stay together, and there are too few times",
                By::Order => ": there are too few rows",
                By::Chance | By::Column => "",
            };
            return Err(own(format!("no row is left for the {name} split{why}")));
        }
        split.sort_unstable();
    }
    let duplicates = duplicates(raw, &splits);
    Ok(OwnSplits { rows: splits, duplicates })
}

/// Checks that splits with their own files do not share groups or overlap in time.
fn check_parts(raw: &Raw, by: By, splits: &[Vec<u32>; 3]) -> Result<(), Error> {
    for (earlier, later) in [(0, 1), (0, 2), (1, 2)] {
        let between = format!("the {} and the {} split", NAMES[earlier], NAMES[later]);
        if by == By::Group {
            let group = |row: &u32| raw.groups[*row as usize];
            let known: HashSet<u32> = splits[earlier].iter().map(group).collect();
            let shared: HashSet<u32> = splits[later].iter().map(group).filter(|group| known.contains(group)).collect();
            if !shared.is_empty() {
                let count = shared.len();
                return Err(own(format!(
                    "split.group: {count} groups are in both {between}; move each group to one file"
                )));
            }
        }
        if by == By::Time {
            let times = |split: usize| splits[split].iter().map(|row| raw.times[*row as usize]);
            let newest = times(earlier).fold(f64::NEG_INFINITY, f64::max);
            let early = times(later).filter(|time| *time <= newest).count();
            if early > 0 {
                let message = format!("split.time: {early} rows of the {} split are not later than all", NAMES[later]);
                let message =
                    format!("{message} of the {} split; remove these rows, or remove split.time", NAMES[earlier]);
                return Err(own(message));
            }
        }
    }
    Ok(())
}

/// Splits the first `rows` rows by an order in which each class is spread evenly.
///
/// Any stretch of that order has the shares of all rows to within one row. A split may still have no row of a small
/// class. It then swaps a row of its most frequent class for one.
fn by_chance(raw: &Raw, rows: u32, counts: [usize; 3], seed: u64) -> Result<[Vec<u32>; 3], Error> {
    let classes = raw.header.classes.len().max(1);
    let class = |row: u32| raw.labels.get(row as usize).map_or(0, |label| usize::from(*label));
    let order = random::permutation_start(&mut Stream::Split.generator(seed, 0), rows, rows);
    let mut sizes = vec![0_u64; classes];
    order.iter().for_each(|row| sizes[class(*row)] += 1);
    let mut dealt = vec![0_u64; classes];
    let mut places: Vec<(f64, u32)> = order
        .iter()
        .map(|&row| {
            let class = class(row);
            dealt[class] += 1;
            ((dealt[class] as f64 - 0.5) / sizes[class] as f64, row)
        })
        .collect();
    places.sort_by(|(a, _), (b, _)| a.total_cmp(b));
    let mut from = places.into_iter().map(|(_, row)| row);
    let mut splits = counts.map(|count| from.by_ref().take(count).collect::<Vec<u32>>());
    if raw.labels.is_empty() {
        return Ok(splits);
    }
    let mut table = splits.each_ref().map(|split| {
        let mut of_class = vec![0_usize; classes];
        split.iter().for_each(|row| of_class[class(*row)] += 1);
        of_class
    });
    for (label, name) in raw.header.classes.iter().enumerate().filter(|(label, _)| sizes[*label] > 0) {
        for into in (0..3).filter(|split| counts[*split] > 0) {
            if table[into][label] > 0 {
                continue;
            }
            let giver = (0..3).max_by_key(|split| table[*split][label]).filter(|split| table[*split][label] > 1);
            let taker = (0..classes).max_by_key(|class| table[into][*class]).filter(|class| table[into][*class] > 1);
            let found = giver.zip(taker).and_then(|(giver, taken)| {
                let gives = splits[giver].iter().rposition(|row| class(*row) == label)?;
                let takes = splits[into].iter().rposition(|row| class(*row) == taken)?;
                Some((giver, taken, gives, takes))
            });
            let Some((giver, taken, gives, takes)) = found else {
                return Err(own(format!(
                    "class `{name}` has too few rows ({} of {rows}) for the {} split, but each split needs one. Remove `label`, or give the split of each row with `split.column`",
                    sizes[label], NAMES[into]
                )));
            };
            let row = splits[giver][gives];
            splits[giver][gives] = std::mem::replace(&mut splits[into][takes], row);
            table[giver][label] -= 1;
            table[giver][taken] += 1;
            table[into][label] += 1;
            table[into][taken] -= 1;
        }
    }
    Ok(splits)
}

/// Splits by whole groups: the largest first, and equal ones in random order. Each group goes to the split that is
/// furthest from its count.
fn by_group(groups: &[u32], counts: [usize; 3], seed: u64) -> [Vec<u32>; 3] {
    let mut members: Vec<Vec<u32>> = Vec::new();
    let mut places = HashMap::new();
    for (row, group) in groups.iter().enumerate() {
        let place = *places.entry(*group).or_insert(members.len());
        if place == members.len() {
            members.push(Vec::new());
        }
        members[place].push(row as u32);
    }
    let total = members.len() as u32;
    let mut order = random::permutation_start(&mut Stream::Split.generator(seed, 0), total, total);
    order.sort_by_key(|group| std::cmp::Reverse(members[*group as usize].len()));
    let mut splits = [const { Vec::new() }; 3];
    for group in order {
        let lacks = |split: &usize| {
            let (wanted, has): (usize, &Vec<u32>) = (counts[*split], &splits[*split]);
            wanted.saturating_sub(has.len()) as f64 / wanted.max(1) as f64
        };
        let most = (0..3).rev().max_by(|a, b| lacks(a).total_cmp(&lacks(b))).filter(|split| lacks(split) > 0.0);
        if let Some(split) = most {
            splits[split].append(&mut members[group as usize]);
        }
    }
    splits
}

/// Splits by time: the oldest rows are for training, the next for validation, the newest for testing.
///
/// Rows of one time stay together, in the later split. The last `overlap` rows before another split are left out,
/// because they share lines with it.
fn by_time(times: &[f64], counts: [usize; 3], overlap: usize) -> [Vec<u32>; 3] {
    let mut order: Vec<u32> = (0..times.len() as u32).collect();
    order.sort_by(|a, b| times[*a as usize].total_cmp(&times[*b as usize]));
    let time = |place: usize| times[order[place] as usize];
    let cut = |mut place: usize| {
        while place > 0 && place < order.len() && time(place) <= time(place - 1) {
            place -= 1;
        }
        place
    };
    let [train, validation, test] = counts;
    let [first, second, last] = [cut(train), cut(train + validation), train + validation + test];
    let before = |place: usize, from: usize| if place < last { place.saturating_sub(overlap).max(from) } else { place };
    [order[..before(first, 0)].to_vec(), order[first..before(second, first)].to_vec(), order[second..last].to_vec()]
}

/// Number of validation and test rows that equal a row of an earlier split.
fn duplicates(raw: &Raw, [train, validation, test]: &[Vec<u32>; 3]) -> usize {
    let hash = |row: u32| {
        let mut hasher = DefaultHasher::new();
        raw.content(row).for_each(|number| number.hash(&mut hasher));
        hasher.finish()
    };
    let hashed = |rows: &[u32]| -> Vec<(u64, u32)> {
        let mut rows: Vec<(u64, u32)> = rows.par_iter().map(|row| (hash(*row), *row)).collect();
        rows.par_sort_unstable();
        rows
    };
    let [train, held_out] = [train, validation].map(|rows| hashed(rows));
    let is_in = |known: &[(u64, u32)], row: u32| {
        let hash = hash(row);
        let alike = &known[known.partition_point(|(other, _)| *other < hash)..];
        let mut alike = alike.iter().take_while(|(other, _)| *other == hash);
        alike.any(|(_, other)| raw.content(*other).eq(raw.content(row)))
    };
    validation.par_iter().filter(|row| is_in(&train, **row)).count()
        + test.par_iter().filter(|row| is_in(&train, **row) || is_in(&held_out, **row)).count()
}

/// Splits and scaling of a user's data, for the record.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnFit {
    /// Names of the columns, (values of a row, or of a step of a sequence). Numbers from 0 if the file has no names.
    pub columns: Vec<String>,
    /// True if the file has names of columns.
    pub has_names: bool,
    /// Scaling of the columns; `None` for bytes, which are not scaled.
    pub scaling: Option<Scaling>,
    /// Rows of the training, validation and test split, counted from 0 in the file.
    pub rows: [Vec<u32>; 3],
    /// Number of validation and test rows that equal a row of an earlier split in every value.
    pub duplicates: usize,
    /// Number of rows that were left out because a value is missing.
    pub dropped: usize,
    /// Number of rows whose value is missing, for each column, shape (columns).
    pub missing: Vec<usize>,
    /// File with the names of all rows, one a line, if rows have names.
    pub ids: Option<PathBuf>,
}

/// Loads a user's data from its raw form in `unpacked`, splits it, and scales it by training rows.
///
/// # Errors
/// If there is no raw form, if it comes from another file than that of the spec, or if the data cannot be split or
/// scaled.
pub(crate) fn load(dataset: &Dataset, data: &Own, seed: u64, unpacked: Option<&Path>) -> Result<Splits, Error> {
    let folder = unpacked.map(|unpacked| unpacked.join(data.folder())).filter(|folder| folder.exists());
    let Some(folder) = folder else {
        return Err(own(format!("{}: there is no raw form of this data; `cargo xtask run` makes one", data.path)));
    };
    let mut raw = Raw::load(&folder)?;
    if raw.header.source_sha256 != data.facts.sha256 {
        let expected = &data.facts.sha256;
        return Err(own(format!("{}: SHA-256 is {}, expected {expected}", data.path, raw.header.source_sha256)));
    }
    let by = match &data.reading {
        Reading { group: Some(_), .. } => By::Group,
        Reading { time: Some(_), .. } => By::Time,
        Reading { split: Some(_), .. } => By::Column,
        // Rows of one recording stay together if there are at least three recordings.
        _ if raw.header.has_groups && recordings(&raw) >= 3 => By::Group,
        _ if raw.header.has_groups => By::Order,
        _ => By::Chance,
    };
    let at = |error: Error| own(format!("{}: {error}", data.path));
    let counts = [dataset.train, dataset.validation, dataset.test];
    // By chance, rows that are not clean go to the test split alone, so that no split needs one of them.
    let is_of_clean = data.reading.clean.is_some() && by == By::Chance;
    let labels = if is_of_clean { std::mem::take(&mut raw.labels) } else { Vec::new() };
    let mut splits = split(&raw, by, counts, seed).map_err(at)?;
    if is_of_clean {
        raw.labels = labels;
        let is_clean = |row: &u32| raw.labels.get(*row as usize) == Some(&0);
        let [train, validation, test] = &mut splits.rows;
        for rows in [train, validation] {
            test.extend(rows.iter().filter(|row| !is_clean(row)));
            rows.retain(is_clean);
        }
        test.sort_unstable();
    }
    if let Some(imbalance) = dataset.imbalance {
        let keeps = |row: &u32| match (imbalance, raw.labels.get(*row as usize)) {
            (Imbalance::Only { class }, Some(label)) => *label == class,
            (Imbalance::Without { class }, Some(label)) => *label != class,
            _ => true,
        };
        splits.rows[..2].iter_mut().for_each(|rows| rows.retain(keeps));
        if let Some(empty) = (0..2).find(|split| counts[*split] > 0 && splits.rows[*split].is_empty()) {
            let message = format!("no {} row has a class that dataset.without or dataset.only keeps", NAMES[empty]);
            return Err(at(own(message)));
        }
        splits.duplicates = duplicates(&raw, &splits.rows);
    }
    if let Some(few) = [0, 2].into_iter().find(|split| splits.rows[*split].len() < FEWEST) {
        let message = format!("{} {} rows are left, expected at least {FEWEST}", splits.rows[few].len(), NAMES[few]);
        return Err(at(own(message)));
    }
    text::count(&mut raw, &splits.rows[0], data.reading.weight.unwrap_or(Weight::Log)).map_err(at)?;
    let is_bytes = raw.header.is_bytes;
    let missing = data.reading.missing.unwrap_or(Missing::Refuse);
    let scaling =
        (!is_bytes).then(|| Scaling::fit(&raw, &splits.rows[0], data.scale, missing)).transpose().map_err(at)?;
    let fit = OwnFit {
        columns: raw.header.columns.iter().map(|column| column.name.clone()).collect(),
        has_names: raw.header.has_names,
        scaling,
        rows: splits.rows,
        duplicates: splits.duplicates,
        dropped: raw.header.dropped,
        missing: raw.header.columns.iter().map(|column| column.missing).collect(),
        ids: raw.header.has_ids.then(|| folder.join(raw::IDS)),
    };
    let [train, validation, test] = part(raw, &fit.rows, fit.scaling.as_ref());
    Ok(Splits { train, validation, test, unpublished: Vec::new(), own: Some(Box::new(fit)) })
}

/// Number of recordings among the rows to split.
fn recordings(raw: &Raw) -> usize {
    let dealt = raw.splits.iter().position(|split| *split > 0).unwrap_or(raw.groups.len());
    raw.groups[..dealt].iter().collect::<HashSet<_>>().len()
}

/// Rows of the three splits, each in ascending order. Training values are moved within their memory, so that memory
/// holds little more than the values of the file.
pub fn part(raw: Raw, splits: &[Vec<u32>; 3], scaling: Option<&Scaling>) -> [Rows; 3] {
    let Raw { header, values, labels, .. } = raw;
    let width = header.shape.values();
    let [train, validation, test] = match values {
        Values::Bytes(values) => parted(values, width, splits).map(Values::Bytes),
        Values::Floats(values) => parted(values, width, splits).map(|mut values| {
            if let Some(scaling) = scaling {
                scaling.apply(&mut values);
            }
            Values::Floats(values)
        }),
    };
    let label = |row: &u32| labels.get(*row as usize).copied();
    [(train, 0), (validation, 1), (test, 2)]
        .map(|(values, split)| Rows::new(header.shape, values, splits[split].iter().filter_map(label).collect()))
}

fn parted<T: Copy>(mut values: Vec<T>, width: usize, [train, validation, test]: &[Vec<u32>; 3]) -> [Vec<T>; 3] {
    let gather = |values: &[T], rows: &[u32]| {
        let mut gathered = Vec::with_capacity(rows.len() * width);
        rows.iter().for_each(|row| gathered.extend_from_slice(&values[*row as usize * width..][..width]));
        gathered
    };
    // Rows ascend, so that no row is overwritten before it has moved.
    let keep = |values: &mut Vec<T>, rows: &[u32]| {
        for (place, row) in rows.iter().enumerate() {
            let start = *row as usize * width;
            values.copy_within(start..start + width, place * width);
        }
        values.truncate(rows.len() * width);
        values.shrink_to_fit();
    };
    // One split after the other, so that at most one is in memory twice.
    let test = gather(&values, test);
    let mut both: Vec<u32> = [train.as_slice(), validation].concat();
    both.sort_unstable();
    keep(&mut values, &both);
    let places = |rows: &[u32]| -> Vec<u32> {
        let mut places = (0..).zip(&both);
        rows.iter().filter_map(|row| places.find(|(_, of)| *of == row).map(|(place, _)| place)).collect()
    };
    let (train, validation) = (places(train), places(validation));
    let validation = gather(&values, &validation);
    keep(&mut values, &train);
    [values, validation, test]
}
