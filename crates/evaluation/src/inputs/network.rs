//! The trained network of a run, and other results of its training.

use std::fmt::Display;
use std::path::Path;

use datasets::Splits;
use record::RunDirectory;
use safetensors::tensor::SafeTensors;
use spec::Run;
use system::storage;
use zoo::{Autoencoder, Matrix, Networks, Trainable};

use crate::error::Error;

/// A trained network, and other results of its training that are measured.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub struct TrainedNetwork<'a> {
    /// The network as an autoencoder.
    pub model: &'a dyn Autoencoder,
    /// The network as a trainable network; none for other autoencoders.
    pub network: Option<&'a dyn Trainable>,
    /// Builder of other networks, such as the judge of samples.
    pub networks: Networks,
    /// The source data set of a transfer, which the task `transfer` measures.
    pub source: Option<&'a Splits>,
    /// The classifier made of the encoder, whose decoder returns logits.
    pub fine_tuned: Option<&'a dyn Trainable>,
    /// First-layer weights, `(filters, values)`, which a figure shows beside the principal components.
    pub filters: Option<&'a Matrix>,
    /// Wall-clock time of the training, in seconds.
    pub seconds: Option<f64>,
    /// Is told the name of each step before the step begins: `errors`, `codes`, then the task's name.
    pub begins: &'a (dyn Fn(&str) + Sync),
}

impl<'a> TrainedNetwork<'a> {
    /// Any autoencoder, without results of a training.
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

    /// A trainable network, without other results of its training.
    pub fn of(network: &'a dyn Trainable, networks: Networks) -> Self {
        Self { network: Some(network), ..Self::new(network, networks) }
    }
}

/// Loads the network of the run recorded in `directory`.
///
/// # Errors
/// When the type of the network is not compiled into this program. Also when the weights cannot be read, do not fit the
/// network, or come from another spec than the record's.
pub fn load_network(run: &Run, networks: Networks, directory: &RunDirectory) -> Result<Box<dyn Trainable>, Error> {
    let network = networks.load(&run.model, &directory.model())?;
    check_spec(run, &directory.model())?;
    Ok(network)
}

/// Loads the classifier of the run, which was made of its encoder.
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

/// Checks that the weights of a file come from the spec of the run. A training that started anew and did not finish leaves
/// older weights beside a newer spec. Files without a recorded spec pass.
fn check_spec(run: &Run, path: &Path) -> Result<(), Error> {
    let bytes = storage::read(path)?;
    let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| format_error(path, &error))?;
    let trained_from = header.metadata().as_ref().and_then(|metadata| metadata.get("spec_sha256"));
    if trained_from.is_some_and(|trained_from| *trained_from != run.spec_sha256()) {
        let message = "holds weights of another spec than the experiment.toml beside it; train the run again";
        return Err(format_error(path, &message));
    }
    Ok(())
}

/// First-layer weights of an encoder, `(units, values)`. `None` for recurrent encoders, whose weights do not have the shape
/// of rows.
pub(crate) fn encoder_filters(network: &dyn Trainable) -> Option<Matrix> {
    let plan = network.kind().plan()?;
    let layer = &plan.layout.layers[0];
    Some(Matrix::new(layer.outputs, layer.inputs, network.parameters()[layer.weight()].to_vec()))
}

fn format_error(path: &Path, message: &dyn Display) -> Error {
    Error::File(system::Error::format(path, message.to_string()))
}
