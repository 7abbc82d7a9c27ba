//! The stages of a run, in order. Training, checkpoints, the progress bar and the estimate of the cost all read this
//! list.

use crate::catalogue::Tune;
use crate::kind::Form;
use crate::{Optimiser, Run};

/// A stage: one training within a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// Name in `epochs.csv`.
    pub name: String,
    /// Part of the run that the stage trains.
    pub trains: Trains,
    /// Layers that the stage trains.
    pub form: Form,
    /// Number of epochs, unless early stopping ends the stage.
    pub epochs: usize,
    /// True if early stopping may end the stage.
    pub may_stop_early: bool,
    /// Number of training images of an epoch.
    pub train: usize,
    /// Optimiser of the stage.
    pub optimiser: Optimiser,
}

/// Part of a run that a stage trains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trains {
    /// One layer of the encoder, with this index from the outside in, and its mirror image.
    Layer(usize),
    /// The network, on the source data of a transfer.
    Source,
    /// The network, or its decoder alone.
    Network {
        /// True if the encoder is not trained.
        frozen: bool,
    },
    /// The classifier that the encoder becomes.
    Classifier,
}

impl Stage {
    /// Name of the stage that trains a classifier.
    pub const CLASSIFIER: &'static str = "classifier";

    /// Least number of epochs of the stage.
    pub fn fewest_epochs(&self) -> usize {
        if self.may_stop_early { 1 } else { self.epochs }
    }

    /// Number of weights and biases of the layers of the stage.
    pub fn parameter_count(&self) -> usize {
        self.form.parameter_count()
    }

    /// Number of times each image passes through the layers: 1, or the number of steps for a gated network.
    pub fn passes(&self) -> usize {
        self.form.passes()
    }
}

impl Run {
    /// Stages of the run, in order.
    ///
    /// A network trained from scratch has one stage. With pretraining there is one for each layer, bottom first, then
    /// the fine-tuning of the whole network. With transfer there is the training on the source, then the tuning, if
    /// any. The last stage is the classifier, if the file has one.
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

    /// Number of epochs of all stages, without early stopping.
    pub fn epochs(&self) -> usize {
        self.stages().iter().map(|stage| stage.epochs).sum()
    }

    /// Number of training images over all epochs of all stages.
    pub fn images_passed(&self) -> usize {
        self.stages().iter().map(|stage| stage.epochs * stage.train).sum()
    }
}
