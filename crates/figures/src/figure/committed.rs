//! Every figure of every committed record, held to what readers need.

use std::collections::BTreeSet;
use std::path::Path;

use record::RunDirectory;

use super::tests::{texts_are_apart_and_inside, title_lines};
use super::*;
use crate::figure::kit::theme::TITLE_LINES;
use crate::summary::Summary;
use canvas::scene::Scene;

/// A figure of a committed experiment.
struct Committed {
    what: String,
    plot: Plot,
    shape: Shape,
    scene: Scene,
}

/// The figures of each experiment, and those of its first run, as the report shows them.
fn committed() -> Vec<Committed> {
    let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../results");
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

#[test]
fn figures_of_committed_records_have_short_titles_and_texts_that_are_read() {
    let figures = committed();
    assert!(figures.len() > 100, "{} figures", figures.len());
    for Committed { what, shape, scene, .. } in &figures {
        texts_are_apart_and_inside(what, scene);
        assert!(title_lines(scene) <= TITLE_LINES, "{what}: {:?} is too long", scene.title);
        let is_image = matches!(shape, Shape::Image { .. });
        for text in scene.texts().iter().filter(|_| !is_image) {
            let of_images = ["image", "pixel"].iter().any(|word| text.text.contains(word));
            assert!(!of_images, "{what}, of rows that are no images: {:?}", text.text);
        }
    }
    // A headline that is the same whatever was learned says nothing.
    let filters: Vec<&str> =
        figures.iter().filter(|of| of.plot == Plot::Filters).map(|of| of.scene.title.as_str()).collect();
    let different: BTreeSet<&str> = filters.iter().copied().collect();
    assert!(2 * different.len() > filters.len(), "{different:?}");
}
