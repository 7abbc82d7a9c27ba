//! The stages of a run, in order: what training, its checkpoints, the progress bar and the estimate of its cost read.

use crate::catalogue::Tune;
use crate::kind::Form;
use crate::{Optimiser, Run};

/// One training in a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Its name in `epochs.csv`.
    pub name: String,
    /// What it trains.
    pub trains: Trains,
    /// The layers that it trains.
    pub form: Form,
    /// Its epochs, if it does not stop early.
    pub epochs: usize,
    /// True if early stopping may end it.
    pub may_stop_early: bool,
    /// Training images of an epoch.
    pub train: usize,
    /// What moves the weights.
    pub optimiser: Optimiser,
}

/// What of a run a stage trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trains {
    /// A layer on its own, from the outside in: the encoder's of this index, and its mirror image.
    Layer(usize),
    /// The network, on the source of a transfer.
    Source,
    /// The network, or its decoder alone.
    Network {
        /// True if the encoder stays as it is.
        frozen: bool,
    },
    /// The classifier that the encoder becomes.
    Classifier,
}

impl Stage {
    /// Name of the stage that trains a classifier.
    pub const CLASSIFIER: &'static str = "classifier";

    /// Fewest epochs after which it is done.
    pub fn fewest_epochs(&self) -> usize {
        if self.may_stop_early { 1 } else { self.epochs }
    }

    /// Weights and biases that it trains.
    pub fn parameter_count(&self) -> usize {
        self.form.parameter_count()
    }

    /// How often each image passes through its layers: once, or once a step of a gated network.
    pub fn passes(&self) -> usize {
        self.form.passes()
    }
}

impl Run {
    /// A stage for a network trained from scratch; of a pretrained one a stage for each layer, bottom first, then the
    /// fine-tuning of the whole; of a transferred one the training on its source, then the tuning, if there is any. Last comes
    /// the classifier that the encoder becomes, where one is asked for.
    pub fn stages(&self) -> Vec<Stage> {
        let (training, network) = (&self.training, &self.model.network);
        let whole = |name: &str, trains| Stage {
            name: name.to_owned(),
            trains,
            form: network.form(),
            epochs: training.epochs,
            may_stop_early: training.early_stopping.is_some(),
            train: self.dataset.train,
            optimiser: training.optimiser,
        };
        if let Some(transfer) = training.transfer {
            let (epochs, train) = (transfer.epochs, transfer.train);
            let source = Stage { epochs, train, ..whole("source", Trains::Source) };
            let frozen = transfer.tune == Tune::Decoder;
            let tuning = (transfer.tune != Tune::Nothing).then(|| whole("tuning", Trains::Network { frozen }));
            return [source].into_iter().chain(tuning).collect();
        }
        let mut stages = Vec::new();
        if let Some(pretraining) = training.pretraining {
            let layers = network.stages().into_iter().enumerate();
            stages.extend(layers.map(|(index, form)| Stage {
                form,
                epochs: pretraining.epochs,
                may_stop_early: false,
                ..whole(&format!("layer-{}", index + 1), Trains::Layer(index))
            }));
        }
        let name = if stages.is_empty() { "training" } else { "fine-tuning" };
        stages.push(whole(name, Trains::Network { frozen: false }));
        if let Some((classifier, form)) = training.classifier.zip(network.classifier(self.dataset.classes().len())) {
            let (epochs, optimiser) = (classifier.epochs, classifier.optimiser);
            stages.push(Stage { form, epochs, optimiser, ..whole(Stage::CLASSIFIER, Trains::Classifier) });
        }
        stages
    }

    /// Epochs over all stages, if none stops early.
    pub fn epochs(&self) -> usize {
        self.stages().iter().map(|stage| stage.epochs).sum()
    }

    /// Training images that pass in them, each time they do.
    pub fn images_passed(&self) -> usize {
        self.stages().iter().map(|stage| stage.epochs * stage.train).sum()
    }
}
