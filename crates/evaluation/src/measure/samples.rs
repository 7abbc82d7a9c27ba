//! Single rows for figures: codes in the plane, reconstructions, first-layer weights.

use datasets::Rows;
use record::CodePoint;
use safetensors::tensor::Dtype;
use spec::subject;
use zoo::{Autoencoder, Matrix};

use crate::baselines::pca::Pca;
use crate::error::Error;
use crate::inputs::{Inputs, clean};
use crate::subjects::Subjects;
use crate::tensors::Tensors;

/// Number of test rows whose codes are recorded: the first in the order of the split.
pub const CODES: usize = 2_000;

/// Number of rows whose reconstructions are recorded.
const SHOWN: usize = 10;

/// Number of first-layer units, and of principal components, that are recorded: the first of each.
pub const FILTERS: usize = 16;

/// Codes of the first [`CODES`] test rows, `(rows, 2)`. The rows are clean, even if the network was trained on noisy ones.
///
/// Codes of two units are used directly. For larger codes, the first two principal components of these codes are used. The
/// codes of PCA itself need no second PCA.
pub(crate) fn codes(subjects: &Subjects, test: &Rows) -> Result<Vec<CodePoint>, Error> {
    let shown = test.len().min(CODES);
    let images = clean(test, 0..shown);
    let mut points = Vec::new();
    let mut add = |name: &str, codes: &Matrix| {
        points.extend((0..shown).map(|row| CodePoint {
            subject: name.to_owned(),
            class: test.label(row),
            x: codes.row(row).first().copied().unwrap_or(0.0),
            y: codes.row(row).get(1).copied().unwrap_or(0.0),
        }));
    };
    let codes = subjects.model.encode(&images);
    if codes.columns() <= 2 {
        add(subject::AUTOENCODER, &codes);
    } else {
        add(subject::AUTOENCODER, &Pca::fit_rows(&codes, 2)?.encode(&codes));
    }
    if let Some(pca) = subjects.pca() {
        add(subject::PCA, &pca.encode(&images));
    }
    Ok(points)
}

/// Bytes of `images.safetensors`. The rows are the first of each class in the test split, in the order of classes, for ten
/// classes at most. Without classes they are the first ten.
///
/// Images are recorded as eight-bit pixels, clipped to [0, 1] and rounded; other rows without change.
///
/// | tensor | type and shape | |
/// |---|---|---|
/// | `labels` | u8, or u16 for more than 256 classes, `(rows,)` | class of each row, if it has one |
/// | `clean` | u8 or f32 `(rows, values)` | |
/// | `corrupted` | u8 or f32 `(rows, values)` | noisy inputs, if the run has a corruption |
/// | `autoencoder`, `pca` | u8 or f32 `(rows, values)` | reconstructions |
/// | `encoder_filters` | i8 `(min(16, units), values)` | weights of the encoder's first layer, in 127ths of the largest in their row |
/// | `dead_filters` | u8 `(1, min(16, units))` | 1 for each dead unit among these, if they are ReLUs of a hidden layer |
/// | `pca_components` | i8 `(min(16, k), values)` | principal components, in the same unit |
/// | `autoencoder.squared_error`, `pca.squared_error` | f32 `(1, values)` | for rows that are not images: mean over the test split |
pub(crate) fn images(
    subjects: &Subjects,
    test: &Inputs,
    filters: Option<&Matrix>,
    dead: Option<&[bool]>,
) -> Result<Vec<u8>, Error> {
    let columns = shown(test.rows);
    let clean = test.clean(columns.iter().copied());
    let input = test.corrupted(clean.clone(), columns.iter().copied());
    let is_image = test.rows.shape().picture().is_some();

    let mut tensors = Tensors::default();
    let labels: Vec<u16> = columns.iter().filter_map(|&row| test.rows.label(row)).collect();
    match labels.iter().map(|label| u8::try_from(*label)).collect::<Result<Vec<u8>, _>>() {
        Ok(bytes) if bytes.is_empty() => {}
        Ok(bytes) => tensors.add("labels", Dtype::U8, vec![bytes.len()], bytes),
        Err(_) => {
            let bytes = labels.iter().flat_map(|label| label.to_le_bytes()).collect();
            tensors.add("labels", Dtype::U16, vec![labels.len()], bytes);
        }
    }
    let mut add = |name: &str, rows: &Matrix| match is_image {
        true => tensors.images(name, rows),
        false => tensors.floats(name, rows),
    };
    add("clean", &clean);
    if test.corruption.is_some() {
        add("corrupted", &input);
    }
    add("autoencoder", &subjects.model.reconstruct(&input));
    if let Some(pca) = subjects.pca() {
        add("pca", &pca.reconstruct(&input));
        tensors.filters("pca_components", &pca.components().first_rows(FILTERS));
    }
    if let Some(filters) = filters {
        tensors.filters("encoder_filters", &filters.first_rows(FILTERS));
    }
    if let Some(dead) = dead {
        let dead: Vec<u8> = dead.iter().take(FILTERS).map(|dead| u8::from(*dead)).collect();
        tensors.add("dead_filters", Dtype::U8, vec![1, dead.len()], dead);
    }
    if !is_image {
        tensors.floats("autoencoder.squared_error", &squared_errors(test, subjects.model));
        if let Some(pca) = subjects.pca() {
            tensors.floats("pca.squared_error", &squared_errors(test, pca));
        }
    }
    tensors.bytes()
}

/// Indices of the rows whose reconstructions are recorded.
fn shown(test: &Rows) -> Vec<usize> {
    let labels = test.labels();
    if labels.is_empty() {
        return (0..test.len().min(SHOWN)).collect();
    }
    let mut classes = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    classes.iter().take(SHOWN).filter_map(|class| labels.iter().position(|label| label == class)).collect()
}

/// Squared error of each value, mean over the rows, `(1, values)`.
fn squared_errors(test: &Inputs, model: &dyn Autoencoder) -> Matrix {
    let blocks: Vec<Vec<f64>> = test.blocks(&|block| {
        let clean = test.clean(block.clone());
        let output = model.reconstruct(&test.corrupted(clean.clone(), block));
        let mut sums = vec![0.0; clean.columns()];
        for row in 0..clean.rows() {
            let pairs = clean.row(row).iter().zip(output.row(row));
            sums.iter_mut().zip(pairs).for_each(|(sum, (clean, value))| *sum += f64::from(value - clean).powi(2));
        }
        sums
    });
    let mut total = vec![0.0; test.rows.width()];
    blocks.iter().for_each(|sums| total.iter_mut().zip(sums).for_each(|(total, sum)| *total += sum));
    let means = total.into_iter().map(|sum| (sum / test.rows.len().max(1) as f64) as f32);
    Matrix::new(1, test.rows.width(), means.collect())
}
