//! The answer of an experiment in plain words, and the commands to try next.

use std::path::Path;

use canvas::text::capitalised;
use figures::summary::{ClaimResult, Group, Summary, Verdict};
use record::folders::names;
use spec::{Claim, Metric, subject};

use super::sentence::sentences;

/// The answer in short: the result of the first claim, whether the network is better than PCA, and the counts of verdicts. Empty
/// without claims and without an error of PCA.
pub(crate) fn plain(summary: &Summary) -> Vec<String> {
    let (mut lines, _) = headline(summary);
    lines.extend(counts(summary));
    lines
}

/// The answer in the report: the headline, then at most `most` results of other claims, false ones first.
pub(crate) fn in_report(summary: &Summary, most: usize) -> Vec<String> {
    let (mut lines, told) = headline(summary);
    let mut others: Vec<&ClaimResult> =
        summary.claims.iter().enumerate().filter(|(index, _)| !told.contains(index)).map(|(_, claim)| claim).collect();
    let order = [Verdict::Failed, Verdict::Depends, Verdict::NoDifference, Verdict::Held, Verdict::NotCheckable];
    others.sort_by_key(|claim| order.iter().position(|verdict| *verdict == claim.verdict));
    lines.extend(sentences(&others).iter().take(most).map(|sentence| capitalised(sentence)));
    lines.extend(counts(summary).map(|counts| capitalised(&counts)));
    lines
}

/// The headline, and the indices of its claims.
fn headline(summary: &Summary) -> (Vec<String>, Vec<usize>) {
    let of_pca = summary.claims.iter().position(is_against_pca);
    let (mut lines, mut told) = (Vec::new(), Vec::new());
    // The headline of an experiment on another question starts with that question's claim.
    if let (Some(first), true) = (summary.claims.first(), of_pca != Some(0)) {
        lines.extend(sentences(&[first]).iter().map(|sentence| format!("{}.", capitalised(sentence))));
        told.push(0);
    }
    if of_pca.is_some() || summary.claims.is_empty() {
        let claim = of_pca.and_then(|index| summary.claims.get(index));
        lines.extend(better_than_pca(summary, claim));
        told.extend(of_pca);
    }
    (lines, told)
}

/// True if a claim says that a network has less error than PCA.
fn is_against_pca(claim: &ClaimResult) -> bool {
    let Ok(claim) = Claim::parse(&claim.text) else { return false };
    let [(left_factor, left), (right_factor, right)] = claim.sides_as_written();
    let is = |metric: Option<&Metric>, subjects: &[&str]| {
        metric.is_some_and(|metric| metric.field == "mse_per_pixel" && subjects.contains(&&*metric.subject))
    };
    // A claim of at most a few percent more error asks whether both are equal.
    claim.asks_for_less()
        && left_factor == 1.0
        && (right_factor < 1.0 || right_factor == 1.0 && claim.is_strict())
        && is(left, &[subject::AUTOENCODER])
        && is(right, &[subject::PCA, subject::PCA_CLIPPED])
}

/// Whether the networks are better than PCA: by the interval of the claim, else by the mean. A second line says what to try if they
/// are not.
fn better_than_pca(summary: &Summary, claim: Option<&ClaimResult>) -> Vec<String> {
    let Some((best, ratio)) = best(summary) else { return Vec::new() };
    let several = summary.groups.len() > 1;
    let said = claim.map(|claim| sentences(&[claim]).concat()).unwrap_or_default();
    // A claim of a multiple asks for more than less error.
    let is_plain = claim.is_some_and(|claim| {
        Claim::parse(&claim.text).is_ok_and(|claim| claim.sides_as_written()[1].0 == 1.0 && claim.margin().is_none())
    });
    let line = match claim.map(|claim| claim.verdict).filter(|verdict| is_plain || *verdict == Verdict::Held) {
        Some(Verdict::Held) if several => format!("Yes: {said}"),
        Some(Verdict::Failed) if several => format!("No: {said}"),
        Some(Verdict::Depends) => format!("It depends: {said}"),
        Some(Verdict::NoDifference) => format!("Not clear: {said}"),
        _ => format!("{}{}", verdict(best.code, ratio), among(summary, best)),
    };
    let mut lines = vec![format!("Better than PCA? {line}.")];
    if line.starts_with("No:") && ratio > 1.0 {
        lines.push("Train for more epochs, make layers wider, or use PCA.".to_owned());
    }
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

/// Commands to try next, with a comment each. `folder` is that of the experiment on the data set; `command` is the one that ran the
/// experiment, and `epochs` are those of its first run, if known.
/// `has_weights` is false for a compact record, whose networks cannot be used before they are trained again.
pub(crate) fn next(
    summary: &Summary,
    folder: &Path,
    command: &str,
    epochs: Option<usize>,
    has_weights: bool,
) -> Vec<String> {
    let mut lines: Vec<(String, &str)> = Vec::new();
    // Flags for a single call are removed, so that the command can be run again.
    let words =
        command.split(' ').filter(|word| !["--resume", "--force", "--fail-fast", "--quiet", "--open"].contains(word));
    let again = words.collect::<Vec<_>>().join(" ");
    let is_run = again.split(' ').any(|word| word == "run");
    if let Some(epochs) = epochs.filter(|_| is_run && best(summary).is_some_and(|(_, ratio)| ratio > 1.0)) {
        lines.push((format!("{again} --set training.epochs={} --force", 2 * epochs), "do more epochs help?"));
    }
    let most_seeds = summary.groups.iter().map(|group| group.seeds.len()).max().unwrap_or(0);
    let is_unclear = |claim: &ClaimResult| [Verdict::NoDifference, Verdict::Depends].contains(&claim.verdict);
    if is_run && most_seeds < 2 && !again.contains("--seed") {
        lines.push((format!("{again} --seeds 0,1,2"), "how much do seeds matter?"));
    } else if is_run && most_seeds < SEEDS && summary.claims.iter().any(is_unclear) {
        let seeds: Vec<String> = (0..SEEDS).map(|seed| seed.to_string()).collect();
        lines
            .push((format!("{} --seeds {}", without_seeds(&again), seeds.join(",")), "more seeds: narrower intervals"));
    }
    if let (true, [group]) = (is_run && !again.contains("model.code"), &summary.groups[..]) {
        let middle = group.code.max(2);
        let codes = [middle / 2, middle, 2 * middle].map(|code| code.to_string());
        lines.push((format!("{again} --set 'model.code=[{}]'", codes.join(",")), "which code size is best?"));
    }
    if is_run && !has_weights {
        lines.push((again, "train these networks: the record has no weights"));
    } else if let Some(group) = summary.groups.first() {
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

/// Seeds that make the intervals of an unclear claim narrow.
const SEEDS: usize = 10;

/// A command without its seeds.
fn without_seeds(command: &str) -> String {
    let mut words: Vec<&str> = command.split(' ').collect();
    if let Some(place) = words.iter().position(|word| ["--seeds", "--seed"].contains(word)) {
        words.drain(place..(place + 2).min(words.len()));
    }
    words.join(" ")
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
