//! What figures show of single images: codes in the plane, reconstructions of ten images, first-layer weights.

use datasets::Images;
use record::CodePoint;
use safetensors::tensor::Dtype;
use spec::catalogue::CLASSES;
use spec::subject;
use zoo::{Autoencoder, Matrix};

use crate::baselines::pca::Pca;
use crate::error::Error;
use crate::inputs::{Inputs, clean};
use crate::subjects::Subjects;
use crate::tensors::Tensors;

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
/// | `encoder_filters` | i8 `(min(16, units), pixels)` | weights of the encoder's first layer, in 127ths of the row's largest |
/// | `pca_components` | i8 `(min(16, k), pixels)` | the same of principal components |
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
        tensors.filters("pca_components", &pca.components().first_rows(FILTERS));
    }
    if let Some(filters) = filters {
        tensors.filters("encoder_filters", &filters.first_rows(FILTERS));
    }
    tensors.bytes()
}
