//! Event files with means over the seeds of a network, and with their standard deviation.

use std::collections::BTreeMap;

use tensorboard::{event, of_epoch, values, version};

use crate::folders::Record;

/// The mean over the seeds of a network.
pub(crate) struct Mean {
    /// Folder of the network.
    pub(crate) network: String,
    /// Start of the first run of the network, in seconds since 1970-01-01 UTC.
    pub(crate) started: u64,
    /// Event files by name: the mean, the mean minus a standard deviation, and the mean plus a standard deviation.
    pub(crate) curves: Vec<(&'static str, Vec<u8>)>,
}

/// Names of the curves, each with its distance from the mean in standard deviations.
const CURVES: [(&str, f64); 3] = [("mean", 0.0), ("mean-minus-deviation", -1.0), ("mean-plus-deviation", 1.0)];

/// The mean of each network with at least two seeds. `names` has the folder of the network of each run.
pub(crate) fn means(runs: &[Record], names: &[String]) -> Result<Vec<Mean>, anyhow::Error> {
    let mut networks: BTreeMap<&String, Vec<&Record>> = BTreeMap::new();
    for (run, network) in runs.iter().zip(names) {
        networks.entry(network).or_default().push(run);
    }
    let several = networks.into_iter().filter(|(_, seeds)| seeds.len() > 1);
    several.map(|(network, seeds)| mean(network, &seeds)).collect()
}

fn mean(network: &str, seeds: &[&Record]) -> Result<Mean, anyhow::Error> {
    // A seed that stops early has fewer epochs. The mean ends there, because a mean over the other seeds would jump.
    let epochs = seeds.iter().map(|seed| seed.epochs.len()).min().unwrap_or(0);
    let started = seeds.iter().map(|seed| seed.environment.started).min().unwrap_or(0);
    let test = seeds.iter().map(|seed| seed.test()).collect::<Result<Vec<_>, _>>()?;
    let mut curves: Vec<_> = CURVES.iter().map(|(name, _)| (*name, version(started as f64))).collect();
    let (mut at, mut step) = (started as f64, 0);
    let mut add = |at, step, spreads: &[(String, Spread)]| {
        for ((_, deviations), (_, bytes)) in CURVES.iter().zip(&mut curves) {
            let numbers = spreads.iter().map(|(tag, of)| (tag.clone(), of.mean + deviations * of.deviation));
            bytes.extend(event(at, step, &values(numbers.collect())));
        }
    };
    for index in 0..epochs {
        let of_seeds: Vec<_> = seeds.iter().map(|seed| of_epoch(&seed.epochs[index])).collect();
        let spreads = spreads(&of_seeds);
        at += spreads.iter().find(|(tag, _)| tag.ends_with("/seconds")).map_or(0.0, |(_, of)| of.mean);
        step = seeds[0].epochs[index].epoch as u64;
        add(at, step, &spreads);
    }
    add(at, step, &spreads(&test));
    Ok(Mean { network: network.to_owned(), started, curves })
}

struct Spread {
    mean: f64,
    /// Standard deviation over seeds, with n - 1 for n seeds.
    deviation: f64,
}

/// The spread of each number that all seeds have.
fn spreads(of_seeds: &[Vec<(String, f64)>]) -> Vec<(String, Spread)> {
    let Some((first, others)) = of_seeds.split_first() else { return Vec::new() };
    let number = |numbers: &[(String, f64)], tag: &str| numbers.iter().find(|(name, _)| name == tag).map(|(_, it)| *it);
    let all = first.iter().filter_map(|(tag, value)| {
        let others: Option<Vec<f64>> = others.iter().map(|numbers| number(numbers, tag)).collect();
        let numbers: Vec<f64> = [*value].into_iter().chain(others?).collect();
        let count = numbers.len() as f64;
        let mean = numbers.iter().sum::<f64>() / count;
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        Some((tag.clone(), Spread { mean, deviation: (squares / (count - 1.0)).sqrt() }))
    });
    all.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spreads_are_means_and_sample_standard_deviations_of_numbers_that_all_seeds_have() {
        let seed = |a: f64, more: &[(&str, f64)]| {
            let more = more.iter().map(|(tag, value)| ((*tag).to_owned(), *value));
            [("a".to_owned(), a)].into_iter().chain(more).collect::<Vec<_>>()
        };
        let spreads = spreads(&[seed(1.0, &[("b", 1.0)]), seed(2.0, &[]), seed(6.0, &[("b", 2.0)])]);
        assert_eq!(spreads.len(), 1);
        let (tag, Spread { mean, deviation }) = &spreads[0];
        assert_eq!((tag.as_str(), *mean, *deviation), ("a", 3.0, 7.0_f64.sqrt()));
    }
}
