//! Ten test images, one of each class, and what becomes of them.

use experiment::catalogue::SIDE;
use experiment::record::{Metrics, subject};
use experiment::spec::Run;

use super::Error;
use super::finding::Comparison;
use super::samples::Samples;
use super::scene::{Anchor, Raster, Scene};
use super::text::{Weight, number};
use super::theme::{Figure, GREY, INK, MARGIN, RIGHT, SMALL, about, label, look, name, room, test_images};

const FIGURE: &str = "reconstructions";

/// Units on each side of a pixel.
const SCALE: u32 = 4;

/// Draws the images of `images.safetensors`, with the errors of `metrics.json` beside them.
pub(super) fn scene(run: &Run, samples: &Samples, metrics: &Metrics) -> Result<Scene, Error> {
    let test = metrics.get("test").ok_or_else(|| Error::data(FIGURE, "metrics.json has no test split".to_owned()))?;
    let error = |of: &str| test.get(of).map(|error| error.mse_per_pixel);
    let autoencoder = error(subject::AUTOENCODER)
        .filter(|error| error.is_finite())
        .ok_or_else(|| Error::data(FIGURE, "metrics.json has no test error of the autoencoder".to_owned()))?;
    let pca = error(subject::PCA).filter(|error| error.is_finite());
    let at = format!("at {} code units", run.model.code);
    let title = match pca {
        Some(pca) => {
            format!("{}, {at}", Comparison::of(autoencoder, pca).sentence("test error")).replace(", at", " at")
        }
        None => format!("The autoencoder's test error is {} per pixel {at}", number(autoencoder)),
    };
    let subtitle = format!("First test image of each class · {} · MSE per pixel over {}", about(run), test_images(run));
    let mut figure = Figure::new(&title, &subtitle)?;

    let mut rows: Vec<(&str, _, String, &[Vec<u8>])> = vec![("clean", INK, "test image".to_owned(), &samples.clean)];
    let mse = |of: &str| error(of).map_or_else(String::new, |error| format!("MSE {}", number(error)));
    if let Some(corrupted) = &samples.corrupted {
        let (_, colour) = look(subject::CORRUPTED_INPUT);
        rows.push(("corrupted", colour, mse(subject::CORRUPTED_INPUT), corrupted));
    }
    for (of, images) in [(subject::AUTOENCODER, Some(&samples.autoencoder)), (subject::PCA, samples.pca.as_ref())] {
        if let Some(images) = images {
            let (name, colour) = look(of);
            rows.push((name, colour, mse(of), images));
        }
    }

    let names: Vec<String> = rows.iter().map(|(name, ..)| (*name).to_owned()).collect();
    let left = MARGIN + room(&names, Weight::Bold)?.max(room(&["MSE 0.0000".to_owned()], Weight::Regular)?) + 20.0;
    let side = f64::from(SIDE as u32 * SCALE);
    let pitch = (RIGHT - left - side) / (samples.labels.len().max(2) - 1) as f64;
    let pitch = pitch.min(side * 1.4);
    let scene = &mut figure.scene;
    let classes = run.dataset.name.class_names();
    for (column, &class) in samples.labels.iter().enumerate() {
        let class = classes.get(usize::from(class)).copied().unwrap_or("?");
        let middle = left + column as f64 * pitch + side / 2.0;
        scene.text(label(class, (middle, figure.top + 22.0), Anchor::Middle, GREY));
    }
    let mut top = figure.top + 36.0;
    for (row, colour, note, images) in rows {
        scene.text(name(row, (MARGIN, top + side / 2.0 - 8.0), Anchor::Start, colour));
        scene.text(label(note, (MARGIN, top + side / 2.0 + SMALL), Anchor::Start, GREY));
        for (column, image) in images.iter().enumerate() {
            let pixels = image.iter().map(|&value| [value; 3]).collect();
            let raster = Raster { width: SIDE as u32, height: SIDE as u32, scale: SCALE, pixels };
            scene.image((left + column as f64 * pitch, top), raster);
        }
        top += side + 12.0;
    }

    let clipped = error(subject::PCA_CLIPPED)
        .map(|error| format!(" Clipped so, PCA's MSE is {}.", number(error)))
        .unwrap_or_default();
    let caption = match &samples.pca {
        Some(_) => format!("Pixels are shown clipped to [0, 1].{clipped}"),
        None => String::new(),
    };
    figure.finish(top, &caption)
}
