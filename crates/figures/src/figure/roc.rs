//! Figure: receiver operating characteristics, the share of anomalies found against the share of false alarms.

use plotters::style::RGBColor;
use record::{Measures, RocPoint};
use spec::catalogue::Task;
use spec::subject;
use spec::{Imbalance, Run};

use crate::error::Error;
use crate::figure::kit::axes::{Area, Axis, Panel};
use crate::figure::kit::finding::check_rows;
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::theme::{Figure, INK, MARGIN, RIGHT, RULE, SMALL, about, legend, look, name};
use canvas::scene::{Anchor, Scene};
use canvas::text::{capitalised, number};

const FIGURE: &str = "roc";

/// Kinds of anomalies, with their names.
const ANOMALIES: [(&str, &str); 3] =
    [("left_out", "class left out"), ("noise", "shuffled pixels"), ("foreign", "another data set")];
const SUBJECTS: [&str; 3] = [subject::AUTOENCODER, subject::PCA, subject::KTH_NEIGHBOUR];

/// Draws the figure of a run; `None` if the record lacks its files.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let both = record.task_rows::<RocPoint>(Task::Anomaly)?.zip(record.measures()?);
    both.map(|(points, measures)| scene(&record.run, &points, &measures)).transpose()
}

/// Draws a panel for each kind of anomaly.
pub(crate) fn scene(run: &Run, points: &[RocPoint], measures: &Measures) -> Result<Scene, Error> {
    check_rows(FIGURE, points)?;
    let auroc = |subject: &str, anomaly: &str| -> Option<f64> {
        measures.get("test")?.get(subject)?.get(&format!("{anomaly}_auroc")).copied()
    };
    let shown: Vec<(&str, &str)> =
        ANOMALIES.into_iter().filter(|(anomaly, _)| points.iter().any(|point| point.anomaly == *anomaly)).collect();
    let scores = |anomaly: &str| {
        let score = |subject, whose: &str| auroc(subject, anomaly).map(|value| format!("{whose}{}", number(value)));
        let own = score(subject::AUTOENCODER, "an AUROC of ");
        let others = [score(subject::PCA, "PCA "), score(subject::KTH_NEIGHBOUR, "distance ")];
        let others = others.into_iter().flatten().collect::<Vec<_>>().join(", ");
        let parts = [own, Some(others).filter(|others| !others.is_empty())];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    };
    let title = match (run.dataset.imbalance, shown.first()) {
        (Some(imbalance), _) => format!("{} with {}", found(imbalance, &run.dataset.classes()), scores("left_out")),
        (None, Some((anomaly, what))) => {
            let verb = if what.ends_with('s') { "are" } else { "is" };
            format!("{} {verb} found with {}", capitalised(what), scores(anomaly))
        }
        (None, None) => return Err(Error::data(FIGURE, "the record is empty".to_owned())),
    };
    let mut figure = Figure::new(&title, &format!("Test images against anomalies · {}", about(run)))?;
    let entries: Vec<_> = SUBJECTS.iter().map(|of| look(of)).map(|(name, colour)| (name.to_owned(), colour)).collect();
    legend(&mut figure.scene, (MARGIN, figure.top + 26.0), &entries, |scene, at, index| {
        let ends = [(at.0 - 16.0, at.1), (at.0 + 14.0, at.1)];
        stroke(scene, ends.to_vec(), index, entries[index].1);
    })?;
    let top = figure.top + 60.0;
    let gap = 40.0;
    let width = (RIGHT - MARGIN - gap * (shown.len() as f64 - 1.0)) / shown.len().max(1) as f64;
    let height = width.min(520.0);
    for (place, (anomaly, what)) in shown.iter().enumerate() {
        let left = MARGIN + place as f64 * (width + gap);
        let area = Area { left, top: top + 36.0, right: left + width, bottom: top + 36.0 + height + 84.0 };
        let panel = Panel::new(area, Axis::linear(0.0, 1.0, 2), Axis::linear(0.0, 1.0, 2))?;
        let scene = &mut figure.scene;
        scene.text(name(*what, (left, top + 22.0), Anchor::Start, INK));
        panel.draw(scene, "share of false alarms", "share found")?;
        scene.line(panel.point(0.0, 0.0), panel.point(1.0, 1.0), 2.0, RULE);
        for (index, of) in SUBJECTS.iter().enumerate().rev() {
            let curve = points.iter().filter(|point| point.subject == *of && point.anomaly == *anomaly);
            let path: Vec<_> =
                curve.map(|point| panel.point(point.false_positive_rate, point.true_positive_rate)).collect();
            let (_, colour) = look(of);
            if path.len() > 1 {
                stroke(scene, path, index, colour);
            }
            if let Some(value) = auroc(of, anomaly) {
                let at = (panel.area.right - 8.0, panel.area.bottom - 20.0 - (2 - index) as f64 * SMALL * 1.3);
                scene.text(name(format!("{value:.3}"), at, Anchor::End, colour));
            }
        }
    }
    figure.finish(
        top + 36.0 + height + 84.0,
        "Numbers: area under each curve (AUROC), 1 at best. Thin line: guessing, 0.5. One run is shown; other figures give means \
         over seeds.",
    )
}

/// Which classes are found, and why they are new to the network: the start of a title.
fn found(imbalance: Imbalance, classes: &[&str]) -> String {
    let are_digits = classes.iter().enumerate().all(|(digit, name)| *name == digit.to_string());
    let (one, many) = if are_digits { ("digit", "digits") } else { ("class", "classes") };
    let class = classes.get(usize::from(imbalance.class())).map_or_else(
        || imbalance.class().to_string(),
        |name| if are_digits { (*name).to_owned() } else { format!("“{name}”") },
    );
    match imbalance {
        Imbalance::Without { .. } => format!("{} {class}, left out of training, is found", capitalised(one)),
        Imbalance::Only { .. } => format!("After training on {one} {class} alone, other {many} are found"),
        Imbalance::Rare { share, .. } if share > 0.5 => {
            format!("{} other than {class}, rare in training, are found", capitalised(many))
        }
        Imbalance::Rare { .. } => format!("{} {class}, rare in training, is found", capitalised(one)),
    }
}

/// A curve whose stroke tells it from the others without its colour: solid, then dashed, then dotted.
fn stroke(scene: &mut Scene, path: Vec<(f64, f64)>, index: usize, colour: RGBColor) {
    match index {
        0 => scene.path(path, 5.0, colour),
        1 => scene.dashes(&path, (14.0, 8.0), 5.0, colour),
        _ => scene.dashes(&path, (5.0, 6.0), 5.0, colour),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_name_digits_as_digits_and_other_classes_by_their_names() {
        let digits = ["0", "1", "2", "3"];
        let clothes = ["t-shirt", "trouser"];
        let (without, only) = (Imbalance::Without { class: 0 }, Imbalance::Only { class: 1 });
        assert_eq!(found(without, &digits), "Digit 0, left out of training, is found");
        assert_eq!(found(without, &clothes), "Class “t-shirt”, left out of training, is found");
        assert_eq!(found(only, &digits), "After training on digit 1 alone, other digits are found");
        assert_eq!(found(only, &clothes), "After training on class “trouser” alone, other classes are found");
        let rare = |share| Imbalance::Rare { class: 3, share };
        assert_eq!(found(rare(0.01), &digits), "Digit 3, rare in training, is found");
        assert_eq!(found(rare(0.95), &digits), "Digits other than 3, rare in training, are found");
    }
}
