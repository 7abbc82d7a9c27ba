//! Rules: from wire values to the values of a run, and back. Each module checks the ranges and the rules between keys
//! for one part of the file.

mod dataset;
mod evaluation;
mod model;
mod objectives;
mod own;
mod training;

use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::path::Path;

use toml::Spanned;

use crate::claim::is_rounded_to_zero;
use crate::error::Error;
use crate::load::Reader;
use crate::source::{NAME_RULE, Source, is_name};
use crate::wire;
use crate::{Corruption, Run};

const MOST_EPOCHS: i64 = 1_000_000;
const MOST_STEPS: i64 = 1_000_000;
const FEWEST_IMAGES: i64 = 10;

/// Names of folders in `results/` that are not experiments.
const RESERVED: [&str; 4] = ["baselines", "compare", "records", "report"];

/// Checks wire values and converts them to the values of a run.
pub(crate) struct Rules<'s> {
    pub(crate) source: &'s Source,
    /// True if the file is the resolved spec of a record, which may lack newer keys.
    pub(crate) is_record: bool,
    /// Reads a user's data.
    pub(crate) reader: &'s Reader<'s>,
}

impl Rules<'_> {
    pub(crate) fn name(&self, given: Option<&Spanned<String>>, path: &Path) -> Result<String, Error> {
        let (name, span) = match given {
            Some(name) => (name.get_ref().clone(), name.span()),
            None => (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), 0..0),
        };
        if RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(&name)) {
            return self.fail(
                span,
                format!("`{name}` cannot name an experiment: the folder of results has another folder of that name"),
            );
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
                return self
                    .fail(recorded.span(), "`variant` is a key of records; write a table [variants.NAME] instead");
            }
            (None, variant) => variant,
        };
        let dataset = self.dataset(&wire.dataset)?;
        let corruption = self.noise(wire.corruption.as_ref(), &dataset)?;
        let models = self.models(&wire.model, &dataset)?;
        let Some(model) = models.first() else { return Ok(Vec::new()) };
        let training = self.training(&wire.training, &dataset, model, corruption)?;
        let evaluation = self.evaluation(&wire.evaluation, corruption, &dataset, model, &training)?;
        let mut runs = Vec::new();
        for model in &models {
            let source = training.transfer.map_or(usize::MAX, |transfer| transfer.train);
            let code = model.code();
            if code >= dataset.train.min(source) {
                let message = format!("model.code = {code} needs more than {code} training rows, as PCA does");
                return self.fail(wire.model.code.span(), message);
            }
            for seed in self.seeds(wire.seeds.as_ref())? {
                runs.push(Run {
                    experiment: name.to_owned(),
                    question: wire.question.get_ref().clone(),
                    variant: variant.clone(),
                    seed,
                    dataset: dataset.clone(),
                    model: model.clone(),
                    corruption,
                    training: training.clone(),
                    evaluation: evaluation.clone(),
                });
            }
        }
        Ok(runs)
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

    fn fail<T>(&self, span: Range<usize>, message: impl Into<String>) -> Result<T, Error> {
        Err(self.source.error(span, message.into()))
    }

    /// The values of a list, or an error if one occurs twice.
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

    /// Strengths of a corruption, which must increase.
    fn levels(&self, what: &str, wire: &Spanned<Vec<f64>>, corruption: Option<Corruption>) -> Result<Vec<f32>, Error> {
        let most = f64::from(corruption.map_or(1.0, Corruption::most_level));
        let mut written = self.source.written(&wire.span()).split([',', '[', ']']).map(str::trim);
        if let Some(lost) = written.find(|level| is_lost(level)) {
            return self.fail(wire.span(), too_small(what, lost));
        }
        // Compare in f32, the precision that they are used in.
        let rising = wire.get_ref().windows(2).all(|pair| (pair[0] as f32) < pair[1] as f32);
        if !rising || wire.get_ref().iter().any(|level| !(0.0..=most).contains(level)) {
            return self.fail(wire.span(), format!("{what}: expected increasing numbers from 0 to {most}"));
        }
        Ok(wire.get_ref().iter().map(|level| *level as f32).collect())
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

    /// A number from 0 to 1. The default is 0.
    fn share(&self, what: &str, value: Option<&Spanned<f64>>) -> Result<f32, Error> {
        match value {
            Some(value) if !(0.0..=1.0).contains(value.get_ref()) => self.range_error(what, value, "from 0 to 1"),
            value => value.map_or(Ok(0.0), |value| self.number(what, value)),
        }
    }

    /// A number from 0 to below 1, or the default.
    fn below(&self, what: &str, value: Option<&Spanned<f64>>, default: f32) -> Result<f32, Error> {
        let Some(value) = value else { return Ok(default) };
        // Check after rounding to f32, which could round a number close to 1 up to 1.
        let number = self.number(what, value)?;
        if (0.0..1.0).contains(&number) {
            return Ok(number);
        }
        self.range_error(what, value, "from 0 to below 1")
    }

    /// A number in single precision. A small number that rounds to 0 is an error, because 0 means something else.
    fn number(&self, what: &str, value: &Spanned<f64>) -> Result<f32, Error> {
        let written = self.source.written(&value.span());
        if is_lost(written) {
            return self.fail(value.span(), too_small(what, written));
        }
        Ok(*value.get_ref() as f32)
    }

    fn range_error<T, V: Display>(&self, what: &str, value: &Spanned<V>, expected: impl Display) -> Result<T, Error> {
        // Show the number as written, if the span covers it alone: 1e308 would print 309 digits.
        let written = Some(self.source.written(&value.span())).filter(|written| written.parse::<f64>().is_ok());
        let shown = written.map_or_else(|| value.get_ref().to_string(), str::to_owned);
        self.fail(value.span(), format!("{what} = {shown}: expected a number {expected}"))
    }
}

/// True if a number other than 0 rounds to 0 in single precision.
fn is_lost(written: &str) -> bool {
    let number = written.replace('_', "").parse::<f64>();
    is_rounded_to_zero(written) || number.is_ok_and(|number| number != 0.0 && number as f32 == 0.0)
}

fn too_small(what: &str, written: &str) -> String {
    format!("{what} = {written}: too small: single precision would round it to 0; expected 0, or at least 1e-45")
}

fn list(sizes: &[usize]) -> String {
    sizes.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}
