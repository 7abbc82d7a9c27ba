//! Tables of an experiment: its claims, its networks, and what its tasks measured.

use canvas::number::fixed;
use figures::summary::{ClaimResult, Group, Spread, Summary, Verdict};
use spec::{Check, subject};

use crate::across::text::{absent, at, chance, denoisers, outcome, place, significant};
use crate::report::document::Block;
use crate::report::words::spread;

/// The verdict on a claim, strong unless it held: so that it is found among those that did.
pub(super) fn verdict(claim: &ClaimResult) -> String {
    match claim.verdict {
        Verdict::Held => claim.verdict.name().to_owned(),
        other => format!("**{}**", other.name()),
    }
}

/// Both sides of a claim, at each code size, and in how many seeds it holds where these disagree.
pub(super) fn numbers(claim: &ClaimResult) -> String {
    let side = |value: Option<f64>| value.map_or_else(|| "not recorded".to_owned(), |value| fixed(value, 5));
    let check = |check: &Check| {
        // Of one place, the verdict says it.
        let outcome = if claim.checks.len() > 1 && check.held.is_some() { outcome(check) } else { "" };
        let space = if outcome.is_empty() { "" } else { " " };
        let (left, right) = (side(check.left), side(check.right));
        format!("{}{left} against {right}{space}{outcome}{}", at(check, ""), chance(check))
    };
    claim.checks.iter().map(check).collect::<Vec<_>>().join("; ")
}

/// How many of its checks speak for a claim, and where the others are.
pub(super) fn counts(claim: &ClaimResult) -> String {
    let held = claim.checks.iter().filter(|check| check.clear() == Some(true)).count();
    let others = claim.checks.iter().filter(|check| check.clear() != Some(true));
    let others: Vec<String> = others.map(|check| place(check, "")).collect();
    let of = format!("true in {held} of {}", claim.checks.len());
    if held == 0 || others.is_empty() { of } else { format!("{of}; not in {}", others.join(", ")) }
}

pub(super) fn networks(summary: &Summary) -> Block {
    let field = |group: &Group, subject: &str, field: &str| group.metric("test", subject, field);
    let mse = |group: &Group, subject: &str| field(group, subject, "mse_per_pixel");
    let corrupted = summary.groups.iter().any(|group| mse(group, subject::CORRUPTED_INPUT).is_some());
    let mut head = ["network", "code", "seeds", "autoencoder", "PCA", "ratio", "mean image", "PSNR (dB)", "SSIM"]
        .map(str::to_owned)
        .to_vec();
    let denoisers = denoisers(&summary.groups);
    head.extend(denoisers.iter().map(|(_, name)| (*name).to_owned()));
    if corrupted {
        head.push("noisy input".to_owned());
    }
    let rows = summary.groups.iter().map(|group| {
        let (own, pca) = (mse(group, subject::AUTOENCODER), mse(group, subject::PCA));
        let mut row = vec![
            group.label.clone(),
            group.code.to_string(),
            group.seeds.len().to_string(),
            spread(own, 5),
            spread(pca, 5),
            group.ratio_to_pca().map_or_else(absent, |ratio| fixed(ratio, 3)),
            spread(mse(group, subject::MEAN_IMAGE), 5),
            spread(field(group, subject::AUTOENCODER, "psnr_db"), 2),
            spread(field(group, subject::AUTOENCODER, "ssim"), 3),
        ];
        row.extend(denoisers.iter().map(|(denoiser, _)| spread(mse(group, denoiser), 5)));
        if corrupted {
            row.push(spread(mse(group, subject::CORRUPTED_INPUT), 5));
        }
        row
    });
    Block::Table { head, rows: rows.collect() }
}

/// What the tasks measured: a row for each number, a column for each network.
pub(super) fn measures(summary: &Summary) -> Option<Block> {
    let row = |(name, values): (String, Vec<Option<Spread>>)| {
        [format!("`{name}`")].into_iter().chain(values.into_iter().map(significant)).collect()
    };
    let rows: Vec<Vec<String>> = summary.measures().into_iter().map(row).collect();
    let head =
        ["measure".to_owned()].into_iter().chain(summary.groups.iter().map(|group| group.label.clone())).collect();
    (!rows.is_empty()).then_some(Block::Folded { title: "What the tasks measured".to_owned(), head, rows })
}
