//! Input and output of tasks, and helpers that tasks share.

use std::ops::Range;

use datasets::{Rows, Splits};
use record::ClassError;
use spec::Run;
use spec::subject::{AUTOENCODER, PCA, RAW_PIXELS};
use zoo::{Autoencoder, Matrix, Plan, Posterior};

use crate::inputs::{TrainedNetwork, clean};
use crate::metrics::squared_error;
use crate::new_rows::NewRows;
use crate::parallel;
use crate::subjects::Subjects;

/// Number of rows or codes that one thread processes together.
pub(crate) const BLOCK: usize = 500;

/// Input of a task: the run with its data, subjects and measurements.
pub(crate) struct Context<'a> {
    pub(crate) run: &'a Run,
    /// The data set, as the network was trained on it.
    pub(crate) splits: &'a Splits,
    pub(crate) model: &'a dyn Autoencoder,
    /// Results of the training besides the network.
    pub(crate) trained: &'a TrainedNetwork<'a>,
    /// The network and the run's baselines.
    pub(crate) subjects: &'a Subjects<'a>,
    /// Data of the run for new rows; `None` for binarised pixels.
    pub(crate) new_rows: Option<&'a NewRows>,
    /// Test errors of the subjects by class.
    pub(crate) error_by_class: &'a [ClassError],
    /// Squared errors per value of each test row, by subject.
    pub(crate) error_of_rows: &'a [(&'static str, Vec<f64>)],
}

impl Context<'_> {
    /// The representations of rows that are compared: codes of the network, codes of PCA if it is among the baselines, and
    /// raw values.
    pub(crate) fn representations(&self) -> Vec<Representation<'_>> {
        let network = Representation { subject: AUTOENCODER, encoder: Some(self.model) };
        let pca = self.subjects.pca();
        let pca = pca.map(|pca| Representation { subject: PCA, encoder: Some(pca as &dyn Autoencoder) });
        let pixels = Representation { subject: RAW_PIXELS, encoder: None };
        [network].into_iter().chain(pca).chain([pixels]).collect()
    }

    /// Codes of the test rows, `(rows, units)`. The rows are clean, even if the network was trained on noisy ones. Gaussian
    /// codes are their means.
    pub(crate) fn codes(&self) -> Matrix {
        joined(blocks(&self.splits.test, self.splits.test.len(), |images| self.model.encode(images)))
    }

    /// Plan and parameters of the network, if it has dense layers.
    pub(crate) fn dense(&self) -> Option<(Plan, Vec<f32>)> {
        let network = self.trained.network?;
        Some((network.kind().plan()?, network.parameters()))
    }

    /// Distributions of the test rows' codes, if they are Gaussian.
    pub(crate) fn posterior(&self) -> Option<Posterior> {
        let test = &self.splits.test;
        let network = self.trained.network?.kind().probabilistic()?;
        let blocks: Vec<Posterior> = blocks(test, test.len(), |images| network.posterior(images));
        let (means, log_variances) =
            blocks.into_iter().map(|Posterior { means, log_variances }| (means, log_variances)).unzip();
        Some(Posterior { means: joined(means), log_variances: joined(log_variances) })
    }
}

/// A representation of rows: codes of an autoencoder, or the rows themselves.
pub(crate) struct Representation<'a> {
    /// Name of the subject.
    pub(crate) subject: &'static str,
    encoder: Option<&'a dyn Autoencoder>,
}

impl Representation<'_> {
    /// Representation of each row, `(rows, columns)`. The rows are clean, even if the network was trained on noisy ones.
    pub(crate) fn of(&self, images: &Rows) -> Matrix {
        self.of_first(images, images.len())
    }

    /// Representation of the first rows.
    pub(crate) fn of_first(&self, images: &Rows, count: usize) -> Matrix {
        let rows = |images: &Matrix| self.encoder.map_or_else(|| images.clone(), |encoder| encoder.encode(images));
        joined(blocks(images, count.min(images.len()), rows))
    }
}

/// Results of `each` for blocks of the first `count` rows of a split, in order; each block is processed by one thread.
pub(crate) fn blocks<T: Send>(images: &Rows, count: usize, each: impl Fn(&Matrix) -> T + Sync) -> Vec<T> {
    parallel::map_blocks(count, BLOCK, &|range| each(&clean(images, range)))
}

/// Results of `each` for blocks of rows, in order; each block is processed by one thread.
pub(crate) fn rows<T: Send>(matrix: &Matrix, each: impl Fn(&Matrix) -> T + Sync) -> Vec<T> {
    let columns = matrix.columns();
    let values = |range: Range<usize>| matrix.values()[range.start * columns..range.end * columns].to_vec();
    parallel::map_blocks(matrix.rows(), BLOCK, &|range| each(&Matrix::new(range.len(), columns, values(range))))
}

/// Squared error of reconstruction of each row: the anomaly score of a network or of PCA.
pub(crate) fn errors(model: &dyn Autoencoder, rows: &Matrix) -> Vec<f64> {
    let each = |block: &Matrix| -> Vec<f64> {
        let output = model.reconstruct(block);
        (0..block.rows()).map(|row| squared_error(block.row(row), output.row(row))).collect()
    };
    self::rows(rows, each).concat()
}

/// Blocks of rows as one matrix.
pub(crate) fn joined(blocks: Vec<Matrix>) -> Matrix {
    let columns = blocks.first().map_or(0, Matrix::columns);
    let rows = blocks.iter().map(Matrix::rows).sum();
    Matrix::new(rows, columns, blocks.iter().flat_map(Matrix::values).copied().collect())
}

/// Output of a task.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TaskOutput {
    /// Subject, field and value of each measure, on the test split.
    pub measures: Vec<(&'static str, &'static str, f64)>,
    /// Subject, field and means over blocks of test rows, for measures that are means over rows. Other measures may have
    /// jackknife pseudo-values here.
    pub blocks: Vec<(&'static str, &'static str, Vec<f64>)>,
    /// Bytes of the task's CSV file, if it has one.
    pub rows: Option<Vec<u8>>,
    /// Bytes of the task's safetensors file, if it has one.
    pub tensors: Option<Vec<u8>>,
    /// Sentences on measures that are absent because they have no meaning, and on fits that did not converge.
    pub remarks: Vec<String>,
}

impl TaskOutput {
    /// Adds a measure and its means over blocks of test rows.
    pub(crate) fn push_with_blocks(
        &mut self,
        subject: &'static str,
        field: &'static str,
        value: f64,
        blocks: Vec<f64>,
    ) {
        self.measures.push((subject, field, value));
        self.blocks.push((subject, field, blocks));
    }

    /// Adds a remark that the measures `fields` are absent, and why.
    pub(crate) fn without_meaning(&mut self, why: &str, fields: &[&str]) {
        let have = if fields.len() == 1 { "has" } else { "have" };
        self.remarks.push(format!("{why}; {} {have} no meaning", listed(fields)));
    }
}

/// Names as a list in a sentence: `a, b and c`.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [name] => (*name).to_owned(),
        [names @ .., last] => format!("{} and {last}", names.join(", ")),
    }
}

/// True if there are several rows, and all are the same.
pub(crate) fn is_constant(rows: &Matrix) -> bool {
    rows.rows() > 1 && (1..rows.rows()).all(|row| rows.row(row) == rows.row(0))
}

/// True if there is at most one class among the labels.
pub(crate) fn is_of_one_class(labels: &[u16]) -> bool {
    labels.windows(2).all(|pair| pair[0] == pair[1])
}

/// Sentence that all rows of a split have the same representation.
pub(crate) fn all_the_same(subject: &str, split: &str) -> String {
    match subject {
        AUTOENCODER => format!("the code is the same for every {split} image"),
        RAW_PIXELS => format!("all {split} images are the same"),
        other => format!("the code of {other} is the same for every {split} image"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use networks::NETWORKS;
    use spec::Experiment;
    use spec::catalogue::Architecture;
    use zoo::Trainable;

    /// A network of 16 code units with initial weights.
    pub(crate) fn network(architecture: Architecture) -> Box<dyn Trainable> {
        let text = format!(
            "question = \"?\"\n[dataset]\nname = \"glyphs\"\n[model]\narchitecture = \"{architecture}\"\ncode = 16\n\
             [training]\nepochs = 1\nbatch_size = 1\nloss = \"mse\"\n[training.adam]\nlearning_rate = 0.1\n"
        );
        let run = Experiment::parse("tasks.toml".as_ref(), text, &[]).unwrap().runs.remove(0);
        let mut network = NETWORKS.build(&run.model).unwrap();
        network.set_parameters(&network.layout().initial_parameters(2));
        network
    }
}
