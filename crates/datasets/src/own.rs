//! Splits of a user's data, and how a seed, a group, a time or a column chooses their rows.

mod scaling;

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::path::Path;

use random::Stream;
use rayon::prelude::*;
use spec::own::{Missing, Own, Reading};
use spec::{Dataset, Imbalance};

pub use self::scaling::{ColumnScaling, Scaling};
use crate::error::Error;
use crate::rows::{Rows, Values};
use crate::source::raw::{Raw, own};
use crate::splits::Splits;

const NAMES: [&str; 3] = ["training", "validation", "test"];

/// What decides which split a row belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The seed. Where rows have classes, each split has the shares of the whole.
    Chance,
    /// The seed, for whole groups: no group is in two splits.
    Group,
    /// The time: all training rows are older than all validation rows, and these older than all test rows.
    Time,
    /// The user's file.
    Column,
}

/// Rows of the three splits, each in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSplits {
    /// Training, validation and test rows.
    pub rows: [Vec<u32>; 3],
    /// Validation and test rows that are equal to a training row, value by value.
    pub duplicates: usize,
}

/// Splits rows. `counts` are those of training, validation and test rows; by group and time they are met as far as groups and
/// equal times allow, and by column they play no part.
///
/// # Errors
/// When there are fewer rows than asked for, or a split that was asked for stays empty. When a split by chance lacks a class. When
/// rows lack the group, time or split.
pub fn split(raw: &Raw, by: By, counts: [usize; 3], seed: u64) -> Result<OwnSplits, Error> {
    let rows = raw.header.rows;
    let wanted = counts.iter().fold(0_usize, |sum, count| sum.saturating_add(*count));
    if by != By::Column && wanted > rows {
        return Err(own(format!("{wanted} rows in all splits, expected at most the {rows} of the file")));
    }
    let lacking = |what: &str| Err(own(format!("rows have no {what} to split by")));
    let mut splits = match by {
        By::Chance => by_chance(raw, counts, seed)?,
        By::Group if raw.groups.is_empty() => return lacking("group"),
        By::Group => by_group(&raw.groups, counts, seed),
        By::Time if raw.times.is_empty() => return lacking("time"),
        By::Time => by_time(&raw.times, counts),
        By::Column if raw.splits.is_empty() => return lacking("split"),
        By::Column => {
            [0, 1, 2].map(|split| (0..rows as u32).filter(|row| raw.splits[*row as usize] == split).collect())
        }
    };
    for ((split, name), count) in splits.iter_mut().zip(NAMES).zip(counts) {
        let is_wanted = if by == By::Column { name != "validation" } else { count > 0 };
        if split.is_empty() && is_wanted {
            return Err(own(format!("no row is left for the {name} split")));
        }
        split.sort_unstable();
    }
    let duplicates = duplicates(raw, &splits);
    Ok(OwnSplits { rows: splits, duplicates })
}

/// Deals rows in an order in which each class is spread evenly, so that any stretch of it has the shares of the whole to within
/// one row. A class of few rows may still miss a split: it then swaps a row with the most frequent class there.
fn by_chance(raw: &Raw, counts: [usize; 3], seed: u64) -> Result<[Vec<u32>; 3], Error> {
    let rows = raw.header.rows as u32;
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
    for (label, name) in raw.header.classes.iter().enumerate() {
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
                    "class `{name}` has too few rows ({} of {rows}) for one in the {} split; leave its rows out, or ask for more rows in the split",
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

/// Deals groups in random order, each to the split that lacks most of its rows.
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
    let order = random::permutation_start(&mut Stream::Split.generator(seed, 0), total, total);
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

/// The oldest rows are for training, the next for validation, the next for testing. Rows of one time stay together, in the later
/// split.
fn by_time(times: &[f64], counts: [usize; 3]) -> [Vec<u32>; 3] {
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
    [order[..first].to_vec(), order[first..second].to_vec(), order[second..last].to_vec()]
}

/// Validation and test rows that equal a training row.
fn duplicates(raw: &Raw, [train, validation, test]: &[Vec<u32>; 3]) -> usize {
    let hash = |row: u32| {
        let mut hasher = DefaultHasher::new();
        raw.bytes(row).hash(&mut hasher);
        raw.floats(row).iter().for_each(|value| value.to_bits().hash(&mut hasher));
        hasher.finish()
    };
    let mut known: Vec<(u64, u32)> = train.par_iter().map(|row| (hash(*row), *row)).collect();
    known.par_sort_unstable();
    let bits = |row: u32| raw.floats(row).iter().map(|value| value.to_bits());
    let is_known = |row: &&u32| {
        let hash = hash(**row);
        let alike = &known[known.partition_point(|(other, _)| *other < hash)..];
        let mut alike = alike.iter().take_while(|(other, _)| *other == hash);
        alike.any(|(_, other)| raw.bytes(*other) == raw.bytes(**row) && bits(*other).eq(bits(**row)))
    };
    validation.par_iter().chain(test).filter(is_known).count()
}

/// How a user's data was split and scaled, for the record.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnFit {
    /// Names of the columns, (values of a row); numbers from 0 where the file has no names.
    pub columns: Vec<String>,
    /// Whether the file has names.
    pub has_names: bool,
    /// How columns are scaled. Bytes are not.
    pub scaling: Option<Scaling>,
    /// Rows of the file, from 0, of the training, validation and test split.
    pub rows: [Vec<u32>; 3],
    /// Validation and test rows that are equal to a training row, value by value.
    pub duplicates: usize,
    /// Rows that were left out because a value is missing.
    pub dropped: usize,
}

/// Loads a user's data from its raw form below `unpacked`, splits it and scales it by training rows.
///
/// # Errors
/// When there is no raw form, or of another file than the spec names. When it cannot be split or scaled.
pub(crate) fn load(dataset: &Dataset, data: &Own, seed: u64, unpacked: Option<&Path>) -> Result<Splits, Error> {
    let folder = unpacked.map(|unpacked| unpacked.join(data.folder())).filter(|folder| folder.exists());
    let Some(folder) = folder else {
        return Err(own(format!("{}: this was not read; `cargo xtask run` reads it", data.path)));
    };
    let raw = Raw::load(&folder)?;
    if raw.header.source_sha256 != data.facts.sha256 {
        let expected = &data.facts.sha256;
        return Err(own(format!("{}: SHA-256 is {}, expected {expected}", data.path, raw.header.source_sha256)));
    }
    let by = match &data.reading {
        Reading { group: Some(_), .. } => By::Group,
        Reading { time: Some(_), .. } => By::Time,
        Reading { split: Some(_), .. } => By::Column,
        // Rows of one recording stay together.
        _ if raw.header.has_groups => By::Group,
        _ => By::Chance,
    };
    let at = |error: Error| own(format!("{}: {error}", data.path));
    let Dataset { train, validation, test, .. } = *dataset;
    let mut splits = split(&raw, by, [train, validation, test], seed).map_err(at)?;
    if let Some(imbalance) = dataset.imbalance {
        let keeps = |row: &u32| match (imbalance, raw.labels.get(*row as usize)) {
            (Imbalance::Only { class }, Some(label)) => *label == class,
            (Imbalance::Without { class }, Some(label)) => *label != class,
            _ => true,
        };
        splits.rows[..2].iter_mut().for_each(|rows| rows.retain(keeps));
        if splits.rows[0].is_empty() {
            return Err(at(own("no training row is left of the classes that are asked for".to_owned())));
        }
    }
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
    };
    let [train, validation, test] = part(raw, &fit.rows, fit.scaling.as_ref());
    Ok(Splits { train, validation, test, unpublished: Vec::new(), own: Some(Box::new(fit)) })
}

/// Rows of the three splits, each in ascending order. The values of the training rows stay where they are in memory, so that it
/// holds hardly more than those of the file.
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
    let gather = |rows: &[u32]| {
        let mut gathered = Vec::with_capacity(rows.len() * width);
        rows.iter().for_each(|row| gathered.extend_from_slice(&values[*row as usize * width..][..width]));
        gathered
    };
    let [validation, test] = [gather(validation), gather(test)];
    // Rows ascend: none is written over before it has moved.
    for (place, row) in train.iter().enumerate() {
        let start = *row as usize * width;
        values.copy_within(start..start + width, place * width);
    }
    values.truncate(train.len() * width);
    values.shrink_to_fit();
    [values, validation, test]
}
