//! The kinds of network. An entry of the table declares one: what `[model]` may say of it, and what else it can be. Its form
//! says which layers its type is made from.
//!
//! Each type is a file of its name in `crates/zoo/src/kind`.

use std::fmt;
use std::ops::RangeInclusive;

use crate::catalogue::Activation;
use crate::names::names_with_facts;
use crate::network::{Chain, MOST_LAYERS, Network};

/// What is known of a kind of network.
#[derive(Debug)]
pub struct Facts {
    /// How many hidden layers a file may list.
    pub hidden: RangeInclusive<usize>,
    /// The same in words, to follow "has".
    pub hidden_in_words: &'static str,
    /// Whether a file chooses what is applied to the sums of hidden layers and of the output.
    pub has_activations: bool,
    /// Whether it chooses what is applied to those of the code.
    pub has_code_activation: bool,
    /// What is applied to the sums of the output where a file does not say it, and values lie in [0, 1].
    pub output: Activation,
    /// Whether its output follows from the code alone: only such a network generates and compresses.
    pub decodes_codes: bool,
    /// Whether it reads a row step by step, and writes values from 0 to 1.
    pub reads_steps: bool,
    /// Whether it is an encoder of dense layers and its mirror image: only such a network can be tied, be pretrained layer by
    /// layer, have its codes matched to a prior, and become a classifier.
    pub is_mirrored: bool,
    /// Whether the code of a row is a normal distribution, of which the encoder gives mean and log variance.
    pub has_gaussian_code: bool,
    /// Whether dropout can leave out units of its hidden layers.
    pub has_dropout: bool,
}

/// Dense layers, of which a file says everything.
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
    /// How a network computes.
    Kind, "kind of network", Facts {
        /// An encoder of dense layers and its mirror image.
        Dense = "dense": DENSE,
        /// The same with a normal distribution as code, of which the encoder gives mean and log variance (Kingma & Welling, 2014).
        Gaussian = "gaussian": Facts {
            hidden: 1..=MOST_LAYERS - 1,
            hidden_in_words: "at least one, and at most 7",
            has_code_activation: false,
            is_mirrored: false,
            has_gaussian_code: true,
            ..DENSE
        },
        /// Gated recurrent units that read steps and write steps, with a linear code between them (Cho et al., 2014).
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
        /// Dense layers that write what is added to their input: the noise that is to go, with its sign changed (Zhang et al., 2017).
        Residual = "residual": Facts {
            output: Activation::Identity,
            decodes_codes: false,
            is_mirrored: false,
            ..DENSE
        },
    }
}

impl Network {
    /// The layers of its type.
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

/// The layers that a type is made from. As text, it is a line of the list that such types are compiled from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Form {
    /// An autoencoder of two chains.
    Dense {
        /// From row to code.
        encoder: Chain,
        /// From code to row.
        decoder: Chain,
    },
    /// Two chains, whose output is added to the row.
    Residual {
        /// From row to code.
        encoder: Chain,
        /// From code to what is added.
        decoder: Chain,
    },
    /// An autoencoder whose code is a normal distribution.
    Gaussian {
        /// From the row to what mean and log variance are read from.
        trunk: Chain,
        /// Units of the code.
        code: usize,
        /// From code to row.
        decoder: Chain,
    },
    /// An autoencoder of gated recurrent units.
    Gated {
        /// Steps of a row.
        steps: usize,
        /// Values of a step.
        width: usize,
        /// Units of the state.
        units: usize,
        /// Units of the code.
        code: usize,
    },
    /// An encoder with a layer on its code that writes a logit for each class.
    Classifier {
        /// From row to code.
        encoder: Chain,
        /// How many there are.
        classes: usize,
    },
    /// A chain that stands alone.
    Perceptron(Chain),
}

impl Form {
    /// The affine layers of the encoder, then those of the decoder, in the order of their parameters: width of what each
    /// reads and of what it writes.
    pub fn layers(&self) -> [Vec<(usize, usize)>; 2] {
        match self {
            Self::Dense { encoder, decoder } | Self::Residual { encoder, decoder } => {
                [encoder.pairs(), decoder.pairs()]
            }
            Self::Gaussian { trunk, code, decoder } => {
                let head = (trunk.outputs(), *code);
                // The mean's layer, then that of the log variance, which reads the same.
                [[trunk.pairs(), vec![head, head]].concat(), decoder.pairs()]
            }
            Self::Gated { steps: _, width, units, code } => {
                let gates = units.saturating_mul(3);
                // The gates' sums of the row and of the state, then the code or the row.
                let half = |reads, writes| vec![(reads, gates), (*units, gates), (*units, writes)];
                [half(*width, *code), half(*code, *width)]
            }
            Self::Classifier { encoder, classes } => [encoder.pairs(), vec![(encoder.outputs(), *classes)]],
            Self::Perceptron(chain) => [chain.pairs(), Vec::new()],
        }
    }

    /// How often a row passes through its layers: once, or once a step.
    pub fn passes(&self) -> usize {
        match self {
            Self::Gated { steps, .. } => *steps,
            _ => 1,
        }
    }

    /// Weights and biases.
    pub fn parameter_count(&self) -> usize {
        let of = |(reads, writes): &(usize, usize)| reads.saturating_add(1).saturating_mul(*writes);
        self.layers().iter().flatten().map(of).fold(0, usize::saturating_add)
    }
}

/// `dense 784-64:relu-32 32-64:relu-784:sigmoid`.
impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dense { encoder, decoder } => write!(f, "dense {encoder} {decoder}"),
            Self::Residual { encoder, decoder } => write!(f, "residual {encoder} {decoder}"),
            Self::Gaussian { trunk, code, decoder } => write!(f, "gaussian {trunk} {code} {decoder}"),
            Self::Gated { steps, width, units, code } => {
                // The widths of its type: those of a step, the state, its gates and the code.
                write!(f, "gated {steps} {width} {units} {} {code}", units.saturating_mul(3))
            }
            Self::Classifier { encoder, classes } => write!(f, "classifier {encoder} {classes}"),
            Self::Perceptron(chain) => write!(f, "perceptron {chain}"),
        }
    }
}
