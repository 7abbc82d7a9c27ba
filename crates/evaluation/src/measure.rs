//! Everything measured about one run, from its recorded weights.
//!
//! With corruption, every subject reconstructs the clean image from the corrupted one, and the corrupted image itself is
//! a subject: what doing nothing costs. PCA is fit on clean training images all the same. The noise is fixed: image `i`
//! of split `s` (0 train, 1 validation, 2 test) draws from [`Stream::EvaluationCorruption`] at index
//! [`item`](random::item)`(s, i)` under the run's seed, so that every subject, every look and, up to its
//! scale, every strength of the corruption meets the same noise.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;
use std::time::Instant;

use datasets::{Images, Sources, Splits};
use random::Stream;
use rayon::prelude::*;
use record::ranges;
use record::ranges::Row;
use record::{ClassError, CodePoint, CorruptionError, Environment, Epoch, Metrics, ReconstructionError, RunDirectory};
use spec::catalogue::{Baseline, CLASSES, Split, Task};
use spec::subject;
use spec::{Corruption, Run};
use system::storage;
use zoo::{Autoencoder, Matrix, Networks, Trainable};

use crate::baselines::{self, Fitted};
use crate::error::Error;
use crate::metrics::{ErrorSums, squared_error};
use crate::pca::Pca;
use crate::tasks::{self, Context, Outcome};
use crate::{samples, ssim};

/// Images measured at once by one thread: enough to keep matrix products busy, few enough to keep memory small.
const BLOCK: usize = 256;

/// What is recorded about a trained network.
#[derive(Debug, Clone, PartialEq)]
pub struct Measurement {
    /// Reconstruction error by split and subject.
    pub metrics: Metrics,
    /// Test error of the autoencoder and the unclipped baselines, by class.
    pub error_by_class: Vec<ClassError>,
    /// Test error of autoencoder, PCA, denoisers and corrupted input at each of the run's corruption levels.
    pub error_by_corruption: Vec<CorruptionError>,
    /// Codes of test images in two dimensions.
    pub codes: Vec<CodePoint>,
    /// Bytes of `images.safetensors`.
    pub images: Vec<u8>,
    /// What the run's tasks came to.
    pub tasks: Vec<(Task, Outcome)>,
    /// What baselines chose on training images: subject, field and value.
    pub chosen: Vec<(&'static str, &'static str, f64)>,
}

impl Measurement {
    /// Writes the files of the record and gives their paths. A file of an earlier evaluation that this one has no rows
    /// for is removed.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, directory: &RunDirectory) -> Result<Vec<PathBuf>, Error> {
        let mut written = vec![directory.error_by_class(), directory.codes(), directory.images()];
        storage::write_csv(&directory.error_by_class(), &self.error_by_class)?;
        storage::write_csv(&directory.codes(), &self.codes)?;
        storage::write(&directory.images(), &self.images)?;
        let by_corruption = directory.error_by_corruption();
        if !self.error_by_corruption.is_empty() {
            storage::write_csv(&by_corruption, &self.error_by_corruption)?;
            written.push(by_corruption);
        } else {
            storage::remove(&by_corruption)?;
        }
        written.extend(tasks::write(&self.tasks, &self.chosen, directory)?);
        // Last, so that metrics are there only where everything beside them is.
        storage::write_json(&directory.metrics(), &self.metrics)?;
        written.insert(0, directory.metrics());
        Ok(written)
    }
}

/// Measures the run recorded in `directory` on its data set, looked for in `sources`.
///
/// # Errors
/// When the record, the data set or the weights cannot be read, when the weights or the data set are not those of the
/// run, or when a reconstruction is not finite.
pub fn measure_run(directory: &RunDirectory, networks: Networks, sources: Sources<'_>) -> Result<Measurement, Error> {
    let run = record::read_run(&directory.experiment())?;
    let environment: Environment = storage::read_json(&directory.environment())?;
    let model = networks.load(&run.model, &directory.model())?;
    // Only what is looked at is loaded.
    let classified = run.training.classifier.filter(|_| run.evaluation.tasks.contains(&Task::FineTuning));
    let classifier =
        classified.map(|_| networks.load_classifier(&run.model, CLASSES, &directory.classifier())).transpose()?;
    let filters = samples::encoder_filters(&directory.model(), &run.spec_sha256(), run.dataset.side)?;
    let splits = datasets::load(&run.dataset, run.seed, sources)?;
    let check = |splits: &Splits, recorded: String| match splits.fingerprint() {
        found if found == recorded => Ok(()),
        found => Err(Error::Fingerprint { path: directory.environment(), recorded, found }),
    };
    check(&splits, environment.dataset_fingerprint)?;
    // Only what is looked at is loaded, and checked.
    let source = run.source().filter(|_| run.evaluation.tasks.contains(&Task::Transfer));
    let source = source.map(|source| datasets::load(&source, run.seed, sources)).transpose()?;
    if let (Some(source), Some(recorded)) = (&source, environment.source_fingerprint) {
        check(source, recorded)?;
    }
    let shown = |splits: Splits| splits.shown(run.dataset.pixels, run.seed);
    let (splits, source) = (shown(splits), source.map(shown));
    let epochs: Option<Vec<Epoch>> =
        run.evaluation.tasks.contains(&Task::Cost).then(|| ranges::read_rows(&directory.epochs())).transpose()?;
    let trained = Trained {
        source: source.as_ref(),
        classifier: classifier.as_deref(),
        filters: filters.as_ref(),
        seconds: epochs
            .map(|epochs| epochs.iter().filter(|epoch| epoch.is_of_autoencoder()).map(|epoch| epoch.seconds).sum()),
        ..Trained::of(model.as_ref(), networks)
    };
    measure(&run, &splits, &trained)
}

/// A trained network, and what else is known of its training.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct Trained<'a> {
    /// The network.
    pub model: &'a dyn Autoencoder,
    /// The same as a network that computes in one of the known ways, where it is one.
    pub network: Option<&'a dyn Trainable>,
    /// What makes other networks: the judge of samples.
    pub networks: Networks,
    /// The data set that it learned from first, which `transfer` looks at.
    pub source: Option<&'a Splits>,
    /// What its encoder became on labels: it decodes codes to logits.
    pub classifier: Option<&'a dyn Trainable>,
    /// `(filters, pixels)`: what is drawn beside the principal components.
    pub filters: Option<&'a Matrix>,
    /// Wall-clock time of the training.
    pub seconds: Option<f64>,
}

impl<'a> Trained<'a> {
    /// Anything that encodes and decodes.
    pub fn new(model: &'a dyn Autoencoder, networks: Networks) -> Self {
        Self { model, network: None, networks, source: None, classifier: None, filters: None, seconds: None }
    }

    /// A network.
    pub fn of(network: &'a dyn Trainable, networks: Networks) -> Self {
        Self { network: Some(network), ..Self::new(network, networks) }
    }
}

/// Fits the run's baselines and measures them and the network, and carries out its tasks.
///
/// # Errors
/// When a reconstruction is not finite, a measured value is outside the range of its number, or an eigendecomposition does not
/// converge.
pub fn measure(run: &Run, splits: &Splits, trained: &Trained<'_>) -> Result<Measurement, Error> {
    let subjects = Subjects::fit(run, &splits.train, trained.model)?;
    let mut metrics = Metrics::new();
    let mut error_by_class = Vec::new();
    for (split, images) in
        [(Split::Train, &splits.train), (Split::Validation, &splits.validation), (Split::Test, &splits.test)]
    {
        if images.is_empty() {
            continue;
        }
        let inputs = Inputs { images, split, corruption: run.corruption, seed: run.seed };
        let sums = subjects.errors(&inputs);
        metrics.insert(split.name().to_owned(), finite(split, &sums)?);
        if split == Split::Test {
            error_by_class = by_class(&sums);
        }
    }

    let test = Inputs { images: &splits.test, split: Split::Test, corruption: run.corruption, seed: run.seed };
    let mut error_by_corruption = Vec::new();
    if let Some(corruption) = run.corruption {
        for &level in &run.evaluation.corruption_levels {
            let inputs = Inputs { corruption: Some(corruption.at_level(level)), ..test };
            error_by_corruption.extend(
                subjects.squared_errors(&inputs).into_iter().map(|(name, mse_per_pixel)| CorruptionError {
                    subject: name.to_owned(),
                    level,
                    mse_per_pixel,
                }),
            );
        }
    }
    let (codes, chosen) = (samples::codes(&subjects, &splits.test)?, subjects.chosen());
    check_rows(&error_by_class)?;
    check_rows(&error_by_corruption)?;
    check_rows(&codes)?;
    chosen.iter().try_for_each(|(subject, field, value)| check(subject, field, *value))?;
    Ok(Measurement {
        metrics,
        error_by_corruption,
        codes,
        images: samples::images(&subjects, &test, trained.filters)?,
        tasks: tasks::run(&Context {
            run,
            splits,
            model: trained.model,
            trained,
            subjects: &subjects,
            error_by_class: &error_by_class,
        })?,
        error_by_class,
        chosen,
    })
}

/// Images of a split, with the noise they are given as inputs.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) images: &'a Images,
    pub(crate) split: Split,
    pub(crate) corruption: Option<Corruption>,
    pub(crate) seed: u64,
}

impl Inputs<'_> {
    /// The clean images at `indices`, `(images, pixels)` in [0, 1].
    pub(crate) fn clean(&self, indices: impl ExactSizeIterator<Item = usize>) -> Matrix {
        clean(self.images, indices)
    }

    /// What reconstructions start from: the same images with the noise, if any.
    pub(crate) fn corrupted(&self, mut images: Matrix, indices: impl Iterator<Item = usize>) -> Matrix {
        if let Some(corruption) = self.corruption {
            let width = images.columns();
            for (image, index) in images.values_mut().chunks_exact_mut(width).zip(indices) {
                let index = random::item(self.split as u32, index as u32);
                let mut generator = Stream::EvaluationCorruption.generator(self.seed, index);
                datasets::corrupt(corruption, image, &mut generator);
            }
        }
        images
    }

    /// Mean squared error per pixel of what a model makes of them.
    pub(crate) fn mean_squared_error(&self, model: &dyn Autoencoder) -> f64 {
        let sums = self.blocks().map(|block| {
            let clean = self.clean(block.clone());
            let output = model.reconstruct(&self.corrupted(clean.clone(), block));
            (0..clean.rows()).map(|row| squared_error(clean.row(row), output.row(row))).sum::<f64>()
        });
        sums.collect::<Vec<_>>().iter().sum::<f64>() / self.images.all_pixels().len() as f64
    }

    /// The images in blocks, in order.
    fn blocks(&self) -> impl IndexedParallelIterator<Item = Range<usize>> {
        let count = self.images.len();
        (0..count.div_ceil(BLOCK)).into_par_iter().map(move |block| block * BLOCK..((block + 1) * BLOCK).min(count))
    }
}

/// Images at `indices` as a matrix, `(images, pixels)` in [0, 1].
pub(crate) fn clean(images: &Images, indices: impl ExactSizeIterator<Item = usize>) -> Matrix {
    let mut matrix = Matrix::zeros(indices.len(), images.width());
    for (row, index) in matrix.values_mut().chunks_exact_mut(images.width()).zip(indices) {
        images.scaled(index, row);
    }
    matrix
}

/// The trained network and the baselines it is held against.
pub(crate) struct Subjects<'a> {
    pub(crate) model: &'a dyn Autoencoder,
    /// In the order of the catalogue, whatever that of the file.
    baselines: Vec<(Baseline, Box<dyn Fitted>)>,
    /// Wall-clock seconds that the fit of PCA took; 0 where it is not among them.
    pub(crate) pca_seconds: f64,
}

impl<'a> Subjects<'a> {
    fn fit(run: &Run, train: &Images, model: &'a dyn Autoencoder) -> Result<Self, Error> {
        let train = Inputs { images: train, split: Split::Train, corruption: run.corruption, seed: run.seed };
        let asked = Baseline::ALL.iter().filter(|baseline| run.evaluation.baselines.contains(baseline));
        let mut pca_seconds = 0.0;
        let fitted = asked.map(|&baseline| {
            let started = Instant::now();
            let fitted = baselines::fit(baseline, &train, model.code_size())?;
            if baseline == Baseline::Pca {
                pca_seconds = started.elapsed().as_secs_f64();
            }
            Ok((baseline, fitted))
        });
        let baselines = fitted.collect::<Result<_, Error>>()?;
        Ok(Self { model, baselines, pca_seconds })
    }

    /// PCA, if it is among the baselines.
    pub(crate) fn pca(&self) -> Option<&Pca> {
        self.baselines.iter().find_map(|(_, fitted)| fitted.as_pca())
    }

    /// What baselines chose on training images: subject, field and value.
    fn chosen(&self) -> Vec<(&'static str, &'static str, f64)> {
        let mut chosen = Vec::new();
        for (baseline, fitted) in &self.baselines {
            if let Some(subject) = baseline.subjects().first() {
                chosen.extend(fitted.chosen().into_iter().map(|(field, value)| (*subject, field, value)));
            }
        }
        chosen
    }

    /// Calls `each` with every subject and its reconstructions of `input`, one at a time.
    fn reconstruct(&self, input: &Matrix, corrupted: bool, mut each: impl FnMut(&'static str, &Matrix)) {
        each(subject::AUTOENCODER, &self.model.reconstruct(input));
        for (baseline, fitted) in &self.baselines {
            let mut output = fitted.reconstruct(input);
            for (index, subject) in baseline.subjects().iter().enumerate() {
                // The second is the same, clipped.
                if index > 0 {
                    output.values_mut().iter_mut().for_each(|value| *value = value.clamp(0.0, 1.0));
                }
                each(subject, &output);
            }
        }
        if corrupted {
            each(subject::CORRUPTED_INPUT, input);
        }
    }

    /// Error of every subject over a split. Blocks are measured in parallel and added in order.
    fn errors(&self, inputs: &Inputs) -> Vec<(&'static str, ErrorSums)> {
        let measure_block = |block: Range<usize>| {
            let clean = inputs.clean(block.clone());
            let references: Vec<ssim::Reference> =
                (0..clean.rows()).map(|row| ssim::Reference::new(clean.row(row))).collect();
            let input = inputs.corrupted(clean.clone(), block.clone());
            let mut errors = Vec::new();
            self.reconstruct(&input, inputs.corruption.is_some(), |name, output| {
                let mut sums = ErrorSums::default();
                for (row, index) in block.clone().enumerate() {
                    sums.add(inputs.images.label(index), clean.row(row), &references[row], output.row(row));
                }
                errors.push((name, sums));
            });
            errors
        };
        let mut blocks = inputs.blocks().map(measure_block).collect::<Vec<_>>().into_iter();
        let mut total = blocks.next().unwrap_or_default();
        for block in blocks {
            total.iter_mut().zip(&block).for_each(|((_, total), (_, sums))| total.merge(sums));
        }
        total
    }

    /// Mean squared error per pixel of everything that makes something of its input, and of the input itself.
    pub(crate) fn squared_errors(&self, inputs: &Inputs) -> Vec<(&'static str, f64)> {
        let measure_block = |block: Range<usize>| {
            let clean = inputs.clean(block.clone());
            let input = inputs.corrupted(clean.clone(), block);
            let mut errors = Vec::new();
            self.reconstruct(&input, true, |name, output| {
                if !matches!(name, subject::PCA_CLIPPED | subject::MEAN_IMAGE) {
                    let error: f64 = (0..clean.rows()).map(|row| squared_error(clean.row(row), output.row(row))).sum();
                    errors.push((name, error));
                }
            });
            errors
        };
        let mut blocks = inputs.blocks().map(measure_block).collect::<Vec<_>>().into_iter();
        let mut total = blocks.next().unwrap_or_default();
        for block in blocks {
            total.iter_mut().zip(&block).for_each(|((_, total), (_, error))| *total += error);
        }
        let values = inputs.images.all_pixels().len() as f64;
        total.iter_mut().for_each(|(_, error)| *error /= values);
        total
    }
}

fn finite(split: Split, sums: &[(&'static str, ErrorSums)]) -> Result<BTreeMap<String, ReconstructionError>, Error> {
    let checked = |(name, sums): &(&'static str, ErrorSums)| {
        let error = sums.error().ok_or(Error::NotFinite { subject: name, split: split.name() })?;
        for field in ReconstructionError::FIELDS {
            error.field(field).map_or(Ok(()), |value| check(name, field, value))?;
        }
        Ok(((*name).to_owned(), error))
    };
    sums.iter().map(checked).collect()
}

/// Checks a measured value against the range of its number.
///
/// # Errors
/// When the value is outside.
pub(crate) fn check(subject: &str, field: &'static str, value: f64) -> Result<(), Error> {
    match ranges::broken(field, value) {
        None => Ok(()),
        Some(range) => Err(Error::Measure { subject: subject.to_owned(), field, value, range }),
    }
}

fn check_rows<T: Row>(rows: &[T]) -> Result<(), Error> {
    rows.iter()
        .try_for_each(|row| row.numbers().into_iter().try_for_each(|(name, value)| check(row.subject(), name, value)))
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
