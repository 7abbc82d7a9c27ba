//! Rules of `[evaluation]`.

use super::{Rules, is_lost, too_small};
use crate::catalogue::{Baseline, DatasetName, Loss, Plot, Task};
use crate::error::Error;
use crate::wire;
use crate::{Corruption, Evaluation, Model, Training};

impl Rules<'_> {
    pub(super) fn evaluation(
        &self,
        wire: &wire::Evaluation,
        corruption: Option<Corruption>,
        dataset: DatasetName,
        model: &Model,
        training: &Training,
    ) -> Result<Evaluation, Error> {
        if let Some(tasks) = &wire.tasks
            && tasks.get_ref().contains(&Task::Likelihood)
        {
            let Some(variational) = &training.variational else {
                let message =
                    format!("evaluation.tasks: `likelihood` needs a Gaussian code, which `{}` lacks", model.name());
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
}
