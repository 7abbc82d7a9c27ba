//! Prints a summary as a table for a terminal.

use std::path::{Path, PathBuf};

use record::folders::{names, summary_file};
use spec::Check;
use spec::subject;
use spec::subject::DENOISERS;

use crate::across::answer;
use crate::across::words::at;
use crate::error::Error;
use canvas::number::fixed;
use figures::summary::{ClaimResult, Group, Spread, Summary, Verdict};

const FIELD: &str = "mse_per_pixel";
/// Largest number of networks in a table, and of checks listed for a claim; the report has all.
pub(crate) const WIDEST: usize = 6;

/// The verdicts on the claims of several experiments, as lines that end in `\n`: a line for each experiment, then the
/// claims that did not hold. An experiment whose summary cannot be read has a line that says so, and its error is in
/// the list of errors.
pub fn verdicts(folders: &[PathBuf]) -> (String, Vec<Error>) {
    let head = ["experiment", "networks"].into_iter().chain(Verdict::ALL.map(Verdict::name));
    let mut rows: Vec<Vec<String>> = vec![head.chain(["runs not complete"]).map(str::to_owned).collect()];
    let (mut notes, mut failed) = (String::new(), Vec::new());
    let without = |folder: &Path, runs: &str| {
        let (experiment, dataset) = names(folder);
        let mut row = vec![format!("{experiment} on {dataset}")];
        row.resize(Verdict::ALL.len() + 2, absent());
        row.push(runs.to_owned());
        row
    };
    for folder in folders {
        if !summary_file(folder).exists() {
            rows.push(without(folder, "all"));
            continue;
        }
        let summary = match Summary::read(folder) {
            Ok(summary) => summary,
            Err(error) => {
                rows.push(without(folder, "not read"));
                failed.push(error.into());
                continue;
            }
        };
        let title = format!("{} on {}", summary.experiment, summary.dataset);
        let count = |number: usize| if number == 0 { absent() } else { number.to_string() };
        let claims = |verdict| count(summary.claims.iter().filter(|claim| claim.verdict == verdict).count());
        let mut row = vec![title.clone(), summary.groups.len().to_string()];
        row.extend(Verdict::ALL.map(claims));
        row.push(count(summary.incomplete.len()));
        rows.push(row);
        for claim in summary.claims.iter().filter(|claim| claim.verdict != Verdict::Held) {
            notes += &format!("  {:<19}  {}: {}\n", claim.verdict.name(), summary.experiment, claim.text);
        }
    }
    let notes = if notes.is_empty() { notes } else { format!("\n{notes}") };
    (format!("{}{notes}", align(&rows)), failed)
}

/// A summary as lines that end in `\n`: test errors of every network and its baselines, then each claim with its
/// numbers.
pub fn summary(summary: &Summary) -> String {
    let mut text = format!("{} on {}: {}\n\n", summary.experiment, summary.dataset, summary.question);
    text += &networks(&summary.groups, if summary.is_of_images() { "pixel" } else { "value" });
    text += &measures(summary);
    if !summary.warnings.is_empty() {
        text += "\nwarnings\n";
        summary.warnings.iter().for_each(|warning| text += &format!("  {warning}\n"));
    }
    if !summary.incomplete.is_empty() {
        text += "\nleft out, not complete\n";
        summary.incomplete.iter().for_each(|run| text += &format!("  {run}\n"));
    }
    if !summary.claims.is_empty() {
        text += "\nclaims\n";
        summary.claims.iter().for_each(|claim| text += &claim_lines(claim));
    }
    let answer = answer::plain(summary);
    if !answer.is_empty() {
        text += "\nanswer\n";
        answer.iter().for_each(|line| text += &format!("  {line}\n"));
    }
    text
}

/// The measures of tasks: a line for each number, a column for each network.
fn measures(summary: &Summary) -> String {
    let measures = summary.measures();
    if measures.is_empty() || summary.groups.len() > WIDEST {
        return String::new();
    }
    let head = ["measured, on the test split unless named".to_owned()];
    let mut rows: Vec<Vec<String>> =
        vec![head.into_iter().chain(summary.groups.iter().map(|group| group.label.clone())).collect()];
    rows.extend(
        measures
            .into_iter()
            .map(|(name, values)| [name].into_iter().chain(values.into_iter().map(significant)).collect()),
    );
    format!("\n{}", align(&rows))
}

/// Mean with four significant digits, and the standard deviation unless it would be shown as 0.
pub(crate) fn significant(value: Option<Spread>) -> String {
    let Some(Spread { mean, std }) = value else { return absent() };
    let magnitude = mean.abs().max(1e-9).log10().floor();
    let decimals = (3.0 - magnitude).clamp(0.0, 6.0) as usize;
    let shown = std.filter(|std| *std >= 0.5 * 0.1_f64.powi(decimals as i32));
    let std = shown.map_or_else(String::new, |std| format!(" ± {}", fixed(std, decimals)));
    format!("{}{std}", fixed(mean, decimals))
}

/// One line for each network: test errors of the network and of PCA, their ratio and, with corruption, the error of the
/// noisy input. `value` names what errors are averaged over: pixel or value.
fn networks(groups: &[Group], value: &str) -> String {
    let test = |group: &Group, subject: &str| group.metric("test", subject, FIELD);
    let corrupted = groups.iter().any(|group| test(group, subject::CORRUPTED_INPUT).is_some());
    let mut rows = vec![vec![
        "network".to_owned(),
        "code".to_owned(),
        "seeds".to_owned(),
        "autoencoder".to_owned(),
        "PCA".to_owned(),
        "ratio".to_owned(),
    ]];
    let denoisers = denoisers(groups);
    rows[0].extend(denoisers.iter().map(|(_, name)| (*name).to_owned()));
    if corrupted {
        rows[0].push("noisy input".to_owned());
    }
    for group in groups {
        let (own, pca) = (test(group, subject::AUTOENCODER), test(group, subject::PCA));
        let mut row = vec![
            group.label.clone(),
            group.code.to_string(),
            group.seeds.len().to_string(),
            spread(own),
            spread(pca),
            group.ratio_to_pca().map_or_else(absent, |ratio| fixed(ratio, 3)),
        ];
        row.extend(denoisers.iter().map(|(denoiser, _)| spread(test(group, denoiser))));
        if corrupted {
            row.push(spread(test(group, subject::CORRUPTED_INPUT)));
        }
        rows.push(row);
    }
    let mut text = align(&rows);
    let over =
        if groups.iter().any(|group| group.seeds.len() > 1) { ", mean and standard deviation over seeds" } else { "" };
    text += &format!("  test MSE per {value}{over}\n");
    text
}

/// The denoisers that at least one network is compared with, and their names.
pub(crate) fn denoisers(groups: &[Group]) -> Vec<(&'static str, &'static str)> {
    let measured = |of: &&str| groups.iter().any(|group| group.metric("test", of, FIELD).is_some());
    DENOISERS.iter().copied().filter(measured).map(|denoiser| (denoiser, subject::title(denoiser))).collect()
}

fn claim_lines(claim: &ClaimResult) -> String {
    let mut text = format!("  {:<19}  {}\n", claim.verdict.name(), claim.text);
    if claim.checks.len() > WIDEST {
        let held = claim.checks.iter().filter(|check| check.clear() == Some(true)).count();
        return text + &format!("  {:<21}at {held} of {} places; summary.json has each\n", "", claim.checks.len());
    }
    for check @ Check { left, right, .. } in &claim.checks {
        let at = at(check, "code ");
        let side = |value: &Option<f64>| value.map_or_else(|| "not recorded".to_owned(), |value| fixed(value, 6));
        // With one check, the verdict has the outcome.
        let verdict = if claim.checks.len() > 1 || check.held.is_none() { outcome(check) } else { "" };
        let space = if verdict.is_empty() { "" } else { "  " };
        let (left, right, chance) = (side(left), side(right), chance(check));
        text += &format!("  {:<21}{at}{left} against {right}{space}{verdict}{chance}\n", "");
    }
    text
}

/// Outcome of a check in words; empty if the claim is true there.
pub(crate) fn outcome(check: &Check) -> &'static str {
    match (check.held, check.clear()) {
        (None, _) => "open",
        (_, None) if check.knows_chance() => "no difference found",
        (Some(false), _) | (_, Some(false)) => "does not hold",
        (Some(true), _) => "",
    }
}

/// The difference and its interval, such as ` (difference -0.0115, 95 % -0.0118 to -0.0112)`. For older records, the
/// number of seeds in which the comparison holds.
pub(crate) fn chance(check: &Check) -> String {
    let Some(difference) = check.difference else { return seeds(check) };
    let Some((low, high)) = check.low.zip(check.high) else {
        return format!(" (difference {}, of a single seed)", digits(difference));
    };
    if low == high {
        return format!(" (difference {}, the same in every seed)", digits(difference));
    }
    let decimals = decimals(high - low, &[low, high]);
    let [difference, low, high] = [difference, low, high].map(|value| fixed(value, decimals));
    format!(" (difference {difference}, 95 % {low} to {high})")
}

/// Decimals that show the first digit of an interval's width, and more if an end of the interval would be shown as 0.
fn decimals(width: f64, ends: &[f64]) -> usize {
    const MOST: usize = 9;
    let decimals = (-width.log10()).ceil().clamp(0.0, MOST as f64) as usize;
    let is_hidden =
        |decimals: &usize| ends.iter().any(|end| *end != 0.0 && end.abs() < 0.5 * 0.1_f64.powi(*decimals as i32));
    (decimals..MOST).find(|decimals| !is_hidden(decimals)).unwrap_or(MOST)
}

/// A number with four significant digits.
fn digits(value: f64) -> String {
    significant(Some(Spread { mean: value, std: None }))
}

/// Number of seeds in which a comparison holds; empty if it is the same in all seeds.
pub(crate) fn seeds(check: &Check) -> String {
    match check.seeds {
        Some([held, all]) if 0 < held && held < all => format!(" (true in {held} of {all} seeds)"),
        _ => String::new(),
    }
}

fn spread(value: Option<Spread>) -> String {
    match value {
        Some(Spread { mean, std: Some(std) }) => format!("{} ± {}", fixed(mean, 6), fixed(std, 6)),
        Some(Spread { mean, std: None }) => fixed(mean, 6),
        None => absent(),
    }
}

pub(crate) fn absent() -> String {
    "–".to_owned()
}

/// Columns as wide as their widest cell; the first is aligned left, the others right.
pub(crate) fn align(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            text += &if column == 0 { format!("  {cell:<width$}") } else { format!("  {cell:>width$}") };
        }
        text.push('\n');
    }
    text
}
