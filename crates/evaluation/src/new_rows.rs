//! [`NewRows`]: the file that a run leaves for new rows, beside the weights. It holds the principal components, a quantiser
//! of codes, and errors of clean rows.
//!
//! New rows need only this file and the weights, not the training data.

use std::ops::Range;
use std::path::Path;

use datasets::{Rows, Splits};
use record::ErrorThreshold;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};
use spec::Shape;
use spec::subject::{AUTOENCODER, PCA};
use system::storage;
use zoo::{Autoencoder, Matrix, Trainable};

use crate::baselines::pca::Pca;
use crate::error::Error;
use crate::estimators::codec::{Codec, Steps};
use crate::inputs::clean;
use crate::metrics::squared_error;
use crate::metrics::threshold::Threshold;
use crate::parallel;
use crate::tensors::Tensors;

/// False-alarm rates of the recorded thresholds.
const FALSE_ALARMS: [f64; 3] = [0.05, 0.01, 0.001];
/// Name of the tensor that identifies the weights of a file.
const WEIGHTS: &str = "weights.sha256";
/// Bits per unit of the finest quantiser.
pub const MOST_BITS: u32 = 8;
/// Greatest number of training rows that the quantiser and the usual errors of columns are fitted to.
const FITTED: usize = 10_000;
/// Number of rows that one thread computes at once.
const BLOCK: usize = 256;

/// Everything besides the weights that new rows need.
#[derive(Debug, Clone)]
pub struct NewRows {
    /// The baseline PCA, if the run has one.
    pub pca: Option<Pca>,
    /// Quantiser and entropy coder, fitted to training codes, with `2^MOST_BITS` levels for each unit.
    pub codec: Codec,
    /// Subject, and mean squared error per value of each clean validation row, in rising order.
    errors: Vec<(&'static str, Vec<f64>)>,
    /// Subject, and mean squared error of each column over training rows. Empty for images, whose pixels are not columns.
    usual: Vec<(&'static str, Vec<f64>)>,
    /// SHA-256 of the weights that the file belongs to.
    weights: Option<[u8; 32]>,
}

impl NewRows {
    /// Fits PCA and quantiser, and measures validation rows without noise.
    pub(crate) fn of(
        model: &dyn Autoencoder,
        weights: Option<&dyn Trainable>,
        pca: Option<&Pca>,
        splits: &Splits,
    ) -> Result<Self, Error> {
        let train = &splits.train;
        let every = train.len().div_ceil(FITTED).max(1);
        let count = train.len().div_ceil(every);
        let rows = |block: Range<usize>| clean(train, block.map(|row| row * every).collect::<Vec<_>>().into_iter());
        let blocks = parallel::map_blocks(count, BLOCK, &|block| model.encode(&rows(block)));
        let codes = Matrix::new(count, model.code_size(), blocks.iter().flat_map(Matrix::values).copied().collect());
        let codec = Codec::fit(&codes, MOST_BITS, Steps::PerUnit);
        let codec = codec.map_err(|message| Error::Fit { what: "the entropy coder", subject: "codes", message })?;
        let subjects = [Some((AUTOENCODER, model)), pca.map(|pca| (PCA, pca as &dyn Autoencoder))];
        let subjects = || subjects.into_iter().flatten();
        let errors = subjects().map(|(name, model)| (name, errors_of(model, &splits.validation))).collect();
        let columns = train.shape().columns();
        let usual = |model: &dyn Autoencoder| {
            let blocks = parallel::map_blocks(count, BLOCK, &|block| {
                let rows = rows(block);
                let output = model.reconstruct(&rows);
                let mut sums = vec![0.0; columns];
                let pairs = rows.values().iter().zip(output.values()).enumerate();
                pairs.for_each(|(at, (a, b))| sums[at % rows.columns() % columns] += f64::from(a - b).powi(2));
                sums
            });
            let values = (count * train.width() / columns) as f64;
            (0..columns).map(|column| blocks.iter().map(|sums| sums[column]).sum::<f64>() / values).collect()
        };
        let usual = match train.shape() {
            Shape::Image { .. } => Vec::new(),
            Shape::Vector { .. } | Shape::Sequence { .. } => {
                subjects().map(|(name, model)| (name, usual(model))).collect()
            }
        };
        Ok(Self { pca: pca.cloned(), codec, errors, usual, weights: weights.map(digest) })
    }

    /// Mean squared error of each column over training rows. Empty for images.
    pub fn usual_errors(&self, subject: &str) -> &[f64] {
        self.usual.iter().find(|(name, _)| *name == subject).map_or(&[], |(_, errors)| errors)
    }

    /// Mean squared errors per value of clean validation rows, in rising order. Empty without validation rows.
    pub fn errors(&self, subject: &str) -> &[f64] {
        self.errors.iter().find(|(name, _)| *name == subject).map_or(&[], |(_, errors)| errors)
    }

    /// The thresholds of 5, 1 and 0.1 % false alarms, if there are enough validation rows for them.
    pub(crate) fn thresholds(&self) -> Vec<ErrorThreshold> {
        let of = |(subject, errors): &(&'static str, Vec<f64>)| {
            let thresholds =
                FALSE_ALARMS.into_iter().filter_map(|rate| Threshold::of(errors.clone(), rate, "validation rows").ok());
            thresholds.map(|threshold| threshold.row(subject)).collect::<Vec<_>>()
        };
        self.errors.iter().flat_map(of).collect()
    }

    /// Bytes of the file.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Error> {
        let mut tensors = Tensors::default();
        let mut doubles = |name: &str, values: &[f64]| {
            let bytes = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            tensors.add(name, Dtype::F64, vec![values.len()], bytes);
        };
        self.errors.iter().for_each(|(subject, errors)| doubles(&format!("validation_errors.{subject}"), errors));
        self.usual.iter().for_each(|(subject, errors)| doubles(&format!("column_errors.{subject}"), errors));
        if let Some(pca) = &self.pca {
            doubles("pca.explained_variance", pca.explained_variance());
            doubles("pca.total_variance", &[pca.total_variance()]);
            tensors.floats("pca.components", pca.components());
            tensors.floats("pca.mean", &Matrix::new(1, pca.mean().len(), pca.mean().to_vec()));
        }
        if let Some(weights) = self.weights {
            tensors.add(WEIGHTS, Dtype::U8, vec![weights.len()], weights.to_vec());
        }
        tensors.floats("codes.quantisers", &self.codec.parameters());
        tensors.floats("codes.levels", &self.codec.levels());
        tensors.bytes()
    }

    /// Reads the file of a network whose rows have this shape.
    ///
    /// # Errors
    /// When the file cannot be read, has another format, or belongs to another network.
    pub fn read(path: &Path, network: &dyn Trainable, shape: Shape) -> Result<Self, Error> {
        let error = |message: String| Error::File(system::Error::format(path, message));
        let kept = Self::parse(&storage::read(path)?)
            .map_err(|message| error(format!("{message}; run the experiment again")))?;
        if kept.weights != Some(digest(network)) {
            return Err(error("does not belong to the weights beside it; run the experiment again".to_owned()));
        }
        let is_right = |pca: &Pca| pca.mean().len() == shape.values() && pca.code_size() <= shape.values();
        let has_columns = |(_, usual): &(&'static str, Vec<f64>)| usual.len() == shape.columns();
        if kept.codec.units() != network.code_size()
            || !kept.pca.as_ref().is_none_or(is_right)
            || !kept.usual.iter().all(has_columns)
        {
            return Err(error(
                "is damaged: its sizes are not those of the network; run the experiment again".to_owned(),
            ));
        }
        Ok(kept)
    }

    fn parse(bytes: &[u8]) -> Result<Self, String> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| format!("not a safetensors file: {error}"))?;
        let optional = |name: &str| file.tensor(name).ok();
        let tensor = |name: &str| optional(name).ok_or_else(|| format!("there is no tensor `{name}`"));
        let of_subjects = |what: &str| -> Result<Vec<(&'static str, Vec<f64>)>, String> {
            let found = [AUTOENCODER, PCA].into_iter().filter_map(|subject| {
                optional(&format!("{what}.{subject}")).map(|view| Ok((subject, doubles(&view)?)))
            });
            found.collect()
        };
        let pca = match optional("pca.components") {
            None => None,
            Some(components) => {
                let (components, mean) = (matrix(&components)?, matrix(&tensor("pca.mean")?)?);
                let variance = doubles(&tensor("pca.explained_variance")?)?;
                let total = doubles(&tensor("pca.total_variance")?)?;
                if (mean.rows(), mean.columns()) != (1, components.columns())
                    || (variance.len(), total.len()) != (components.rows(), 1)
                {
                    return Err("the principal components are damaged".to_owned());
                }
                Some(Pca::of_parts(components, mean.values().to_vec(), variance, total[0]))
            }
        };
        Ok(Self {
            pca,
            codec: Codec::of_parts(&matrix(&tensor("codes.quantisers")?)?, &matrix(&tensor("codes.levels")?)?)?,
            errors: of_subjects("validation_errors")?,
            usual: of_subjects("column_errors")?,
            weights: optional(WEIGHTS).and_then(|view| view.data().try_into().ok()),
        })
    }
}

/// SHA-256 of a network's weights.
fn digest(network: &dyn Trainable) -> [u8; 32] {
    let mut digest = Sha256::new();
    network.parameters().into_iter().for_each(|weight| digest.update(weight.to_le_bytes()));
    digest.finalize().into()
}

fn errors_of(model: &dyn Autoencoder, rows: &Rows) -> Vec<f64> {
    let width = rows.width() as f64;
    let blocks = parallel::map_blocks(rows.len(), BLOCK, &|block| {
        let clean = clean(rows, block);
        let output = model.reconstruct(&clean);
        let error = |row| squared_error(clean.row(row), output.row(row)) / width;
        (0..clean.rows()).map(error).collect::<Vec<f64>>()
    });
    let mut errors = blocks.concat();
    errors.sort_unstable_by(f64::total_cmp);
    errors
}

fn doubles(view: &TensorView<'_>) -> Result<Vec<f64>, String> {
    let numbers: Vec<f64> = view.data().as_chunks().0.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect();
    let is_right = view.dtype() == Dtype::F64 && numbers.iter().all(|number| number.is_finite());
    if is_right { Ok(numbers) } else { Err("a tensor of numbers is damaged".to_owned()) }
}

fn matrix(view: &TensorView<'_>) -> Result<Matrix, String> {
    let values: Vec<f32> = view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    match view.shape() {
        [rows, columns] if view.dtype() == Dtype::F32 && values.iter().all(|value| value.is_finite()) => {
            Ok(Matrix::new(*rows, *columns, values))
        }
        _ => Err("a tensor of numbers is damaged".to_owned()),
    }
}
