//! Figure: a ranking of networks pretrained on other images, networks trained from scratch, and PCA.

use spec::subject;

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::{self, Comparison, check_spreads, excess, ratio, share};
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Spread, Summary};
use canvas::scene::Scene;

const FIGURE: &str = "transfer";

/// Ratio of the error with transfer to the error without, above which transfer gains little.
const LITTLE: f64 = 0.9;

/// Variants of PCA, with their names.
const WAYS: [(&str, &str); 3] = [
    (subject::PCA, "PCA, fit on the target"),
    (subject::PCA_TUNED, "PCA of the source, decoder refit"),
    (subject::PCA_SOURCE, "PCA of the source, as it is"),
];

/// Draws all groups at the code size of the first transferred group, best first; `None` if none is transferred.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let error = |group: &Group, of: &str| group.metric("test", of, "mse_per_pixel");
    let transferred = |group: &&Group| error(group, subject::PCA_SOURCE).is_some();
    let Some(first) = summary.groups.iter().find(transferred) else { return Ok(None) };
    let groups: Vec<&Group> = summary.groups.iter().filter(|group| group.code == first.code).collect();
    let own = groups.iter().filter_map(|group| {
        error(group, subject::AUTOENCODER).map(|spread| (subject::AUTOENCODER, group.network().to_owned(), spread))
    });
    let linear = WAYS
        .iter()
        .filter_map(|(of, called)| error(first, of).map(|spread| (subject::PCA, (*called).to_owned(), spread)));
    let mut ranked: Vec<(&'static str, String, Spread)> = own.chain(linear).collect();
    check_spreads(FIGURE, "mse_per_pixel", ranked.iter().map(|(.., spread)| *spread))?;
    ranked.sort_by(|a, b| a.2.mean.total_cmp(&b.2.mean));
    let pca = error(first, subject::PCA).map(|spread| spread.mean);
    let rows: Vec<Row> = ranked
        .into_iter()
        .map(|(subject, name, Spread { mean, std })| Row {
            name,
            dots: vec![Dot { subject, value: mean, std }],
            note: pca.map(|pca| ratio(mean, pca)).unwrap_or_default(),
        })
        .collect();

    let least = |of: &dyn Fn(&&Group) -> bool| {
        let errors = groups
            .iter()
            .copied()
            .filter(|group| of(group))
            .filter_map(|group| error(group, subject::AUTOENCODER).map(|spread| (spread.mean, group.network())));
        errors.min_by(|a, b| a.0.total_cmp(&b.0))
    };
    let Some(best) = least(&transferred) else { return Ok(None) };
    let title = title(best, least(&|group| !transferred(group)), pca);
    let mut figure = Figure::new(&title, &about_experiment(summary))?;
    let note = if pca.is_some() { "ratio to PCA's" } else { "" };
    let titles = ("test MSE per pixel of the target", note);
    let bottom = dumbbell::draw(&mut figure.scene, figure.top, &rows, titles, Scale::Linear)?;
    figure.finish(bottom, "Ratios are to PCA fit on the target. Bars: one standard deviation over seeds.").map(Some)
}

fn title((error, best): (f64, &str), scratch: Option<(f64, &str)>, pca: Option<f64>) -> String {
    let against_pca = match pca.map(|pca| Comparison::of(error, pca)) {
        Some(Comparison::Wins(ratio)) => format!("{} of PCA's", share(ratio)),
        Some(Comparison::Loses(ratio)) if !ratio.is_finite() => "above PCA's of 0".to_owned(),
        Some(Comparison::Loses(ratio)) => format!("{} times PCA's", finding::ratio(ratio, 1.0)),
        Some(Comparison::Ties) => "the same as PCA's".to_owned(),
        None => "the lowest".to_owned(),
    };
    match scratch.map(|(other, name)| (Comparison::of(error, other), name)) {
        Some((Comparison::Wins(ratio), name)) => {
            let gain = if ratio > LITTLE { "Transfer gains little" } else { "Transfer pays" };
            let share = share(ratio);
            format!(
                "{gain}: its best network, “{best}”, has {share} of the error of “{name}”, the best without it; {against_pca}"
            )
        }
        Some((Comparison::Loses(ratio), name)) if !ratio.is_finite() => {
            format!(
                "Transfer does not pay: its best network, “{best}”, has an error, and “{name}”, the best without it, has none"
            )
        }
        Some((Comparison::Loses(ratio), name)) => format!(
            "Transfer does not pay: the error of its best network, “{best}”, is {} than that of “{name}”, the best without it",
            excess(ratio)
        ),
        Some((Comparison::Ties, name)) => {
            format!(
                "Transfer changes nothing: its best network, “{best}”, does as well as “{name}”, the best without it"
            )
        }
        None => format!("Best after transfer: “{best}”, whose error is {against_pca}"),
    }
}
