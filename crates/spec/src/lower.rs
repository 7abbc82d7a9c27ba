//! From wire values to those of the spec: every range and cross-field rule of one run stands here.

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use toml::Spanned;

use crate::catalogue::{
    Architecture, Baseline, Beginning, CLASSES, CODE_SIZES, DatasetName, Engine, Loss, Pixels, Plot, SIDE,
    SampleWeights, Sampling, Shape, Task, Tune,
};
use crate::claim::is_rounded_to_zero;
use crate::error::Error;
use crate::source::{NAME_RULE, Source, is_name};
use crate::wire;
use crate::{
    Adversarial, Classifier, Corruption, Dataset, EarlyStopping, Evaluation, HardExamples, Imbalance, Model, Optimiser,
    Pretraining, Regularisation, Run, Schedule, Training, Transfer, Variational,
};

const MOST_EPOCHS: i64 = 1_000_000;
const FEWEST_IMAGES: i64 = 10;

/// Folders beside those of the experiments.
const RESERVED: [&str; 3] = ["baselines", "compare", "report"];

/// Checks wire values and turns them into the spec's.
pub(crate) struct Lowering<'s> {
    pub(crate) source: &'s Source,
}

impl Lowering<'_> {
    fn fail<T>(&self, span: Range<usize>, message: impl Into<String>) -> Result<T, Error> {
        Err(self.source.error(span, message.into()))
    }

    pub(crate) fn name(&self, given: Option<&Spanned<String>>, path: &Path) -> Result<String, Error> {
        let (name, span) = match given {
            Some(name) => (name.get_ref().clone(), name.span()),
            None => (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), 0..0),
        };
        if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(&name)) {
            return self.fail(span, format!("`{name}` cannot name an experiment: results keep a folder of that name"));
        }
        if is_name(&name) {
            Ok(name)
        } else {
            self.fail(span, format!("`{name}` cannot name an experiment: {NAME_RULE}"))
        }
    }

    pub(crate) fn runs(&self, wire: &wire::Experiment, name: &str, variant: Option<String>) -> Result<Vec<Run>, Error> {
        if wire.question.get_ref().trim().is_empty() {
            return self.fail(wire.question.span(), "question: say in one sentence what is asked");
        }
        self.source.one_line("question", &wire.question)?;
        let variant = match (&wire.variant, variant) {
            (Some(recorded), None) if is_name(recorded.get_ref()) => Some(recorded.get_ref().clone()),
            (Some(recorded), _) => {
                return self.fail(recorded.span(), "variant names a recorded run; a file states [variants.NAME]");
            }
            (None, variant) => variant,
        };
        let dataset = self.dataset(&wire.dataset)?;
        let corruption = self.corruption(wire.corruption.as_ref())?;
        let tied = self.tied(&wire.model)?;
        let training = self.training(&wire.training, &dataset, wire.model.architecture, tied)?;
        let evaluation =
            self.evaluation(&wire.evaluation, corruption, wire.dataset.name, wire.model.architecture, &training)?;
        self.at_this_side(wire, dataset.side)?;
        let mut runs = Vec::new();
        for code in self.codes(&wire.model.code)? {
            let source = training.transfer.map_or(usize::MAX, |transfer| transfer.train);
            if code >= dataset.train.min(source) {
                let message = format!("model.code = {code} needs more than {code} training images, for PCA as well");
                return self.fail(wire.model.code.span(), message);
            }
            for seed in self.seeds(wire.seeds.as_ref())? {
                runs.push(Run {
                    experiment: name.to_owned(),
                    question: wire.question.get_ref().clone(),
                    variant: variant.clone(),
                    seed,
                    dataset: dataset.clone(),
                    model: Model { architecture: wire.model.architecture, side: dataset.side, code, tied },
                    corruption,
                    training: training.clone(),
                    evaluation: evaluation.clone(),
                });
            }
        }
        Ok(runs)
    }

    fn dataset(&self, wire: &wire::Dataset) -> Result<Dataset, Error> {
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

    /// That all a run asks for is there for images of so many pixels a side.
    fn at_this_side(&self, wire: &wire::Experiment, side: usize) -> Result<(), Error> {
        if side == SIDE {
            return Ok(());
        }
        let (architecture, code) = (wire.model.architecture, &wire.model.code);
        let there = architecture.code_sizes(side);
        if there.is_empty() {
            let sized = Architecture::ALL.iter().filter(|other| !other.code_sizes(side).is_empty());
            let sized: Vec<String> = sized.map(|other| format!("`{other}`")).collect();
            let message = format!(
                "`{architecture}` reads images of {SIDE} pixels a side, not dataset.side = {side}; there is {}",
                sized.join(", ")
            );
            return self.fail(code.span(), message);
        }
        if let Some(code) = code.get_ref().values().iter().find(|code| there.iter().all(|size| *size as i64 != **code))
        {
            let message = format!(
                "model.code = {code} is not in the catalogue for `{architecture}` at dataset.side = {side} (there are: {})",
                list(there)
            );
            return self.fail(wire.model.code.span(), message);
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

    fn tied(&self, wire: &wire::Model) -> Result<bool, Error> {
        match &wire.tied {
            Some(tied) if *tied.get_ref() && !wire.architecture.is_mirrored() => {
                let message =
                    format!("model.tied needs a decoder that mirrors the encoder, which `{}` lacks", wire.architecture);
                self.fail(tied.span(), message)
            }
            tied => Ok(tied.as_ref().is_some_and(|tied| *tied.get_ref())),
        }
    }

    fn codes(&self, wire: &Spanned<wire::OneOrMany>) -> Result<Vec<usize>, Error> {
        let mut codes = Vec::new();
        for &value in wire.get_ref().values() {
            match CODE_SIZES.iter().find(|size| **size as i64 == value) {
                None => {
                    let message =
                        format!("model.code = {value} is not in the catalogue (there are: {})", list(&CODE_SIZES));
                    return self.fail(wire.span(), message);
                }
                Some(code) if codes.contains(code) => {
                    return self.fail(wire.span(), format!("model.code lists {value} twice"));
                }
                Some(code) => codes.push(*code),
            }
        }
        if codes.is_empty() { self.fail(wire.span(), "model.code: expected at least one code size") } else { Ok(codes) }
    }

    fn seeds(&self, wire: Option<&Spanned<Vec<i64>>>) -> Result<Vec<u64>, Error> {
        let Some(wire) = wire else { return Ok(vec![0]) };
        let mut seeds = Vec::new();
        for &value in wire.get_ref() {
            let seed = self.within("a seed", &Spanned::new(wire.span(), value), 0..=i64::MAX)? as u64;
            if seeds.contains(&seed) {
                return self.fail(wire.span(), format!("seeds lists {seed} twice"));
            }
            seeds.push(seed);
        }
        if seeds.is_empty() { self.fail(wire.span(), "seeds: expected at least one seed") } else { Ok(seeds) }
    }

    fn corruption(&self, wire: Option<&Spanned<wire::Corruption>>) -> Result<Option<Corruption>, Error> {
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

    fn training(
        &self,
        wire: &wire::Training,
        dataset: &Dataset,
        architecture: Architecture,
        tied: bool,
    ) -> Result<Training, Error> {
        let epochs = self.within("training.epochs", &wire.epochs, 1..=MOST_EPOCHS)?;
        let batch_size = *wire.batch_size.get_ref();
        if batch_size < 1 || batch_size > dataset.train as i64 {
            let message = format!(
                "training.batch_size = {batch_size}: expected 1 to {}, the number of training images",
                dataset.train
            );
            return self.fail(wire.batch_size.span(), message);
        }
        let loss = *wire.loss.get_ref();
        if loss == Loss::Bce && architecture.output_activation() != "sigmoid" {
            let message =
                format!("training.loss = \"bce\" needs a sigmoid output, which `{architecture}` lacks; use \"mse\"");
            return self.fail(wire.loss.span(), message);
        }
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
                        "training.early_stopping watches the validation loss: set dataset.validation above 0, or leave it out \
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
                if architecture.hidden().is_empty() || !architecture.is_mirrored() {
                    let message = format!(
                        "training.pretraining needs hidden layers and their mirror image, which `{architecture}` lacks"
                    );
                    return self.fail(span, message);
                }
                let pretraining = pretraining.get_ref();
                let epochs = self.within("training.pretraining.epochs", &pretraining.epochs, 1..=MOST_EPOCHS)?;
                let corruption = self.corruption(pretraining.corruption.as_ref())?;
                if let (Some(Corruption::Gaussian { .. } | Corruption::SaltAndPepper { .. }), Some(wire)) =
                    (corruption, &pretraining.corruption)
                {
                    // The codes that upper layers read have no range that noise could be clipped to or filled from.
                    let message = "training.pretraining.corruption: only masking suits the codes between layers";
                    return self.fail(wire.span(), message);
                }
                Some(Pretraining { epochs: epochs as usize, corruption })
            }
        };
        let sample_weights = wire.sample_weights.unwrap_or(SampleWeights::Uniform);
        let sampling = match &wire.sampling {
            Some(sampling)
                if *sampling.get_ref() == Sampling::Balanced && sample_weights == SampleWeights::Balanced =>
            {
                let message = "training.sampling = \"balanced\" gives each class the same share already: leave out \
                               training.sample_weights = \"balanced\"";
                return self.fail(sampling.span(), message);
            }
            sampling => sampling.as_ref().map_or(Sampling::Shuffled, |sampling| *sampling.get_ref()),
        };
        let hard_examples = match &wire.hard_examples {
            Some(hard) if sample_weights == SampleWeights::Balanced => {
                let message = "training.hard_examples weights each image by its loss, training.sample_weights = \
                               \"balanced\" by its class: expected one of them";
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
            engine: wire.engine.unwrap_or(Engine::Fused),
            optimiser,
            schedule,
            sample_weights,
            sampling,
            hard_examples,
            regularisation: self.regularisation(wire.regularisation.as_ref(), architecture)?,
            early_stopping,
            pretraining,
            variational: self.variational(wire.variational.as_ref(), architecture)?,
            adversarial: self.adversarial(wire.adversarial.as_ref(), architecture)?,
            transfer: self.transfer(wire, dataset, batch_size, tied)?,
            classifier: self.classifier(wire, architecture)?,
        })
    }

    fn transfer(
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
                .fail(wire.span(), format!("training.transfer does not go with {other}: leave out one of them"));
        }
        let wire = wire.get_ref();
        let (from, tune) = (wire.from, *wire.tune.get_ref());
        let most = (DatasetName::TRAIN_IMAGES - dataset.validation) as i64;
        let train = match &wire.train {
            None => dataset.train,
            // A batch is as large on either data set.
            Some(train) => {
                self.within("training.transfer.train", train, FEWEST_IMAGES.max(batch_size)..=most)? as usize
            }
        };
        let epochs = self.within("training.transfer.epochs", &wire.epochs, 1..=MOST_EPOCHS)? as usize;
        if tied && tune == Tune::Decoder {
            let message = "training.transfer.tune = \"decoder\" would move the encoder's weights, which model.tied makes the \
                           decoder's";
            return self.fail(wire.tune.span(), message);
        }
        Ok(Some(Transfer { from, train, epochs, tune }))
    }

    fn classifier(&self, training: &wire::Training, architecture: Architecture) -> Result<Option<Classifier>, Error> {
        let Some(wire) = &training.classifier else { return Ok(None) };
        if !architecture.is_mirrored() {
            let dense: Vec<&str> =
                Architecture::ALL.iter().filter(|other| other.is_mirrored()).map(|other| other.name()).collect();
            let message = format!(
                "training.classifier needs an encoder of dense layers, which `{architecture}` lacks (there are: {})",
                dense.join(", ")
            );
            return self.fail(wire.span(), message);
        }
        let other = [
            ("training.transfer", training.transfer.is_some()),
            ("training.adversarial", training.adversarial.is_some()),
        ];
        if let Some((other, _)) = other.iter().find(|(_, given)| *given) {
            return self
                .fail(wire.span(), format!("training.classifier does not go with {other}: leave out one of them"));
        }
        let classifier = wire.get_ref();
        let epochs = self.within("training.classifier.epochs", &classifier.epochs, 1..=MOST_EPOCHS)? as usize;
        let dropout = self.below("training.classifier.dropout", classifier.dropout.as_ref(), 0.0)?;
        if let (Some(given), true, true) = (&classifier.dropout, dropout > 0.0, architecture.hidden().is_empty()) {
            let message = format!("training.classifier.dropout needs hidden layers, and `{architecture}` has none");
            return self.fail(given.span(), message);
        }
        let (adam, sgd) = (classifier.adam.as_ref(), classifier.sgd.as_ref());
        let optimiser = self.optimiser("training.classifier", wire.span(), adam, sgd)?;
        let from = classifier.from.unwrap_or(Beginning::Autoencoder);
        Ok(Some(Classifier { epochs, from, dropout, optimiser }))
    }

    fn variational(
        &self,
        wire: Option<&Spanned<wire::Variational>>,
        architecture: Architecture,
    ) -> Result<Option<Variational>, Error> {
        match wire {
            Some(wire) if !architecture.has_gaussian_code() => {
                let message = format!(
                    "training.variational weighs the divergence of a Gaussian code, which `{architecture}` lacks; use \
                     model.architecture = \"variational\""
                );
                self.fail(wire.span(), message)
            }
            None if !architecture.has_gaussian_code() => Ok(None),
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

    fn adversarial(
        &self,
        wire: Option<&Spanned<wire::Adversarial>>,
        architecture: Architecture,
    ) -> Result<Option<Adversarial>, Error> {
        let Some(wire) = wire else { return Ok(None) };
        if !architecture.is_mirrored() {
            let message =
                format!("training.adversarial needs an encoder of dense layers, which `{architecture}` lacks");
            return self.fail(wire.span(), message);
        }
        let adversarial = wire.get_ref();
        let weight = self.above("training.adversarial.weight", &adversarial.weight, 10.0)?;
        let (adam, sgd) = (adversarial.adam.as_ref(), adversarial.sgd.as_ref());
        let optimiser = self.optimiser("training.adversarial", wire.span(), adam, sgd)?;
        Ok(Some(Adversarial { weight, optimiser }))
    }

    fn regularisation(
        &self,
        wire: Option<&wire::Regularisation>,
        architecture: Architecture,
    ) -> Result<Regularisation, Error> {
        let Some(wire) = wire else { return Ok(Regularisation::default()) };
        let regularisation = Regularisation {
            l2: self.share("training.regularisation.l2", wire.l2.as_ref())?,
            weight_decay: self.share("training.regularisation.weight_decay", wire.weight_decay.as_ref())?,
            code_l1: self.share("training.regularisation.code_l1", wire.code_l1.as_ref())?,
            dropout: self.below("training.regularisation.dropout", wire.dropout.as_ref(), 0.0)?,
            contractive: self.share("training.regularisation.contractive", wire.contractive.as_ref())?,
        };
        if let (Some(contractive), true) = (&wire.contractive, regularisation.contractive > 0.0)
            && !matches!(
                architecture.shape(),
                Shape::Dense { hidden: [], code: "identity" | "relu", .. }
                    | Shape::Dense { hidden: [_], code: "identity", .. }
            )
        {
            let message = format!(
                "training.regularisation.contractive needs an encoder of one layer, or of two with a linear code, which \
                 `{architecture}` lacks"
            );
            return self.fail(contractive.span(), message);
        }
        if let (Some(contractive), true) =
            (&wire.contractive, regularisation.contractive * regularisation.dropout > 0.0)
        {
            let message = "training.regularisation.contractive is exact without training.regularisation.dropout alone";
            return self.fail(contractive.span(), message);
        }
        if let (Some(code_l1), true) = (&wire.code_l1, regularisation.code_l1 > 0.0)
            && architecture.has_gaussian_code()
        {
            let message = "training.regularisation.code_l1 penalises a code that is a number, not a distribution";
            return self.fail(code_l1.span(), message);
        }
        match &wire.dropout {
            Some(dropout) if regularisation.dropout > 0.0 && architecture.hidden().is_empty() => {
                let message =
                    format!("training.regularisation.dropout needs hidden layers, and `{architecture}` has none");
                self.fail(dropout.span(), message)
            }
            _ => Ok(regularisation),
        }
    }

    fn optimiser(
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

    fn evaluation(
        &self,
        wire: &wire::Evaluation,
        corruption: Option<Corruption>,
        dataset: DatasetName,
        architecture: Architecture,
        training: &Training,
    ) -> Result<Evaluation, Error> {
        if let Some(tasks) = &wire.tasks
            && tasks.get_ref().contains(&Task::Likelihood)
        {
            let Some(variational) = &training.variational else {
                let message =
                    format!("evaluation.tasks: `likelihood` needs a Gaussian code, which `{architecture}` lacks");
                return self.fail(tasks.span(), message);
            };
            if training.loss == Loss::Mse && variational.beta == 0.0 {
                let message = "evaluation.tasks: for \"mse\", `likelihood` is that of pixels of variance \
                               training.variational.beta / 2, which must be above 0";
                return self.fail(tasks.span(), message);
            }
        }
        let asked = |task| wire.tasks.as_ref().is_some_and(|tasks| tasks.get_ref().contains(&task));
        if let (Some(tasks), true, None) = (&wire.tasks, asked(Task::Transfer), training.transfer) {
            let message = "evaluation.tasks: `transfer` needs a source: add [training.transfer]";
            return self.fail(tasks.span(), message);
        }
        let source = training.transfer.map(|transfer| transfer.from).filter(|source| *source == dataset.foreign());
        if let (Some(tasks), true, Some(source)) = (&wire.tasks, asked(Task::Anomaly), source) {
            let message = format!(
                "evaluation.tasks: `anomaly` takes images of `{source}` for ones never seen, which training.transfer.from \
                 shows to the network"
            );
            return self.fail(tasks.span(), message);
        }
        if let (Some(tasks), true, None) = (&wire.tasks, asked(Task::FineTuning), training.classifier) {
            let message = "evaluation.tasks: `fine_tuning` needs a classifier: add [training.classifier]";
            return self.fail(tasks.span(), message);
        }
        if let (Some(baselines), None) = (&wire.baselines, corruption)
            && let Some(denoiser) = baselines.get_ref().iter().find(|baseline| baseline.is_denoiser())
        {
            let message = format!(
                "evaluation.baselines: `{denoiser}` removes noise, and there is none: add a [corruption], or leave it out"
            );
            return self.fail(baselines.span(), message);
        }
        if let (Some(tasks), None) = (&wire.tasks, corruption)
            && tasks.get_ref().contains(&Task::NoiseLevels)
        {
            let message = "evaluation.tasks: `noise_levels` needs a [corruption] whose strength it varies";
            return self.fail(tasks.span(), message);
        }
        let corruption_levels = match (&wire.corruption_levels, corruption) {
            (None, None) => Vec::new(),
            (None, Some(corruption)) => {
                let levels = [0.0, 0.5, 1.0, 1.5, 2.0].map(|factor| factor * corruption.level());
                levels.into_iter().filter(|level| *level <= corruption.most_level()).collect()
            }
            (Some(levels), None) if !levels.get_ref().is_empty() => {
                return self
                    .fail(levels.span(), "evaluation.corruption_levels needs a [corruption] whose strength it varies");
            }
            (Some(levels), _) => {
                let most = f64::from(corruption.map_or(1.0, Corruption::most_level));
                let written = self.source.written(&levels.span()).split([',', '[', ']']);
                if let Some(lost) = written.map(str::trim).find(|level| is_lost(level)) {
                    return self.fail(levels.span(), too_small("evaluation.corruption_levels", lost));
                }
                // In f32, as they are used.
                let rising = levels.get_ref().windows(2).all(|pair| (pair[0] as f32) < pair[1] as f32);
                if !rising || levels.get_ref().iter().any(|level| !(0.0..=most).contains(level)) {
                    let message = format!("evaluation.corruption_levels: expected increasing numbers from 0 to {most}");
                    return self.fail(levels.span(), message);
                }
                levels.get_ref().iter().map(|level| *level as f32).collect()
            }
        };
        let baselines = self.distinct("evaluation.baselines", wire.baselines.as_ref())?;
        let tasks = self.distinct("evaluation.tasks", wire.tasks.as_ref())?;
        let plots = self.distinct("evaluation.plots", wire.plots.as_ref())?;
        let tasks = tasks.unwrap_or_default();
        let terms = training.variational.is_some() || training.adversarial.is_some();
        let drawn = |plot: &Plot| plot.is_drawn(&tasks, terms);
        let plots = plots.unwrap_or_else(|| Plot::ALL.iter().copied().filter(drawn).collect());
        Ok(Evaluation {
            baselines: baselines.unwrap_or_else(|| Baseline::DEFAULT.to_vec()),
            tasks,
            plots,
            corruption_levels,
        })
    }

    /// A list that names nothing twice.
    fn distinct<T>(&self, what: &str, list: Option<&Spanned<Vec<T>>>) -> Result<Option<Vec<T>>, Error>
    where
        T: Copy + PartialEq + Display,
    {
        let Some(list) = list else { return Ok(None) };
        let all = list.get_ref();
        match all.iter().enumerate().find(|(place, one)| all[..*place].contains(one)) {
            Some((_, twice)) => self.fail(list.span(), format!("{what} lists `{twice}` twice")),
            None => Ok(Some(all.clone())),
        }
    }

    fn within(&self, what: &str, value: &Spanned<i64>, range: RangeInclusive<i64>) -> Result<i64, Error> {
        if range.contains(value.get_ref()) {
            return Ok(*value.get_ref());
        }
        let (least, most) = (range.start(), range.end());
        self.range_error(what, value, format!("from {least} to {most}"))
    }

    /// A number above 0 and at most `most`.
    fn above(&self, what: &str, value: &Spanned<f64>, most: f64) -> Result<f32, Error> {
        let number = self.number(what, value)?;
        if number > 0.0 && *value.get_ref() <= most {
            return Ok(number);
        }
        self.range_error(what, value, format!("above 0 and at most {most}"))
    }

    /// A number from 0 to 1, by default 0.
    fn share(&self, what: &str, value: Option<&Spanned<f64>>) -> Result<f32, Error> {
        match value {
            Some(value) if !(0.0..=1.0).contains(value.get_ref()) => self.range_error(what, value, "from 0 to 1"),
            value => value.map_or(Ok(0.0), |value| self.number(what, value)),
        }
    }

    /// A number from 0 to below 1, or the default.
    fn below(&self, what: &str, value: Option<&Spanned<f64>>, default: f32) -> Result<f32, Error> {
        let Some(value) = value else { return Ok(default) };
        // Rounding to f32 must not carry a number close to 1 onto it.
        let number = self.number(what, value)?;
        if (0.0..1.0).contains(&number) {
            return Ok(number);
        }
        self.range_error(what, value, "from 0 to below 1")
    }

    /// A number in single precision, as it is used. Rounding must not carry a tiny one to 0, which would mean another thing.
    fn number(&self, what: &str, value: &Spanned<f64>) -> Result<f32, Error> {
        let written = self.source.written(&value.span());
        if is_lost(written) {
            return self.fail(value.span(), too_small(what, written));
        }
        Ok(*value.get_ref() as f32)
    }

    fn range_error<T, V: Display>(&self, what: &str, value: &Spanned<V>, expected: impl Display) -> Result<T, Error> {
        // As it was written, where the span is that of the number alone: 1e308 has 309 digits.
        let written = Some(self.source.written(&value.span())).filter(|written| written.parse::<f64>().is_ok());
        let shown = written.map_or_else(|| value.get_ref().to_string(), str::to_owned);
        self.fail(value.span(), format!("{what} = {shown}: expected a number {expected}"))
    }
}

/// True for a number above or below 0 that single precision rounds to 0.
fn is_lost(written: &str) -> bool {
    let number = written.replace('_', "").parse::<f64>();
    is_rounded_to_zero(written) || number.is_ok_and(|number| number != 0.0 && number as f32 == 0.0)
}

fn too_small(what: &str, written: &str) -> String {
    format!("{what} = {written}: too small for single precision, which would make it 0; expected 0, or at least 1e-45")
}

fn list(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}
