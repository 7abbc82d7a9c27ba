//! Figure: some test rows and their reconstructions. Images are drawn by class; other rows are drawn over their
//! columns.

use plotters::style::RGBColor;
use record::Metrics;
use spec::Run;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::finding::Comparison;
use crate::figure::kit::grid::{self, Row};
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::tensors::Samples;
use crate::figure::kit::theme::{Figure, INK, about, look, test_images};
use crate::figure::profiles;
use canvas::scene::Scene;
use canvas::text::number;

const FIGURE: &str = "reconstructions";

/// Draws the figure of a run; `None` if the record lacks its files.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    match (&record.samples, &record.metrics) {
        (None, Some(metrics)) if record.run.dataset.shape.picture().is_none() => profiles::draw(record, metrics),
        (Some(samples), Some(metrics)) => scene(&record.run, samples, metrics).map(Some),
        _ => Ok(None),
    }
}

/// Draws the images of `images.safetensors` with the errors of `metrics.json`.
pub(crate) fn scene(run: &Run, samples: &Samples, metrics: &Metrics) -> Result<Scene, Error> {
    let test = metrics.get("test").ok_or_else(|| Error::data(FIGURE, "metrics.json has no test split".to_owned()))?;
    let error = |of: &str| test.get(of).map(|error| error.mse_per_pixel);
    let autoencoder = error(subject::AUTOENCODER)
        .filter(|error| error.is_finite())
        .ok_or_else(|| Error::data(FIGURE, "metrics.json has no test error of the autoencoder".to_owned()))?;
    let pca = error(subject::PCA).filter(|error| error.is_finite());
    let at = format!("at {} code units", run.model.code());
    let title = match pca {
        Some(pca) => {
            format!("{}, {at}", Comparison::of(autoencoder, pca).sentence("test error")).replace(", at", " at")
        }
        None => format!("The autoencoder's test error is {} per pixel {at}", number(autoencoder)),
    };
    let first = if samples.labels.is_empty() { "First test images" } else { "First test image of each class" };
    let subtitle = format!("{first} · {} · MSE per pixel over {}", about(run), test_images(run));
    let mut figure = Figure::new(&title, &subtitle)?;

    fn row<'a>(name: &str, colour: RGBColor, note: String, images: &'a [Vec<u8>]) -> Row<'a> {
        Row { name: name.to_owned(), note, colour, images: images.iter().map(Vec::as_slice).collect() }
    }
    let mut rows = vec![row("clean", INK, "test image".to_owned(), &samples.clean)];
    let mse = |of: &str| error(of).map_or_else(String::new, |error| format!("MSE {}", number(error)));
    if let Some(corrupted) = &samples.corrupted {
        let (_, colour) = look(subject::CORRUPTED_INPUT);
        rows.push(row("noisy input", colour, mse(subject::CORRUPTED_INPUT), corrupted));
    }
    for (of, images) in [(subject::AUTOENCODER, Some(&samples.autoencoder)), (subject::PCA, samples.pca.as_ref())] {
        if let Some(images) = images {
            let (name, colour) = look(of);
            rows.push(row(name, colour, mse(of), images));
        }
    }
    let classes = run.dataset.classes();
    let headings: Vec<&str> =
        samples.labels.iter().map(|&class| classes.get(usize::from(class)).copied().unwrap_or("?")).collect();
    let bottom = grid::draw(&mut figure.scene, grid::size(run, FIGURE)?, figure.top, &headings, &rows, |_| false)?;

    let alone = format!("Errors are of this run, seed {}; figures over seeds show their means.", run.seed);
    // Clipping is mentioned only if it changes a digit that is shown.
    let clipped = error(subject::PCA_CLIPPED)
        .map(number)
        .filter(|clipped| error(subject::PCA).map(number).as_ref() != Some(clipped));
    let clipped = clipped.map(|error| format!(" PCA's MSE after clipping: {error}.")).unwrap_or_default();
    let caption = match &samples.pca {
        Some(_) => format!("{alone} Pixels are shown clipped to [0, 1].{clipped}"),
        None => alone,
    };
    figure.finish(bottom, &caption)
}
