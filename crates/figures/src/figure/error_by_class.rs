//! Figure: test error of the autoencoder and of PCA on each class.

use record::ClassError;
use spec::Run;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::dumbbell::{self, Dot, Row, Scale};
use crate::figure::kit::finding::{Comparison, check_values, excess, quotient, ratio, share};
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::theme::{Figure, about, test_images};
use canvas::scene::Scene;
use canvas::text::{list, number};

const FIGURE: &str = "error_by_class";

/// Draws the figure of a run; `None` if the record lacks its files.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let errors = record.rows::<ClassError>(&record.directory.error_by_class())?;
    errors.map(|errors| scene(&record.run, &errors)).transpose()
}

/// Draws `error_by_class.csv`, hardest class first.
pub(crate) fn scene(run: &Run, errors: &[ClassError]) -> Result<Scene, Error> {
    let shown = |row: &&ClassError| [subject::AUTOENCODER, subject::PCA].contains(&row.subject.as_str());
    // A class without images has no error to show.
    let errors: Vec<&ClassError> = errors.iter().filter(shown).filter(|row| row.images > 0).collect();
    check_values(FIGURE, "mse_per_pixel", errors.iter().map(|row| row.mse_per_pixel))?;
    let of = |subject: &str, class: u16| {
        errors.iter().find(|row| row.subject == subject && row.class == class).map(|row| row.mse_per_pixel)
    };
    let mut classes: Vec<(u16, f64, Option<f64>)> = errors
        .iter()
        .filter(|row| row.subject == subject::AUTOENCODER)
        .map(|row| (row.class, row.mse_per_pixel, of(subject::PCA, row.class)))
        .collect();
    classes.sort_by(|a, b| b.1.total_cmp(&a.1));
    let names = run.dataset.classes();
    let class_name = |class: u16| names.get(usize::from(class)).map_or("?", |name| *name).to_owned();
    let Some(&(worst, error, _)) = classes.first() else {
        return Err(Error::data(FIGURE, "there is no row of the autoencoder".to_owned()));
    };

    let against = against_pca(&classes, class_name);
    let title = format!("Hardest class: {} (MSE {}){against}", class_name(worst), number(error));
    let subtitle = format!("Test error by class · {} · {}", about(run), test_images(run));
    let mut figure = Figure::new(&title, &subtitle)?;
    let rows: Vec<Row> = classes
        .iter()
        .map(|&(class, autoencoder, pca)| Row {
            name: class_name(class),
            dots: [(subject::AUTOENCODER, Some(autoencoder)), (subject::PCA, pca)]
                .into_iter()
                .filter_map(|(subject, value)| Some(Dot { subject, value: value?, std: None }))
                .collect(),
            note: pca.map(|pca| ratio(autoencoder, pca)).unwrap_or_default(),
        })
        .collect();
    let note_title = if classes.iter().any(|(_, _, pca)| pca.is_some()) { "ratio to PCA" } else { "" };
    let bottom =
        dumbbell::draw(&mut figure.scene, figure.top, &rows, ("test MSE per pixel", note_title), Scale::Linear)?;
    figure.finish(bottom, &format!("Errors are of this run, seed {}; figures over seeds show their means.", run.seed))
}

/// The classes on which the autoencoder is better than PCA, in words.
fn against_pca(classes: &[(u16, f64, Option<f64>)], class_name: impl Fn(u16) -> String) -> String {
    let compared: Vec<(u16, f64)> =
        classes.iter().filter_map(|&(class, autoencoder, pca)| Some((class, quotient(autoencoder, pca?)))).collect();
    // Differences below half a percent count as equal.
    let is_lost = |ratio: f64| matches!(Comparison::of(ratio, 1.0), Comparison::Loses(_));
    let lost: Vec<String> =
        compared.iter().filter(|(_, ratio)| is_lost(*ratio)).map(|(class, _)| class_name(*class)).collect();
    let by_ratio = |a: &&(u16, f64), b: &&(u16, f64)| a.1.total_cmp(&b.1);
    let (Some(best), Some(worst)) = (compared.iter().min_by(by_ratio), compared.iter().max_by(by_ratio)) else {
        return String::new();
    };
    if compared.iter().all(|(_, ratio)| Comparison::of(*ratio, 1.0) == Comparison::Ties) {
        return "; every class has the error of PCA to half a percent".to_owned();
    }
    if lost.is_empty() {
        return format!("; errors of classes are {} to {} of PCA's", share(best.1), share(worst.1));
    }
    if lost.len() == compared.len() {
        return format!("; PCA wins on every class, most on {} ({})", class_name(worst.0), excess(worst.1));
    }
    if lost.len() > 4 {
        return format!("; PCA wins on {} of {} classes", lost.len(), compared.len());
    }
    let plural = if lost.len() == 1 { "class" } else { "classes" };
    format!("; PCA wins on {plural} {}", list(&lost))
}
