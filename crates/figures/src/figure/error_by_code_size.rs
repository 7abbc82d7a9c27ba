//! Figure: test error of every network and of PCA against the code size, with the spread over seeds.

use plotters::style::RGBColor;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::{Comparison, check_spreads, excess, quotient, share};
use crate::figure::kit::theme::{
    Figure, MARGIN, NETWORKS, PCA, RIGHT, SMALL, about_experiment, name, room, spread, tint,
};
use crate::summary::{Group, Spread, Summary};
use canvas::scene::{Anchor, Scene};
use canvas::text::{Weight, list};

const FIGURE: &str = "error_by_code_size";

/// PCA errors whose relative difference is smaller count as one baseline: PCA was then fitted to different images of
/// the same data.
const SAME: f64 = 0.02;

/// Code sizes in increasing order, each with its test error.
type Line = Vec<(usize, Spread)>;

/// One line of the figure.
struct Series {
    name: String,
    colour: RGBColor,
    dashed: bool,
    line: Line,
}

/// Draws the groups of a summary; `None` with fewer than two code sizes.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let networks = networks(summary);
    let mut sizes: Vec<usize> = networks.iter().flat_map(|(_, groups)| groups.iter().map(|group| group.code)).collect();
    sizes.sort_unstable();
    sizes.dedup();
    if sizes.len() < 2 {
        return Ok(None);
    }
    let own: Vec<(String, Line)> =
        networks.iter().map(|(name, groups)| (name.clone(), line(groups, subject::AUTOENCODER))).collect();
    let pca: Vec<(String, Line)> =
        networks.iter().map(|(name, groups)| (name.clone(), line(groups, subject::PCA))).collect();
    let values = own.iter().chain(&pca).flat_map(|(_, line)| line);
    check_spreads(FIGURE, "mse_per_pixel", values.map(|(_, spread)| *spread))?;

    let mut series: Vec<Series> = own
        .iter()
        .zip(NETWORKS.iter().cycle())
        .map(|((name, line), &colour)| Series { name: name.clone(), colour, dashed: false, line: line.clone() })
        .collect();
    match one_baseline(&pca) {
        Some(line) if line.is_empty() => {}
        Some(line) => series.push(Series { name: "PCA".to_owned(), colour: PCA, dashed: false, line }),
        None => series.extend(pca.iter().enumerate().map(|(index, (name, line))| Series {
            name: format!("PCA, {name}"),
            colour: PCA,
            dashed: index > 0,
            line: line.clone(),
        })),
    }

    let title = title(&own, &pca);
    let mut figure = Figure::new(&title, &about_experiment(summary))?;
    let bottom = figure.top + 760.0;
    draw(&mut figure.scene, (figure.top, bottom), &sizes, &series)?;
    let several = summary.groups.iter().any(|group| group.seeds.len() > 1);
    let caption = if several { "Lines: mean over seeds. Bands: one standard deviation either side." } else { "" };
    figure.finish(bottom, caption).map(Some)
}

/// Groups by network, in order of first appearance. A single network is named `autoencoder`.
fn networks(summary: &Summary) -> Vec<(String, Vec<&Group>)> {
    let mut networks: Vec<(String, Vec<&Group>)> = Vec::new();
    for group in &summary.groups {
        match networks.iter_mut().find(|(known, _)| known == group.network()) {
            Some((_, groups)) => groups.push(group),
            None => networks.push((group.network().to_owned(), vec![group])),
        }
    }
    if let [(name, _)] = &mut networks[..] {
        "autoencoder".clone_into(name);
    }
    networks
}

fn line(groups: &[&Group], of: &str) -> Line {
    let mut line: Line =
        groups.iter().filter_map(|group| Some((group.code, group.metric("test", of, "mse_per_pixel")?))).collect();
    line.sort_by_key(|(code, _)| *code);
    line
}

/// The common line of all PCA lines, if they agree at every common code size.
fn one_baseline(lines: &[(String, Line)]) -> Option<Line> {
    let mut common = Line::new();
    for (code, spread) in lines.iter().flat_map(|(_, line)| line) {
        match common.iter().find(|(known, _)| known == code) {
            Some((_, known)) if (quotient(spread.mean, known.mean) - 1.0).abs() > SAME => return None,
            Some(_) => {}
            None => common.push((*code, *spread)),
        }
    }
    common.sort_by_key(|(code, _)| *code);
    Some(common)
}

/// Mean and both ends of the band; the lower end is left out unless it is above zero.
fn ends(spread: &Spread) -> impl Iterator<Item = f64> {
    let std = spread.std.unwrap_or(0.0);
    let low = Some(spread.mean - std).filter(|low| *low > 0.0);
    [spread.mean, spread.mean + std].into_iter().chain(low)
}

fn at(line: &Line, code: usize) -> Option<f64> {
    line.iter().find(|(known, _)| *known == code).map(|(_, spread)| spread.mean)
}

fn title(own: &[(String, Line)], pca: &[(String, Line)]) -> String {
    match (own, pca) {
        ([(_, own)], [(_, pca)]) if !pca.is_empty() => {
            let compared: Vec<(usize, f64)> =
                own.iter().filter_map(|(code, spread)| Some((*code, quotient(spread.mean, at(pca, *code)?)))).collect();
            title_of_one(&compared)
        }
        _ => {
            let best = own
                .iter()
                .flat_map(|(name, line)| line.last().map(|(code, spread)| (*code, spread.mean, name)))
                .max_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)));
            let Some((code, error, name)) = best else { return "Test error by code size".to_owned() };
            let baseline = pca.iter().find(|(of, _)| of == name).and_then(|(_, line)| at(line, code));
            let against = baseline.map_or_else(String::new, |pca| match Comparison::of(error, pca) {
                Comparison::Wins(ratio) => format!(", {} of PCA's", share(ratio)),
                Comparison::Loses(ratio) => format!(", and PCA beats it: its error is {}", excess(ratio)),
                Comparison::Ties => ", the same as PCA's".to_owned(),
            });
            format!("Lowest test error of the networks at {code} code units: {name}{against}")
        }
    }
}

fn title_of_one(compared: &[(usize, f64)]) -> String {
    let by_ratio = |a: &&(usize, f64), b: &&(usize, f64)| a.1.total_cmp(&b.1);
    let (Some(best), Some(worst)) = (compared.iter().min_by(by_ratio), compared.iter().max_by(by_ratio)) else {
        return "Test error by code size".to_owned();
    };
    let won: Vec<String> =
        compared.iter().filter(|(_, ratio)| *ratio < 1.0).map(|(code, _)| code.to_string()).collect();
    if won.is_empty() {
        format!("PCA wins at every code size; at {} the autoencoder's error is {}", worst.0, excess(worst.1))
    } else if won.len() == compared.len() {
        format!("The autoencoder beats PCA at every code size, most at {}: {} of its test error", best.0, share(best.1))
    } else {
        format!(
            "The autoencoder beats PCA at {} code units (at best {} of its error) and loses elsewhere (at {} its error is {})",
            list(&won),
            share(best.1),
            worst.0,
            excess(worst.1)
        )
    }
}

fn draw(scene: &mut Scene, (top, bottom): (f64, f64), sizes: &[usize], series: &[Series]) -> Result<(), Error> {
    let names: Vec<String> = series.iter().map(|series| series.name.clone()).collect();
    let right = RIGHT - room(&names, Weight::Bold)? - 26.0;
    let values: Vec<f64> =
        series.iter().flat_map(|series| series.line.iter().flat_map(|(_, spread)| ends(spread))).collect();
    let y = Axis::errors_beside_zeros(values.iter().copied());
    let scale = if y.is_logarithmic() { ", log scale" } else { "" };
    let panel = Panel::new(Area { left: MARGIN, top, right, bottom }, Axis::sizes(sizes), y)?;
    panel.draw(scene, "code size (units, log scale)", &format!("test MSE per pixel{scale}"))?;

    let clamped = |value: f64| panel.down(value).clamp(panel.area.top, panel.area.bottom);
    for Series { line, colour, .. } in series {
        let edge = |side: f64| {
            let point = move |&(code, spread): &(usize, Spread)| {
                // A band that reaches zero does not fit on a logarithmic scale.
                (code as f64, (spread.mean + side * spread.std.unwrap_or(0.0)).max(spread.mean * 1e-3))
            };
            line.iter().map(point).map(|(x, y)| (panel.across(x), clamped(y))).collect::<Vec<_>>()
        };
        if line.len() > 1 && line.iter().any(|(_, spread)| spread.std.is_some()) {
            let band = edge(1.0).into_iter().chain(edge(-1.0).into_iter().rev()).collect();
            scene.polygon(band, tint(*colour, 0.22));
        }
    }
    for Series { line, colour, dashed, .. } in series.iter().rev() {
        let path: Vec<_> = line.iter().map(|(code, spread)| panel.point(*code as f64, spread.mean)).collect();
        if *dashed {
            path.windows(2).for_each(|ends| scene.dashed(ends[0], ends[1], 5.0, *colour));
        } else if path.len() > 1 {
            scene.path(path.clone(), 5.0, *colour);
        }
        path.into_iter().for_each(|at| scene.disc(at, 9.0, *colour));
    }

    let ends: Vec<_> = series
        .iter()
        .filter_map(|series| series.line.last().map(|&(code, spread)| (series, panel.point(code as f64, spread.mean))))
        .collect();
    let heights: Vec<f64> = ends.iter().map(|(_, at)| at.1).collect();
    let placed = spread(&heights, SMALL * 1.3, panel.area.top, panel.area.bottom);
    for ((series, _), y) in ends.into_iter().zip(placed) {
        scene.text(name(&series.name, (right + 14.0, y + SMALL * 0.35), Anchor::Start, series.colour));
    }
    Ok(())
}
