//! Rules of `[dataset]` and `[corruption]`, and how they are written back.

use std::ops::{Range, RangeInclusive};

use toml::Spanned;

use super::{FEWEST_IMAGES, Rules, list};
use crate::catalogue::{DatasetName, Pixels};
use crate::datasets::Values;
use crate::error::Error;
use crate::own::{Facts, Own, Reading, Scale};
use crate::wire::{self, Amount, at_no_place, count, decimal};
use crate::{Corruption, DataSource, Dataset, Imbalance, Shape};

impl Rules<'_> {
    pub(super) fn dataset(&self, wire: &wire::Dataset) -> Result<Dataset, Error> {
        match (&wire.name, &wire.path) {
            (Some(name), None) => self.named(wire, *name.get_ref()),
            (None, Some(path)) => self.own(wire, path),
            (Some(_), Some(path)) => {
                let message = "dataset.name and dataset.path exclude each other: rows come from one of them";
                self.fail(path.span(), message)
            }
            (None, None) => self.fail(0..0, "[dataset] needs a name, or the path of your own data"),
        }
    }

    fn named(&self, wire: &wire::Dataset, name: DatasetName) -> Result<Dataset, Error> {
        if let Some((key, place)) = of_a_path(wire) {
            return self.fail(place, format!("dataset.{key} is about data of your own: it needs dataset.path"));
        }
        let facts = name.facts();
        let [all, held_out, test] = facts.counts;
        let [rows, test_rows] = facts.rows;
        let most = rows as i64;
        let count =
            |field: &str, value: &Option<Spanned<Amount>>, default: usize, range: RangeInclusive<i64>| match value {
                None => Ok(default),
                Some(value) => {
                    let what = format!("dataset.{field} of {name}");
                    let Amount::Count(count) = *value.get_ref() else {
                        return self.fail(value.span(), format!("{what}: expected a number of rows"));
                    };
                    self.within(&what, &Spanned::new(value.span(), count), range).map(|count| count as usize)
                }
            };
        let validation = count("validation", &wire.validation, held_out, 0..=most - FEWEST_IMAGES)?;
        let imbalance = self.imbalance(wire, &name.to_string(), facts.classes.len())?;
        let there = match imbalance {
            None => rows,
            Some(Imbalance::Only { .. }) => facts.rows_of_a_class,
            Some(Imbalance::Without { .. } | Imbalance::Rare { .. }) => facts.rows_without_a_class,
        };
        let default_train = all.min(there.saturating_sub(validation).max(FEWEST_IMAGES as usize));
        let train = count("train", &wire.train, default_train, FEWEST_IMAGES..=most)?;
        let test = count("test", &wire.test, test, FEWEST_IMAGES..=test_rows as i64)?;
        if train + validation > rows {
            let span = wire.train.as_ref().or(wire.validation.as_ref()).map_or(0..0, Spanned::span);
            return self.fail(
                span,
                format!("dataset.train {train} and dataset.validation {validation} add up to more than the {most} training images of {name}"),
            );
        }
        let pixels = wire.pixels.as_ref().map_or(Pixels::Grey, |pixels| *pixels.get_ref());
        if let (Some(given), false, Values::Floats) = (&wire.pixels, pixels == Pixels::Grey, facts.values) {
            let message =
                format!("dataset.pixels = \"{pixels}\" needs values from 0 to 1, which those of `{name}` are not");
            return self.fail(given.span(), message);
        }
        let shape = self.shape(wire, name)?;
        Ok(Dataset { source: DataSource::Named(name), shape, pixels, train, validation, test, imbalance })
    }

    /// A user's own data. Its facts are those of a record, or are read now.
    fn own(&self, wire: &wire::Dataset, path: &Spanned<String>) -> Result<Dataset, Error> {
        if let Some(side) = &wire.side {
            return self
                .fail(side.span(), "dataset.side is about data sets that are drawn; for pictures, see dataset.size");
        }
        if let Some(rare) = &wire.rare {
            return self.fail(rare.span(), "[dataset.rare] is about data sets that have a name");
        }
        let reading = self.reading(wire)?;
        let facts = match &wire.facts {
            Some(facts) => facts.clone(),
            None => match (self.reader)(path.get_ref(), &reading) {
                Ok(facts) => facts,
                Err(message) => return self.fail(path.span(), message),
            },
        };
        let default = if facts.is_bytes { Scale::None } else { Scale::Standard };
        let scale = wire.scale.as_ref().map_or(default, |scale| *scale.get_ref());
        if let (Some(given), true, true) = (&wire.scale, facts.is_bytes, scale != Scale::None) {
            let message =
                "dataset.scale: these values are bytes, which are read as parts of 255; only \"none\" is possible";
            return self.fail(given.span(), message);
        }
        let pixels = wire.pixels.as_ref().map_or(Pixels::Grey, |pixels| *pixels.get_ref());
        if let (Some(given), false, false) = (&wire.pixels, pixels == Pixels::Grey, facts.is_bytes) {
            let message =
                format!("dataset.pixels = \"{pixels}\" needs values from 0 to 1, which are bytes in their file");
            return self.fail(given.span(), message);
        }
        let [train, validation, test] = self.amounts(wire, &facts)?;
        let (shape, classes) = (facts.shape, facts.classes.len());
        let own = Own { path: path.get_ref().clone(), reading, scale, facts };
        let imbalance = self.imbalance(wire, &own.name(), classes)?;
        Ok(Dataset { source: DataSource::Own(Box::new(own)), shape, pixels, train, validation, test, imbalance })
    }

    /// Rows of the three splits of a user's data: by default 70, 15 and 15 % of them.
    fn amounts(&self, wire: &wire::Dataset, facts: &Facts) -> Result<[usize; 3], Error> {
        let given = [("train", &wire.train, 0.7), ("validation", &wire.validation, 0.15), ("test", &wire.test, 0.15)];
        let enough = |[train, validation, test]: [usize; 3], place: Range<usize>| {
            let least = FEWEST_IMAGES as usize;
            if train >= least && test >= least {
                return Ok([train, validation, test]);
            }
            let message = format!(
                "{train} rows to train on and {test} to test on, of {} rows in all; expected at least {least} of each",
                facts.rows
            );
            self.fail(place, message)
        };
        let place = wire.path.as_ref().map_or(0..0, Spanned::span);
        if let Some(rows) = facts.rows_of_splits {
            // A record gives them as they are.
            return match given.iter().find_map(|(field, given, _)| Some((*field, given.as_ref()?))) {
                Some((field, given)) if wire.facts.is_none() => {
                    self.fail(given.span(), format!("dataset.{field}: the column of split.column says how many rows"))
                }
                _ => enough(rows, place),
            };
        }
        // Rounded down, so that shares of 1 together never want a row too many. A share such as 0.29 of 100 is 29 rows all the same.
        let part = |share: f64| (share * facts.rows as f64 + 1e-6).floor() as usize;
        let mut rows = [0; 3];
        for (rows, (field, given, default)) in rows.iter_mut().zip(given) {
            let what = format!("dataset.{field}");
            *rows = match given.as_ref().map(|given| (given.span(), *given.get_ref())) {
                None => part(default),
                Some((span, Amount::Count(count))) => {
                    self.within(&what, &Spanned::new(span, count), 0..=facts.rows as i64)? as usize
                }
                Some((span, Amount::Share(share))) => {
                    if !(0.0..1.0).contains(&share) {
                        return self.range_error(
                            &what,
                            &Spanned::new(span, share),
                            "from 0 to below 1, a share of all rows",
                        );
                    }
                    part(share)
                }
            };
        }
        let wanted: usize = rows.iter().sum();
        let span = given.iter().find_map(|(_, given, _)| Some(given.as_ref()?.span())).unwrap_or(place);
        if wanted > facts.rows {
            let [train, validation, test] = rows;
            let message = format!(
                "dataset.train {train}, dataset.validation {validation} and dataset.test {test} add up to more than the {} rows",
                facts.rows
            );
            return self.fail(span, message);
        }
        enough(rows, span)
    }

    fn reading(&self, wire: &wire::Dataset) -> Result<Reading, Error> {
        fn value<T: Clone>(key: &Option<Spanned<T>>) -> Option<T> {
            key.as_ref().map(|value| value.get_ref().clone())
        }
        let columns = |what: &str, key: &Option<Spanned<Vec<String>>>| match key {
            Some(list) if list.get_ref().is_empty() => {
                self.fail(list.span(), format!("dataset.{what}: expected columns"))
            }
            key => Ok(value(key).unwrap_or_default()),
        };
        let [mut group, mut time, mut split] = [None, None, None];
        if let Some(by) = &wire.split {
            match by.get_ref() {
                wire::Split::Group(column) => group = Some(column.get_ref().clone()),
                wire::Split::Time(column) => time = Some(column.get_ref().clone()),
                wire::Split::Column(column) => split = Some(column.get_ref().clone()),
            }
        }
        Ok(Reading {
            format: value(&wire.format),
            label: value(&wire.label),
            id: value(&wire.id),
            columns: columns("columns", &wire.columns)?,
            exclude: columns("exclude", &wire.exclude)?,
            categorical: columns("categorical", &wire.categorical)?,
            separator: value(&wire.separator),
            decimal: value(&wire.decimal),
            missing: value(&wire.missing),
            group,
            time,
            split,
            array: value(&wire.array),
            transpose: value(&wire.transpose),
            size: value(&wire.size),
            fit: value(&wire.fit),
            channels: value(&wire.channels),
            background: value(&wire.background),
            rate: value(&wire.rate),
            window: value(&wire.window),
            hop: value(&wire.hop),
            bands: value(&wire.bands),
        })
    }

    /// Noise on the inputs of a network, which are rows of the data set.
    pub(super) fn noise(
        &self,
        wire: Option<&Spanned<wire::Corruption>>,
        dataset: &Dataset,
    ) -> Result<Option<Corruption>, Error> {
        let corruption = self.corruption(wire)?;
        match (wire, corruption) {
            (Some(wire), Some(Corruption::SaltAndPepper { .. })) if !dataset.is_in_unit_range() => {
                let message = format!(
                    "corruption.salt_and_pepper needs values from 0 to 1, which those of `{}` are not; use gaussian or masking",
                    dataset.name()
                );
                self.fail(wire.span(), message)
            }
            _ => Ok(corruption),
        }
    }

    pub(super) fn corruption(&self, wire: Option<&Spanned<wire::Corruption>>) -> Result<Option<Corruption>, Error> {
        let Some(wire) = wire else { return Ok(None) };
        Ok(match wire.get_ref() {
            wire::Corruption::None => None,
            wire::Corruption::Gaussian(wire::Gaussian { sigma }) => {
                Some(Corruption::Gaussian { sigma: self.above("corruption.gaussian.sigma", sigma, 10.0)? })
            }
            wire::Corruption::Masking(wire::Fraction { fraction }) => {
                Some(Corruption::Masking { fraction: self.above("corruption.masking.fraction", fraction, 1.0)? })
            }
            wire::Corruption::SaltAndPepper(wire::Fraction { fraction }) => Some(Corruption::SaltAndPepper {
                fraction: self.above("corruption.salt_and_pepper.fraction", fraction, 1.0)?,
            }),
        })
    }

    /// The usual shape of the source, or that of the side that the file gives.
    fn shape(&self, wire: &wire::Dataset, name: DatasetName) -> Result<Shape, Error> {
        let shapes = name.facts().shapes;
        let Some(side) = &wire.side else { return Ok(shapes[0]) };
        let value = *side.get_ref();
        let sides = |shapes: &[Shape]| -> Vec<usize> {
            shapes.iter().filter_map(|shape| shape.grey_image()).map(|(height, _)| height).collect()
        };
        let own = sides(shapes);
        if let Some(at) = own.iter().position(|side| *side as i64 == value) {
            return Ok(shapes[at]);
        }
        let others =
            DatasetName::ALL.iter().filter(|name| name.facts().shapes.len() > 1).map(|name| format!("`{name}`"));
        let others = others.collect::<Vec<_>>().join(" and ");
        let message = match own[..] {
            [] => format!("dataset.side = {value}: `{}` has rows of {}, which have no side", name, shapes[0]),
            [only] => format!(
                "dataset.side = {value}: images of {} have {only} pixels a side; {others} are drawn at others",
                name
            ),
            _ => format!("dataset.side = {value}: expected one of {}", list(&own)),
        };
        self.fail(side.span(), message)
    }

    fn imbalance(&self, wire: &wire::Dataset, name: &str, classes: usize) -> Result<Option<Imbalance>, Error> {
        let class = |what: &str, class: &Spanned<i64>| match classes {
            0 => self.fail(class.span(), format!("{what}: `{}` has no classes", name)),
            _ => self.within(what, class, 0..=classes as i64 - 1),
        };
        let exclusive = |span| {
            let message = "dataset.without, dataset.only and [dataset.rare] exclude each other: a class is left out, the only \
                           one, or rare";
            self.fail(span, message)
        };
        match (&wire.without, &wire.only, &wire.rare) {
            (None, None, None) => Ok(None),
            (Some(_), _, Some(rare)) | (_, Some(_), Some(rare)) => exclusive(rare.span()),
            (Some(_), Some(only), None) => exclusive(only.span()),
            (Some(without), None, None) => {
                Ok(Some(Imbalance::Without { class: class("dataset.without", without)? as u16 }))
            }
            (None, Some(only), None) => Ok(Some(Imbalance::Only { class: class("dataset.only", only)? as u16 })),
            (None, None, Some(rare)) => {
                let wire::Rare { class: label, share } = rare.get_ref();
                let label = class("dataset.rare.class", label)? as u16;
                // Rounding to f32 must carry it onto neither end.
                let number = self.number("dataset.rare.share", share)?;
                if number > 0.0 && number < 1.0 {
                    return Ok(Some(Imbalance::Rare { class: label, share: number }));
                }
                self.range_error("dataset.rare.share", share, "above 0 and below 1")
            }
        }
    }
}

impl From<&Dataset> for wire::Dataset {
    fn from(dataset: &Dataset) -> Self {
        let label = |class: u16| at_no_place(i64::from(class));
        let (without, only, rare) = match dataset.imbalance {
            None => (None, None, None),
            Some(Imbalance::Without { class }) => (Some(label(class)), None, None),
            Some(Imbalance::Only { class }) => (None, Some(label(class)), None),
            Some(Imbalance::Rare { class, share }) => {
                (None, None, Some(at_no_place(wire::Rare { class: label(class), share: decimal(share) })))
            }
        };
        let mut wire = Self {
            // What is usual is left out, so that specs from before it could be asked for stay what they were.
            side: dataset.side().and_then(count),
            pixels: Some(at_no_place(dataset.pixels)),
            train: wire::rows(dataset.train),
            validation: wire::rows(dataset.validation),
            test: wire::rows(dataset.test),
            without,
            only,
            rare,
            ..Self::default()
        };
        match &dataset.source {
            DataSource::Named(name) => wire.name = Some(at_no_place(*name)),
            DataSource::Own(own) => wire.describe(own),
        }
        wire
    }
}

impl wire::Dataset {
    /// Writes the keys of a user's own data.
    fn describe(&mut self, own: &Own) {
        fn some<T: Clone>(value: &Option<T>) -> Option<Spanned<T>> {
            value.clone().map(at_no_place)
        }
        let list = |columns: &[String]| (!columns.is_empty()).then(|| at_no_place(columns.to_vec()));
        let Own { path, reading, scale, facts } = own;
        let by = |column: &String, split: fn(Spanned<String>) -> wire::Split| split(at_no_place(column.clone()));
        let group = reading.group.as_ref().map(|column| by(column, wire::Split::Group));
        let time = reading.time.as_ref().map(|column| by(column, wire::Split::Time));
        let split = reading.split.as_ref().map(|column| by(column, wire::Split::Column));
        self.path = Some(at_no_place(path.clone()));
        self.format = some(&reading.format);
        self.label = some(&reading.label);
        self.id = some(&reading.id);
        self.columns = list(&reading.columns);
        self.exclude = list(&reading.exclude);
        self.categorical = list(&reading.categorical);
        self.separator = some(&reading.separator);
        self.decimal = some(&reading.decimal);
        self.missing = some(&reading.missing);
        self.array = some(&reading.array);
        self.transpose = some(&reading.transpose);
        self.size = some(&reading.size);
        self.fit = some(&reading.fit);
        self.channels = some(&reading.channels);
        self.background = some(&reading.background);
        self.rate = some(&reading.rate);
        self.window = some(&reading.window);
        self.hop = some(&reading.hop);
        self.bands = some(&reading.bands);
        self.scale = Some(at_no_place(*scale));
        self.split = group.or(time).or(split).map(at_no_place);
        self.facts = Some(facts.clone());
    }
}

/// The first key of a `[dataset]` that is about data of the user's own, and its place.
fn of_a_path(wire: &wire::Dataset) -> Option<(&'static str, Range<usize>)> {
    fn place<T>(key: &Option<Spanned<T>>) -> Option<Range<usize>> {
        key.as_ref().map(Spanned::span)
    }
    let keys = [
        ("format", place(&wire.format)),
        ("label", place(&wire.label)),
        ("id", place(&wire.id)),
        ("columns", place(&wire.columns)),
        ("exclude", place(&wire.exclude)),
        ("categorical", place(&wire.categorical)),
        ("separator", place(&wire.separator)),
        ("decimal", place(&wire.decimal)),
        ("missing", place(&wire.missing)),
        ("array", place(&wire.array)),
        ("transpose", place(&wire.transpose)),
        ("size", place(&wire.size)),
        ("fit", place(&wire.fit)),
        ("channels", place(&wire.channels)),
        ("background", place(&wire.background)),
        ("rate", place(&wire.rate)),
        ("window", place(&wire.window)),
        ("hop", place(&wire.hop)),
        ("bands", place(&wire.bands)),
        ("scale", place(&wire.scale)),
        ("split", place(&wire.split)),
        ("facts", wire.facts.as_ref().map(|_| 0..0)),
    ];
    keys.into_iter().find_map(|(key, place)| Some((key, place?)))
}

impl wire::Corruption {
    pub(crate) fn written(corruption: Option<Corruption>) -> Spanned<Self> {
        let fraction = |fraction| wire::Fraction { fraction: decimal(fraction) };
        at_no_place(match corruption {
            None => Self::None,
            Some(Corruption::Gaussian { sigma }) => Self::Gaussian(wire::Gaussian { sigma: decimal(sigma) }),
            Some(Corruption::Masking { fraction: share }) => Self::Masking(fraction(share)),
            Some(Corruption::SaltAndPepper { fraction: share }) => Self::SaltAndPepper(fraction(share)),
        })
    }
}
