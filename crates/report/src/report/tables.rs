//! Tables of an experiment: claims, networks, and measures of tasks.

use canvas::number::fixed;
use figures::summary::{ClaimResult, Spread, Summary, Verdict};
use spec::{Check, Claim, subject};

use crate::across::sentence::beside;
use crate::across::text::{absent, chance, denoisers, outcome, significant};
use crate::across::words::{at, place, significant_digits};
use crate::report::document::{Block, Row};
use crate::report::strip::Mark;
use crate::report::words::spread;

/// The verdict on a claim. All but `held` are bold, so that they stand out.
pub(super) fn verdict(claim: &ClaimResult) -> String {
    match claim.verdict {
        Verdict::Held => claim.verdict.name().to_owned(),
        other => format!("**{}**", other.name()),
    }
}

/// Both sides of a claim for each check, such as `code 8: 1.19 < 0.5 × 198 = 99.1`.
pub(super) fn numbers(claim: &ClaimResult) -> String {
    let factors = Claim::parse(&claim.text)
        .map(|claim| claim.sides_as_written().map(|(factor, metric)| (factor, metric.is_some())));
    let [left_factor, right_factor] = factors.unwrap_or([(1.0, false); 2]);
    // A multiple is written as a product, then as its value.
    let side = |value: f64, other: f64, (factor, is_multiple): (f64, bool)| {
        let shown = beside(value, other);
        if is_multiple && factor != 1.0 {
            format!("{factor} × {} = {shown}", significant_digits(value / factor, 3))
        } else {
            shown
        }
    };
    let check = |check: &Check| {
        // With one check, the verdict has the outcome.
        let outcome = if claim.checks.len() > 1 && check.held.is_some() { outcome(check) } else { "" };
        let comma = if outcome.is_empty() { "" } else { ", " };
        let sides = match (check.left, check.right) {
            (Some(left), Some(right)) => {
                let sign = if left < right {
                    "<"
                } else if left > right {
                    ">"
                } else {
                    "="
                };
                let (first, second) = (side(left, right, left_factor), side(right, left, right_factor));
                format!("{first} {sign} {second}")
            }
            (left, right) => {
                let side =
                    |value: Option<f64>| value.map_or_else(|| "not recorded".to_owned(), |value| beside(value, value));
                format!("{} against {}", side(left), side(right))
            }
        };
        format!("{}{sides}{comma}{outcome}{}", at(check, "code "), chance(check))
    };
    claim.checks.iter().map(check).collect::<Vec<_>>().join("; ")
}

/// Number of true checks of a claim, and the places of the others.
pub(super) fn counts(claim: &ClaimResult) -> String {
    let held = claim.checks.iter().filter(|check| check.clear() == Some(true)).count();
    let others = claim.checks.iter().filter(|check| check.clear() != Some(true));
    let others: Vec<String> = others.map(|check| place(check, "code ")).collect();
    let of = format!("true in {held} of {}", claim.checks.len());
    if held == 0 || others.is_empty() { of } else { format!("{of}; not in {}", others.join(", ")) }
}

/// A mark for each check of a claim.
pub(super) fn marks(claim: &ClaimResult) -> Vec<Mark> {
    let less = Claim::parse(&claim.text).is_ok_and(|claim| claim.asks_for_less());
    claim.checks.iter().map(|check| Mark::of(check, less, true)).collect()
}

/// A row for each claim: verdict, claim and numbers.
pub(super) fn claims(summary: &Summary) -> Vec<Row> {
    let row = |claim: &ClaimResult| Row {
        verdict: claim.verdict,
        verdict_at: 0,
        subjects: Vec::new(),
        cells: vec![verdict(claim), format!("`{}`", claim.text), numbers(claim)],
        checks: marks(claim),
    };
    summary.claims.iter().map(row).collect()
}

/// Test errors of each network and of its baselines. A column is left out if no network has its number.
pub(super) fn networks(summary: &Summary) -> Block {
    let mean_row = if summary.is_of_images() { "mean image" } else { "mean row" };
    let mut columns = vec![
        ("autoencoder", subject::AUTOENCODER, "mse_per_pixel", 5),
        ("PCA", subject::PCA, "mse_per_pixel", 5),
        (mean_row, subject::MEAN_IMAGE, "mse_per_pixel", 5),
        ("PSNR (dB)", subject::AUTOENCODER, "psnr_db", 2),
        ("SSIM", subject::AUTOENCODER, "ssim", 3),
    ];
    columns.extend(denoisers(&summary.groups).into_iter().map(|(denoiser, name)| (name, denoiser, "mse_per_pixel", 5)));
    columns.push(("noisy input", subject::CORRUPTED_INPUT, "mse_per_pixel", 5));
    columns.retain(|(_, of, field, _)| summary.groups.iter().any(|group| group.metric("test", of, field).is_some()));
    let has_ratio = summary.groups.iter().any(|group| group.ratio_to_pca().is_some());

    let mut head = vec!["network", "code", "seeds"];
    head.extend(columns.iter().map(|(name, ..)| *name));
    head.extend(has_ratio.then_some("ratio to PCA"));
    let rows = summary.groups.iter().map(|group| {
        let mut row = vec![group.label.clone(), group.code.to_string(), group.seeds.len().to_string()];
        row.extend(columns.iter().map(|(_, of, field, decimals)| spread(group.metric("test", of, field), *decimals)));
        row.extend(has_ratio.then(|| group.ratio_to_pca().map_or_else(absent, |ratio| fixed(ratio, 3))));
        row
    });
    Block::Table { rows: rows.collect(), head: head.into_iter().map(str::to_owned).collect() }
}

/// The measures of tasks: a row for each number, a column for each network.
pub(super) fn measures(summary: &Summary) -> Option<Block> {
    let row = |(name, values): (String, Vec<Option<Spread>>)| {
        [format!("`{name}`")].into_iter().chain(values.into_iter().map(significant)).collect()
    };
    let rows: Vec<Vec<String>> = summary.measures().into_iter().map(row).collect();
    let head =
        ["measure".to_owned()].into_iter().chain(summary.groups.iter().map(|group| group.label.clone())).collect();
    (!rows.is_empty()).then_some(Block::Folded { title: "What the tasks measured".to_owned(), head, rows })
}
