//! Rules of the parts of a training beyond reconstruction error: transfer, classifier and prior. Also the conversion
//! back to wire values.

use std::ops::Range;

use toml::Spanned;

use super::training::optimiser;
use super::{FEWEST_IMAGES, MOST_EPOCHS, Rules};
use crate::catalogue::{Beginning, Tune};
use crate::error::Error;
use crate::wire::{self, at_no_place, count, decimal};
use crate::{Adversarial, Classifier, Dataset, Model, Transfer, Variational};

impl Rules<'_> {
    pub(super) fn transfer(
        &self,
        training: &wire::Training,
        dataset: &Dataset,
        batch_size: i64,
        tied: bool,
    ) -> Result<Option<Transfer>, Error> {
        let Some(wire) = &training.transfer else { return Ok(None) };
        let warm_up = training.variational.as_ref().and_then(|variational| variational.get_ref().warm_up.as_ref());
        let other = [
            ("training.pretraining", training.pretraining.is_some()),
            ("training.adversarial", training.adversarial.is_some()),
            ("training.variational.warm_up", warm_up.is_some_and(|epochs| *epochs.get_ref() > 0)),
        ];
        if let Some((other, _)) = other.iter().find(|(_, given)| *given) {
            return self
                .fail(wire.span(), format!("training.transfer cannot be combined with {other}: remove one of them"));
        }
        let (place, wire) = (wire.span(), wire.get_ref());
        let (from, tune) = (wire.from, *wire.tune.get_ref());
        let Some(name) = dataset.named() else {
            return self.fail(place, "training.transfer works with dataset.name, not with dataset.path");
        };
        if !from.facts().shapes.contains(&dataset.shape) || from.facts().values != name.facts().values {
            let message = format!("training.transfer.from: `{from}` has no rows of {} like `{name}`", dataset.shape);
            return self.fail(place, message);
        }
        let rows = from.facts().rows[0].min(name.facts().rows[0]);
        let most = rows.saturating_sub(dataset.validation) as i64;
        let train = match &wire.train {
            None => dataset.train,
            // The batch size applies to both data sets.
            Some(train) => {
                self.within("training.transfer.train", train, FEWEST_IMAGES.max(batch_size)..=most)? as usize
            }
        };
        let epochs = self.within("training.transfer.epochs", &wire.epochs, 1..=MOST_EPOCHS)? as usize;
        if tied && tune == Tune::Decoder {
            let message = "training.transfer.tune = \"decoder\" would also train the encoder, because model.tied makes it share its \
                           weights with the decoder";
            return self.fail(wire.tune.span(), message);
        }
        Ok(Some(Transfer { from, train, epochs, tune }))
    }

    pub(super) fn classifier(
        &self,
        training: &wire::Training,
        dataset: &Dataset,
        model: &Model,
    ) -> Result<Option<Classifier>, Error> {
        let Some(wire) = &training.classifier else { return Ok(None) };
        self.has_classes("training.classifier", wire.span(), dataset)?;
        if !model.network.is_mirrored() {
            let message = format!(
                "training.classifier needs an encoder of dense layers and a code without noise, which `{}` does not have",
                model.name()
            );
            return self.fail(wire.span(), message);
        }
        let other = [
            ("training.transfer", training.transfer.is_some()),
            ("training.adversarial", training.adversarial.is_some()),
        ];
        if let Some((other, _)) = other.iter().find(|(_, given)| *given) {
            return self
                .fail(wire.span(), format!("training.classifier cannot be combined with {other}: remove one of them"));
        }
        let classifier = wire.get_ref();
        let epochs = self.within("training.classifier.epochs", &classifier.epochs, 1..=MOST_EPOCHS)? as usize;
        let dropout = self.below("training.classifier.dropout", classifier.dropout.as_ref(), 0.0)?;
        if let (Some(given), true, true) = (&classifier.dropout, dropout > 0.0, model.network.hidden.is_empty()) {
            let message = format!("training.classifier.dropout needs hidden layers, but `{}` has none", model.name());
            return self.fail(given.span(), message);
        }
        let (adam, sgd) = (classifier.adam.as_ref(), classifier.sgd.as_ref());
        let optimiser = self.optimiser("training.classifier", wire.span(), adam, sgd)?;
        let from = classifier.from.unwrap_or(Beginning::Autoencoder);
        Ok(Some(Classifier { epochs, from, dropout, optimiser }))
    }

    pub(super) fn variational(
        &self,
        wire: Option<&Spanned<wire::Variational>>,
        model: &Model,
    ) -> Result<Option<Variational>, Error> {
        match wire {
            Some(wire) if !model.network.has_gaussian_code() => {
                let name = model.name();
                let message = format!(
                    "training.variational weighs the divergence of a Gaussian code, which `{name}` does not have; use \
                     model.architecture = \"variational\""
                );
                self.fail(wire.span(), message)
            }
            None if !model.network.has_gaussian_code() => Ok(None),
            wire => {
                let wire = wire.map(Spanned::get_ref);
                let beta = match wire.and_then(|wire| wire.beta.as_ref()) {
                    None => 1.0,
                    Some(beta) if (0.0..=1000.0).contains(beta.get_ref()) => {
                        self.number("training.variational.beta", beta)?
                    }
                    Some(beta) => return self.range_error("training.variational.beta", beta, "from 0 to 1000"),
                };
                let warm_up = match wire.and_then(|wire| wire.warm_up.as_ref()) {
                    None => 0,
                    Some(epochs) => self.within("training.variational.warm_up", epochs, 0..=MOST_EPOCHS)? as usize,
                };
                Ok(Some(Variational { beta, warm_up }))
            }
        }
    }

    pub(super) fn adversarial(
        &self,
        wire: Option<&Spanned<wire::Adversarial>>,
        model: &Model,
    ) -> Result<Option<Adversarial>, Error> {
        let Some(wire) = wire else { return Ok(None) };
        if !model.network.is_mirrored() {
            let message = format!(
                "training.adversarial needs an encoder of dense layers, which `{}` does not have",
                model.name()
            );
            return self.fail(wire.span(), message);
        }
        let adversarial = wire.get_ref();
        let weight = self.above("training.adversarial.weight", &adversarial.weight, 10.0)?;
        let (adam, sgd) = (adversarial.adam.as_ref(), adversarial.sgd.as_ref());
        let optimiser = self.optimiser("training.adversarial", wire.span(), adam, sgd)?;
        Ok(Some(Adversarial { weight, optimiser }))
    }

    /// Gives an error if rows have no classes.
    pub(super) fn has_classes(&self, what: &str, place: Range<usize>, dataset: &Dataset) -> Result<(), Error> {
        if dataset.classes().is_empty() {
            return self.fail(place, format!("{what} needs classes, but `{}` has none", dataset.name()));
        }
        Ok(())
    }
}

impl From<Transfer> for wire::Transfer {
    fn from(transfer: Transfer) -> Self {
        Self {
            from: transfer.from,
            train: count(transfer.train),
            epochs: at_no_place(transfer.epochs as i64),
            tune: at_no_place(transfer.tune),
        }
    }
}

impl From<Classifier> for wire::Classifier {
    fn from(classifier: Classifier) -> Self {
        let (adam, sgd) = optimiser(classifier.optimiser);
        let (from, dropout) = (Some(classifier.from), Some(decimal(classifier.dropout)));
        Self { epochs: at_no_place(classifier.epochs as i64), from, dropout, adam, sgd }
    }
}

impl From<Variational> for wire::Variational {
    fn from(variational: Variational) -> Self {
        Self { beta: Some(decimal(variational.beta)), warm_up: Some(at_no_place(variational.warm_up as i64)) }
    }
}

impl From<Adversarial> for wire::Adversarial {
    fn from(adversarial: Adversarial) -> Self {
        let (adam, sgd) = optimiser(adversarial.optimiser);
        Self { weight: decimal(adversarial.weight), adam, sgd }
    }
}
