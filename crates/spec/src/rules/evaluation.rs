//! Rules of `[evaluation]`, and the conversion back to wire values.

use std::fmt::Display;

use toml::Spanned;

use super::Rules;
use crate::catalogue::{Baseline, Plot};
use crate::error::Error;
use crate::needs::{Need, Parts};
use crate::wire::{self, at_no_place, decimal};
use crate::{Corruption, Dataset, Evaluation, Model, Training};

impl Rules<'_> {
    pub(super) fn evaluation(
        &self,
        wire: &wire::Evaluation,
        corruption: Option<Corruption>,
        dataset: &Dataset,
        model: &Model,
        training: &Training,
    ) -> Result<Evaluation, Error> {
        let baselines = self.distinct("evaluation.baselines", wire.baselines.as_ref())?;
        let tasks = self.distinct("evaluation.tasks", wire.tasks.as_ref())?.unwrap_or_default();
        let plots = self.distinct("evaluation.plots", wire.plots.as_ref())?;
        let parts = Parts { dataset, model, corruption, training, tasks: &tasks };
        self.met("evaluation.tasks", wire.tasks.as_ref(), &parts, |task| task.needs(), |_| !self.is_record)?;
        self.met("evaluation.baselines", wire.baselines.as_ref(), &parts, |baseline| baseline.needs(), |_| true)?;
        self.met("evaluation.plots", wire.plots.as_ref(), &parts, |plot| plot.needs(), Need::is_of_data)?;
        let is_drawn = |plot: &Plot| plot.needs().iter().all(|need| need.lacking(&parts).is_none());
        let plots = plots.unwrap_or_else(|| Plot::ALL.iter().copied().filter(is_drawn).collect());
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
            (Some(levels), _) => self.levels("evaluation.corruption_levels", levels, corruption)?,
        };
        Ok(Evaluation {
            baselines: baselines.unwrap_or_else(|| Baseline::DEFAULT.to_vec()),
            tasks,
            plots,
            corruption_levels,
        })
    }

    /// Gives an error for the first item of a list whose needs the run does not meet.
    fn met<T: Copy + Display>(
        &self,
        key: &str,
        list: Option<&Spanned<Vec<T>>>,
        parts: &Parts,
        needs: impl Fn(T) -> &'static [Need],
        is_refused: impl Fn(Need) -> bool,
    ) -> Result<(), Error> {
        let Some(list) = list else { return Ok(()) };
        for &one in list.get_ref() {
            let lacking = needs(one).iter().filter(|need| is_refused(**need)).find_map(|need| need.lacking(parts));
            if let Some(lacking) = lacking {
                return self.fail(list.span(), format!("{key}: `{one}` {lacking}"));
            }
        }
        Ok(())
    }
}

impl From<&Evaluation> for wire::Evaluation {
    fn from(evaluation: &Evaluation) -> Self {
        let levels = evaluation.corruption_levels.iter().map(|level| decimal(*level).into_inner()).collect();
        Self {
            baselines: Some(at_no_place(evaluation.baselines.clone())),
            tasks: Some(at_no_place(evaluation.tasks.clone())),
            plots: Some(at_no_place(evaluation.plots.clone())),
            corruption_levels: Some(at_no_place(levels)),
        }
    }
}
