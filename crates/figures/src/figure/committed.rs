//! Tests that every figure of every committed record is readable.

use std::collections::BTreeSet;
use std::path::Path;

use record::RunDirectory;

use super::tests::{texts_are_apart_and_inside, title_lines};
use super::*;
use crate::figure::kit::theme::{GRID, RULE, TITLE_LINES};
use crate::summary::Summary;
use canvas::scene::{Mark, Scene};
use plotters::style::{RGBAColor, RGBColor};

/// A figure of a committed experiment.
struct Committed {
    what: String,
    plot: Plot,
    shape: Shape,
    scene: Scene,
}

/// The figures of each experiment and of its first run, as in the report.
fn committed() -> Vec<Committed> {
    let results = Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../results");
    let unpacked = tempfile::tempdir().unwrap();
    archive::gather(&results, unpacked.path()).unwrap();
    let folders = |of: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(of).unwrap().map(|entry| entry.unwrap().path());
        let mut folders: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
        folders.sort();
        folders
    };
    let mut figures = Vec::new();
    for folder in folders(unpacked.path()).iter().flat_map(|experiment| folders(experiment)) {
        let summary = Summary::read(&folder).unwrap();
        let first = &summary.groups[0];
        let run = RunDirectory::at(&folder.join(&first.label).join(format!("seed-{}", first.seeds[0])));
        let record = RunRecord::open(&run).unwrap();
        for &plot in &summary.plots {
            let scene = summary_figure(plot, &summary).unwrap().or_else(|| run_figure(plot, &record).unwrap());
            if let Some(scene) = scene {
                let what = format!("{plot} of {}", summary.experiment);
                figures.push(Committed { what, plot, shape: record.run.dataset.shape, scene });
            }
        }
    }
    figures
}

/// Asserts that no curve crosses a text without a background. Lines of the grid may cross texts.
fn no_line_crosses_a_text(what: &str, scene: &Scene) {
    let is_of_grid = |colour: RGBAColor| [GRID, RULE].contains(&RGBColor(colour.0, colour.1, colour.2));
    let curves = || {
        scene.marks.iter().filter_map(|mark| match mark {
            Mark::Path { points, colour, .. } if !is_of_grid(*colour) => Some(points),
            _ => None,
        })
    };
    for text in scene.texts() {
        let (left, top, right, bottom) = text.bounds().unwrap();
        // Letters do not fill the height of a line of text.
        let (top, bottom) = (top + 0.15 * text.size, bottom - 0.25 * text.size);
        let crosses = |ends: &[(f64, f64)]| {
            let (from, to) = (ends[0], ends[1]);
            let steps = ((to.0 - from.0).hypot(to.1 - from.1) / 2.0).ceil().max(1.0);
            (0..=steps as usize).any(|step| {
                let share = step as f64 / steps;
                let (x, y) = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
                (left..=right).contains(&x) && (top..=bottom).contains(&y)
            })
        };
        let crossed = curves().any(|points| points.windows(2).any(crosses));
        assert!(!crossed, "{what}: a line runs through {:?}", text.text);
    }
}

#[test]
fn figures_of_committed_records_have_short_titles_and_readable_texts() {
    let figures = committed();
    assert!(figures.len() > 100, "{} figures", figures.len());
    for Committed { what, shape, scene, .. } in &figures {
        texts_are_apart_and_inside(what, scene);
        no_line_crosses_a_text(what, scene);
        assert!(title_lines(scene) <= TITLE_LINES, "{what}: {:?} is too long", scene.title);
        let is_image = matches!(shape, Shape::Image { .. });
        for text in scene.texts().iter().filter(|_| !is_image) {
            let of_images = ["image", "pixel"].iter().any(|word| text.text.contains(word));
            assert!(!of_images, "{what}, of rows that are no images: {:?}", text.text);
        }
    }
    // A title that is the same for every result is useless.
    let filters: Vec<&str> =
        figures.iter().filter(|of| of.plot == Plot::Filters).map(|of| of.scene.title.as_str()).collect();
    let different: BTreeSet<&str> = filters.iter().copied().collect();
    assert!(2 * different.len() > filters.len(), "{different:?}");
}
