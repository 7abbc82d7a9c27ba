//! Rules of `[model]`, and the conversion back to wire values.

use toml::Spanned;

use super::Rules;
use crate::catalogue::{Activation, Kind};
use crate::error::Error;
use crate::network::{MOST_LAYERS, MOST_PARAMETERS, Network};
use crate::wire::{self, at_no_place};
use crate::{Dataset, Model};

impl Rules<'_> {
    /// The network at each code size of the file.
    pub(super) fn models(&self, wire: &wire::Model, dataset: &Dataset) -> Result<Vec<Model>, Error> {
        let codes = self.codes(&wire.code)?;
        let mut models = Vec::new();
        let place = wire.architecture.as_ref().map(Spanned::span).or(wire.kind.as_ref().map(Spanned::span));
        let place = place.unwrap_or(wire.code.span());
        for code in codes {
            let mut network = match &wire.architecture {
                Some(architecture) => {
                    self.without_layers(wire)?;
                    architecture.get_ref().network(dataset.shape, code)
                }
                None => self.layers(wire, dataset, code)?,
            };
            if !dataset.is_bounded() && wire.output.is_none() {
                // A sigmoid output covers [0, 1] alone.
                network.output = Activation::Identity;
            }
            let (kind, reads_steps) = (network.kind, network.kind.facts().reads_steps);
            if reads_steps && network.shape.steps().is_none() {
                let message =
                    format!("a {kind} network reads sequences or images, but the data has rows of {}", network.shape);
                return self.fail(place.clone(), message);
            }
            if reads_steps && !dataset.is_in_unit_range() {
                let message =
                    format!("a {kind} network writes values from 0 to 1, but `{}` has others", dataset.name());
                return self.fail(place.clone(), message);
            }
            let parameters = network.parameter_count();
            if parameters > MOST_PARAMETERS {
                let message = format!(
                    "{} has {parameters} weights and biases; expected at most {MOST_PARAMETERS}",
                    network.diagram()
                );
                return self.fail(wire.hidden.as_ref().map_or(wire.code.span(), Spanned::span), message);
            }
            let architecture = wire.architecture.as_ref().map(|architecture| *architecture.get_ref());
            models.push(Model { architecture, network, tied: false });
        }
        let tied = self.tied(wire, models.first())?;
        models.iter_mut().for_each(|model| model.tied = tied);
        Ok(models)
    }

    /// Gives an error if the file names a preset and also writes out layers.
    fn without_layers(&self, wire: &wire::Model) -> Result<(), Error> {
        let keys = [
            ("kind", wire.kind.as_ref().map(Spanned::span)),
            ("hidden", wire.hidden.as_ref().map(Spanned::span)),
            ("activation", wire.activation.as_ref().map(Spanned::span)),
            ("code_activation", wire.code_activation.as_ref().map(Spanned::span)),
            ("output", wire.output.as_ref().map(Spanned::span)),
        ];
        match keys.into_iter().find_map(|(key, span)| Some((key, span?))) {
            Some((key, span)) => self.fail(
                span,
                format!(
                    "model.{key} is already set by model.architecture: remove one of them \
                     (--unset model.{key}, or --unset model.architecture)"
                ),
            ),
            None => Ok(()),
        }
    }

    /// The network of layers that the file writes out.
    fn layers(&self, wire: &wire::Model, dataset: &Dataset, code: usize) -> Result<Network, Error> {
        let kind = wire.kind.as_ref().map_or(Kind::Dense, |kind| *kind.get_ref());
        let Some(hidden) = &wire.hidden else {
            let message =
                "expected model.architecture = NAME, or the widths of hidden layers, as in model.hidden = [300, 100]";
            return self.fail(wire.code.span(), message);
        };
        let (widths, most) = (hidden.get_ref(), MOST_LAYERS - 1);
        if widths.len() > most {
            let message = format!("model.hidden lists {} layers; expected at most {most}", widths.len());
            return self.fail(hidden.span(), message);
        }
        if let Some(index) = widths.iter().position(|width| *width < 1) {
            let message =
                format!("model.hidden: layer {} has {} units; expected at least 1 in each", index + 1, widths[index]);
            return self.fail(hidden.span(), message);
        }
        let facts = kind.facts();
        if !facts.hidden.contains(&widths.len()) {
            let (count, has) = (widths.len(), facts.hidden_in_words);
            let message = format!("model.hidden lists {count} layers; a {kind} network has {has}");
            return self.fail(hidden.span(), message);
        }
        let keys = [
            ("activation", &wire.activation, facts.has_activations),
            ("output", &wire.output, facts.has_activations),
            ("code_activation", &wire.code_activation, facts.has_code_activation),
        ];
        for (key, given, is_allowed) in keys {
            if let (Some(given), false) = (given, is_allowed) {
                let message = format!("model.{key}: a {kind} network has a fixed activation there; remove this key");
                return self.fail(given.span(), message);
            }
        }
        let or = |activation: &Option<Spanned<Activation>>, default| {
            activation.as_ref().map_or(default, |activation| *activation.get_ref())
        };
        Ok(Network {
            kind,
            shape: dataset.shape,
            hidden: widths.iter().map(|width| *width as usize).collect(),
            activation: or(&wire.activation, Activation::Relu),
            code,
            code_activation: or(&wire.code_activation, Activation::Identity),
            output: or(&wire.output, facts.output),
        })
    }

    fn tied(&self, wire: &wire::Model, model: Option<&Model>) -> Result<bool, Error> {
        match (&wire.tied, model) {
            (Some(tied), Some(model)) if *tied.get_ref() && !model.network.is_mirrored() => {
                let message = format!(
                    "model.tied needs a decoder that mirrors the encoder, which `{}` does not have",
                    model.name()
                );
                self.fail(tied.span(), message)
            }
            (tied, _) => Ok(tied.as_ref().is_some_and(|tied| *tied.get_ref())),
        }
    }

    fn codes(&self, wire: &Spanned<wire::OneOrMany>) -> Result<Vec<usize>, Error> {
        let mut codes = Vec::new();
        for &value in wire.get_ref().values() {
            let code = match usize::try_from(value) {
                Ok(code) if code > 0 => code,
                _ => return self.fail(wire.span(), format!("model.code = {value}: expected at least 1 unit")),
            };
            if codes.contains(&code) {
                return self.fail(wire.span(), format!("model.code lists {value} twice"));
            }
            codes.push(code);
        }
        if codes.is_empty() { self.fail(wire.span(), "model.code: expected at least one code size") } else { Ok(codes) }
    }
}

/// A preset is written as its name, any other network as its layers.
impl From<&Model> for wire::Model {
    fn from(model: &Model) -> Self {
        let Model { architecture, network, tied } = model;
        let (own, facts) = (architecture.is_none(), network.kind.facts());
        let activation = |is_written: bool, activation| (own && is_written).then(|| at_no_place(activation));
        Self {
            architecture: architecture.map(at_no_place),
            kind: own.then(|| at_no_place(network.kind)),
            hidden: own.then(|| at_no_place(network.hidden.iter().map(|width| *width as i64).collect())),
            activation: activation(facts.has_activations, network.activation),
            code: at_no_place(wire::OneOrMany::One(network.code as i64)),
            code_activation: activation(facts.has_code_activation, network.code_activation),
            output: activation(facts.has_activations, network.output),
            tied: Some(at_no_place(*tied)),
        }
    }
}
