//! Rules of `[training]`, and the conversion back to wire values.

use std::ops::Range;

use toml::Spanned;

use super::{MOST_EPOCHS, MOST_STEPS, Rules};
use crate::catalogue::{Activation, Engine, Initialisation, Loss, SampleWeights, Sampling};
use crate::error::Error;
use crate::network::Network;
use crate::wire::{self, at_no_place, decimal};
use crate::{
    Corruption, Dataset, EarlyStopping, HardExamples, Model, Optimiser, Pretraining, Regularisation, Schedule, Training,
};

impl Rules<'_> {
    pub(super) fn training(
        &self,
        wire: &wire::Training,
        dataset: &Dataset,
        model: &Model,
        corruption: Option<Corruption>,
    ) -> Result<Training, Error> {
        let (name, tied) = (model.name(), model.tied);
        let epochs = self.within("training.epochs", &wire.epochs, 1..=MOST_EPOCHS)?;
        let batch_size = *wire.batch_size.get_ref();
        if batch_size < 1 || batch_size > dataset.train as i64 {
            let message = format!(
                "training.batch_size = {batch_size}: expected 1 to {}, the number of training rows",
                dataset.train
            );
            return self.fail(wire.batch_size.span(), message);
        }
        let loss = wire.loss.as_ref().map_or(Loss::Mse, |loss| *loss.get_ref());
        let place = wire.loss.as_ref().map_or(0..0, Spanned::span);
        if loss == Loss::Bce && !dataset.is_in_unit_range() {
            let message = format!(
                "training.loss = \"bce\" needs values from 0 to 1, but `{}` has others; use \"mse\"",
                dataset.name()
            );
            return self.fail(place, message);
        }
        if loss == Loss::Bce && model.network.output != Activation::Sigmoid {
            let message =
                format!("training.loss = \"bce\" needs a sigmoid output, which `{name}` does not have; use \"mse\"");
            return self.fail(place, message);
        }
        let initialisation = match &wire.initialisation {
            Some(initialisation)
                if *initialisation.get_ref() == Initialisation::Data && model.network.kind.facts().reads_steps =>
            {
                let message =
                    format!("training.initialisation = \"data\" is for dense layers, which `{name}` does not have");
                return self.fail(initialisation.span(), message);
            }
            Some(initialisation) => *initialisation.get_ref(),
            // Records without the key are older than the key.
            None if self.is_record || model.network.kind.facts().reads_steps => Initialisation::Glorot,
            None => Initialisation::Data,
        };
        let warm_up_steps = match &wire.warm_up_steps {
            Some(steps) => self.within("training.warm_up_steps", steps, 0..=MOST_STEPS)? as usize,
            None => 0,
        };
        let optimiser = self.optimiser("training", wire.epochs.span(), wire.adam.as_ref(), wire.sgd.as_ref())?;
        let schedule =
            wire.schedule.as_ref().map_or(Ok(Schedule::Constant), |schedule| self.schedule(schedule.get_ref()))?;
        let early_stopping = match &wire.early_stopping {
            None => None,
            Some(stopping) => {
                let span = stopping.span();
                if dataset.validation == 0 {
                    return self.fail(
                        span,
                        "training.early_stopping needs a validation loss: set dataset.validation above 0, or remove this table \
                         (--unset training.early_stopping)",
                    );
                }
                let stopping = stopping.get_ref();
                let patience = self.within("training.early_stopping.patience", &stopping.patience, 1..=MOST_EPOCHS)?;
                let min_improvement =
                    self.below("training.early_stopping.min_improvement", stopping.min_improvement.as_ref(), 0.0)?;
                Some(EarlyStopping { patience: patience as usize, min_improvement })
            }
        };
        let pretraining = match &wire.pretraining {
            None => None,
            Some(pretraining) => {
                let span = pretraining.span();
                if model.network.hidden.is_empty() || !model.network.is_mirrored() {
                    let message = format!(
                        "training.pretraining needs hidden layers and their mirror image, which `{name}` does not have"
                    );
                    return self.fail(span, message);
                }
                let pretraining = pretraining.get_ref();
                let epochs = self.within("training.pretraining.epochs", &pretraining.epochs, 1..=MOST_EPOCHS)?;
                let corruption = self.corruption(pretraining.corruption.as_ref())?;
                if let (Some(Corruption::Gaussian { .. } | Corruption::SaltAndPepper { .. }), Some(wire)) =
                    (corruption, &pretraining.corruption)
                {
                    // Codes between layers have no known range, which the other kinds of noise need.
                    let message = "training.pretraining.corruption: only masking is possible, because codes between layers have no known range";
                    return self.fail(wire.span(), message);
                }
                Some(Pretraining { epochs: epochs as usize, corruption })
            }
        };
        let sample_weights = wire.sample_weights.as_ref().map_or(SampleWeights::Uniform, |weights| *weights.get_ref());
        if let (Some(weights), SampleWeights::Balanced) = (&wire.sample_weights, sample_weights) {
            self.has_classes("training.sample_weights = \"balanced\"", weights.span(), dataset)?;
        }
        if let Some(sampling) = wire.sampling.as_ref().filter(|sampling| *sampling.get_ref() == Sampling::Balanced) {
            self.has_classes("training.sampling = \"balanced\"", sampling.span(), dataset)?;
        }
        let sampling = match &wire.sampling {
            Some(sampling)
                if *sampling.get_ref() == Sampling::Balanced && sample_weights == SampleWeights::Balanced =>
            {
                let message = "training.sampling = \"balanced\" gives each class the same share already: remove \
                               training.sample_weights = \"balanced\"";
                return self.fail(sampling.span(), message);
            }
            sampling => sampling.as_ref().map_or(Sampling::Shuffled, |sampling| *sampling.get_ref()),
        };
        let hard_examples = match &wire.hard_examples {
            Some(hard) if sample_weights == SampleWeights::Balanced => {
                let message = "training.hard_examples weights each image by its loss, and training.sample_weights = \
                               \"balanced\" by its class: remove one of them";
                return self.fail(hard.span(), message);
            }
            Some(hard) => {
                let focus = hard.get_ref().focus.as_ref();
                let focus = focus.map_or(Ok(1.0), |focus| self.above("training.hard_examples.focus", focus, 5.0))?;
                Some(HardExamples { focus })
            }
            None => None,
        };
        Ok(Training {
            epochs: epochs as usize,
            batch_size: batch_size as usize,
            loss,
            initialisation,
            warm_up_steps,
            engine: wire.engine.unwrap_or(Engine::Fused),
            optimiser,
            schedule,
            sample_weights,
            sampling,
            corruption_levels: self.mixed_noise(wire.corruption_levels.as_ref(), corruption)?,
            hard_examples,
            regularisation: self.regularisation(wire.regularisation.as_ref(), model)?,
            early_stopping,
            pretraining,
            variational: self.variational(wire.variational.as_ref(), model)?,
            adversarial: self.adversarial(wire.adversarial.as_ref(), model)?,
            transfer: self.transfer(wire, dataset, batch_size, tied)?,
            classifier: self.classifier(wire, dataset, model)?,
        })
    }

    /// Least and greatest strength of the corruption in training.
    fn mixed_noise(
        &self,
        wire: Option<&Spanned<Vec<f64>>>,
        corruption: Option<Corruption>,
    ) -> Result<Option<[f32; 2]>, Error> {
        let Some(wire) = wire else { return Ok(None) };
        let key = "training.corruption_levels";
        if corruption.is_none() {
            return self.fail(wire.span(), format!("{key} needs a [corruption] whose strength it varies"));
        }
        match self.levels(key, wire, corruption)?[..] {
            [least, most] => Ok(Some([least, most])),
            ref other => {
                let message = format!("{key} lists {} numbers; expected the least and the greatest", other.len());
                self.fail(wire.span(), message)
            }
        }
    }

    fn regularisation(&self, wire: Option<&wire::Regularisation>, model: &Model) -> Result<Regularisation, Error> {
        let Some(wire) = wire else { return Ok(Regularisation::default()) };
        let name = model.name();
        let regularisation = Regularisation {
            l2: self.share("training.regularisation.l2", wire.l2.as_ref())?,
            weight_decay: self.share("training.regularisation.weight_decay", wire.weight_decay.as_ref())?,
            code_l1: self.share("training.regularisation.code_l1", wire.code_l1.as_ref())?,
            dropout: self.below("training.regularisation.dropout", wire.dropout.as_ref(), 0.0)?,
            contractive: self.share("training.regularisation.contractive", wire.contractive.as_ref())?,
        };
        if let (Some(contractive), true) = (&wire.contractive, regularisation.contractive > 0.0)
            && !has_contractive_penalty(model)
        {
            let message = format!(
                "training.regularisation.contractive needs an encoder of one layer, or of two with a linear code, and relu, \
                 leaky_relu or identity on the first, which `{name}` does not have"
            );
            return self.fail(contractive.span(), message);
        }
        if let (Some(contractive), true) =
            (&wire.contractive, regularisation.contractive * regularisation.dropout > 0.0)
        {
            let message = "training.regularisation.contractive cannot be combined with training.regularisation.dropout: remove one of them";
            return self.fail(contractive.span(), message);
        }
        if let (Some(code_l1), true) = (&wire.code_l1, regularisation.code_l1 > 0.0)
            && model.network.has_gaussian_code()
        {
            let message = "training.regularisation.code_l1 cannot be used with a Gaussian code";
            return self.fail(code_l1.span(), message);
        }
        match &wire.dropout {
            Some(dropout) if regularisation.dropout > 0.0 && !model.network.has_dropout() => {
                let message = format!("training.regularisation.dropout needs hidden layers, but `{name}` has none");
                self.fail(dropout.span(), message)
            }
            _ => Ok(regularisation),
        }
    }

    pub(super) fn optimiser(
        &self,
        table: &str,
        place: Range<usize>,
        adam: Option<&Spanned<wire::Adam>>,
        sgd: Option<&Spanned<wire::Sgd>>,
    ) -> Result<Optimiser, Error> {
        match (adam, sgd) {
            (Some(_), Some(sgd)) => {
                self.fail(sgd.span(), format!("expected one optimiser: [{table}.adam] or [{table}.sgd]"))
            }
            (Some(adam), None) => {
                let adam = adam.get_ref();
                let epsilon = adam.epsilon.as_ref();
                Ok(Optimiser::Adam {
                    learning_rate: self.above(&format!("{table}.adam.learning_rate"), &adam.learning_rate, 10.0)?,
                    beta1: self.below(&format!("{table}.adam.beta1"), adam.beta1.as_ref(), 0.9)?,
                    beta2: self.below(&format!("{table}.adam.beta2"), adam.beta2.as_ref(), 0.999)?,
                    epsilon: epsilon
                        .map_or(Ok(1e-8), |epsilon| self.above(&format!("{table}.adam.epsilon"), epsilon, 1.0))?,
                })
            }
            (None, Some(sgd)) => {
                let sgd = sgd.get_ref();
                Ok(Optimiser::Sgd {
                    learning_rate: self.above(&format!("{table}.sgd.learning_rate"), &sgd.learning_rate, 10.0)?,
                    momentum: self.below(&format!("{table}.sgd.momentum"), sgd.momentum.as_ref(), 0.0)?,
                })
            }
            (None, None) => self.fail(
                place,
                format!("an optimiser is missing: add [{table}.adam] or [{table}.sgd] with its learning_rate"),
            ),
        }
    }

    fn schedule(&self, wire: &wire::Schedule) -> Result<Schedule, Error> {
        Ok(match wire {
            wire::Schedule::Constant => Schedule::Constant,
            wire::Schedule::Cosine(wire::Cosine { final_fraction }) => Schedule::Cosine {
                final_fraction: self.share("training.schedule.cosine.final_fraction", Some(final_fraction))?,
            },
            wire::Schedule::Step(wire::Step { every, factor }) => Schedule::Step {
                every: self.within("training.schedule.step.every", every, 1..=MOST_EPOCHS)? as usize,
                factor: self.above("training.schedule.step.factor", factor, 1.0)?,
            },
        })
    }
}

impl From<&Training> for wire::Training {
    fn from(training: &Training) -> Self {
        let (adam, sgd) = optimiser(training.optimiser);
        let schedule = match training.schedule {
            Schedule::Constant => wire::Schedule::Constant,
            Schedule::Cosine { final_fraction } => {
                wire::Schedule::Cosine(wire::Cosine { final_fraction: decimal(final_fraction) })
            }
            Schedule::Step { every, factor } => {
                wire::Schedule::Step(wire::Step { every: at_no_place(every as i64), factor: decimal(factor) })
            }
        };
        let hard_examples = |hard: HardExamples| wire::HardExamples { focus: Some(decimal(hard.focus)) };
        Self {
            epochs: at_no_place(training.epochs as i64),
            batch_size: at_no_place(training.batch_size as i64),
            loss: Some(at_no_place(training.loss)),
            initialisation: Some(at_no_place(training.initialisation)),
            // A default is left out, so that the text of specs older than these keys does not change.
            warm_up_steps: (training.warm_up_steps > 0).then(|| at_no_place(training.warm_up_steps as i64)),
            engine: Some(training.engine),
            sample_weights: Some(at_no_place(training.sample_weights)),
            sampling: (training.sampling != Sampling::Shuffled).then_some(at_no_place(training.sampling)),
            corruption_levels: training
                .corruption_levels
                .map(|ends| at_no_place(ends.map(|level| decimal(level).into_inner()).to_vec())),
            adam,
            sgd,
            schedule: Some(at_no_place(schedule)),
            regularisation: Some(wire::Regularisation {
                l2: Some(decimal(training.regularisation.l2)),
                weight_decay: Some(decimal(training.regularisation.weight_decay)),
                code_l1: Some(decimal(training.regularisation.code_l1)),
                dropout: Some(decimal(training.regularisation.dropout)),
                contractive: Some(decimal(training.regularisation.contractive)),
            }),
            hard_examples: training.hard_examples.map(|hard| at_no_place(hard_examples(hard))),
            early_stopping: training.early_stopping.map(|stopping| at_no_place(stopping.into())),
            pretraining: training.pretraining.map(|pretraining| at_no_place(pretraining.into())),
            variational: training.variational.map(|variational| at_no_place(variational.into())),
            adversarial: training.adversarial.map(|adversarial| at_no_place(adversarial.into())),
            transfer: training.transfer.map(|transfer| at_no_place(transfer.into())),
            classifier: training.classifier.map(|classifier| at_no_place(classifier.into())),
        }
    }
}

impl From<EarlyStopping> for wire::EarlyStopping {
    fn from(stopping: EarlyStopping) -> Self {
        let min_improvement = Some(decimal(stopping.min_improvement));
        Self { patience: at_no_place(stopping.patience as i64), min_improvement }
    }
}

impl From<Pretraining> for wire::Pretraining {
    fn from(pretraining: Pretraining) -> Self {
        let corruption = Some(wire::Corruption::written(pretraining.corruption));
        Self { epochs: at_no_place(pretraining.epochs as i64), corruption }
    }
}

/// The tables `adam` and `sgd` for an optimiser, of which one is `None`.
pub(super) fn optimiser(optimiser: Optimiser) -> (Option<Spanned<wire::Adam>>, Option<Spanned<wire::Sgd>>) {
    match optimiser {
        Optimiser::Adam { learning_rate, beta1, beta2, epsilon } => {
            let [beta1, beta2, epsilon] = [beta1, beta2, epsilon].map(|value| Some(decimal(value)));
            (Some(at_no_place(wire::Adam { learning_rate: decimal(learning_rate), beta1, beta2, epsilon })), None)
        }
        Optimiser::Sgd { learning_rate, momentum } => {
            let sgd = wire::Sgd { learning_rate: decimal(learning_rate), momentum: Some(decimal(momentum)) };
            (None, Some(at_no_place(sgd)))
        }
    }
}

/// True if the contractive penalty is defined: one layer with a piecewise linear activation, or such a layer and a
/// linear code.
fn has_contractive_penalty(model: &Model) -> bool {
    let Network { hidden, activation, code_activation, .. } = &model.network;
    model.network.is_mirrored()
        && match hidden[..] {
            [] => code_activation.is_piecewise_linear(),
            [_] => activation.is_piecewise_linear() && *code_activation == Activation::Identity,
            _ => false,
        }
}
