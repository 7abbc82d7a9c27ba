//! Anomaly detection compared with other tools: the section with the results of `benches/peers/anomaly.py`.

use std::path::Path;

use canvas::number::fixed;
use serde::Deserialize;
use system::storage;

use crate::across::text::absent;
use crate::error::Error;
use crate::report::document::{Block, Document};

/// Name of the file, in the folder of results. The file is optional.
const FILE: &str = "peers.toml";
/// Names of two methods in the file: the network, and its first rival.
const OURS: &str = "Hourglass";
const PCA: &str = "Hourglass, PCA";

/// The contents of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Peers {
    machine: String,
    versions: String,
    seeds: usize,
    measured: Vec<Measured>,
}

/// Results of a method on a data set. Pairs are mean and standard deviation over seeds.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Measured {
    data: String,
    method: String,
    /// Mean and standard deviation over seeds.
    auroc: [f64; 2],
    /// Average precision: mean and standard deviation.
    precision: [f64; 2],
    /// Seconds to fit the method.
    fit: Option<[f64; 2]>,
    /// Seconds of the whole command that fits, evaluates and draws.
    run: Option<[f64; 2]>,
    /// Seconds to score the test rows.
    score: Option<[f64; 2]>,
    /// Peak memory in MiB.
    memory: Option<[f64; 2]>,
}

/// Reads the file; `None` if it does not exist.
///
/// # Errors
/// If the file cannot be read.
pub(super) fn read(folder: &Path) -> Result<Option<Peers>, Error> {
    let path = folder.join(FILE);
    if !path.is_file() {
        return Ok(None);
    }
    let text = storage::read_text(&path)?;
    let parsed = toml::from_str(&text).map_err(|error| system::Error::format(&path, error.message().to_owned()))?;
    Ok(Some(parsed))
}

/// Adds the section to a document.
pub(super) fn describe(peers: &Peers, document: &mut Document) {
    let Peers { machine, versions, seeds, measured } = peers;
    let data = names(measured.iter().map(|of| &of.data));
    let methods = names(measured.iter().map(|of| &of.method));
    let of = |data: &str, method: &str| measured.iter().find(|of| of.data == data && of.method == method);
    // Means over the data sets, of the mean and of the standard deviation.
    let mean = |method: &str, number: &dyn Fn(&Measured) -> Option<[f64; 2]>| {
        let numbers: Option<Vec<[f64; 2]>> = data.iter().map(|data| number(of(data, method)?)).collect();
        numbers.map(|numbers| {
            [0, 1].map(|part| numbers.iter().map(|number| number[part]).sum::<f64>() / numbers.len() as f64)
        })
    };

    document.heading(2, "Anomalies, beside other tools");
    document.paragraph(format!(
        "All methods get the same clean rows, have the settings of a user who sets none, and score the same test rows. Hourglass has \
         the file that `cargo xtask new` writes: it learns from 70 % of the clean rows, and the others learn from all. The rows of the \
         others are scaled to mean 0 and variance 1. Area under the receiver operating characteristic, mean and standard \
         deviation over {seeds} seeds. Measured by `benches/peers/anomaly.py` on {machine}, with {versions}."
    ));
    let table = |number: &dyn Fn(&Measured) -> [f64; 2]| {
        let row = |data: &&str| {
            let cell = |method: &&str| of(data, method).map_or_else(absent, |of| spread(number(of), 3));
            [(*data).to_owned()].into_iter().chain(methods.iter().map(cell)).collect::<Vec<_>>()
        };
        let means = methods
            .iter()
            .map(|method| mean(method, &|of| Some(number(of))).map_or_else(absent, |[mean, _]| fixed(mean, 3)));
        let means = ["mean".to_owned()].into_iter().chain(means).collect();
        Block::Table {
            head: ["data"].into_iter().chain(methods.iter().copied()).map(str::to_owned).collect(),
            rows: data.iter().map(row).chain([means]).collect(),
        }
    };
    document.push(table(&|of| of.auroc));
    for rival in methods.iter().filter(|method| **method != OURS) {
        let ahead = data.iter().filter_map(|data| Some((data, of(data, OURS)?.auroc[0], of(data, rival)?.auroc[0])));
        let ahead: Vec<String> = ahead
            .filter(|(_, ours, theirs)| theirs > ours)
            .map(|(data, ours, theirs)| format!("{data} ({} against {})", fixed(theirs, 3), fixed(ours, 3)))
            .collect();
        if !ahead.is_empty() {
            let name = if *rival == PCA { "PCA" } else { rival };
            document.push(Block::Item(format!("{name} is ahead of the network on {}.", ahead.join(", "))));
        }
    }
    document.push_to_page(Block::Paragraph("Average precision:".to_owned()));
    document.push_to_page(table(&|of| of.precision));
    document.paragraph(
        "Means over the data sets of mean and standard deviation. Seconds to fit are those of training for Hourglass, and those of a second fit in the same process \
         for the others. `run` is a whole process with one fit; for Hourglass it also evaluates and draws. Seconds to score are those \
         of a whole command for Hourglass, and of a method in memory for the others."
            .to_owned(),
    );
    let row = |method: &&str| {
        let cell = |number: &dyn Fn(&Measured) -> Option<[f64; 2]>, decimals| {
            mean(method, number).map_or_else(absent, |mean| spread(mean, decimals))
        };
        vec![
            (*method).to_owned(),
            cell(&|of| of.fit, 2),
            cell(&|of| of.run, 2),
            cell(&|of| of.score, 2),
            cell(&|of| of.memory, 0),
        ]
    };
    let head = ["method", "seconds to fit", "run, seconds", "seconds to score", "MiB"];
    document.push(Block::Table { head: head.map(str::to_owned).to_vec(), rows: methods.iter().map(row).collect() });
}

/// Each name once, in order of first appearance.
fn names<'a>(all: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for name in all {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names
}

fn spread([mean, deviation]: [f64; 2], decimals: usize) -> String {
    format!("{mean:.decimals$} ± {deviation:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rival_that_is_ahead_is_named_and_means_are_over_the_data() {
        let measured = |data: &str, method: &str, auroc: f64| {
            format!(
                "[[measured]]\ndata = \"{data}\"\nmethod = \"{method}\"\nauroc = [{auroc}, 0.01]\nprecision = [0.5, 0.1]\n"
            )
        };
        let text = "machine = \"m\"\nversions = \"v\"\nseeds = 3\n".to_owned()
            + &measured("a", OURS, 0.9)
            + &measured("a", PCA, 0.8)
            + &measured("b", OURS, 0.6)
            + &measured("b", PCA, 0.7);
        let mut document = Document::new("");
        describe(&toml::from_str(&text).unwrap(), &mut document);
        let markdown = document.to_markdown("");
        assert!(markdown.contains("- PCA is ahead of the network on b (0.700 against 0.600).\n"), "{markdown}");
        assert!(markdown.contains("| mean | 0.750 | 0.750 |") && markdown.contains("| Hourglass | – |"), "{markdown}");
        assert!(markdown.contains("| Hourglass | 0.500 | – |") || markdown.contains("| Hourglass | – |"), "{markdown}");
    }

    #[test]
    fn the_file_is_optional_and_an_invalid_one_is_an_error_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read(folder.path()).unwrap().is_none());
        std::fs::write(folder.path().join(FILE), "machine = 1").unwrap();
        assert!(read(folder.path()).unwrap_err().to_string().contains("peers.toml"));
    }
}
