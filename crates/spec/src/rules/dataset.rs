//! Rules of `[dataset]` and `[corruption]`, and the conversion back to wire values.

use std::ops::RangeInclusive;

use toml::Spanned;

use super::own::{of_a_path, written};
use super::{FEWEST_IMAGES, Rules, list};
use crate::catalogue::{DatasetName, Pixels};
use crate::datasets::Values;
use crate::error::Error;
use crate::wire::{self, Amount, at_no_place, count, decimal};
use crate::{Corruption, DataSource, Dataset, Imbalance, Shape};

impl Rules<'_> {
    pub(super) fn dataset(&self, wire: &wire::Dataset) -> Result<Dataset, Error> {
        match (&wire.name, &wire.path) {
            (Some(name), None) => self.named(wire, *name.get_ref()),
            (None, Some(path)) => self.own(wire, path),
            (Some(_), Some(path)) => {
                let message = "dataset.name and dataset.path exclude each other: give one of them";
                self.fail(path.span(), message)
            }
            (None, None) => self.fail(0..0, "[dataset] needs a name, or the path of your own data"),
        }
    }

    fn named(&self, wire: &wire::Dataset, name: DatasetName) -> Result<Dataset, Error> {
        if let Some((key, place)) = of_a_path(wire) {
            return self.fail(place, format!("dataset.{key} is for your own data: it needs dataset.path"));
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
                format!("dataset.train {train} and dataset.validation {validation} add up to more than the {most} training rows of {name}"),
            );
        }
        let pixels = wire.pixels.as_ref().map_or(Pixels::Grey, |pixels| *pixels.get_ref());
        if let (Some(given), false, Values::Floats) = (&wire.pixels, pixels == Pixels::Grey, facts.values) {
            let message = format!("dataset.pixels = \"{pixels}\" needs values from 0 to 1, but `{name}` has others");
            return self.fail(given.span(), message);
        }
        let shape = self.shape(wire, name)?;
        Ok(Dataset { source: DataSource::Named(name), shape, pixels, train, validation, test, imbalance })
    }

    /// Noise on the inputs of a network, which are rows of `dataset`.
    pub(super) fn noise(
        &self,
        wire: Option<&Spanned<wire::Corruption>>,
        dataset: &Dataset,
    ) -> Result<Option<Corruption>, Error> {
        let corruption = self.corruption(wire)?;
        match (wire, corruption) {
            (Some(wire), Some(Corruption::SaltAndPepper { .. })) if !dataset.is_in_unit_range() => {
                let message = format!(
                    "corruption.salt_and_pepper needs values from 0 to 1, but `{}` has others; use gaussian or masking",
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

    /// The default shape of the source, or the shape with the side that the file gives.
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
                "dataset.side = {value}: images of {} have {only} pixels a side; {others} can have other sides",
                name
            ),
            _ => format!("dataset.side = {value}: expected one of {}", list(&own)),
        };
        self.fail(side.span(), message)
    }

    pub(super) fn imbalance(
        &self,
        wire: &wire::Dataset,
        name: &str,
        classes: usize,
    ) -> Result<Option<Imbalance>, Error> {
        let class = |what: &str, class: &Spanned<i64>| match classes {
            0 => self.fail(class.span(), format!("{what}: `{}` has no classes", name)),
            _ => self.within(what, class, 0..=classes as i64 - 1),
        };
        let exclusive = |span| {
            let message = "dataset.without, dataset.only and [dataset.rare] exclude each other: give one \
                           of them";
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
                // Check after rounding to f32, which could round the number to 0 or 1.
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
        // The key `clean` implies the imbalance.
        let is_of_clean = dataset.own().is_some_and(|own| own.reading.clean.is_some());
        let (without, only, rare) = match dataset.imbalance.filter(|_| !is_of_clean) {
            None => (None, None, None),
            Some(Imbalance::Without { class }) => (Some(label(class)), None, None),
            Some(Imbalance::Only { class }) => (None, Some(label(class)), None),
            Some(Imbalance::Rare { class, share }) => {
                (None, None, Some(at_no_place(wire::Rare { class: label(class), share: decimal(share) })))
            }
        };
        let source = match &dataset.source {
            DataSource::Named(name) => Self { name: Some(at_no_place(*name)), ..Self::default() },
            DataSource::Own(own) => written(own),
        };
        Self {
            // The default is left out, so that the text of specs older than this key does not change.
            side: dataset.side().and_then(count),
            pixels: Some(at_no_place(dataset.pixels)),
            train: wire::rows(dataset.train),
            validation: source.validation.or(wire::rows(dataset.validation)),
            test: source.test.or(wire::rows(dataset.test)),
            without,
            only,
            rare,
            ..source
        }
    }
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
