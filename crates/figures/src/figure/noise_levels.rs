//! Figure: error of every method at half, once and twice the noise of training, relative to the noisy input.

use spec::subject::{AUTOENCODER, CORRUPTED_INPUT, DENOISERS, LINEAR_DENOISER, NON_LOCAL_MEANS, PCA, WIENER};

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::{check_spreads, ratio, share};
use crate::figure::kit::theme::about_experiment;
use crate::figure::kit::theme::{Figure, look};
use crate::summary::{Group, Spread, Summary};
use canvas::scene::Scene;
use canvas::text::{capitalised, list};

const FIGURE: &str = "noise_levels";

/// Fields of the error, with their names.
const LEVELS: [(&str, &str); 3] = [
    ("mse_at_half_the_noise", "half the noise"),
    ("mse_per_pixel", "as trained"),
    ("mse_at_twice_the_noise", "twice the noise"),
];

/// Draws the groups with these errors, level by level; `None` if there are none.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let mut rows = Vec::new();
    for group in &summary.groups {
        for (field, level) in LEVELS.iter().filter(|_| group.metric("test", AUTOENCODER, LEVELS[0].0).is_some()) {
            rows.extend(row(group, field, level)?);
        }
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let mut figure = Figure::new(&title(&rows), &about_experiment(summary))?;
    let titles = ("test MSE per pixel, as a share of that of the noisy input", "ratio");
    let input = Some((1.0, look(CORRUPTED_INPUT).0));
    let bottom = dumbbell::draw_beside(&mut figure.scene, figure.top, &rows, titles, Scale::Linear, input)?;
    let is_drawn = |of: &&str| rows.iter().flat_map(|row| &row.dots).any(|dot| dot.subject == *of);
    let denoisers = DENOISERS.iter().copied().filter(is_drawn).map(|subject| look(subject).0);
    let fitted = ["network"].into_iter().chain(denoisers);
    let fitted: Vec<String> = fitted.map(str::to_owned).collect();
    let pca = if is_drawn(&PCA) { " PCA: fit on clean ones." } else { "" };
    let mut caption = format!(
        "Trained or fit on noisy training images: {}.{pca} Ratio: error of the network to that of the best \
         other method. Bars: one standard deviation over seeds.",
        list(&fitted)
    );
    for group in &summary.groups {
        let idle: Vec<String> = idle(group).map(|subject| look(subject).0.to_owned()).collect();
        if !idle.is_empty() {
            caption += &format!(" On {} noise, {} are best left off, and stand at 1.", group.network(), list(&idle));
        }
    }
    figure.finish(bottom, &caption).map(Some)
}

/// Denoisers of single images that gain less than 1 % over the noisy input, even at the noise that they were tuned for.
fn idle(group: &Group) -> impl Iterator<Item = &'static str> {
    let error = |of: &str| group.metric("test", of, "mse_per_pixel").map(|spread| spread.mean);
    let is_idle = move |of: &&str| error(of).zip(error(CORRUPTED_INPUT)).is_some_and(|(own, input)| own > 0.99 * input);
    DENOISERS.iter().copied().filter(|of| ![LINEAR_DENOISER, WIENER].contains(of)).filter(is_idle)
}

/// Errors of one network and level, relative to the noisy input; `None` if the input has no error.
fn row(group: &Group, field: &str, level: &str) -> Result<Option<Row>, Error> {
    let error = |of: &str| group.metric("test", of, field);
    let Some(input) = error(CORRUPTED_INPUT).filter(|input| input.mean > 0.0) else { return Ok(None) };
    let subjects = || [AUTOENCODER, PCA].into_iter().chain(DENOISERS.iter().copied());
    check_spreads(FIGURE, field, subjects().chain([CORRUPTED_INPUT]).filter_map(error).collect::<Vec<_>>())?;
    let dot = |subject: &'static str| {
        let Spread { mean, std } = error(subject)?;
        Some(Dot { subject, value: mean / input.mean, std: std.map(|std| std / input.mean) })
    };
    let dots: Vec<Dot> = subjects().filter_map(dot).collect();
    let note = own(&dots).zip(best_other(&dots)).map(|(own, (_, other))| ratio(own, other));
    Ok(Some(Row { name: format!("{}, {level}", group.network()), dots, note: note.unwrap_or_default() }))
}

fn own(dots: &[Dot]) -> Option<f64> {
    dots.iter().find(|dot| dot.subject == AUTOENCODER).map(|dot| dot.value)
}

/// The subject with the lowest error besides the autoencoder; the noisy input counts.
fn best_other(dots: &[Dot]) -> Option<(&'static str, f64)> {
    let others = dots.iter().filter(|dot| dot.subject != AUTOENCODER).map(|dot| (dot.subject, dot.value));
    let others = others.chain([(CORRUPTED_INPUT, 1.0)]);
    others.min_by(|a, b| a.1.total_cmp(&b.1))
}

fn title(rows: &[Row]) -> String {
    let compared: Vec<(&Row, f64, (&str, f64))> =
        rows.iter().filter_map(|row| Some((row, own(&row.dots)?, best_other(&row.dots)?))).collect();
    let lost: Vec<String> = compared
        .iter()
        .filter(|(_, own, (_, other))| own >= other)
        .map(|(row, _, (other, _))| format!("{} ({})", row.name.replace(", ", " at "), look(other).0))
        .collect();
    let lost: Vec<String> = lost.into_iter().map(|row| row.replace(" at as trained", "")).collect();
    let ends = |ratios: &[f64]| {
        let (low, high) = ratios.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), r| (low.min(*r), high.max(*r)));
        format!("{} to {}", share(low), share(high))
    };
    let all = compared.len();
    match lost.len() {
        0 => {
            let ratios: Vec<f64> = compared.iter().map(|(_, own, (_, other))| own / other).collect();
            format!("The autoencoder leaves the least error everywhere: {} of the best other method's", ends(&ratios))
        }
        few if few <= 2 => {
            format!("The autoencoder leaves the least error in {} of {all} cases; not for {}", all - few, list(&lost))
        }
        count => {
            let others = || compared.iter().filter(|(_, own, (_, other))| own >= other).map(|(.., (other, _))| *other);
            let times = |of: &str| others().filter(|other| *other == of).count();
            let most = others().max_by_key(|of| times(of)).unwrap_or_default();
            if times(most) == count {
                let method = capitalised(&with_article(most));
                return format!("{method} leaves less error than the autoencoder in {count} of {all} cases");
            }
            format!(
                "Other methods leave less error than the autoencoder in {count} of {all} cases, {} in {} of these",
                with_article(most),
                times(most)
            )
        }
    }
}

/// A method as the subject of a sentence: `the Wiener filter`, `PCA`.
fn with_article(subject: &str) -> String {
    let name = look(subject).0;
    if [PCA, NON_LOCAL_MEANS].contains(&subject) { name.to_owned() } else { format!("the {name}") }
}
