//! From an experiment file to a checked [`Experiment`]: variants, runs and claims.

use std::cell::RefCell;
use std::path::Path;

use crate::catalogue::Baseline;
use crate::claim::{Claim, Metric};
use crate::error::Error;
use crate::measures::{self, measured};
use crate::overrides::Override;
use crate::own::{Facts, Reading};
use crate::rules::Rules;
use crate::source::Source;
use crate::subject;
use crate::tasks::Condition;
use crate::wire;
use crate::{Experiment, Run};
use system::storage;

/// A function that reads the user's data at a path and gives the facts about it, or a message with the fault.
pub type Reader<'r> = dyn Fn(&str, &Reading) -> Result<Facts, String> + 'r;

fn no_reader(_: &str, _: &Reading) -> Result<Facts, String> {
    Err("only `cargo xtask` can read your own data".to_owned())
}

impl Experiment {
    /// Reads an experiment file, applies the overrides in order, and checks every rule.
    ///
    /// # Errors
    /// If the file cannot be read or breaks a rule. The error names the file, line and column, or the flag.
    pub fn load(path: &Path, overrides: &[Override]) -> Result<Self, Error> {
        Self::parse(path, storage::read_text(path)?, overrides)
    }

    /// Reads an experiment file as [`load`](Self::load) does. The file may name a user's own data, which `reader`
    /// reads.
    ///
    /// # Errors
    /// As for [`load`](Self::load), and if the reader fails.
    pub fn load_with(path: &Path, overrides: &[Override], reader: &Reader<'_>) -> Result<Self, Error> {
        Self::parse_with(path, storage::read_text(path)?, overrides, Vec::new(), false, reader)
    }

    /// Reads the resolved spec of a record.
    ///
    /// A key that the record lacks is newer than the record, and gets the value that has the behaviour of the older
    /// program. The needs of tasks are not checked, because they may have changed since the record was made.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn load_record(path: &Path) -> Result<Self, Error> {
        Self::parse_with(path, storage::read_text(path)?, &[], Vec::new(), true, &no_reader)
    }

    /// Reads an experiment from a text, as [`load`](Self::load) does from a file. `path` gives the experiment its name
    /// and is part of errors.
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    pub fn parse(path: &Path, text: String, overrides: &[Override]) -> Result<Self, Error> {
        Self::parse_with(path, text, overrides, Vec::new(), false, &no_reader)
    }

    /// A run of a small network on the data of `table`, a table `[dataset]` in TOML: the facts about data for which
    /// there is no experiment yet. `reader` reads a user's own data. Errors name `path`.
    ///
    /// # Errors
    /// As for [`load_with`](Self::load_with).
    pub fn on_dataset(path: &Path, table: &str, overrides: &[Override], reader: &Reader<'_>) -> Result<Run, Error> {
        let text = format!(
            "question = \"?\"\n{table}\n[model]\nhidden = [2]\ncode = 1\n[training]\nepochs = 1\nbatch_size = 1\n\
             adam.learning_rate = 0.01\n"
        );
        Self::parse_with(path, text, overrides, Vec::new(), false, reader)
            .map(|mut experiment| experiment.runs.remove(0))
    }

    /// Options for reading the user's data at `path`, from flags that set keys of `[dataset]`.
    ///
    /// # Errors
    /// If a flag sets another key, or its value is not allowed.
    pub fn reading(path: &str, overrides: &[Override]) -> Result<Reading, Error> {
        let table = format!("[dataset]\npath = {}", toml::Value::from(path));
        let seen = RefCell::new(None);
        let reader = |_: &str, reading: &Reading| {
            *seen.borrow_mut() = Some(reading.clone());
            Err(String::new())
        };
        let loaded = Self::on_dataset(Path::new("flags.toml"), &table, overrides, &reader);
        match (seen.into_inner(), loaded) {
            (Some(reading), _) => Ok(reading),
            (None, Err(error)) => Err(error),
            (None, Ok(_)) => Ok(Reading::default()),
        }
    }

    /// Parses an experiment. `passed_over` lists pairs of the index of a flag and a variant that the flag does not
    /// apply to.
    fn parse_with(
        path: &Path,
        text: String,
        overrides: &[Override],
        passed_over: Vec<(usize, String)>,
        is_record: bool,
        reader: &Reader<'_>,
    ) -> Result<Self, Error> {
        let source = Source::new(path, text, overrides, passed_over.clone());
        let mut experiment: Option<Self> = None;
        let mut variants = Vec::new();
        let mut claims = Vec::new();
        let resolved = source.resolve()?;
        let count = resolved.len();
        for (variant, table) in resolved {
            let wire = serde::Deserialize::deserialize(toml::de::Deserializer::from(table));
            let wire: wire::Experiment = match wire {
                Ok(wire) => wire,
                Err(error) => {
                    // A value of a flag has no quotation marks: `name=2026` is text if the key expects text.
                    let flag = source.flag_that_wants_text(&error);
                    if let Some((flag, text)) = flag.and_then(|flag| Some((flag, overrides[flag].as_text()?))) {
                        let mut overrides = overrides.to_vec();
                        overrides[flag] = text;
                        return Self::parse_with(path, source.into_text(), &overrides, passed_over, is_record, reader);
                    }
                    // A key of a table that only some variants have applies to these variants alone.
                    let flag = source.flag_of_a_part(&error);
                    if let (Some(flag), Some(variant)) = (flag, &variant)
                        && passed_over.iter().filter(|(of, _)| *of == flag).count() + 1 < count
                    {
                        let passed_over = passed_over.into_iter().chain([(flag, variant.clone())]).collect();
                        return Self::parse_with(path, source.into_text(), overrides, passed_over, is_record, reader);
                    }
                    let error = source.toml_error(&error);
                    return Err(match (&variant, flag) {
                        (Some(variant), Some(_)) => error.of_variant(variant),
                        _ => error,
                    });
                }
            };
            let lowering = Rules { source: &source, is_record, reader };
            let name = lowering.name(wire.name.as_ref(), path)?;
            let runs = lowering.runs(&wire, &name, variant.clone()).map_err(|error| match &variant {
                Some(variant) => error.of_variant(variant),
                None => error,
            })?;
            variants.extend(variant);
            let question = runs.first().map(|run| run.question.clone()).unwrap_or_default();
            experiment.get_or_insert(Self { name, question, claims: Vec::new(), runs: Vec::new() }).runs.extend(runs);
            claims = wire.claims;
        }
        let mut experiment = experiment.ok_or_else(|| source.error(0..0, "no runs".to_owned()))?;
        for claim in claims {
            source.one_line("a claim", &claim)?;
            let parsed = Claim::parse(claim.get_ref()).and_then(|claim| {
                check_variants(&claim, &variants)?;
                if claim.is_over_variants() && variants.is_empty() && overrides.is_empty() {
                    return Err("`over variants` needs [variants], but the file has none".to_owned());
                }
                // A flag may remove what a claim compares. The claim then stays open, and the run goes on.
                if overrides.is_empty() { experiment.check_claim(claim) } else { Ok(claim) }
            });
            experiment.claims.push(parsed.map_err(|message| source.error(claim.span(), message))?);
        }
        Ok(experiment)
    }

    /// True if a claim is about factors of variation, which only some data sets have.
    pub fn asks_for_factors(&self) -> bool {
        let is_of_factors = |metric: &Metric| {
            let measured = measured(&metric.subject, &metric.field);
            measured.is_some_and(|of| of.only.contains(&(metric.field.as_str(), Condition::KnownFactors)))
        };
        self.claims.iter().any(|claim| claim.metrics().any(is_of_factors))
    }

    /// Checks that the experiment records every metric of a claim.
    fn check_claim(&self, claim: Claim) -> Result<Claim, String> {
        let networks: Vec<_> = self.runs.iter().map(|run| (run.variant.as_deref(), run.model.code())).collect();
        if claim.places(&networks).is_empty() {
            let of = if claim.is_over_variants() { "of all variants" } else { "of the claim" };
            return Err(format!(
                "the networks {of} share no code size; give each metric its code size, as in `...[32]`"
            ));
        }
        for metric in claim.metrics() {
            let named = |run: &&Run| {
                (metric.variant.is_none() || run.variant == metric.variant)
                    && metric.code.is_none_or(|code| code == run.model.code())
            };
            let runs: Vec<&Run> = self.runs.iter().filter(named).collect();
            let needed = Baseline::of_subject(&metric.subject);
            if let (true, Some(code)) = (runs.is_empty(), metric.code) {
                return Err(format!("[{code}] is not a code size of this experiment"));
            }
            for run in runs {
                if needed.is_some_and(|baseline| !run.evaluation.baselines.contains(&baseline)) {
                    return Err(format!("`{}` is not among evaluation.baselines", metric.subject));
                }
                if measures::is_former(&metric.subject, &metric.field) {
                    return Err(format!(
                        "`{}.{}` is found in older records alone; no task measures it now",
                        metric.subject, metric.field
                    ));
                }
                if let Some(measured) = measured(&metric.subject, &metric.field) {
                    if metric.split != measured.split.name() {
                        return Err(format!("`{}` is measured on the {} split alone", metric.field, measured.split));
                    }
                    if let Some(task) = measured.task.filter(|task| !run.evaluation.tasks.contains(task)) {
                        return Err(format!(
                            "`{}` is measured by `{task}`, which is not among evaluation.tasks",
                            metric.field
                        ));
                    }
                    if let Some(lacking) = measured.lacking(&metric.field, run) {
                        return Err(format!("`{}.{}` is only measured {lacking}", metric.subject, metric.field));
                    }
                } else if metric.subject == subject::CORRUPTED_INPUT && run.corruption.is_none() {
                    return Err("`corrupted_input` is only measured with a [corruption]".to_owned());
                }
                if let Some(lacking) = measures::lacking_in_data(&metric.subject, &metric.field, &run.dataset) {
                    return Err(format!("`{}.{}` is only measured {lacking}", metric.subject, metric.field));
                }
                if metric.split == "validation" && run.dataset.validation == 0 {
                    return Err("there is no validation split: dataset.validation is 0".to_owned());
                }
            }
        }
        Ok(claim)
    }
}

/// Checks that the file has all variants of a claim.
fn check_variants(claim: &Claim, variants: &[String]) -> Result<(), String> {
    match claim.metrics().filter_map(|metric| metric.variant.as_ref()).find(|name| !variants.contains(name)) {
        Some(name) => Err(format!("unknown variant `{name}` (there are: {})", variants.join(", "))),
        None => Ok(()),
    }
}
