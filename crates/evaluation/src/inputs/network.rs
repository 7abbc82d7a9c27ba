//! The trained network of a run, and what its training left beside it.

use std::fmt::Display;
use std::path::Path;

use datasets::Splits;
use record::RunDirectory;
use safetensors::tensor::{Dtype, SafeTensors};
use spec::Run;
use system::storage;
use zoo::{Autoencoder, Matrix};

use crate::error::Error;

/// A trained network, and what else is known of its training.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct TrainedNetwork<'a> {
    /// The network.
    pub model: &'a dyn Autoencoder,
    /// The data set that it learned from first, which `transfer` looks at.
    pub source: Option<&'a Splits>,
    /// What its encoder became on labels: it decodes codes to logits.
    pub fine_tuned: Option<&'a dyn Autoencoder>,
    /// `(filters, pixels)`: what is drawn beside the principal components.
    pub filters: Option<&'a Matrix>,
    /// Wall-clock time of the training.
    pub seconds: Option<f64>,
}

impl<'a> TrainedNetwork<'a> {
    /// The network alone.
    pub fn new(model: &'a dyn Autoencoder) -> Self {
        Self { model, source: None, fine_tuned: None, filters: None, seconds: None }
    }
}

/// Loads the network of the run recorded in `directory`.
///
/// # Errors
/// When the weights cannot be read, do not fit the network, or were trained from another spec than the record's.
pub(crate) fn load_network(run: &Run, directory: &RunDirectory) -> Result<Box<dyn Autoencoder>, Error> {
    let network = zoo::load(run.model, &directory.model())?;
    check_spec(run, &directory.model())?;
    Ok(network)
}

/// Loads the network that the run's encoder became once it was trained on labels: it decodes codes to logits.
///
/// # Errors
/// As [`load_network`].
pub(crate) fn load_fine_tuned(run: &Run, directory: &RunDirectory) -> Result<Box<dyn Autoencoder>, Error> {
    let network = zoo::load_classifier(run.model, &directory.classifier())?;
    check_spec(run, &directory.classifier())?;
    Ok(network)
}

/// Checks that a file of weights was trained from the spec of the run. A training that was begun anew and not finished leaves
/// older weights beside a newer spec. A file that does not say what it was trained from passes.
fn check_spec(run: &Run, path: &Path) -> Result<(), Error> {
    let bytes = storage::read(path)?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| format_error(path, &error))?;
    let trained_from = header.metadata().as_ref().and_then(|metadata| metadata.get("spec_sha256"));
    if trained_from.is_some_and(|trained_from| *trained_from != run.spec_sha256()) {
        let message = "was trained from another spec than the experiment.toml beside it; train again";
        return Err(format_error(path, &message));
    }
    Ok(())
}

/// First-layer weights of a recorded encoder, `(units, side * side)`. `None` where the encoder reads rows, whose weights are no
/// images.
///
/// # Errors
/// When the file cannot be read or has no such tensor.
pub(crate) fn encoder_filters(model: &Path, side: usize) -> Result<Option<Matrix>, Error> {
    let bytes = storage::read(model)?;
    let tensors = SafeTensors::deserialize(&bytes).map_err(|error| format_error(model, &error))?;
    let weight = tensors.tensor("encoder.0.weight").map_err(|error| format_error(model, &error))?;
    let pixels = side * side;
    match (weight.dtype(), weight.shape()) {
        (Dtype::F32, &[units, read]) if read == pixels => {
            let (values, _) = weight.data().as_chunks::<4>();
            Ok(Some(Matrix::new(units, pixels, values.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())))
        }
        (Dtype::F32, &[_, read]) if read == side => Ok(None),
        (dtype, shape) => {
            let message = format!("encoder.0.weight is {dtype:?} {shape:?}, not F32 [units, {pixels}]");
            Err(format_error(model, &message))
        }
    }
}

fn format_error(path: &Path, message: &dyn Display) -> Error {
    Error::Format { path: path.to_owned(), message: message.to_string() }
}
