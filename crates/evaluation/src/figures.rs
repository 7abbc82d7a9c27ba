//! Figures of recorded runs, as SVG and PNG: pure functions of the files of a record, with the same bytes every time.
//!
//! Each figure has a file of its own. `spec::figures` declares its name, what it needs, what it is of, and its place in the report;
//! `declared` says what draws it and where the report shows it. The drawing kit is in `kit`.

mod activity;
mod anomalies;
mod classes;
mod classification;
mod clustering;
mod codes;
mod comparison;
mod components;
mod curves;
#[cfg(test)]
mod ends;
mod error_by_class;
mod error_by_code_size;
mod error_by_corruption;
mod error_by_training_images;
mod factors;
mod filters;
mod fine_tuning;
#[cfg(test)]
mod fixture;
mod frechet_distances;
mod growth;
pub(crate) mod kit;
mod learning_curves;
mod likelihoods;
mod neighbours;
mod noise_levels;
mod profiles;
mod rate_distortion;
mod reconstructions;
mod robustness;
mod roc;
mod samples;
#[cfg(test)]
mod tests;
mod training_terms;
mod transfer;
mod traversals;
mod walks;

use std::path::{Path, PathBuf};

use record::RunDirectory;
use spec::catalogue::{Plot, Task};
use system::storage;

pub use self::curves::Curve;
use self::kit::run_record::RunRecord;
use self::kit::scene::Scene;
use crate::error::FigureError;
use crate::summary::Summary;

/// What draws a figure. `None` comes of a record that lacks what the figure shows.
enum Drawing {
    /// From the record of a run.
    OfRun(fn(&RunRecord<'_>) -> Result<Option<Scene>, FigureError>),
    /// From the summary of an experiment.
    OfExperiment(fn(&Summary) -> Result<Option<Scene>, FigureError>),
}

/// Where the report shows a figure. `report.html` shows every one.
enum Shown {
    /// In `REPORT.md`, which git holds with its figures.
    Report,
    /// In `REPORT.md` where the runs carry out this task, for then the experiment's answer rests on the figure.
    With(Task),
    /// In `report.html` alone.
    Page,
}

/// The file of a run that a figure is drawn from and that no number rests on: a record may be kept without it.
type Behind = Option<fn(&RunDirectory) -> PathBuf>;

const IMAGES: Behind = Some(RunDirectory::images);
const CODES: Behind = Some(RunDirectory::codes);
const ANOMALIES: Behind = Some(|run| run.task_rows(Task::Anomaly));
const GENERATION: Behind = Some(|run| run.task_tensors(Task::Generation));
const FACTORS: Behind = Some(|run| run.task_tensors(Task::Factors));

/// Declares each figure: what draws it, where the report shows it, and the file behind it.
const fn declared(plot: Plot) -> (Drawing, Shown, Behind) {
    use Drawing::{OfExperiment, OfRun};
    use Shown::{Page, Report, With};
    match plot {
        Plot::LearningCurves => (OfRun(learning_curves::draw), Page, None),
        Plot::Reconstructions => (OfRun(reconstructions::draw), Report, IMAGES),
        Plot::ErrorByClass => (OfRun(error_by_class::draw), With(Task::Classes), None),
        Plot::ErrorByCorruption => (OfRun(error_by_corruption::draw), Report, None),
        Plot::ErrorByCodeSize => (OfExperiment(error_by_code_size::scene), Report, None),
        Plot::Comparison => (OfExperiment(comparison::scene), Report, None),
        Plot::Codes => (OfRun(codes::draw), With(Task::Neighbours), CODES),
        Plot::Filters => (OfRun(filters::draw), Page, IMAGES),
        Plot::TrainingTerms => (OfRun(training_terms::draw), Report, None),
        Plot::Samples => (OfRun(samples::draw), Report, GENERATION),
        Plot::Walks => (OfRun(walks::draw), Report, GENERATION),
        Plot::Activity => (OfRun(activity::draw), Report, None),
        Plot::Factors => (OfRun(factors::draw), Report, None),
        Plot::Traversals => (OfRun(traversals::draw), Report, FACTORS),
        Plot::Robustness => (OfExperiment(robustness::scene), Report, None),
        Plot::FrechetDistances => (OfExperiment(frechet_distances::scene), Report, None),
        Plot::Likelihoods => (OfExperiment(likelihoods::scene), Report, None),
        Plot::Neighbours => (OfExperiment(neighbours::scene), Report, None),
        Plot::Classification => (OfExperiment(classification::scene), Report, None),
        Plot::Clustering => (OfExperiment(clustering::scene), Report, None),
        Plot::RateDistortion => (OfExperiment(rate_distortion::scene), Report, None),
        Plot::Anomalies => (OfExperiment(anomalies::scene), Report, None),
        Plot::Roc => (OfRun(roc::draw), Report, ANOMALIES),
        Plot::Components => (OfExperiment(components::scene), Report, None),
        Plot::Classes => (OfExperiment(classes::scene), Report, None),
        Plot::Transfer => (OfExperiment(transfer::scene), Report, None),
        Plot::NoiseLevels => (OfExperiment(noise_levels::scene), Report, None),
        Plot::ErrorByTrainingImages => (OfExperiment(error_by_training_images::scene), Report, None),
        Plot::FineTuning => (OfExperiment(fine_tuning::scene), Report, None),
        Plot::Growth => (OfExperiment(growth::scene), Report, None),
    }
}

/// True if `REPORT.md` shows a figure of runs that carry out these tasks; `report.html` shows it in any case.
pub(crate) fn is_in_report(plot: Plot, tasks: &[Task]) -> bool {
    match declared(plot).1 {
        Shown::Report => true,
        Shown::With(task) => tasks.contains(&task),
        Shown::Page => false,
    }
}

/// The file of a run that a figure is drawn from, if a record may be kept without it.
pub(crate) fn behind(plot: Plot, run: &RunDirectory) -> Option<PathBuf> {
    declared(plot).2.map(|file| file(run))
}

/// What drawing comes to.
#[derive(Debug, Default)]
pub struct Drawn {
    /// The files.
    pub written: Vec<PathBuf>,
    /// Why each of the other figures could not be drawn; the error names the figure.
    pub failed: Vec<FigureError>,
}

impl Drawn {
    /// Draws one more figure. What cannot be drawn costs itself alone.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    fn add(&mut self, folder: &Path, plot: Plot, scene: Result<Option<Scene>, FigureError>) -> Result<(), FigureError> {
        let written = scene.and_then(|scene| scene.map(|scene| write(folder, plot.name(), &scene)).transpose());
        match written {
            Ok(written) => self.written.extend(written.into_iter().flatten()),
            Err(error @ (FigureError::Record(_) | FigureError::File(_))) => return Err(error),
            Err(error) => self.failed.push(error.of_figure(plot.name())),
        }
        Ok(())
    }
}

/// Draws the figures that a run asks for and its record allows, as `plots/<name>.svg` and `.png`, and says which could not
/// be drawn. Where a file that a figure needs is missing, the figure is left out. Figures of an experiment need several runs; see
/// [`draw_summary`]. Figures of an earlier call are removed.
///
/// # Errors
/// When a file cannot be read or written, is not what its name says, or holds a value outside the range of its number.
pub fn draw_run(directory: &RunDirectory) -> Result<Drawn, FigureError> {
    let record = RunRecord::open(directory)?;
    let mut drawn = Drawn::default();
    storage::remove_directory(&directory.plots())?;
    for &plot in &record.run.evaluation.plots {
        drawn.add(&directory.plots(), plot, run_figure(plot, &record))?;
    }
    Ok(drawn)
}

/// Title and SVG of one figure of a run, if its record has what it needs.
///
/// # Errors
/// As [`draw_run`].
pub fn run_svg(plot: Plot, directory: &RunDirectory) -> Result<Option<(String, String)>, FigureError> {
    let scene = run_figure(plot, &RunRecord::open(directory)?)?;
    scene.map(|scene| Ok((scene.title.clone(), scene.svg()?))).transpose()
}

/// Title and SVG of one figure over several runs, if there are enough of them.
///
/// # Errors
/// As [`draw_summary`].
pub fn summary_svg(plot: Plot, summary: &Summary) -> Result<Option<(String, String)>, FigureError> {
    let scene = summary_figure(plot, summary)?;
    scene.map(|scene| Ok((scene.title.clone(), scene.svg()?))).transpose()
}

fn run_figure(plot: Plot, record: &RunRecord<'_>) -> Result<Option<Scene>, FigureError> {
    match declared(plot).0 {
        Drawing::OfRun(draw) => draw(record),
        Drawing::OfExperiment(_) => Ok(None),
    }
}

fn summary_figure(plot: Plot, summary: &Summary) -> Result<Option<Scene>, FigureError> {
    match declared(plot).0 {
        Drawing::OfExperiment(draw) => draw(summary),
        Drawing::OfRun(_) => Ok(None),
    }
}

/// Draws the figures over several runs, from `<directory>/summary.json` to `<directory>/plots/`: `error_by_code_size`
/// where there are at least two code sizes, `comparison` where there are several networks at one.
///
/// # Errors
/// When the summary cannot be read, holds a value outside the range of its number, or a figure cannot be written.
pub fn draw_summary(directory: &Path) -> Result<Drawn, FigureError> {
    let summary = Summary::read(directory)?;
    let plots = directory.join("plots");
    let mut drawn = Drawn::default();
    storage::remove_directory(&plots)?;
    for &plot in &summary.plots {
        drawn.add(&plots, plot, summary_figure(plot, &summary))?;
    }
    Ok(drawn)
}

/// Draws the learning curves of several runs over each other, as `<folder>/curves.svg` and `.png`.
///
/// # Errors
/// When there are no epochs, a loss is not finite, or a file cannot be written.
pub fn draw_curves(curves: &[Curve], folder: &Path) -> Result<[PathBuf; 2], FigureError> {
    write(folder, "curves", &curves::scene(curves)?)
}

fn write(folder: &Path, name: &str, scene: &Scene) -> Result<[PathBuf; 2], FigureError> {
    let (svg, png) = (scene.svg()?, scene.png()?);
    storage::create_directory(folder)?;
    let paths = [folder.join(format!("{name}.svg")), folder.join(format!("{name}.png"))];
    storage::write(&paths[0], svg.as_bytes())?;
    storage::write(&paths[1], &png)?;
    Ok(paths)
}
