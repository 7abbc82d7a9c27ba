//! Figure: decoded codes on straight lines between codes of test images, for the network and for PCA.

use spec::Run;
use spec::catalogue::Task;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::grid::{self, Row};
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::tensors::NamedImages;
use crate::figure::kit::theme::{Figure, about, look};
use canvas::scene::Scene;

const FIGURE: &str = "walks";

/// Number of images in a walk, both ends included.
const STEPS: usize = 9;

/// Draws the figure of a run; `None` if the record lacks its files.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let both = record.task_images(Task::Generation)?.zip(record.measures()?);
    both.map(|(images, _)| scene(&record.run, &images)).transpose()
}

/// Draws the walks of `generation.safetensors`.
pub(crate) fn scene(run: &Run, images: &NamedImages) -> Result<Scene, Error> {
    let walks = |name: &str| images.get(name).map(|images| images.chunks(STEPS).collect::<Vec<_>>());
    let (Some(own), Some(pca)) = (walks("walks.autoencoder"), walks("walks.pca")) else {
        return Err(Error::data(FIGURE, "there are no walks".to_owned()));
    };
    let [grey, linear] = [&own, &pca].map(|walks| greyness(walks));
    let title = if grey < linear {
        format!(
            "Half-way between two images, PCA is more blurred: {} of the ink is mid-grey, of the autoencoder's {}",
            percent(linear),
            percent(grey)
        )
    } else {
        format!(
            "Half-way between two images, PCA is not more blurred: of the autoencoder's ink {} is mid-grey, of PCA's {}",
            percent(grey),
            percent(linear)
        )
    };
    let subtitle = format!("Straight lines between the codes of two test images, decoded · {}", about(run));
    let mut figure = Figure::new(&title, &subtitle)?;
    let mut rows = Vec::new();
    for (pair, (own, pca)) in own.iter().zip(&pca).enumerate() {
        for (of, walk) in [(subject::AUTOENCODER, own), (subject::PCA, pca)] {
            let (name, colour) = look(of);
            let images = walk.iter().map(Vec::as_slice).collect();
            // The note is written once; the caption applies to each pair.
            let name = if pair == 0 { name.to_owned() } else { String::new() };
            rows.push(Row { name, note: String::new(), colour, images });
        }
    }
    let bottom =
        grid::draw(&mut figure.scene, grid::size(run, FIGURE)?, figure.top, &[], &rows, |index| index % 2 == 1)?;
    let caption = "Upper row of each pair: the autoencoder; lower: PCA. The ends of a row are reconstructions of test images of two \
                   classes. Mid-grey: pixels from 0.25 to 0.75 of white.";
    figure.finish(bottom, caption)
}

/// Share of the ink of the middle image in pixels from 0.25 to 0.75.
fn greyness(walks: &[&[Vec<u8>]]) -> f64 {
    let half_way = || walks.iter().filter_map(|walk| walk.get(STEPS / 2)).flatten().map(|pixel| f64::from(*pixel));
    let grey: f64 = half_way().filter(|pixel| (64.0..=191.0).contains(pixel)).sum();
    grey / half_way().sum::<f64>().max(1.0)
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greyness_is_the_share_of_mid_greys_in_the_middle_image() {
        let mut walk = vec![vec![100; 784]; STEPS];
        walk[STEPS / 2] = [vec![255; 392], vec![85; 392]].concat();
        assert_eq!(greyness(&[&walk]), 0.25);
    }
}
