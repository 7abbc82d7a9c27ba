//! The checkpoint of a training in progress: all that its next epoch depends on.
//!
//! Random streams need no place in it: they follow from seed and epoch. The file is safetensors with flat f32 tensors and
//! the counters as metadata; it goes when the training is done.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::str::FromStr;

use experiment::record;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::error::Error;
use crate::fit::{Best, State};
use crate::optimiser::Optimiser;

/// A run between two epochs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checkpoint {
    /// Digest of the run's spec.
    pub(crate) spec_sha256: String,
    /// Stages done.
    pub(crate) stage: usize,
    /// Parameters of the whole network when the present stage began.
    pub(crate) parameters: Vec<f32>,
    /// Where the present stage stands.
    pub(crate) state: State,
}

const PARAMETERS: &str = "network";
const STAGE: &str = "stage";
const BEST: &str = "best";

impl Checkpoint {
    /// Writes the checkpoint in place of an earlier one.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let mut tensors = vec![(PARAMETERS, &self.parameters), (STAGE, &self.state.parameters)];
        let mut metadata = HashMap::from([
            ("spec_sha256".to_owned(), self.spec_sha256.clone()),
            ("stage".to_owned(), self.stage.to_string()),
            ("epochs".to_owned(), self.state.epochs.to_string()),
        ]);
        if let Some(best) = &self.state.best {
            tensors.push((BEST, &best.parameters));
            metadata.insert("best_epochs".to_owned(), best.epochs.to_string());
            metadata.insert("best_validation_loss".to_owned(), best.validation_loss.to_string());
        }
        metadata.insert("steps".to_owned(), self.state.optimiser.steps.to_string());
        tensors.extend(self.state.optimiser.moments());

        let tensors: Vec<(&str, Vec<u8>)> = tensors
            .into_iter()
            .map(|(name, values)| (name, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
            .collect();
        let views = tensors
            .iter()
            .map(|(name, bytes)| TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes).map(|view| (*name, view)))
            .collect::<Result<Vec<_>, _>>();
        let bytes = views.and_then(|views| safetensors::serialize(views, Some(metadata)));
        let bytes = bytes.map_err(|error| Error::checkpoint(path, error.to_string()))?;
        Ok(record::write_atomic(path, &bytes)?)
    }

    /// Reads a checkpoint. `optimiser` is one of the run's spec; its state is replaced by the recorded one.
    pub(crate) fn read(path: &Path, optimiser: impl Fn(usize) -> Optimiser) -> Result<Self, Error> {
        let bytes = fs::read(path).map_err(|error| Error::checkpoint(path, error.to_string()))?;
        Self::from_bytes(&bytes, optimiser).map_err(|message| Error::checkpoint(path, message))
    }

    fn from_bytes(bytes: &[u8], optimiser: impl Fn(usize) -> Optimiser) -> Result<Self, String> {
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let metadata = header.metadata().as_ref().ok_or("it has no metadata")?;
        let text = |key: &str| metadata.get(key).ok_or(format!("it lacks `{key}`"));
        let parameters = values(&tensors, STAGE)?;
        let mut optimiser = optimiser(parameters.len());
        for (name, moment) in optimiser.moments_mut() {
            *moment = values(&tensors, name)?;
            if moment.len() != parameters.len() {
                return Err(format!("`{name}` has {} values, expected {}", moment.len(), parameters.len()));
            }
        }
        optimiser.steps = number(text("steps")?)?;
        let best = match metadata.get("best_epochs") {
            None => None,
            Some(epochs) => Some(Best {
                parameters: values(&tensors, BEST)?,
                validation_loss: number(text("best_validation_loss")?)?,
                epochs: number(epochs)?,
            }),
        };
        Ok(Self {
            spec_sha256: text("spec_sha256")?.clone(),
            stage: number(text("stage")?)?,
            parameters: values(&tensors, PARAMETERS)?,
            state: State { parameters, optimiser, epochs: number(text("epochs")?)?, best },
        })
    }
}

fn values(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("it lacks `{name}`"))?;
    if tensor.dtype() != Dtype::F32 {
        return Err(format!("`{name}` is {:?}, expected F32", tensor.dtype()));
    }
    Ok(tensor.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
}

fn number<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("`{text}` is not a number"))
}

#[cfg(test)]
mod tests {
    use experiment::spec::{Optimiser as Settings, Regularisation};

    use super::*;

    #[test]
    fn a_checkpoint_reads_back_as_written_and_a_cut_one_is_refused() {
        let adam = Settings::Adam { learning_rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
        let sgd = Settings::Sgd { learning_rate: 0.1, momentum: 0.9 };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        for settings in [adam, sgd] {
            let mut state = State::new(vec![0.25, -1.5, 3.0], settings);
            let mut gradient = [1.0, 2.0, -3.0];
            let regularisation = Regularisation::default();
            let (update, slots) = state.optimiser.begin(&regularisation, 0.1, &mut state.parameters, &mut gradient);
            update.weights(slots);
            state.epochs = 3;
            state.best = Some(Best { parameters: vec![1.0; 3], validation_loss: 0.1 + 0.2, epochs: 2 });
            let checkpoint = Checkpoint { spec_sha256: "abc".to_owned(), stage: 1, parameters: vec![0.5; 7], state };
            checkpoint.write(&path).unwrap();
            let fresh = |count| Optimiser::new(settings, count);
            assert_eq!(Checkpoint::read(&path, fresh).unwrap(), checkpoint);
            let bytes = fs::read(&path).unwrap();
            for length in 0..bytes.len() {
                assert!(Checkpoint::from_bytes(&bytes[..length], fresh).is_err(), "{length}");
            }
        }
    }
}
