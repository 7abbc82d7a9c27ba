//! Figure: bounds of the test log-likelihood of each network, with that of a mixture of Bernoulli distributions.

use plotters::style::RGBColor;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::check_values;
use crate::figure::kit::theme::about_experiment;
use crate::figure::kit::theme::{AUTOENCODER, Figure, GREEN, INK, MARGIN, RIGHT, name, room};
use crate::summary::{Group, Summary};
use canvas::scene::{Anchor, Scene};
use canvas::text::{Weight, number};

const FIGURE: &str = "likelihoods";

/// Number of codes in each bound, and the name of the bound.
const BOUNDS: [(usize, &str); 3] = [(1, "bound_1"), (50, "bound_50"), (500, "bound_500")];

/// Draws a panel for each network with bounds; `None` if there are none.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let bound =
        |group: &Group, field: &str| group.metric("test", subject::AUTOENCODER, field).map(|spread| spread.mean);
    let mixture =
        |group: &Group| group.metric("test", subject::BERNOULLI_MIXTURE, "log_likelihood").map(|spread| spread.mean);
    let best = |group: &Group| bound(group, "bound_500");
    let groups: Vec<(&Group, f64)> = summary.groups.iter().filter_map(|group| Some((group, best(group)?))).collect();
    let Some((first, least)) = groups.first() else { return Ok(None) };
    let title = match groups.iter().find_map(|(group, best)| Some((group, best - mixture(group)?))) {
        Some((group, gain)) => {
            // A lower bound on the log-likelihood makes a gain a lower bound and a loss an upper bound.
            let by = if gain > 0.0 { ("least", "more") } else { ("most", "less") };
            format!(
                "Test images are at {} {} nats {} likely under “{}” than under a Bernoulli mixture",
                by.0,
                number(gain.abs()),
                by.1,
                group.network()
            )
        }
        None => {
            format!("Under “{}”, a test image has a log-likelihood of at least {} nats", first.network(), minus(*least))
        }
    };
    let mut figure = Figure::new(&title, &about_experiment(summary))?;
    let mut top = figure.top;
    for (group, _) in groups {
        let points: Vec<(usize, f64)> =
            BOUNDS.iter().filter_map(|(k, field)| Some((*k, bound(group, field)?))).collect();
        let mut levels: Vec<(String, f64, RGBColor)> = Vec::new();
        levels.extend(bound(group, "elbo").map(|elbo| (format!("evidence lower bound {}", minus(elbo)), elbo, INK)));
        levels.extend(mixture(group).map(|level| (format!("Bernoulli mixture {}", minus(level)), level, GREEN)));
        let all: Vec<f64> = points.iter().map(|point| point.1).chain(levels.iter().map(|level| level.1)).collect();
        check_values(FIGURE, "elbo", all.iter().copied())?;
        let (low, high) =
            all.iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
        let margin = 0.12 * (high - low).max(1.0);
        let mut ends = levels.clone();
        ends.extend(points.last().map(|(k, value)| (format!("{k} codes {}", minus(*value)), *value, AUTOENCODER)));
        let texts: Vec<String> = ends.iter().map(|(text, ..)| text.clone()).collect();
        let right = RIGHT - room(&texts, Weight::Bold)? - 20.0;
        let area = Area { left: MARGIN, top: top + 40.0, right, bottom: top + 440.0 };
        let sizes: Vec<usize> = BOUNDS.iter().map(|(k, _)| *k).collect();
        let panel = Panel::new(area, Axis::sizes(&sizes), Axis::linear(low - margin, high + margin, 5))?;
        let scene = &mut figure.scene;
        scene.text(name(group.network(), (MARGIN, top + 26.0), Anchor::Start, INK));
        panel.draw(scene, "codes drawn for each image", "log-likelihood, nats per test image")?;
        for (_, value, colour) in &levels {
            scene.dashed((panel.area.left, panel.down(*value)), (right, panel.down(*value)), 4.0, *colour);
        }
        let path: Vec<_> = points.iter().map(|&(k, value)| panel.point(k as f64, value)).collect();
        path.iter().for_each(|at| scene.disc(*at, 9.0, AUTOENCODER));
        scene.path(path, 5.0, AUTOENCODER);
        for (k, field) in BOUNDS {
            if let Some(spread) = group.metric("test", subject::AUTOENCODER, field) {
                panel.deviation(scene, k as f64, spread, AUTOENCODER);
            }
        }
        panel.ends(scene, &ends);
        top += 450.0;
    }
    figure
        .finish(
            top,
            "Higher is better; 1 nat is 1.44 bits. Blue: a lower bound of the log-likelihood, which more codes bring closer; bars: one standard deviation over seeds. Each panel \
             has a scale of its own: pixels cut at a half and pixels drawn at random are different data.",
        )
        .map(Some)
}

/// A number with a typographic minus sign.
fn minus(value: f64) -> String {
    number(value).replace('-', "\u{2212}")
}
