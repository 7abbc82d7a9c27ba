//! Figures of recorded runs, as SVG and PNG: pure functions of the files of a record, with the same bytes every time.
//!
//! A figure is first a list of marks (`scene`) and then either format. Each figure has a file of its own; what they share
//! is in `theme` (colours, headings), `axes`, `text` (font, widths, numbers) and `finding` (what titles say).

mod activity;
mod anomalies;
mod classes;
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
mod noise_levels;
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

use record::ranges;
use record::{Measures, Metrics, RunDirectory};
use spec::Run;
use spec::catalogue::{Plot, Task};
use system::storage;

pub use self::curves::Curve;
use self::kit::scene::Scene;
use self::kit::tensors::Samples;
use crate::error::FigureError;
use crate::summary::Summary;

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
/// be drawn. Where a file that a figure needs is missing, the figure is left out. `error_by_code_size` and `comparison` need several
/// runs; see [`draw_summary`]. Figures of an earlier call are removed.
///
/// # Errors
/// When a file cannot be read or written, is not what its name says, or holds a value outside the range of its number.
pub fn draw_run(directory: &RunDirectory) -> Result<Drawn, FigureError> {
    let run = record::read_run(&directory.experiment())?;
    let metrics: Option<Metrics> = if_there(&directory.metrics(), ranges::read_metrics)?;
    let samples = if_there(&directory.images(), Samples::read)?;
    let mut drawn = Drawn::default();
    storage::remove_directory(&directory.plots())?;
    for &plot in &run.evaluation.plots {
        let scene = run_figure(plot, &run, directory, metrics.as_ref(), samples.as_ref());
        drawn.add(&directory.plots(), plot, scene)?;
    }
    Ok(drawn)
}

/// Title and SVG of one figure of a run, if its record has what it needs.
///
/// # Errors
/// As [`draw_run`].
pub fn run_svg(plot: Plot, directory: &RunDirectory) -> Result<Option<(String, String)>, FigureError> {
    let run = record::read_run(&directory.experiment())?;
    let metrics: Option<Metrics> = if_there(&directory.metrics(), ranges::read_metrics)?;
    let samples = if_there(&directory.images(), Samples::read)?;
    let scene = run_figure(plot, &run, directory, metrics.as_ref(), samples.as_ref())?;
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

fn summary_figure(plot: Plot, summary: &Summary) -> Result<Option<Scene>, FigureError> {
    match plot {
        Plot::ErrorByCodeSize => error_by_code_size::scene(summary),
        Plot::Comparison => comparison::scene(summary),
        Plot::FrechetDistances => frechet_distances::scene(summary),
        Plot::Likelihoods => likelihoods::scene(summary),
        Plot::Robustness => robustness::scene(summary),
        Plot::Neighbours => kit::scores::NEIGHBOURS.scene(summary),
        Plot::Classification => kit::scores::CLASSIFICATION.scene(summary),
        Plot::Clustering => kit::scores::CLUSTERING.scene(summary),
        Plot::RateDistortion => rate_distortion::scene(summary),
        Plot::Anomalies => anomalies::scene(summary),
        Plot::Components => components::scene(summary),
        Plot::Classes => classes::scene(summary),
        Plot::Transfer => transfer::scene(summary),
        Plot::NoiseLevels => noise_levels::scene(summary),
        Plot::ErrorByTrainingImages => error_by_training_images::scene(summary),
        Plot::FineTuning => fine_tuning::scene(summary),
        Plot::Growth => growth::scene(summary),
        Plot::LearningCurves
        | Plot::Reconstructions
        | Plot::ErrorByClass
        | Plot::ErrorByCorruption
        | Plot::TrainingTerms
        | Plot::Samples
        | Plot::Walks
        | Plot::Roc
        | Plot::Activity
        | Plot::Factors
        | Plot::Traversals
        | Plot::Codes
        | Plot::Filters => Ok(None),
    }
}

fn run_figure(
    plot: Plot,
    run: &Run,
    directory: &RunDirectory,
    metrics: Option<&Metrics>,
    samples: Option<&Samples>,
) -> Result<Option<Scene>, FigureError> {
    match plot {
        Plot::LearningCurves => {
            let epochs: Option<Vec<_>> = if_there(&directory.epochs(), ranges::read_rows)?;
            epochs.map(|epochs| learning_curves::scene(run, &epochs, metrics)).transpose()
        }
        Plot::Reconstructions => match (samples, metrics) {
            (Some(samples), Some(metrics)) => reconstructions::scene(run, samples, metrics).map(Some),
            _ => Ok(None),
        },
        Plot::ErrorByClass => {
            let errors: Option<Vec<_>> = if_there(&directory.error_by_class(), ranges::read_rows)?;
            errors.map(|errors| error_by_class::scene(run, &errors)).transpose()
        }
        Plot::ErrorByCorruption => {
            let errors: Option<Vec<_>> = if_there(&directory.error_by_corruption(), ranges::read_rows)?;
            let both = run.corruption.zip(errors);
            both.map(|(corruption, errors)| error_by_corruption::scene(run, corruption, &errors)).transpose()
        }
        Plot::TrainingTerms => {
            let epochs: Option<Vec<_>> = if_there(&directory.epochs(), ranges::read_rows)?;
            epochs.map_or(Ok(None), |epochs| training_terms::scene(run, &epochs))
        }
        Plot::Samples | Plot::Walks => {
            let images = if_there(&directory.task_tensors(Task::Generation), kit::tensors::task_images)?;
            let measures: Option<Measures> = if_there(&directory.measures(), ranges::read_measures)?;
            let Some((images, measures)) = images.zip(measures) else { return Ok(None) };
            match plot {
                Plot::Samples => samples::scene(run, &images, &measures),
                _ => walks::scene(run, &images),
            }
            .map(Some)
        }
        Plot::Roc => {
            let points: Option<Vec<_>> = if_there(&directory.task_rows(Task::Anomaly), ranges::read_rows)?;
            let measures: Option<Measures> = if_there(&directory.measures(), ranges::read_measures)?;
            points.zip(measures).map(|(points, measures)| roc::scene(run, &points, &measures)).transpose()
        }
        Plot::Activity => {
            let units: Option<Vec<_>> = if_there(&directory.task_rows(Task::Activity), ranges::read_rows)?;
            units.map(|units| activity::scene(run, &units)).transpose()
        }
        Plot::Factors | Plot::Traversals => {
            let rows: Option<Vec<_>> = if_there(&directory.task_rows(Task::Factors), ranges::read_rows)?;
            let images = if_there(&directory.task_tensors(Task::Factors), kit::tensors::task_images)?;
            match (plot, rows, images) {
                (Plot::Factors, Some(rows), _) => factors::scene(run, &rows).map(Some),
                (Plot::Traversals, Some(rows), Some(images)) => traversals::scene(run, &images, &rows).map(Some),
                _ => Ok(None),
            }
        }
        Plot::ErrorByCodeSize
        | Plot::Comparison
        | Plot::Robustness
        | Plot::FrechetDistances
        | Plot::Likelihoods
        | Plot::Neighbours
        | Plot::Classification
        | Plot::Clustering
        | Plot::RateDistortion
        | Plot::Anomalies
        | Plot::Components
        | Plot::Classes
        | Plot::Transfer
        | Plot::NoiseLevels
        | Plot::ErrorByTrainingImages
        | Plot::FineTuning
        | Plot::Growth => Ok(None),
        Plot::Codes => {
            let codes: Option<Vec<_>> = if_there(&directory.codes(), ranges::read_rows)?;
            codes.map(|codes| codes::scene(run, &codes)).transpose()
        }
        Plot::Filters => samples
            .and_then(|samples| Some((samples.encoder_filters.as_deref()?, samples.pca_components.as_deref())))
            .map(|(filters, components)| filters::scene(run, filters, components))
            .transpose(),
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

/// Reads a file of a record that need not be there.
fn if_there<T, E: Into<FigureError>>(
    path: &Path,
    read: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<Option<T>, FigureError> {
    if path.exists() { read(path).map(Some).map_err(E::into) } else { Ok(None) }
}

fn write(folder: &Path, name: &str, scene: &Scene) -> Result<[PathBuf; 2], FigureError> {
    let (svg, png) = (scene.svg()?, scene.png()?);
    storage::create_directory(folder)?;
    let paths = [folder.join(format!("{name}.svg")), folder.join(format!("{name}.png"))];
    storage::write(&paths[0], svg.as_bytes())?;
    storage::write(&paths[1], &png)?;
    Ok(paths)
}
