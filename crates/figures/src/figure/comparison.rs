//! Figure: errors of the networks of an experiment at one code size, with PCA.

use std::collections::BTreeMap;

use spec::subject;

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::{self, against, check_spreads, quotient, ratio};
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Summary};
use canvas::scene::Scene;
use canvas::text::{count, number};

const FIGURE: &str = "comparison";

/// Draws the groups at the code size with the most groups, best first; `None` if every code size has one group.
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
    // The noisy input is left out, because its large error would compress the scale.
    // The baseline is PCA or, if no run has PCA, the other baselines.
    let has_pca = groups.iter().any(|group| mse(group, subject::PCA).is_some());
    let others = if has_pca { &[subject::PCA][..] } else { subject::DENOISERS };
    let subjects: Vec<&'static str> = [subject::AUTOENCODER].into_iter().chain(others.iter().copied()).collect();
    let drawn = groups.iter().flat_map(|group| subjects.iter().filter_map(|of| mse(group, of)));
    check_spreads(FIGURE, "mse_per_pixel", drawn)?;
    let to_pca = |group: &Group| mse(group, subject::PCA).map(|pca| quotient(own(group), pca.mean));
    let pca: Vec<f64> = groups.iter().filter_map(|group| mse(group, subject::PCA)).map(|pca| pca.mean).collect();
    let [least, most] = [f64::min, f64::max].map(|of| pca.iter().copied().reduce(of).unwrap_or_default());
    // If PCA's errors differ, the networks had different data or noise, and their errors are not comparable.
    let alike = most <= 1.01 * least;
    let key = |group: &Group| if alike { own(group) } else { to_pca(group).unwrap_or(f64::INFINITY) };
    groups.sort_by(|a, b| key(a).total_cmp(&key(b)));

    let row = |group: &&Group| Row {
        name: group.network().to_owned(),
        dots: Dot::each(subjects.iter().copied(), |subject| mse(group, subject)),
        note: to_pca(group).map(|to_pca| ratio(to_pca, 1.0)).unwrap_or_default(),
    };
    let rows: Vec<Row> = groups.iter().map(row).collect();
    let ratios: Vec<(&Group, f64)> =
        groups.iter().filter_map(|group| Some((*group, to_pca(group).filter(|ratio| ratio.is_finite())?))).collect();
    let title = match finding::subject(summary, &groups) {
        _ if ratios.is_empty() => title_of_errors(&groups, own, code),
        Some(subject) if ratios.iter().any(|(group, _)| std::ptr::eq(*group, subject)) => {
            title_of_subject(subject, &ratios, code)
        }
        _ => title_of_all(&ratios, code, alike),
    };
    let mut figure = Figure::new(&title, &about_experiment(summary))?;
    let note_title = if rows.iter().any(|row| !row.note.is_empty()) { "ratio to PCA" } else { "" };
    let titles = ("test MSE per pixel", note_title);
    let bottom = dumbbell::draw(&mut figure.scene, figure.top, &rows, titles, Scale::Linear)?;
    let several = groups.iter().any(|group| group.seeds.len() > 1);
    let caption = if several { "Dots: mean over seeds. Bars: one standard deviation either side." } else { "" };
    figure.finish(bottom, caption).map(Some)
}

/// Title with the network that the experiment is about, and the best network if it is a different one.
fn title_of_subject(subject: &Group, ratios: &[(&Group, f64)], code: usize) -> String {
    let of = |group: &Group| ratios.iter().find(|(other, _)| std::ptr::eq(*other, group)).map_or(f64::NAN, |of| of.1);
    let own = against(of(subject), "PCA's");
    let (at, name) = (count(code), subject.network());
    match ratios.iter().min_by(|a, b| a.1.total_cmp(&b.1)) {
        Some((best, least)) if !std::ptr::eq(*best, subject) => format!(
            "At {at} code units, the error of “{name}” is {own}; the lowest is {}, of “{}”",
            number(*least),
            best.network()
        ),
        _ => format!("At {at} code units, “{name}” has the lowest test error: {own}"),
    }
}

/// Title with the best and the worst network, as ratios to PCA.
fn title_of_all(ratios: &[(&Group, f64)], code: usize, alike: bool) -> String {
    let by = |a: &&(&Group, f64), b: &&(&Group, f64)| a.1.total_cmp(&b.1);
    let (Some((best, least)), Some((worst, most))) = (ratios.iter().min_by(by), ratios.iter().max_by(by)) else {
        return String::new();
    };
    let images = if alike { "" } else { " on the same images" };
    let lowest = against(*least, "PCA's");
    let (at, [least, most]) = (count(code), [*least, *most].map(number));
    if least == most {
        return format!("At {at} code units, the test error of every network is {least} times PCA's{images}");
    }
    let (best, worst) = (best.network(), worst.network());
    format!(
        "At {at} code units, “{best}” has the lowest test error, {lowest}{images}; “{worst}” the highest, {most} times"
    )
}

/// Title with the best and the worst network, without PCA.
fn title_of_errors(groups: &[&Group], error: impl Fn(&Group) -> f64, code: usize) -> String {
    let by = |a: &&&Group, b: &&&Group| error(a).total_cmp(&error(b));
    let (Some(best), Some(worst)) = (groups.iter().min_by(by), groups.iter().max_by(by)) else { return String::new() };
    format!(
        "At {} code units, “{}” has the lowest test error, {} per pixel; “{}” the highest, {}",
        count(code),
        best.network(),
        number(error(best)),
        worst.network(),
        number(error(worst))
    )
}
