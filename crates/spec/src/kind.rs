//! Kinds of network. Each entry of the table declares one: what `[model]` may set, and what the network can be used
//! for. The form of a network lists the layers of its type.
//!
//! `crates/zoo/src/kind` has one file for the type of each kind.

use std::fmt;
use std::ops::RangeInclusive;

use crate::catalogue::Activation;
use crate::names::names_with_facts;
use crate::network::{Chain, MOST_LAYERS, Network};

/// Facts about a kind of network.
#[derive(Debug)]
pub struct Facts {
    /// Allowed number of hidden layers.
    pub hidden: RangeInclusive<usize>,
    /// Allowed number of hidden layers in words, to follow "has".
    pub hidden_in_words: &'static str,
    /// True if a file can choose the activations of the hidden layers and the output.
    pub has_activations: bool,
    /// True if a file can choose the activation of the code.
    pub has_code_activation: bool,
    /// Default activation of the output for values in [0, 1].
    pub output: Activation,
    /// True if the decoder reads the code alone. Only such a network generates and compresses.
    pub decodes_codes: bool,
    /// True if the network reads a row step by step and writes values from 0 to 1.
    pub reads_steps: bool,
    /// True if the network is an encoder of dense layers and its mirror image. Only such a network can have tied
    /// weights, be pretrained layer by layer, have its codes matched to a prior, and become a classifier.
    pub is_mirrored: bool,
    /// True if the code of a row is a normal distribution, given by its mean and log variance.
    pub has_gaussian_code: bool,
    /// True if dropout can drop units of the hidden layers.
    pub has_dropout: bool,
}

/// Facts about dense layers, where a file can set everything.
const DENSE: Facts = Facts {
    hidden: 0..=MOST_LAYERS - 1,
    hidden_in_words: "at most 7",
    has_activations: true,
    has_code_activation: true,
    output: Activation::Sigmoid,
    decodes_codes: true,
    reads_steps: false,
    is_mirrored: true,
    has_gaussian_code: false,
    has_dropout: true,
};

names_with_facts! {
    /// A kind of network: the way it computes.
    Kind, "kind of network", Facts {
        /// An encoder of dense layers and its mirror image.
        Dense = "dense": DENSE,
        /// Dense layers with a normal distribution as code; the encoder gives its mean and log variance (Kingma &
        /// Welling, 2014).
        Gaussian = "gaussian": Facts {
            hidden: 1..=MOST_LAYERS - 1,
            hidden_in_words: "at least one, and at most 7",
            has_code_activation: false,
            is_mirrored: false,
            has_gaussian_code: true,
            ..DENSE
        },
        /// Gated recurrent units that read and write a row step by step, with a linear code between them (Cho et al.,
        /// 2014).
        Gated = "gated": Facts {
            hidden: 1..=1,
            hidden_in_words: "one, the units of its state, as in [112]",
            has_activations: false,
            has_code_activation: false,
            reads_steps: true,
            is_mirrored: false,
            has_dropout: false,
            ..DENSE
        },
        /// Dense layers whose output is added to their input, and so learns the negative of the noise (Zhang et al.,
        /// 2017).
        Residual = "residual": Facts {
            output: Activation::Identity,
            decodes_codes: false,
            is_mirrored: false,
            ..DENSE
        },
    }
}

impl Network {
    /// Layers of the type of this network.
    pub fn form(&self) -> Form {
        let values = self.shape.values();
        let mut encoder = Chain::new(values);
        self.hidden.iter().for_each(|width| encoder.push(*width, self.activation));
        let mut decoder = Chain::new(self.code);
        self.hidden.iter().rev().for_each(|width| decoder.push(*width, self.activation));
        decoder.push(values, self.output);
        match self.kind {
            Kind::Dense => {
                encoder.push(self.code, self.code_activation);
                Form::Dense { encoder, decoder }
            }
            Kind::Residual => {
                encoder.push(self.code, self.code_activation);
                Form::Residual { encoder, decoder }
            }
            Kind::Gaussian => Form::Gaussian { trunk: encoder, code: self.code, decoder },
            Kind::Gated => {
                let (steps, width) = self.shape.steps().unwrap_or((1, values));
                Form::Gated { steps, width, units: self.hidden.first().copied().unwrap_or(1), code: self.code }
            }
        }
    }
}

/// The layers of a network's type. Its text is a line of the list of networks that are compiled.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Form {
    /// An autoencoder of two chains.
    Dense {
        /// Layers from row to code.
        encoder: Chain,
        /// Layers from code to row.
        decoder: Chain,
    },
    /// Two chains whose output is added to the row.
    Residual {
        /// Layers from row to code.
        encoder: Chain,
        /// Layers from code to the values that are added to the row.
        decoder: Chain,
    },
    /// An autoencoder whose code is a normal distribution.
    Gaussian {
        /// Layers from the row to the inputs of mean and log variance.
        trunk: Chain,
        /// Units of the code.
        code: usize,
        /// Layers from code to row.
        decoder: Chain,
    },
    /// An autoencoder of gated recurrent units.
    Gated {
        /// Number of steps of a row.
        steps: usize,
        /// Number of values of a step.
        width: usize,
        /// Units of the state.
        units: usize,
        /// Units of the code.
        code: usize,
    },
    /// An encoder, with a layer on its code that gives a logit for each class.
    Classifier {
        /// Layers from row to code.
        encoder: Chain,
        /// Number of classes.
        classes: usize,
    },
    /// A single chain.
    Perceptron(Chain),
}

impl Form {
    /// Inputs and outputs of each affine layer: those of the encoder, then those of the decoder, in the order of their
    /// parameters.
    pub fn layers(&self) -> [Vec<(usize, usize)>; 2] {
        match self {
            Self::Dense { encoder, decoder } | Self::Residual { encoder, decoder } => {
                [encoder.pairs(), decoder.pairs()]
            }
            Self::Gaussian { trunk, code, decoder } => {
                let head = (trunk.outputs(), *code);
                // The layer of the mean, then the layer of the log variance. Both read the output of the trunk.
                [[trunk.pairs(), vec![head, head]].concat(), decoder.pairs()]
            }
            Self::Gated { steps: _, width, units, code } => {
                let gates = units.saturating_mul(3);
                // The sums of the gates over the row and over the state, then the code or the row.
                let half = |reads, writes| vec![(reads, gates), (*units, gates), (*units, writes)];
                [half(*width, *code), half(*code, *width)]
            }
            Self::Classifier { encoder, classes } => [encoder.pairs(), vec![(encoder.outputs(), *classes)]],
            Self::Perceptron(chain) => [chain.pairs(), Vec::new()],
        }
    }

    /// Number of times a row passes through the layers: 1, or the number of steps.
    pub fn passes(&self) -> usize {
        match self {
            Self::Gated { steps, .. } => *steps,
            _ => 1,
        }
    }

    /// Number of weights and biases.
    pub fn parameter_count(&self) -> usize {
        let of = |(reads, writes): &(usize, usize)| reads.saturating_add(1).saturating_mul(*writes);
        self.layers().iter().flatten().map(of).fold(0, usize::saturating_add)
    }
}

/// Text such as `dense 784-64:relu-32 32-64:relu-784:sigmoid`.
impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dense { encoder, decoder } => write!(f, "dense {encoder} {decoder}"),
            Self::Residual { encoder, decoder } => write!(f, "residual {encoder} {decoder}"),
            Self::Gaussian { trunk, code, decoder } => write!(f, "gaussian {trunk} {code} {decoder}"),
            Self::Gated { steps, width, units, code } => {
                // The widths of the type: a step, the state, its gates and the code.
                write!(f, "gated {steps} {width} {units} {} {code}", units.saturating_mul(3))
            }
            Self::Classifier { encoder, classes } => write!(f, "classifier {encoder} {classes}"),
            Self::Perceptron(chain) => write!(f, "perceptron {chain}"),
        }
    }
}
