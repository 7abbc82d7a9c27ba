//! Figure: test error of the classifier of each network, as a ranking.

use spec::catalogue::DatasetName;
use spec::subject::FINE_TUNED;

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::check_spreads;
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Spread, Summary};
use canvas::scene::Scene;

const FIGURE: &str = "fine_tuning";

/// Test error of three hidden layers, pretrained with a quarter of their inputs masked (Vincent et al., 2010, table 3).
const PUBLISHED: &str = "Vincent et al. (2010) report 1.28 % for three layers of 1,000 to 3,000 units, with a quarter of their \
                         inputs masked in pretraining.";

/// Draws the groups with a classifier, best first; `None` if there are none.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let mut ranked: Vec<(String, Spread)> = Vec::new();
    for group in &summary.groups {
        if let Some(error) = group.metric("test", FINE_TUNED, "error") {
            ranked.push((name(group, summary), error));
        }
    }
    ranked.sort_by(|a, b| a.1.mean.total_cmp(&b.1.mean));
    let Some(best) = ranked.first() else { return Ok(None) };
    check_spreads(FIGURE, "error", ranked.iter().map(|(_, error)| *error))?;
    let title = match ranked.get(1) {
        None => format!("After training on labels, “{}” gets {} of test images wrong", best.0, percent(best.1.mean)),
        Some(next) => format!(
            "After training on labels, “{}” gets fewest test images wrong: {}; next “{}”: {}",
            best.0,
            percent(best.1.mean),
            next.0,
            percent(next.1.mean)
        ),
    };
    let rows: Vec<Row> = ranked
        .iter()
        .map(|(name, Spread { mean, std })| Row {
            name: name.clone(),
            dots: vec![Dot { subject: FINE_TUNED, value: 100.0 * mean, std: std.map(|std| 100.0 * std) }],
            note: percent(*mean),
        })
        .collect();
    let mut figure = Figure::new(&title, &about_experiment(summary))?;
    let titles = ("test images classified wrongly, %", "error");
    let bottom = dumbbell::draw(&mut figure.scene, figure.top, &rows, titles, Scale::Close)?;
    let published = (summary.dataset == DatasetName::Mnist.name()).then_some(PUBLISHED);
    let several = summary.groups.iter().any(|group| group.seeds.len() > 1);
    let bars = several.then_some("Bars: one standard deviation over seeds.");
    let caption: Vec<&str> = published.into_iter().chain(bars).collect();
    figure.finish(bottom, &caption.join(" ")).map(Some)
}

/// Name of a group, with the code size if there are several.
fn name(group: &Group, summary: &Summary) -> String {
    if summary.groups.iter().all(|other| other.code == group.code) {
        group.network().to_owned()
    } else {
        format!("{}, code {}", group.network(), group.code)
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}
