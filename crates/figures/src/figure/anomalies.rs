//! How well error tells each class that was left out of training from the others.

use spec::subject::{AUTOENCODER, KTH_NEIGHBOUR, PCA};

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::check_spreads;
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Summary};
use canvas::scene::Scene;

const FIGURE: &str = "anomalies";
const FIELD: &str = "left_out_auroc";
const SUBJECTS: [&str; 3] = [AUTOENCODER, PCA, KTH_NEIGHBOUR];

/// Draws the groups that a class was left out of, in their order; `None` where there is none.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let auroc = |group: &Group, of: &str| group.metric("test", of, FIELD);
    let groups: Vec<&Group> = summary.groups.iter().filter(|group| auroc(group, AUTOENCODER).is_some()).collect();
    if groups.is_empty() {
        return Ok(None);
    }
    let row = |group: &&Group| Row {
        name: group.network().to_owned(),
        dots: Dot::each(SUBJECTS, |subject| auroc(group, subject)),
        note: auroc(group, AUTOENCODER).map_or_else(String::new, |spread| format!("{:.3}", spread.mean)),
    };
    let rows: Vec<Row> = groups.iter().map(row).collect();
    let drawn = groups.iter().flat_map(|group| SUBJECTS.iter().filter_map(|subject| auroc(group, subject)));
    check_spreads(FIGURE, FIELD, drawn)?;
    let mean = |of: &str| {
        let values: Option<Vec<f64>> = groups.iter().map(|group| auroc(group, of).map(|spread| spread.mean)).collect();
        values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
    };
    let wins = |of: &str| {
        let won =
            |group: &&&Group| auroc(group, AUTOENCODER).zip(auroc(group, of)).is_some_and(|(a, b)| a.mean > b.mean);
        groups.iter().filter(won).count()
    };
    let part = |of: &str, whom: &str| {
        mean(of).map_or_else(String::new, |mean| format!(", {mean:.2} by {whom} (beaten {} times)", wins(of)))
    };
    let Some(own) = mean(AUTOENCODER) else { return Ok(None) };
    let title = format!(
        "A class left out is told with an AUROC of {own:.2} on average over {}{}{}",
        groups.len(),
        part(PCA, "PCA's error"),
        part(KTH_NEIGHBOUR, "distance to training images")
    );
    let mut figure = Figure::new(&title, &about_experiment(summary))?;
    let titles = ("area under the receiver operating characteristic", "autoencoder");
    let bottom = dumbbell::draw(&mut figure.scene, figure.top, &rows, titles, Scale::Close)?;
    figure
        .finish(
            bottom,
            "0.5 is guessing. Each row: trained without that class. Bars: one standard deviation over seeds.",
        )
        .map(Some)
}
