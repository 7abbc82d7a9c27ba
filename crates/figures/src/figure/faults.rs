//! Figure: AUROC of the error for known faults of a machine, by kind, and share of faults with the right column.

use spec::subject::{AUTOENCODER, KTH_NEIGHBOUR, PCA};

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::check_spreads;
use crate::figure::kit::scores::tag;
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Summary};
use canvas::scene::Scene;
use canvas::text::number;

const FIGURE: &str = "faults";
const SUBJECTS: [&str; 3] = [AUTOENCODER, PCA, KTH_NEIGHBOUR];
const ALL: &str = "faults_auroc";

/// Fields drawn for a network, with their names.
const FIELDS: [(&str, &str); 6] = [
    (ALL, "all faults"),
    ("stuck_auroc", "stuck sensor"),
    ("spike_auroc", "spike"),
    ("drift_auroc", "drift"),
    ("swapped_auroc", "swapped sensors"),
    ("blame", "right column blamed"),
];

/// Draws the groups measured on planted faults; `None` if there are none.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let score = |group: &Group, of: &str, field: &str| group.metric("test", of, field);
    let groups: Vec<&Group> = summary.groups.iter().filter(|group| score(group, AUTOENCODER, ALL).is_some()).collect();
    let mut rows = Vec::new();
    for (field, name) in FIELDS {
        for group in &groups {
            let Some(own) = score(group, AUTOENCODER, field) else { continue };
            check_spreads(FIGURE, field, SUBJECTS.iter().filter_map(|subject| score(group, subject, field)))?;
            let of = if groups.len() > 1 { format!("{}: ", tag(group, &groups)) } else { String::new() };
            rows.push(Row {
                name: format!("{of}{name}"),
                dots: Dot::each(SUBJECTS, |subject| score(group, subject, field)),
                note: format!("{:.3}", own.mean),
            });
        }
    }
    let Some(first) = groups.first() else { return Ok(None) };
    let part = |of: &str, whom: &str| {
        score(first, of, ALL).map_or_else(String::new, |spread| format!(", {} by {whom}", number(spread.mean)))
    };
    let at = if groups.len() > 1 { format!(" of {}", tag(first, &groups)) } else { String::new() };
    let Some(own) = score(first, AUTOENCODER, ALL) else { return Ok(None) };
    let title = format!(
        "Finding faults: AUROC {} by the autoencoder's error{at}{}{}",
        number(own.mean),
        part(PCA, "PCA's"),
        part(KTH_NEIGHBOUR, "distance to training rows")
    );
    let mut figure = Figure::new(&title, &about_experiment(summary))?;
    let titles = ("AUROC, or share of rows with a fault", "autoencoder");
    let guessing = Some((0.5, "guessing a fault"));
    let bottom = dumbbell::draw_beside(&mut figure.scene, figure.top, &rows, titles, Scale::Close, guessing)?;
    let several = groups.iter().any(|group| group.seeds.len() > 1);
    let bars = if several { " Bars: one standard deviation over seeds." } else { "" };
    let caption = "AUROC: the chance that a row with a fault has a larger error than one without. Last row: share of rows with a \
                   fault where the column with the largest error, relative to its usual error, is the one at fault.";
    figure.finish(bottom, &format!("{caption}{bars}")).map(Some)
}
