//! Published numbers of other authors, compared with recorded results.

use std::path::Path;

use serde::Deserialize;
use spec::catalogue::{Baseline, DatasetName};
use spec::{Claim, Run, measures};
use toml::Spanned;

use crate::error::Error;
use crate::report::sources::Source;
use crate::report::words::spread;
use figures::summary::Summary;

/// Name of the file, in the folder of the experiments.
const FILE: &str = "published.toml";

/// Published numbers on the test split of a data set.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PublishedNumbers {
    dataset: DatasetName,
    published: Vec<Published>,
}

/// A published number, and the recorded number to compare with it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Published {
    source: String,
    what: String,
    /// The number as published, as text with its digits.
    number: String,
    experiment: Spanned<String>,
    /// Label of the network, such as `plain-32`.
    network: Spanned<String>,
    /// Subject and field of the recorded number, such as `pca.mse_per_pixel`.
    metric: Spanned<String>,
    /// How our protocol differs from the published one.
    difference: String,
}

/// Reads the published numbers, and checks that the experiments measure the numbers to compare with them.
///
/// # Errors
/// If the file cannot be read or is invalid, or names an experiment, a network or a metric that does not exist.
pub(crate) fn read(experiments: &Path) -> Result<PublishedNumbers, Error> {
    let (source, numbers) = Source::read(experiments, FILE)?;
    check(&source, &numbers)?;
    Ok(numbers)
}

fn check(source: &Source, numbers: &PublishedNumbers) -> Result<(), Error> {
    for Published { experiment, network, metric, .. } in &numbers.published {
        let file = source.experiment(experiment)?;
        let Some(run) = file.runs.iter().find(|run| run.label() == *network.get_ref()) else {
            let mut labels: Vec<String> = file.runs.iter().map(Run::label).collect();
            labels.dedup();
            let message = format!("unknown network `{}` (there are: {})", network.get_ref(), labels.join(", "));
            return Err(source.error(network.span(), message));
        };
        check_metric(run, metric.get_ref()).map_err(|message| source.error(metric.span(), message))?;
    }
    Ok(())
}

/// Checks that a run measures the metric `<subject>.<field>`.
fn check_metric(run: &Run, metric: &str) -> Result<(), String> {
    let claim = Claim::parse(&format!("test.{metric} > 0"))?;
    for of in claim.metrics() {
        if let Some(baseline) = Baseline::of_subject(&of.subject).filter(|of| !run.evaluation.baselines.contains(of)) {
            return Err(format!("`{baseline}` is not among the experiment's evaluation.baselines"));
        }
        let task = measures::measured(&of.subject, &of.field).and_then(|measured| measured.task);
        if let Some(task) = task.filter(|task| !run.evaluation.tasks.contains(task)) {
            return Err(format!(
                "`{metric}` is measured by `{task}`, which is not among the experiment's evaluation.tasks"
            ));
        }
    }
    Ok(())
}

/// A row for each published number with a recorded counterpart: source, quantity, both numbers, and the difference of
/// protocol.
pub(crate) fn rows<'a>(numbers: &PublishedNumbers, summaries: impl Iterator<Item = &'a Summary>) -> Vec<Vec<String>> {
    let recorded: Vec<&Summary> = summaries.filter(|summary| summary.dataset == numbers.dataset.name()).collect();
    let obtained = |published: &Published| {
        let (subject, field) = published.metric.get_ref().split_once('.')?;
        let summary = recorded.iter().find(|summary| summary.experiment == *published.experiment.get_ref())?;
        let group = summary.groups.iter().find(|group| group.label == *published.network.get_ref())?;
        group.metric("test", subject, field)
    };
    let row = |published: &Published| {
        let Published { source, what, number, difference, .. } = published;
        let ours = obtained(published)?;
        // The digits of the published number, and two more.
        let decimals = 2 + number.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        let ours = spread(Some(ours), decimals);
        Some([source, what, number, &ours, difference].map(String::clone).to_vec())
    };
    numbers.published.iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sources::tests::experiments;

    #[test]
    fn experiments_measure_every_committed_published_number() {
        let numbers = read(&experiments()).unwrap();
        assert!(numbers.published.len() > 10, "{}", numbers.published.len());
    }

    #[test]
    fn unknown_names_are_errors_with_their_line_and_column() {
        let refused = |experiment: &str, network: &str, metric: &str, expected: &str| {
            let text = format!(
                "dataset = \"mnist\"\n[[published]]\nsource = \"\"\nwhat = \"\"\nnumber = \"1\"\ndifference = \"\"\n\
                 experiment = \"{experiment}\"\nnetwork = \"{network}\"\nmetric = \"{metric}\"\n"
            );
            let read = Source::of_text(&experiments(), FILE, &text);
            let error = read.and_then(|(source, numbers)| check(&source, &numbers)).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        };
        let unknown = "published.toml:7:14: unknown experiment `plian`: there is no ";
        refused("plian", "plain-32", "pca.ssim", unknown);
        refused(
            "plain",
            "plain-33",
            "pca.ssim",
            "published.toml:8:11: unknown network `plain-33` (there are: plain-32)",
        );
        refused("plain", "plain-32", "pac.ssim", "published.toml:9:10: unknown subject `pac`");
        refused("plain", "plain-32", "pca.sim", "published.toml:9:10: unknown field of pca `sim`");
        refused(
            "plain",
            "plain-32",
            "autoencoder.nmi",
            "published.toml:9:10: `autoencoder.nmi` is measured by `clustering`",
        );
        refused("plain", "plain-32", "median_filter.ssim", "published.toml:9:10: `median_filter` is not among ");
    }
}
