//! Reads images and filters from `images.safetensors`, and images that tasks recorded.

use std::collections::BTreeMap;
use std::path::Path;

use record::FILTER_STEPS;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use system::storage;

use crate::error::Error;

/// One test image of each class with its reconstructions, and filters. A filter has a weight for each pixel, scaled by
/// its own maximum.
pub(crate) struct Samples {
    /// Class of each image; empty without classes.
    pub(crate) labels: Vec<u16>,
    pub(crate) clean: Vec<Vec<u8>>,
    pub(crate) corrupted: Option<Vec<Vec<u8>>>,
    pub(crate) autoencoder: Vec<Vec<u8>>,
    pub(crate) pca: Option<Vec<Vec<u8>>>,
    pub(crate) encoder_filters: Option<Vec<Vec<f32>>>,
    /// True for each filter of a dead unit; empty if the record does not have this information.
    pub(crate) dead_filters: Vec<bool>,
    pub(crate) pca_components: Option<Vec<Vec<f32>>>,
}

impl Samples {
    /// Reads images and filters of `width` pixels.
    pub(crate) fn read(path: &Path, pixels: usize) -> Result<Self, Error> {
        let bytes = storage::read(path)?;
        Self::parse(&bytes, pixels)
            .map_err(|message| Error::File(system::Error::Format { path: path.to_owned(), message }))
    }

    fn parse(bytes: &[u8], width: usize) -> Result<Self, String> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let labels = labels(&tensors)?;
        let images = |name: &'static str| -> Result<Option<Vec<Vec<u8>>>, String> {
            let Ok(tensor) = tensors.tensor(name) else { return Ok(None) };
            let pixels = rows(name, &tensor, Dtype::U8, width)?.map(<[u8]>::to_vec).collect::<Vec<_>>();
            if labels.is_empty() || pixels.len() == labels.len() {
                Ok(Some(pixels))
            } else {
                Err(format!("{name} holds {} images for {} labels", pixels.len(), labels.len()))
            }
        };
        let filters = |name: &'static str| -> Result<Option<Vec<Vec<f32>>>, String> {
            let Ok(tensor) = tensors.tensor(name) else { return Ok(None) };
            // Earlier records have the weights as floats.
            if tensor.dtype() == Dtype::F32 {
                let filter =
                    |row: &[u8]| row.as_chunks::<4>().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
                return Ok(Some(rows(name, &tensor, Dtype::F32, width)?.map(filter).collect()));
            }
            let filter = |row: &[u8]| row.iter().map(|byte| f32::from(byte.cast_signed()) / FILTER_STEPS).collect();
            Ok(Some(rows(name, &tensor, Dtype::I8, width)?.map(filter).collect()))
        };
        Ok(Self {
            clean: images("clean")?.ok_or("clean is missing")?,
            corrupted: images("corrupted")?,
            autoencoder: images("autoencoder")?.ok_or("autoencoder is missing")?,
            pca: images("pca")?,
            encoder_filters: filters("encoder_filters")?,
            dead_filters: dead_filters(&tensors)?,
            pca_components: filters("pca_components")?,
            labels,
        })
    }
}

/// True for each filter of a dead unit; empty for earlier records.
fn dead_filters(tensors: &SafeTensors<'_>) -> Result<Vec<bool>, String> {
    let Ok(dead) = tensors.tensor("dead_filters") else { return Ok(Vec::new()) };
    match dead.dtype() {
        Dtype::U8 => Ok(dead.data().iter().map(|dead| *dead != 0).collect()),
        found => Err(format!("dead_filters is {found:?}, not U8")),
    }
}

/// The class of each image, from one byte each, or from two if there are more than 256 classes.
fn labels(tensors: &SafeTensors<'_>) -> Result<Vec<u16>, String> {
    let Ok(labels) = tensors.tensor("labels") else { return Ok(Vec::new()) };
    match labels.dtype() {
        Dtype::U8 => Ok(labels.data().iter().map(|label| u16::from(*label)).collect()),
        Dtype::U16 => Ok(labels.data().as_chunks::<2>().0.iter().map(|label| u16::from_le_bytes(*label)).collect()),
        found => Err(format!("labels is {found:?}, neither U8 nor U16")),
    }
}

/// Images by name, as rows of eight-bit pixels.
pub(crate) type NamedImages = BTreeMap<String, Vec<Vec<u8>>>;

/// Reads the images that a task recorded for figures, by name, each with `width` pixels.
pub(crate) fn task_images(path: &Path, width: usize) -> Result<NamedImages, Error> {
    let bytes = storage::read(path)?;
    let parse = || -> Result<NamedImages, String> {
        let tensors = SafeTensors::deserialize(&bytes).map_err(|error| error.to_string())?;
        let images = tensors.tensors().into_iter().map(|(name, tensor)| {
            let pixels = rows(&name, &tensor, Dtype::U8, width)?.map(<[u8]>::to_vec).collect();
            Ok((name, pixels))
        });
        images.collect()
    };
    parse().map_err(|message| Error::File(system::Error::Format { path: path.to_owned(), message }))
}

/// The bytes of each row of an `(n, width)` tensor.
fn rows<'a>(
    name: &str,
    tensor: &TensorView<'a>,
    dtype: Dtype,
    width: usize,
) -> Result<std::slice::ChunksExact<'a, u8>, String> {
    match (tensor.dtype(), tensor.shape()) {
        (found, &[_, found_width]) if found == dtype && found_width == width && width > 0 => {
            Ok(tensor.data().chunks_exact(width * if dtype == Dtype::F32 { 4 } else { 1 }))
        }
        (found, shape) => Err(format!("{name} is {found:?} {shape:?}, not {dtype:?} [n, {width}]")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::fixture::tensor_file;

    /// Filters read from a file with two images of four pixels.
    fn filters(dtype: Dtype, bytes: Vec<u8>) -> Vec<Vec<f32>> {
        let images = || (Dtype::U8, vec![2, 4], vec![128; 8]);
        let (clean, own) = (images(), images());
        let file = tensor_file(&[
            ("labels", Dtype::U8, vec![2], vec![0, 1]),
            ("clean", clean.0, clean.1, clean.2),
            ("autoencoder", own.0, own.1, own.2),
            ("encoder_filters", dtype, vec![2, 4], bytes),
        ]);
        Samples::parse(&file, 4).unwrap().encoder_filters.unwrap()
    }

    #[test]
    fn filters_are_read_from_bytes_and_from_the_floats_of_earlier_records() {
        let bytes = [0_i8, 127, -127, 64, 0, 0, 0, 0].map(i8::cast_unsigned).to_vec();
        assert_eq!(filters(Dtype::I8, bytes), [[0.0, 1.0, -1.0, 64.0 / 127.0], [0.0; 4]]);
        let floats = [0.5_f32, -2.0, 0.0, 1.0, 1e-30, -3e-30, 2e-30, 3e-30];
        let bytes = floats.iter().flat_map(|value| value.to_le_bytes()).collect();
        assert_eq!(filters(Dtype::F32, bytes), [floats[..4].to_vec(), floats[4..].to_vec()]);
    }
}
