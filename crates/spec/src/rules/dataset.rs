//! Rules of `[dataset]` and `[corruption]`.

use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::Spanned;

use super::{FEWEST_IMAGES, Rules, list};
use crate::catalogue::{CLASSES, DatasetName, Pixels, SIDE};
use crate::error::Error;
use crate::wire;
use crate::{Corruption, Dataset, Imbalance};

impl Rules<'_> {
    pub(super) fn dataset(&self, wire: &wire::Dataset) -> Result<Dataset, Error> {
        let name = wire.name;
        let (all, held_out, test) = name.default_counts();
        let most = DatasetName::TRAIN_IMAGES as i64;
        let count = |field: &str, value: &Option<Spanned<i64>>, default: usize, range: RangeInclusive<i64>| match value
        {
            None => Ok(default),
            Some(value) => {
                let what = format!("dataset.{field} of {name}");
                self.within(&what, value, range).map(|count| count as usize)
            }
        };
        let validation = count("validation", &wire.validation, held_out, 0..=most - FEWEST_IMAGES)?;
        let imbalance = self.imbalance(wire)?;
        let there = match imbalance {
            None => DatasetName::TRAIN_IMAGES,
            Some(_) => DatasetName::TRAIN_IMAGES_OF_NINE_CLASSES,
        };
        let default_train = all.min(there.saturating_sub(validation).max(FEWEST_IMAGES as usize));
        let train = count("train", &wire.train, default_train, FEWEST_IMAGES..=most)?;
        let test = count("test", &wire.test, test, FEWEST_IMAGES..=DatasetName::TEST_IMAGES as i64)?;
        if train + validation > DatasetName::TRAIN_IMAGES {
            let span = wire.train.as_ref().or(wire.validation.as_ref()).map_or(0..0, Spanned::span);
            return self.fail(
                span,
                format!("dataset.train {train} and dataset.validation {validation} add up to more than the {most} training images of {name}"),
            );
        }
        let side = self.side(wire)?;
        Ok(Dataset { name, side, pixels: wire.pixels.unwrap_or(Pixels::Grey), train, validation, test, imbalance })
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

    fn side(&self, wire: &wire::Dataset) -> Result<usize, Error> {
        let Some(side) = &wire.side else { return Ok(SIDE) };
        let (value, sides) = (*side.get_ref(), wire.name.sides());
        if let Some(side) = sides.iter().find(|side| **side as i64 == value) {
            return Ok(*side);
        }
        let others = DatasetName::ALL.iter().filter(|name| name.sides().len() > 1).map(|name| format!("`{name}`"));
        let message = match sides {
            [only] => format!(
                "dataset.side = {value}: images of {} have {only} pixels a side; {} are drawn at others",
                wire.name,
                others.collect::<Vec<_>>().join(" and ")
            ),
            _ => format!("dataset.side = {value}: expected one of {}", list(sides)),
        };
        self.fail(side.span(), message)
    }

    fn imbalance(&self, wire: &wire::Dataset) -> Result<Option<Imbalance>, Error> {
        let class = |what: &str, class: &Spanned<i64>| self.within(what, class, 0..=CLASSES as i64 - 1);
        match (&wire.without, &wire.rare) {
            (None, None) => Ok(None),
            (Some(_), Some(rare)) => self.fail(
                rare.span(),
                "a class is left out or rare: dataset.without and [dataset.rare] exclude each other",
            ),
            (Some(without), None) => Ok(Some(Imbalance::Without { class: class("dataset.without", without)? as u8 })),
            (None, Some(rare)) => {
                let wire::Rare { class: label, share } = rare.get_ref();
                let label = class("dataset.rare.class", label)? as u8;
                // Rounding to f32 must carry it onto neither end.
                let number = self.number("dataset.rare.share", share)?;
                if number > 0.0 && number < 1.0 {
                    return Ok(Some(Imbalance::Rare { class: label, share: number }));
                }
                self.range_error("dataset.rare.share", share, "above 0 and below 1")
            }
        }
    }

    /// Refuses what is only there for images of 28 pixels a side.
    pub(super) fn at_this_side(&self, wire: &wire::Experiment, side: usize) -> Result<(), Error> {
        if side == SIDE {
            return Ok(());
        }
        if let Some(transfer) = &wire.training.transfer
            && !transfer.get_ref().from.sides().contains(&side)
        {
            let message =
                format!("training.transfer.from: `{}` has no images of dataset.side = {side}", transfer.get_ref().from);
            return self.fail(transfer.span(), message);
        }
        let only = |what: &str, name: &dyn Display| {
            format!("evaluation.{what}: `{name}` is for images of {SIDE} pixels a side, not dataset.side = {side}")
        };
        if let Some(tasks) = &wire.evaluation.tasks
            && let Some(task) = tasks.get_ref().iter().find(|task| !task.is_for_any_side())
        {
            return self.fail(tasks.span(), only("tasks", task));
        }
        match &wire.evaluation.baselines {
            Some(baselines) => match baselines.get_ref().iter().find(|baseline| baseline.is_denoiser()) {
                Some(denoiser) => self.fail(baselines.span(), only("baselines", denoiser)),
                None => Ok(()),
            },
            None => Ok(()),
        }
    }
}
