//! Networks as data: widths, activations and kind of a network, and the layers that a type is made from.

use std::fmt;

use crate::catalogue::Activation;
use crate::kind::{Form, Kind};
use crate::shape::Shape;

/// Most layers on one side of the code, with the layer that writes the code.
pub const MOST_LAYERS: usize = 8;

/// Most weights and biases of a network. A training holds five numbers of 4 bytes for each.
pub const MOST_PARAMETERS: usize = 250_000_000;

/// An autoencoder: everything that its type depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Network {
    /// Kind of network.
    pub kind: Kind,
    /// Shape of the rows that it reads and writes.
    pub shape: Shape,
    /// Widths of the hidden layers of the encoder, from row to code. The decoder mirrors them. For a gated network: the
    /// units of its state.
    pub hidden: Vec<usize>,
    /// Activation of each hidden layer. A gated network has its own activations: the value is `relu` and has no effect.
    pub activation: Activation,
    /// Units of the code.
    pub code: usize,
    /// Activation of the code.
    pub code_activation: Activation,
    /// Activation of the output.
    pub output: Activation,
}

impl Network {
    /// True if the network can have tied weights, be pretrained layer by layer, have its codes matched to a prior, and
    /// become a classifier.
    pub fn is_mirrored(&self) -> bool {
        self.kind.facts().is_mirrored
    }

    /// True if the code of a row is a normal distribution.
    pub fn has_gaussian_code(&self) -> bool {
        self.kind.facts().has_gaussian_code
    }

    /// True if the network has hidden layers whose units dropout can drop.
    pub fn has_dropout(&self) -> bool {
        self.kind.facts().has_dropout && !self.hidden.is_empty()
    }

    /// True if the network has hidden ReLU layers, apart from the code, whose units may never fire.
    pub fn has_hidden_relu(&self) -> bool {
        self.kind.facts().has_activations && !self.hidden.is_empty() && self.activation == Activation::Relu
    }

    /// Small autoencoders for layer-wise pretraining, bottom first. Each has one layer of the encoder and its mirror
    /// image in the decoder, and reads and writes the codes of the one below. Empty for a network without hidden layers
    /// or of another kind.
    pub fn stages(&self) -> Vec<Form> {
        let Form::Dense { encoder, decoder } = self.form() else { return Vec::new() };
        if self.hidden.is_empty() {
            return Vec::new();
        }
        let stage = |index| {
            let decoder = decoder.part(decoder.layers.len() - 1 - index);
            Form::Dense { encoder: encoder.part(index), decoder }
        };
        (0..encoder.layers.len()).map(stage).collect()
    }

    /// The classifier that the encoder becomes: a layer on the code gives a logit for each class. `None` unless the
    /// encoder is a chain of dense layers.
    pub fn classifier(&self, classes: usize) -> Option<Form> {
        match self.form() {
            Form::Dense { encoder, .. } => Some(Form::Classifier { encoder, classes }),
            _ => None,
        }
    }

    /// The discriminator of codes (Makhzani et al., 2016), which gives the log odds that a code comes from the prior.
    pub fn discriminator(&self) -> Form {
        let mut chain = Chain::new(self.code);
        chain.push(128, Activation::Relu);
        chain.push(128, Activation::Relu);
        chain.push(1, Activation::Identity);
        Form::Perceptron(chain)
    }

    /// Widths from row to row as text: `784-64-32-64-784`, or `28 rows of 28-112-32-112-28`.
    pub fn diagram(&self) -> String {
        let (rows, values) = match self.shape.steps() {
            Some((steps, width)) if self.kind.facts().reads_steps => (format!("{steps} rows of "), width),
            _ => (String::new(), self.shape.values()),
        };
        let hidden: Vec<String> = self.hidden.iter().map(usize::to_string).collect();
        let code = [self.code.to_string()];
        let all: Vec<&str> = hidden.iter().chain(&code).chain(hidden.iter().rev()).map(String::as_str).collect();
        format!("{rows}{values}-{}-{values}", all.join("-"))
    }

    /// Number of weights and biases.
    pub fn parameter_count(&self) -> usize {
        self.form().parameter_count()
    }
}

/// The classifier that measures sample quality by its features: two hidden layers on rows of `values` values, and a
/// logit for each class.
pub fn judge(values: usize, classes: usize) -> Form {
    let mut chain = Chain::new(values);
    chain.push(128, Activation::Relu);
    chain.push(64, Activation::Relu);
    chain.push(classes, Activation::Identity);
    Form::Perceptron(chain)
}

/// A chain of affine layers, each with an activation. Each layer reads the output of the layer before it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chain {
    inputs: usize,
    layers: Vec<(usize, Activation)>,
}

impl Chain {
    /// A chain without layers that reads `inputs` values.
    pub fn new(inputs: usize) -> Self {
        Self { inputs, layers: Vec::new() }
    }

    /// Adds a layer with this number of units.
    pub fn push(&mut self, units: usize, activation: Activation) {
        self.layers.push((units, activation));
    }

    /// Number of values that the chain writes.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(self.inputs, |(units, _)| *units)
    }

    /// Activation of each layer.
    pub fn activations(&self) -> impl Iterator<Item = Activation> {
        self.layers.iter().map(|(_, activation)| *activation)
    }

    /// Inputs and outputs of each layer.
    pub(crate) fn pairs(&self) -> Vec<(usize, usize)> {
        let reads = std::iter::once(self.inputs).chain(self.layers.iter().map(|(units, _)| *units));
        reads.zip(&self.layers).map(|(reads, (units, _))| (reads, *units)).collect()
    }

    /// A chain of one of the layers.
    fn part(&self, index: usize) -> Self {
        Self { inputs: self.pairs()[index].0, layers: vec![self.layers[index]] }
    }
}

/// Text such as `784-64:relu-32`: the inputs, then the units of each layer with its activation, unless that is the
/// identity.
impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.inputs)?;
        self.layers.iter().try_for_each(|(units, activation)| match activation {
            Activation::Identity => write!(f, "-{units}"),
            activation => write!(f, "-{units}:{activation}"),
        })
    }
}
