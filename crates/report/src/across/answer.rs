//! The answer of an experiment in plain words, and the commands to try next.

use std::path::Path;

use figures::summary::{Group, Summary, Verdict};
use record::folders::names;

/// The answer in short: whether the best network is better than PCA, what to try if it is not, and the counts of
/// verdicts. Empty without claims and without an error of PCA.
pub(crate) fn plain(summary: &Summary) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some((best, ratio)) = best(summary) {
        lines.push(format!("Better than PCA? {}{}.", verdict(best.code, ratio), among(summary, best)));
        if percent(ratio) > 0.0 && ratio > 1.0 {
            lines.push("Train for more epochs, make layers wider, or use PCA.".to_owned());
        }
    }
    lines.extend(counts(summary));
    lines
}

/// The name of the experiment and the answer, in one line.
pub(crate) fn one_line(summary: &Summary) -> String {
    let answer: Vec<String> = plain(summary).into_iter().map(|line| line.trim_end_matches('.').to_owned()).collect();
    let answer =
        if answer.is_empty() { "no claim and no error of PCA to compare with".to_owned() } else { answer.join("; ") };
    format!("{} on {}: {answer}", summary.experiment, summary.dataset)
}

/// Number of claims with each verdict, such as `claims: 4 held, 1 open`. `None` without claims.
fn counts(summary: &Summary) -> Option<String> {
    let count = |verdict| summary.claims.iter().filter(|claim| claim.verdict == verdict).count();
    let told = |verdict: Verdict| match (count(verdict), verdict) {
        (0, _) => None,
        (count @ 2.., Verdict::Depends) => Some(format!("{count} depend")),
        (count, _) => Some(format!("{count} {}", verdict.name())),
    };
    let counts: Vec<String> = Verdict::ALL.into_iter().filter_map(told).collect();
    (!counts.is_empty()).then(|| format!("claims: {}", counts.join(", ")))
}

/// The network with the smallest ratio of its error to PCA's, and the ratio.
fn best(summary: &Summary) -> Option<(&Group, f64)> {
    let ratios = summary.groups.iter().filter_map(|group| Some((group, group.ratio_to_pca()?)));
    ratios.min_by(|a, b| a.1.total_cmp(&b.1))
}

fn percent(ratio: f64) -> f64 {
    (100.0 * (1.0 - ratio).abs()).round()
}

/// Size of a code in words, such as `32 numbers`.
fn numbers(code: usize) -> String {
    if code == 1 { "one number".to_owned() } else { format!("{code} numbers") }
}

fn verdict(code: usize, ratio: f64) -> String {
    let (percent, code) = (percent(ratio), numbers(code));
    match ratio {
        _ if percent == 0.0 => format!("No: the same test error as PCA with the same {code}, to one percent"),
        ratio if ratio < 1.0 => format!("Yes: {percent} % less test error than PCA with the same {code}"),
        _ => format!("No: PCA with the same {code} is better; the autoencoder has {percent} % more test error"),
    }
}

/// The name of the best of several networks, and how many networks have a larger error than PCA. Empty for a single
/// network.
fn among(summary: &Summary, best: &Group) -> String {
    let ratios: Vec<f64> = summary.groups.iter().filter_map(Group::ratio_to_pca).collect();
    if ratios.len() < 2 {
        return String::new();
    }
    let worse = ratios.iter().filter(|ratio| **ratio > 1.0).count();
    let worse = match worse {
        0 => String::new(),
        1 if worse < ratios.len() => "; 1 of them has more error than PCA".to_owned(),
        _ if worse < ratios.len() => format!("; {worse} of them have more error than PCA"),
        _ => String::new(),
    };
    format!(" ({}, the best of {} networks{worse})", best.label, ratios.len())
}

/// Commands to try next, each with a comment. `folder` is the folder of the experiment on the data set, `command` the
/// command that ran the experiment, and `epochs` the epochs of the first run, if known.
pub(crate) fn next(summary: &Summary, folder: &Path, command: &str, epochs: Option<usize>) -> Vec<String> {
    let mut lines: Vec<(String, &str)> = Vec::new();
    // Flags for a single call are removed, so that the command can be run again.
    let words =
        command.split(' ').filter(|word| !["--resume", "--force", "--fail-fast", "--quiet", "--open"].contains(word));
    let again = words.collect::<Vec<_>>().join(" ");
    let is_run = again.split(' ').any(|word| word == "run");
    if let Some(epochs) = epochs.filter(|_| is_run && best(summary).is_some_and(|(_, ratio)| ratio > 1.0)) {
        lines.push((format!("{again} --set training.epochs={} --force", 2 * epochs), "do more epochs help?"));
    }
    if is_run && summary.groups.iter().all(|group| group.seeds.len() < 2) && !again.contains("--seed") {
        lines.push((format!("{again} --seeds 0,1,2"), "how much do seeds matter?"));
    }
    if let Some(group) = summary.groups.first() {
        let run = folder.join(&group.label).join(format!("seed-{}", group.seeds.first().unwrap_or(&0)));
        let run = run.display();
        lines.push((format!("cargo xtask apply {run} --help"), "use the network on new rows"));
        lines.push((format!("cargo xtask export {run} onnx --out {}-onnx", group.label), "use it in other programs"));
    }
    let (experiment, dataset) = names(folder);
    let results = folder.ancestors().nth(2).filter(|_| folder.ends_with(Path::new(&experiment).join(&dataset)));
    let results = results.map_or(Path::new("results"), |results| results).display().to_string();
    let results = if results.is_empty() || results == "results" { String::new() } else { format!(" {results}") };
    lines.push((format!("cargo xtask report{results}"), "one page of all results"));
    let width = lines.iter().map(|(command, _)| command.chars().count()).filter(|width| *width < 80).max().unwrap_or(0);
    lines.into_iter().map(|(command, comment)| format!("{command:<width$}    # {comment}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_names_the_share_and_the_numbers_of_the_code() {
        assert_eq!(verdict(32, 0.49), "Yes: 51 % less test error than PCA with the same 32 numbers");
        assert_eq!(
            verdict(1, 1.5),
            "No: PCA with the same one number is better; the autoencoder has 50 % more test error"
        );
        assert_eq!(verdict(8, 0.998), "No: the same test error as PCA with the same 8 numbers, to one percent");
    }
}
