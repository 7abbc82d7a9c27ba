//! Layout of a network's parameters: the place of each in one flat list.

use std::ops::Range;

use dfdx::prelude::HasShape;
use random::Stream;

use crate::layer::Affine;

/// The affine layers of a network in the order of computation, encoder before decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// All layers.
    pub layers: Vec<Layer>,
    /// Number of layers of the encoder, which come first.
    pub encoder_layers: usize,
    /// Number of layers at the end of the encoder that write the code. It is 1, or 2 for a Gaussian code: the first writes
    /// the mean, the second the log variance, and both read the same units.
    pub heads: usize,
}

/// One affine layer: `outputs x inputs` weights, row by row, then `outputs` biases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Name of the layer: `encoder.0`, `encoder.1`, ..., `decoder.0`, ...
    pub name: String,
    /// Number of inputs.
    pub inputs: usize,
    /// Number of outputs.
    pub outputs: usize,
    /// Index of the layer's first parameter in the flat list.
    pub start: usize,
}

impl Layer {
    /// Range of the weights in the flat list; they form a matrix `(outputs, inputs)`, row by row.
    pub fn weight(&self) -> Range<usize> {
        self.start..self.start + self.outputs * self.inputs
    }

    /// Range of the biases in the flat list.
    pub fn bias(&self) -> Range<usize> {
        self.weight().end..self.end()
    }

    fn end(&self) -> usize {
        self.start + self.outputs * (self.inputs + 1)
    }
}

impl Layout {
    /// Index of the layer that writes the code, or of the one that writes its mean.
    pub fn code(&self) -> usize {
        self.encoder_layers - self.heads
    }

    /// Indices of the hidden layers: all but those of the code and the output.
    pub fn hidden(&self) -> impl Iterator<Item = usize> {
        let (code, output) = (self.code()..self.encoder_layers, self.layers.len() - 1);
        (0..output).filter(move |layer| !code.contains(layer))
    }

    /// Index of the mirrored layer: `layer` counted from the other end of the network.
    pub fn mirror(&self, layer: usize) -> usize {
        self.layers.len() - 1 - layer
    }

    /// For tied weights: adds the gradient of each decoder weight to that of the encoder weight that it equals, and sets
    /// the decoder's to 0.
    ///
    /// # Panics
    /// When the decoder does not mirror the encoder.
    pub fn gather_tied(&self, gradient: &mut [f32]) {
        for index in 0..self.encoder_layers {
            let (own, mirrored) = self.mirrored(index);
            let (before, after) = gradient.split_at_mut(mirrored.start);
            let (to, from) = (&mut before[own.weight()], &mut after[..mirrored.weight().len()]);
            for (unit, row) in to.chunks_exact_mut(own.inputs).enumerate() {
                for (input, value) in row.iter_mut().enumerate() {
                    *value += std::mem::take(&mut from[input * own.outputs + unit]);
                }
            }
        }
    }

    /// For tied weights: sets the decoder's weights to those of the encoder, transposed. Biases do not change.
    ///
    /// # Panics
    /// When the decoder does not mirror the encoder.
    pub fn tie(&self, parameters: &mut [f32]) {
        for index in 0..self.encoder_layers {
            let (own, mirrored) = self.mirrored(index);
            let (before, after) = parameters.split_at_mut(mirrored.start);
            let (from, to) = (&before[own.weight()], &mut after[..mirrored.weight().len()]);
            for (unit, row) in from.chunks_exact(own.inputs).enumerate() {
                row.iter().enumerate().for_each(|(input, weight)| to[input * own.outputs + unit] = *weight);
            }
        }
    }

    fn mirrored(&self, index: usize) -> (&Layer, &Layer) {
        let (own, mirrored) = (&self.layers[index], &self.layers[self.mirror(index)]);
        assert_eq!((own.inputs, own.outputs), (mirrored.outputs, mirrored.inputs), "the decoder mirrors the encoder");
        (own, mirrored)
    }

    /// Number of parameters: the length of the flat list.
    pub fn parameter_count(&self) -> usize {
        self.layers.last().map_or(0, Layer::end)
    }

    /// Initial parameters for a seed, drawn from [`Stream::Initialisation`].
    pub fn initial_parameters(&self, seed: u64) -> Vec<f32> {
        self.initial_parameters_from(Stream::Initialisation, seed)
    }

    /// Glorot-uniform weights and zero biases (Glorot & Bengio, 2010). Each layer's weights are uniform within ± sqrt(6 /
    /// (inputs + outputs)). Each layer has its own index of the random stream.
    pub fn initial_parameters_from(&self, stream: Stream, seed: u64) -> Vec<f32> {
        let mut parameters = vec![0.0; self.parameter_count()];
        for (index, layer) in self.layers.iter().enumerate() {
            let bound = (6.0 / (layer.inputs + layer.outputs) as f32).sqrt();
            let mut generator = stream.generator(seed, index as u64);
            for weight in &mut parameters[layer.weight()] {
                *weight = bound * (2.0 * random::uniform(&mut generator) - 1.0);
            }
        }
        parameters
    }
}

/// The layout of a network's parts, which have a name and layers each. The encoder comes first.
pub(crate) fn of(parts: &[(&str, Vec<&dyn Affine>)], heads: usize) -> Layout {
    let mut layers = Vec::new();
    let mut start = 0;
    for (part, of_part) in parts {
        for (index, layer) in of_part.iter().enumerate() {
            let (outputs, inputs) = *layer.weight().shape();
            let layer = Layer { name: format!("{part}.{index}"), inputs, outputs, start };
            start = layer.end();
            layers.push(layer);
        }
    }
    Layout { layers, encoder_layers: parts.first().map_or(0, |(_, layers)| layers.len()), heads }
}
