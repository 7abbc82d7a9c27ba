//! Each figure has a file of its own, and a line in the table of `spec::figures`, which makes it a module here. The drawing kit is
//! in `kit`.

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

/// What draws a figure. `None` comes of a record that lacks what the figure shows.
enum Drawing {
    /// From the record of a run.
    OfRun(fn(&RunRecord<'_>) -> Result<Option<Scene>, Error>),
    /// From the summary of an experiment.
    OfExperiment(fn(&Summary) -> Result<Option<Scene>, Error>),
}

/// Makes each figure of the table a module, and names what draws it: `draw` of a run's, `scene` of an experiment's.
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

/// The file of a run that a figure is drawn from, if a record may be kept without it.
pub fn behind(plot: Plot, run: &RunDirectory) -> Option<PathBuf> {
    match plot.behind() {
        Behind::Nothing => None,
        Behind::Images => Some(run.images()),
        Behind::Codes => Some(run.codes()),
        Behind::Rows(task) => Some(run.task_rows(task)),
        Behind::Tensors(task) => Some(run.task_tensors(task)),
    }
}

/// What drawing comes to.
#[derive(Debug, Default)]
pub struct Drawn {
    /// The files.
    pub written: Vec<PathBuf>,
    /// Why each of the other figures could not be drawn; the error names the figure.
    pub failed: Vec<Error>,
}

impl Drawn {
    /// Draws one more figure. What cannot be drawn costs itself alone.
    ///
    /// # Errors
    /// When a file cannot be read or written.
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

/// Draws the figures that a run asks for and its record allows, as `plots/<name>.svg` and `.png`, and says which could not
/// be drawn. Where a file that a figure needs is missing, the figure is left out. Figures of an experiment need several runs; see
/// [`draw_summary`]. Figures of an earlier call are removed.
///
/// # Errors
/// When a file cannot be read or written, is not what its name says, or holds a value outside the range of its number.
pub fn draw_run(directory: &RunDirectory) -> Result<Drawn, Error> {
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
pub fn run_svg(plot: Plot, directory: &RunDirectory) -> Result<Option<(String, String)>, Error> {
    svg(plot, run_figure(plot, &RunRecord::open(directory)?))
}

/// Title and SVG of one figure over several runs, if there are enough of them.
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

/// What figures say of images, and what they say in place of it of rows that are none.
const WORDS: [(&str, &str); 6] = [
    ("per pixel", "per value"),
    ("an image", "a row"),
    ("images", "rows"),
    ("image", "row"),
    ("pixels", "columns"),
    ("pixel", "column"),
];

/// Speaks of rows and values where these are no images.
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

/// Draws the figures over several runs, from `<directory>/summary.json` to `<directory>/plots/`: `error_by_code_size`
/// where there are at least two code sizes, `comparison` where there are several networks at one.
///
/// # Errors
/// When the summary cannot be read, holds a value outside the range of its number, or a figure cannot be written.
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

/// Figures as plain data, for other formats.
#[derive(Debug, Default)]
pub struct Scenes {
    /// Name of each figure and the figure.
    pub made: Vec<(&'static str, Scene)>,
    /// Why each of the other figures could not be made; the error names the figure.
    pub failed: Vec<Error>,
}

impl Scenes {
    /// The figures of a list that a record allows.
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
/// When a file cannot be read, is not what its name says, or holds a value outside the range of its number.
pub fn run_scenes(directory: &RunDirectory) -> Result<Scenes, Error> {
    let record = RunRecord::open(directory)?;
    Scenes::of(&record.run.evaluation.plots, |plot| run_figure(plot, &record))
}

/// The figures that [`draw_summary`] draws.
///
/// # Errors
/// When the summary cannot be read, or holds a value outside the range of its number.
pub fn summary_scenes(directory: &Path) -> Result<Scenes, Error> {
    let summary = Summary::read(directory)?;
    Scenes::of(&summary.plots, |plot| summary_figure(plot, &summary))
}

/// Draws the learning curves of several runs over each other, as `<folder>/curves.svg` and `.png`.
///
/// # Errors
/// When there are no epochs, a loss is not finite, or a file cannot be written.
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
