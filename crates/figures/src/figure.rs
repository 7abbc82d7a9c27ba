//! Draws figures of runs and of experiments. Each figure is a module in a file of its own, declared by its line in the
//! table of `spec::figures`. Shared parts of figures are in `kit`.

#[cfg(test)]
mod committed;
mod curves;
#[cfg(test)]
mod ends;
#[cfg(test)]
mod fixture;
pub(crate) mod kit;
mod profiles;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use record::RunDirectory;
use spec::Shape;
use spec::catalogue::Plot;
use spec::figures::Behind;
use system::storage;

pub use self::curves::Curve;
use self::kit::run_record::RunRecord;
use crate::error::Error;
use crate::summary::Summary;
use canvas::scene::Scene;

/// The function that draws a figure. It returns `None` if the record lacks the data of the figure.
enum Drawing {
    /// Draws the figure from the record of a run.
    OfRun(fn(&RunRecord<'_>) -> Result<Option<Scene>, Error>),
    /// Draws the figure from the summary of an experiment.
    OfExperiment(fn(&Summary) -> Result<Option<Scene>, Error>),
}

/// Declares a module for each figure of the table, and names the function that draws it: `draw` for a figure of a run,
/// `scene` for a figure of an experiment.
macro_rules! drawn {
    ($($variant:ident $name:ident $scope:ident,)+) => {
        $(mod $name;)+

        const fn drawing(plot: Plot) -> Drawing {
            match plot { $(Plot::$variant => drawn!($scope $name),)+ }
        }
    };
    (Run $name:ident) => { Drawing::OfRun($name::draw) };
    (Experiment $name:ident) => { Drawing::OfExperiment($name::scene) };
}

spec::each_figure!(drawn);

/// The optional file of a record that a figure is drawn from; `None` if the figure needs only files that every record
/// has.
pub fn behind(plot: Plot, run: &RunDirectory) -> Option<PathBuf> {
    match plot.behind() {
        Behind::Nothing => None,
        Behind::Images => Some(run.images()),
        Behind::Codes => Some(run.codes()),
        Behind::Rows(task) => Some(run.task_rows(task)),
        Behind::Tensors(task) => Some(run.task_tensors(task)),
    }
}

/// Results of drawing several figures.
#[derive(Debug, Default)]
pub struct Drawn {
    /// Files that were written.
    pub written: Vec<PathBuf>,
    /// Errors of the figures that could not be drawn; each error names its figure.
    pub failed: Vec<Error>,
}

impl Drawn {
    /// Writes one figure into a folder. A figure that cannot be drawn is added to the errors, and the others are still
    /// drawn.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    fn add(&mut self, folder: &Path, plot: Plot, scene: Result<Option<Scene>, Error>) -> Result<(), Error> {
        let written = scene.and_then(|scene| scene.map(|scene| write(folder, plot.name(), &scene)).transpose());
        match written {
            Ok(written) => self.written.extend(written.into_iter().flatten()),
            Err(error @ (Error::Record(_) | Error::File(_))) => return Err(error),
            Err(error) => self.failed.push(error.of_figure(plot.name())),
        }
        Ok(())
    }
}

/// Draws the figures that a run's experiment file lists, as `plots/<name>.svg` and `.png`. A figure is left out if its
/// record lacks the file that it needs. Figures of an experiment need several runs; see [`draw_summary`]. Figures of an
/// earlier call are removed.
///
/// # Errors
/// If a file cannot be read or written, is invalid, or has a value outside the range of its number.
pub fn draw_run(directory: &RunDirectory) -> Result<Drawn, Error> {
    let record = RunRecord::open(directory)?;
    let mut drawn = Drawn::default();
    storage::remove_directory(&directory.plots())?;
    for &plot in &record.run.evaluation.plots {
        drawn.add(&directory.plots(), plot, run_figure(plot, &record))?;
    }
    Ok(drawn)
}

/// Title and SVG of one figure of a run; `None` if the record lacks the data of the figure.
///
/// # Errors
/// As [`draw_run`].
pub fn run_svg(plot: Plot, directory: &RunDirectory) -> Result<Option<(String, String)>, Error> {
    svg(plot, run_figure(plot, &RunRecord::open(directory)?))
}

/// Title and SVG of one figure over several runs; `None` if there are too few runs.
///
/// # Errors
/// As [`draw_summary`].
pub fn summary_svg(plot: Plot, summary: &Summary) -> Result<Option<(String, String)>, Error> {
    svg(plot, summary_figure(plot, summary))
}

fn svg(plot: Plot, scene: Result<Option<Scene>, Error>) -> Result<Option<(String, String)>, Error> {
    let drawn = scene.and_then(|scene| scene.map(|scene| Ok((scene.title.clone(), scene.svg()?))).transpose());
    drawn.map_err(|error| error.of_figure(plot.name()))
}

fn run_figure(plot: Plot, record: &RunRecord<'_>) -> Result<Option<Scene>, Error> {
    match drawing(plot) {
        Drawing::OfRun(draw) => Ok(draw(record)?.map(|scene| worded(scene, record.run.dataset.shape))),
        Drawing::OfExperiment(_) => Ok(None),
    }
}

/// Words about images in figures, and the words that replace them if rows are not images.
const WORDS: [(&str, &str); 6] = [
    ("per pixel", "per value"),
    ("an image", "a row"),
    ("images", "rows"),
    ("image", "row"),
    ("pixels", "columns"),
    ("pixel", "column"),
];

/// The figure with words about rows and values if the rows are not images.
fn worded(mut scene: Scene, shape: Shape) -> Scene {
    if !matches!(shape, Shape::Image { .. }) {
        WORDS.iter().for_each(|(word, other)| scene.reword(word, other));
    }
    scene
}

fn summary_figure(plot: Plot, summary: &Summary) -> Result<Option<Scene>, Error> {
    match drawing(plot) {
        Drawing::OfExperiment(draw) => Ok(draw(summary)?.map(|scene| match summary.shape() {
            Some(shape) => worded(scene, shape),
            None => scene,
        })),
        Drawing::OfRun(_) => Ok(None),
    }
}

/// Draws the figures over several runs from `<directory>/summary.json` into `<directory>/plots/`. For example,
/// `error_by_code_size` needs at least two code sizes, and `comparison` several networks at one code size.
///
/// # Errors
/// If the summary cannot be read, has a value outside the range of its number, or a figure cannot be written.
pub fn draw_summary(directory: &Path) -> Result<Drawn, Error> {
    let summary = Summary::read(directory)?;
    let plots = directory.join("plots");
    let mut drawn = Drawn::default();
    storage::remove_directory(&plots)?;
    for &plot in &summary.plots {
        drawn.add(&plots, plot, summary_figure(plot, &summary))?;
    }
    Ok(drawn)
}

/// Figures as lists of marks, for other formats such as PDF.
#[derive(Debug, Default)]
pub struct Scenes {
    /// Names of the figures, and the figures.
    pub made: Vec<(&'static str, Scene)>,
    /// Errors of the figures that could not be made; each error names its figure.
    pub failed: Vec<Error>,
}

impl Scenes {
    /// Makes the figures of a list whose data are in a record.
    fn of(plots: &[Plot], figure: impl Fn(Plot) -> Result<Option<Scene>, Error>) -> Result<Self, Error> {
        let mut scenes = Self::default();
        for &plot in plots {
            match figure(plot) {
                Ok(scene) => scenes.made.extend(scene.map(|scene| (plot.name(), scene))),
                Err(error @ (Error::Record(_) | Error::File(_))) => return Err(error),
                Err(error) => scenes.failed.push(error.of_figure(plot.name())),
            }
        }
        Ok(scenes)
    }
}

/// The figures that [`draw_run`] draws.
///
/// # Errors
/// If a file cannot be read, is invalid, or has a value outside the range of its number.
pub fn run_scenes(directory: &RunDirectory) -> Result<Scenes, Error> {
    let record = RunRecord::open(directory)?;
    Scenes::of(&record.run.evaluation.plots, |plot| run_figure(plot, &record))
}

/// The figures that [`draw_summary`] draws.
///
/// # Errors
/// If the summary cannot be read, or has a value outside the range of its number.
pub fn summary_scenes(directory: &Path) -> Result<Scenes, Error> {
    let summary = Summary::read(directory)?;
    Scenes::of(&summary.plots, |plot| summary_figure(plot, &summary))
}

/// Draws the learning curves of several runs into one figure, as `<folder>/curves.svg` and `.png`.
///
/// # Errors
/// If there are no epochs, a loss is not finite, or a file cannot be written.
pub fn draw_curves(curves: &[Curve], folder: &Path) -> Result<[PathBuf; 2], Error> {
    write(folder, "curves", &curves::scene(curves)?)
}

fn write(folder: &Path, name: &str, scene: &Scene) -> Result<[PathBuf; 2], Error> {
    let (svg, png) = (scene.svg()?, scene.png()?);
    storage::create_directory(folder)?;
    let paths = [folder.join(format!("{name}.svg")), folder.join(format!("{name}.png"))];
    storage::write(&paths[0], svg.as_bytes())?;
    storage::write(&paths[1], &png)?;
    Ok(paths)
}
