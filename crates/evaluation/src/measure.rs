//! All measurements of one run, from its recorded weights.

mod hidden_units;
mod samples;

use std::collections::BTreeMap;
use std::path::PathBuf;

use datasets::own::OwnFit;
use datasets::{Sources, Splits};
use record::ranges;
use record::ranges::Row;
use record::{
    BlockMean, ClassError, CodePoint, ColumnError, CorruptionError, Environment, Epoch, ErrorThreshold, HiddenLayer,
    Metrics, ReconstructionError, RunDirectory,
};
use spec::Run;
use spec::catalogue::{Pixels, Split, Task};
use spec::measures::DEAD_HIDDEN_UNITS;
use spec::subject;
use system::storage;
use zoo::Networks;

use self::hidden_units::Firing;
pub use self::samples::{CODES, FILTERS};
use crate::error::Error;
pub use crate::inputs::TrainedNetwork;
use crate::inputs::{self, Inputs};
use crate::metrics::ErrorSums;
use crate::metrics::range::in_range;
use crate::new_rows::NewRows;
use crate::subjects::Subjects;
use crate::tasks;
use crate::tasks::context::{Context, TaskOutput};

/// All measurements of a trained network.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Reconstruction error by split and subject.
    pub metrics: Metrics,
    /// Test error of the autoencoder and the unclipped baselines, by class.
    pub error_by_class: Vec<ClassError>,
    /// Test error of the autoencoder and the unclipped baselines, by column, for a user's own data with named columns.
    pub error_by_column: Vec<ColumnError>,
    /// Test error of autoencoder, PCA, denoisers and noisy input, at each corruption level of the run.
    pub error_by_corruption: Vec<CorruptionError>,
    /// Codes of test rows in two dimensions.
    pub codes: Vec<CodePoint>,
    /// Hidden ReLU layers, and the number of their dead units.
    pub hidden_units: Vec<HiddenLayer>,
    /// Subject, field and means over blocks of test rows, of the reconstruction errors. Those of tasks are in `tasks`.
    pub blocks: Vec<(&'static str, &'static str, Vec<f64>)>,
    /// Bytes of `images.safetensors`.
    pub images: Vec<u8>,
    /// Error thresholds above which new rows are flagged.
    pub thresholds: Vec<ErrorThreshold>,
    /// Bytes of `apply.safetensors`. `None` for binarised pixels, because new images are not binarised.
    pub apply: Option<Vec<u8>>,
    /// Outputs of the run's tasks.
    pub tasks: Vec<(Task, TaskOutput)>,
    /// Subject, field and value of numbers that need no task: the parameters that baselines chose, and the share of dead
    /// hidden units.
    pub always: Vec<(&'static str, &'static str, f64)>,
}

impl Measurement {
    /// Writes the files of the record and returns their paths. Removes files of an earlier evaluation for which there are
    /// no rows now.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, directory: &RunDirectory) -> Result<Vec<PathBuf>, Error> {
        let mut written = vec![directory.codes(), directory.images()];
        let by_class = directory.error_by_class();
        if self.error_by_class.is_empty() {
            storage::remove(&by_class)?;
        } else {
            storage::write_csv(&by_class, &self.error_by_class)?;
            written.insert(0, by_class);
        }
        let by_column = directory.error_by_column();
        if self.error_by_column.is_empty() {
            storage::remove(&by_column)?;
        } else {
            storage::write_csv(&by_column, &self.error_by_column)?;
            written.push(by_column);
        }
        match &self.apply {
            Some(bytes) => {
                storage::write(&directory.apply(), bytes)?;
                written.push(directory.apply());
            }
            None => storage::remove(&directory.apply())?,
        }
        if self.thresholds.is_empty() {
            storage::remove(&directory.thresholds())?;
        } else {
            storage::write_csv(&directory.thresholds(), &self.thresholds)?;
            written.push(directory.thresholds());
        }
        storage::write_csv(&directory.codes(), &self.codes)?;
        storage::write(&directory.images(), &self.images)?;
        let by_corruption = directory.error_by_corruption();
        if !self.error_by_corruption.is_empty() {
            storage::write_csv(&by_corruption, &self.error_by_corruption)?;
            written.push(by_corruption);
        } else {
            storage::remove(&by_corruption)?;
        }
        if self.hidden_units.is_empty() {
            storage::remove(&directory.hidden_units())?;
        } else {
            storage::write_csv(&directory.hidden_units(), &self.hidden_units)?;
            written.push(directory.hidden_units());
        }
        let of_tasks = self.tasks.iter().flat_map(|(_, output)| &output.blocks);
        let rows: Vec<BlockMean> = self.blocks.iter().chain(of_tasks).flat_map(block_rows).collect();
        storage::write_csv(&directory.blocks(), &rows)?;
        written.push(directory.blocks());
        written.extend(tasks::write(&self.tasks, &self.always, directory)?);
        // Written last, so that metrics exist only if every other file does.
        storage::write_json(&directory.metrics(), &self.metrics)?;
        written.insert(0, directory.metrics());
        Ok(written)
    }
}

/// Measures the run recorded in `directory` on its data set, looked for in `sources`. `begins` is told the name of each [step](crate::steps)
/// before the step begins.
///
/// # Errors
/// When the record, the data set or the weights cannot be read, when the weights or the data set are not those of the
/// run, or when a reconstruction is not finite.
pub fn measure_run(
    directory: &RunDirectory,
    networks: Networks,
    sources: Sources<'_>,
    begins: &(dyn Fn(&str) + Sync),
) -> Result<Measurement, Error> {
    let run = record::read_run(&directory.experiment())?;
    begins("data");
    let environment: Environment = storage::read_json(&directory.environment())?;
    let model = inputs::load_network(&run, networks, directory)?;
    // The classifier is loaded only if a task measures it.
    let is_fine_tuned = run.training.classifier.filter(|_| run.evaluation.tasks.contains(&Task::FineTuning));
    let fine_tuned = is_fine_tuned.map(|_| inputs::load_fine_tuned(&run, networks, directory)).transpose()?;
    let filters = inputs::encoder_filters(model.as_ref());
    let splits = datasets::load(&run.dataset, run.seed, sources)?;
    let check = |splits: &Splits, recorded: String| match splits.fingerprint() {
        found if found == recorded => Ok(()),
        found => Err(Error::Fingerprint { path: directory.environment(), recorded, found }),
    };
    check(&splits, environment.dataset_fingerprint)?;
    // The source data set is loaded and checked only if a task measures it.
    let source = run.source().filter(|_| run.evaluation.tasks.contains(&Task::Transfer));
    let source = source.map(|source| datasets::load(&source, run.seed, sources)).transpose()?;
    if let (Some(source), Some(recorded)) = (&source, environment.source_fingerprint) {
        check(source, recorded)?;
    }
    let shown = |splits: Splits| splits.shown(run.dataset.pixels, run.seed);
    let (splits, source) = (shown(splits), source.map(shown));
    let epochs: Option<Vec<Epoch>> =
        run.evaluation.tasks.contains(&Task::Cost).then(|| ranges::read_rows(&directory.epochs())).transpose()?;
    let trained = TrainedNetwork {
        source: source.as_ref(),
        fine_tuned: fine_tuned.as_deref(),
        filters: filters.as_ref(),
        seconds: epochs
            .map(|epochs| epochs.iter().filter(|epoch| epoch.is_of_autoencoder()).map(|epoch| epoch.seconds).sum()),
        begins,
        ..TrainedNetwork::of(model.as_ref(), networks)
    };
    measure(&run, &splits, &trained)
}

/// Fits the run's baselines, measures them and the network, and carries out the run's tasks.
///
/// # Errors
/// When a reconstruction is not finite, a measured value is outside its range, or an eigendecomposition does not converge.
pub fn measure(run: &Run, splits: &Splits, trained: &TrainedNetwork<'_>) -> Result<Measurement, Error> {
    (trained.begins)("baselines");
    let subjects = Subjects::fit(run, &splits.train, trained.model)?;
    (trained.begins)("errors");
    let mut metrics = Metrics::new();
    let (mut error_by_class, mut error_of_rows) = (Vec::new(), Vec::new());
    let mut blocks = Vec::new();
    for (split, rows) in
        [(Split::Train, &splits.train), (Split::Validation, &splits.validation), (Split::Test, &splits.test)]
    {
        if rows.is_empty() {
            continue;
        }
        let inputs = Inputs { rows, split, corruption: run.corruption, seed: run.seed };
        let sums = subjects.errors(&inputs);
        metrics.insert(split.name().to_owned(), finite(split, &sums)?);
        if split == Split::Test {
            error_by_class = by_class(&sums);
            blocks = means_of_blocks(&sums);
            error_of_rows = sums.iter().map(|(name, sums)| (*name, sums.squared_error_of_rows().collect())).collect();
        }
    }

    let test = Inputs { rows: &splits.test, split: Split::Test, corruption: run.corruption, seed: run.seed };
    let own = splits.own.as_deref().filter(|own| own.has_names);
    let error_by_column = own.map(|own| by_column(own, &subjects.column_errors(&test))).unwrap_or_default();
    let mut error_by_corruption = Vec::new();
    if let Some(corruption) = run.corruption {
        for &level in &run.evaluation.corruption_levels {
            let inputs = Inputs { corruption: Some(corruption.at_level(level)), ..test };
            error_by_corruption.extend(
                subjects.squared_errors(&inputs).into_iter().map(|(name, mse_per_pixel, _)| CorruptionError {
                    subject: name.to_owned(),
                    level,
                    mse_per_pixel,
                }),
            );
        }
    }
    let train = Inputs { rows: &splits.train, split: Split::Train, ..test };
    let firing = trained.network.map_or_else(Vec::new, |network| hidden_units::firing(network, &train));
    let hidden_units: Vec<HiddenLayer> = firing.iter().map(Firing::row).collect();
    let mut always = subjects.chosen();
    let all: usize = hidden_units.iter().map(|layer| layer.units).sum();
    if all > 0 {
        let dead: usize = hidden_units.iter().map(|layer| layer.dead).sum();
        always.push((subject::AUTOENCODER, DEAD_HIDDEN_UNITS, dead as f64 / all as f64));
    }
    (trained.begins)("codes");
    let codes = samples::codes(&subjects, &splits.test)?;
    let is_for_new_rows = run.dataset.pixels == Pixels::Grey;
    let new_rows =
        is_for_new_rows.then(|| NewRows::of(trained.model, trained.network, subjects.pca(), splits)).transpose()?;
    let thresholds = new_rows.as_ref().map(NewRows::thresholds).unwrap_or_default();
    check_rows(&thresholds)?;
    check_rows(&error_by_class)?;
    check_rows(&error_by_column)?;
    check_rows(&error_by_corruption)?;
    check_rows(&codes)?;
    always.iter().try_for_each(|(subject, field, value)| in_range(subject, field, *value))?;
    Ok(Measurement {
        metrics,
        error_by_column,
        error_by_corruption,
        codes,
        images: samples::images(&subjects, &test, trained.filters, Firing::dead_filters(&firing).as_deref())?,
        hidden_units,
        thresholds,
        apply: new_rows.as_ref().map(NewRows::bytes).transpose()?,
        tasks: tasks::run(&Context {
            run,
            splits,
            model: trained.model,
            trained,
            subjects: &subjects,
            new_rows: new_rows.as_ref(),
            error_by_class: &error_by_class,
            error_of_rows: &error_of_rows,
        })?,
        blocks,
        error_by_class,
        always,
    })
}

fn finite(split: Split, sums: &[(&'static str, ErrorSums)]) -> Result<BTreeMap<String, ReconstructionError>, Error> {
    let checked = |(name, sums): &(&'static str, ErrorSums)| {
        let error = sums.error().ok_or(Error::NotFinite { subject: name, split: split.name() })?;
        for field in ReconstructionError::FIELDS {
            error.field(field).map_or(Ok(()), |value| in_range(name, field, value))?;
        }
        Ok(((*name).to_owned(), error))
    };
    sums.iter().map(checked).collect()
}

fn means_of_blocks(sums: &[(&'static str, ErrorSums)]) -> Vec<(&'static str, &'static str, Vec<f64>)> {
    let of = |(name, sums): &(&'static str, ErrorSums)| {
        let name = *name;
        sums.block_means().into_iter().map(move |(field, means)| (name, field, means))
    };
    sums.iter().flat_map(of).collect()
}

/// The rows of one number in `blocks.csv`.
fn block_rows((subject, field, means): &(&'static str, &'static str, Vec<f64>)) -> impl Iterator<Item = BlockMean> {
    means.iter().enumerate().map(|(block, mean)| BlockMean::new(subject, field, block, *mean))
}

fn check_rows<T: Row>(rows: &[T]) -> Result<(), Error> {
    rows.iter().try_for_each(|row| {
        row.numbers().into_iter().try_for_each(|(name, value)| in_range(row.subject(), name, value))
    })
}

/// Errors in the unit of each column, before scaling.
fn by_column(own: &OwnFit, errors: &[(&'static str, Vec<f64>)]) -> Vec<ColumnError> {
    let scale = |place: usize| own.scaling.as_ref().map_or(1.0, |scaling| scaling.columns[place].scale);
    let of = |(name, errors): &(&'static str, Vec<f64>)| {
        let subject = (*name).to_owned();
        let row = move |(place, (mse, column)): (usize, (&f64, &String))| ColumnError {
            subject: subject.clone(),
            column: column.clone(),
            mse: *mse,
            root_mean_squared_error: mse.sqrt() * scale(place),
        };
        // For a sequence, the mean over its steps.
        let (width, steps) = (own.columns.len(), errors.len() / own.columns.len().max(1));
        let errors: Vec<f64> = (0..width)
            .map(|place| errors.iter().skip(place).step_by(width).sum::<f64>() / steps.max(1) as f64)
            .collect();
        errors.iter().zip(&own.columns).enumerate().map(row).collect::<Vec<_>>()
    };
    errors.iter().flat_map(of).collect()
}

fn by_class(sums: &[(&'static str, ErrorSums)]) -> Vec<ClassError> {
    sums.iter()
        .filter(|(name, _)| !matches!(*name, subject::PCA_CLIPPED | subject::CORRUPTED_INPUT))
        .flat_map(|(name, sums)| {
            sums.by_class().map(|(class, images, mse_per_pixel)| ClassError {
                subject: (*name).to_owned(),
                class,
                images,
                mse_per_pixel,
            })
        })
        .collect()
}
