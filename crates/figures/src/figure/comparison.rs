//! The networks of an experiment at one code size, beside PCA.

use std::collections::BTreeMap;

use spec::subject;

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::{Comparison, check_spreads, excess, quotient, ratio, share};
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Summary};
use canvas::scene::Scene;
use canvas::text::number;

const FIGURE: &str = "comparison";

/// Draws the groups at the code size that has most of them, best first; `None` where every code size has one.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let mut by_code: BTreeMap<usize, Vec<&Group>> = BTreeMap::new();
    for group in &summary.groups {
        if group.metric("test", subject::AUTOENCODER, "mse_per_pixel").is_some() {
            by_code.entry(group.code).or_default().push(group);
        }
    }
    let most = by_code.into_iter().max_by_key(|(code, groups)| (groups.len(), *code));
    let Some((code, mut groups)) = most.filter(|(_, groups)| groups.len() > 1) else { return Ok(None) };

    let mse = |group: &Group, of: &str| group.metric("test", of, "mse_per_pixel");
    let own = |group: &Group| mse(group, subject::AUTOENCODER).map_or(f64::NAN, |spread| spread.mean);
    // Not the corrupted input: where there is one, its error would leave no room for the rest.
    let subjects = [subject::AUTOENCODER, subject::PCA];
    let drawn = groups.iter().flat_map(|group| subjects.iter().filter_map(|of| mse(group, of)));
    check_spreads(FIGURE, "mse_per_pixel", drawn)?;
    let to_pca = |group: &Group| mse(group, subject::PCA).map(|pca| quotient(own(group), pca.mean));
    let pca: Vec<f64> = groups.iter().filter_map(|group| mse(group, subject::PCA)).map(|pca| pca.mean).collect();
    let [least, most] = [f64::min, f64::max].map(|of| pca.iter().copied().reduce(of).unwrap_or_default());
    // Of other data or noise, which PCA's error betrays, networks' errors say nothing of one another.
    let alike = most <= 1.01 * least;
    let key = |group: &Group| if alike { own(group) } else { to_pca(group).unwrap_or(f64::INFINITY) };
    groups.sort_by(|a, b| key(a).total_cmp(&key(b)));

    let row = |group: &&Group| Row {
        name: group.network().to_owned(),
        dots: Dot::each(subjects, |subject| mse(group, subject)),
        note: to_pca(group).map(|to_pca| ratio(to_pca, 1.0)).unwrap_or_default(),
    };
    let rows: Vec<Row> = groups.iter().map(row).collect();
    let ratios: Vec<(&Group, f64)> =
        groups.iter().filter_map(|group| Some((*group, to_pca(group).filter(|ratio| ratio.is_finite())?))).collect();
    let title = match (groups.first(), ratios.first(), ratios.last()) {
        (_, Some(best), Some(worst)) if !alike => title_of_ratios(*best, *worst, code),
        (Some(best), ..) => title(best, own(best), mse(best, subject::PCA).map(|spread| spread.mean), code),
        (None, ..) => String::new(),
    };
    let mut figure = Figure::new(&title, &about_experiment(summary))?;
    let note_title = if rows.iter().any(|row| !row.note.is_empty()) { "ratio to PCA" } else { "" };
    let titles = ("test MSE per pixel", note_title);
    let bottom = dumbbell::draw(&mut figure.scene, figure.top, &rows, titles, Scale::Linear)?;
    let several = groups.iter().any(|group| group.seeds.len() > 1);
    let caption = if several { "Dots: mean over seeds. Bars: one standard deviation either side." } else { "" };
    figure.finish(bottom, caption).map(Some)
}

/// Where each network is held against PCA alone.
fn title_of_ratios((best, least): (&Group, f64), (worst, most): (&Group, f64), code: usize) -> String {
    format!(
        "At {code} code units errors are {} ({}) to {} ({}) of PCA's on the same images",
        ratio(least, 1.0),
        best.network(),
        ratio(most, 1.0),
        worst.network()
    )
}

fn title(best: &Group, error: f64, pca: Option<f64>, code: usize) -> String {
    let name = best.network();
    match pca.map(|pca| Comparison::of(error, pca)) {
        Some(Comparison::Wins(ratio)) => {
            format!("Lowest test error at {code} code units: {name}, {} of PCA's", share(ratio))
        }
        Some(Comparison::Loses(ratio)) => {
            format!("PCA beats every network at {code} code units; the best, {name}, has an error {}", excess(ratio))
        }
        Some(Comparison::Ties) => format!("The best network at {code} code units, {name}, does as well as PCA"),
        None => format!("Lowest test error at {code} code units: {name}, {} per pixel", number(error)),
    }
}
