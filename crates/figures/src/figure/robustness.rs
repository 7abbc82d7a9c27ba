//! Figure: error of each network under several kinds of corruption, including kinds that training did not use.

use spec::subject;
use spec::subject::DENOISERS;

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::{self, check_spreads, quotient, ratio};
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Summary};
use canvas::scene::Scene;
use canvas::text::number;

const FIGURE: &str = "robustness";

const KINDS: [(&str, &str); 3] = [
    ("mse_under_gaussian", "Gaussian, sigma 0.5"),
    ("mse_under_masking", "half masked"),
    ("mse_under_salt_and_pepper", "salt and pepper, 0.25"),
];

/// Draws the groups with these errors, kind by kind; `None` if there are none.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let error = |group: &Group, of: &str, kind: &str| group.metric("test", of, kind);
    let groups: Vec<&Group> =
        summary.groups.iter().filter(|group| error(group, subject::AUTOENCODER, KINDS[0].0).is_some()).collect();
    if groups.is_empty() {
        return Ok(None);
    }
    let others = DENOISERS.iter().copied().chain([subject::CORRUPTED_INPUT]);
    let subjects = [subject::AUTOENCODER, subject::PCA].into_iter().chain(others);
    let mut rows = Vec::new();
    let about = finding::subject(summary, &groups);
    // Ratios to PCA's error, for each network and kind in the title.
    let mut ratios: Vec<f64> = Vec::new();
    for (kind, name) in KINDS {
        for group in &groups {
            let dots = Dot::each(subjects.clone(), |subject| error(group, subject, kind));
            let drawn = subjects.clone().filter_map(|subject| error(group, subject, kind));
            check_spreads(FIGURE, kind, drawn)?;
            let own = error(group, subject::AUTOENCODER, kind);
            let to_pca = own.zip(error(group, subject::PCA, kind)).map(|(own, pca)| quotient(own.mean, pca.mean));
            ratios.extend(to_pca.filter(|_| about.is_none_or(|about| std::ptr::eq(about, *group))));
            let note = to_pca.map(|to_pca| ratio(to_pca, 1.0)).unwrap_or_default();
            rows.push(Row { name: format!("{name}: {}", group.network()), dots, note });
        }
    }
    let title = title(about.map(Group::network), &ratios);
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

/// Title with the number of cases in which the network of the experiment, or any network, is better than PCA.
fn title(network: Option<&str>, ratios: &[f64]) -> String {
    let (least, most) =
        ratios.iter().fold((f64::INFINITY, 0.0_f64), |(least, most), ratio| (least.min(*ratio), most.max(*ratio)));
    let won = ratios.iter().filter(|ratio| **ratio < 1.0).count();
    let who = network.map_or_else(|| "the networks beat".to_owned(), |network| format!("“{network}” beats"));
    match ratios.len() {
        0 => "Test error of each network under three kinds of noise".to_owned(),
        all => format!(
            "Under three kinds of noise, {who} PCA in {won} of {all} cases, with {} to {} times its error",
            number(least),
            number(most)
        ),
    }
}
