//! Figure: decoded codes of a test image in which one unit takes several values.

use record::UnitInformation;
use spec::Run;
use spec::catalogue::Task;
use spec::subject;

use crate::error::Error;
use crate::figure::kit::finding::{Comparison, share};
use crate::figure::kit::grid::{self, Row};
use crate::figure::kit::run_record::RunRecord;
use crate::figure::kit::tensors::NamedImages;
use crate::figure::kit::theme::{Figure, about, look};
use canvas::scene::Scene;
use canvas::text::{list, number};

const FIGURE: &str = "traversals";

/// Number of images in a traversal.
const STEPS: usize = 9;

/// Draws the figure of a run; `None` if the record lacks its files.
pub(crate) fn draw(record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    let both = record.task_rows::<UnitInformation>(Task::Factors)?.zip(record.task_images(Task::Factors)?);
    both.map(|(rows, images)| scene(&record.run, &images, &rows)).transpose()
}

/// Draws the images of `factors.safetensors` with the numbers of their units in `factors.csv`.
pub(crate) fn scene(run: &Run, images: &NamedImages, rows: &[UnitInformation]) -> Result<Scene, Error> {
    let mut grid = Vec::new();
    let mut changes = Vec::new();
    let mut groups = Vec::new();
    for of in [subject::AUTOENCODER, subject::PCA] {
        let Some(images) = images.get(&format!("traversals.{of}")) else { continue };
        let (called, colour) = look(of);
        let units =
            UnitInformation::most_informative(rows.iter().filter(|row| row.subject == of), images.len() / STEPS);
        let mut moved = 0.0;
        for (unit, traversal) in units.iter().zip(images.chunks(STEPS)) {
            let known = rows.iter().filter(|row| row.subject == of && row.unit == *unit);
            let best = known.max_by(|a, b| a.share.total_cmp(&b.share));
            let note = best.map_or_else(String::new, |row| format!("{:.0} % of {}", 100.0 * row.share, row.factor));
            moved += change(traversal) / units.len() as f64;
            let images = traversal.iter().map(Vec::as_slice).collect();
            let what = if of == subject::PCA { "component" } else { "unit" };
            grid.push(Row { name: format!("{what} {unit}"), note, colour, images });
        }
        changes.push((called, moved));
        groups.push(grid.len());
    }
    let Some((_, own)) = changes.first() else {
        return Err(Error::data(FIGURE, "there are no traversals".to_owned()));
    };
    let title = match changes.get(1) {
        Some((_, pca)) => format!(
            "Moving one unit changes the image {} as moving a principal component",
            match Comparison::of(*own, *pca) {
                Comparison::Ties => "as much".to_owned(),
                Comparison::Wins(ratio) => format!("{} times as much", share(ratio)),
                Comparison::Loses(ratio) if ratio.is_finite() => format!("{} times as much", number(ratio)),
                Comparison::Loses(_) => "and not as little".to_owned(),
            }
        ),
        None => format!("Moving one unit changes {} white pixels of the image to black or back", number(*own)),
    };
    let change: Vec<String> = changes.iter().map(|(called, moved)| format!("{called} {}", number(*moved))).collect();
    let subtitle = format!("One unit from 2 standard deviations below its mean to 2 above · {}", about(run));
    let mut figure = Figure::new(&title, &subtitle)?;
    let bottom = grid::draw(&mut figure.scene, grid::size(run, FIGURE)?, figure.top, &[], &grid, |index| {
        groups.contains(&(index + 1))
    })?;
    let caption = format!(
        "Blue: units of the autoencoder; orange: components of PCA; counted from 0. All others keep their values for the first test \
         image. Per cent: share of the information on a class or factor in this one; those with most are shown. Change between both \
         ends, in pixels from black to white: {}.",
        list(&change)
    );
    figure.finish(bottom, &caption)
}

/// Absolute difference between the first and the last image, in white pixels.
fn change(traversal: &[Vec<u8>]) -> f64 {
    let (Some(first), Some(last)) = (traversal.first(), traversal.last()) else { return 0.0 };
    first.iter().zip(last).map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs() / 255.0).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_counted_in_white_pixels() {
        let black = vec![0; 784];
        let mut white = black.clone();
        white[..3].fill(255);
        assert_eq!(change(&[black.clone(), white.clone(), white]), 3.0);
        assert_eq!(change(&[black]), 0.0);
    }
}
