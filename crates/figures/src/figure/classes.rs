//! Figure: error of each network and of PCA on a class that is rare in training, and on the other classes.

use spec::catalogue::DatasetName;
use spec::measures::MSE_OF_CLASS;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::{check_spreads, ratio};
use crate::figure::kit::theme::Figure;
use crate::figure::kit::theme::about_experiment;
use crate::summary::{Group, Spread, Summary};
use canvas::scene::Scene;

const FIGURE: &str = "classes";
const SUBJECTS: [&str; 2] = [subject::AUTOENCODER, subject::PCA];

/// Errors to draw for a group and a subject, with their names.
type Kind = (String, Box<dyn Fn(&Group, &str) -> Option<Spread>>);

/// Draws the groups with errors by class; `None` if there are none. If a group was trained with a rare class, draws the
/// errors on this class and on the others for every group; else the error on the worst class.
pub(crate) fn scene(summary: &Summary) -> Result<Option<Scene>, Error> {
    let groups: Vec<&Group> =
        summary.groups.iter().filter(|group| of(group, subject::AUTOENCODER, "worst_class_mse").is_some()).collect();
    if groups.is_empty() {
        return Ok(None);
    }
    let rare = rare_class(&groups);
    let kinds: Vec<Kind> = match rare {
        None => vec![("worst class".to_owned(), Box::new(|group, subject| of(group, subject, "worst_class_mse")))],
        Some(class) => vec![
            (
                format!("class {}", name(summary, class)),
                Box::new(move |group, subject| of(group, subject, MSE_OF_CLASS[class])),
            ),
            ("other classes".to_owned(), Box::new(move |group, subject| others(group, subject, class))),
        ],
    };
    let mut rows = Vec::new();
    for (kind, error) in &kinds {
        for group in &groups {
            let dots = Dot::each(SUBJECTS, |subject| error(group, subject));
            let drawn = SUBJECTS.iter().filter_map(|subject| error(group, subject));
            check_spreads(FIGURE, "worst_class_mse", drawn)?;
            let note = match &dots[..] {
                [own, pca] => ratio(own.value, pca.value),
                _ => String::new(),
            };
            rows.push(Row { name: format!("{kind}: {}", group.network()), dots, note });
        }
    }
    let first = &kinds[0];
    let title = title(&groups, rare.map(|_| &first.0[..]), |group| {
        (first.1)(group, subject::AUTOENCODER).map_or(f64::INFINITY, |spread| spread.mean)
    });
    let mut figure = Figure::new(&title, &about_experiment(summary))?;
    let titles = ("test MSE per pixel", "ratio to PCA");
    let bottom = dumbbell::draw(&mut figure.scene, figure.top, &rows, titles, Scale::Linear)?;
    let caption = "Other classes: the mean of their errors. Bars: one standard deviation over seeds.";
    figure.finish(bottom, if rare.is_some() { caption } else { "Bars: one standard deviation over seeds." }).map(Some)
}

fn of(group: &Group, subject: &str, field: &str) -> Option<Spread> {
    group.metric("test", subject, field)
}

/// The class that is rare in the training of a group: the class whose error equals the recorded error of the rare
/// class.
fn rare_class(groups: &[&Group]) -> Option<usize> {
    let of = |group: &Group, field: &str| group.metric("test", subject::AUTOENCODER, field);
    groups.iter().find_map(|group| {
        let rare = of(group, "rare_class_mse")?;
        MSE_OF_CLASS.iter().position(|field| of(group, field) == Some(rare))
    })
}

/// Mean error on all classes but `rare`. For a group without a rare class, the spread over seeds is unknown.
fn others(group: &Group, subject: &str, rare: usize) -> Option<Spread> {
    if let Some(spread) = group.metric("test", subject, "other_classes_mse") {
        return Some(spread);
    }
    let fields = MSE_OF_CLASS.iter().enumerate().filter(|(class, _)| *class != rare);
    let errors: Vec<f64> = fields.filter_map(|(_, field)| Some(group.metric("test", subject, field)?.mean)).collect();
    Spread::of(&errors).map(|spread| Spread { std: None, ..spread })
}

fn name(summary: &Summary, class: usize) -> &'static str {
    let dataset = summary.dataset.parse::<DatasetName>().ok();
    dataset.and_then(|dataset| dataset.facts().classes.get(class).copied()).unwrap_or("?")
}

/// Title with the best and the worst network on the class, compared with the error of a network for which the class is
/// not rare.
fn title(groups: &[&Group], rare: Option<&str>, error: impl Fn(&Group) -> f64) -> String {
    let is_rare = |group: &&&Group| group.metric("test", subject::AUTOENCODER, "rare_class_mse").is_some();
    let by = |a: &&Group, b: &&Group| error(a).total_cmp(&error(b));
    let held: Vec<&Group> = groups.iter().filter(|group| rare.is_none() || is_rare(group)).copied().collect();
    let (Some(best), Some(worst)) = (held.iter().copied().min_by(by), held.iter().copied().max_by(by)) else {
        return String::new();
    };
    let common = groups.iter().filter(|group| rare.is_some() && !is_rare(group)).copied().min_by(by);
    let (class, times) = (rare.unwrap_or("the worst class"), |of: &Group, to: &Group| ratio(error(of), error(to)));
    match common {
        Some(common) if best.network() != worst.network() => format!(
            "A rare {class} has {} times the error of “{}” ({}), at best {} times ({})",
            times(worst, common),
            common.network(),
            worst.network(),
            times(best, common),
            best.network()
        ),
        Some(common) => {
            format!("A rare {class} has {} times the error of “{}”", times(best, common), common.network())
        }
        None => format!(
            "Lowest error of {class}: “{}”, {} times that of “{}”",
            best.network(),
            times(best, worst),
            worst.network()
        ),
    }
}
