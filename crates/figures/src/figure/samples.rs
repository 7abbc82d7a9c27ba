//! Figure: samples of a decoder and of PCA, with test images and the nearest training images.

use record::Measures;
use spec::Run;
use spec::catalogue::Task;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::grid::{self, Row};
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::tensors::NamedImages;
use crate::figure::kit::theme::{Figure, GREY, about, look};
use canvas::scene::Scene;
use canvas::text::number;

const FIGURE: &str = "samples";

/// Draws the figure of a run; `None` if the record lacks its files.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let both = record.task_images(Task::Generation)?.zip(record.measures()?);
    both.map(|(images, measures)| scene(&record.run, &images, &measures)).transpose()
}

/// Draws the images of `generation.safetensors` with the distances of `measures.json`.
pub(crate) fn scene(run: &Run, images: &NamedImages, measures: &Measures) -> Result<Scene, Error> {
    let measured = |of: &str, field: &str| -> Option<f64> { measures.get("test")?.get(of)?.get(field).copied() };
    let distance = |of: &str| measured(of, "frechet_distance").filter(|value| value.is_finite());
    let samplers =
        [subject::PRIOR_SAMPLES, subject::MIXTURE_SAMPLES, subject::PCA_SAMPLES, subject::PCA_MIXTURE_SAMPLES];
    let found: Option<Vec<f64>> = samplers[..3].iter().map(|of| distance(of)).collect();
    let title = match found.as_deref() {
        // Older records have no samples of PCA with a mixture.
        Some(&[prior, mixture, pca]) => {
            let linear = distance(subject::PCA_MIXTURE_SAMPLES).map_or(pca, |mixture| pca.min(mixture));
            title(run.variant.as_deref().unwrap_or(&run.label()), prior, mixture, linear)
        }
        // If all training images are equal, there are no distances.
        _ => "Samples beside the training images nearest to them".to_owned(),
    };
    let subtitle = format!("Decoded draws of the code · {}", about(run));
    let mut figure = Figure::new(&title, &subtitle)?;
    let mut rows = Vec::new();
    for of in [subject::TEST_IMAGES].into_iter().chain(samplers) {
        let Some(own) = images.get(of) else { continue };
        let (name, colour) = look(of);
        let note =
            distance(of).map_or_else(String::new, |distance| format!("distance in this run {}", number(distance)));
        rows.push(Row { name: name.to_owned(), note, colour, images: own.iter().map(Vec::as_slice).collect() });
        if let Some(nearest) = images.get(&format!("{of}.nearest")).filter(|_| of != subject::TEST_IMAGES) {
            let note =
                measured(of, "nearest_distance").map_or_else(String::new, |value| format!("{} away", number(value)));
            let nearest = nearest.iter().map(Vec::as_slice).collect();
            rows.push(Row { name: "nearest to each".to_owned(), note, colour: GREY, images: nearest });
        }
    }
    if rows.is_empty() {
        return Err(Error::data(FIGURE, "there are no images".to_owned()));
    }
    let groups: Vec<bool> =
        (0..rows.len()).map(|index| rows.get(index + 1).is_none_or(|next| next.colour != GREY)).collect();
    let bottom =
        grid::draw(&mut figure.scene, grid::size(run, FIGURE)?, figure.top, &[], &rows, |index| groups[index])?;
    let away = |of: &str| measured(of, "nearest_distance").map(number);
    let new = match (away(subject::TEST_IMAGES), away(subject::TRAINING_RECONSTRUCTIONS)) {
        (Some(test), Some(copies)) => Some(format!(
            " Test images are {test} away from theirs on average; reconstructions of training images {copies}, as codes \
             copied from training would be."
        )),
        // Older records have no copies of training images.
        (Some(test), None) => Some(format!(
            " Test images are {test} away from theirs on average: a sampler that copies would be much nearer."
        )),
        (None, _) => None,
    };
    let caption = format!(
        "Distance: Frechet distance, the lower the better, of this run alone; other figures give means over seeds. Grey: the training \
         image nearest to the sample above it, and the mean distance to it.{}",
        new.unwrap_or_default()
    );
    figure.finish(bottom, &caption)
}

/// Says whose samples are closest to the data, from the Frechet distances of the prior's, of the mixture's and of PCA's best.
/// Their values are those of one run, and stand at the rows.
fn title(network: &str, prior: f64, mixture: f64, pca: f64) -> String {
    let (best, name) = if prior <= mixture { (prior, "the prior") } else { (mixture, "a mixture fit to its codes") };
    if best < pca {
        format!("Samples of “{network}” with {name} come closest to the data, closer than PCA's")
    } else {
        format!("PCA's samples come closer to the data than those of “{network}”")
    }
}
