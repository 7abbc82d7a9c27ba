//! [`Checkpoint`]: the file from which an interrupted training continues.
//!
//! It holds everything that the next step depends on. The place in the learning-rate schedule and every random stream
//! follow from seed, epoch and batch, so they are not stored. The format is safetensors: flat f32 tensors, counters as
//! metadata, and a checksum. The file is removed when the training is done.

use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;

use record::Epoch;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use spec::Optimiser as OptimiserSettings;
use spec::Run;
use system::{seal, storage};

use crate::engine::{Learners, StepLosses};
use crate::error::Error;
use crate::fit::{Best, State};
use crate::optimiser::Learner;
use crate::stages;

/// State of a run between two steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint {
    /// SHA-256 digest of the run's spec.
    pub(crate) spec_sha256: String,
    /// Measurements of all finished epochs, over all stages.
    pub(crate) history: Vec<Epoch>,
    /// Number of finished stages.
    pub(crate) stage: usize,
    /// Parameters of the whole network at the start of the current stage.
    pub(crate) parameters: Vec<f32>,
    /// Parameters of the network's last epoch, if early stopping chose others. Only while a classifier is trained.
    pub(crate) last: Option<Vec<f32>>,
    /// State of the current stage.
    pub(crate) state: State,
}

/// Error for a checkpoint that this run cannot have written.
const ANOTHER: &str = "this is the checkpoint of another run";

const PARAMETERS: &str = "network";
const LAST: &str = "last";
const STAGE: &str = "stage";
const BEST: &str = "best";
const WEIGHTS: &str = "weights";
const DISCRIMINATOR: &str = "discriminator";

impl Checkpoint {
    /// Writes the checkpoint to a file, replacing an earlier one.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Error> {
        let bytes = self.to_bytes().map_err(|message| Error::checkpoint(path, message))?;
        Ok(storage::write(path, &bytes)?)
    }

    fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let state = &self.state;
        let history = storage::to_csv(&self.history)?;
        let Learners { network, discriminator } = &state.learners;
        let mut tensors = vec![(PARAMETERS.to_owned(), &self.parameters)];
        tensors.extend(self.last.as_ref().map(|last| (LAST.to_owned(), last)));
        tensors.extend(tensors_of(STAGE, network));
        let mut metadata = HashMap::from([
            (seal::KEY.to_owned(), seal::UNSEALED.to_owned()),
            ("spec_sha256".to_owned(), self.spec_sha256.clone()),
            ("history".to_owned(), String::from_utf8(history).map_err(|error| error.to_string())?),
            ("stage".to_owned(), self.stage.to_string()),
            ("epochs".to_owned(), state.epochs.to_string()),
            ("batches".to_owned(), state.batches.to_string()),
            ("sums".to_owned(), state.sums.list().map(|sum| sum.to_string()).join(" ")),
            ("seconds".to_owned(), state.seconds.to_string()),
            ("steps".to_owned(), network.optimiser.steps.to_string()),
        ]);
        if let Some(judge) = discriminator {
            tensors.extend(tensors_of(DISCRIMINATOR, judge));
            metadata.insert("discriminator_steps".to_owned(), judge.optimiser.steps.to_string());
        }
        // Between two epochs the weights of hard examples are outdated, so they are not stored.
        if state.batches > 0 && !state.weights.is_empty() {
            tensors.push((WEIGHTS.to_owned(), &state.weights));
        }
        if let Some(best) = &state.best {
            tensors.push((BEST.to_owned(), &best.parameters));
            metadata.insert("best_epochs".to_owned(), best.epochs.to_string());
            metadata.insert("best_validation_loss".to_owned(), best.validation_loss.to_string());
        }
        let tensors: Vec<(String, Vec<u8>)> = tensors
            .into_iter()
            .map(|(name, values)| (name, values.iter().flat_map(|value| value.to_le_bytes()).collect()))
            .collect();
        let views = tensors
            .iter()
            .map(|(name, bytes)| TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes).map(|view| (name, view)))
            .collect::<Result<Vec<_>, _>>();
        let bytes = views.and_then(|views| safetensors::serialize(views, Some(metadata)));
        let mut bytes = bytes.map_err(|error| error.to_string())?;
        seal::seal(&mut bytes)?;
        Ok(bytes)
    }

    /// Reads the checkpoint of a run from a file.
    pub(crate) fn read(path: &Path, run: &Run) -> Result<Self, Error> {
        let bytes = storage::read(path)?;
        Self::from_bytes(&bytes, run).map_err(|message| Error::checkpoint(path, message))
    }

    /// Parses the bytes of a checkpoint file and checks that `run` wrote it.
    ///
    /// # Errors
    /// When the checksum is wrong, or another run wrote the file.
    pub fn from_bytes(bytes: &[u8], run: &Run) -> Result<Self, String> {
        let adversarial = run.training.adversarial.map(|adversarial| adversarial.optimiser);
        let stages = run.stages();
        let checkpoint = Self::parse(bytes, |stage| stages.get(stage).map(|stage| stage.optimiser), adversarial)?;
        if checkpoint.spec_sha256 == run.spec_sha256() && stages::fits(&checkpoint, run) {
            Ok(checkpoint)
        } else {
            Err(ANOTHER.to_owned())
        }
    }

    fn parse(
        bytes: &[u8],
        optimiser: impl Fn(usize) -> Option<OptimiserSettings>,
        discriminator: Option<OptimiserSettings>,
    ) -> Result<Self, String> {
        seal::check(bytes)?;
        let tensors = SafeTensors::deserialize(bytes).map_err(|error| error.to_string())?;
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(|error| error.to_string())?;
        let metadata = header.metadata().as_ref().ok_or("the metadata is missing")?;
        let text = |key: &str| metadata.get(key).ok_or(format!("`{key}` is missing"));
        let stage = number(text("stage")?)?;
        let network = learner(&tensors, STAGE, optimiser(stage).ok_or(ANOTHER)?, number(text("steps")?)?)?;
        let discriminator = match (metadata.get("discriminator_steps"), discriminator) {
            (Some(steps), Some(optimiser)) => Some(learner(&tensors, DISCRIMINATOR, optimiser, number(steps)?)?),
            (Some(_), None) => return Err(ANOTHER.to_owned()),
            (None, _) => None,
        };
        let sums = text("sums")?.split(' ').map(number).collect::<Result<Vec<f64>, _>>()?;
        let sums = sums.try_into().map_err(|_| "`sums` has the wrong number of values")?;
        let best = match metadata.get("best_epochs") {
            None => None,
            Some(epochs) => Some(Best {
                parameters: values(&tensors, BEST)?,
                validation_loss: number(text("best_validation_loss")?)?,
                epochs: number(epochs)?,
            }),
        };
        // Checkpoints of trainings without these tensors, and of older versions, lack them.
        let optional = |name| tensors.tensor(name).is_ok().then(|| values(&tensors, name)).transpose();
        let (weights, last) = (optional(WEIGHTS)?.unwrap_or_default(), optional(LAST)?);
        Ok(Self {
            spec_sha256: text("spec_sha256")?.clone(),
            history: storage::from_csv(text("history")?.as_bytes())?,
            stage,
            parameters: values(&tensors, PARAMETERS)?,
            last,
            state: State {
                learners: Learners { network, discriminator },
                epochs: number(text("epochs")?)?,
                batches: number(text("batches")?)?,
                sums: StepLosses::of(sums),
                seconds: number(text("seconds")?)?,
                weights,
                best,
            },
        })
    }
}

/// Parameters and optimiser moments of a learner, with their names in the file.
fn tensors_of<'l>(name: &str, learner: &'l Learner) -> Vec<(String, &'l Vec<f32>)> {
    let moments = learner.optimiser.moments().into_iter().map(|(moment, values)| (format!("{name}.{moment}"), values));
    [(name.to_owned(), &learner.parameters)].into_iter().chain(moments).collect()
}

/// Reads a learner back from the tensors that [`tensors_of`] names.
fn learner(tensors: &SafeTensors<'_>, name: &str, settings: OptimiserSettings, steps: u64) -> Result<Learner, String> {
    let mut learner = Learner::new(values(tensors, name)?, settings);
    learner.optimiser.steps = steps;
    let count = learner.parameters.len();
    for (moment, place) in learner.optimiser.moments_mut() {
        let name = format!("{name}.{moment}");
        *place = values(tensors, &name)?;
        if place.len() != count {
            return Err(format!("`{name}` has {} values, expected {count}", place.len()));
        }
    }
    Ok(learner)
}

fn values(tensors: &SafeTensors<'_>, name: &str) -> Result<Vec<f32>, String> {
    let tensor = tensors.tensor(name).map_err(|_| format!("`{name}` is missing"))?;
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
    use std::fs;

    use spec::Experiment;
    use spec::{Optimiser as Settings, Regularisation};

    use super::*;

    const ADAM: Settings = Settings::Adam { learning_rate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
    const SGD: Settings = Settings::Sgd { learning_rate: 0.1, momentum: 0.9 };

    fn checkpoint(settings: Settings) -> Checkpoint {
        let mut learner = Learner::new(vec![0.25, -1.5, 3.0], settings);
        let mut gradient = [1.0, 2.0, -3.0];
        let (update, slots) = learner.begin(&Regularisation::default(), 1.0, &mut gradient);
        update.weights(slots);
        let mut judge = Learner::new(vec![0.5; 4], settings);
        judge.optimiser.steps = 7;
        let mut state = State::new(learner, Some(judge));
        (state.epochs, state.batches, state.seconds) = (3, 7, 1.25);
        state.weights = vec![0.5, 1.5];
        state.sums = StepLosses::of([0.1 + 0.2, 1.0 / 3.0, 2.0, 0.0, 1e-9]);
        state.best = Some(Best { parameters: vec![1.0; 3], validation_loss: 0.1 + 0.2, epochs: 2 });
        let epoch = Epoch {
            epoch: 4,
            stage: "layer-2".to_owned(),
            train_loss: 1.0 / 3.0,
            validation_loss: None,
            learning_rate: 0.1,
            seconds: 0.7,
            ..Epoch::default()
        };
        Checkpoint {
            spec_sha256: "abc".to_owned(),
            history: vec![epoch],
            stage: 1,
            parameters: vec![0.5; 7],
            last: Some(vec![0.25; 7]),
            state,
        }
    }

    #[test]
    fn a_checkpoint_that_is_written_and_read_is_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("checkpoint.safetensors");
        for settings in [ADAM, SGD] {
            let mut checkpoint = checkpoint(settings);
            checkpoint.write(&path).unwrap();
            let read = || Checkpoint::parse(&fs::read(&path).unwrap(), |_| Some(settings), Some(settings)).unwrap();
            assert_eq!(read(), checkpoint);
            checkpoint.history.clear();
            checkpoint.last = None;
            checkpoint.state.best = None;
            checkpoint.state.weights.clear();
            checkpoint.state.learners.discriminator = None;
            checkpoint.write(&path).unwrap();
            assert_eq!(read(), checkpoint);
        }
    }

    #[test]
    fn a_checkpoint_that_is_cut_or_has_a_changed_byte_is_refused() {
        let bytes = checkpoint(ADAM).to_bytes().unwrap();
        let read = |bytes: &[u8]| Checkpoint::parse(bytes, |_| Some(ADAM), Some(ADAM));
        assert!(read(&bytes).is_ok());
        for index in 0..bytes.len() {
            assert!(read(&bytes[..index]).is_err(), "cut at {index}");
            let mut changed = bytes.clone();
            changed[index] ^= 1 << (index % 8);
            assert!(read(&changed).is_err(), "changed at {index}");
        }
    }

    #[test]
    fn a_checkpoint_of_another_optimiser_or_type_is_refused() {
        let bytes = checkpoint(SGD).to_bytes().unwrap();
        let error = Checkpoint::parse(&bytes, |_| Some(ADAM), None).unwrap_err();
        assert_eq!(error, "`stage.adam.mean` is missing");
        let metadata = [(seal::KEY, seal::UNSEALED), ("stage", "0"), ("steps", "1")];
        let metadata = metadata.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let tensor = TensorView::new(Dtype::F16, vec![3], &[0; 6]).unwrap();
        let mut bytes = safetensors::serialize([(STAGE, tensor)], Some(metadata)).unwrap();
        seal::seal(&mut bytes).unwrap();
        let error = Checkpoint::parse(&bytes, |_| Some(SGD), None).unwrap_err();
        assert_eq!(error, "`stage` is F16, expected F32");
    }

    /// A small run, which trains for four epochs.
    fn run() -> Run {
        run_with("")
    }

    fn run_with(more: &str) -> Run {
        let spec = "question = \"Can it go on?\"\n[dataset]\nname = \"glyphs\"\ntrain = 40\nvalidation = 10\ntest = 10\n\
             [model]\narchitecture = \"linear\"\ncode = 2\n[training]\nepochs = 4\nbatch_size = 20\nloss = \"mse\"\n\
             [training.sgd]\nlearning_rate = 0.1\n[training.early_stopping]\npatience = 2\n";
        Experiment::parse(Path::new("checkpoint.toml"), spec.to_owned() + more, &[]).unwrap().runs.remove(0)
    }

    /// A checkpoint of the run in its second epoch.
    fn of(run: &Run) -> Checkpoint {
        let parameters = vec![0.125; run.model.parameter_count()];
        let mut state = State::new(Learner::new(parameters.clone(), run.training.optimiser), None);
        (state.epochs, state.batches) = (1, 1);
        state.best = Some(Best { parameters: parameters.clone(), validation_loss: 0.5, epochs: 1 });
        Checkpoint {
            spec_sha256: run.spec_sha256(),
            history: checkpoint(SGD).history,
            stage: 0,
            parameters,
            last: None,
            state,
        }
    }

    #[test]
    fn a_checkpoint_that_the_run_cannot_have_written_is_refused() {
        let run = run();
        let faults: [fn(&mut Checkpoint); 12] = [
            |it| it.spec_sha256.clear(),
            |it| it.stage = 1,
            |it| it.parameters.push(0.0),
            |it| it.last = Some(it.parameters.clone()),
            |it| it.state = State::new(Learner::new(vec![0.0; 3], SGD), None),
            |it| it.state.learners.discriminator = Some(Learner::new(vec![0.0; 3], SGD)),
            |it| it.state.epochs = 5,
            |it| it.state.batches = 3,
            |it| it.state.best.as_mut().unwrap().epochs = 2,
            |it| it.state.best.as_mut().unwrap().parameters.truncate(5),
            |it| it.history.clear(),
            |it| it.state.weights = vec![1.0; 40],
        ];
        let read = |checkpoint: &Checkpoint| Checkpoint::from_bytes(&checkpoint.to_bytes().unwrap(), &run);
        let checkpoint = of(&run);
        assert_eq!(read(&checkpoint).unwrap(), checkpoint);
        for (index, fault) in faults.iter().enumerate() {
            let mut checkpoint = checkpoint.clone();
            fault(&mut checkpoint);
            assert_eq!(read(&checkpoint).unwrap_err(), "this is the checkpoint of another run", "fault {index}");
        }
    }

    #[test]
    fn a_checkpoint_within_an_epoch_holds_the_weights_of_hard_examples() {
        let run = run_with("[training.hard_examples]\nfocus = 2\n");
        let read = |checkpoint: &Checkpoint| Checkpoint::from_bytes(&checkpoint.to_bytes().unwrap(), &run);
        let mut checkpoint = of(&run);
        assert!(read(&checkpoint).is_err());
        checkpoint.state.weights = vec![1.0; 40];
        assert_eq!(read(&checkpoint).unwrap(), checkpoint);
        checkpoint.state.batches = 0;
        assert!(read(&checkpoint).unwrap().state.weights.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn no_mangled_checkpoint_panics_even_if_sealed(at: proptest::sample::Index, cut in 0..30_usize, with: Vec<u8>) {
            let run = run();
            let bytes = of(&run).to_bytes().unwrap();
            let header = 8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
            let at = at.index(header);
            let mut mangled = bytes.clone();
            mangled.splice(at..(at + cut).min(header), with);
            let sealed = seal::seal(&mut mangled).is_ok();
            let read = Checkpoint::from_bytes(&mangled, &run);
            proptest::prop_assert!(sealed || read.is_err());
        }
    }
}
