//! Figure: AUROC of the error for each class that was left out of training.

use spec::subject::{AUTOENCODER, KTH_NEIGHBOUR, PCA};

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::check_spreads;
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Summary};
use canvas::scene::Scene;
use canvas::text::{list, number};

const FIGURE: &str = "anomalies";
const FIELD: &str = "left_out_auroc";
/// Area under the curve of random guesses.
const GUESSING: f64 = 0.5;
const SUBJECTS: [&str; 3] = [AUTOENCODER, PCA, KTH_NEIGHBOUR];

/// Draws the groups trained without a class, in their order; `None` if there are none.
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
    let Some(own) = mean(AUTOENCODER) else { return Ok(None) };
    let below: Vec<&&Group> =
        groups.iter().filter(|group| auroc(group, AUTOENCODER).is_some_and(|spread| spread.mean < GUESSING)).collect();
    let part = |of: &str, whom: &str| mean(of).map_or_else(String::new, |mean| format!(", {} by {whom}", number(mean)));
    let worse = match below.len() {
        0 => String::new(),
        1 => "; one is below guessing".to_owned(),
        all => format!("; {all} are below guessing"),
    };
    let title = format!(
        "Unseen classes: mean AUROC {} by the autoencoder's error{}{}{worse}",
        number(own),
        part(PCA, "PCA's"),
        part(KTH_NEIGHBOUR, "distance")
    );
    let mut figure = Figure::new(&title, &about_experiment(summary))?;
    let titles = ("AUROC: area under the receiver operating characteristic", "autoencoder");
    let guessing = Some((GUESSING, "guessing"));
    let bottom = dumbbell::draw_beside(&mut figure.scene, figure.top, &rows, titles, Scale::Close, guessing)?;
    let worse: Vec<String> = below.iter().map(|group| format!("“{}”", group.network())).collect();
    let worse = if worse.is_empty() { String::new() } else { format!(" Below guessing: {}.", list(&worse)) };
    let caption = format!(
        "AUROC: the chance that an unseen image has a larger error than one of the classes trained on.{worse} Each row is a network; \
         its name says which class it was trained without, or on alone. Bars: one standard deviation over seeds."
    );
    figure.finish(bottom, &caption).map(Some)
}
