//! Rules of a user's own data in `[dataset]`, and the conversion back to wire values.

use std::ops::Range;

use toml::Spanned;

use super::{FEWEST_IMAGES, Rules};
use crate::catalogue::Pixels;
use crate::error::Error;
use crate::own::{CLEAN, Condition, Facts, Own, Part, Reading, Scale};
use crate::wire::{self, Amount, at_no_place};
use crate::{DataSource, Dataset, Imbalance};

/// Declares functions that convert the keys with a single value, which has the same type in a file and in a
/// [`Reading`].
macro_rules! plain_keys {
    ($($key:ident)+) => {
        fn plain_reading(wire: &wire::Dataset) -> Reading {
            Reading { $($key: wire.$key.as_ref().map(|value| value.get_ref().clone()),)+ ..Reading::default() }
        }

        fn plain_wire(reading: &Reading) -> wire::Dataset {
            wire::Dataset { $($key: reading.$key.clone().map(at_no_place),)+ ..wire::Dataset::default() }
        }

        fn plain_places(wire: &wire::Dataset) -> Vec<(&'static str, Option<Range<usize>>)> {
            vec![$((stringify!($key), place(&wire.$key)),)+]
        }
    };
}

plain_keys! {
    format label clean id header separator decimal quote missing array transpose size fit channels background rate window hop bands unit vocabulary weight
}

fn place<T>(key: &Option<Spanned<T>>) -> Option<Range<usize>> {
    key.as_ref().map(Spanned::span)
}

impl Rules<'_> {
    /// A user's own data. The facts come from the record, or else from reading the data now.
    pub(super) fn own(&self, wire: &wire::Dataset, path: &Spanned<String>) -> Result<Dataset, Error> {
        if let Some(side) = &wire.side {
            return self.fail(side.span(), "dataset.side is for embedded data sets; use dataset.size for pictures");
        }
        if let Some(rare) = &wire.rare {
            return self.fail(rare.span(), "[dataset.rare] works with dataset.name, not with dataset.path");
        }
        let reading = self.reading(wire)?;
        if let Some(clean) = &wire.clean {
            self.clean(wire, clean)?;
        }
        let facts = match &wire.facts {
            Some(facts) => facts.clone(),
            None => match (self.reader)(path.get_ref(), &reading) {
                Ok(facts) => facts,
                Err(message) => return self.fail(path.span(), message),
            },
        };
        if let (Some(clean), true) = (&wire.clean, facts.classes.first().is_none_or(|class| class != CLEAN[0])) {
            return self
                .fail(clean.span(), format!("dataset.clean: no row of {} meets this condition", path.get_ref()));
        }
        // Scaling to a variance of 1 would give rare words the same weight as common ones.
        let default = if facts.is_bytes || facts.is_text { Scale::None } else { Scale::Standard };
        let scale = wire.scale.as_ref().map_or(default, |scale| *scale.get_ref());
        if let (Some(given), true, true) = (&wire.scale, facts.is_bytes, scale != Scale::None) {
            let message = "dataset.scale: these values are bytes, which are divided by 255; expected \"none\"";
            return self.fail(given.span(), message);
        }
        let pixels = wire.pixels.as_ref().map_or(Pixels::Grey, |pixels| *pixels.get_ref());
        if let (Some(given), false, false) = (&wire.pixels, pixels == Pixels::Grey, facts.is_bytes) {
            let message = format!("dataset.pixels = \"{pixels}\" needs data whose values are bytes, read as 0 to 1");
            return self.fail(given.span(), message);
        }
        let has_parts = reading.validation.is_some() || reading.test.is_some();
        let [train, validation, test] = self.amounts(wire, &facts, has_parts)?;
        let (shape, classes) = (facts.shape, facts.classes.len());
        let own = Own { path: path.get_ref().clone(), reading, scale, facts };
        let imbalance = match &wire.clean {
            None => self.imbalance(wire, &own.name(), classes)?,
            // The first class.
            Some(_) => Some(Imbalance::Only { class: 0 }),
        };
        Ok(Dataset { source: DataSource::Own(Box::new(own)), shape, pixels, train, validation, test, imbalance })
    }

    /// Gives an error for a text that is not a condition, and for other keys that choose the rows to learn from.
    fn clean(&self, wire: &wire::Dataset, clean: &Spanned<String>) -> Result<(), Error> {
        if let Err(message) = clean.get_ref().parse::<Condition>() {
            return self.fail(clean.span(), format!("dataset.clean: {message}"));
        }
        let others = [("label", place(&wire.label)), ("without", place(&wire.without)), ("only", place(&wire.only))];
        match others.into_iter().find_map(|(key, place)| Some((key, place?))) {
            Some((key, place)) => self.fail(
                place,
                format!("dataset.{key} and dataset.clean exclude each other: remove dataset.{key}, because the classes are the clean rows and the others"),
            ),
            None => Ok(()),
        }
    }

    /// Number of training, validation and test rows of a user's data, by default 70, 15 and 15 %. Shares and counts
    /// refer to the rows at `dataset.path`.
    fn amounts(&self, wire: &wire::Dataset, facts: &Facts, has_parts: bool) -> Result<[usize; 3], Error> {
        let given = [("train", &wire.train, 0.7), ("validation", &wire.validation, 0.15), ("test", &wire.test, 0.15)];
        let enough = |[train, validation, test]: [usize; 3], place: Range<usize>| {
            let least = FEWEST_IMAGES as usize;
            if train >= least && test >= least {
                return Ok([train, validation, test]);
            }
            let message = format!(
                "{train} training rows and {test} test rows of {} rows in all; expected at least {least} of each",
                facts.rows
            );
            self.fail(place, message)
        };
        let place = wire.path.as_ref().map_or(0..0, Spanned::span);
        let (all, of_parts) = match facts.rows_of_splits {
            None => (facts.rows, [0; 3]),
            Some(rows) if has_parts => (rows[0], rows),
            Some(rows) => {
                // A record gives the counts as they are.
                return match given.iter().find_map(|(field, given, _)| Some((*field, given.as_ref()?))) {
                    Some((field, given)) if wire.facts.is_none() => self.fail(
                        given.span(),
                        format!(
                            "dataset.{field}: remove this key, because the column of split.column gives the number of rows"
                        ),
                    ),
                    _ => enough(rows, place),
                };
            }
        };
        // Rounded down, so that shares with a sum of 1 never need more rows than there are. The small constant keeps
        // 0.29 of 100 at 29 rows.
        let part = |share: f64| (share * all as f64 + 1e-6).floor() as usize;
        let mut rows = of_parts;
        // Training rows come last: if other splits have their own files, the training rows are the rest.
        for split in [1, 2, 0] {
            let (field, given, default) = given[split];
            let what = format!("dataset.{field}");
            rows[split] = match given.as_ref().map(|given| (given.span(), given.get_ref())) {
                None if has_parts && split == 0 => all.saturating_sub(of_path(wire, rows)),
                None => part(default),
                Some((_, Amount::Part(_))) => of_parts[split],
                Some((span, Amount::Count(count))) => {
                    self.within(&what, &Spanned::new(span, *count), 0..=all as i64)? as usize
                }
                Some((span, Amount::Share(share))) => {
                    if !(0.0..1.0).contains(share) {
                        return self.range_error(
                            &what,
                            &Spanned::new(span, *share),
                            "from 0 to below 1, a share of all rows",
                        );
                    }
                    part(*share)
                }
            };
        }
        let wanted = rows[0] + of_path(wire, rows);
        let span = given.iter().find_map(|(_, given, _)| Some(given.as_ref()?.span())).unwrap_or(place);
        if wanted > all {
            let [train, validation, test] = rows;
            let message = match has_parts {
                false => format!(
                    "dataset.train {train}, dataset.validation {validation} and dataset.test {test} add up to more than the {all} rows"
                ),
                true => format!("the splits need {wanted} rows, but dataset.path has {all}"),
            };
            return self.fail(span, message);
        }
        enough(rows, span)
    }

    fn reading(&self, wire: &wire::Dataset) -> Result<Reading, Error> {
        let columns = |what: &str, key: &Option<Spanned<Vec<String>>>| match key {
            Some(list) if list.get_ref().is_empty() => {
                self.fail(list.span(), format!("dataset.{what}: expected columns"))
            }
            key => Ok(key.as_ref().map(|list| list.get_ref().clone()).unwrap_or_default()),
        };
        let [mut group, mut time, mut split] = [None, None, None];
        if let Some(by) = &wire.split {
            match by.get_ref() {
                wire::Split::Group(column) => group = Some(column.get_ref().clone()),
                wire::Split::Time(column) => time = Some(column.get_ref().clone()),
                wire::Split::Column(column) => split = Some(column.get_ref().clone()),
            }
        }
        if let (Some(train), Some(_)) = (&wire.train, part(&wire.train)) {
            return self.fail(train.span(), "dataset.train: the file of the training rows is dataset.path");
        }
        let [validation, test] = [part(&wire.validation), part(&wire.test)];
        if let (Some(by), Some(_), true) = (&wire.split, &split, validation.is_some() || test.is_some()) {
            return self
                .fail(by.span(), "split.column cannot be combined with a file for dataset.validation or dataset.test");
        }
        Ok(Reading {
            validation,
            test,
            columns: columns("columns", &wire.columns)?,
            exclude: columns("exclude", &wire.exclude)?,
            categorical: columns("categorical", &wire.categorical)?,
            group,
            time,
            split,
            ..plain_reading(wire)
        })
    }
}

/// File or folder of a split, if the split has its own.
fn part(amount: &Option<Spanned<Amount>>) -> Option<Part> {
    match amount.as_ref()?.get_ref() {
        Amount::Part(part) => Some(part.clone()),
        Amount::Count(_) | Amount::Share(_) => None,
    }
}

/// Number of validation and test rows that come from `dataset.path`.
fn of_path(wire: &wire::Dataset, [_, validation, test]: [usize; 3]) -> usize {
    let rows = |amount: &Option<Spanned<Amount>>, rows| if part(amount).is_some() { 0 } else { rows };
    rows(&wire.validation, validation) + rows(&wire.test, test)
}

/// The keys of a user's own data, as wire values.
pub(super) fn written(own: &Own) -> wire::Dataset {
    let Own { path, reading, scale, facts } = own;
    let list = |columns: &[String]| (!columns.is_empty()).then(|| at_no_place(columns.to_vec()));
    let by = |column: &Option<String>, split: fn(Spanned<String>) -> wire::Split| {
        column.clone().map(|column| at_no_place(split(at_no_place(column))))
    };
    wire::Dataset {
        path: Some(at_no_place(path.clone())),
        columns: list(&reading.columns),
        exclude: list(&reading.exclude),
        categorical: list(&reading.categorical),
        scale: Some(at_no_place(*scale)),
        split: by(&reading.group, wire::Split::Group)
            .or(by(&reading.time, wire::Split::Time))
            .or(by(&reading.split, wire::Split::Column)),
        validation: reading.validation.clone().map(|part| at_no_place(Amount::Part(part))),
        test: reading.test.clone().map(|part| at_no_place(Amount::Part(part))),
        facts: Some(facts.clone()),
        ..plain_wire(reading)
    }
}

/// The first key of `[dataset]` that is for a user's own data alone, and its span.
pub(super) fn of_a_path(wire: &wire::Dataset) -> Option<(&'static str, Range<usize>)> {
    let others = [
        ("columns", place(&wire.columns)),
        ("exclude", place(&wire.exclude)),
        ("categorical", place(&wire.categorical)),
        ("scale", place(&wire.scale)),
        ("split", place(&wire.split)),
        ("facts", wire.facts.as_ref().map(|_| 0..0)),
    ];
    plain_places(wire).into_iter().chain(others).find_map(|(key, place)| Some((key, place?)))
}
