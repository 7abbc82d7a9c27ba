//! What figures show of single images: codes in the plane, reconstructions of ten images, first-layer weights.

use std::path::Path;

use datasets::Images;
use record::CodePoint;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use spec::catalogue::CLASSES;
use spec::subject;
use system::storage;
use zoo::{Autoencoder, Matrix};

use crate::error::Error;
use crate::measure::{Inputs, Subjects, clean};
use crate::pca::Pca;

/// Test images whose codes are recorded: the first in split order.
pub const CODES: usize = 2_000;

/// First-layer weights and principal components recorded: the first of each.
pub const FILTERS: usize = 16;

/// Codes of the first [`CODES`] test images, clean even where the network was trained on corrupted ones. A code of two
/// units is taken as it is; of a larger one the first two principal components, fit on these codes. PCA's own first two
/// components need no second PCA.
pub(crate) fn codes(subjects: &Subjects, test: &Images) -> Result<Vec<CodePoint>, Error> {
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

/// Bytes of `images.safetensors`. The images are the first of each class in the test split, by class, as eight-bit
/// pixels; reconstructions are clipped to [0, 1] and rounded.
///
/// | tensor | type and shape | |
/// |---|---|---|
/// | `labels` | u8 `(images,)` | class of each |
/// | `clean` | u8 `(images, pixels)` | |
/// | `corrupted` | u8 `(images, pixels)` | what was reconstructed, where the run has a corruption |
/// | `autoencoder`, `pca` | u8 `(images, pixels)` | reconstructions |
/// | `encoder_filters` | f32 `(min(16, units), pixels)` | weights of the encoder's first layer |
/// | `pca_components` | f32 `(min(16, k), pixels)` | |
pub(crate) fn images(subjects: &Subjects, test: &Inputs, filters: Option<&Matrix>) -> Result<Vec<u8>, Error> {
    let labels = test.images.labels();
    let columns: Vec<usize> =
        (0..CLASSES).filter_map(|class| labels.iter().position(|&label| usize::from(label) == class)).collect();
    let clean = test.clean(columns.iter().copied());
    let input = test.corrupted(clean.clone(), columns.iter().copied());

    let mut tensors = Tensors::default();
    tensors.add("labels", Dtype::U8, vec![columns.len()], columns.iter().map(|&index| labels[index]).collect());
    tensors.images("clean", &clean);
    if test.corruption.is_some() {
        tensors.images("corrupted", &input);
    }
    tensors.images("autoencoder", &subjects.model.reconstruct(&input));
    if let Some(pca) = subjects.pca() {
        tensors.images("pca", &pca.reconstruct(&input));
        tensors.add_filters("pca_components", pca.components());
    }
    if let Some(filters) = filters {
        tensors.add_filters("encoder_filters", filters);
    }
    tensors.bytes()
}

/// First-layer weights of a recorded encoder, `(units, side * side)`, out of a file trained from the spec with this SHA-256. A
/// training that was begun anew and not finished leaves older weights beside a newer spec. `None` where the encoder reads
/// rows, whose weights are no images.
///
/// # Errors
/// When the file cannot be read, was trained from another spec, or has no such tensor.
pub fn encoder_filters(model: &Path, spec_sha256: &str, side: usize) -> Result<Option<Matrix>, Error> {
    let format = |message: String| Error::Format { path: model.to_owned(), message };
    let bytes = storage::read(model)?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| format(error.to_string()))?;
    let trained_from = header.metadata().as_ref().and_then(|metadata| metadata.get("spec_sha256"));
    if trained_from.is_some_and(|trained_from| trained_from != spec_sha256) {
        return Err(format("was trained from another spec than the experiment.toml beside it; train again".to_owned()));
    }
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| format(error.to_string()))?;
    let weight = tensors.tensor("encoder.0.weight").map_err(|error| format(error.to_string()))?;
    let pixels = side * side;
    match (weight.dtype(), weight.shape()) {
        (Dtype::F32, &[units, read]) if read == pixels => {
            let (values, _) = weight.data().as_chunks::<4>();
            Ok(Some(Matrix::new(units, pixels, values.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())))
        }
        (Dtype::F32, &[_, read]) if read == side => Ok(None),
        (dtype, shape) => Err(format(format!("encoder.0.weight is {dtype:?} {shape:?}, not F32 [units, {pixels}]"))),
    }
}

/// Tensors on their way into a file. The format orders them by type and name, so equal tensors give equal bytes.
#[derive(Default)]
pub(crate) struct Tensors {
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
}

impl Tensors {
    fn add(&mut self, name: &str, dtype: Dtype, shape: Vec<usize>, bytes: Vec<u8>) {
        self.tensors.push((name.to_owned(), dtype, shape, bytes));
    }

    /// Images as eight-bit pixels, clipped to [0, 1] and rounded.
    pub(crate) fn images(&mut self, name: &str, images: &Matrix) {
        let bytes = images.values().iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
        self.add(name, Dtype::U8, vec![images.rows(), images.columns()], bytes);
    }

    /// Numbers as they are.
    pub(crate) fn floats(&mut self, name: &str, rows: &Matrix) {
        let bytes = rows.values().iter().flat_map(|value| value.to_le_bytes()).collect();
        self.add(name, Dtype::F32, vec![rows.rows(), rows.columns()], bytes);
    }

    fn add_filters(&mut self, name: &str, filters: &Matrix) {
        self.floats(name, &filters.first_rows(FILTERS));
    }

    /// The file.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, Error> {
        let views: Result<Vec<_>, _> = self
            .tensors
            .iter()
            .map(|(name, dtype, shape, bytes)| Ok((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?)))
            .collect();
        views
            .and_then(|views| safetensors::serialize(views, None))
            .map_err(|error| Error::Format { path: "images.safetensors".into(), message: error.to_string() })
    }
}
