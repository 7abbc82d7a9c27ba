//! Networks as data: what a file asks for, and the layers that a type is made from.

use std::fmt;

use crate::catalogue::Activation;
use crate::kind::{Form, Kind};
use crate::shape::Shape;

/// Most layers on either side of the code, the one that writes the code among them.
pub const MOST_LAYERS: usize = 8;

/// Most weights and biases of a network. A training holds each five times, as four bytes.
pub const MOST_PARAMETERS: usize = 250_000_000;

/// An autoencoder: all that its type depends on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Network {
    /// How it computes.
    pub kind: Kind,
    /// The rows it reads and writes.
    pub shape: Shape,
    /// Widths of the encoder's hidden layers, between the row and the code; the decoder mirrors them. Of a gated one, the units
    /// of its state on either side.
    pub hidden: Vec<usize>,
    /// What is applied to the sums of each hidden layer; of a gated one, which has its own, `relu`, which plays no part.
    pub activation: Activation,
    /// Units of the code.
    pub code: usize,
    /// What is applied to the sums of the code.
    pub code_activation: Activation,
    /// What is applied to the sums of the output.
    pub output: Activation,
}

impl Network {
    /// True if it can be tied, be pretrained layer by layer, have its codes matched to a prior, and become a classifier.
    pub fn is_mirrored(&self) -> bool {
        self.kind.facts().is_mirrored
    }

    /// True if the code of a row is a normal distribution.
    pub fn has_gaussian_code(&self) -> bool {
        self.kind.facts().has_gaussian_code
    }

    /// True if it has hidden layers whose units dropout can leave out.
    pub fn has_dropout(&self) -> bool {
        self.kind.facts().has_dropout && !self.hidden.is_empty()
    }

    /// True if it has hidden layers, other than that of the code, whose units may never fire.
    pub fn has_hidden_relu(&self) -> bool {
        self.kind.facts().has_activations && !self.hidden.is_empty() && self.activation == Activation::Relu
    }

    /// The small autoencoders that it can be pretrained as, bottom first: each reads and writes the codes of the one below,
    /// and its two layers are one of the encoder's and its mirror image in the decoder. Empty where there is nothing to stack.
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

    /// The classifier that its encoder becomes: a layer on the code writes a logit for each class. `None` where the encoder is
    /// no chain of dense layers.
    pub fn classifier(&self, classes: usize) -> Option<Form> {
        match self.form() {
            Form::Dense { encoder, .. } => Some(Form::Classifier { encoder, classes }),
            _ => None,
        }
    }

    /// The discriminator of its codes (Makhzani et al., 2016): the log odds that a code is a draw of the prior.
    pub fn discriminator(&self) -> Form {
        let mut chain = Chain::new(self.code);
        chain.push(128, Activation::Relu);
        chain.push(128, Activation::Relu);
        chain.push(1, Activation::Identity);
        Form::Perceptron(chain)
    }

    /// What comes between row and row, for people: `784-64-32-64-784`, or `28 rows of 28-112-32-112-28`.
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

    /// Weights and biases.
    pub fn parameter_count(&self) -> usize {
        self.form().parameter_count()
    }
}

/// The classifier whose features judge samples: rows of so many values, two hidden layers, a logit for each class.
pub fn judge(values: usize, classes: usize) -> Form {
    let mut chain = Chain::new(values);
    chain.push(128, Activation::Relu);
    chain.push(64, Activation::Relu);
    chain.push(classes, Activation::Identity);
    Form::Perceptron(chain)
}

/// Affine layers, each with an activation, of which every one reads what the one before writes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Chain {
    inputs: usize,
    layers: Vec<(usize, Activation)>,
}

impl Chain {
    /// A chain without layers, which reads so many values.
    pub fn new(inputs: usize) -> Self {
        Self { inputs, layers: Vec::new() }
    }

    /// Adds a layer that writes so many units.
    pub fn push(&mut self, units: usize, activation: Activation) {
        self.layers.push((units, activation));
    }

    /// Values that it writes.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(self.inputs, |(units, _)| *units)
    }

    /// The activation of each layer.
    pub fn activations(&self) -> impl Iterator<Item = Activation> {
        self.layers.iter().map(|(_, activation)| *activation)
    }

    /// What each layer reads and writes.
    pub(crate) fn pairs(&self) -> Vec<(usize, usize)> {
        let reads = std::iter::once(self.inputs).chain(self.layers.iter().map(|(units, _)| *units));
        reads.zip(&self.layers).map(|(reads, (units, _))| (reads, *units)).collect()
    }

    /// One of its layers.
    fn part(&self, index: usize) -> Self {
        Self { inputs: self.pairs()[index].0, layers: vec![self.layers[index]] }
    }
}

/// `784-64:relu-32`: what it reads, then what each layer writes, with its activation unless it is none.
impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.inputs)?;
        self.layers.iter().try_for_each(|(units, activation)| match activation {
            Activation::Identity => write!(f, "-{units}"),
            activation => write!(f, "-{units}:{activation}"),
        })
    }
}
