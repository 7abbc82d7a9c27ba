//! The trained network of a run, and what its training left beside it.

use std::fmt::Display;
use std::path::Path;

use datasets::Splits;
use record::RunDirectory;
use safetensors::tensor::SafeTensors;
use spec::Run;
use system::storage;
use zoo::{Autoencoder, Matrix, Networks, Trainable};

use crate::error::Error;

/// A trained network, and what else is known of its training.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct TrainedNetwork<'a> {
    /// The network.
    pub model: &'a dyn Autoencoder,
    /// The same as a network that computes in one of the known ways, where it is one.
    pub network: Option<&'a dyn Trainable>,
    /// What makes other networks: the judge of samples.
    pub networks: Networks,
    /// The data set that it learned from first, which `transfer` looks at.
    pub source: Option<&'a Splits>,
    /// What its encoder became on labels: it decodes codes to logits.
    pub fine_tuned: Option<&'a dyn Trainable>,
    /// `(filters, pixels)`: what is drawn beside the principal components.
    pub filters: Option<&'a Matrix>,
    /// Wall-clock time of the training.
    pub seconds: Option<f64>,
    /// Is told the name of each step before the step begins: `errors`, `codes`, then the task's name.
    pub begins: &'a (dyn Fn(&str) + Sync),
}

impl<'a> TrainedNetwork<'a> {
    /// Anything that encodes and decodes.
    pub fn new(model: &'a dyn Autoencoder, networks: Networks) -> Self {
        Self {
            model,
            network: None,
            networks,
            source: None,
            fine_tuned: None,
            filters: None,
            seconds: None,
            begins: &|_| (),
        }
    }

    /// A network.
    pub fn of(network: &'a dyn Trainable, networks: Networks) -> Self {
        Self { network: Some(network), ..Self::new(network, networks) }
    }
}

/// Loads the network of the run recorded in `directory`.
///
/// # Errors
/// When its type is not compiled into this program, or the weights cannot be read, do not fit the network, or were trained from
/// another spec than the record's.
pub fn load_network(run: &Run, networks: Networks, directory: &RunDirectory) -> Result<Box<dyn Trainable>, Error> {
    let network = networks.load(&run.model, &directory.model())?;
    check_spec(run, &directory.model())?;
    Ok(network)
}

/// Loads the network that the run's encoder became once it was trained on labels: it decodes codes to logits.
///
/// # Errors
/// As [`load_network`].
pub(crate) fn load_fine_tuned(
    run: &Run,
    networks: Networks,
    directory: &RunDirectory,
) -> Result<Box<dyn Trainable>, Error> {
    let network = networks.load_classifier(&run.model, run.dataset.classes().len(), &directory.classifier())?;
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

/// First-layer weights of an encoder, `(units, values)`. `None` where the encoder reads steps, of which no weights are rows.
pub(crate) fn encoder_filters(network: &dyn Trainable) -> Option<Matrix> {
    let plan = network.kind().plan()?;
    let layer = &plan.layout.layers[0];
    Some(Matrix::new(layer.outputs, layer.inputs, network.parameters()[layer.weight()].to_vec()))
}

fn format_error(path: &Path, message: &dyn Display) -> Error {
    Error::File(system::Error::format(path, message.to_string()))
}
