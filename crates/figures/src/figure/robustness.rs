//! Error of each network under kinds of corruption that it may never have met.

use spec::subject;
use spec::subject::DENOISERS;

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::{check_spreads, ratio};
use crate::figure::kit::theme::about_experiment;
use crate::figure::kit::theme::{Figure, look};
use crate::summary::{Group, Summary};
use canvas::scene::Scene;
use canvas::text::list;

const FIGURE: &str = "robustness";

const KINDS: [(&str, &str); 3] = [
    ("mse_under_gaussian", "Gaussian, sigma 0.5"),
    ("mse_under_masking", "half masked"),
    ("mse_under_salt_and_pepper", "salt and pepper, 0.25"),
];

/// Draws the groups that were measured, kind by kind; `None` where none was.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let error = |group: &Group, of: &str, kind: &str| group.metric("test", of, kind);
    let groups: Vec<&Group> =
        summary.groups.iter().filter(|group| error(group, subject::AUTOENCODER, KINDS[0].0).is_some()).collect();
    if groups.is_empty() {
        return Ok(None);
    }
    let others: Vec<&'static str> = [subject::PCA].into_iter().chain(DENOISERS.iter().copied()).collect();
    let subjects = [subject::AUTOENCODER].into_iter().chain(others.iter().copied()).chain([subject::CORRUPTED_INPUT]);
    let mut rows = Vec::new();
    // How many kinds each network, and then each of the others, is best at.
    let mut wins = vec![0; groups.len() + others.len()];
    for (kind, name) in KINDS {
        let mean = |group: &Group, of: &str| error(group, of, kind).map_or(f64::INFINITY, |spread| spread.mean);
        let least = |of: &str| groups.iter().map(|group| mean(group, of)).fold(f64::INFINITY, f64::min);
        let errors =
            groups.iter().map(|group| mean(group, subject::AUTOENCODER)).chain(others.iter().copied().map(least));
        if let Some((best, _)) = errors.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)) {
            wins[best] += 1;
        }
        for group in &groups {
            let dots = Dot::each(subjects.clone(), |subject| error(group, subject, kind));
            let drawn = subjects.clone().filter_map(|subject| error(group, subject, kind));
            check_spreads(FIGURE, kind, drawn)?;
            let to_pca = error(group, subject::PCA, kind).map(|pca| ratio(mean(group, subject::AUTOENCODER), pca.mean));
            rows.push(Row { name: format!("{name}: {}", group.network()), dots, note: to_pca.unwrap_or_default() });
        }
    }
    let names = groups.iter().map(|group| group.network()).chain(others.iter().map(|of| look(of).0));
    let most = wins.iter().copied().max().unwrap_or(0);
    let first: Vec<String> =
        names.zip(&wins).filter(|(_, wins)| **wins == most).map(|(name, _)| name.to_owned()).collect();
    let each = if first.len() > 1 { " each" } else { "" };
    let title = format!("Lowest error under {most} of {} kinds of corruption{each}: {}", KINDS.len(), list(&first));
    let mut figure = Figure::new(&title, &about_experiment(summary))?;
    let titles = ("test MSE per pixel against the clean image", "ratio to PCA");
    let bottom = dumbbell::draw(&mut figure.scene, figure.top, &rows, titles, Scale::Linear)?;
    figure
        .finish(
            bottom,
            "Bars: one standard deviation over seeds. The name of a network says what, if anything, it was trained on.",
        )
        .map(Some)
}
